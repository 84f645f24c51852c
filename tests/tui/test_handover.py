"""The handover: the line on the board after a login, the page, and Markdown."""

import pytest
import pytest_asyncio
from stage import Stage, until
from textual.widgets import Static

from batmon_tui import handover as told
from batmon_tui.screens.board import BoardScreen
from batmon_tui.screens.handover import HandoverScreen, MarkdownDialog
from batmon_tui.screens.incident import IncidentScreen
from batmon_tui.screens.moment import MomentDialog
from batmon_tui.screens.program import ProgramScreen
from tests.tui.incidents_stage import IncidentsOnStage
from tests.tui.stage import at
from tests.tui.test_board import VIEWS
from tests.tui.test_console import board_of, text_of
from tests.tui.test_incidents_screen import row

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


def line(app):
    return text_of(app.screen_stack[0].query_one("#notice", Static)).strip()


async def opened(app, pilot):
    await board_of(app, pilot)
    await pilot.press("H")
    await until(pilot, lambda: isinstance(app.screen, HandoverScreen) and app.screen.ready, "the page")
    page = app.screen
    await until(pilot, lambda: bool(page.listed.keys), "its rows")
    return page


async def test_after_a_login_one_line_says_what_happened_until_it_is_read(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        await until(pilot, lambda: line(app) == "3 incidents since Tue 18:02 · H handover", "the line")
        await pilot.press("H")
        await until(pilot, lambda: isinstance(app.screen, HandoverScreen), "the page")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, BoardScreen) and not line(app), "the line is gone")


async def test_escape_takes_the_line_away_and_a_quiet_time_has_none(stage, incidents):
    app = stage.app("ko")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        await until(pilot, lambda: "이후 장애 3건 · H 인수인계" in line(app), "the line")
        await pilot.press("escape")
        await until(pilot, lambda: not line(app), "it is gone")
        incidents.opened = []
        assert not await app.news.arrive(app.link)
        assert not app.news.words(app.view)


async def test_the_page_tells_it_in_groups_and_leads_on(stage):
    app = stage.app("en")
    async with app.run_test(size=(120, 40)) as pilot:
        page = await opened(app, pilot)
        state = text_of(page.query_one("#list-state", Static))
        assert "Handover   since 03-03 18:02 · 3 opened · 1 resolved · 4 still open" in state
        groups = [key.removeprefix("group:") for key in page.listed.keys if key.startswith("group:")]
        assert groups == ["open", "resolved", "changed", "automations", "silences", "acts"]
        assert "ok, now error: 실행 실패" in row(page, "changed:0")
        assert "kim" in row(page, "act:0")
        page.listed.go_to("open:14")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, IncidentScreen), "the incident")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is page, "back")
        page.listed.go_to("changed:1")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ProgramScreen), "the program")


async def test_it_stays_with_the_span_it_began_with_and_another_can_be_asked_for(stage, incidents):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await opened(app, pilot)
        page.ask()
        await until(pilot, lambda: len([1 for what, _ in incidents.asked if what == "handover"]) == 3, "asked again")
        spans = [args for what, args in incidents.asked if what == "handover"]
        english = {"language": "en"}
        assert spans == [{}, english, {"since": at("09:02:00", 3), **english}]
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, MomentDialog) and app.screen._there, "since when")
        app.screen.query_one("#moment").value = "2h"
        await pilot.press("enter")
        since = {"since": "2026-03-04T15:14:07+00:00", **english}
        await until(pilot, lambda: ("handover", since) in incidents.asked, "the other span")


async def test_markdown_is_shown_and_goes_into_the_terminals_clipboard(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("M")
        await until(pilot, lambda: isinstance(app.screen, MarkdownDialog), "the text")
        assert app.clipboard.startswith("# Handover")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HandoverScreen), "back")


@pytest.mark.parametrize("view", VIEWS, ids=["en", "ko"])
async def test_a_quiet_time_has_no_rows(view):
    answer = await IncidentsOnStage()._handover(None, {})
    assert len(told.lines(answer, view)) == 6 + 4 + 1 + 2 + 1 + 2 + 1
    nothing = {key: [] for key in ("opened", "resolved", "acknowledged", "open", "changed", "automations", "acts")}
    assert told.lines({**nothing, "silences": {"begun": [], "ended": []}}, view) == []


async def test_an_incident_that_opened_again_is_open_and_acts_are_told_in_words():
    answer = await IncidentsOnStage()._handover(None, {})
    again, ended = answer["open"][0], answer["resolved"][0]
    answer["resolved"] = [again, ended]
    answer["opened"] = [again, ended]
    answer["acts"] = [
        {"at": at("02:00:00"), "target": "12", "actor": "kim", "action": action, "outcome": "done"}
        for action in ("incident.ack", "brew.tea")
    ]
    rows = {key: cells for key, _, cells, _ in told.lines(answer, VIEWS[1])}
    assert [key for key in rows if key.endswith(f":{again['id']}")] == [f"open:{again['id']}"]
    assert [key for key in rows if key.endswith(f":{ended['id']}")] == [f"resolved:{ended['id']}"]
    assert (rows["act:0"][3], rows["act:1"][3]) == ("장애 확인", "brew.tea")
