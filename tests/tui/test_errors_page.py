"""The pages of kinds of error and of differences: what they show, and where Enter leads."""

import pytest
import pytest_asyncio
from stage import Stage, until
from textual.widgets import Static

from batmon_tui.screens.board import BoardScreen
from batmon_tui.screens.difference import DifferenceScreen, DifferenceView
from batmon_tui.screens.errors import ErrorScreen, ErrorsScreen, ErrorsView, PlacesView
from batmon_tui.screens.program import ProgramScreen
from tests.tui.errors_stage import LOGIN, TIMEOUT, ErrorsOnStage
from tests.tui.test_console import board_of, text_of

SIZE = (80, 24)


@pytest.fixture
def errors():
    return ErrorsOnStage()


@pytest_asyncio.fixture
async def stage(tmp_path, errors):
    made = Stage(tmp_path, logs=errors.verbs())
    await made.start()
    yield made
    await made.stop()


async def opened(app, pilot, page, view, rows):
    await until(pilot, lambda: isinstance(app.screen, page) and app.screen.ready, "the page")
    await until(pilot, lambda: len(app.screen.query_one(view).keys) == rows, "its rows")
    return app.screen.query_one(view)


def row(view, key):
    return "".join(text for text, _ in view.pieces(key, 100))


async def test_each_kind_is_shown_once_and_enter_leads_to_its_programs_and_to_the_log(stage, errors):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        await pilot.press("E")
        view = await opened(app, pilot, ErrorsScreen, ErrorsView, 2)
        assert list(view.keys) == [TIMEOUT["id"], LOGIN["id"]]
        new, old = row(view, LOGIN["id"]), row(view, TIMEOUT["id"])
        assert new.startswith(" * ")
        assert old.startswith("   ")
        assert "1,204" in old
        assert "kindscrap.site.LoginError: 로그인 실패" in new
        await pilot.press("down", "enter")
        places = await opened(app, pilot, ErrorScreen, PlacesView, 3)
        assert "once" in text_of(app.screen.query_one("#error-kind", Static))
        assert [key[0] for key in places.keys] == ["p", "p", "r"]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ProgramScreen), "the log of the program's latest such run")
        assert (app.screen.program, app.screen._section) == ("kindscrap", "log")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ErrorScreen), "back")
        await pilot.press("down", "enter")
        await pilot.pause()
        assert isinstance(app.screen, ErrorScreen)
        await pilot.press("G", "enter")
        await until(pilot, lambda: isinstance(app.screen, ProgramScreen), "the log at the run")
        await pilot.press("escape", "escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, BoardScreen), "the board")
    assert errors.asked[0] == {"order": "last", "limit": 500}


async def test_the_order_changes_and_only_new_ones_can_be_shown(stage):
    app = stage.app("ko")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        await pilot.press("colon", *"errors", "enter")
        view = await opened(app, pilot, ErrorsScreen, ErrorsView, 2)
        await pilot.press("o", "o")
        await until(pilot, lambda: list(view.keys) == [LOGIN["id"], TIMEOUT["id"]], "the newest kind first")
        assert "새로운 유형순" in text_of(app.screen.query_one("#errors-state", Static))
        await pilot.press("n")
        await until(pilot, lambda: list(view.keys) == [LOGIN["id"]], "only what is new")
        await pilot.press("n", "L")
        await until(
            pilot, lambda: "newest kind first · 2 kinds" in text_of(app.screen.query_one("#errors-state")), "en"
        )


async def test_what_differs_is_shown_and_enter_opens_the_log_at_the_line(stage, errors):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ProgramScreen) and app.screen.ready, "the page")
        await pilot.press("d")
        view = await opened(app, pilot, DifferenceScreen, DifferenceView, 3)
        assert [row(view, key)[1] for key in view.keys] == ["+", "+", "-"]
        assert "×37" in row(view, "missing:0")
        head = text_of(app.screen.query_one("#diff-runs", Static))
        assert "2 new, 1 missing, 1,204 the same · compared in part" in head
        opened_at = []
        app.open_log_at = lambda name, place: opened_at.append((name, place.path, place.offset))
        await pilot.press("enter", "G", "enter")
        assert opened_at == [
            ("kindscrap", "logs/kindscrap_20260304.log", 20600),
            ("kindscrap", "logs/main.log", 470900),
        ]
    assert errors.asked == [{"program": "kindscrap"}]


async def test_a_run_that_cannot_be_compared_says_why(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        app.open_difference("fund_mail")
        await until(pilot, lambda: isinstance(app.screen, DifferenceScreen) and app.screen.ready, "the page")
        await until(
            pilot, lambda: "no good run before" in text_of(app.screen.query_one("#notice", Static)), "the reason"
        )


async def test_the_board_says_that_an_error_is_new_and_how_many_programs_have_it(stage):
    app = stage.app("en")
    async with app.run_test(size=(140, 40)) as pilot:
        await board_of(app, pilot)
        note = {"id": LOGIN["id"], "template": LOGIN["template"], "first_seen": LOGIN["first_seen"], "first_ever": True,
                "programs": 7, "since": LOGIN["first_seen"], "count": 9}  # fmt: skip
        stage.publish("kindscrap", signature=note)
        detail = app.screen.query_one("#detail", Static)
        await until(pilot, lambda: "first ever seen, in 7 programs since 03-04 06:00" in text_of(detail), "the news")
