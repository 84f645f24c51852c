"""The sections of a program's page, above all its log, with the daemon's own answers about real files."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from rich.cells import cell_len
from stage import NOW, Stage, until
from textual.widgets import Input, Static

from batmon.model import RunStatus
from batmon_tui.screens.board import BoardScreen
from batmon_tui.screens.program import SECTIONS, ProgramScreen
from batmon_tui.screens.run import RunScreen
from batmon_tui.view import View
from batmon_tui.widgets.frame import KeyLine, LostBar, TopBar
from batmon_tui.widgets.log_paper import LogPaper
from batmon_tui.widgets.log_status import LogPrompt, LogStatus
from batmon_tui.widgets.plot import plot
from tests.tui.log_stage import LogServer
from tests.tui.log_stage import story as log_story
from tests.tui.test_console import board_of, text_of

SIZE = (100, 30)


@pytest_asyncio.fixture
async def stage(tmp_path):
    logs = log_story(LogServer(tmp_path / "kindscrap"))
    made = Stage(tmp_path, logs=logs.answers().verbs())
    await made.start()
    yield made
    await made.stop()


async def opened_log(app, pilot) -> LogPaper:
    await until(pilot, lambda: bool(app.screen.query(LogPaper)), "the log's section")
    paper = app.screen.query_one(LogPaper)
    await until(pilot, lambda: bool(paper.window.lines), "its lines")
    return paper


async def test_tab_goes_through_the_sections_and_esc_to_the_board(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ProgramScreen) and app.screen.ready, "the page")
        seen = []
        for _ in SECTIONS:
            seen.append(app.screen.query_one("ContentSwitcher").current)
            await pilot.press("tab")
        assert tuple(seen) == SECTIONS
        await pilot.press("shift+tab", "escape")
        await until(pilot, lambda: isinstance(app.screen, BoardScreen), "the board")


async def test_the_log_is_a_section_with_the_bars_of_every_page(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        await pilot.press("l")
        paper = await opened_log(app, pilot)
        page = app.screen
        assert "kim · admin" in text_of(page.query_one("#who", Static))
        assert "3 log" in text_of(page.query_one("#tabs", Static))
        assert page.query_one(TopBar).region.y == 0
        await pilot.press("L")
        await until(pilot, lambda: "찾기" in text_of(page.query_one(KeyLine)), "the keys in Korean")
        await until(pilot, lambda: "따라가는 중" in text_of(page.query_one(LogStatus)), "the status too")
        await stage.stop()
        await until(pilot, lambda: "데몬이" in text_of(page.query_one(LostBar)), "the bar of a lost daemon")
        assert paper.window.lines
        await stage.start()
        app.link.hurry()
        await until(pilot, lambda: not page.query_one(LostBar).has_class("-shown"), "the bar is gone")


async def test_digits_and_tab_are_for_the_question_while_one_is_asked(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        await pilot.press("l")
        await opened_log(app, pilot)
        await pilot.press("slash", "1", "q", "tab", "r")
        assert app.screen.query_one(LogPrompt).query_one(Input).value == "1qr"
        await pilot.press("escape")
        assert app.screen.query_one("ContentSwitcher").current == "log"
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, BoardScreen), "the board")


async def test_a_clicked_key_does_what_the_key_does(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        await pilot.press("l")
        await opened_log(app, pilot)
        at = text_of(app.screen.query_one(KeyLine)).index("/ search")
        await pilot.click(KeyLine, offset=(at + 2, 0))
        await until(pilot, lambda: app.screen.query_one(LogPrompt).display, "the question")


async def test_from_a_run_to_its_log_and_back(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        await pilot.press("enter", "2", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.ready, "the run")
        run = app.screen
        await pilot.press("l")
        await opened_log(app, pilot)
        await until(pilot, lambda: "no longer in the log" in text_of(app.screen.query_one(LogStatus)), "it says so")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is run, "back at the run")


async def test_enter_in_the_rerun_section_asks_for_the_password(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        await pilot.press("enter", "4")
        assert "python main.py" in text_of(app.screen.query_one("#rerun-text", Static))
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.screen.query("#password")), "the dialog")


async def test_times_are_the_programs_and_the_clock_is_the_consoles(stage):
    stage.rows["kindscrap"] = {**stage.rows["kindscrap"], "timezone": "America/New_York"}
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ProgramScreen) and app.screen.ready, "the page")
        assert "02:14:07 KST" in text_of(app.screen.query_one("#clock", Static))
        assert "(America/New_York)" in text_of(app.screen.query_one("#facts", Static))
        assert "16:00" in text_of(app.screen.query_one("#sentence", Static))  # 06:00 in Seoul
        await pilot.press("2", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.ready, "the run")
        assert "16:00:00" in text_of(app.screen.query_one("#run-text", Static))


@pytest.mark.parametrize("seconds", [5, 1929, 86_000, 2_000_000])
def test_a_long_time_beside_the_plot_moves_all_of_it(seconds):
    view = View("ko", ZoneInfo("Asia/Seoul"), NOW)
    times = [(NOW - timedelta(days=day)).isoformat() for day in range(200)]
    runs = [{"start_time": at, "status": RunStatus.SUCCESS, "duration_sec": seconds - 1} for at in times]
    runs[7]["duration_sec"] = seconds
    lines = ["".join(piece for piece, _ in line) for line in plot(runs, 80, 12, view)]
    assert {cell_len(line.partition("│")[0]) for line in lines[:-2]} == {lines[-2].index("└")}
    assert max(map(cell_len, lines)) <= 80
