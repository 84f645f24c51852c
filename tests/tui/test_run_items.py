"""A run's page shows its items: failed ones first, totals, the chosen one's error; live while the run is running."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from stage import NOW, Stage, items_of_a_run, until
from textual.widgets import Static

from batmon_tui.screens.program import ProgramScreen
from batmon_tui.screens.run import RunScreen
from batmon_tui.widgets.frame import KeyLine
from batmon_tui.widgets.items_view import ItemList, ItemsView, in_order
from batmon_tui.widgets.runs_view import RunsView
from tests.tui.test_console import board_of, text_of


async def run_page(app, pilot, stage: Stage, name: str, items) -> RunScreen:
    """The page of a program's latest run, which has these items."""
    await board_of(app, pilot)
    app.open_program(name, "runs")
    await until(pilot, lambda: isinstance(app.screen, ProgramScreen) and app.screen.ready, "the page")
    await until(pilot, lambda: bool(app.screen.query_one(RunsView).keys), "its runs")
    stage.items[app.screen.query_one(RunsView).chosen] = items
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.ready, "the run")
    await until(pilot, lambda: not [one for one in app.workers if one.group == "items"], "the answer")
    return app.screen


def rows(page) -> list[str]:
    listed = page.query_one(ItemList)
    return [listed.render_line(y).text.rstrip() for y in range(1, len(listed.keys) + 1)]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_failed_items_come_first_with_totals_and_the_chosen_ones_error(stage, size):
    app = stage.app("en")
    async with app.run_test(size=size) as pilot:
        page = await run_page(app, pilot, stage, "kindscrap", items_of_a_run())
        assert app.focused is page.query_one(ItemList)
        assert text_of(page.query_one("#items-totals", Static)).split("   ") == [
            "24 items", "3 failed", "1 running", "processed 2,147", "failed 65",
        ]  # fmt: skip
        signs = [line.split()[0].lstrip("▌") or line.split()[1] for line in rows(page)[:5]]
        assert signs == ["✗", "✗", "✗", "▸", "✓"]
        assert "user3@example.com" in rows(page)[0]
        assert "로그인 실패: 비밀번호가 올바르지 않습니다" in text_of(page.query_one("#items-error", Static))
        await pilot.press("down")
        await until(pilot, lambda: "in login" in text_of(page.query_one("#items-error", Static)), "the traceback's end")
        assert "[/b]" in text_of(page.query_one("#items-error", Static))
        assert "LoginError" in rows(page)[1]
        await pilot.press("end")
        await until(pilot, lambda: "no error" in text_of(page.query_one("#items-error", Static)), "an item without one")
        assert page.query_one(ItemList).scroll_offset.y > 0
        await pilot.press("tab")
        assert app.focused is not page.query_one(ItemList)


async def test_a_run_without_items_looks_as_before(stage):
    app = stage.app("ko")
    async with app.run_test(size=(80, 24)) as pilot:
        page = await run_page(app, pilot, stage, "kindscrap", [])
        assert not page.query_one(ItemsView).display
        assert page.query_one("#run").size.height > 15
        assert "처리 대상" not in text_of(page.query_one(KeyLine))


async def test_the_items_of_a_running_run_come_in_as_they_end_and_its_end_is_seen(stage, monkeypatch):
    monkeypatch.setattr("batmon_tui.screens.run.LOOK_SEC", 0.05)
    app, items = stage.app("ko"), items_of_a_run()
    async with app.run_test(size=(100, 30)) as pilot:
        page = await run_page(app, pilot, stage, "backup-db", items[:2])
        run_id = page._run["run_id"]
        assert text_of(page.query_one("#items-totals", Static)).startswith("처리 대상 2개   모두 정상")
        await pilot.press("down")
        stage.items[run_id] = items[:4]
        await until(pilot, lambda: len(page.query_one(ItemList).keys) == 4, "two more")
        assert page.query_one(ItemList).chosen == "1"  # the cursor stays with its item
        stage.runs["backup-db"][0] |= {"status": "SUCCESS", "end_time": NOW.isoformat(), "duration_sec": 60}
        stage.items[run_id] = items[:5]
        await until(pilot, lambda: "성공" in text_of(page.query_one("#run-text", Static)), "its end")
        await until(pilot, lambda: len(page.query_one(ItemList).keys) == 5, "the last of its items")


async def test_pages_of_items_are_read_up_to_a_bound_and_the_totals_count_all(stage, monkeypatch):
    monkeypatch.setattr("batmon_tui.screens.run.MOST_ITEMS", 15)
    stage.page = 7
    app = stage.app("en")
    async with app.run_test(size=(120, 40)) as pilot:
        page = await run_page(app, pilot, stage, "kindscrap", items_of_a_run())
        assert len(page.query_one(ItemList).keys) == 21
        said = text_of(page.query_one("#items-totals", Static))
        assert said.startswith("24 items   3 failed")
        assert said.endswith("the first 21 are shown")


async def test_a_run_that_became_part_of_another_stays_on_its_page(stage):
    app = stage.app("en")
    async with app.run_test(size=(100, 30)) as pilot:
        await board_of(app, pilot)
        app.push_screen(RunScreen("kindscrap", {**stage.runs["kindscrap"][0], "run_id": str(uuid.UUID(int=99))}))
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.ready, "the run")
        await until(pilot, lambda: not [one for one in app.workers if one.group == "items"], "the answer")
        assert "kindscrap · run" in text_of(app.screen.query_one("#run-text", Static))
        assert not app._notifications


def test_the_order_is_failed_running_over_and_as_they_were_begun():
    begun = NOW.isoformat()
    over = (NOW + timedelta(seconds=3)).isoformat()

    def item(failed=0, error="", end=over):
        return {"account": "a", "processed": 1, "failed": failed, "error": error, "started_at": begun, "ended_at": end}

    assert in_order([item(), item(end=None), item(failed=1), item(), item(error="x", end=None)]) == [2, 4, 1, 0, 3]
