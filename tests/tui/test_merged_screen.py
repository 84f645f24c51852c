"""What happened on this server at 02:10: all logs by time, driven by keys."""

from __future__ import annotations

import pytest

from batmon_tui.screens.merged import MergedScreen
from batmon_tui.screens.moment import MomentDialog
from batmon_tui.screens.program import ProgramScreen
from batmon_tui.widgets.log_paper import LogPaper
from batmon_tui.widgets.merged_view import MergedView
from tests.tui.merged_stage import NAMES, console
from tests.tui.stage import until


def rows(app):
    paper = app.screen.query_one(LogPaper)
    return [paper.render_line(y).text.rstrip() for y in range(paper.size.height)]


def view(app):
    return app.screen.query_one(MergedView)


def current(app):
    return view(app).paper.current


async def go(app, pilot, written):
    await pilot.press("m")
    await until(pilot, lambda: isinstance(app.screen, MomentDialog), "the question")
    box = app.screen.query_one("#moment")
    box.value = written
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, MergedScreen) and app.screen.query(MergedView), "the page")
    await until(pilot, lambda: view(app).window.lines, "its lines")
    await pilot.pause()


async def test_m_proposes_the_last_run_and_shows_all_logs_at_a_moment(tmp_path):
    async with console(tmp_path) as (app, pilot, _):
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, MomentDialog), "the question")
        assert app.screen.query_one("#moment").value == "2026-03-04 06:00"
        app.screen.query_one("#moment").value = "soon"
        await pilot.press("enter")
        assert "not a time: soon" in str(app.screen.query_one("#wrong").render())
        await pilot.press("escape")
        await go(app, pilot, "02:10")
        assert current(app).text == "2026-03-05 02:10:01 ERROR 로그인 실패: 비밀번호가 올바르지 않습니다"
        shown = [row for row in rows(app) if row]
        at = next(n for n, row in enumerate(shown) if "ERROR" in row)
        assert shown[at].startswith("kindscrap ▏ E 2026-03-05 02:10:01")
        assert [row.split("▏")[0].strip() for row in shown[at + 1 : at + 4]] == ["", "", ""], "a traceback stays whole"
        assert [row.split("▏")[0].strip() for row in shown[at - 3 : at]] == ["kindscrap", "fund_mail", "auto_esafe"]
        assert "[/b]" in shown[at - 1]


async def test_the_end_is_followed_and_up_pages_into_the_compressed_past(tmp_path):
    async with console(tmp_path) as (app, pilot, programs):
        await go(app, pilot, "")
        assert view(app).following
        assert current(app).text.endswith("INFO 끝")
        with (programs["fund_mail"].base_dir / "main.log").open("a") as log:
            log.write("2026-03-05 02:20:00 INFO 새 메일\n")
        await until(pilot, lambda: current(app).text.endswith("새 메일"), "the new line")
        for _ in range(40):
            await pilot.press("pageup")
        await until(pilot, lambda: view(app).window.at_start and view(app).paper.cursor == 0, "the first line")
        assert len(view(app).window.lines) == 3 * 70 + 5 + 1
        assert not view(app).following
        await pilot.press("G")
        await until(pilot, lambda: view(app).following and current(app).text.endswith("새 메일"), "the end again")


async def test_errors_texts_and_only_one_program(tmp_path):
    async with console(tmp_path) as (app, pilot, _):
        await go(app, pilot, "01:00")
        await pilot.press("e")
        await until(pilot, lambda: current(app) and "ERROR" in current(app).text, "the error")
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: len(view(app).window.lines) == 4, "only the entry with errors")
        assert {line.program for line in view(app).window.lines} == {"kindscrap"}
        await pilot.press("escape")
        await until(pilot, lambda: len(view(app).window.lines) > 50, "all again")
        await pilot.press("slash", *"메일 3건", "enter", "N")
        await until(pilot, lambda: "메일 3건" in current(app).text, "the text")
        await pilot.press("p")
        await until(pilot, lambda: len({line.program for line in view(app).window.lines}) == 1, "one program")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: len({line.program for line in view(app).window.lines}) == 3, "all programs")
        await pilot.press("slash", *"nowhere", "enter")
        await until(pilot, lambda: "not found" in view(app).status.message, "no such text")


async def test_minutes_hours_and_bookmarks(tmp_path):
    async with console(tmp_path) as (app, pilot, _):
        await go(app, pilot, "01:30")
        assert current(app).text.startswith("2026-03-05 01:30:00")
        for key, begins in (
            ("full_stop", "01:31:00"), ("comma", "01:30:00"), ("right_square_bracket", "02:00:00"),
            ("left_square_bracket", "01:00:00"),
        ):  # fmt: skip
            await pilot.press(key)
            await until(pilot, lambda begins=begins: current(app) and begins in current(app).text, begins)
        await pilot.press("b", "right_square_bracket")
        await until(pilot, lambda: "02:00:00" in current(app).text, "the next hour")
        await pilot.press("b", "u")
        await until(pilot, lambda: "01:00:00" in current(app).text, "around to the first bookmark")
        assert any("▏*" in row for row in rows(app))
        await pilot.press("escape")
        await go(app, pilot, "01:30")
        await pilot.press("u")
        await until(pilot, lambda: "02:00:00" in current(app).text, "bookmarks are kept for the session")


async def test_the_histogram_leads_to_a_moment(tmp_path):
    async with console(tmp_path) as (app, pilot, _):
        await go(app, pilot, "01:30")
        await pilot.press("h")
        await until(pilot, lambda: view(app).histogram._buckets, "the counts")
        assert sum(bucket["lines"] for bucket in view(app).histogram._buckets) == 3 * 70 + 5
        await pilot.press("e", "enter")
        await until(pilot, lambda: current(app) and "02:00:00" in current(app).text, "the part with the error")
        await pilot.press("escape")
        assert not view(app).histogram.display


async def test_enter_opens_the_line_in_its_own_log(tmp_path):
    async with console(tmp_path) as (app, pilot, _):
        await go(app, pilot, "02:10")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ProgramScreen) and app.screen.query(LogPaper), "the log")
        paper = app.screen.query_one(LogPaper)
        await until(pilot, lambda: paper.current and "02:10:01 ERROR" in paper.current.text, "the line")
        assert app.screen.program == NAMES[0]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("language", ["ko", "en"])
async def test_it_fits_every_screen(tmp_path, language, size):
    async with console(tmp_path, language, size) as (app, pilot, _):
        await go(app, pilot, "02:10")
        await pilot.press("h")
        await until(pilot, lambda: view(app).histogram._buckets, "the counts")
        for y in range(5):
            assert view(app).histogram.render_line(y).cell_length == size[0]
        assert {view(app).paper.render_line(y).cell_length for y in range(10)} == {size[0]}
        await pilot.press("w")
        await pilot.pause()
        assert view(app).status.render_line(0).cell_length == size[0]
