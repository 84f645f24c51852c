"""A probe on the board and on its page: its checks in the place of runs, no log, and a check at once."""

import pytest_asyncio
from stage import NOW, Stage, until
from textual.widgets import Static

from batmon.gate.server import Verb
from batmon.model import Role
from batmon_tui.board import tell
from batmon_tui.screens.board import BoardScreen
from batmon_tui.screens.program import ProgramScreen
from batmon_tui.view import View
from batmon_tui.widgets.runs_view import RunsView
from tests.tui.stage import at, row, run
from tests.tui.test_board import VIEWS
from tests.tui.test_console import board_of, text_of
from tests.tui.test_incidents_screen import notes

SLOW = {"kind": "http", "value": 4.2, "unit": "s", "limit": 3.0, "below": False}
CONFIG = {"probe": "http", "target": "https://api.example.kr/health", "every_sec": 60, "timeout_sec": 10, "warn": 3.0,
          "crit": None, "unit": "s", "below": False, "for_sec": 0, "alert_after": 2, "tags": [],
          "depends_on": ["db-main"], "keep_sec": 2_592_000, "timezone": "UTC"}  # fmt: skip


def look(number, seconds, status="OK", reason="in_limits"):
    facts = {**SLOW, "value": seconds}
    fate = "SUCCESS" if status == "OK" else "FAILED"
    made = run("api", number, NOW, None, fate, origin="probe", log=None, status_of=status, reason=reason, facts=facts)
    return {**made, "log_id": None, "duration_sec": seconds, "start_time": at(f"17:{number:02}:00")}


@pytest_asyncio.fixture
async def stage(tmp_path):
    asked = []

    async def look_now(_caller, args):
        asked.append(args)
        return {"row": made.rows["api"]}

    made = Stage(tmp_path, logs={"probe.look": Verb(Role.OPERATOR, answer=look_now)})
    looks = [look(13, 4.2, "WARNING", "over_limit"), look(12, 0.012), look(11, 0.0004)]
    made.rows["api"] = row("api", "WARNING", "over_limit", SLOW, looks, title="API", schedule=[], probe="http",
                           retry_program="", timezone="UTC", scheduler="", base_dir="")  # fmt: skip
    made.runs["api"] = looks
    made.looked = asked

    async def program(_caller, args):
        return {"row": made.rows[args["name"]], "config": CONFIG, "recent": made.runs[args["name"]]}

    made._program = program
    await made.start()
    yield made
    await made.stop()


async def test_its_page_has_checks_in_the_place_of_runs_and_no_log(stage):
    app = stage.app("en")
    async with app.run_test(size=(120, 40)) as pilot:
        await board_of(app, pilot)
        app.open_program("api")
        await until(pilot, lambda: isinstance(app.screen, ProgramScreen) and app.screen.ready, "the page")
        tabs = text_of(app.screen.query_one("#tabs", Static))
        assert "1 overview   2 checks" in tabs
        assert "log" not in tabs
        facts = app.screen.query_one("#facts", Static)
        await until(pilot, lambda: "https://api.example.kr/health" in text_of(facts), "what it looks at")
        for part in ("http · response time", "every", "above 3s", "2 bad checks", "db-main", "4.2s"):
            assert part in text_of(facts)
        await pilot.press("tab")
        runs = app.screen.query_one(RunsView)
        await until(pilot, lambda: len(runs.keys) == 3, "its checks")
        said = ["".join(text for text, _ in runs.pieces(key, 120)) for key in runs.keys]
        assert "warning" in said[0]
        assert "response time 4.2s (limit 3s)" in said[0]
        assert "12ms" in said[1]
        assert "<1ms" in said[2]
        await pilot.press("tab", "3", "l", "enter")
        assert isinstance(app.screen, ProgramScreen)
        assert "no logs" in notes(app)
        await pilot.press("r")
        await until(pilot, lambda: stage.looked == [{"program": "api"}], "it looks now")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, BoardScreen), "the board")


def test_on_the_board_its_times_are_the_viewers_and_its_kind_stands_for_a_schedule():
    for view in VIEWS:
        one = row("api", "WARNING", "over_limit", SLOW, [look(13, 4.2)], schedule=[], probe="http", timezone="UTC")
        told = tell(one, View(view.language, view.zone, view.now))
        assert told.last == "02:13"
        assert "http" in told.schedule
        assert told.took.startswith("4")
