"""The page of one incident: what it shows, and what can be done in place."""

import pytest
import pytest_asyncio
from stage import Stage, until
from textual.widgets import Button, Static, TextArea

from batmon_tui import incidents as told
from batmon_tui.screens import opening
from batmon_tui.screens.form import FormDialog
from batmon_tui.screens.incident import IncidentScreen
from batmon_tui.screens.program import ProgramScreen
from batmon_tui.screens.rerun import RerunDialog
from tests.tui.incidents_stage import IncidentsOnStage
from tests.tui.test_board import VIEWS
from tests.tui.test_console import board_of, text_of
from tests.tui.test_incidents_screen import notes, row

SIZE = (80, 24)


@pytest.fixture
def incidents():
    return IncidentsOnStage()


@pytest_asyncio.fixture
async def stage(tmp_path, incidents):
    made = Stage(tmp_path, logs=incidents.verbs())
    await made.start()
    yield made
    await made.stop()


async def opened(app, pilot, number=12):
    await board_of(app, pilot)
    opening.incident(app, number)
    await until(pilot, lambda: isinstance(app.screen, IncidentScreen) and app.screen.ready, "the page")
    page = app.screen
    await until(pilot, lambda: bool(page.listed.keys), "its rows")
    return page


async def test_head_evidence_timeline_and_messages(stage):
    app = stage.app("en")
    async with app.run_test(size=(120, 40)) as pilot:
        page = await opened(app, pilot)
        assert "Incident 12 · kindscrap 공시정보 수집   new" in text_of(page.query_one("#list-state", Static))
        await until(pilot, lambda: "nobody has it" in text_of(page.query_one("#incident-head", Static)), "the head")
        head = text_of(page.query_one("#incident-head", Static))
        assert "✗ error  03-04 06:00 run failed, 3rd failure in a row: 로그인 실패" in head
        assert "reopened 2 times" in head
        assert "nobody has it yet · step 2 of the ladder was told: ops@example.com" in head
        groups = [key for key in page.listed.keys if key.startswith("group:")]
        assert groups == ["group:evidence", "group:timeline", "group:told", "group:holds"]
        said = "\n".join(row(page, key) for key in page.listed.keys)
        for part in (
            "06:00:12 ERROR 로그인 실패", "exit code 1", "kindscrap.site.LoginError", "opened again",
            "email: ops@example.com · sent", "ops-slack: #batch · trying again: 429 Too Many Requests",
            "· failed: 등록되지 않은 템플릿입니다 [/b]", "held by db-main",
        ):  # fmt: skip
            assert part in said
        page.listed.go_to("event:4")
        below = page.query_one("#list-detail", Static)
        await until(pilot, lambda: "내일 06:00 실행에서" in text_of(below), "the note whole, over its lines")


async def test_a_note_of_several_lines_and_the_end_by_hand(stage, incidents):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await opened(app, pilot)
        await pilot.press("c", *"one", "enter", *"two")
        await until(pilot, lambda: isinstance(app.screen, FormDialog) and app.screen._there, "the dialog")
        await until(pilot, lambda: app.screen.query_one(TextArea).text == "one\ntwo", "what was typed")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "event:50" in page.listed.keys, "it stands in the timeline")
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, FormDialog) and app.screen._there, "the question")
        await pilot.press(*"done", "enter")
        head = page.query_one("#incident-head", Static)
        await until(pilot, lambda: "resolved by kim" in text_of(head), "it is over")
        await pilot.press("x")
        await until(pilot, lambda: "is resolved already" in notes(app), "once is enough")
    acts = [entry for entry in incidents.asked if entry[0] in ("note", "resolve")]
    assert acts == [("note", {"id": 12, "note": "one\ntwo"}), ("resolve", {"id": 12, "note": "done"})]


async def test_a_message_that_failed_is_sent_again_and_one_that_waits_is_not(stage, incidents):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await opened(app, pilot)
        await pilot.press("s")
        await until(pilot, lambda: "Choose a message" in notes(app), "no message is chosen")
        page.listed.go_to("told:34")
        await pilot.press("s")
        await until(pilot, lambda: "not been sent yet" in notes(app), "it waits")
        page.listed.go_to("told:33")
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, FormDialog), "the question")
        app.screen.query_one("#go", Button).press()
        await until(pilot, lambda: "waiting" in row(page, "told:33"), "it is owed again")
    assert ("resend", {"notification": "00000000-0000-0000-0000-000000000033"}) in incidents.asked


async def test_enter_leads_to_what_the_row_is_about_and_tab_to_the_next_group(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await opened(app, pilot)
        assert page.chosen == "verdict:first"
        await pilot.press("tab")
        assert page.chosen == "event:1"
        await pilot.press("tab")
        assert page.chosen == "told:31"
        await pilot.press("shift+tab")
        assert page.chosen == "event:1"
        page.listed.go_to("holds:15")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is not page and app.screen.ready, "the incident that is held back")
        other = app.screen
        await until(pilot, lambda: other.program == "fund_mail", "it is the mail's")
        head = text_of(other.query_one("#incident-head", Static))
        assert "waits for db-main: could not look: connection refused" in head
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, ProgramScreen), "its program")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.screen is page, "back")
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RerunDialog), "to run it again")
        await pilot.press("escape")
        page.listed.go_to("run:0")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ProgramScreen), "its log")
        assert app.screen._section == "log"


async def test_one_that_is_not_there_says_so(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        opening.incident(app, 999)
        await until(pilot, lambda: isinstance(app.screen, IncidentScreen) and app.screen.ready, "the page")
        notice = app.screen.query_one("#notice", Static)
        await until(pilot, lambda: "there is no incident 999" in text_of(notice), "the reason")
        await pilot.press("a", "u", "z", "c", "x", "s", "r", "l", "o", "d", "enter", "tab")
        assert isinstance(app.screen, IncidentScreen)


@pytest.mark.parametrize("view", VIEWS, ids=["en", "ko"])
async def test_who_has_it_or_keeps_it_quiet_is_said(view):
    stage, said = IncidentsOnStage(), {}
    for number in stage.story:
        answer = await stage._incident(None, {"id": number})
        said[number] = [line for line, _ in told.head(answer["incident"], answer, view)]
        assert next(iter(told.lines(answer, view)))[0] == "group:evidence"
    if view.language == "en":
        assert said[14][2].startswith("kim has it since yesterday 23:05:00 · until today 03:00: 거래소에 문의함 [/b]")
        assert said[16][2] == "quiet by silence 7 · until today 04:00"
        assert said[8][2] == "resolved by lee at 03-02 20:00:00"
        assert said[9][2].startswith("well again since")
