from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len
from stage import NOW, story

from batmon.model import Status
from batmon_tui.board import columns, counts, fold, order, strip, tell
from batmon_tui.cells import fit, wrap
from batmon_tui.locale import dictionary
from batmon_tui.view import View
from batmon_tui.widgets.board_view import _COLUMNS

ROWS = {row["name"]: row for row in story()[0]}
VIEWS = [View(language, ZoneInfo("Asia/Seoul"), NOW) for language in ("en", "ko")]


def test_the_worst_come_first_and_then_the_names():
    assert order(ROWS) == [
        "kindscrap", "공시자료_수집기", "fund_mail", "invoice", "new-bot", "일일보고서", "auto_esafe", "backup-db",
    ]  # fmt: skip


@pytest.mark.parametrize(("wanted", "found"), [("메일", ["fund_mail"]), ("MAIL late", ["fund_mail"]), ("zzz", []),
                                               ("오류", ["kindscrap", "공시자료_수집기"])])  # fmt: skip
def test_a_filter_wants_all_of_its_words(wanted, found):
    assert order(ROWS, wanted) == found


def test_a_frame_changes_only_what_differs():
    rows, changed = fold({}, {"snapshot": list(ROWS.values())})
    assert changed == set(ROWS)
    later = {**ROWS["invoice"], "status": "OK"}
    rows, changed = fold(rows, {"rows": [later, ROWS["kindscrap"]], "gone": ["new-bot", "nobody"]})
    assert changed == {"invoice", "new-bot"}
    assert counts(rows) == {Status.OK: 3, Status.WARNING: 1, Status.ERROR: 2, Status.UNKNOWN: 1}
    rows, changed = fold(rows, {"snapshot": [later]})
    assert list(rows) == ["invoice"]
    assert "invoice" not in changed


@pytest.mark.parametrize("view", VIEWS, ids=["en", "ko"])
@pytest.mark.parametrize("width", [80, 100, 120, 160, 200, 300])
def test_the_columns_fill_the_width_and_leave_room_for_the_reason(width, view):
    told = [tell(row, view) for row in ROWS.values()]
    laid = columns(width, told, {key: view.tr(f"board.col.{key}") for key in _COLUMNS})
    cells = [getattr(laid, column) for column in _COLUMNS]
    assert 4 + sum(cell + 2 for cell in cells if cell) <= width + 2
    assert laid.why >= 24
    if width >= 200:
        assert all(cells[:-1])


def test_fit_never_halves_a_wide_character():
    for width in range(1, 20):
        for text in ("공시자료_수집기", "a공시b", "short", ""):
            assert cell_len(fit(text, width)) == width
    assert fit("공시자료", 5) == "공시…"
    assert fit("7s", 4, right=True) == "  7s"


def test_wrap_cuts_the_last_line():
    assert wrap("가나다라마바사", 6, 2) == ["가나다", "라마…"]
    assert wrap("a\nb", 6, 2) == ["a", "b"]


def test_the_strip_shows_outcomes_and_lengths():
    marks = "".join(mark for mark, _ in strip([["SUCCESS", 10], ["SUCCESS", 10], ["SUCCESS", 40], ["FAILED", 1],
                                               ["MISSED", None], ["RUNNING", None]]))  # fmt: skip
    assert marks[3:] == "✗·▸"
    assert marks[0] == marks[1] < marks[2]
    assert strip([["SUCCESS", 0]] * 40) == strip([["SUCCESS", 0]] * 30)


def test_both_languages_know_the_same_words():
    english, korean = dictionary("en"), dictionary("ko")
    assert english.keys() == korean.keys()
    for key, sentence in english.items():
        named = {part.split("}")[0] for part in sentence.split("{")[1:]}
        assert named == {part.split("}")[0] for part in korean[key].split("{")[1:]}, key


def test_a_program_in_another_zone_is_told_in_its_own():
    row = {**ROWS["kindscrap"], "timezone": "America/New_York", "facts": {"start": "2026-03-04T11:00:00+00:00"}}
    row["last_run"] = {**row["last_run"], "start_time": "2026-03-04T11:00:00+00:00"}
    told = tell(row, VIEWS[0])
    assert (told.last, told.schedule) == ("06:00 EST", "daily 06:00 EST")
    assert told.why.startswith("06:00 run failed")
    assert tell({**row, "timezone": "Asia/Tokyo"}, VIEWS[0]).last == "Wed 20:00"  # the clocks agree with Seoul's
    assert tell({**row, "timezone": "Nowhere/Town"}, VIEWS[1]).last == "어제 20:00"


@pytest.mark.parametrize("view", VIEWS, ids=["en", "ko"])
@pytest.mark.parametrize("width", [120, 140, 160, 200])
def test_a_wide_board_shows_every_column(width, view):
    headings = {key: view.tr(f"board.col.{key}") for key in _COLUMNS}
    laid = columns(width, [tell(row, view) for row in ROWS.values()], headings)
    assert all(getattr(laid, column) for column in _COLUMNS if column != "last_log")


def test_what_the_strip_does_not_use_is_the_reasons():
    view = VIEWS[0]
    headings = {key: view.tr(f"board.col.{key}") for key in _COLUMNS}
    many = tell(ROWS["kindscrap"], view)
    few = replace(many, strip=many.strip[:3])
    assert columns(120, [few], headings).why - columns(120, [many], headings).why == 12 - len(headings["strip"])
    assert columns(200, [few], headings).why > columns(200, [many], headings).why
