"""The window of lines, what is sought, times as people write them, and rows exact in cells: all without a screen."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len
from rich.style import Style

from batmon.errors import BadRequest
from batmon_tui.locale.log_en import WORDS as EN
from batmon_tui.locale.log_ko import WORDS as KO
from batmon_tui.widgets.log_lines import Chapter, LogLine, LogWindow
from batmon_tui.widgets.log_paint import GUTTER, Look, Sheet
from batmon_tui.widgets.log_search import Sought, parse_moment
from batmon_tui.widgets.log_words import in_bytes, log_words

SEOUL = ZoneInfo("Asia/Seoul")
NEAR = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


def items(start: int, stop: int):
    nothing = {"level": None, "time": None, "run_id": None, "run": None}
    return [{"offset": n * 10, "end": n * 10 + 10, "text": f"line {n}", **nothing} for n in range(start, stop)]


def window(start: int, stop: int, limit: int = 50) -> LogWindow:
    made = LogWindow(limit=limit)
    made.replace({"path": "x.log", "size": 10_000, "lines": items(start, stop), "at_start": False, "at_end": False})
    return made


def test_the_window_stays_bounded_on_both_sides():
    made = window(100, 150)
    assert made.prepend(items(70, 100), at_start=False) == 30
    assert (len(made.lines), made.lines[0].offset, made.at_end) == (50, 700, False)
    assert made.append(items(120, 140)) == 20
    assert (len(made.lines), made.lines[-1].offset, made.at_start) == (50, 1390, False)


def test_lines_that_come_twice_stand_once():
    made = window(10, 20)
    assert made.prepend(items(5, 12), at_start=True) == 5
    grown = {**items(19, 20)[0], "end": 230, "text": "line 19 is whole now"}
    made.append([grown])
    assert [line.offset for line in made.lines] == [n * 10 for n in range(5, 20)]
    assert made.lines[-1].text == "line 19 is whole now"


def test_after_a_rotation_the_old_offsets_mean_nothing():
    made = window(10, 20)
    made.begin(Chapter("x.log", "2"), "rotated", "goes on")
    made.append(items(0, 3))
    assert made.index_of(10) == 12
    assert made.index_of(150) is None
    assert made.index_of(150, chapter=0) == 5
    assert made.reaches_back, "the file before still has its place"
    assert made.prepend(items(0, 10), at_start=True) == 10
    assert [line.offset for line in made.lines if line.chapter == 0] == [n * 10 for n in range(20)]


def test_files_of_a_series_stand_one_after_the_other_with_their_names_between():
    made = window(0, 3)
    made.at_start, made.older, made.newer = True, "x.log.1", "y"
    page = {"lines": items(5, 8), "size": 80, "at_end": True, "damaged": "truncated", "file": "f", "older": "x.log.2"}
    assert made.prepend_file({**page, "path": "x.log.1", "at_start": False}, "x.log", "cut off") == 5
    assert [line.kind for line in made.lines] == ["line"] * 3 + ["damaged", "file"] + ["line"] * 3
    assert (made.older, made.path, made.chapters[-1].path) == ("x.log.2", "x.log", "x.log.1")
    made.append_file({**page, "path": "y", "at_start": True, "newer": None, "damaged": None}, "y")
    assert (made.path, made.lines[8].text, made.newer) == ("y", "y", None)
    assert [made.index_of(50, number) for number in (-1, 0, 1)] == [0, None, 9]
    made.limit = 9
    made.prepend(items(0, 5), at_start=True)
    assert (made.path, made.at_end, set(made.chapters)) == ("x.log.1", False, {-1})


def test_a_file_that_was_written_anew_has_lost_its_place():
    made = LogWindow()
    made.replace({"path": "x", "file": "1", "size": 9, "lines": items(0, 1), "at_start": True, "at_end": True})
    made.begin(Chapter("x", "1"), "rotated", "again")
    assert (made.chapters[0].file, made.chapters[1].file) == ("", "1")


def test_control_characters_that_come_anyhow_are_made_visible():
    assert LogLine.of({"offset": 0, "end": 9, "text": "\x1b[2J\n한"}).text == "␛[2J␊한"


def test_small_letters_match_capitals_and_capitals_do_not():
    assert Sought("login").holds("LoginError", None)
    assert not Sought("Login").holds("login", None)
    assert list(Sought("aa").spans("aaAab")) == [(0, 2), (2, 4)]
    assert Sought(level="error").holds("x", "error")
    assert list(Sought("a.c").spans("abc a.c")) == [(4, 7)]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("06:00", "2026-11-20T21:00:00"), ("06:00:12", "2026-11-20T21:00:12"), ("11-19 6:00", "2026-11-18T21:00:00"),
        ("2025.1.2 00:00", "2025-01-01T15:00:00"), ("2026-11-21T06:00", "2026-11-20T21:00:00"),
        ("2026-11-20", "2026-11-19T15:00:00"), ("-30m", "2026-11-21T02:30:00"), ("-2d", "2026-11-19T03:00:00"),
        ("2h", "2026-11-23T03:00:00"), ("yesterday", "2026-11-21T15:00:00"), ("어제 06:00", "2026-11-21T21:00:00"),
    ],
)  # fmt: skip
def test_times_as_people_write_them(said, meant):
    assert parse_moment(said, SEOUL, NEAR, NOW) == datetime.fromisoformat(meant).replace(tzinfo=UTC)


@pytest.mark.parametrize("said", ["", "soon", "25:00", "13-45 06:00", "6", "06:00 06:00 06:00", "2025-02-29"])
def test_what_is_no_time_is_refused(said):
    with pytest.raises(BadRequest):
        parse_moment(said, SEOUL, NEAR, NOW)


def sheet(width: int, *, wrap: bool = False, left: int = 0, sought: Sought | None = None) -> Sheet:
    return Sheet(width, wrap, left, Look(*[Style.null()] * 10), sought, log_words("en"))


LONG = LogLine(0, 100, "가나다 abc 라마바사👍🏽 de\u0301f " * 20, level="error", run_id="r", run="start")
RUN = {"status": "FAILED"}


@pytest.mark.parametrize("width", [6, 7, 20, 79, 80, 81])
@pytest.mark.parametrize("left", [0, 1, 16, 33, 8192])
def test_every_row_is_exactly_as_wide_as_the_screen(width, left):
    for line in (LONG, LogLine(0, 1, ""), LogLine(0, 0, "gap " * 40, kind="gap")):
        row = sheet(width, left=left, sought=Sought("라")).row(line, 0, RUN, selected=True)
        assert row.cell_length == width
        assert cell_len(row.text) == width


@pytest.mark.parametrize("width", [8, 20, 79, 80])
def test_wrapped_rows_hold_the_whole_text_once(width):
    laid = sheet(width, wrap=True, sought=Sought("abc"))
    rows = [laid.row(LONG, part, RUN, selected=False) for part in range(laid.rows(LONG))]
    assert {row.cell_length for row in rows} == {width}
    whole = "".join(row.text[GUTTER:] for row in rows)
    assert whole.replace(" ", "") == LONG.text.replace(" ", "")


def test_the_gutter_shows_run_outcome_and_level_without_colour():
    assert sheet(30).row(LONG, 0, RUN, selected=False).text.startswith("┌✗ E 가나다")
    end = LogLine(0, 1, "done", run_id="r", run="end")
    assert sheet(30).row(end, 0, {"status": "SUCCESS"}, selected=False).text.startswith("└✓   done")
    assert sheet(30).row(LogLine(0, 1, "x"), 0, None, selected=False).text.startswith("     x")


def test_a_cut_line_says_how_long_it_is():
    assert "cut, 12,345 characters" in sheet(60).row(LogLine(0, 1, "x", cut=12345), 0, None, selected=False).text


def test_both_languages_know_the_same_words():
    assert EN.keys() == KO.keys()
    for key, sentence in EN.items():
        holes = {part.split("}")[0] for part in sentence.split("{")[1:]}
        assert holes == {part.split("}")[0] for part in KO[key].split("{")[1:]}, key


def test_sizes_have_three_digits():
    assert [in_bytes(n) for n in (0, 999, 1000, 18_600, 1 << 30)] == ["0 B", "999 B", "1 kB", "18.6 kB", "1.07 GB"]
