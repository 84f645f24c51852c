"""Each screen in both languages, small and larger: the pictures in __snapshots__ were looked at by people."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from stage import NOW, Stage, items_of_a_run, until
from textual.widgets import Input, RichLog

import batmon_tui
from batmon.gate.server import Done
from batmon_tui.app import BatmonApp
from batmon_tui.screens.board import BoardScreen
from batmon_tui.screens.output import OutputScreen
from batmon_tui.screens.program import ProgramScreen
from batmon_tui.widgets.board_view import BoardView
from batmon_tui.widgets.frame import LostBar
from batmon_tui.widgets.items_view import ItemList
from batmon_tui.widgets.log_paper import LogPaper
from batmon_tui.widgets.runs_view import RunsView
from tests.tui.log_stage import LogServer
from tests.tui.log_stage import story as log_story

FAILED = str(uuid.UUID(int=4711))
"""The failed run of the log's story."""


class StagedApp(BatmonApp):
    """The console, which takes the stage down with it: the picture is taken in an event loop of its own."""

    CSS_PATH = str(Path(batmon_tui.__file__).with_name("batmon.tcss"))

    def __init__(self, stage: Stage, language: str) -> None:
        super().__init__(stage.connect, language, now=lambda: NOW)
        self.stage = stage

    async def on_unmount(self) -> None:
        await self.link.close()
        await self.stage.stop()


async def _board(app, pilot) -> None:
    await app.stage.start()
    app.link.hurry()
    await until(pilot, lambda: len(app.screen_stack[0].query_one(BoardView).keys) == 8, "the board")


async def _program(app, pilot) -> None:
    await _board(app, pilot)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, ProgramScreen) and app.screen.ready, "the page")
    await until(pilot, lambda: len(app.screen.query_one(RunsView).keys) == 31, "its runs")


async def _runs(app, pilot) -> None:
    await _program(app, pilot)
    await pilot.press("tab")


async def _run(app, pilot) -> None:
    await _runs(app, pilot)
    await pilot.press("enter")


async def _items(app, pilot) -> None:
    await _runs(app, pilot)
    app.stage.items = {app.screen.query_one(RunsView).chosen: items_of_a_run()}
    await pilot.press("enter")
    await until(pilot, lambda: bool(app.screen.query(ItemList)) and app.screen.query_one(ItemList).keys, "the items")
    await pilot.press("down")


async def _evidence(app, pilot) -> None:
    await _board(app, pilot)
    app.open_program("invoice", "runs")
    await until(pilot, lambda: isinstance(app.screen, ProgramScreen) and app.screen.ready, "the page")
    await until(pilot, lambda: len(app.screen.query_one(RunsView).keys) == 30, "its runs")
    await pilot.press("enter")


async def _log(app, pilot) -> None:
    await _board(app, pilot)
    app.open_log("kindscrap", FAILED)
    await until(pilot, lambda: bool(app.screen.query(LogPaper)), "the log")
    paper = app.screen.query_one(LogPaper)
    await until(pilot, lambda: bool(paper.window.lines), "its lines")
    await pilot.press("e")
    await until(pilot, lambda: not [w for w in app.workers if w.group in ("load", "search")], "the error")


async def _rerun_section(app, pilot) -> None:
    await _board(app, pilot)
    app.open_program("backup-db", "rerun")
    await until(pilot, lambda: isinstance(app.screen, ProgramScreen) and app.screen.ready, "the page")
    await until(pilot, lambda: len(app.screen.query_one(RunsView).keys) == 6, "its runs")


async def _rerun(app, pilot) -> None:
    await _board(app, pilot)
    await pilot.press("colon", *"rerun backup-db", "enter")
    await until(pilot, lambda: bool(app.screen.query("#force")), "the dialog")


async def _output(app, pilot) -> None:
    await _board(app, pilot)
    app.stage.output.put_nowait({"seq": 1, "stream": "output", "text": "06:00:00 공시정보 수집 시작 [/b]"})
    app.stage.output.put_nowait({"seq": 2, "stream": "output", "text": "06:00:12 ERROR 로그인 실패"})
    app.stage.output.put_nowait(Done({"status": "FAILED", "exit_code": 1}))
    await pilot.press("colon", *"backup-db", "enter")
    await until(pilot, lambda: isinstance(app.screen, ProgramScreen) and app.screen.ready, "the page")
    await pilot.press("o")
    await until(pilot, lambda: isinstance(app.screen, OutputScreen) and app.screen._end is not None, "the output")
    await until(pilot, lambda: len(app.screen.query_one(RichLog).lines) == 2, "its lines")


async def _help(app, pilot) -> None:
    await _board(app, pilot)
    await pilot.press("question_mark")


async def _jump(app, pilot) -> None:
    await _board(app, pilot)
    await pilot.press("colon", *"log")


async def _lost(app, pilot) -> None:
    await _board(app, pilot)
    await app.stage.stop()
    await until(pilot, lambda: app.screen.query_one(LostBar).has_class("-shown"), "the bar")


SCREENS = {
    "board": _board, "program": _program, "runs": _runs, "run": _run, "rerun": _rerun, "output": _output,
    "help": _help, "jump": _jump, "lost": _lost, "evidence": _evidence, "log": _log, "rerun-section": _rerun_section,
    "items": _items,
}  # fmt: skip


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("screen", SCREENS)
def test_picture(  # noqa: PLR0917 - pytest hands them over by name
    snap_compare, tmp_path, monkeypatch, screen, language, size
):
    async def prepare(pilot) -> None:
        await SCREENS[screen](pilot.app, pilot)
        for box in pilot.app.screen.query(Input):
            box.cursor_blink = False
        await pilot.pause()

    monkeypatch.chdir(tmp_path)
    logs = log_story(LogServer(tmp_path / "kindscrap")).answers().verbs() if screen == "log" else None
    assert snap_compare(StagedApp(Stage(tmp_path, logs=logs), language), terminal_size=size, run_before=prepare)


@pytest.mark.parametrize("theme", ["batmon-light", "batmon-contrast"])
def test_picture_of_a_theme(snap_compare, tmp_path, theme):
    async def prepare(pilot) -> None:
        await _board(pilot.app, pilot)
        pilot.app.theme = theme
        await pilot.pause()
        pilot.app.screen.tell_frame()
        pilot.app.screen.tell()
        await pilot.pause()
        assert isinstance(pilot.app.screen, BoardScreen)

    assert snap_compare(StagedApp(Stage(tmp_path), "en"), terminal_size=(120, 40), run_before=prepare)
