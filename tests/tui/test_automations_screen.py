"""The automations: what they did and will do, running, pausing and resuming them."""

import pytest
import pytest_asyncio
from stage import Stage, until
from textual.widgets import Button, Input, Static

from batmon_tui.screens.automations import AutomationScreen, AutomationsScreen
from batmon_tui.screens.board import BoardScreen
from batmon_tui.screens.form import FormDialog
from tests.tui.automations_stage import AutomationsOnStage, execution
from tests.tui.stage import at
from tests.tui.test_console import board_of, text_of
from tests.tui.test_incidents_screen import notes, row

SIZE = (80, 24)


@pytest.fixture
def automations():
    return AutomationsOnStage()


@pytest_asyncio.fixture
async def stage(tmp_path, automations):
    made = Stage(tmp_path, logs=automations.verbs())
    await made.start()
    yield made
    await made.stop()


async def listed(app, pilot):
    await board_of(app, pilot)
    await pilot.press("J")
    await until(pilot, lambda: isinstance(app.screen, AutomationsScreen) and app.screen.ready, "the page")
    page = app.screen
    await until(pilot, lambda: len(page.listed.keys) == 5, "the automations")
    return page


async def test_each_says_when_it_ran_will_run_and_how_it_went(stage):
    app = stage.app("en")
    async with app.run_test(size=(160, 40)) as pilot:
        page = await listed(app, pilot)
        said = {key: " ".join(row(page, key, 160).split()) for key in page.listed.keys}
        assert (
            said["daily_statistics"] == "✓ daily_statistics 회원 활동 통계 집계 daily 00:00 00:00 840ms 00:00 success"
        )
        assert said["monthly_backup"].startswith("= monthly_backup 데이터베이스 백업 monthly on 1 02:00 paused 12m 34s")
        assert said["old_answers"].endswith("daily 18:00 18:00 never ran")
        assert "✗ pending_items" in said["pending_items"]
        assert 'failed: 스텝 2 (sql): relation "daily_statistics"' in said["pending_items"]
        assert said["restart-collector"].startswith("▸ restart-collector incident opened")
        assert "5 automations · 1 failed last · 1 paused" in text_of(page.query_one("#list-state", Static))
        page.listed.go_to("monthly_backup")
        detail = page.query_one("#list-detail", Static)
        await until(
            pilot, lambda: "paused by lee at 03-03 11:10:00: 저장소 교체 중" in text_of(detail), "who paused it"
        )


async def test_its_log_shows_each_execution_with_its_error_output_and_attempts(stage):
    app = stage.app("en")
    async with app.run_test(size=(120, 40)) as pilot:
        page = await listed(app, pilot)
        page.listed.go_to("pending_items")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, AutomationScreen) and app.screen.ready, "the log")
        log = app.screen
        await until(pilot, lambda: list(log.listed.keys) == ["95", "80", "79", "78"], "its executions")
        assert "✗ yesterday 09:00:03  failed" in row(log, "95")
        below = text_of(log.query_one("#list-detail", Static))
        for part in ("attempt 2 at yesterday 09:01:00: connection reset by peer", "LINE 1: INSERT INTO", "4건 확인"):
            assert part in below
        await pilot.press("escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, BoardScreen), "the board")


async def test_older_executions_come_page_by_page(stage, automations):
    automations.story["old_answers"][1].extend(execution(number, at("09:00:00", 1)) for number in range(250, 0, -1))
    app = stage.app("ko")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        await pilot.press("colon", *"job old_answers", "enter")
        await until(pilot, lambda: isinstance(app.screen, AutomationScreen) and app.screen.ready, "the log")
        page = app.screen
        await until(pilot, lambda: len(page.listed.keys) == 100, "the latest")
        await pilot.press("m")
        await until(pilot, lambda: len(page.listed.keys) == 200, "older ones")
        await pilot.press("m")
        await until(pilot, lambda: len(page.listed.keys) == 250, "all")


async def test_run_pause_and_resume_ask_first(stage, automations):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await listed(app, pilot)
        assert page.chosen == "pending_items", "what failed comes first"
        page.listed.go_to("daily_statistics")
        await pilot.press("r", "enter")
        await until(pilot, lambda: app.screen is page, "Enter on nothing chosen runs nothing")
        assert not automations.asked
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, FormDialog), "the question")
        app.screen.query_one("#go", Button).press()
        await until(pilot, lambda: row(page, "daily_statistics").startswith(" … "), "it waits to run")
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, FormDialog) and app.screen._there, "the question")
        app.screen.query_one("#box-0", Input).value = "moving"
        await pilot.press("enter")
        await until(pilot, lambda: "paused" in row(page, "daily_statistics"), "it rests")
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, FormDialog), "the question")
        app.screen.query_one("#go", Button).press()
        await until(pilot, lambda: "paused" not in row(page, "daily_statistics"), "it runs again")
    assert automations.asked == [
        ("run", {"name": "daily_statistics"}),
        ("pause", {"name": "daily_statistics", "why": "moving"}),
        ("resume", {"name": "daily_statistics"}),
    ]


async def test_a_viewer_looks_and_is_told(stage, automations):
    stage.role = "viewer"
    app = stage.app("ko")
    async with app.run_test(size=SIZE) as pilot:
        page = await listed(app, pilot)
        for key in ("r", "p"):
            app.clear_notifications()
            await pilot.press(key)
            await until(pilot, lambda: "조회자 키" in notes(app), f"why {key} does nothing")
        assert app.screen is page
    assert not automations.asked


async def test_none_are_configured(stage, automations):
    automations.story.clear()
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        await pilot.press("J")
        await until(pilot, lambda: isinstance(app.screen, AutomationsScreen) and app.screen.ready, "the page")
        notice = app.screen.query_one("#notice", Static)
        await until(pilot, lambda: "pack install hdh" in text_of(notice), "what to do")
