"""The statistics page: programs by days, the SLA board, durations, other periods, and the runs of a day."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from stage import NOW, Stage, until
from textual.widgets import Input, Static

from batmon.metrics.periods import Period
from batmon_tui.screens.board import BoardScreen
from batmon_tui.screens.day_runs import DayRunsScreen
from batmon_tui.screens.definitions import DefinitionsDialog
from batmon_tui.screens.program import ProgramScreen
from batmon_tui.screens.run import RunScreen
from batmon_tui.screens.statistics import StatisticsScreen
from batmon_tui.statistics import Statistics, earlier, in_order, mark
from batmon_tui.statistics_words import lasted, percent, trend, within
from batmon_tui.view import View
from batmon_tui.widgets.duration_plot import BAND, plot, window
from batmon_tui.widgets.runs_view import RunsView
from tests.tui.statistics_stage import TODAY, History, StatisticsOnStage, many
from tests.tui.test_console import board_of, text_of
from tests.tui.test_incidents_screen import notes

SIZE = (120, 40)


@pytest.fixture
def statistics():
    return StatisticsOnStage()


@pytest_asyncio.fixture
async def stage(tmp_path, statistics):
    made = Stage(tmp_path, logs=statistics.verbs())
    await made.start()
    yield made
    await made.stop()


async def page_of(app, pilot) -> StatisticsScreen:
    await board_of(app, pilot)
    await pilot.press("S")
    await until(pilot, lambda: isinstance(app.screen, StatisticsScreen) and app.screen.ready, "the page")
    page = app.screen
    await until(pilot, lambda: page.known.complete and page.heat.keys, "the figures")
    await until(pilot, lambda: not page.known.without_days(page.in_sight()), "the days")
    return page


def drawn(view, key: str) -> str:
    """A row as it stands on the screen."""
    return view.render_line(list(view.keys).index(key) + 1 - view.scroll_offset.y).text


def below(page) -> str:
    return text_of(page.query_one("#list-detail", Static))


def state(page) -> str:
    return text_of(page.query_one("#list-state", Static))


async def test_each_day_of_each_program_has_its_sign_and_the_worst_program_is_first(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await page_of(app, pilot)
        assert list(page.heat.keys)[:2] == ["kindscrap", "공시자료_수집기"], "those that missed their target"
        signs = drawn(page.heat, "fund_mail").split("%")[1].split()
        assert [signs[-1], *signs[-9:-6]] == ["·", "·", "!", "✓"], "missed; missed, failed, good"
        assert drawn(page.heat, "kindscrap").split("%")[1].split()[-3:] == ["✗", "✗", "✓"]
        assert drawn(page.heat, "invoice").split("%")[1].count("✓") == 21, "no sign where nothing ran"
        assert "Last 30 days 2026-02-04 ~ 03-05" in state(page)
        assert "2 of 6 below target" in state(page)
        assert "9 programs" in state(page) or page.size.width < 160


async def test_the_cursor_tells_a_day_in_words_and_enter_shows_its_runs(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await page_of(app, pilot)
        await pilot.press("left")
        await until(pilot, lambda: "2026-03-04 Wed  1 run · 1 failed · incidents 1" in below(page), "the day in words")
        assert "missed · target 99.0% · availability 83.3%" in below(page)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DayRunsScreen) and app.screen.ready, "its runs")
        runs = app.screen.query_one(RunsView)
        await until(pilot, lambda: len(runs.keys) == 1, "the one of that day in Seoul")
        assert "kindscrap   2026-03-04 Wed · 1 run · 1 failed" in state(app.screen)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen), "the run")


async def test_a_day_of_many_runs_is_shown_whole_with_the_cursor_on_the_first_fault(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await page_of(app, pilot)
        page.heat.go_to("fund_mail")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DayRunsScreen) and app.screen.ready, "its runs")
        runs, shown = app.screen.query_one(RunsView), app.screen
        await until(pilot, lambda: len(runs.keys) > 20, "those since midnight in Seoul")
        starts = {run["run_id"]: run["start_time"] for run in stage.runs["fund_mail"]}
        assert all(starts[key] >= "2026-03-04T15:00" for key in runs.keys)
        chosen = next(run for run in stage.runs["fund_mail"] if run["run_id"] == runs.chosen)
        assert chosen["status"] == "MISSED"
        assert "missed" in state(shown)


async def test_both_ways_and_the_other_order(stage):
    app = stage.app("en")
    async with app.run_test(size=(60, 20)) as pilot:
        page = await page_of(app, pilot)
        first = page.heat.day
        assert first == TODAY
        await pilot.press("home")
        assert page.heat.day == TODAY - timedelta(days=29)
        await pilot.press("shift+right", "right")
        assert page.heat.day == TODAY - timedelta(days=21)
        await pilot.press("end", "down")
        assert page.heat.day == TODAY
        assert page.heat.chosen == "공시자료_수집기"
        await pilot.press("w")
        await until(
            pilot,
            lambda: next(iter(page.heat.keys)) == "kindscrap" and page.heat.keys[2] != "일일보고서",
            "the board's order",
        )
        assert list(page.heat.keys)[-1] == "excel_merge_2025", "what is not on the board comes last"
        assert page.heat.chosen == "공시자료_수집기", "the cursor stays with its program"


async def test_the_sla_board_sorts_and_adds_up(stage):
    app = stage.app("en")
    async with app.run_test(size=(160, 40)) as pilot:
        page = await page_of(app, pilot)
        await pilot.press("2")
        await until(pilot, lambda: page.sla.keys and page.focused is page.sla, "the board")
        said = " ".join(drawn(page.sla, "kindscrap").split())
        assert said.startswith("▌ ✗ kindscrap 99.0% 83.3% missed 83.3% 30 5")
        assert "✓ fund_mail 99.0% 99.3% met 99.9% 8,588 6 52" in " ".join(drawn(page.sla, "fund_mail").split())
        assert "– – 100%" in " ".join(drawn(page.sla, "excel_merge_2025").split()), "no schedule, no availability"
        total = " ".join(text_of(page.query_one("#sla-total", Static)).split())
        assert total.startswith("all 99.2% 4/6 met 99.8% 8,839 15 55")
        await pilot.press("s", "s", "s")
        await until(pilot, lambda: page.sla.keys[0] == "fund_mail", "most runs first")
        assert "runs ▾" in page.sla.render_line(0).text
        assert "Sorted by: runs" in notes(app), "where the column finds no room, this says it"
        await pilot.press("s")
        await until(pilot, lambda: page.sla.keys[0] == "backup-db", "the longest p95 first")
        assert page.sla.chosen == "kindscrap", "the cursor stays with its program"
        await until(pilot, lambda: "before: availability 100% ▼16.7" in below(page), "the period before")


async def test_the_durations_of_a_program_day_by_day(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await page_of(app, pilot)
        await pilot.press("2", "down", "enter")
        await until(pilot, lambda: len(page.durations.table.keys) == 30, "each day of the period")
        assert page.one == "공시자료_수집기"
        assert "✗ 2026-03-05 Thu" in drawn(page.durations.table, "2026-03-05")
        await pilot.press("n")
        await until(pilot, lambda: page.one == "일일보고서" and page.in_full is not None, "the next program")
        await until(pilot, lambda: "· 2026-03-05" in drawn(page.durations.table, "2026-03-05"), "its days")
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, DayRunsScreen), "the runs of the day under the cursor")


async def test_other_periods_in_place(stage):
    app = stage.app("ko")
    async with app.run_test(size=SIZE) as pilot:
        page = await page_of(app, pilot)
        await pilot.press("p")
        await until(pilot, lambda: "최근 90일 2025-12-06 ~ 2026-03-05" in state(page), "90 days")
        await pilot.press("p")
        await until(pilot, lambda: "이번 달 2026-03-01 ~ 03-05" in state(page), "this month")
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: state(page).startswith("2026-02-01 ~ 02-28"), "the whole month before")
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: state(page).startswith("2026-01-01 ~ 01-31"), "and the one before that")
        await pilot.press("right_square_bracket", "right_square_bracket")
        await until(pilot, lambda: "이번 달 2026-03-01 ~ 03-05" in state(page), "back to now")
        await pilot.press("P", "P", "P")
        await until(pilot, lambda: "최근 7일" in state(page), "7 days")
        assert page.known.period == Period(date(2026, 2, 27), TODAY)


async def test_only_what_is_in_sight_is_asked_for(tmp_path):
    crowd = many(500)
    crowded = Stage(tmp_path / "crowd", logs=crowd.verbs())
    await crowded.start()
    app = crowded.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await page_of(app, pilot)
        await until(pilot, lambda: len(page.heat.keys) == 500, "all programs")

        def asked():
            return {name for kind, args in crowd.asked if kind == "days" for name in args["programs"]}

        await until(pilot, lambda: not page._asking, "the days")
        assert len(asked()) < 200
        await pilot.press("G")
        await until(pilot, lambda: not page.known.without_days(page.in_sight()), "the days at the end")
        assert page.heat.chosen in asked()
        assert len(asked()) < 400
        assert "✓" in drawn(page.heat, page.heat.chosen)
    await crowded.stop()


async def test_a_program_is_found_and_its_page_opened(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await page_of(app, pilot)
        await pilot.press("slash", *"excel", "enter")
        await until(pilot, lambda: list(page.heat.keys) == ["excel_merge_2025"], "the one")
        page.one = "excel_merge_2025"
        await pilot.press("o")
        await until(pilot, lambda: "excel_merge_2025 is not on the board" in notes(app), "a bot has no page")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DayRunsScreen) and app.screen.ready, "its day")
        notice = app.screen.query_one("#notice", Static)
        await until(pilot, lambda: text_of(notice).startswith("excel_merge_2025 is not on the board: its"), "why")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is page, "back")
        await pilot.press("escape")
        await until(pilot, lambda: len(page.heat.keys) == 9, "all again")
        page.heat.go_to("auto_esafe")
        await pilot.press("o")
        await until(
            pilot, lambda: isinstance(app.screen, ProgramScreen) and app.screen.program == "auto_esafe", "its page"
        )


async def test_what_the_figures_mean(stage):
    app = stage.app("ko")
    async with app.run_test(size=SIZE) as pilot:
        await page_of(app, pilot)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, DefinitionsDialog) and app.screen._there, "the dialog")
        said = "\n".join(text_of(one) for one in app.screen.query(Static))
        assert "MTTR" in said
        assert "가용률" in said
        await pilot.press("escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, BoardScreen), "the board")


async def test_jump_words_and_a_period_without_anything(tmp_path):
    nobody = StatisticsOnStage([])
    empty = Stage(tmp_path / "empty", logs=nobody.verbs())
    await empty.start()
    app = empty.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        await pilot.press("colon", *"statistics kindscrap", "enter")
        await until(pilot, lambda: isinstance(app.screen, StatisticsScreen) and app.screen.ready, "the page")
        notice = app.screen.query_one("#notice", Static)
        await until(pilot, lambda: "Nothing ran in this period" in text_of(notice), "what there is")
        await pilot.press("enter", "left", "2", "s", "3", "n", "enter")
        assert isinstance(app.screen, StatisticsScreen)
    await empty.stop()


async def test_while_the_past_is_counted_the_page_says_so(stage, statistics):
    statistics.counting = True
    app = stage.app("ko")
    async with app.run_test(size=SIZE) as pilot:
        page = await page_of(app, pilot)
        assert "아직 집계하는 중" in text_of(page.query_one("#notice", Static))
        statistics.counting = False
        await pilot.press("f5")
        await until(pilot, lambda: not page.query_one("#notice", Static).has_class("-shown"), "it is done")


async def test_a_lost_daemon_leaves_what_is_there(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await page_of(app, pilot)
        await stage.stop()
        await until(pilot, lambda: app.stale, "the loss")
        await pilot.press("f5", "p")
        await until(pilot, lambda: page.problem != "", "the reason")
        assert len(page.heat.keys) == 9


async def test_the_filter_box_takes_every_letter(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await page_of(app, pilot)
        await pilot.press("slash", *"wspon123")
        await until(pilot, lambda: page.query_one("#filter", Input).value == "wspon123", "the letters")


@pytest.mark.parametrize(
    ("counts", "past", "sign"),
    [
        ((0, 0, 0, 0), True, " "), ((3, 0, 0, 0), True, "✓"), ((3, 1, 0, 0), True, "!"), ((3, 3, 0, 0), True, "✗"),
        ((3, 0, 1, 0), True, "·"), ((0, 0, 1, 0), True, "·"), ((0, 0, 0, 1), False, "▸"), ((0, 0, 0, 1), True, "?"),
        ((5, 0, 0, 1), False, "✓"), (None, True, " "),
    ],
)  # fmt: skip
def test_the_sign_of_a_day(counts, past, sign):
    assert mark(counts, past=past)[0] == sign


def test_the_shade_of_a_day_says_how_much_went_wrong():
    looks = [mark((10 - bad, bad, 0, 0), past=True)[1] for bad in range(11)]
    assert looks == ["heat--ok", *["heat--some"] * 4, *["heat--bad"] * 6]


def test_earlier_periods():
    assert earlier(Period(date(2026, 3, 1), date(2026, 3, 5)), "month") == Period(date(2026, 2, 1), date(2026, 2, 28))
    assert earlier(Period(date(2026, 1, 1), date(2026, 3, 5)), "quarter") == Period(
        date(2025, 10, 1), date(2025, 12, 31)
    )
    assert earlier(Period(date(2026, 2, 27), date(2026, 3, 5)), "7d") == Period(date(2026, 2, 20), date(2026, 2, 26))


def test_a_share_is_never_rounded_up_to_all():
    assert [percent(share) for share in (None, 1.0, 0.9999, 0.5, 0.0)] == ["–", "100%", "99.9%", "50.0%", "0.0%"]


def test_trends():
    assert [trend(change) for change in (None, 0.01, 0.12, -0.5, 50.0)] == ["", "=", "▲12%", "▼50%", "▲999%"]
    assert [trend(change, points=True) for change in (0.0001, -0.008)] == ["=", "▼0.8"]


def test_as_many_facts_as_find_room_whole():
    told = "met · target 99.0% · availability 100%"
    assert within(told, 40) == told
    assert within(told, 37) == "met · target 99.0% …"
    assert within(told, 20) == "met · target 99.0% …"
    assert within(told, 19) == "met …"


def test_a_time_that_was_counted_in_classes_is_told_to_the_nearest_second():
    view = View("en", ZoneInfo("Asia/Seoul"), NOW)
    told = [lasted(seconds, view) for seconds in (None, 0.001004, 0.3, 2.9966, 59.7, 375.29)]
    assert told == ["–", "0s", "300ms", "3s", "1m", "6m 15s"]


async def test_the_line_of_months_names_each_month_once(stage):
    app = stage.app("en")
    async with app.run_test(size=(80, 24)) as pilot:
        page = await page_of(app, pilot)
        await until(pilot, lambda: text_of(page.query_one("#heat-months", Static)).split(), "the months")
        told = text_of(page.query_one("#heat-months", Static)).split()
        assert told == ["2026-02-04", "16", "23", "03-01"]


async def test_a_daemon_that_takes_its_time_is_waited_for_in_words(stage, statistics):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await page_of(app, pilot)
        statistics.go_on.clear()
        await pilot.press("p")
        notice = page.query_one("#notice", Static)
        await until(pilot, lambda: text_of(notice) == "Asking the daemon …", "that it waits")
        assert "Last 30 days 2026-02-04 ~ 03-05" in state(page), "the words of a period go with its days"
        statistics.go_on.set()
        await until(pilot, lambda: "Last 90 days 2025-12-06" in state(page), "the answer")
        assert not notice.has_class("-shown")


def test_what_has_no_figure_is_sorted_last():
    stage = StatisticsOnStage()
    known = Statistics()
    for one in stage.programs.values():
        figures = one.figures(Period(TODAY - timedelta(days=29), TODAY))
        known.programs[one.name] = {
            "availability": figures.availability, "success_rate": figures.totals.success_rate,
            "runs": figures.totals.runs, "p95_sec": figures.totals.quantile(0.95),
            "mttr_hours": figures.incidents.mttr_hours,
            "longest_outage_sec": figures.incidents.longest_seconds, "saved_hours": figures.saved_hours,
        }  # fmt: skip
    assert in_order(known.programs, "availability")[-2:] == ["excel_merge_2025", "new-bot"]
    assert in_order(known.programs, "p95")[0] == "backup-db"
    assert in_order(known.programs, "p95")[-1] == "new-bot"


async def test_the_plot_shows_the_median_as_a_bar_and_the_rest_as_a_band(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        days = [
            {"day": f"2026-03-{day:02}", "succeeded": 9, "failed": int(day == 2), "missed": 0, "unfinished": 0,
             "p50_sec": None if day == 3 else 10.0 * day, "p95_sec": None if day == 3 else 40.0} for day in range(1, 5)
        ]  # fmt: skip
        lines = plot(days, 3, 60, 10, app.view)
        columns = [[line[column + 1][0][0] for line in lines[:8]] for column in range(4)]
        assert columns[0] == [BAND] * 6 + ["█", "█"], "10 of 40 seconds: a quarter is bar, the rest is band"
        assert columns[1] == [BAND] * 4 + ["█"] * 4
        assert columns[2] == [" "] * 8, "a day without a successful run"
        assert columns[3] == ["█"] * 8
        assert lines[0][0][0].strip() == "40s │"
        assert [piece[0].strip() for piece in lines[8][1:]] == ["✓", "!", "✓", "✓"]
        assert lines[8][4][1].endswith("here")
        assert plot([], 0, 60, 10, app.view)[0][0][0].startswith("No successful run")


def test_the_days_that_find_room_hold_the_chosen_one():
    for count in (1, 7, 30, 365):
        for room in (1, 10, 60, 400):
            for chosen in (0, count // 2, count - 1):
                shown, step = window(count, room, chosen)
                assert chosen in shown
                assert len(shown) * step <= max(room, step)
                assert shown.start >= 0
                assert shown.stop <= count


def test_a_bot_without_a_schedule_is_judged_by_its_success():
    figures = History("bot", scheduled=False, bad={1: (1, 0)}, begins=9).figures(
        Period(TODAY - timedelta(days=9), TODAY)
    )
    assert figures.availability is None
    assert figures.totals.success_rate == 0.9
