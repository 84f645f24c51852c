from __future__ import annotations

import asyncio

import pytest
from stage import PASSWORD, until
from textual.widgets import Button, Input, RichLog, Static

from batmon.gate.server import Done
from batmon_tui.screens.board import BoardScreen
from batmon_tui.screens.output import OutputScreen
from batmon_tui.screens.program import ProgramScreen
from batmon_tui.screens.rerun import RerunDialog
from batmon_tui.screens.run import RunScreen
from batmon_tui.widgets.board_view import BoardView
from batmon_tui.widgets.frame import LostBar
from batmon_tui.widgets.runs_view import RunsView

SIZE = (100, 30)


def text_of(widget) -> str:
    return "\n".join(strip.text for strip in (widget.render_line(y) for y in range(widget.size.height)))


def bar_of(app) -> str:
    return " ".join(text_of(app.screen.query_one(f"#{part}", Static)) for part in ("brand", "counts", "clock", "who"))


async def board_of(app, pilot) -> BoardView:
    await until(pilot, lambda: bool(app.rows) and bool(app.screen_stack[0].query(BoardView)), "the board has rows")
    board = app.screen_stack[0].query_one(BoardView)
    await until(pilot, lambda: len(board.keys) == len(app.rows), "the rows are shown")
    return board


async def test_filter_narrows_and_escape_shows_all(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        board = await board_of(app, pilot)
        await pilot.press("slash", *"mail", "enter")
        await until(pilot, lambda: list(board.keys) == ["fund_mail"], "only the mail collector")
        await pilot.press("escape")
        await until(pilot, lambda: len(board.keys) == 8, "all programs")


async def test_open_and_climb(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        board = await board_of(app, pilot)
        assert board.chosen == "kindscrap"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ProgramScreen), "the program's page")
        page = app.screen
        await pilot.press("tab")
        await until(pilot, lambda: page.ready and len(page.query_one(RunsView).keys) == 31, "its runs")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.ready, "a run")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is page, "back on the page")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, BoardScreen), "back on the board")
        await pilot.press("escape")
        assert isinstance(app.screen, BoardScreen)


@pytest.mark.parametrize(("typed", "program"), [("esafe", "auto_esafe"), ("공시자료_수집기", "공시자료_수집기")])
async def test_jump(stage, typed, program):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        await pilot.press("colon", *typed, "enter")
        await until(pilot, lambda: isinstance(app.screen, ProgramScreen) and app.screen.ready, "the page")
        await until(pilot, lambda: program in text_of(app.screen.query_one("#tabs", Static)), "its name")


async def test_faults_are_gone_to_in_turn(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        board = await board_of(app, pilot)
        seen = []
        for _ in range(7):
            await pilot.press("n")
            seen.append(board.chosen)
        assert seen == [
            "공시자료_수집기",
            "fund_mail",
            "invoice",
            "new-bot",
            "일일보고서",
            "kindscrap",
            "공시자료_수집기",
        ]
        await pilot.press("N")
        assert board.chosen == "kindscrap"


async def test_only_the_row_that_changed_is_drawn_again(stage):
    app = stage.app("en")
    async with app.run_test(size=(160, 40)) as pilot:
        board = await board_of(app, pilot)
        assert "ends 02:15" in text_of(board)
        kept = dict(board._strips)
        assert len(kept) == 8
        stage.publish("fund_mail", facts={**stage.rows["fund_mail"]["facts"], "grace_end": "2026-03-04T17:16:00+00:00"})
        await until(pilot, lambda: board.drawn == ["fund_mail"], "the change is seen")
        await until(pilot, lambda: "ends 02:16" in text_of(board), "it is drawn")
        assert board._strips["fund_mail"] is not kept["fund_mail"]
        assert all(board._strips[name] is strip for name, strip in kept.items() if name != "fund_mail")


async def test_the_daemon_is_lost_and_found_again(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        board = await board_of(app, pilot)
        bar = app.screen.query_one(LostBar)
        await stage.stop()
        await until(pilot, lambda: bar.has_class("-shown"), "the bar")
        await until(pilot, lambda: "as of 02:14:07" in text_of(bar), "as of when")
        assert len(board.keys) == 8
        assert app.screen.has_class("-stale")
        stage.rows["invoice"] = {**stage.rows["invoice"], "status": "OK", "reason": "succeeded"}
        await stage.start()
        app.link.hurry()
        await until(pilot, lambda: not bar.has_class("-shown"), "the bar is gone")
        await until(pilot, lambda: app.rows["invoice"]["status"] == "OK", "what changed meanwhile")


async def test_without_a_daemon_it_says_so_and_waits(stage):
    await stage.stop()
    app = stage.app("ko")
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "응답하지 않습니다" in text_of(app.screen.query_one(LostBar)), "the bar")
        await stage.start()
        app.link.hurry()
        await board_of(app, pilot)


async def test_a_rerun_is_refused_in_words_and_then_accepted(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RerunDialog), "the dialog")
        dialog = app.screen
        dialog.query_one("#password", Input).value = "wrong"
        dialog.query_one("#start", Button).press()
        await until(pilot, lambda: "[/b]" in text_of(dialog.query_one(".problem", Static)), "the refusal, as it is")
        dialog.query_one("#password", Input).value = PASSWORD
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, OutputScreen) and app.screen.ready, "the output")
        output = app.screen
        stage.output.put_nowait({"seq": 1, "stream": "output", "text": "수집 시작 [/b] [red]\n"})
        await until(pilot, lambda: any("[/b] [red]" in line.text for line in output.query_one(RichLog).lines), "a line")
        stage.output.put_nowait(Done({"status": "SUCCESS", "exit_code": 0}))
        await until(pilot, lambda: "exit code 0" in text_of(output.query_one("#output-state", Static)), "its end")


async def test_a_running_program_is_started_only_by_force_and_with_its_parameters(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        await pilot.press("colon", *"rerun backup-db", "enter")
        await until(pilot, lambda: isinstance(app.screen, RerunDialog), "the dialog")
        dialog = app.screen
        dialog.query_one("#param-0", Input).value = "2026-03-04"
        dialog.query_one("#password", Input).value = PASSWORD
        dialog.query_one("#start", Button).press()
        await until(pilot, lambda: "force" in text_of(dialog.query_one(".problem", Static)), "the refusal")
        dialog.query_one("#force").value = True
        dialog.query_one("#password", Input).value = PASSWORD
        dialog.query_one("#start", Button).press()
        await until(pilot, lambda: isinstance(app.screen, OutputScreen), "the output")
        asked = [args for what, args in stage.asked if what == "rerun asked"]
        assert asked[-1] == {"program": "backup-db", "params": {"date": "2026-03-04"}, "force": True}


async def test_a_viewer_is_told_why_not(stage):
    stage.role = "viewer"
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        await pilot.press("r")
        await until(pilot, lambda: len(app._notifications) == 1, "a note")
        assert "viewer" in next(iter(app._notifications)).message
        assert isinstance(app.screen, BoardScreen)


async def test_the_language_changes_live(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        board = await board_of(app, pilot)
        assert "warning" in text_of(board)
        await pilot.press("L")
        await until(pilot, lambda: "주의" in text_of(board) and "프로그램" in text_of(board), "Korean")
        await pilot.press("L")
        await until(pilot, lambda: "warning" in text_of(board), "English again")


async def test_a_double_click_opens(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        await pilot.click(BoardView, offset=(10, 3), times=2)
        await until(pilot, lambda: isinstance(app.screen, ProgramScreen) and app.screen.ready, "the page")
        await until(pilot, lambda: "fund_mail" in text_of(app.screen.query_one("#tabs", Static)), "the clicked one")


async def test_nothing_is_opened_or_written_for_somebody_elsewhere(stage, monkeypatch, tmp_path):
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda *args, **_: opened.append(args))
    app = stage.app("en", remote=True)
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        app.open_url("https://example.kr")
        assert app.deliver_screenshot(path=str(tmp_path), filename="x.svg") is None
        await pilot.press("ctrl+z")
    assert not opened
    assert not (tmp_path / "x.svg").exists()


async def test_back_from_the_shell_the_whole_screen_is_drawn_again(stage, monkeypatch):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        await board_of(app, pilot)
        await pilot.pause()
        written = []
        monkeypatch.setattr(app, "_display", lambda _, update: written.append(update.render_segments(app.console)))
        app.app_resume_signal.publish(app)
        await until(pilot, lambda: all(name in "".join(written) for name in stage.rows), "every row")
        assert "BATMON" in "".join(written)


async def test_many_consoles_at_once_keep_their_own_language(stage):
    async def one(language: str, word: str) -> None:
        app = stage.app(language)
        async with app.run_test(size=SIZE) as pilot:
            board = await board_of(app, pilot)
            await until(pilot, lambda: word in text_of(board), word)

    await asyncio.gather(one("en", "warning"), one("ko", "주의"))


@pytest.mark.parametrize(
    ("width", "there", "gone"),
    [
        (120, ("2 errors", "2 warnings", "2 unknown", "2 ok", "seoul-01", "kim · admin"), ()),
        (80, ("✗ 2", "! 2", "? 2", "✓ 2", "seoul-01", "kim · admin"), ("errors",)),
        (60, ("✗ 2", "! 2", "? 2", "✓ 2", "kim · admin"), ("seoul-01",)),
        (40, ("✗ 2", "! 2", "? 2", "✓ 2"), ("seoul-01", "kim")),
    ],
)
async def test_the_counts_stay_however_narrow_it_is(stage, width, there, gone):
    app = stage.app("en")
    async with app.run_test(size=(width, 20)) as pilot:
        await board_of(app, pilot)
        for part in there:
            await until(pilot, lambda part=part: part in bar_of(app), part)
        assert not [part for part in gone if part in bar_of(app)]


async def test_one_is_singular_and_none_is_left_out(stage):
    for name, row in stage.rows.items():
        stage.rows[name] = {**row, "status": "ERROR" if name == "kindscrap" else "OK"}
    app = stage.app("en")
    async with app.run_test(size=(100, 20)) as pilot:
        await board_of(app, pilot)
        await until(pilot, lambda: "✗ 1 error  ✓ 7 ok" in bar_of(app), "the counts")
        assert "warning" not in bar_of(app)


async def test_the_cursor_stands_on_the_worst_until_it_is_moved(stage):
    app = stage.app("en")
    async with app.run_test(size=SIZE) as pilot:
        board = await board_of(app, pilot)
        stage.publish("auto_esafe", status="ERROR")
        await until(pilot, lambda: board.chosen == "auto_esafe", "the new worst")
        await pilot.press("down", "up")
        stage.publish("auto_esafe", status="OK")
        await until(pilot, lambda: board.keys[0] == "kindscrap", "the order")
        assert board.chosen == "auto_esafe"
