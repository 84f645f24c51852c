"""The file browser, on a real folder: going about, looking in, taking along."""

from __future__ import annotations

import pytest
from stage import until

from batmon_tui.screens.download import SaveDialog, ScpDialog
from batmon_tui.screens.files import FilesScreen
from batmon_tui.screens.preview import PreviewScreen
from batmon_tui.widgets.board_view import BoardView
from batmon_tui.widgets.files_view import FilesView
from batmon_tui.widgets.log_paper import LogPaper
from batmon_tui.widgets.preview_list import PreviewList
from tests.tui.files_stage import files_stage


@pytest.fixture
async def stage(tmp_path):
    stage = files_stage(tmp_path)
    await stage.start()
    yield stage
    await stage.stop()


async def browse(app, pilot, *names: str) -> FilesView:
    """The browser in the folder of kindscrap, then in these folders."""
    await until(pilot, lambda: len(app.screen_stack[0].query_one(BoardView).keys) == 8, "the board")
    await pilot.press("F")
    await until(
        pilot, lambda: isinstance(app.screen, FilesScreen) and app.screen.query_one(FilesView).keys, "the folder"
    )
    files = app.screen.query_one(FilesView)
    for name in names:
        files.go_to(name)
        await pilot.press("enter")
        await until(pilot, lambda name=name: app.screen.path.endswith(f"/{name}") and files.keys, name)
    return files


async def look(app, pilot, name: str) -> PreviewScreen:
    files = await browse(app, pilot, "수집결과")
    files.go_to(name)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, PreviewScreen) and app.screen._preview, name)
    return app.screen


def rows_shown(screen) -> list[str]:
    listed = screen.query_one(PreviewList)
    return ["".join(text for text, _ in listed.rows[int(key)].pieces).rstrip() for key in listed.keys]


async def test_one_walks_down_and_up_and_the_cursor_comes_back(stage):
    app = stage.app("en")
    async with app.run_test(size=(100, 24)) as pilot:
        files = await browse(app, pilot, "수집결과")
        assert {"공시목록.csv", "보고서.xlsx", "passwd", "fifo", r"[b]red\x1b[31m.txt"} <= set(files.keys)
        await pilot.press("backspace")
        await until(pilot, lambda: files.chosen == "수집결과", "the folder above, on the entry we came from")
        await pilot.press("backspace", "backspace", "backspace")
        await until(
            pilot, lambda: app.screen.path == "/" and list(files.keys) == ["exports", "programs", "reports"], "the top"
        )


async def test_sorting_asks_the_daemon_again(stage):
    app = stage.app("en")
    async with app.run_test(size=(100, 24)) as pilot:
        files = await browse(app, pilot, "수집결과")
        by_name = list(files.keys)
        await pilot.press("s", "s")
        await until(pilot, lambda: list(files.keys) != by_name, "another order")
        sizes = [files.entries[key]["size"] for key in files.keys if files.entries[key]["kind"] == "file"]
        assert sizes == sorted(sizes, reverse=True)


async def test_what_must_not_be_opened_says_why_and_is_not(stage):
    app = stage.app("en")
    async with app.run_test(size=(100, 24)) as pilot:
        files = await browse(app, pilot, "수집결과")
        for name in ("passwd", "fifo"):
            files.go_to(name)
            await pilot.press("enter")
            await pilot.pause()
            assert isinstance(app.screen, FilesScreen)
            assert files.entries[name]["why"] in str(app.screen.query_one("#files-note").render())


@pytest.mark.parametrize(
    ("name", "kind", "seen"),
    [
        ("공시목록.csv", "table", "회사1"),
        ("보고서.xlsx", "table", "kindscrap"),
        ("state.db", "database", "공시  30"),
        ("덤프.bin", "hex", "00000010"),
        (r"[b]red\x1b[31m.txt", "text", "[b]not bold[/b]"),
    ],
)
async def test_each_kind_is_shown_as_what_it_is(stage, name, kind, seen):
    app = stage.app("ko")
    async with app.run_test(size=(110, 30)) as pilot:
        screen = await look(app, pilot, name)
        assert screen._preview["kind"] == kind
        assert any(seen in row for row in rows_shown(screen)), rows_shown(screen)[:5]


async def test_a_database_opens_its_tables_and_esc_comes_back_to_them(stage):
    app = stage.app("en")
    async with app.run_test(size=(110, 30)) as pilot:
        screen = await look(app, pilot, "state.db")
        await pilot.press("enter")
        await until(pilot, lambda: screen._preview.get("table") == "공시", "the rows")
        assert any("공시 29" in row for row in rows_shown(screen))
        await pilot.press("escape")
        await until(pilot, lambda: screen._preview["kind"] == "database", "the tables")


async def test_a_workbook_shows_its_sheets_in_turn_and_bytes_on_demand(stage):
    app = stage.app("en")
    async with app.run_test(size=(110, 30)) as pilot:
        screen = await look(app, pilot, "보고서.xlsx")
        await pilot.press("tab")
        await until(pilot, lambda: screen._preview.get("sheet") == "상세", "the second sheet")
        await pilot.press("x")
        await until(pilot, lambda: screen._preview["kind"] == "hex", "its bytes")
        await pilot.press("x")
        await until(pilot, lambda: screen._preview["kind"] == "table", "what they mean")


@pytest.mark.parametrize(("name", "last"), [("덤프.bin", "000007f0"), ("긴.txt", "line 39999")])
async def test_the_end_of_a_file_is_one_key_away(stage, tmp_path, name, last):
    long = "".join(f"line {number}\n" for number in range(40_000))
    next(tmp_path.rglob("수집결과")).joinpath("긴.txt").write_text(long, "utf-8")
    app = stage.app("en")
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await look(app, pilot, name)
        first = rows_shown(screen)[0]
        assert not any(last in row for row in rows_shown(screen))
        listed = screen.query_one(PreviewList)
        await pilot.press("G")
        await until(pilot, lambda: last in rows_shown(screen)[-1] and listed.chosen == listed.keys[-1], "its end")
        await pilot.press("g")
        await until(pilot, lambda: rows_shown(screen)[0] == first and listed.chosen == listed.keys[0], "its beginning")


async def test_json_folds_by_key(stage):
    app = stage.app("en")
    async with app.run_test(size=(110, 30)) as pilot:
        files = await browse(app, pilot)
        files.go_to("config.json")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PreviewScreen) and app.screen._preview, "the file")
        assert '    "user1@example.com"' in rows_shown(app.screen)
        app.screen.query_one(PreviewList).go_to("1")
        await pilot.press("space")
        assert '    "user1@example.com"' not in rows_shown(app.screen)


async def test_a_download_is_whole_or_not_there_and_overwrites_nothing(stage, tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    app = stage.app("en", remote=False)
    async with app.run_test(size=(100, 24)) as pilot:
        files = await browse(app, pilot, "수집결과")
        files.go_to("공시목록.csv")
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, SaveDialog), "the question")
        await pilot.press("enter")
        await until(pilot, (here / "공시목록.csv").exists, "the file")
        original = tmp_path / "kindscrap" / "수집결과" / "공시목록.csv"
        assert (here / "공시목록.csv").read_bytes() == original.read_bytes()
        await until(pilot, lambda: isinstance(app.screen, FilesScreen), "the browser again")
        await pilot.press("d", "enter")
        await until(pilot, lambda: "there already" in str(app.screen.query(".problem").first().render()), "a refusal")


async def test_from_afar_the_command_is_shown_and_nothing_is_written(stage, tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    app = stage.app("en")
    app.came_by = ("10.0.0.5", 8022)
    async with app.run_test(size=(100, 24)) as pilot:
        files = await browse(app, pilot, "수집결과")
        files.go_to("공시목록.csv")
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, ScpDialog), "the dialog")
        said = " ".join(str(one.render()) for one in app.screen.query(".said"))
        assert "scp -P 8022 'kim@10.0.0.5:/programs/kindscrap/files/수집결과/공시목록.csv' ." in " ".join(said.split())
        await pilot.press("enter")
        await pilot.pause()
        assert not list(here.iterdir())


async def test_a_path_in_the_log_opens_the_file_that_it_names(stage):
    app = stage.app("en")
    async with app.run_test(size=(110, 30)) as pilot:
        await until(pilot, lambda: len(app.screen_stack[0].query_one(BoardView).keys) == 8, "the board")
        app.open_log("kindscrap")
        await until(pilot, lambda: bool(app.screen.query(LogPaper)), "the log")
        paper = app.screen.query_one(LogPaper)
        await until(pilot, lambda: bool(paper.window.lines), "its lines")
        await pilot.press("G", "p")
        await until(pilot, lambda: isinstance(app.screen, PreviewScreen), "the file")
        assert app.screen.path == "/programs/kindscrap/files/수집결과/보고서.xlsx"
        await until(pilot, lambda: app.screen._preview, "its sheet")
        await pilot.press("escape", "up", "p")
        await until(pilot, lambda: len(app._notifications) == 1, "that this line names none")
