"""Pictures of the search over all logs in both languages and sizes."""

from __future__ import annotations

from pathlib import Path

import pytest
from stage import NOW, Stage, until
from textual.widgets import Input

import batmon_tui
from batmon_tui.app import BatmonApp
from batmon_tui.cells import fit
from batmon_tui.screens.moment import MomentDialog
from batmon_tui.screens.search import SearchScreen
from batmon_tui.widgets.board_view import BoardView
from tests.tui.search_stage import search_stage


class StagedApp(BatmonApp):
    """The console, which takes the stage down with it: the picture is taken in an event loop of its own."""

    CSS_PATH = str(Path(batmon_tui.__file__).with_name("batmon.tcss"))

    def __init__(self, stage: Stage, language: str) -> None:
        super().__init__(stage.connect, language, now=lambda: NOW)
        self.stage = stage

    async def on_unmount(self) -> None:
        await self.link.close()
        await self.stage.stop()


async def _board(app, pilot):
    await app.stage.start()
    app.link.hurry()
    await until(pilot, lambda: len(app.screen_stack[0].query_one(BoardView).keys) == 8, "the board")


async def _asked(app, pilot):
    await _board(app, pilot)
    await pilot.press("s")
    await until(pilot, lambda: isinstance(app.screen, SearchScreen) and app.screen.ready, "the search")


async def _found(app, pilot, text="로그인"):
    await _asked(app, pilot)
    await pilot.press(*text, "enter")
    await until(pilot, lambda: app.screen.going.end is not None, "its end")


async def _errors(app, pilot):
    await _found(app, pilot)
    await pilot.press("e", "x")
    await until(pilot, lambda: app.screen.asked.regex and app.screen.going.end is not None, "the errors")


async def _nothing(app, pilot):
    await _found(app, pilot, "없는 말")


async def _since(app, pilot):
    await _found(app, pilot)
    await pilot.press("t")
    await until(pilot, lambda: isinstance(app.screen, MomentDialog), "the question")


async def _box(app, pilot):
    await _board(app, pilot)
    await pilot.press("slash", *"mail", "tab")
    await until(pilot, lambda: len(app.screen.query_one(BoardView).keys) == 8, "the whole board")


SCREENS = {
    "asked": _asked, "found": _found, "errors": _errors, "nothing": _nothing, "since": _since, "box": _box
}  # fmt: skip
SIZES = [(80, 24), (120, 40)]


@pytest.fixture
def picture(snap_compare, tmp_path, monkeypatch):
    """Compare a screen with the picture on file."""
    monkeypatch.chdir(tmp_path)

    def compare(screen, language, size, theme=""):
        async def prepare(pilot):
            await SCREENS[screen](pilot.app, pilot)
            if theme:
                pilot.app.theme = theme
                await pilot.pause()
                pilot.app.screen.tell_frame()
                pilot.app.screen.tell()
            for box in pilot.app.screen.query(Input):
                box.cursor_blink = False
            await pilot.pause()

        monkeypatch.setattr("batmon_tui.screens.search.fit", _without(tmp_path))
        stage = Stage(tmp_path, logs=search_stage(tmp_path / "programs"))
        return snap_compare(StagedApp(stage, language), terminal_size=size, run_before=prepare)

    return compare


def _without(folder):
    """Folders of this run of the test have other names than those of the last."""
    return lambda text, width, **how: fit(text.replace(str(folder), "/srv"), width, **how)


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("screen", SCREENS)
def test_search(picture, screen, language, size):
    assert picture(screen, language, size)


@pytest.mark.parametrize("theme", ["batmon-light", "batmon-contrast"])
def test_search_of_a_theme(picture, theme):
    assert picture("found", "en", (120, 40), theme)
