"""The file browser and its previews in both languages; looked at by people."""

from __future__ import annotations

import pytest

from tests.tui.files_stage import files_stage
from tests.tui.test_files_screen import browse, look
from tests.tui.test_pictures import StagedApp, _board


async def _files(app, pilot):
    files = await browse(app, pilot)
    files.go_to("config.json")


async def _table(app, pilot):
    await look(app, pilot, "공시목록.csv")


async def _text(app, pilot):
    await look(app, pilot, r"[b]red\x1b[31m.txt")


SCREENS = {"files": _files, "table": _table, "text": _text}


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("screen", SCREENS)
def test_files(snap_compare, tmp_path, monkeypatch, screen, language, size):  # noqa: PLR0917 - pytest hands them over by name
    async def prepare(pilot):
        await _board(pilot.app, pilot)
        await SCREENS[screen](pilot.app, pilot)
        await pilot.pause()

    monkeypatch.chdir(tmp_path)
    assert snap_compare(StagedApp(files_stage(tmp_path), language), terminal_size=size, run_before=prepare)
