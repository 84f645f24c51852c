"""One log through all its files: rotated, dated and compressed ones, before and while one reads."""

from __future__ import annotations

import gzip
import os
import shutil
from contextlib import asynccontextmanager

import pytest

from tests.tui.log_stage import LogApp, LogScreen, LogServer, until


def lines(day, count=300):
    return "".join(f"2026-11-{day} {n // 60:02}:{n % 60:02}:00 INFO d{day} {n:04}\n" for n in range(count))


@pytest.fixture
def stage(tmp_path):
    """Three files, the oldest compressed."""
    made = LogServer(tmp_path / "k")
    (made.folder / "kindscrap.log.2.gz").write_bytes(gzip.compress(lines(19).encode()))
    (made.folder / "kindscrap.log.1").write_text(lines(20))
    for age, name in ((2, "kindscrap.log.2.gz"), (1, "kindscrap.log.1")):
        os.utime(made.folder / name, (1.7e9 - age, 1.7e9 - age))
    made.write(lines(21))
    return made


@asynccontextmanager
async def running(stage, **which):
    app = LogApp(stage, "en", **which)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, LogScreen) and app.view.path)
        await pilot.pause()
        yield app, pilot


def texts(app):
    return [line.text[-8:] for line in app.paper.window.lines if line.kind == "line"]


def rules(app):
    return [line.text for line in app.paper.window.lines if line.kind != "line"]


WHOLE = [f"d{day} {n:04}" for day in (19, 20, 21) for n in range(300)]


async def page_up_to_the_start(app, pilot):
    async def up():
        await pilot.press("pageup")
        return not app.paper.window.reaches_back and app.paper.cursor == 0

    for _ in range(200):
        if await up():
            return
        await pilot.pause(0.01)
    raise AssertionError("the start was never reached")


async def test_paging_up_goes_on_in_the_files_before(stage):
    async with running(stage) as (app, pilot):
        await page_up_to_the_start(app, pilot)
        assert texts(app) == WHOLE
        assert rules(app) == ["kindscrap.log.1", "kindscrap.log"]
        assert app.shown()[0].endswith("d19 0000")
        assert app.status().startswith(" kindscrap.log.2.gz")
        await pilot.press("end")
        await until(pilot, lambda: app.view.following and app.shown()[-1].endswith("d21 0299"))


async def test_paging_on_goes_on_in_the_files_behind(stage):
    async with running(stage, path=str(stage.folder / "kindscrap.log.2.gz")) as (app, pilot):
        assert "older file" in app.status()
        for _ in range(60):
            await pilot.press("pagedown")
            await pilot.pause(0.01)
        await until(pilot, lambda: texts(app) == WHOLE)
        await until(pilot, lambda: app.shown()[-1].endswith("d21 0299"))
        assert app.view.path == str(stage.log)


async def test_the_window_stays_bounded_across_files(stage):
    async with running(stage) as (app, pilot):
        app.paper.window.limit = 500
        await page_up_to_the_start(app, pilot)
        assert len(app.paper.window.lines) <= 500
        assert texts(app)[:3] == WHOLE[:3]
        for _ in range(80):
            await pilot.press("pagedown")
            await pilot.pause(0.01)
            assert len(app.paper.window.lines) <= 500
        await until(pilot, lambda: app.shown()[-1].endswith("d21 0299"))


@pytest.mark.parametrize("how", ["renamed", "copied", "compressed", "emptied"])
async def test_back_past_a_rotation_that_happened_while_following(stage, how):
    """However the file went: what was read stays, and what lies before it is found."""
    async with running(stage) as (app, pilot):
        app.paper.window.limit = 350
        await until(pilot, lambda: app.view.following)
        await pilot.pause(0.3)
        rotated = stage.folder / "kindscrap.log.1"
        (stage.folder / "kindscrap.log.2.gz").rename(stage.folder / "kindscrap.log.3.gz")
        rotated.rename(stage.folder / "kindscrap.log.2")
        if how in ("renamed", "compressed"):
            stage.log.rename(rotated)
        else:
            if how == "copied":
                shutil.copy(stage.log, rotated)
            os.truncate(stage.log, 0)
        stage.write("2026-11-22 06:00:00 INFO d22 newer\n")
        await until(pilot, lambda: app.shown()[-1].endswith("d22 newer"))
        if how == "compressed":
            (stage.folder / "kindscrap.log.1.gz").write_bytes(gzip.compress(rotated.read_bytes()))
            rotated.unlink()
        app.paper.window.limit = 5000
        before = [text for text in texts(app) if text.startswith("d21")]
        assert before
        await page_up_to_the_start(app, pilot)
        seen = texts(app)
        if how == "emptied":  # nobody kept it: what is on hand is all there is, and what was before follows
            assert [text for text in seen if text.startswith("d21")] == before
        else:
            assert [text for text in seen if text.startswith("d21")] == WHOLE[600:]
        assert [text for text in seen if text[:3] in ("d19", "d20")] == WHOLE[:600]


async def test_a_search_goes_through_the_files(stage):
    async with running(stage) as (app, pilot):
        await pilot.press("slash", *"d19 0042", "enter")
        await until(pilot, lambda: app.paper.current and app.paper.current.text.endswith("d19 0042"))
        assert app.view.path.endswith("kindscrap.log.2.gz")
        await pilot.press("slash", *"d20 0007", "enter")
        await until(pilot, lambda: app.paper.current.text.endswith("d20 0007"))
        await pilot.press("slash", *"d19 0001", "enter")
        await until(pilot, lambda: app.paper.current.text.endswith("d19 0001"))
        await until(pilot, lambda: "on from the start" in app.status())


async def test_a_time_finds_its_file(stage):
    async with running(stage) as (app, pilot):
        await pilot.press("t", *"11-19 02:10", "enter")
        await until(pilot, lambda: app.paper.current and app.paper.current.text.endswith("d19 0130"))


async def test_a_filter_goes_on_in_the_file_before_for_somebody_who_goes_up(stage):
    async with running(stage) as (app, pilot):
        await pilot.press("ampersand", *"0042", "enter")
        await until(pilot, lambda: texts(app) == ["d21 0042"])
        for _ in range(20):
            await pilot.press("up")
            await pilot.pause(0.05)
        await until(pilot, lambda: len(texts(app)) == 3)
        assert texts(app) == [f"d{day} 0042" for day in (19, 20, 21)]


async def test_the_end_of_a_damaged_archive_is_said(stage):
    damaged = stage.folder / "kindscrap.log.2.gz"
    damaged.write_bytes(gzip.compress(os.urandom(4000).hex().encode() + b"\n")[:1500])
    async with running(stage, path=str(damaged)) as (app, pilot):
        await until(pilot, lambda: any("ends too early" in rule for rule in rules(app)))
        await page_up_to_the_start(app, pilot)
        assert "following" not in app.status()
