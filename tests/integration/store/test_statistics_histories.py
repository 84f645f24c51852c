"""Generated histories, changed again and again, against a count of the same rows that knows nothing of the database."""

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from batmon.metrics.durations import bucket
from batmon.metrics.figures import DayCourse, Totals, total
from batmon.metrics.periods import Period
from batmon.model import Program, RunStatus, run_status
from batmon.store.statistics import Maintenance, Statistics

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
ALL = Period(date(2015, 1, 1), date(2027, 1, 1))
ZONES = (
    "UTC", "Asia/Seoul", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu",
    "America/Havana",  # its clocks change at midnight
    "America/Sao_Paulo",  # its clocks skipped midnight until 2018
    "Pacific/Kiritimati",
)  # fmt: skip
MOMENTS = [
    datetime(2026, 11, 1, 4, tzinfo=UTC),  # clocks go back in Havana and New York
    datetime(2026, 3, 8, 5, tzinfo=UTC),  # and forward
    datetime(2026, 10, 25, 1, tzinfo=UTC),  # back in Berlin
    datetime(2018, 11, 4, 3, tzinfo=UTC),  # forward in São Paulo, at midnight
    datetime(2026, 10, 31, 15, tzinfo=UTC),  # the month ends in Seoul
    datetime(2026, 11, 20, 12, tzinfo=UTC),
]
WORDS = ("SUCCESS", "SUCCESS", "SUCCESS", " 완료\n", "FAILED", "kaputt", "RUNNING", "MISSED", "진행중")
ORIGINS = ("log", "record", "rerun", "schedule", "probe", "log", "log")
BOTS = ("Alpha", "ALPHA", "베타", "gamma", "Gamma ", "delta")


def some_run(chance):
    """Values of a row, in the order of COLUMNS."""
    start = chance.choice(MOMENTS) + timedelta(minutes=chance.randint(-2200, 2200), seconds=chance.random() * 60)
    took = chance.choice((None, -5, 0, 0.4, 31.5, 32, 33.1, 4000.25, 86400 * 40))
    end = None if took is None else start + timedelta(seconds=took)
    said = chance.choice((None, took, took, took, -1, 7, 2_000_000_000))
    said = None if said is None else round(said)
    slot = start - timedelta(minutes=chance.randint(0, 90)) if chance.random() < 0.3 else None
    processed = chance.choice((None, -3, 0, 1, 37, 2_147_483_647))
    return [chance.choice(BOTS), chance.choice(WORDS), start, end, said, processed, chance.choice(ORIGINS), slot]


COLUMNS = "bot_name, status, start_time, end_time, duration_sec, processed_count, origin, slot"


def seconds_of(row):
    """How long a run took: between its times if they agree with the whole seconds that it says, else those."""
    said, start, end = row["duration_sec"], row["start_time"], row["end_time"]
    between = None if end is None else (end - start).total_seconds()
    if said is None:
        return between if between is not None and between > 0 else None
    if said < 0:
        return None
    if between is not None and abs(between - said) <= 1:
        return max(between, 0.0)
    return min(float(said), 1e9)


def counted(rows, zones, windows):
    """Totals by folded name and day."""
    found = defaultdict(list)
    for row in rows:
        if row["origin"] == "probe":
            continue
        name, status, rerun = row["bot_name"].lower(), run_status(row["status"]), row["origin"] == "rerun"
        day = row["start_time"].astimezone(ZoneInfo(zones.get(name, "UTC"))).date()
        at = row["slot"] or row["start_time"]
        planned = any(w.program.lower() == name and w.since <= at < w.until for w in windows)
        ended = status in (RunStatus.SUCCESS, RunStatus.FAILED)
        good = status is RunStatus.SUCCESS
        took = seconds_of(row) if good else None
        found[name, day].append(
            Totals(
                succeeded=int(good),
                failed=int(status is RunStatus.FAILED),
                missed=int(status is RunStatus.MISSED),
                unfinished=int(status is RunStatus.RUNNING),
                reruns=int(rerun and ended),
                reruns_succeeded=int(rerun and good),
                excused=int(planned and not rerun and status in (RunStatus.FAILED, RunStatus.MISSED)),
                processed=max(row["processed_count"] or 0, 0) if good else 0,
                timed=int(took is not None),
                seconds=took or 0.0,
                histogram={} if took is None else {bucket(took): 1},
            )
        )
    return {key: total(parts) for key, parts in found.items()}


def plain(totals):
    """Totals as something to compare; sums of seconds may differ in their last bits."""
    values = {name: getattr(totals, name) for name in Totals.__slots__ if name not in ("seconds", "histogram")}
    return values | {"seconds": pytest.approx(totals.seconds), "histogram": dict(totals.histogram)}


async def settle(statistics):
    while await statistics.settle_some(NOW):
        pass


async def change(chance, owner, store, statistics, *, zones, windows):
    """Do something to the history that somebody might do."""
    what = chance.randrange(8)
    ids = [row[0] for row in await owner.fetch("SELECT log_id FROM rpa_execution_logs")]
    some = chance.sample(ids, min(len(ids), chance.randint(1, 20)))
    if what == 0:
        await owner.execute("DELETE FROM rpa_execution_logs WHERE log_id = ANY ($1)", some)
    elif what == 1:
        by = timedelta(hours=chance.randint(-900, 900))
        await owner.execute(
            "UPDATE rpa_execution_logs SET start_time = start_time + $2 WHERE log_id = ANY ($1)", some, by
        )
    elif what == 2:
        word, bot = chance.choice(WORDS), chance.choice(BOTS)
        await owner.execute(
            "UPDATE rpa_execution_logs SET status = $2, bot_name = $3 WHERE log_id = ANY ($1)", some, word, bot
        )
    elif what == 3:
        zones.clear()
        zones.update({name: chance.choice(ZONES) for name in ("alpha", "베타", "delta") if chance.random() < 0.8})
        programs = [Program(name.title(), Path("/x"), node="n", timezone=zone) for name, zone in zones.items()]
        await store.register("n", programs, NOW)
    elif what == 4:
        since = chance.choice(MOMENTS) + timedelta(minutes=chance.randint(-600, 600))
        windows.append(Maintenance(chance.choice(BOTS), since, since + timedelta(minutes=400), f"w{len(windows)}"))
        await statistics.keep_maintenance("n", windows[-1:], NOW)
    elif what == 5:
        await store.ensure_partitions(NOW)
    elif what == 6:
        await settle(statistics)
    runs = [some_run(chance) for _ in range(chance.randint(1, 60))]
    await owner.executemany(
        f"INSERT INTO rpa_execution_logs ({COLUMNS}, task_name) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 't')",  # noqa: S608 - names of ours
        runs,
    )


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_was_done_to_a_history_its_days_months_and_sums_are_right(store, owner_url, seed):
    chance, statistics = random.Random(seed), Statistics(store)  # noqa: S311 - no secret
    owner = await asyncpg.connect(owner_url)
    zones, windows = {}, []
    for _ in range(3):
        for _ in range(8):
            await change(chance, owner, store, statistics, zones=zones, windows=windows)
        await settle(statistics)
        rows = await owner.fetch(f"SELECT {COLUMNS} FROM rpa_execution_logs")  # noqa: S608 - names of ours
        expected = counted(rows, zones, windows)
        days = await statistics.days(ALL)
        assert {(day.program.lower(), day.day): plain(day.totals) for day in days} == {
            key: plain(totals) for key, totals in expected.items()
        }
        await adds_up(chance, statistics, days)
        await months_add_up(owner, expected)
    await owner.close()


async def adds_up(chance, statistics, days):
    """However a period is split, its parts are the whole, by program and by day."""
    cut = ALL.start + timedelta(days=chance.randint(1, ALL.days - 2))
    parts = Period(ALL.start, cut - timedelta(days=1)), Period(cut, ALL.end)
    whole, first, second = [await statistics.totals(period) for period in (ALL, *parts)]
    folded = {name.lower(): totals for name, totals in whole.items()}
    assert len(folded) == len(whole)
    for name, totals in folded.items():
        halves = total(t for part in (first, second) for shown, t in part.items() if shown.lower() == name)
        each_day = total(day.totals for day in days if day.program.lower() == name)
        assert plain(halves) == plain(each_day) == plain(totals)
    some = chance.sample(sorted(whole), min(2, len(whole)))
    assert set(await statistics.totals(ALL, [name.upper() for name in some])) == set(some)
    by_day = await statistics.daily_totals(ALL)
    assert [day for day, _ in by_day] == list(ALL)
    assert plain(total(totals for _, totals in by_day)) == plain(total(whole.values()))
    paged = [day async for page in statistics.pages(ALL, size=7) for day in page]
    assert paged == days
    read = [(name.lower(), list(own.items())) async for name, own in statistics.courses(ALL)]
    assert read == [
        (name, [(one.day, course(one.totals)) for one in own])
        for name, own in groupby(days, lambda one: one.program.lower())
    ]
    first = chance.choice(days).day.replace(day=1)
    month = Period(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))
    of_month = {name.lower(): plain(totals) for name, totals in (await statistics.totals(month)).items()}
    inside = [one for one in days if month.start <= one.day <= month.end]
    assert of_month == {
        name: plain(total(one.totals for one in inside if one.program.lower() == name)) for name in of_month
    }
    assert of_month.keys() == {one.program.lower() for one in inside}


def course(one):
    return DayCourse(one.succeeded, one.failed, one.missed, one.processed, one.median_seconds)


async def months_add_up(owner, expected):
    months = defaultdict(list)
    for (name, day), totals in expected.items():
        months[name, day.replace(day=1)].append(totals)
    rows = await owner.fetch("SELECT * FROM run_stats_monthly")
    found = {
        (row["program"], row["month"]): {
            **{name: row[name] for name in Totals.__slots__ if name != "histogram"},
            "histogram": dict(zip(row["buckets"], row["counts"], strict=True)),
        }
        for row in rows
    }
    assert found == {key: plain(total(parts)) for key, parts in months.items()}
