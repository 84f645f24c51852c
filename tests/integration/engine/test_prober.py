"""The prober on a real database, looking at real servers: rows, verdicts, incidents, restarts, a thousand at once."""

import asyncio
import contextlib
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest_asyncio
from aiohttp import web

from batmon.config import Config
from batmon.config.probe_targets import (
    AutomationsTarget,
    DatabaseTarget,
    HttpTarget,
    MachineTarget,
    MailTarget,
    TcpTarget,
)
from batmon.config.probes import Probe
from batmon.config.secrets import Secret
from batmon.engine.board import Board
from batmon.engine.incidents.alerting import Alerting
from batmon.engine.probes.looks import Looks
from batmon.engine.probes.prober import Prober
from batmon.engine.probes.times import first_look, next_look
from batmon.engine.tasks import Tasks
from batmon.judge.probe import Rule
from batmon.model import Program
from batmon.store import EmbeddedPostgres, Store
from batmon.store.probes import Probes

BOUND = 20.0
SECOND = timedelta(seconds=1)


class Site:
    """An HTTP server that answers as it is told: a status, after some seconds."""

    def __init__(self):
        self.status, self.seconds = 200, 0.0

    async def answer(self, _request):
        await asyncio.sleep(self.seconds)
        return web.Response(status=self.status)


@pytest_asyncio.fixture
async def site():
    made = Site()
    app = web.Application()
    app.router.add_get("/", made.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield made
    await runner.cleanup()


def made(name, kind, target, *, every=0.2, timeout=5.0, keep=timedelta(days=1), program=None, **rule):
    own = Program(name, Path(), node="n", timezone="Asia/Seoul", logs=(), probe=True, **(program or {}))
    return Probe(own, Rule(kind, every * SECOND, timeout * SECOND, **rule), target, keep)


def http(url, **more):
    more = {"warn": 4.0, "unit": "s", **more}
    return made(more.pop("name", "api"), "http", HttpTarget(Secret(url)), **more)


class World:
    """A prober at work, and the board that it shows its rows on."""

    def __init__(self, store, probes, now, url=""):
        self.store, self.probes, self.board, self.tasks = store, probes, Board(), Tasks()
        alerting = Alerting(Config(state=Path(), node="n"), [probe.program for probe in probes])
        looks = Looks(Probes(store), url=url, automations=(), since=now())
        self.prober = Prober(
            probes, store=store, board=self.board, looks=looks, tasks=self.tasks, alerting=alerting, node="n", now=now
        )
        alerting.showing.append(self.prober.show)

    async def until(self, name, wanted):
        """The row of a probe once it is as wanted."""
        subscription = self.board.subscribe()
        async with asyncio.timeout(BOUND):
            while not wanted(row := self.board.rows[name]):
                await subscription.take()
        self.board.unsubscribe(subscription)
        return row


def utc_now():
    return datetime.now(UTC)


@contextlib.asynccontextmanager
async def probing(store, *probes, now=utc_now, url=""):
    world = World(store, probes, now, url)
    states = await store.register("n", [probe.program for probe in probes], now())
    await world.prober.watch(states)
    world.tasks.keep("probes", world.prober.keep())
    world.tasks.keep("sweep", world.prober.sweep())
    try:
        yield world
    finally:
        await world.tasks.stop()


def ok(row):
    return row["status"] == "OK"


def bad(row):
    return row["status"] == "ERROR"


async def test_an_api_gets_slow_fails_and_recovers(store, site):
    async with probing(store, http(site.url, warn=0.3)) as world:
        first = world.board.rows["api"]
        assert (first["status"], first["facts"]) == ("UNKNOWN", {"cause": "not_looked"})
        well = await world.until("api", ok)
        assert (well["probe"], well["reason"]) == ("http", "in_limits")
        assert well["last_run"]["origin"] == "probe"
        assert 0 < well["last_run"]["duration_sec"] < 0.3
        site.seconds = 0.5
        slow = await world.until("api", lambda row: row["status"] == "WARNING")
        assert (slow["reason"], slow["facts"]["limit"]) == ("over_limit", 0.3)
        assert slow["facts"]["value"] > 0.5
        site.seconds, site.status = 0.0, 500
        failed = await world.until("api", bad)
        assert (failed["reason"], failed["facts"]["fault"]) == ("probe_failed", "status")
        assert failed["incident"]["state"] == "open"
        site.status = 200
        again = await world.until("api", lambda row: ok(row) and row["incident"] is None)
        assert again["strip"][-1][0] == "SUCCESS"
        assert "FAILED" in [word for word, _ in again["strip"]]
    (incident,) = await store.incidents("api")
    assert incident["resolved_at"] is not None
    assert {verdict["status"] for verdict in await store.verdicts("api")} == {"OK", "WARNING", "ERROR"}
    page = await Probes(store).page("api", 500)
    assert [sample.at for sample in page] == sorted((sample.at for sample in page), reverse=True)
    assert any(sample.fault == "status" for sample in page)
    assert await store.recent_runs("api") == []  # no run was ever recorded


async def test_an_incident_waits_for_as_many_failures_as_it_is_told(store, site):
    site.status = 500
    async with probing(store, http(site.url, program={"alert_after": 3})) as world:
        first = await world.until("api", bad)
        assert (first["facts"]["failures"], first["incident"]) == (1, None)
        third = await world.until("api", lambda row: row["facts"].get("failures", 0) >= 3 and row["incident"])
        assert third["incident"]["state"] == "open"


async def test_one_that_hangs_holds_up_no_other(store, site):
    async def silent(reader, writer):
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    hanging = [
        made(f"hangs-{number}", "tcp", TcpTarget("127.0.0.1", port, expect="220"), timeout=4.0) for number in range(50)
    ]
    try:
        async with probing(store, http(site.url), *hanging) as world:
            await world.until("api", lambda row: len(row["strip"]) >= 3)
            assert {world.board.rows[probe.name]["status"] for probe in hanging} == {"UNKNOWN"}  # all of them hang yet
            for probe in hanging:
                row = await world.until(probe.name, bad)
                assert row["facts"]["fault"] == "timeout"
    finally:
        server.close()


async def test_a_look_that_breaks_is_unknown_and_breaks_no_other(store, site, monkeypatch):
    broken = made("broken", "cpu", MachineTarget(), unit="%", warn=90.0)

    def look_of(_probe):
        async def look(_now):
            raise ZeroDivisionError

        return look

    monkeypatch.setitem(__import__("batmon.evidence.probes", fromlist=["LOOKS"]).LOOKS, "cpu", look_of)
    async with probing(store, broken, http(site.url)) as world:
        row = await world.until("broken", lambda row: row["reason"] == "not_probed")
        assert (row["status"], row["facts"]["detail"]) == ("UNKNOWN", "ZeroDivisionError")
        await world.until("api", ok)


async def test_a_restart_goes_on_where_it_was(store, site):
    probe = http(site.url, every=3600.0)
    async with probing(store, probe) as world:
        before = await world.until("api", ok)
    site.status = 500
    async with probing(store, probe) as world:
        doubted = world.board.rows["api"]
        assert (doubted["status"], doubted["facts"]["cause"]) == ("UNKNOWN", "not_looked")
        assert doubted["strip"] == before["strip"]
        failed = await world.until("api", bad)
        assert [word for word, _ in failed["strip"]] == ["SUCCESS", "FAILED"]


async def test_a_look_can_be_asked_for(store, site):
    async with probing(store, http(site.url, every=3600.0)) as world:
        await world.until("api", ok)
        site.status = 503
        row = await world.prober.look_now("api")
        assert (row["status"], row["facts"]["detail"]) == ("ERROR", "503 Service Unavailable")


async def test_what_is_no_probe_any_more_is_a_program(store):
    probe = made("p", "cpu", MachineTarget(), unit="%")
    now = utc_now()
    await store.register("n", [probe.program], now)
    kept = Probes(store)
    await kept.register("n", {"p": "cpu"})
    async with store.connection() as connection:
        assert await connection.fetchval("SELECT probe FROM programs WHERE name = 'p'") == "cpu"
        await connection.execute(
            "INSERT INTO probe_samples (program, at, node, status, unit, seconds) VALUES ('p', now(), '', 'OK', '%', 0)"
        )
        await kept.register("n", {})
        assert await connection.fetchval("SELECT probe FROM programs WHERE name = 'p'") is None
        assert await connection.fetchval("SELECT count(*) FROM probe_samples") == 0


async def test_old_looks_are_forgotten(store, site):
    clock = Clock()
    probe = http(site.url, every=24 * 3600.0, keep=timedelta(hours=1))
    async with probing(store, probe, now=clock) as world:
        await world.until("api", ok)
        for _ in range(3):
            await world.prober.look_now("api")
        clock.ahead = timedelta(hours=2)
        latest = await world.prober.look_now("api")
        await world.prober._prune()
        left = await Probes(store).page("api", 100)
        assert [one.at.isoformat() for one in left] == [latest["last_run"]["start_time"]]


# -- what BATMON's own database tells


async def test_mails_that_fail(store):
    probe = made("mail", "mail", MailTarget(window=timedelta(hours=1), minimum=10), every=3600.0, unit="%", warn=10.0)
    async with probing(store, probe) as world, store.connection() as connection:
        few = await world.until("mail", ok)
        assert few["facts"]["total"] == 0
        insert = """INSERT INTO email_logs (recipient_email, status, sent_at)
            SELECT 'a@b.c', $1, $2 FROM generate_series(1, $3)"""
        await connection.execute(insert, "sent", utc_now(), 9)
        await connection.execute(insert, "failed", utc_now() - timedelta(hours=2), 50)  # too long ago
        await connection.execute(insert, "failed", utc_now(), 1)
        assert (await world.prober.look_now("mail"))["status"] == "OK"  # exactly 10 % is not more than 10 %
        await connection.execute(insert, "failed", utc_now(), 1)
        row = await world.prober.look_now("mail")
        assert (row["status"], row["reason"]) == ("WARNING", "over_limit")
        assert (row["facts"]["failed"], row["facts"]["total"]) == (2, 11)
        assert row["incident"]["state"] == "open"  # a probe's warning is told too


async def test_automations_that_fail(store):
    probe = made("jobs", "automations", AutomationsTarget(), every=3600.0, crit=0.0)
    async with probing(store, probe) as world, store.connection() as connection:
        await world.until("jobs", ok)
        await connection.execute("INSERT INTO automation_state (job_name, nodes) VALUES ('daily_stats', '{n}')")
        ended = "INSERT INTO automation_logs (job_name, status, error_message) VALUES ('daily_stats', $1, $2)"
        await connection.execute(ended, "failed", "relation does not exist\nLINE 1")
        row = await world.prober.look_now("jobs")
        assert (row["status"], row["facts"]["detail"]) == ("ERROR", "daily_stats (relation does not exist)")
        await connection.execute(ended, "success", None)
        assert (await world.prober.look_now("jobs"))["status"] == "OK"


async def test_a_database_that_answers_refuses_and_is_stopped(store, database_url, tmp_path):
    def probe(name, url, query="SELECT 1", **more):
        secret = None if url is None else Secret(url)
        return made(name, "database", DatabaseTarget(secret, query), every=3600.0, unit="s", warn=2.0, **more)

    other = await EmbeddedPostgres.start(tmp_path / "other")
    probes = [
        probe("own", None), probe("other", other.url), probe("wrong", database_url, "SELECT * FROM nothing"),
        probe("slow", database_url, "SELECT pg_sleep(30)", timeout=0.5),
        probe("writes", database_url, "DELETE FROM programs"),
        probe("login", database_url.replace("batmon_app", "nobody_here")),
    ]  # fmt: skip
    try:
        async with probing(store, *probes, url=database_url) as world:
            assert (await world.until("own", ok))["last_run"]["duration_sec"] > 0
            await world.until("other", ok)
            for name, fault in (("wrong", "query"), ("slow", "timeout"), ("writes", "query"), ("login", "login")):
                row = await world.until(name, bad)
                assert row["facts"]["fault"] == fault, row["facts"]
            await other.stop()
            stopped = await world.prober.look_now("other")
            assert (stopped["status"], stopped["facts"]["fault"]) == ("ERROR", "refused")
    finally:
        await other.stop()


async def test_what_was_found_while_the_database_was_away_is_kept(site, tmp_path):
    server = await EmbeddedPostgres.start(tmp_path / "own")
    store = await Store.open(server.url, server.owner_url)
    servers = [server]
    try:
        await _found_while_away(store, site, servers, tmp_path / "own")
    finally:
        await store.close()
        await servers[-1].stop()


async def _found_while_away(store, site, servers, state):
    async with probing(store, http(site.url)) as world:
        await world.until("api", ok)
        await servers[-1].stop()
        site.status = 500
        held = world.prober._held["api"]
        async with asyncio.timeout(BOUND):
            while sum(sample.fault != "" for sample in held.unsaved) < 3:
                await asyncio.sleep(0.05)
        since = held.unsaved[0].at
        servers.append(await EmbeddedPostgres.start(state))
        row = await world.until("api", bad)
        assert row["facts"]["failures"] >= 3
        kept = await Probes(store).page("api", 500)
        assert since in [sample.at for sample in kept]


# -- time


class Clock:
    """A clock that can be put forward."""

    def __init__(self):
        self.ahead = timedelta(0)

    def __call__(self):
        return datetime.now(UTC) + self.ahead


async def test_after_a_sleep_of_the_machine_looks_are_spread_and_nothing_is_stale(store, site):
    clock = Clock()
    probes = [http(site.url, name=f"api-{number}", every=2.0) for number in range(100)]
    async with probing(store, *probes, now=clock) as world:
        for probe in probes:
            await world.until(probe.name, ok)
        clock.ahead = timedelta(hours=3)
        woken = clock()
        world.prober._scheduler._earlier.set()  # the scheduler wakes up at the latest after its longest sleep
        for probe in probes:
            await world.until(
                probe.name, lambda row: ok(row) and datetime.fromisoformat(row["last_run"]["start_time"]) >= woken
            )
        statuses = {verdict["status"] for probe in probes for verdict in await store.verdicts(probe.name)}
        assert statuses == {"OK"}
        looks = [sample.at for probe in probes for sample in await Probes(store).page(probe.name, 50)]
        starts = sorted(at for at in looks if at >= woken)
        first = [at for at in starts if at - starts[0] < timedelta(seconds=0.5)]
        assert len(first) < 60  # of a hundred that were due at once


def test_beats_are_spread_evenly_and_kept():
    now = datetime(2026, 3, 4, 12, 0, 7, tzinfo=UTC)
    every = timedelta(minutes=1)
    firsts = [first_look(f"p{number}", every, 1000, now) - now for number in range(1000)]
    assert timedelta(0) <= min(firsts) < max(firsts) <= timedelta(seconds=20)
    beats = [next_look(f"p{number}", every, now, now) for number in range(1000)]
    seconds = [(beat - now).total_seconds() for beat in beats]
    for start in range(30, 90, 6):
        assert 60 < sum(start <= second < start + 6 for second in seconds) < 140  # a hundred in each tenth
    beat = next_look("p", every, now, now)
    assert next_look("p", every, beat, beat + SECOND) == beat + every
    assert next_look("p", every, beat, beat + 3.5 * every) - beat == 4 * every  # what passed meanwhile is left out
    assert next_look("p", every, beat, beat - timedelta(hours=1)) == beat + every  # a clock that was put back


async def test_hundreds_of_probes_leave_the_loop_to_others(store):
    async def taken(_reader, writer):
        writer.close()

    server = await asyncio.start_server(taken, "127.0.0.1", 0, backlog=1024)
    port = server.sockets[0].getsockname()[1]
    probes = [made(f"port-{number}", "tcp", TcpTarget("127.0.0.1", port), every=30.0) for number in range(200)]
    stalls = []

    async def watch_the_loop():
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(0.005)
            stalls.append(time.perf_counter() - begun - 0.005)

    watching = asyncio.create_task(watch_the_loop())
    try:
        async with probing(store, *probes) as world:
            async with asyncio.timeout(60):
                await world.prober.ready.wait()
            assert all(ok(row) for row in world.board.rows.values())
    finally:
        watching.cancel()
        server.close()
    assert sorted(stalls)[len(stalls) // 2] < 0.02  # tests/bench/probes.py has the figures of a calm machine
