"""The bell: how much is unread, in which kinds, where Enter leads, and when it has been read."""

import pytest
import pytest_asyncio
from rich.cells import cell_len
from stage import Stage, until
from textual.widgets import Static

from batmon_tui.news import LEVELS, SIGNS, News, worst
from batmon_tui.screens.bell import BellScreen
from batmon_tui.screens.board import BoardScreen
from batmon_tui.screens.inbox import InboxScreen
from batmon_tui.screens.incident import IncidentScreen
from batmon_tui.screens.program import ProgramScreen
from tests.tui.inbox_stage import InboxOnStage, entry
from tests.tui.incidents_stage import IncidentsOnStage
from tests.tui.stage import at
from tests.tui.test_console import bar_of, board_of, text_of
from tests.tui.test_incidents_screen import notes, row

SIZE = (80, 24)


@pytest.fixture
def inbox():
    return InboxOnStage()


@pytest_asyncio.fixture
async def stage(tmp_path, inbox):
    made = Stage(tmp_path, logs={**IncidentsOnStage().verbs(), **inbox.verbs()})
    await made.start()
    yield made
    await made.stop()


async def rung(app, pilot, rows=6):
    await board_of(app, pilot)
    await pilot.press("b")
    await until(pilot, lambda: isinstance(app.screen, BellScreen) and app.screen.ready, "the bell")
    page = app.screen
    await until(pilot, lambda: len(page.listed.keys) == rows, "its entries")
    return page


@pytest.mark.parametrize(("width", "said"), [(80, "◉ 4 "), (120, "◉ 4 unread")])
async def test_the_bar_says_how_much_is_unread_by_the_gravest_sign(stage, width, said):
    app = stage.app("en")
    async with app.run_test(size=(width, 24)) as pilot:
        await board_of(app, pilot)
        await until(pilot, lambda: said in bar_of(app), "the bell")


async def test_the_four_kinds_each_have_a_sign_and_a_word(stage):
    app = stage.app("ko")
    async with app.run_test(size=SIZE) as pilot:
        page = await rung(app, pilot)
        said = [row(page, key, 80) for key in page.listed.keys]
        kinds = [
            ("◉ *", "긴급", "긴급 문의 접수"),
            ("◍ *", "확인", "교육 신청 접수"),
            ("◍ *", "확인", "추천인 코드 신청 접수"),
            ("◌ *", "소식", "신규 회원 가입"),
            ("◉  ", "긴급", "장애 12: kindscrap"),
            ("◌  ", "소식", "신규 회원 가입"),
        ]
        for line, (sign, word, title) in zip(said, kinds, strict=True):
            assert line.startswith(f" {sign}")
            assert word in line
            assert title in line
        assert "읽지 않음 4" in text_of(page.query_one("#list-state", Static))


async def test_leaving_it_means_having_read_what_it_showed(stage, inbox):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await rung(app, pilot)
        await pilot.press("question_mark", "escape")
        await until(pilot, lambda: app.screen is page, "back from the help")
        assert not inbox.asked
        inbox.feed.insert(0, entry(60, at("17:14:06"), "info", "신규 회원 가입"))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, BoardScreen), "the board")
        await until(pilot, lambda: "◌ 1" in bar_of(app), "only what came meanwhile")
    assert inbox.asked == [("read", {"ids": [45, 46, 47, 48]})]


async def test_enter_leads_to_the_incident_the_inbox_or_the_program(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await rung(app, pilot)
        detail = page.query_one("#list-detail", Static)
        await until(pilot, lambda: "Enter: inbox support_tickets" in text_of(detail), "where it leads")
        for key, kind in (("48", InboxScreen), ("44", IncidentScreen), ("43", ProgramScreen)):
            page.listed.go_to(key)
            await pilot.press("enter")
            await until(pilot, lambda kind=kind: isinstance(app.screen, kind), f"what {key} is about")
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is page, "back")
        page.listed.go_to("45")
        await pilot.press("enter")
        await until(pilot, lambda: "leads nowhere" in notes(app), "nothing to open")
        assert row(page, "48", 80).startswith(" ◉ *")


async def test_all_can_be_read_at_once(stage, inbox):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        page = await rung(app, pilot)
        await pilot.press("A")
        await until(pilot, lambda: "all read" in text_of(page.query_one("#list-state", Static)), "none are unread")
        await until(pilot, lambda: "◉" not in bar_of(app), "the bar")
    assert inbox.asked == [("read", {"all": True})]


async def test_a_daemon_without_a_bell_is_asked_once(tmp_path):
    made = Stage(tmp_path)
    await made.start()
    app = made.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        await until(pilot, lambda: not app.news._knows, "it is known")
        assert not await app.news.look(app.link)
        assert "◌" not in bar_of(app)
    await made.stop()


def test_signs_are_one_cell_each_and_the_gravest_unread_level_counts():
    assert [cell_len(SIGNS[level]) for level in LEVELS] == [1, 1, 1]
    found = [entry(1, at("17:00:00"), "info", "a"), entry(2, at("17:00:00"), "urgent", "b", unread=False)]
    assert worst(found) == "info"
    assert worst(found[1:]) == ""
    assert worst([entry(1, at("17:00:00"), "unheard of", "a")]) == "info"
    assert News().words(None) == ""
