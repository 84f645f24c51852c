"""The log view with a real daemon's answers over real files, driven by keys."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import asynccontextmanager

import pytest

from batmon.model import RunStatus
from batmon_tui.widgets.log_lines import LIMIT
from batmon_tui.widgets.log_paper import LogPaper
from tests.tui.log_stage import KST_SIX, LogApp, LogScreen, LogServer, story, until


@pytest.fixture
def stage(tmp_path):
    return LogServer(tmp_path / "k")


@asynccontextmanager
async def running(stage, language="en", size=(80, 24), **which):
    app = LogApp(stage, language, **which)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, LogScreen) and app.view.path)
        await pilot.pause()
        yield app, pilot


async def write(pilot, text):
    for character in text:
        await pilot.press(character)
    await pilot.press("enter")


def many(count, start=0):
    return "".join(f"2026-11-21 06:00:00 INFO line {n:07}\n" for n in range(start, count))


def under_cursor(app):
    line = app.paper.current
    return line.text if line else None


async def test_it_opens_at_the_end_and_follows(stage):
    stage.write(many(100_000))
    async with running(stage) as (app, pilot):
        assert app.shown()[-1].endswith("0099999")
        assert len(app.paper.window.lines) <= 500
        assert "following" in app.status()
        assert "100 %" in app.status()
        stage.write("2026-11-21 06:00:01 INFO just now\n")
        await until(pilot, lambda: app.shown()[-1].endswith("just now"))


async def test_going_up_pauses_and_f_follows_again(stage):
    stage.write(many(100))
    async with running(stage) as (app, pilot):
        await pilot.press("up")
        await until(pilot, lambda: not app.view.following)
        stage.write("later\n")
        assert "paused" in app.status()
        assert under_cursor(app).endswith("0000098")
        await pilot.press("f")
        await until(pilot, lambda: app.view.following and app.shown()[-1].endswith("later"))
        await pilot.press("f")
        await until(pilot, lambda: not app.view.following)


async def test_the_whole_file_can_be_walked_with_a_bounded_window(stage):
    count, limit = 2_500, 1_000
    stage.write(many(count))
    async with running(stage, size=(80, 100)) as (app, pilot):
        app.paper.window.limit = limit
        await pilot.press("g")
        await until(pilot, lambda: app.paper.window.at_start and app.shown()[0].endswith("0000000"))
        seen = 0
        while not under_cursor(app).endswith(f"{count - 1:07}"):
            before = app.paper.current.offset
            await pilot.press("pagedown")
            await until(pilot, lambda before=before: app.paper.current.offset > before or app.paper.window.at_end)
            numbers = [int(row[-7:]) for row in app.shown() if row]
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "no line twice, none left out"
            assert len(app.paper.window.lines) <= limit
            seen += 1
        assert seen >= count // 100


async def test_search_forward_back_and_not_found(stage):
    stage.write(many(2000) + "needle A\n" + many(4000, 2000) + "needle B\n" + many(6000, 4000))
    async with running(stage) as (app, pilot):
        await pilot.press("g")
        await until(pilot, lambda: app.paper.window.at_start)
        await pilot.press("slash")
        await write(pilot, "needle")
        await until(pilot, lambda: under_cursor(app) == "needle A")
        await pilot.press("n")
        await until(pilot, lambda: under_cursor(app) == "needle B")
        await pilot.press("N")
        await until(pilot, lambda: under_cursor(app) == "needle A")
        await pilot.press("slash")
        await write(pilot, "nowhere")
        await until(pilot, lambda: "not found: nowhere" in app.status())
        assert under_cursor(app) == "needle A"


async def test_errors_are_jumped_between(stage):
    story(stage)
    async with running(stage, "ko") as (app, pilot):
        await pilot.press("E")
        await until(pilot, lambda: "LoginError" in under_cursor(app))
        assert "실행 4711 11-20 06:00:00 ✗ 실패" in app.status()
        await pilot.press("E", "E")
        await until(pilot, lambda: "로그인 실패" in under_cursor(app))
        await pilot.press("E")
        await until(pilot, lambda: "오류가 더 없습니다" in app.status())


async def test_filters_follow_too_and_esc_shows_all_again(stage):
    story(stage)
    async with running(stage) as (app, pilot):
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: app.view.following and len(app.paper.window.lines) == 3)
        stage.write("2026-11-21 06:00:04 INFO fine\n2026-11-21 06:00:05 ERROR broken\n")
        await until(pilot, lambda: len(app.paper.window.lines) == 4)
        assert "broken" in app.shown()[3]
        await pilot.press("escape")
        await until(pilot, lambda: app.view.filter is None and len(app.paper.window.lines) > 20)
        await pilot.press("ampersand")
        await write(pilot, "목록")
        await until(pilot, lambda: len(app.paper.window.lines) == 3 and app.view.following)
        assert "only “목록”" in app.status()


async def test_time_start_end_and_a_wrong_time(stage):
    story(stage)
    async with running(stage) as (app, pilot):
        await pilot.press("t")
        await write(pilot, "11-20 06:00")
        await until(pilot, lambda: "2026-11-20 06:00:00,098" in under_cursor(app))
        await pilot.press("t")
        await write(pilot, "lunch")
        await until(pilot, lambda: "not a time: lunch" in app.status())
        await pilot.press("g")
        await until(pilot, lambda: "11-18 06:00:00,120" in under_cursor(app))
        await pilot.press("G")
        await until(pilot, lambda: app.view.following and "보고서" in under_cursor(app))


async def test_it_opens_where_a_run_begins(stage):
    story(stage)
    async with running(stage, run_id=str(uuid.UUID(int=4711))) as (app, pilot):
        await until(pilot, lambda: "2026-11-20 06:00:00,098" in under_cursor(app))
        assert "✗ FAILED" in app.status()
        assert not app.view.following


async def test_a_run_that_is_gone_is_said_and_the_end_is_shown(stage):
    story(stage)
    async with running(stage, run_id=str(uuid.UUID(int=9))) as (app, pilot):
        await until(pilot, lambda: "no longer in the log" in app.status())
        assert "보고서" in under_cursor(app)


async def test_another_file_is_picked(stage):
    (stage.folder / "other.log").write_text("another file\n")
    stage.write("this file\n")
    async with running(stage) as (app, pilot):
        first = app.view.path
        await pilot.press("o")
        await until(pilot, lambda: not isinstance(app.screen, LogScreen))
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, LogScreen) and app.view.path != first)
        assert app.view.path.endswith(".log")


async def test_rotation_is_a_line_of_its_own(stage):
    stage.write("before\n")
    async with running(stage) as (app, pilot):
        await pilot.pause(0.3)
        stage.log.rename(stage.folder / "kindscrap.log.1")
        stage.write("after\n")
        await until(pilot, lambda: any(row.endswith("after") for row in app.shown()))
        rows = [row for row in app.shown() if row]
        assert rows[0].endswith("before")
        assert rows[1].startswith("── the file was rotated")
        stage.write("and on\n")
        await until(pilot, lambda: any(row.endswith("and on") for row in app.shown()))


async def test_a_burst_does_not_freeze_it(stage):
    stage.write("start\n")
    async with running(stage) as (app, pilot):
        await pilot.pause(0.3)
        for part in range(10):
            stage.write(many((part + 1) * 5000, part * 5000))
            async with asyncio.timeout(3):  # a key is answered while lines rush by
                await pilot.press("w")
        await until(pilot, lambda: app.shown()[-1].endswith("0049999"))
        assert len(app.paper.window.lines) <= LIMIT


async def test_lines_that_come_while_it_is_closed_are_nobodys(stage, monkeypatch):
    line = {"offset": 6, "end": 11, "text": "late", "level": None, "time": None, "run_id": None, "run": None}
    stage.write("start\n")
    async with running(stage) as (app, pilot):
        view, closed = app.view, []

        def on_unmount(paper):
            """A worker of the view goes on until the last of its children is gone."""
            closed.append(paper)
            view._arrived.append({"lines": [line]})
            view.call_next(view._show_arrived)

        monkeypatch.setattr(LogPaper, "on_unmount", on_unmount, raising=False)
        app.screen.dismiss()
        await until(pilot, lambda: closed and not view.is_attached)


async def test_a_run_that_is_found_later_marks_its_lines(stage):
    stage.write("2026-11-21 05:00:00 INFO before\n")
    async with running(stage) as (app, pilot):
        await pilot.pause(0.3)
        stage.write("2026-11-21 06:00:00 INFO begins\n")
        await until(pilot, lambda: app.shown()[1].endswith("begins"))
        size = stage.log.stat().st_size
        run = stage.ran("", RunStatus.RUNNING, 5, KST_SIX, None)
        object.__setattr__(run.log, "span", type(run.log.span)(str(stage.log), 32, None))
        assert size > 32
        await until(pilot, lambda: app.shown()[1].startswith("┌▸"))
        assert "run 5 11-21 06:00:00 ▸ RUNNING" in app.status()


async def test_a_lost_daemon_is_said_and_found_again(stage):
    stage.write("before\n")
    async with running(stage) as (app, pilot):
        await pilot.pause(0.2)
        await stage.stop()
        stage.write("while it was away\n")
        await stage.start()
        await until(pilot, lambda: any(row.endswith("while it was away") for row in app.shown()))
        assert "following" in app.status()


async def test_no_log_file_is_said_in_words(stage):
    app = LogApp(stage, "en")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, LogScreen))
        await until(pilot, lambda: any("There is no log file yet" in row for row in app.shown()))


async def test_markup_and_escapes_are_only_text(stage):
    stage.write("[bold]x[/b] \x1b]52;c;aGk=\x07 \x1b[31mred\ttab\n")
    async with running(stage) as (app, _):
        assert app.shown()[0].endswith("[bold]x[/b] ␛]52;c;aGk=␇ ␛[31mred    tab")


async def test_wheel_click_wrap_and_sideways(stage):
    stage.write("".join(f"{n:03} " + "가나다라" * 40 + "\n" for n in range(100)))
    async with running(stage) as (app, pilot):
        app.paper._wheel(-3)
        await until(pilot, lambda: not app.view.following)
        await pilot.click(app.paper, offset=(20, 2))
        assert under_cursor(app).startswith("076")
        await pilot.press("right")
        assert "‹" in app.shown()[0]
        assert "column 17" in app.status()
        await pilot.press("w")
        assert app.shown()[0].startswith("     ")
        assert "wrapped" in app.status()
        await pilot.resize_terminal(40, 12)
        await until(pilot, lambda: app.paper.size.width == 40)
        assert any("076" in row for row in app.shown()), "the cursor's line stays in sight"


async def test_esc_leaves_at_last(stage):
    story(stage)
    async with running(stage) as (app, pilot):
        await pilot.press("slash", "escape")
        assert isinstance(app.screen, LogScreen)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, LogScreen))


async def test_a_search_goes_around_the_end_and_says_so(stage):
    stage.write("needle A\n" + many(3000) + "needle B\n" + many(3010, 3000))
    async with running(stage) as (app, pilot):
        await pilot.press("slash")
        await write(pilot, "needle")
        await until(pilot, lambda: under_cursor(app) == "needle B")
        await pilot.press("n")
        await until(pilot, lambda: under_cursor(app) == "needle A")
        await until(pilot, lambda: "on from the start" in app.status())
        await pilot.press("N")
        await until(pilot, lambda: under_cursor(app) == "needle B")
        await until(pilot, lambda: "on from the end" in app.status())


async def test_a_log_file_that_comes_later_is_shown(stage):
    app = LogApp(stage, "ko")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: any("아직 로그 파일이 없습니다" in row for row in app.shown()))
        stage.write("first\n")
        await until(pilot, lambda: any(row.endswith("first") for row in app.shown()))
        assert app.view.following
