"""Going about in a log by minute, hour and day, by bookmark and over the histogram."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from batmon_tui.widgets.log_bookmarks import Bookmarks
from batmon_tui.widgets.log_histogram import SPANS, Frame, frame_at
from batmon_tui.widgets.log_jumps import begin_of, next_of
from batmon_tui.widgets.log_lines import Chapter, LogLine
from batmon_tui.widgets.merged_lines import MergedWindow
from tests.tui.log_stage import LogApp, LogScreen, LogServer, until

SEOUL = ZoneInfo("Asia/Seoul")
NEW_YORK = ZoneInfo("America/New_York")


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "unit", "zone", "begin", "following"),
    [
        ("2026-11-20T21:34:56.7", "minute", SEOUL, "2026-11-20T21:34:00", "2026-11-20T21:35:00"),
        ("2026-11-20T21:34:56", "hour", SEOUL, "2026-11-20T21:00:00", "2026-11-20T22:00:00"),
        ("2026-11-20T21:34:56", "day", SEOUL, "2026-11-20T15:00:00", "2026-11-21T15:00:00"),
        ("2026-11-01T12:00:00", "day", NEW_YORK, "2026-11-01T04:00:00", "2026-11-02T05:00:00"),  # 25 hours
        ("2026-11-01T06:30:00", "hour", NEW_YORK, "2026-11-01T06:00:00", "2026-11-01T07:00:00"),  # the second 01:30
        ("2026-11-20T20:10:00", "hour", ZoneInfo("Asia/Kolkata"), "2026-11-20T19:30:00", "2026-11-20T20:30:00"),
    ],
)
def test_minutes_hours_and_days_begin_on_the_clocks_of_the_zone(moment, unit, zone, begin, following):
    assert begin_of(utc(moment), unit, zone) == utc(begin)
    assert next_of(utc(moment), unit, zone) == utc(following)


@pytest.mark.parametrize("room", [1, 20, 70, 111, 200])
@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("zone", [SEOUL, NEW_YORK])
def test_a_frame_holds_its_moment_in_columns_that_fit(room, span, zone):
    for moment in (utc("2026-11-01T06:30:00"), utc("2026-11-20T21:34:56"), utc("2026-03-08T07:00:00")):
        frame = frame_at(moment, span, room, zone)
        assert frame.start <= moment < frame.end + timedelta(hours=1)
        assert frame.count <= max(room, 28)
        assert frame.begin(frame.column(moment)) <= moment
        wall = frame.start.astimezone(zone)
        assert (wall.minute, wall.second) == (0, 0)
    assert frame.column(frame.start - timedelta(days=9)) == 0
    assert frame.column(frame.end + timedelta(days=9)) == frame.count - 1


def test_bookmarks_go_around_in_the_order_of_time():
    marks, chapter = Bookmarks(), Chapter("x.log", "1")
    lines = [LogLine(n, n + 1, str(n)) for n in range(4)]
    times = [utc(f"2026-11-20T00:00:0{n}") for n in range(4)]
    for n in (2, 0):
        assert marks.turn(lines[n], chapter, times[n])
    assert marks.holds(lines[2], chapter)
    assert not marks.holds(lines[2], Chapter("x.log", "2")), "the same place of another file"
    assert marks.beyond(lines[1], times[1], forward=True).offset == 2
    assert marks.beyond(lines[1], times[1], forward=False).offset == 0
    assert marks.beyond(lines[2], times[2], forward=True).offset == 0
    assert not marks.turn(lines[2], chapter, times[2])
    assert len(marks.found) == 1
    assert Bookmarks().beyond(None, None, forward=True) is None


def merged(start, stop, older, newer, *, at_end=False):
    lines = [
        {"offset": n, "end": n + 1, "text": str(n), "program": "p", "path": "x", "time": None}
        for n in range(start, stop)
    ]  # fmt: skip
    return {"lines": lines, "older": older, "newer": newer, "at_end": at_end}


def test_merged_pages_go_as_a_whole_with_their_cursors():
    made = MergedWindow(limit=10)
    made.show(merged(20, 25, "a", "b"))
    assert made.put_before(merged(15, 20, "c", "a")) == 5
    assert made.put_before(merged(10, 15, "d", "c")) == 5
    assert ([line.offset for line in made.lines], made.older_cursor, made.newer_cursor) == ([*range(10, 20)], "d", "a")
    assert not made.at_end
    assert made.put_behind(merged(20, 26, "a", "e", at_end=True)) == 5
    assert ([line.offset for line in made.lines], made.older_cursor, made.newer_cursor) == ([*range(15, 26)], "c", "e")
    grown = merged(25, 26, "e", "f")
    grown["lines"][0]["text"] = "25 is whole"
    assert made.put_behind(grown) == 0
    assert [line.text for line in made.lines][-2:] == ["24", "25 is whole"]
    assert made.newer_cursor == "f"


@pytest.fixture
def stage(tmp_path):
    """Three days, a line every ten minutes, a traceback each day at 06:00."""
    made = LogServer(tmp_path / "k")
    at = datetime(2026, 11, 19)  # noqa: DTZ001 - as the log writes it, in Seoul
    while at < datetime(2026, 11, 22):  # noqa: DTZ001 - as above
        bad = at.hour == 6 and at.minute == 0
        made.write(
            f"{at:%Y-%m-%d %H:%M:%S} "
            + ("ERROR 실패\nTraceback (most recent call last):\n  x\n" if bad else "INFO 처리\n")
        )
        at += timedelta(minutes=10)
    return made


@asynccontextmanager
async def running(stage, size=(80, 24)):
    app = LogApp(stage, "en")
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, LogScreen) and app.view.path)
        await pilot.pause()
        yield app, pilot


async def at(app, pilot, text):
    await until(pilot, lambda: app.paper.current and app.paper.current.text.startswith(text))


async def test_by_minute_hour_and_day(stage):
    async with running(stage) as (app, pilot):
        await pilot.press("t", *"11-20 06:00", "enter")
        await at(app, pilot, "2026-11-20 06:00:00")
        await pilot.press("down")
        for key, text in (
            ("left_square_bracket", "2026-11-20 06:00"), ("left_square_bracket", "2026-11-20 05:00"),
            ("right_square_bracket", "2026-11-20 06:00"), ("full_stop", "2026-11-20 06:10"),
            ("comma", "2026-11-20 06:00"), ("left_curly_bracket", "2026-11-20 00:00"),
            ("left_curly_bracket", "2026-11-19 00:00"), ("right_curly_bracket", "2026-11-20 00:00"),
            ("right_curly_bracket", "2026-11-21 00:00"),
        ):  # fmt: skip
            await pilot.press(key)
            await at(app, pilot, text)
        await pilot.press("right_curly_bracket")
        await until(pilot, lambda: "nothing later" in app.status())
        await pilot.press("g", "left_square_bracket")
        await until(pilot, lambda: "nothing earlier" in app.status())
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: app.view.filter and len(app.paper.window.lines) == 6)
        await at(app, pilot, "2026-11-19 06:00")
        for key, text in (("right_curly_bracket", "2026-11-20 06:00"), ("left_curly_bracket", "2026-11-19 06:00")):
            await pilot.press(key)
            await at(app, pilot, text)


async def test_a_bookmark_is_found_again_also_after_a_rotation(stage):
    async with running(stage) as (app, pilot):
        await pilot.press("u")
        await until(pilot, lambda: "no bookmarks yet" in app.status())
        await pilot.press("t", *"11-19 06:00", "enter")
        await at(app, pilot, "2026-11-19 06:00")
        await pilot.press("b")
        assert any(row.startswith("  *E 2026-11-19 06:00") for row in app.shown())
        stage.log.rename(stage.folder / "kindscrap.log.1")
        stage.write("2026-11-23 00:00:00 INFO new\n")
        await pilot.press("G")
        await at(app, pilot, "2026-11-23")
        await pilot.press("U")
        await at(app, pilot, "2026-11-19 06:00")
        await pilot.press("b")
        assert not any("*" in row[:4] for row in app.shown())


async def test_the_histogram_counts_moves_zooms_and_leads(stage):
    async with running(stage) as (app, pilot):
        strip = app.view.histogram
        await pilot.press("t", *"11-20 12:00", "enter")
        await at(app, pilot, "2026-11-20 12:00")
        await pilot.press("h")
        await until(pilot, lambda: strip._buckets)
        assert sum(one["lines"] for one in strip._buckets) == 144 + 2
        assert sum(one["errors"] for one in strip._buckets) == 2
        assert "2026-11-20 12:00" in strip.render_line(0).text
        await pilot.press("E")
        assert "2026-11-20 06:00" in strip.render_line(0).text
        await pilot.press("enter")
        await at(app, pilot, "2026-11-20 06:00")
        await pilot.press("h", "home", "left")
        await until(pilot, lambda: "2026-11-19 23:30" in strip.render_line(0).text and strip._buckets)
        await pilot.press("minus")
        await until(pilot, lambda: strip._buckets and strip._frame.end - strip._frame.start == timedelta(days=7))
        await pilot.press("plus", "plus", "plus")
        await until(pilot, lambda: strip._frame.width == timedelta(minutes=1) and strip._buckets)
        assert {strip.render_line(y).cell_length for y in range(5)} == {80}
        await pilot.press("escape")
        assert not strip.display
        assert app.focused is app.paper


async def test_a_histogram_that_cannot_be_counted_says_why(stage):
    stage.log.write_text("no time\n" * 5)
    async with running(stage) as (app, pilot):
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: "says when it was written" in app.status())
        await pilot.press("h")
        strip = app.view.histogram
        await until(pilot, lambda: strip._buckets)
        assert sum(one["lines"] for one in strip._buckets) == 0
        assert isinstance(strip._frame, Frame)
