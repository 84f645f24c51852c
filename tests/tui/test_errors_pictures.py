"""The pages of kinds of error and of differences in both languages, small and larger; looked at by people."""

import pytest
from stage import Stage, until

from batmon_tui.screens.difference import DifferenceView
from batmon_tui.screens.errors import ErrorsView, PlacesView
from tests.tui.errors_stage import ErrorsOnStage
from tests.tui.test_pictures import StagedApp, _board


async def _errors(app, pilot):
    await _board(app, pilot)
    await pilot.press("E")
    await until(pilot, lambda: bool(app.screen.query(ErrorsView)) and app.screen.query_one(ErrorsView).keys, "kinds")


async def _error(app, pilot):
    await _errors(app, pilot)
    await pilot.press("down", "enter")
    await until(pilot, lambda: bool(app.screen.query(PlacesView)) and app.screen.query_one(PlacesView).keys, "places")


async def _difference(app, pilot):
    await _board(app, pilot)
    app.open_difference("kindscrap")
    await until(
        pilot, lambda: bool(app.screen.query(DifferenceView)) and app.screen.query_one(DifferenceView).keys, "lines"
    )


SCREENS = {"errors": _errors, "error": _error, "difference": _difference}


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("screen", SCREENS)
def test_picture(  # noqa: PLR0917 - pytest hands them over by name
    snap_compare, tmp_path, monkeypatch, screen, language, size
):
    async def prepare(pilot):
        await SCREENS[screen](pilot.app, pilot)
        await pilot.pause()

    monkeypatch.chdir(tmp_path)
    stage = Stage(tmp_path, logs=ErrorsOnStage().verbs())
    assert snap_compare(StagedApp(stage, language), terminal_size=size, run_before=prepare)
