"""Pictures of the log view in both languages and sizes."""

from __future__ import annotations

import uuid

import pytest

from tests.tui.log_stage import LogApp, LogScreen, LogServer, story, until

SIZES = [(80, 24), (120, 40)]


@pytest.fixture
def picture(tmp_path, snap_compare, monkeypatch):
    """Compare what is on the screen after ``keys`` with the picture on file."""
    monkeypatch.chdir(tmp_path)

    def compare(language, size, keys=(), **which):
        stage = story(LogServer(tmp_path / "k"))
        app = LogApp(stage, language, **which)

        async def ready(pilot):
            await until(pilot, lambda: isinstance(app.screen, LogScreen) and app.paper.window.lines)
            for key in keys:
                await pilot.press(key)
                await pilot.pause()
                await until(pilot, lambda: not [w for w in app.workers if w.group in ("load", "search", "files")])
            await pilot.pause()

        return snap_compare(app, terminal_size=size, run_before=ready)

    return compare


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_at_the_end(picture, language, size):
    assert picture(language, size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_at_a_failed_run(picture, language, size):
    assert picture(language, size, ["e"], run_id=str(uuid.UUID(int=4711)))


@pytest.mark.parametrize("language", ["ko", "en"])
def test_only_errors(picture, language):
    assert picture(language, (80, 24), ["exclamation_mark"])


@pytest.mark.parametrize("language", ["ko", "en"])
def test_wrapped_with_hits(picture, language):
    assert picture(language, (80, 24), ["E", "slash", *"login", "enter", "w"])


def test_the_question_for_a_time(picture):
    assert picture("ko", (80, 24), ["t"])
