"""Probes on the board and their page in both languages, small and larger: looked at by people."""

from __future__ import annotations

import pytest
from probes_stage import ProbeStage
from stage import until
from test_pictures import StagedApp

from batmon_tui.screens.program import ProgramScreen
from batmon_tui.widgets.board_view import BoardView
from batmon_tui.widgets.runs_view import RunsView


async def _board(app, pilot) -> None:
    await app.stage.start()
    app.link.hurry()
    await until(pilot, lambda: len(app.screen_stack[0].query_one(BoardView).keys) == 10, "the board")


async def _page(app, pilot, name="api-pay") -> None:
    await _board(app, pilot)
    app.open_program(name)
    await until(pilot, lambda: isinstance(app.screen, ProgramScreen) and app.screen.ready, "the page")
    await until(pilot, lambda: app.screen.query_one(RunsView).keys, "its checks")


async def _disk(app, pilot) -> None:
    await _page(app, pilot, "disk-var")


async def _checks(app, pilot) -> None:
    await _page(app, pilot)
    await pilot.press("tab")


SCREENS = {"board": _board, "page": _page, "disk": _disk, "checks": _checks}


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("screen", SCREENS)
def test_picture(  # noqa: PLR0917 - pytest hands them over by name
    snap_compare, tmp_path, monkeypatch, screen, language, size
):
    async def prepare(pilot) -> None:
        await SCREENS[screen](pilot.app, pilot)
        await pilot.pause()

    monkeypatch.chdir(tmp_path)
    assert snap_compare(StagedApp(ProbeStage(tmp_path), language), terminal_size=size, run_before=prepare)


async def test_a_probe_is_looked_at_again_by_the_key_that_reruns_a_program(tmp_path):
    stage = ProbeStage(tmp_path)
    await stage.start()
    try:
        app = stage.app("ko")
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: len(app.screen_stack[0].query_one(BoardView).keys) == 10, "the board")
            app.open_program("api-pay")
            await until(pilot, lambda: isinstance(app.screen, ProgramScreen) and app.screen.ready, "the page")
            await pilot.press("r")
            await until(pilot, lambda: ("look", {"program": "api-pay"}) in stage.asked, "the look")
            await pilot.press("l")  # a probe has no log: the page stays as it is
            await pilot.pause()
            assert app.screen._section == "overview"
    finally:
        await stage.stop()
