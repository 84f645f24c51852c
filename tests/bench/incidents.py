"""Figures of incidents with 1,000 programs: what a question costs at any history, and what an incident costs."""

import tempfile
import time
from datetime import timedelta
from pathlib import Path

import asyncpg

from batmon.metrics.periods import Period
from batmon.store import EmbeddedPostgres, Store
from batmon.store.incident_figures import IncidentFigures
from tests.bench.figures import say, spread, table
from tests.bench.stats_plant import now

SIZES = (1_000, 10_000, 100_000)
"""Incidents over a year."""
TIMES = 15
ZONE = "Asia/Seoul"
PLANT = """
    INSERT INTO incidents (program, reason, severity, opened_at, begun_at, resolved_at, acknowledged_at, first_verdict,
        last_verdict)
    SELECT 'program ' || n % 1000, 'failed', CASE WHEN n % 3 = 0 THEN 'WARNING' ELSE 'ERROR' END, at, at,
        at + interval '37 minutes' * (1 + n % 7), at + interval '1 minute', 1, 1
    FROM (SELECT n, $1::timestamptz - interval '365 days' * (1 - (n - 1)::float8 / $2::float8) AS at
        FROM generate_series(1, $2::integer) AS n) AS made
"""


async def bench():
    """Each size in a database of its own."""
    rows = []
    for size in SIZES:
        with tempfile.TemporaryDirectory(prefix="bm-") as folder:
            server = await EmbeddedPostgres.start(Path(folder))
            try:
                store = await Store.open(server.url, server.owner_url)
                rows += [(f"{size:,}", *row) for row in await asked(store, server.owner_url, size)]
                await store.close()
            finally:
                await server.stop()
    say("\nmilliseconds\n")
    table(("incidents a year", "question", "p50", "p95", "max"), rows)


async def asked(store, owner_url, size):
    """Rows of the table for one size."""
    at = now()
    owner = await asyncpg.connect(owner_url)
    begun = time.perf_counter()
    await owner.execute(PLANT, at, size)
    say(f"{size:,} incidents: {(time.perf_counter() - begun) / size * 1e6:.0f} us to insert each")
    await owner.execute("ANALYZE incidents")
    await owner.close()
    figures, today = IncidentFigures(store), at.date()
    month, year = Period(today - timedelta(days=29), today), Period(today - timedelta(days=364), today)
    questions = {
        "a month, by program": lambda: figures.totals(month.moments(ZONE)[0], at),
        "a month a year ago, by program": lambda: figures.totals(at - timedelta(days=360), at - timedelta(days=330)),
        "a month, together": lambda: figures.overall(month.moments(ZONE)[0], at),
        "a month of one program, by day": lambda: figures.by_day(month, ZONE, at, ["program 7"]),
        "a year, by month": lambda: figures.by_month(year, ZONE, at),
    }
    rows = []
    for name, question in questions.items():
        took = []
        for _ in range(TIMES):
            begun = time.perf_counter()
            await question()
            took.append(time.perf_counter() - begun)
        rows.append((name, *spread(took[1:], 1)))
    return rows
