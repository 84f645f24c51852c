"""The list of incidents and what can be done from it, and from the board; silences."""

import pytest
import pytest_asyncio
from stage import Stage, until
from textual import events
from textual.widgets import Button, Input, Static

from batmon_tui.incident_state import in_detail, is_quiet, on_board, sign
from batmon_tui.screens.board import BoardScreen
from batmon_tui.screens.form import FormDialog
from batmon_tui.screens.incident import IncidentScreen
from batmon_tui.screens.incidents import IncidentsScreen
from batmon_tui.screens.program import ProgramScreen
from batmon_tui.screens.silence import SilencesScreen
from batmon_tui.view import View
from tests.tui.incidents_stage import IncidentsOnStage, incident
from tests.tui.stage import at
from tests.tui.test_board import VIEWS
from tests.tui.test_console import board_of, text_of

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


async def listed(app, pilot, rows=7):
    await board_of(app, pilot)
    await pilot.press("i")
    await until(pilot, lambda: isinstance(app.screen, IncidentsScreen) and app.screen.ready, "the page")
    page = app.screen
    await until(pilot, lambda: len(page.listed.keys) == rows, "the incidents")
    return page


def row(page, key, width=120):
    return "".join(text for text, _ in page.listed.pieces(key, width))


def notes(app):
    return " ".join(note.message for note in app._notifications)


async def test_what_needs_somebody_comes_first_and_each_state_has_a_sign_and_a_word(stage):
    app = stage.app("en")
    async with app.run_test(size=(120, 40)) as pilot:
        page = await listed(app, pilot)
        assert list(page.listed.keys) == ["12", "13", "14", "15", "16", "9", "8"]
        said = [row(page, key) for key in page.listed.keys]
        for line, start in zip(
            said,
            [" ✗ new ", " ~ flapping ", " a ack until 03:00 ", " h held by db-main ", " z silent until 04:00 ",
             " ✓ resolved ", " ✓ resolved "],
            strict=True,
        ):  # fmt: skip
            assert line.startswith(start)
        assert "로그인 실패" in said[0]
        state = text_of(app.screen.query_one("#list-state", Static))
        assert "1 new · 1 acknowledged · 1 silenced · 1 held back · 1 flapping" in state
        await pilot.press("f")
        await until(pilot, lambda: list(page.listed.keys) == ["12", "13"], "those that need somebody")
        await pilot.press("f")
        await until(pilot, lambda: list(page.listed.keys) == ["14", "15", "16"], "the quiet ones")
        await pilot.press("f")
        await until(pilot, lambda: list(page.listed.keys) == ["9", "8"], "those that are over")


async def test_a_filter_finds_by_every_word_and_older_ones_are_asked_for_page_by_page(stage, incidents):
    for number in range(100, 350):
        one = incident(number, f"bot-{number}", "resolved", resolved_at=at("17:00:00"))
        incidents.story[number] = one
    app = stage.app("ko")
    async with app.run_test(size=SIZE) as pilot:
        page = await listed(app, pilot, rows=5 + 100)
        await pilot.press("m")
        await until(pilot, lambda: len(page.listed.keys) == 5 + 200, "the second page")
        await pilot.press("m")
        await until(pilot, lambda: len(page.listed.keys) == 5 + 252, "all of them")
        assert [args.get("before") for what, args in incidents.asked if args.get("state") == "resolved"][-3:] == [
            None, 250, 150,
        ]  # fmt: skip
        await pilot.press("slash", *"보류 mail", "enter")
        await until(pilot, lambda: list(page.listed.keys) == ["15"], "one")
        await pilot.press("escape")
        await until(pilot, lambda: len(page.listed.keys) == 257, "all again")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, BoardScreen), "the board")


async def test_acknowledging_asks_for_a_note_and_a_time_in_the_programs_zone(stage, incidents):
    app = stage.app("en")
    async with app.run_test(size=(120, 40)) as pilot:
        page = await listed(app, pilot)
        await pilot.press("a", *"I am on it [/b]")
        await until(pilot, lambda: isinstance(app.screen, FormDialog) and app.screen._there, "the dialog")
        dialog = app.screen
        until_box = dialog.query_one("#box-1", Input)
        assert until_box.value == "4h"
        until_box.value = "soon"
        dialog.query_one("#go", Button).press()
        await until(pilot, lambda: "no time ahead" in text_of(dialog.query_one(".problem", Static)), "the refusal")
        until_box.value = "18:00"
        dialog.query_one("#go", Button).press()
        await until(pilot, lambda: app.screen is page, "the dialog is gone")
        await until(pilot, lambda: row(page, "12").startswith(" a ack until 18:00"), "the new state")
        assert "kindscrap #12 is acknowledged." in notes(app)
    asked = [args for what, args in incidents.asked if what == "ack"]
    assert asked == [{"id": 12, "note": "I am on it [/b]", "until": "2026-03-05T09:00:00+00:00"}]


async def test_a_narrow_list_leaves_room_for_the_reason_and_says_until_when_below(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await listed(app, pilot)
        key = next(str(one["id"]) for one in page.answer["incidents"] if one["state"] == "acknowledged")
        page.listed.go_to(key)
        assert row(page, key).startswith(" a ack ")
        assert "until" not in row(page, key)
        await until(pilot, lambda: "until" in text_of(page.query_one("#list-detail", Static)), "the detail")


async def test_what_the_daemon_refuses_stays_in_the_dialog_in_words(stage, incidents):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await listed(app, pilot)
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, FormDialog) and app.screen._there, "the dialog")
        incidents.story[12]["state"] = "resolved"
        await pilot.press("enter")
        said = app.screen.query_one(".problem", Static)
        await until(pilot, lambda: "incident 12 is resolved" in text_of(said), "the refusal")


async def test_a_note_of_two_lines_that_comes_in_one_packet_is_whole(stage, incidents):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await listed(app, pilot)
        for key in ("c", *"one", "enter", *"twoo", "backspace", "up", "home", "z", "ctrl+s"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: any(what == "note" for what, _ in incidents.asked), "it is sent")
        assert next(args["note"] for what, args in incidents.asked if what == "note") == "zone\ntwo"
        await until(pilot, lambda: app.screen is page, "the dialog is over")


async def test_a_viewer_is_told_and_nothing_is_asked(stage, incidents):
    stage.role = "viewer"
    app = stage.app("ko")
    async with app.run_test(size=SIZE) as pilot:
        page = await listed(app, pilot)
        for key in ("a", "z", "x", "c"):
            app.clear_notifications()
            await pilot.press(key)
            await until(pilot, lambda: "조회자 키" in notes(app), f"why {key} does nothing")
        assert app.screen is page
    assert {what for what, _ in incidents.asked} <= {"incidents", "handover"}


async def test_giving_back_what_nobody_has_is_said(stage, incidents):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await listed(app, pilot)
        await pilot.press("u")
        await until(pilot, lambda: "Nobody has acknowledged" in notes(app), "a note")
        await pilot.press("j", "j", "u", "tab", "tab")
        await until(pilot, lambda: isinstance(app.screen, FormDialog), "the question")
        app.screen.query_one("#go", Button).press()
        await until(pilot, lambda: ("unack", {"id": 14}) in incidents.asked, "it is given back")


async def test_a_silence_is_set_and_ended_early(stage, incidents):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await listed(app, pilot)
        await pilot.press("z")
        await until(pilot, lambda: isinstance(app.screen, FormDialog) and app.screen._there, "the dialog")
        dialog = app.screen
        await pilot.press("enter")
        await until(pilot, lambda: "fill in: why" in text_of(dialog.query_one(".problem", Static)), "it wants a reason")
        dialog.query_one("#box-1", Input).value = "exchange is down"
        dialog.query_one("#box-2", Input).value = "kind*"
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is page, "the dialog is gone")
        made = [args for what, args in incidents.asked if what == "silence"]
        assert made == [{"program": "kind*", "until": "2026-03-04T19:14:07+00:00", "why": "exchange is down"}]
        await pilot.press("Z")
        await until(pilot, lambda: isinstance(app.screen, SilencesScreen) and app.screen.ready, "the silences")
        silences = app.screen
        keys = ["silence:21", "silence:7", "window:거래소 점검"]
        await until(pilot, lambda: list(silences.listed.keys) == keys, "both and the window")
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, FormDialog), "the question")
        app.screen.query_one("#go", Button).press()
        await until(pilot, lambda: list(silences.listed.keys) == keys[1:], "it is gone")
        await pilot.press("G", "x")
        await until(pilot, lambda: "config.toml" in notes(app), "a window is configured")
        await pilot.press("f")
        await until(pilot, lambda: "silence:5" in silences.listed.keys, "those that are over")
    assert ("end", {"id": 21}) in incidents.asked


async def test_on_the_board_a_takes_the_rows_incident_on_and_the_row_says_so(stage, incidents):
    stage.rows["kindscrap"] = {**stage.rows["kindscrap"], "incident": incidents.row_of(12)}
    app = stage.app("en")
    async with app.run_test(size=(120, 40)) as pilot:
        board = await board_of(app, pilot)
        detail = app.screen.query_one("#detail", Static)
        await until(pilot, lambda: "incident 12: new" in text_of(detail), "the detail")
        assert "[" not in board._told["kindscrap"].why.split("failed")[0]
        await pilot.press("a", "enter")
        await until(pilot, lambda: [what for what, _ in incidents.asked if what == "ack"], "it is asked for")
        stage.publish("kindscrap", incident=incidents.row_of(12))
        await until(pilot, lambda: board._told["kindscrap"].why.startswith("[ack until 06:14] failed"), "the row")
        assert board._told["kindscrap"].quiet
        assert list(board.keys[:2]) == ["공시자료_수집기", "kindscrap"]
        board.go_to("kindscrap")
        await until(pilot, lambda: "incident 12: ack until 06:14, kim" in text_of(detail), "who has it")
        await pilot.press("G", "a")
        await until(pilot, lambda: "backup-db has no open incident" in notes(app), "none to take on")


async def test_commands_lead_to_the_pages(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        await pilot.press("colon", *"incident 14", "enter")
        await until(pilot, lambda: isinstance(app.screen, IncidentScreen) and app.screen.ready, "an incident")
        await until(pilot, lambda: app.screen.program == "공시자료_수집기", "its program")
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, ProgramScreen), "the program")
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.screen, IncidentsScreen) and app.screen.ready, "its incidents")
        page = app.screen
        await until(pilot, lambda: list(page.listed.keys) == ["14"], "only its own")
        await pilot.press("colon", *"silences", "enter")
        await until(pilot, lambda: isinstance(app.screen, SilencesScreen), "silences")
        await pilot.press("colon", *"incident none", "enter")
        await until(pilot, lambda: "Nothing is called" in notes(app), "no such thing")


async def test_without_incidents_it_says_so(stage, incidents):
    incidents.story.clear()
    app = stage.app("ko")
    async with app.run_test(size=SIZE) as pilot:
        await listed(app, pilot, rows=0)
        await until(pilot, lambda: "장애가 없습니다" in text_of(app.screen.query_one("#notice", Static)), "the words")


@pytest.mark.parametrize("view", VIEWS, ids=["en", "ko"])
def test_every_state_is_told_by_sign_and_word(view: View):
    signs, said = set(), set()
    for state in ("open", "acknowledged", "silenced", "maintenance", "held", "flapping", "resolved"):
        one = incident(1, "x", state, held_by=["db"], until=at("19:00:00"))
        signs.add(sign(one)[0])
        said.add(on_board(one, view) or state)
        assert is_quiet(one) == (state not in ("open", "flapping"))
    assert len(signs) == len(said) == 7
    assert on_board(None, view) == in_detail(None, view) == ""
