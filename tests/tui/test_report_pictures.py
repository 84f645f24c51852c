"""The statistics page and the pages about reports; looked at by people."""

import pytest
from stage import Stage, until

from batmon_tui.screens import opening
from batmon_tui.screens.day_runs import DayRunsScreen
from batmon_tui.screens.definitions import DefinitionsDialog
from batmon_tui.screens.report_generate import GenerateDialog
from batmon_tui.screens.report_preview import ReportPreviewScreen
from batmon_tui.screens.report_schedules import ScheduleDialog
from batmon_tui.widgets.runs_view import RunsView
from tests.tui.reports_stage import ReportsOnStage
from tests.tui.statistics_stage import StatisticsOnStage
from tests.tui.test_pictures import StagedApp, _board

SHAPES = [("en", (120, 40)), ("ko", (80, 24))]


async def _heat(app, pilot):
    await _board(app, pilot)
    opening.statistics(app)
    await until(pilot, lambda: getattr(app.screen, "known", None) is not None and app.screen.known.complete, "figures")
    page = app.screen
    await until(pilot, lambda: page.heat.keys and not page.known.without_days(page.in_sight()), "the days")
    await until(pilot, lambda: page.in_full is not None, "the program")


async def _sla(app, pilot):
    await _heat(app, pilot)
    await pilot.press("2")


async def _durations(app, pilot):
    await _heat(app, pilot)
    app.screen.heat.go_to("fund_mail")
    await pilot.press("3")
    await until(pilot, lambda: app.screen.one == "fund_mail" and len(app.screen.durations.table.keys) == 30, "its days")


async def _definitions(app, pilot):
    await _heat(app, pilot)
    await pilot.press("question_mark")
    await until(pilot, lambda: isinstance(app.screen, DefinitionsDialog) and app.screen._there, "the dialog")


async def _day(app, pilot):
    await _heat(app, pilot)
    app.screen.heat.go_to("fund_mail")
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, DayRunsScreen) and app.screen.ready, "the day")
    await until(pilot, lambda: bool(app.screen.query_one(RunsView).keys), "its runs")


async def _reports(app, pilot):
    await _board(app, pilot)
    opening.reports(app)
    await until(pilot, lambda: getattr(app.screen, "answer", None) is not None and app.screen.listed.keys, "the list")


async def _generate(app, pilot):
    await _reports(app, pilot)
    await pilot.press("down", "g")
    await until(pilot, lambda: isinstance(app.screen, GenerateDialog) and app.screen._there, "the dialog")


async def _making(app, pilot):
    await _generate(app, pilot)
    await pilot.press("ctrl+s")
    app.stage.reports.steps.put_nowait({"step": "collecting", "progress": 0.35})
    await until(pilot, lambda: app.making and app.making[0].progress == 0.35, "it is being made")
    app.screen._tick()
    page = app.screen_stack[-2]
    page.ask()
    await until(pilot, lambda: "32" in page.listed.keys, "its row")


async def _preview(app, pilot):
    await _reports(app, pilot)
    await pilot.press("down", "enter")
    await until(pilot, lambda: isinstance(app.screen, ReportPreviewScreen) and app.screen._markdown, "its text")


async def _schedules(app, pilot):
    await _board(app, pilot)
    opening.report_schedules(app)
    await until(pilot, lambda: getattr(app.screen, "answer", None) is not None and app.screen.listed.keys, "the list")


async def _schedule(app, pilot):
    await _schedules(app, pilot)
    await pilot.press("n")
    await until(pilot, lambda: isinstance(app.screen, ScheduleDialog) and app.screen._there, "the dialog")


SCREENS = {
    "heat": _heat, "sla": _sla, "durations": _durations, "definitions": _definitions, "day": _day,
    "reports": _reports, "generate": _generate, "making": _making, "preview": _preview, "schedules": _schedules,
    "schedule": _schedule,
}  # fmt: skip


def _staged(tmp_path):
    reports = ReportsOnStage()
    stage = Stage(tmp_path, logs={**StatisticsOnStage().verbs(), **reports.verbs()})
    stage.reports = reports
    return stage


def _prepared(screen, theme=None):
    async def prepare(pilot):
        app = pilot.app
        if theme is not None:
            app.theme = theme
        await SCREENS[screen](app, pilot)
        for box in app.screen.query("Input"):
            box.cursor_blink = False
        await pilot.pause()

    return prepare


@pytest.mark.parametrize(("language", "size"), SHAPES, ids=["en-120x40", "ko-80x24"])
@pytest.mark.parametrize("screen", ["heat", "sla", "durations", "reports", "generate", "preview", "schedules"])
def test_picture(snap_compare, tmp_path, monkeypatch, screen, language, size):  # noqa: PLR0917 - handed over by name
    monkeypatch.chdir(tmp_path)
    assert snap_compare(StagedApp(_staged(tmp_path), language), terminal_size=size, run_before=_prepared(screen))


@pytest.mark.parametrize("screen", ["definitions", "day", "making", "schedule"])
def test_small_picture(snap_compare, tmp_path, monkeypatch, screen):
    monkeypatch.chdir(tmp_path)
    app = StagedApp(_staged(tmp_path), "ko")
    assert snap_compare(app, terminal_size=(80, 24), run_before=_prepared(screen))


@pytest.mark.parametrize("screen", ["heat", "sla"])
def test_picture_of_a_large_screen(snap_compare, tmp_path, monkeypatch, screen):
    monkeypatch.chdir(tmp_path)
    assert snap_compare(StagedApp(_staged(tmp_path), "ko"), terminal_size=(200, 60), run_before=_prepared(screen))


@pytest.mark.parametrize("theme", ["batmon-light", "batmon-contrast"])
@pytest.mark.parametrize("screen", ["heat", "preview"])
def test_picture_of_a_theme(snap_compare, tmp_path, monkeypatch, screen, theme):
    monkeypatch.chdir(tmp_path)
    app = StagedApp(_staged(tmp_path), "en")
    assert snap_compare(app, terminal_size=(120, 40), run_before=_prepared(screen, theme))
