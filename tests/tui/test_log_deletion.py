"""Deleting a log in the file browser: only logs, only admins, only when it was meant."""

from __future__ import annotations

import asyncio

import pytest
from stage import NOW, until
from textual.widgets import Button, Static

from batmon.engine.files.answers import TreeAnswers
from batmon.engine.files.tree import Tree
from batmon.engine.log_files.deletion import LogDeletion
from batmon.engine.log_files.retention import LogRetention
from batmon.model import Program
from batmon_tui.screens.files import FilesScreen
from batmon_tui.screens.log_deletion import DeleteLogDialog, program_of_logs
from batmon_tui.widgets.board_view import BoardView
from batmon_tui.widgets.files_view import FilesView
from tests.tui.stage import Stage


@pytest.fixture
async def stage(tmp_path):
    logs = tmp_path / "kindscrap" / "logs"
    logs.mkdir(parents=True)
    for name in ("app.log", "app.log.1", "app.log.2"):
        (logs / name).write_text(name)
    program = Program(name="kindscrap", base_dir=logs.parent, logs=("logs/*.log",))

    def programs():
        return {"kindscrap": program}

    async def audit(_entry):
        return None

    retention = LogRetention(programs=programs, audit=audit, now=lambda: NOW, ready=asyncio.Event())
    tree = Tree(programs, tmp_path)
    deletion = LogDeletion(programs=programs, tree=tree, retention=retention, audit=audit, now=lambda: NOW)
    stage = Stage(tmp_path, logs=TreeAnswers(programs=programs, state=tmp_path).verbs() | deletion.verbs())
    stage.logs_folder = logs
    await stage.start()
    yield stage
    await stage.stop()


async def opened(app, pilot, name: str) -> FilesView:
    """The browser in the program's logs, on one of them."""
    await until(pilot, lambda: app.screen_stack[0].query_one(BoardView).keys, "the board")
    app.push_screen(FilesScreen("/programs/kindscrap/logs", program="kindscrap"))
    await until(pilot, lambda: app.screen.query(FilesView) and app.screen.query_one(FilesView).keys, "the logs")
    files = app.screen.query_one(FilesView)
    files.go_to(name)
    await pilot.press("x")
    await until(pilot, lambda: isinstance(app.screen, DeleteLogDialog), "the question")
    return files


@pytest.mark.parametrize("language", ["ko", "en"])
async def test_a_log_goes_when_it_was_meant(stage, language):
    app = stage.app(language)
    async with app.run_test(size=(100, 24)) as pilot:
        files = await opened(app, pilot, "app.log.1")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, FilesScreen), "nothing but the browser")
        assert (stage.logs_folder / "app.log.1").exists()
        files.go_to("app.log.1")
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, DeleteLogDialog), "the question")
        app.screen.query_one("#delete", Button).press()
        await until(pilot, lambda: list(files.keys) == ["app.log", "app.log.2"], "the log gone from the list")
    assert not (stage.logs_folder / "app.log.1").exists()


async def test_the_current_log_needs_one_more_word(stage):
    app = stage.app("en")
    async with app.run_test(size=(100, 24)) as pilot:
        await opened(app, pilot, "app.log")
        app.screen.query_one("#delete", Button).press()
        await until(
            pilot, lambda: "current log" in str(app.screen.query_one(".problem", Static).render()), "why it is kept"
        )
        assert (stage.logs_folder / "app.log").exists()
        app.screen.query_one("#force").value = True
        app.screen.query_one("#delete", Button).press()
        await until(pilot, lambda: isinstance(app.screen, FilesScreen), "the browser")
    assert not (stage.logs_folder / "app.log").exists()


def test_whose_logs_they_are():
    assert program_of_logs("/programs/kind/logs/2026") == "kind"
    assert program_of_logs("/programs/a\\\\b/logs") == "a\\b"
    assert program_of_logs("/programs/kind/files") == ""
    assert program_of_logs("/exports") == ""
