"""Days of runs, counted anew wherever runs have changed: on a real Postgres, whoever changes them and however."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from batmon import model
from batmon.errors import StoreError
from batmon.metrics import durations
from batmon.metrics.periods import Period
from batmon.model import Program
from batmon.store import Store
from batmon.store.statistics import Maintenance, Statistics

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
ALL = Period(date(1990, 1, 1), date(2090, 1, 1))


@pytest.fixture
async def owner(owner_url):
    connection = await asyncpg.connect(owner_url)
    yield connection
    await connection.close()


@pytest.fixture
async def statistics(store):
    """That of an empty database, of which it has been found out that it is empty."""
    made = Statistics(store)
    while await made.settle_some(NOW):
        pass
    return made


async def put(connection, bot, start, status="SUCCESS", **columns):
    columns = {"bot_name": bot, "task_name": "t", "start_time": start, "status": status} | columns
    names, places = ", ".join(columns), ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    return await connection.fetchval(
        f"INSERT INTO rpa_execution_logs ({names}) VALUES ({places}) RETURNING log_id",  # noqa: S608 - names of ours
        *columns.values(),
    )


async def settle(statistics):
    steps = 0
    while await statistics.settle_some(NOW):
        steps += 1
        assert steps < 1000
    return steps


def at(day, hour=12, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


async def by_day(statistics, *programs):
    days = await statistics.days(ALL, programs or None)
    return {(day.program, day.day.isoformat()): (day.totals.succeeded, day.totals.failed) for day in days}


async def test_each_way_to_end_is_counted_and_probes_are_not(statistics, owner):
    await put(owner, "a", at(1), processed_count=7, duration_sec=20, end_time=at(1) + timedelta(seconds=20.4))
    await put(owner, "A", at(1), " 완료 ", processed_count=None, duration_sec=-3)
    await put(owner, "a", at(1), "OK", processed_count=-5, duration_sec=2_000_000_000)
    await put(owner, "a", at(1), "kaputt", processed_count=100, duration_sec=9)
    await put(owner, "a", at(1), "RUNNING")
    await put(owner, "a", at(1), "MISSED", origin="schedule", slot=at(1))
    await put(owner, "a", at(1), "FAILED", origin="rerun")
    await put(owner, "a", at(1), "SUCCESS", origin="rerun", end_time=at(1) + timedelta(seconds=40))
    await put(owner, "a", at(1), "SUCCESS", origin="probe")
    await settle(statistics)
    (day,) = await statistics.days(ALL)
    t = day.totals
    assert (day.program, day.day) == ("A", date(2026, 11, 1))
    assert (t.succeeded, t.failed, t.missed, t.unfinished, t.reruns, t.reruns_succeeded) == (4, 2, 1, 1, 2, 1)
    assert (t.processed, t.timed, t.seconds) == (7, 3, pytest.approx(20.4 + 1e9 + 40))
    assert sum(t.histogram.values()) == 3
    assert t.quantile(0.5) == pytest.approx(40, rel=0.026)
    assert not await statistics.waiting()


async def test_a_day_is_that_of_the_programs_zone_and_follows_it(store, statistics, owner):
    await put(owner, "Seoul", at(1, 14, 59))
    await put(owner, "seoul", at(1, 15, 0))
    await settle(statistics)
    assert await by_day(statistics) == {("Seoul", "2026-11-01"): (2, 0)}
    await store.register("n", [Program("SEOUL", Path("/x"), node="n", timezone="Asia/Seoul")], NOW)
    await settle(statistics)
    assert await by_day(statistics) == {("SEOUL", "2026-11-01"): (1, 0), ("SEOUL", "2026-11-02"): (1, 0)}
    await store.register("n", [Program("SEOUL", Path("/x"), node="n", timezone="America/New_York")], NOW)
    await settle(statistics)
    assert await by_day(statistics, "seoul") == {("SEOUL", "2026-11-01"): (2, 0)}
    await store.register("n", [], NOW)
    await settle(statistics)
    assert await by_day(statistics, "nobody") == {}
    assert await by_day(statistics) == {("Seoul", "2026-11-01"): (2, 0)}


async def test_what_is_planned_is_excused(statistics, owner):
    await put(owner, "a", at(1, 2, 0), "FAILED")
    await put(owner, "a", at(1, 2, 30), "MISSED", origin="schedule", slot=at(1, 2, 30))
    await put(owner, "a", at(1, 2, 40), "FAILED", origin="rerun")
    await put(owner, "a", at(1, 2, 50))
    await put(owner, "a", at(1, 3, 0), "FAILED")
    await settle(statistics)
    await statistics.keep_maintenance("n", [Maintenance("A", at(1, 2), at(1, 3), "night")], NOW)
    await settle(statistics)
    t = (await statistics.totals(ALL))["a"]
    assert (t.excused, t.due, t.kept) == (2, 2, 1)
    assert await statistics.maintenance_looked("n") == NOW
    await statistics.keep_maintenance("n", [Maintenance("A", at(1, 2), at(1, 4), "night")], NOW)
    assert not await statistics.waiting()


async def test_corrections_move_what_was_counted(store, statistics, owner):
    await store.ensure_partitions(NOW)
    first = await put(owner, "a", at(1))
    await put(owner, "a", at(1))
    await put(owner, "b", at(1))
    await settle(statistics)
    await owner.execute("UPDATE rpa_execution_logs SET start_time = $1 WHERE log_id = $2", at(5), first)
    await settle(statistics)
    assert await by_day(statistics, "A") == {("a", "2026-11-01"): (1, 0), ("a", "2026-11-05"): (1, 0)}
    other_month = datetime(2026, 10, 7, tzinfo=UTC)
    await owner.execute("UPDATE rpa_execution_logs SET start_time = $1 WHERE log_id = $2", other_month, first)
    await settle(statistics)
    assert await by_day(statistics, "a") == {("a", "2026-11-01"): (1, 0), ("a", "2026-10-07"): (1, 0)}
    await owner.execute("UPDATE rpa_execution_logs SET bot_name = 'B', status = '실패' WHERE log_id = $1", first)
    await settle(statistics)
    assert await by_day(statistics) == {
        ("a", "2026-11-01"): (1, 0), ("b", "2026-11-01"): (1, 0), ("B", "2026-10-07"): (0, 1),
    }  # fmt: skip
    await owner.execute("DELETE FROM rpa_execution_logs WHERE log_id = $1", first)
    await settle(statistics)
    assert await by_day(statistics, "b") == {("b", "2026-11-01"): (1, 0)}
    months = await owner.fetch("SELECT program, month, runs FROM v_program_month ORDER BY 1, 2")
    assert [tuple(row) for row in months] == [("a", date(2026, 11, 1), 1), ("b", date(2026, 11, 1), 1)]
    await owner.execute("TRUNCATE rpa_execution_logs")
    await settle(statistics)
    assert await statistics.days(ALL) == []
    assert await owner.fetchval("SELECT count(*) FROM v_program_month") == 0


async def test_moving_runs_into_the_partition_of_their_month_changes_nothing(store, statistics, owner):
    await put(owner, "a", at(1))
    await put(owner, "a", datetime(2026, 3, 1, tzinfo=UTC))
    await settle(statistics)
    before = await by_day(statistics)
    assert await store.ensure_partitions(NOW) > 2
    assert not await statistics.waiting()
    await put(owner, "b", at(1))
    await settle(statistics)
    assert await by_day(statistics) == before | {("b", "2026-11-01"): (1, 0)}


async def test_what_was_counted_of_a_month_outlives_its_runs(store, statistics, owner):
    await store.ensure_partitions(NOW)
    for day in (datetime(2026, 10, 31, 12, tzinfo=UTC), datetime(2026, 10, 7, tzinfo=UTC), at(2)):
        await put(owner, "a", day)
    await settle(statistics)
    before = await by_day(statistics)
    await owner.execute("ALTER TABLE rpa_execution_logs DETACH PARTITION rpa_execution_logs_y2026m10")
    await put(owner, "a", datetime(2026, 10, 7, 5, tzinfo=UTC), "FAILED")  # late: it joins no day
    await put(owner, "a", at(2), "FAILED")
    await settle(statistics)
    assert await by_day(statistics) == before | {("a", "2026-11-02"): (1, 1)}
    await owner.execute("DROP TABLE rpa_execution_logs_y2026m10")
    await store.register("n", [Program("a", Path("/x"), node="n", timezone="Asia/Seoul")], NOW)
    await store.ensure_partitions(NOW)  # the month is made again, for the late one
    await settle(statistics)
    assert await by_day(statistics) == before | {("a", "2026-11-02"): (1, 1)}


async def test_writers_never_wait_for_one_another_nor_for_whoever_counts(statistics, owner_url, owner):
    other = await asyncpg.connect(owner_url, server_settings={"lock_timeout": "300"})
    open_one = owner.transaction()
    await open_one.start()
    await put(owner, "a", at(1))
    await put(other, "a", at(1))
    assert await settle(statistics) == 1
    assert await by_day(statistics) == {("a", "2026-11-01"): (1, 0)}
    await put(other, "a", at(1))
    async with other.transaction():
        await other.execute("LOCK TABLE run_stats_daily IN ACCESS EXCLUSIVE MODE")
        counting = asyncio.create_task(statistics.settle_some(NOW))
        async with asyncio.timeout(5):
            while not await owner.fetchval(
                "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            ):
                await asyncio.sleep(0.01)
        await put(owner, "a", at(1))
        assert not counting.done()
    await open_one.commit()
    await counting
    await settle(statistics)
    assert await by_day(statistics) == {("a", "2026-11-01"): (4, 0)}
    await other.close()


async def test_whoever_may_write_runs_needs_no_right_to_statistics(statistics, owner, postgres, database):
    await owner.execute(
        f"CREATE ROLE writer_{database} LOGIN;"
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON rpa_execution_logs TO writer_{database};"
        f"GRANT USAGE ON rpa_execution_logs_log_id_seq TO writer_{database}"
    )
    url = postgres.owner_url.replace("/batmon?", f"/{database}?").replace("user=batmon", f"user=writer_{database}")
    writer = await asyncpg.connect(url)
    await writer.execute("SET search_path = pg_temp, public")
    await put(writer, "a", at(1))
    await writer.execute("UPDATE rpa_execution_logs SET status = 'FAILED'")
    await put(writer, "a", at(2))
    await writer.execute("DELETE FROM rpa_execution_logs WHERE start_time >= $1", at(2))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await writer.execute("DELETE FROM run_stats_queue")
    await writer.close()
    await settle(statistics)
    assert await by_day(statistics) == {("a", "2026-11-01"): (0, 1)}
    await owner.execute(f"DROP OWNED BY writer_{database}; DROP ROLE writer_{database}")


async def test_times_and_names_beyond_reason_keep_nothing_from_being_counted(statistics, owner):
    for moment in ("infinity", "-infinity", "4714-11-25 00:00+00 BC", "294276-12-31 00:00+00", "12026-01-01 00:00+00"):
        await owner.execute(
            "INSERT INTO rpa_execution_logs (bot_name, task_name, status, start_time, end_time)"  # noqa: S608 - words of ours
            f" VALUES ('a', 't', 'OK', '{moment}', 'infinity')"
        )
    for name in ("a", "", "=1+1", "\x1b[31m", "ÄÖ'; DROP TABLE programs; --", "봇" * 50):
        await put(owner, name, at(1), end_time=at(1) - timedelta(days=3))
    await put(owner, "a", at(3), end_time=datetime(9999, 12, 31, tzinfo=UTC), processed_count=2_147_483_647)
    await owner.execute("UPDATE programs SET timezone = 'UTC'")
    await owner.execute(
        "INSERT INTO programs (name, node, title, base_dir, schedule, timezone, grace_sec, max_runtime_sec, scheduler,"
        " logs, rerun, configured, seen_at) VALUES ('äö', 'n', '', '', '{}', 'Nowhere/Land', 0, 0, '', '{}',"
        " '{}', true, now())"
    )
    await settle(statistics)
    found = await by_day(statistics)
    assert set(found.values()) == {(1, 0)}
    assert {name for name, _ in found} == {"a", "", "=1+1", "\x1b[31m", "ÄÖ'; DROP TABLE programs; --", "봇" * 50}
    (t,) = [one.totals for one in await statistics.days(Period(date(2026, 11, 3), date(2026, 11, 3)))]
    assert (t.processed, t.seconds) == (2_147_483_647, 1e9)


async def test_long_histories_are_counted_from_the_latest_day_back(statistics, owner):
    await owner.execute(
        "INSERT INTO rpa_execution_logs (bot_name, task_name, status, start_time)"
        " SELECT 'bot-' || b, 't', 'OK', timestamptz '2026-11-20 12:00+00' - d * interval '1 day'"
        " FROM generate_series(1, 3) AS b, generate_series(0, 399) AS d"
    )
    await owner.execute("DELETE FROM run_stats_queue")
    await owner.execute("INSERT INTO run_stats_queue (since, until) VALUES ('-infinity', 'infinity')")
    days = []
    while await statistics.settle_some(NOW):
        days.append([row["day"] for row in await owner.fetch("SELECT day FROM run_stats_daily ORDER BY day")])
        if len(days) == 3:
            waiting = await statistics.waiting()
            assert (waiting.marks, waiting.programs, waiting.every) == (0, 3, False)
            assert not await statistics.settled(None)
    some = next(found for found in days if found)
    assert len(some) == 31
    assert some[-1] == date(2026, 11, 20)
    assert len(days[-1]) == 1200
    assert await statistics.settled(None)


async def test_a_counter_that_is_killed_leaves_what_it_had_taken_to_the_next(statistics, owner, owner_url):
    await put(owner, "a", at(1))
    other = await asyncpg.connect(owner_url)
    async with other.transaction():
        await other.execute("LOCK TABLE run_stats_monthly IN ACCESS EXCLUSIVE MODE")
        counting = asyncio.create_task(statistics.settle_some(NOW))
        async with asyncio.timeout(5):
            while not await owner.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            ):
                await asyncio.sleep(0.01)
        with pytest.raises(StoreError):
            await counting
    assert await owner.fetchval("SELECT count(*) FROM run_stats_daily") == 0
    assert (await statistics.waiting()).marks == 1
    await settle(statistics)
    assert await by_day(statistics) == {("a", "2026-11-01"): (1, 0)}
    await other.close()


async def test_two_that_count_while_others_write_end_with_the_same(statistics, database_url, owner_url, owner):
    second = await Store.open(database_url, owner_url)
    writing = True

    async def count(counter):
        while writing or await counter.waiting():
            if not await counter.settle_some(NOW):
                await asyncio.sleep(0.001)

    async def write(number):
        writer = await asyncpg.connect(owner_url)
        for step in range(60):
            log_id = await put(writer, f"bot-{(number + step) % 3}", at(1 + step % 5), "RUNNING")
            await writer.execute(
                "UPDATE rpa_execution_logs SET status = 'OK', processed_count = 1 WHERE log_id = $1", log_id
            )
            if step % 7 == 0:
                await writer.execute("DELETE FROM rpa_execution_logs WHERE log_id = $1", log_id)
        await writer.close()

    counters = [asyncio.create_task(count(one)) for one in (statistics, Statistics(second))]
    await asyncio.gather(*(write(number) for number in range(4)))
    writing = False
    await asyncio.gather(*counters)
    expected = await owner.fetch(
        "SELECT bot_name, start_time::date::text, count(*) FROM rpa_execution_logs GROUP BY 1, 2"
    )
    assert await by_day(statistics) == {(bot, day): (n, 0) for bot, day, n in expected}
    assert sum(t.processed for t in (await statistics.totals(ALL)).values()) == 4 * (60 - 9)
    await second.close()


async def test_updates_stay_hot(owner):
    await owner.execute("SELECT pg_stat_reset()")
    log_id = await put(owner, "a", at(1), "RUNNING")
    await owner.execute(
        "UPDATE rpa_execution_logs SET status = 'SUCCESS', end_time = now(), duration_sec = 3 WHERE log_id = $1", log_id
    )
    await owner.execute("SELECT pg_stat_force_next_flush()")
    row = await owner.fetchrow(
        "SELECT sum(n_tup_upd) AS all, sum(n_tup_hot_upd) AS hot FROM pg_stat_user_tables"
        " WHERE relname LIKE 'rpa_execution_logs%'"
    )
    assert tuple(row) == (1, 1)


async def test_sql_and_python_mean_the_same(owner):
    words = [*model._STATUS_WORDS, " 완료\t", "ok\n", "Success", "kaputt", "", "완료?"]
    said = await owner.fetch("SELECT batmon_run_status(word) FROM unnest($1::text[]) AS word", words)
    assert [row[0] for row in said] == [model.run_status(word).value for word in words]
    times = [0.0, -5.0, 1e-9, 1e12, 1.0, 1.05, 20.0, 0.001, *(0.0013 * 1.37**n for n in range(90))]
    said = await owner.fetch("SELECT batmon_bucket(s) FROM unnest($1::float8[]) AS s", times)
    assert [row[0] for row in said] == [durations.bucket(seconds) for seconds in times]
    assert await owner.fetchval("SELECT batmon_bucket(NULL)") is None
    histogram = {-3: 2, 0: 1, 7: 5, 40: 2}
    for share in (0.0, 0.1, 0.2, 0.3, 0.5, 0.8, 0.95, 1.0):
        there = await owner.fetchval(
            "SELECT batmon_quantile($1::smallint[], $2::integer[], $3)",
            list(histogram),
            list(histogram.values()),
            share,
        )
        assert there == pytest.approx(durations.quantile(histogram, share))
    assert await owner.fetchval("SELECT batmon_quantile('{}', '{}', 0.5)") is None
