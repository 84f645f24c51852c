"""Keys that arrive faster than the screen changes go where the person meant them."""

from __future__ import annotations

from stage import PASSWORD, until
from textual import events
from textual.app import App
from textual.keys import _character_to_key
from textual.widgets import Input

from batmon_tui.screens.output import OutputScreen
from batmon_tui.screens.program import ProgramScreen
from batmon_tui.widgets.box import TextBox
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


async def test_keys_in_one_packet_take_effect_in_their_order(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        board = await board_of(app, pilot)
        await pilot.press("slash")
        box = app.screen.query_one("#filter", Input)
        await until(pilot, lambda: app.focused is box, "the box")
        for key in (*"wrong", "ctrl+u", *"zmaix", "backspace", "l", "home", "delete", "enter"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: app.focused is not box, "done")
        assert box.value == "mail"
        await until(pilot, lambda: list(board.keys) == ["fund_mail"], "only the mail collector")


async def test_lines_typed_in_one_packet_are_whole():
    class Page(App[None]):
        def compose(self):
            yield TextBox()

    app = Page()
    async with app.run_test() as pilot:
        box = app.query_one(TextBox)
        box.focus()
        await until(pilot, lambda: app.focused is box, "the box")
        for key in ("a", "b", "backspace", "c", "enter", "d", "left", "e", "ctrl+k", "f"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: box.text == "ac\nef", "ac and ef")
