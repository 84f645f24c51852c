"""What statistics cost: whoever records, the count of a long history, and those who ask.

``BATMON_BENCH_RUNS`` (1,000,000 if it is not set) is how many runs the year has that is counted and asked. Where
``BATMON_BENCH_KEEP`` names a folder that the benchmark ``report`` keeps a year in, that year is asked, and no more.
"""

import asyncio
import json
import os
import resource
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import asyncpg
import psutil

from batmon.engine.statistics.rollup import Rollup, settle
from batmon.metrics.periods import Period
from batmon.places import record_address
from batmon.store import EmbeddedPostgres, Store
from batmon.store.statistics import Statistics
from tests.acceptance.installation import Installation
from tests.bench import report_plant
from tests.bench.figures import quantile, say, spread, table
from tests.bench.record import PGBENCH_CLIENTS, RECORDERS, loggers, ours, pgbench
from tests.bench.stats_plant import PROGRAMS, now, plant

ROUNDS = 5
TRIGGERS = ("batmon_runs_inserted", "batmon_runs_updated", "batmon_runs_deleted")
LAGS = 20
TIMES = 50
LIVE_RUNS = 5_000


async def bench():
    """Recording first, for it needs a daemon of its own."""
    if "BATMON_BENCH_KEEP" in os.environ:
        await kept()
        return
    await recording()
    await history(int(os.environ.get("BATMON_BENCH_RUNS", "1000000")))


async def recording():
    """Recorded runs a second without and with what notes that they changed, in turns."""
    home = Installation()
    try:
        await home.start()
        url = (await home.ask("doctor"))["database_url"]
        owner = await asyncpg.connect(url.replace("user=batmon_app", "user=batmon"))
        address = record_address(str(home.state))
        ways = {
            "document's logger, one program": lambda: loggers(url, 1),
            f"pgbench, {PGBENCH_CLIENTS} clients": lambda: pgbench(url),
            f"record socket, {RECORDERS} connections": lambda: ours(
                address, [], [], processes=1, connections=RECORDERS
            ),
        }
        rates = {name: ([], []) for name in ways}
        for number in range(ROUNDS):
            for noted in (False, True) if number % 2 else (True, False):
                for trigger in TRIGGERS:
                    verb = "ENABLE" if noted else "DISABLE"
                    await owner.execute(f"ALTER TABLE rpa_execution_logs {verb} TRIGGER {trigger}")
                for name, measure in ways.items():
                    rates[name][noted].append(await measure())
        await owner.close()
    finally:
        await home.remove()
    rows = []
    for name, (without, noted) in rates.items():
        one, other = quantile(without, 0.5), quantile(noted, 0.5)
        rows.append((name, f"{one:,.0f}", f"{other:,.0f}", f"{other / one:.2f}", f"{(1 / other - 1 / one) * 1e6:,.0f}"))
    table(("recorded runs a second", "without", "with statistics", "ratio", "µs a run"), rows)


async def history(runs):
    """A year of runs, counted from nothing, then asked."""
    with tempfile.TemporaryDirectory(prefix="bm-") as folder:
        server = await EmbeddedPostgres.start(Path(folder))
        try:
            store = await Store.open(server.url, server.owner_url)
            owner = await asyncpg.connect(server.owner_url)
            planted = await plant(owner, runs, now())
            say(f"\n{planted:,} runs of {PROGRAMS} programs over a year\n")
            statistics = Statistics(store)
            await counted(statistics, owner, planted)
            await live(statistics, owner)
            await lag(store, owner)
            await asked(owner, now())
            await owner.close()
            await store.close()
            await year(server.url, now())
        finally:
            await server.stop()


async def kept():
    """Ask the year that is there."""
    async with report_plant.year() as (server, _):
        owner = await asyncpg.connect(server.owner_url)
        await asked(owner, report_plant.NOW)
        await owner.close()
        await year(server.url, report_plant.NOW)


async def counted(statistics, owner, planted):
    """The whole year at full speed, while somebody records one run after the other."""
    steps, busy = [], []
    idle = [await recorded(owner) for _ in range(200)]
    stop = asyncio.Event()

    async def meanwhile():
        while not stop.is_set():
            busy.append(await recorded(owner))
            await asyncio.sleep(0.1)

    writer = asyncio.create_task(meanwhile())
    begun = time.perf_counter()
    while True:
        at = time.perf_counter()
        await statistics.settle_some(now())
        steps.append(time.perf_counter() - at)
        waiting = await statistics.waiting()
        if not waiting.programs and not waiting.every:  # those that are recorded meanwhile never end
            break
    took = time.perf_counter() - begun
    stop.set()
    await writer
    say(f"counted from nothing without a rest: {took:.1f} s, {planted / took:,.0f} runs a second, {len(steps)} steps\n")
    rows = [
        ("one step of counting", *spread(steps)),
        ("somebody records a run, nothing else", *spread(idle, 1)),
        ("somebody records a run meanwhile", *spread(busy, 1)),
    ]
    table(("milliseconds", "p50", "p95", "longest"), rows)


async def recorded(owner):
    """Seconds to record one run as others do, durably."""
    at = time.perf_counter()
    await owner.execute(
        "INSERT INTO rpa_execution_logs (bot_name, task_name, status, end_time) VALUES ('lag', 't', 'SUCCESS', now())"
    )
    return time.perf_counter() - at


async def live(statistics, owner):
    """What is changed now is counted at once."""
    await owner.execute(
        "INSERT INTO rpa_execution_logs (bot_name, task_name, status, end_time, duration_sec)"
        " SELECT 'bot-' || to_char(1 + n % 500, 'FM0000'), 't', 'SUCCESS', now() + interval '20 seconds', 20"
        " FROM generate_series(1, $1::integer) AS n",
        LIVE_RUNS,
    )
    at = time.perf_counter()
    assert await settle(statistics, now)
    took = time.perf_counter() - at
    say(f"\n{LIVE_RUNS:,} runs of {PROGRAMS} programs recorded today: counted in {took * 1000:.0f} ms")
    quiet = []
    for _ in range(TIMES):
        at = time.perf_counter()
        assert await settle(statistics, now)
        quiet.append(time.perf_counter() - at)
    say(f"settling when nothing has changed: {quantile(quiet, 0.5) * 1000:.1f} ms")


async def lag(store, owner):
    """From the commit of a run until it is in the table that everybody asks, with the daemon's task."""
    keeper = Rollup(Statistics(store), node="n", programs=dict, windows=(), now=now)
    task = asyncio.create_task(keeper.keep())
    lags = []
    for number in range(LAGS):
        await asyncio.sleep(0.37 * (number % 5))
        await owner.execute(
            "INSERT INTO rpa_execution_logs (bot_name, task_name, status) VALUES ($1, 't', 'OK')", f"lag-{number}"
        )
        at = time.perf_counter()
        while not await owner.fetchval("SELECT 1 FROM run_stats_daily WHERE program = $1", f"lag-{number}"):
            await asyncio.sleep(0.01)
        lags.append(time.perf_counter() - at)
    task.cancel()
    say(f"from commit to counted: p50 {quantile(lags, 0.5):.1f} s, longest {max(lags):.1f} s\n")


QUESTIONS = {
    "(the floor: nothing)": "SELECT 1",
    "runs of all programs, each of 30 days": "SELECT day, sum(runs), sum(succeeded), sum(missed) FROM v_run_daily"
    " WHERE day >= '{day}'::date - 30 GROUP BY day ORDER BY day",
    "one program, each of 90 days, p50 and p95": "SELECT day, runs, failed, p50_seconds, p95_seconds FROM v_run_daily"
    " WHERE program = 'bot-0007' AND day >= '{day}'::date - 90 ORDER BY day",
    "all programs, one month, availability": "SELECT program, runs, success_rate, availability FROM v_program_month"
    " WHERE month = date_trunc('month', '{day}'::date)",
    "all programs together, each month": "SELECT * FROM v_run_monthly ORDER BY month",
    "hours saved by bot, one month": "SELECT * FROM v_bot_savings_month"
    " WHERE month = date_trunc('month', '{day}'::date)",
    "the ten worst of one month": "SELECT program, failed, missed, success_rate FROM v_program_month"
    " WHERE month = date_trunc('month', '{day}'::date) ORDER BY success_rate LIMIT 10",
}


async def asked(owner, moment):
    """Questions of a dashboard, by the user's own SQL, beside one that asks for nothing."""
    day = (moment.replace(day=1) - timedelta(days=1)).date()
    backend = psutil.Process(owner.get_server_pid())
    rows = []
    for name, question in QUESTIONS.items():
        took, before = [], sum(backend.cpu_times()[:2])
        for _ in range(TIMES):
            at = time.perf_counter()
            await owner.fetch(question.format(day=day))
            took.append(time.perf_counter() - at)
        busy = (sum(backend.cpu_times()[:2]) - before) / TIMES * 1000
        rows.append((name, *spread(took, 1), f"{busy:.1f}", "met" if quantile(took, 0.5) <= 0.010 else "MISSED"))
    table(("a dashboard asks, ms", "p50", "p95", "longest", "processor, mean", "10 ms"), rows)


async def year(url, moment):
    """A year's figures in a process of its own: seconds and memory."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.statistics", url, moment.isoformat(), stdout=asyncio.subprocess.PIPE
    )
    said = json.loads((await process.communicate())[0])
    say("")
    table(("a year, in a process of its own", "s"), [(name, f"{took:.2f}") for name, took in said["seconds"].items()])
    say(f"\nlargest that it was: {said['mb']:.0f} MB, of which {said['before_mb']:.0f} before it asked")


async def ask_year(url, moment):
    """What a yearly report asks."""
    store = await Store.open(url)
    statistics = Statistics(store)
    end = moment.replace(day=1, tzinfo=UTC).date() - timedelta(days=1)
    whole = Period(date(end.year - 1, end.month, 1) + timedelta(days=31), end)
    some = Period(whole.start + timedelta(days=5), whole.end - timedelta(days=5))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = {}
    for name, question in (
        ("totals by program, whole months", lambda: statistics.totals(whole)),
        ("totals by program, from one day to another", lambda: statistics.totals(some)),
        ("totals by day", lambda: statistics.daily_totals(whole)),
        ("every day of every program, read in pages", lambda: _read(statistics, whole)),
    ):
        at = time.perf_counter()
        await question()
        seconds[name] = time.perf_counter() - at
    await store.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"seconds": seconds, "before_mb": before, "mb": peak}))


async def _read(statistics, period):
    days = 0
    async for page in statistics.pages(period):
        days += len(page)
    assert days > PROGRAMS
    return days


if __name__ == "__main__":
    asyncio.run(ask_year(sys.argv[1], datetime.fromisoformat(sys.argv[2])))
