"""The search over all logs: opened, typed, narrowed, cancelled, and from a hit into its log."""

from __future__ import annotations

import asyncio

import pytest
from stage import Stage, until
from textual.widgets import Input, Static

from batmon.gate.verbs import Done, Verb
from batmon.model import Role
from batmon_tui.screens.board import BoardScreen
from batmon_tui.screens.moment import MomentDialog
from batmon_tui.screens.program import ProgramScreen
from batmon_tui.screens.search import SearchScreen
from batmon_tui.widgets.board_view import BoardView
from batmon_tui.widgets.log_paper import LogPaper
from batmon_tui.widgets.search_asked import KEPT, Asked
from batmon_tui.widgets.search_hits import HitList
from tests.tui.search_stage import search_stage


class Searching:
    """The console at a stage whose logs can be searched."""

    def __init__(self, pilot):
        self.pilot = pilot
        self.app = pilot.app

    async def board(self):
        await until(self.pilot, lambda: len(self.app.screen_stack[0].query_one(BoardView).keys) == 8, "the board")

    @property
    def screen(self):
        assert isinstance(self.app.screen, SearchScreen)
        return self.app.screen

    @property
    def hits(self):
        return self.screen.query_one(HitList)

    async def opened(self):
        await until(self.pilot, lambda: isinstance(self.app.screen, SearchScreen) and self.app.screen.ready, "it")

    async def found(self):
        await self.opened()
        await until(self.pilot, lambda: self.screen.going.end is not None, "its end")
        return [hit.text for hit in self.hits.hits]

    def shown(self):
        return [self.hits.render_line(y).text.rstrip() for y in range(self.hits.size.height)]

    def words(self, which):
        return str(self.screen.query_one(which, Static).render())


@pytest.fixture
def open_console(tmp_path):
    """A function that opens the console with its search, as a context."""

    def opened(verbs=None, size=(100, 30)):
        stage = Stage(tmp_path, logs=verbs or search_stage(tmp_path / "programs"))

        class Context:
            async def __aenter__(self):
                await stage.start()
                self.running = stage.app("en").run_test(size=size)
                pilot = await self.running.__aenter__()
                console = Searching(pilot)
                await console.board()
                return console

            async def __aexit__(self, *error):
                await self.running.__aexit__(*error)
                await stage.stop()

        return Context()

    return opened


async def test_a_text_typed_after_s_is_found_in_all_programs(open_console):
    async with open_console() as console:
        await console.pilot.press("s", *"로그인", "enter")
        texts = await console.found()
        assert len(texts) == 13
        assert {hit.program for hit in console.hits.hits} == {"kindscrap", "fund_mail", "공시자료_수집기", "auto_esafe"}
        assert console.hits.hits[0].program == "fund_mail", "the file written last comes first"
        assert "13 hits" in console.words("#search-state")
        assert any("[/b] [red]" in line for line in console.shown())
        assert not any("\x1b" in line or "\u202e" in line for line in console.shown())


async def test_keys_narrow_the_search(open_console):
    async with open_console() as console:
        console.app.open_search("로그인")
        await console.found()
        await console.pilot.press("e")
        assert await console.found() == [
            "2026-11-20 06:00:12,377 ERROR [kindscrap] 로그인 실패: 비밀번호가 올바르지 않습니다"
        ]
        await console.pilot.press("p")
        assert console.screen.asked == Asked("로그인", "kindscrap", errors=True)
        await console.found()
        await console.pilot.press("e")
        assert len(await console.found()) == 2
        await console.pilot.press("p", "x")
        assert len(await console.found()) == 13
        assert console.screen.asked.regex
        await console.pilot.press("x", "i")
        assert len(await console.found()) == 13


async def test_since_is_asked_for_and_a_wrong_time_is_said(open_console):
    async with open_console() as console:
        console.app.open_search("로그인", "fund_mail")
        await console.found()
        await console.pilot.press("t")
        await until(console.pilot, lambda: isinstance(console.app.screen, MomentDialog), "the question")
        await console.pilot.press(*"soon", "enter")
        wrong = console.app.screen.query_one("#wrong", Static)
        await until(console.pilot, lambda: wrong.has_class("-shown"), "what is wrong")
        await console.pilot.press("ctrl+u", *"2026-03-05", "enter")
        assert len(await console.found()) == 1
        assert "since 2026-03-05" in console.words("#search-state")


async def test_enter_opens_the_log_at_the_hit(open_console):
    async with open_console() as console:
        console.app.open_search("로그인 실패")
        await console.found()
        hit = console.hits.hits[0]
        await console.pilot.press("enter")
        await until(console.pilot, lambda: isinstance(console.app.screen, ProgramScreen), "the program")
        await until(console.pilot, lambda: bool(console.app.screen.query(LogPaper)), "its log")
        paper = console.app.screen.query_one(LogPaper)
        await until(console.pilot, lambda: paper.current is not None and paper.current.offset == hit.offset, "the hit")
        assert paper.sought.text == "로그인 실패"
        await console.pilot.press("escape", "escape")
        await until(console.pilot, lambda: isinstance(console.app.screen, SearchScreen), "the search again")
        assert console.hits.current == hit


async def test_the_box_of_the_board_searches_all_logs_after_tab(open_console):
    async with open_console() as console:
        await console.pilot.press("slash", *"fund")
        board = console.app.screen.query_one(BoardView)
        await until(console.pilot, lambda: list(board.keys) == ["fund_mail"], "the filtered board")
        await console.pilot.press("tab")
        await until(console.pilot, lambda: len(board.keys) == 8, "the whole board")
        assert str(console.app.screen.query_one("#filter-scope", Static).render()) == "all logs"
        await console.pilot.press("tab")
        await until(console.pilot, lambda: list(board.keys) == ["fund_mail"], "the filtered board again")
        await console.pilot.press("ctrl+u", "tab", *"느림", "enter")
        assert len(await console.found()) == 1
        await console.pilot.press("escape")
        await until(console.pilot, lambda: isinstance(console.app.screen, BoardScreen), "the board")
        assert not console.app.screen.query_one("#filter-line").display


async def test_jump_and_the_program_page_open_it(open_console):
    async with open_console() as console:
        await console.pilot.press("colon", *"search 실패", "enter")
        assert len(await console.found()) == 1
        await console.pilot.press("escape")
        console.app.open_program("fund_mail")
        await until(console.pilot, lambda: isinstance(console.app.screen, ProgramScreen), "the page")
        await console.pilot.press("s")
        await console.opened()
        assert console.screen.asked == Asked(program="fund_mail")
        assert isinstance(console.app.focused, Input)
        assert console.words("#notice").startswith("Type a text")


async def test_what_is_wrong_is_said(open_console):
    async with open_console() as console:
        console.app.open_search("(")
        await console.found()
        await console.pilot.press("x")
        await until(console.pilot, lambda: bool(console.screen.going.problem), "the problem")
        assert "not a regular expression" in console.words("#search-state")
        console.app.open_search("gibt es nicht [/b]")
        assert await console.found() == []
        assert console.words("#notice") == "No line holds “gibt es nicht [/b]”."


async def test_escape_stops_the_search_and_then_leaves(open_console):
    ended = asyncio.Event()

    async def without_end(_caller, args):
        try:
            yield {"progress": {"files": 1, "files_done": 0, "bytes": 100, "bytes_done": 40}}
            assert args["limit"] == KEPT
            await asyncio.Event().wait()
        finally:
            ended.set()
        yield Done({})

    async with open_console({"log.search": Verb(Role.VIEWER, stream=without_end)}) as console:
        console.app.open_search("x")
        await console.opened()
        await until(console.pilot, lambda: "40 %" in console.words("#search-state"), "its progress")
        await console.pilot.press("escape")
        async with asyncio.timeout(5):
            await ended.wait()
        assert "stopped" in console.words("#search-state")
        await console.pilot.press("escape")
        await until(console.pilot, lambda: isinstance(console.app.screen, BoardScreen), "the board")


async def test_a_hundred_thousand_hits_are_bounded_and_the_screen_answers(open_console, tmp_path):
    async with open_console(search_stage(tmp_path / "programs", more=100_000)) as console:
        console.app.open_search("로그인")
        await console.opened()
        await until(console.pilot, lambda: len(console.hits.hits) > 0, "the first hits")
        async with asyncio.timeout(2):
            await console.pilot.press("j")
        assert console.hits.chosen == "1"
        async with asyncio.timeout(60):
            while console.screen.going.end is None:
                await console.pilot.pause(0.05)
        assert len(console.hits.hits) == KEPT
        assert "the newest 10,000 hits" in console.words("#search-state")
        assert console.hits.chosen == "1", "the cursor stays while hits come"
        await console.pilot.press("G")
        assert console.hits.chosen == str(KEPT - 1)
