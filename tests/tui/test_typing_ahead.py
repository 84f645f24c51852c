"""Keys that arrive faster than the screen changes go where the person meant them."""

from __future__ import annotations

from stage import PASSWORD, until
from textual import events
from textual.keys import _character_to_key
from textual.widgets import Input

from batmon_tui.screens.output import OutputScreen
from batmon_tui.screens.program import ProgramScreen
from tests.tui.test_console import SIZE, board_of


def burst(app, text: str) -> None:
    """All keys at once, as they come in one packet."""
    for character in text:
        key = "enter" if character == "\r" else _character_to_key(character)
        app.post_message(events.Key(key, character))


async def test_the_filter_gets_every_letter(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        board = await board_of(app, pilot)
        burst(app, "/mail\r")
        await until(pilot, lambda: list(board.keys) == ["fund_mail"], "only the mail collector")
        assert app.screen.query_one("#filter", Input).value == "mail"


async def test_a_jump_in_one_burst_arrives(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        burst(app, ":공시자료\r")
        await until(pilot, lambda: isinstance(app.screen, ProgramScreen) and app.screen.ready, "the page")
        assert app.screen.program == "공시자료_수집기"


async def test_a_password_typed_ahead_is_whole(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        burst(app, f"r{PASSWORD}\r")
        await until(pilot, lambda: isinstance(app.screen, OutputScreen), "it was started")
