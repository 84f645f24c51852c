"""The reports: reading, making, sending, fetching and removing them, and those that are made regularly."""

from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from stage import NOW, Stage, until
from textual import events
from textual.widgets import Button, Input, Static

from batmon.engine.reports import reporting
from batmon.gate.server import Done
from batmon_tui import reports as words_of
from batmon_tui.markdown_lines import headings, lines_of
from batmon_tui.screens.automations import AutomationScreen
from batmon_tui.screens.board import BoardScreen
from batmon_tui.screens.download import ScpDialog
from batmon_tui.screens.form import FormDialog
from batmon_tui.screens.report_generate import GenerateDialog
from batmon_tui.screens.report_preview import ReportPreviewScreen
from batmon_tui.screens.report_schedules import ScheduleDialog, SchedulesScreen
from batmon_tui.screens.reports import ReportsScreen
from batmon_tui.view import View
from batmon_tui.widgets.choice import Choice
from batmon_tui.widgets.markdown_view import MarkdownView
from tests.tui.automations_stage import AutomationsOnStage
from tests.tui.reports_stage import MARKDOWN, ReportsOnStage, report
from tests.tui.test_console import board_of, text_of
from tests.tui.test_incidents_screen import notes, row

SIZE = (120, 40)


@pytest.fixture
def reports():
    return ReportsOnStage()


@pytest_asyncio.fixture
async def stage(tmp_path, reports):
    made = Stage(tmp_path, logs={**reports.verbs(), **AutomationsOnStage().verbs()})
    await made.start()
    yield made
    await made.stop()


async def listed(app, pilot) -> ReportsScreen:
    await board_of(app, pilot)
    await pilot.press("R")
    await until(pilot, lambda: isinstance(app.screen, ReportsScreen) and app.screen.ready, "the page")
    page = app.screen
    await until(pilot, lambda: bool(page.listed.keys), "the reports")
    return page


async def dialog_of(app, pilot, kind):
    await until(pilot, lambda: isinstance(app.screen, kind) and app.screen._there, "the dialog")
    return app.screen


def problem(dialog) -> str:
    return text_of(dialog.query_one(".problem", Static))


async def test_each_says_what_it_is_about_and_where_its_file_is(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await listed(app, pilot)
        said = {key: " ".join(row(page, key, 120).split()) for key in page.listed.keys}
        assert said["31"].startswith("✗ failed 월간 SLA 보고서 2026-02-01 ~ 02-28 PDF 01:50 the PDF needs a font")
        assert said["30"] == "✓ ready 주간 운영 보고서 2026-02-26 ~ 03-04 Excel 38 K Wed 07:00 weekly-managers"
        assert said["26"] == "- removed 주간 운영 보고서 2026-01-01 ~ 01-07 Excel 01-09 07:00 [/b]␛[31m"
        below = page.query_one("#list-detail", Static)
        assert "install fonts-nanum" in text_of(below)
        assert "g makes it again." in text_of(below)
        page.listed.go_to("30")
        await until(
            pilot, lambda: "/reports/weekly_ops/weekly_ops_2026-02-26_2026-03-04.xlsx" in text_of(below), "its place"
        )
        page.listed.go_to("28")
        await until(pilot, lambda: "on busan-02: fetch it there" in text_of(below), "another server's file")
        assert "6 reports · 1 failed" in text_of(page.query_one("#list-state", Static))


async def test_a_report_is_made_while_one_watches(stage, reports):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await listed(app, pilot)
        page.listed.go_to("30")
        await pilot.press("g")
        dialog = await dialog_of(app, pilot, GenerateDialog)
        assert dialog.query_one("#in-template", Choice).value == "weekly_ops", "like the one under the cursor"
        assert not dialog.query_one("#field-from").display
        assert not dialog.query_one("#field-run").display
        dialog.query_one("#in-language", Choice).choose("ko")
        dialog.query_one("#in-email", Input).value = "a@hanbit.example, b@hanbit.example"
        dialog.query_one("#in-programs", Input).value = "fund_* kindscrap"
        await pilot.press("ctrl+s")
        doing = dialog.query_one(".doing", Static)
        await until(pilot, lambda: "waits for its turn" in text_of(doing), "it begins")
        reports.steps.put_nowait({"step": "collecting", "progress": 0.5})
        await until(
            pilot, lambda: "████████████░░░░░░░░░░░░  50 %  collecting the figures" in text_of(doing), "half of it"
        )
        assert reports.asked == [("generate", {"template": "weekly_ops", "format": "excel", "language": "ko",
                                               "email": ["a@hanbit.example", "b@hanbit.example"],
                                               "programs": ["fund_*", "kindscrap"]})]  # fmt: skip
        reports.steps.put_nowait(Done({}))
        await until(pilot, lambda: "Mails on their way: 2" in notes(app), "the note")
        await until(pilot, lambda: app.screen is page, "it is there")
        await until(pilot, lambda: page.listed.chosen == "32", "the cursor stands on it")
        assert not app.making


async def test_it_goes_on_when_the_dialog_is_left_and_a_note_says_how_it_ended(stage, reports):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await listed(app, pilot)
        await pilot.press("g")
        await dialog_of(app, pilot, GenerateDialog)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.making and app.making[0].report is not None, "it begins")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is page, "the list")
        reports.steps.put_nowait({"step": "writing", "progress": 0.75})
        bar = page.query_one("#making", Static)
        await until(
            pilot,
            lambda: "75 %  writing the file · Monthly SLA" in text_of(bar).replace("월간 SLA 보고서", "Monthly SLA"),
            "its bar",
        )
        await until(pilot, lambda: "being made" in row(page, "32"), "its row")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, BoardScreen), "the board")
        reports.steps.put_nowait(Done({}))
        await until(pilot, lambda: "Ready: " in notes(app), "the note")


async def test_it_can_be_given_up(stage, reports):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await listed(app, pilot)
        await pilot.press("g")
        dialog = await dialog_of(app, pilot, GenerateDialog)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.making and app.making[0].report is not None, "it begins")
        dialog.query_one("#cancel", Button).press()
        await until(pilot, lambda: app.screen is page, "the list")
        await until(pilot, lambda: reports.given_up == 1, "the daemon stops")
        await until(pilot, lambda: "failed" in row(page, "32"), "its row")
        await pilot.press("g")
        await dialog_of(app, pilot, GenerateDialog)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.making and app.making[0].report is not None, "another begins")
        await pilot.press("escape", "c")
        await until(pilot, lambda: reports.given_up == 2, "given up from the list")
        assert "Given up." in notes(app)


async def test_what_cannot_be_made_is_said_and_the_dialog_stays(stage, reports):
    app = stage.app("ko")
    async with app.run_test(size=(80, 24)) as pilot:
        await listed(app, pilot)
        await pilot.press("g")
        dialog = await dialog_of(app, pilot, GenerateDialog)
        dialog.query_one("#in-template", Choice).choose("rpa_savings")
        dialog.query_one("#in-period", Choice).choose("days")
        await until(pilot, lambda: dialog.query_one("#field-from").display, "the days are asked for")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: problem(dialog) == "입력이 필요합니다: 시작일", "what is missing")
        dialog.query_one("#in-from", Input).value = "2월"
        dialog.query_one("#in-to", Input).value = "2026-02-28"
        await pilot.press("enter")
        await until(pilot, lambda: problem(dialog) == "시작일: 2026-11-01처럼 쓰세요.", "what is wrong")
        dialog.query_one("#in-from", Input).value = "2026-02-01"
        await pilot.press("enter")
        await until(pilot, lambda: "nothing was processed" in problem(dialog), "the daemon's reason")
        assert "choose a longer period" in problem(dialog)
        assert reports.asked[-1][1]["from"] == "2026-02-01"
        assert "period" not in reports.asked[-1][1]
        dialog.query_one("#in-template", Choice).choose("batch_run")
        await until(pilot, lambda: dialog.query_one("#field-run").display, "the run is asked for")
        assert not dialog.query_one("#field-period").display
        assert not dialog.query_one("#field-from").display
        dialog.query_one("#in-template", Choice).choose("incident_rca")
        await until(pilot, lambda: dialog.query_one("#field-incident").display, "the incident is asked for")
        dialog.query_one("#in-period", Choice).choose("month")
        dialog.query_one("#in-incident", Input).value = "twelve"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: problem(dialog) == "장애: 번호를 쓰세요.", "what is wrong")


def test_why_a_report_was_not_finished_is_said_in_the_language_of_the_screen():
    noted = {reporting.BROKEN_OFF, reporting.GIVEN_UP, reporting.STOPPED}
    assert set(words_of.KNOWN_ERRORS) == noted
    view = View("ko", ZoneInfo("Asia/Seoul"), NOW)
    assert words_of.error_of({"error": reporting.STOPPED}, view) == "만드는 중에 데몬을 중지했습니다."
    assert words_of.error_of({"error": "no font"}, view) == "no font"


def typed(app, *keys):
    """Keys that come in one packet."""
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))


async def test_a_form_that_comes_in_one_packet_is_sent_as_it_was_typed(stage, reports):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await listed(app, pilot)
        page.listed.go_to("30")
        typed(app, "e", *"wrong", "ctrl+u", *"a@b.cx", "backspace", "o", "m", "ctrl+s")
        await until(pilot, lambda: reports.asked, "it is sent")
        assert reports.asked == [("send", {"id": 30, "email": ["a@b.com"]})]
        await until(pilot, lambda: app.screen is page, "the dialog is over")
        typed(app, "g", *["down"] * 4, *"fund_x", "backspace", "*", "down", *"a@b.c", "ctrl+s")
        await until(pilot, lambda: len(reports.asked) == 2, "it is made")
        assert reports.asked[1][1]["programs"] == ["fund_*"]
        assert reports.asked[1][1]["email"] == ["a@b.c"]


async def test_fields_that_are_filled_in_in_one_packet_have_each_its_own(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await listed(app, pilot)
        await pilot.press("g")
        dialog = await dialog_of(app, pilot, GenerateDialog)
        box = dialog.query_one("#in-programs", Input)
        box.focus()
        await until(pilot, lambda: app.focused is box, "the box")
        typed(app, *"fund_x", "backspace", "*", "down", *"a@b.cx", "backspace", "up", "left", "_", "tab", "home", "z")
        await until(pilot, lambda: dialog.query_one("#in-email", Input).value == "za@b.c", "both")
        assert box.value == "_fund_*", "what was there is chosen again, and the arrow goes before it"


async def test_a_choice_and_ctrl_s_in_one_packet_say_what_is_missing(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await listed(app, pilot)
        page.listed.go_to("30")
        await pilot.press("g")
        dialog = await dialog_of(app, pilot, GenerateDialog)
        names = list(dialog.known)
        steps = names.index("batch_run") - names.index(dialog.query_one("#in-template", Choice).value)
        typed(app, *["right" if steps > 0 else "left"] * abs(steps), "ctrl+s")
        await until(pilot, lambda: problem(dialog), "what is missing")
        await pilot.pause()
        assert problem(dialog) == "Please fill in: run"
        assert dialog.query_one("#field-run").display


async def test_fields_are_gone_through_by_the_arrows(stage):
    app = stage.app("en")
    async with app.run_test(size=(80, 24)) as pilot:
        await listed(app, pilot)
        await pilot.press("g")
        dialog = await dialog_of(app, pilot, GenerateDialog)
        template = dialog.query_one("#in-template", Choice)
        before = template.value
        await pilot.press("right", "down")
        assert template.value != before
        assert app.focused is dialog.query_one("#in-period", Choice)
        await pilot.press("up", "left")
        assert template.value == before
        assert app.focused is template


async def test_what_is_in_it_is_read_before_it_is_fetched(stage):
    app = stage.app("en")
    async with app.run_test(size=(80, 24)) as pilot:
        page = await listed(app, pilot)
        page.listed.go_to("30")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ReportPreviewScreen) and app.screen.ready, "the preview")
        text = app.screen.query_one(MarkdownView)
        await until(pilot, lambda: "주간 운영 보고서" in text.render_line(0).text, "its text")
        shown = [text.render_line(y).text.rstrip() for y in range(text.size.height)]
        assert any("가용률" in line and "99.2% !" in line for line in shown), "the figures first"
        await pilot.press("n", "n")
        await until(pilot, lambda: "프로그램" in text.render_line(0).text, "the next section")
        assert any("공시자료_수집기" in text.render_line(y).text for y in range(8)), "no escapes"
        await pilot.press("G")
        await until(
            pilot, lambda: "참고 29" in "".join(text.render_line(y).text for y in range(text.size.height)), "its end"
        )
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, ScpDialog), "how to fetch it")


async def test_a_failed_one_says_why_and_what_to_do(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await listed(app, pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ReportPreviewScreen) and app.screen.ready, "the preview")
        notice = app.screen.query_one("#notice", Static)
        await until(pilot, lambda: "install fonts-nanum" in text_of(notice), "why")
        assert "g makes it again." in text_of(notice)
        await pilot.press("d", "o")
        assert isinstance(app.screen, ReportPreviewScreen), "there is no file to fetch"


async def test_one_whose_file_was_removed_does_not_say_that_it_can_be_fetched(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await listed(app, pilot)
        page.listed.go_to("26")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ReportPreviewScreen) and app.screen.ready, "the preview")
        notice = app.screen.query_one("#notice", Static)
        await until(pilot, lambda: text_of(notice) == "Its file was removed; g makes it again.", "what to do")


async def test_sending_removing_and_fetching(stage, reports):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await listed(app, pilot)
        for key in ("e", "d"):
            app.clear_notifications()
            await pilot.press(key)
            await until(pilot, lambda: "has no file" in notes(app), "a failed one has none")
        page.listed.go_to("28")
        await pilot.press("d")
        await until(pilot, lambda: "Its file is on busan-02" in notes(app), "another server's file")
        page.listed.go_to("30")
        await pilot.press("e")
        form = await dialog_of(app, pilot, FormDialog)
        form.query_one("#box-0", Input).value = "nobody"
        await pilot.press("enter")
        await until(pilot, lambda: "no mail address" in problem(form), "what is wrong")
        form.query_one("#box-0", Input).value = "a@hanbit.example; b@hanbit.example"
        await pilot.press("enter")
        await until(pilot, lambda: "Mails on their way: 2" in notes(app), "sent")
        assert reports.asked[-1] == ("send", {"id": 30, "email": ["a@hanbit.example", "b@hanbit.example"]})
        await pilot.press("x", "enter")
        await until(pilot, lambda: app.screen is page, "Enter alone removes nothing")
        await pilot.press("x")
        await dialog_of(app, pilot, FormDialog)
        app.screen.query_one("#go", Button).press()
        await until(pilot, lambda: "removed" in row(page, "30"), "its row")
        assert reports.asked[-1] == ("remove", {"id": 30})


async def test_older_ones_come_page_by_page_and_are_filtered(stage, reports):
    reports.reports += [report(number) for number in range(20, -100, -1)]
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await listed(app, pilot)
        await until(pilot, lambda: len(page.listed.keys) == 50, "the latest")
        assert "the latest 50" in text_of(page.query_one("#list-state", Static))
        await pilot.press("m")
        await until(pilot, lambda: len(page.listed.keys) == 100, "older ones")
        await pilot.press("slash", *"sla gg", "enter")
        await until(pilot, lambda: not page.listed.keys, "the letters go into the box")
        await pilot.press("escape", "slash", *"sla", "enter")
        await until(pilot, lambda: list(page.listed.keys) == ["31"], "the one")


async def test_a_viewer_looks_and_is_told(stage, reports):
    stage.role = "viewer"
    app = stage.app("ko")
    async with app.run_test(size=SIZE) as pilot:
        page = await listed(app, pilot)
        page.listed.go_to("30")
        for key in ("g", "e", "x"):
            app.clear_notifications()
            await pilot.press(key)
            await until(pilot, lambda: "조회자 키" in notes(app), f"why {key} does nothing")
        await pilot.press("g", "e", "x")
        await pilot.pause()
        assert notes(app).count("조회자 키") == 1, "what stands there is not said again"
        assert app.screen is page
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, SchedulesScreen) and app.screen.listed.keys, "the schedules")
        for key in ("n", "p", "x", "r"):
            app.clear_notifications()
            await pilot.press(key)
            await until(pilot, lambda: "조회자 키" in notes(app), f"why {key} does nothing")
    assert not reports.asked


async def test_none_was_made_yet_and_a_broken_template_is_told(stage, reports):
    reports.reports.clear()
    reports.problems = ["reports/mine.toml: sections[0]: no such section 'summry'"]
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, ReportsScreen) and app.screen.ready, "the page")
        page = app.screen
        await until(pilot, lambda: "g makes one" in text_of(page.query_one("#notice", Static)), "what to do")
        assert "no such section 'summry'" in text_of(page.query_one("#list-state", Static))
        await pilot.resize_terminal(80, 24)
        drawn = page.query_one("#list-state", Static)
        await until(pilot, lambda: drawn.size.width == 78, "the narrow page")
        assert drawn.render_line(0).text.rstrip().endswith("…")
        assert "reports/mine" in drawn.render_line(0).text
        await pilot.press("enter", "d", "e", "x", "o", "c")
        assert app.screen is page


async def test_schedules_are_made_paused_resumed_run_and_removed(stage, reports):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await listed(app, pilot)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, SchedulesScreen) and app.screen.listed.keys, "the schedules")
        page = app.screen
        assert page.chosen == "monthly-sla", "what failed comes first"
        assert "= capacity-quarter" in row(page, "capacity-quarter")
        assert "Thu 07:00" in row(page, "weekly-managers")
        await pilot.press("n")
        dialog = await dialog_of(app, pilot, ScheduleDialog)
        assert "batch_run" not in dialog.known, "it is about a run, not about a period"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: problem(dialog) == "Please fill in: when", "what is missing")
        dialog.query_one("#in-cron", Input).value = "Mondays"
        dialog.query_one("#in-email", Input).value = "a@hanbit.example"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "no cron expression" in problem(dialog), "the daemon's reason")
        dialog.query_one("#in-cron", Input).value = "0 9 * * 1"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.screen is page and "weekly_ops" in page.listed.keys, "it is kept")
        assert reports.asked[-1][1] == {"template": "weekly_ops", "cron": "0 9 * * 1", "format": "excel",
                                        "language": "en", "name": "weekly_ops",
                                        "email": ["a@hanbit.example"]}  # fmt: skip
        page.listed.go_to("capacity-quarter")
        await pilot.press("p")
        await dialog_of(app, pilot, FormDialog)
        app.screen.query_one("#go", Button).press()
        await until(pilot, lambda: "=" not in row(page, "capacity-quarter"), "it goes on")
        await pilot.press("x")
        await dialog_of(app, pilot, FormDialog)
        app.screen.query_one("#go", Button).press()
        await until(pilot, lambda: "capacity-quarter" not in page.listed.keys, "it is gone")
        assert [kind for kind, _ in reports.asked[-2:]] == ["resume", "drop"]


async def test_a_schedule_leads_to_the_log_of_its_automation(stage, reports):
    reports.schedules[2] |= {"job": "daily_statistics"}
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        await pilot.press("colon", *"schedules", "enter")
        await until(pilot, lambda: isinstance(app.screen, SchedulesScreen) and app.screen.listed.keys, "the schedules")
        app.screen.listed.go_to("weekly-managers")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, AutomationScreen), "its log")


async def test_a_daemon_that_is_lost_while_it_makes_one_is_told(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await listed(app, pilot)
        await pilot.press("g")
        dialog = await dialog_of(app, pilot, GenerateDialog)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.making and app.making[0].report is not None, "it begins")
        await stage.stop()
        await until(pilot, lambda: bool(problem(dialog)), "the reason")
        assert dialog.query_one("#go", Button).display, "it can be tried again"


def test_markdown_is_laid_out_for_a_terminal():
    lines = lines_of(MARKDOWN, 60)
    texts = ["".join(text for text, _ in line).rstrip() for line in lines]
    assert texts[0] == "주간 운영 보고서"
    assert lines[0][0][1] == "md--title"
    assert texts[headings(lines)[1]] == "요약"
    table = [text for text in texts if text.startswith(" kindscrap")]
    assert table == [" kindscrap            7  71.4% ✗      14s"], "columns of figures end at the right"
    assert any("| ---" in text for text in texts) is False
    assert "  06:00:12 ERROR 로그인 실패: 비밀번호가 올바르지 않습니다 [/b] [red]" in texts
    assert "- 가용률: 예정된 실행 가운데 성공한 것의 비율입니다. 계획된" in texts
    assert "  유지보수는 세지 않습니다." in texts
    looks = {look for line in lines for _, look in line}
    assert {"md--bad", "md--warn", "md--strong", "md--quiet", "md--head"} <= looks


@pytest.mark.parametrize("width", [1, 4, 20, 200])
def test_no_markdown_breaks_the_preview(width):
    hostile = "|a|b\n|\n|-|\n```\nnever ended | **x\n" + "가" * 300 + "\n# \n**\n- \n\\\n" + "x" * 500
    assert lines_of(hostile, width)
    assert lines_of("", width) == [[]]
    assert "".join(text for line in lines_of("가나다 " * 99, 20) for text, _ in line).replace(" ", "") == "가나다" * 99


def test_periods_in_words():
    assert words_of.days("2026-11-14", "2026-11-20") == "2026-11-14 ~ 11-20"
    assert words_of.days("2025-12-29", "2026-01-04") == "2025-12-29 ~ 2026-01-04"
    assert words_of.days("2026-11-14", "2026-11-14") == "2026-11-14"
    assert not words_of.days(None, None)
