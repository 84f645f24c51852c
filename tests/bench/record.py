"""Recorded runs a second, start and end each durable before the next step: the document's logger, pgbench, and ours.

All in one daemon's own Postgres, one after the other, on the same table with the same indexes and trigger.
"""

import asyncio
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg

from batmon.places import record_address
from batmon.record.spool import Spool
from batmon.store.binaries import find_binaries
from tests.acceptance.installation import Installation
from tests.bench.figures import quantile, say, table
from tests.bench.recorders import crowd, end_line, start_line
from tests.rpa_document import logger_at

SECONDS = 3.0
ROUNDS = 3
RECORDERS = 100
DRAINED = 50_000
"""Runs, each a start and an end."""
PGBENCH_CLIENTS = 20
AT_ONCE = 20
"""Loggers of the document at the same time: each opens a connection for each call, and the server has 40."""
SCRIPT = """\
INSERT INTO rpa_execution_logs (bot_name, task_name, status)
VALUES ('bench_' || (random() * 20)::int, 'Daily_Extraction', 'RUNNING') RETURNING log_id, start_time \\gset
UPDATE rpa_execution_logs SET status = 'SUCCESS', message = '100건 처리 완료', error_details = '',
    processed_count = 100, end_time = CURRENT_TIMESTAMP,
    duration_sec = EXTRACT(EPOCH FROM (CURRENT_TIMESTAMP - start_time))
WHERE log_id = :log_id AND start_time = :start_time;
"""
"""The document's two statements, each a transaction of its own; the start time spares pgbench the other months."""


async def bench():
    """Take turns, so that what else the machine does falls on all alike."""
    home = Installation()
    try:
        await home.start()
        url = (await home.ask("doctor"))["database_url"]
        address = record_address(str(home.state))
        figures = {}
        waits, acknowledged = [], []
        for _ in range(ROUNDS):
            for name, measure in (
                ("document's logger, one program", lambda: loggers(url, 1)),
                (f"document's logger, {AT_ONCE} programs", lambda: loggers(url, AT_ONCE)),
                (f"pgbench, {PGBENCH_CLIENTS} clients", lambda: pgbench(url)),
                (
                    f"record socket, {RECORDERS} connections",
                    lambda: ours(address, acknowledged, waits, processes=1, connections=RECORDERS),
                ),
                (
                    f"record socket, {RECORDERS} processes",
                    lambda: ours(address, acknowledged, [], processes=RECORDERS, connections=1),
                ),
            ):
                figures.setdefault(name, []).append(await measure())
        await all_there(url, acknowledged)
        report(figures, waits)
        say(f"\nout of the spool: {await drained(home)}")
        await asyncio.sleep(5.0)  # what was drained has been looked at
        say(f"one start by the socket -> its row painted on an attached board: {await to_the_board(home, address)}")
    finally:
        await home.remove()


async def loggers(url, count):
    """Runs a second of ``count`` programs with the document's logger."""
    logger = logger_at(url)
    until = time.perf_counter() + SECONDS

    def record(number):
        runs = 0
        while time.perf_counter() < until:
            log_id = logger.start_log(f"bench_{number}", "Daily_Extraction")
            logger.end_log(log_id, "SUCCESS", message="100건 처리 완료", processed_count=100)
            runs += 1
        return runs

    begun = time.perf_counter()
    with ThreadPoolExecutor(count) as pool:
        runs = await asyncio.gather(
            *(asyncio.get_running_loop().run_in_executor(pool, record, n) for n in range(count))
        )
    return sum(runs) / (time.perf_counter() - begun)


async def pgbench(url):
    """Transactions a second of the server's own benchmark; not announced, as ours are not."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "record.sql")
        script.write_text(SCRIPT, "utf-8")
        process = await asyncio.create_subprocess_exec(
            find_binaries().path("pgbench"), "-n", "-M", "prepared", "-c", str(PGBENCH_CLIENTS), "-j", "2",
            "-T", str(round(SECONDS)), "-f", script, url,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PGOPTIONS": "-c batmon.quiet=on -c synchronous_commit=on"},
        )  # fmt: skip
        out = (await process.communicate())[0].decode()
    return float(out.partition("tps = ")[2].split()[0])


async def ours(address, acknowledged, waits, **crowded):
    """Runs a second by the record socket."""
    runs, seconds, heard = await crowd(address, SECONDS, **crowded)
    acknowledged.append(runs)
    waits += heard
    return runs / seconds


async def all_there(url, acknowledged):
    """Every run that was acknowledged is in the table once, and has ended."""
    connection = await asyncpg.connect(url)
    rows, ids, open_rows = await connection.fetchrow(
        "SELECT count(*), count(DISTINCT run_id), count(*) FILTER (WHERE end_time IS NULL) FROM rpa_execution_logs"
        " WHERE bot_name LIKE 'bench%'"
    )
    await connection.close()
    say(f"{rows:,} rows, {rows - ids} double, {open_rows} not ended; the socket acknowledged {sum(acknowledged):,}\n")
    assert rows == ids
    assert rows >= sum(acknowledged)


def report(figures, waits):
    """The table and the goals."""
    middle = {name: quantile(rates, 0.5) for name, rates in figures.items()}
    first = middle["document's logger, one program"]
    rows = [
        (name, f"{min(rates):,.0f}", f"{middle[name]:,.0f}", f"{max(rates):,.0f}", f"{middle[name] / first:.1f} ×")
        for name, rates in figures.items()
    ]
    table(("recorded runs a second", "least", "median", "most", "of the logger"), rows)
    mine = middle[f"record socket, {RECORDERS} connections"]
    base = middle[f"pgbench, {PGBENCH_CLIENTS} clients"]
    say(f"\nan answer of the socket, {RECORDERS} connections: p50 {quantile(waits, 0.5) * 1000:.1f} ms,")
    say(f"p99 {quantile(waits, 0.99) * 1000:.1f} ms, p99.9 {quantile(waits, 0.999) * 1000:.1f} ms")
    say(f"100 × the document's logger: {mine / first:.0f} × ({'met' if mine >= 100 * first else 'MISSED'})")
    say(f"1 × pgbench: {mine / base:.2f} × ({'met' if mine >= base else 'MISSED'})")


async def drained(home):
    """Operations a second out of a spool, while the daemon goes on with everything else."""
    spool = Spool(home.state / "spool")
    moment, words = datetime.now(UTC).isoformat(), []
    for _ in range(DRAINED):
        run_id = uuid4()
        words += [start_line(0, run_id, "spooled", moment), end_line(0, run_id, "spooled", moment, moment)]
    begun = time.perf_counter()
    for place in range(0, len(words), 1000):
        await asyncio.to_thread(spool.put, [word.decode() for word in words[place : place + 1000]])
    while await asyncio.to_thread(spool.waiting_count):
        await asyncio.sleep(0.05)
    seconds = time.perf_counter() - begun
    spool.close()
    return (
        f"{len(words):,} operations in {seconds:.1f} s, {len(words) / seconds:,.0f} a second, being spooled meanwhile"
    )


async def to_the_board(home, address):
    """Milliseconds from writing a start to the frame that shows the run as running, p50 and the longest of some."""
    taken = []
    async with home.client() as client, client.stream("watch") as frames:
        await anext(aiter(frames))
        for number in range(20):
            recorder = (await asyncio.open_unix_connection(address))[1]
            run_id, moment = f"{number:08d}-0000-4000-8000-000000000000", datetime.now(UTC).isoformat()
            at = time.perf_counter()
            recorder.write(start_line(1, run_id, "bench_0", moment))
            async for frame in frames:
                if any((row["running"] or {}).get("run_id") == run_id for row in frame.get("rows", ())):
                    break
            taken.append(time.perf_counter() - at)
            recorder.write(end_line(2, run_id, "bench_0", moment, datetime.now(UTC).isoformat()))
            recorder.close()
            await asyncio.sleep(0.5)
    return f"p50 {quantile(taken, 0.5) * 1000:.0f} ms, longest {max(taken) * 1000:.0f} ms"
