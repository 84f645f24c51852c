"""A backtest of a year of runs, one every five minutes, over the gate's own answer; how late the loop is meanwhile."""

import asyncio
import random
import tempfile
import time
import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from batmon.engine.incidents.backtest_answers import BacktestAnswers
from batmon.judge.baseline import question, usual
from batmon.model import Program, Run, RunStatus
from batmon.store import EmbeddedPostgres, Store
from batmon.store.history import History
from tests.bench.figures import quantile, say, spread, table

DAYS = 365 + 84
EVERY = timedelta(minutes=5)
LOOKS = 60
MAIL = Program("mail", Path(), ("*/5 * * * *",), grace=timedelta(minutes=3), max_runtime=timedelta(minutes=4))


def year(now):
    """The runs of a year and a quarter; one in a hundred fails, one in 500 is missing."""
    source = random.Random(1)  # noqa: S311 - no secret
    start = datetime.fromtimestamp(now.timestamp() // 300 * 300, UTC) - timedelta(days=DAYS)
    for number in range(DAYS * 288):
        if source.random() < 0.002:
            continue
        began = start + number * EVERY + timedelta(seconds=2)
        took = timedelta(seconds=round(source.lognormvariate(3, 0.3)))
        yield Run(
            run_id=uuid.uuid4(), program="mail", start_time=began, end_time=began + took,
            status=RunStatus.FAILED if source.random() < 0.01 else RunStatus.SUCCESS,
            processed_count=round(source.lognormvariate(3, 0.5)),
        )  # fmt: skip


async def lateness(late):
    """Add to ``late`` by how much each sleep of 5 ms was too long, in seconds, until cancelled."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0.005)
        late.append(time.perf_counter() - began - 0.005)


async def meanwhile(work):
    """What ``work`` gave, how long it took, and how late the loop was."""
    late = []
    watch = asyncio.create_task(lateness(late))
    began = time.perf_counter()
    found = await work
    took = time.perf_counter() - began
    watch.cancel()
    with suppress(asyncio.CancelledError):
        await watch
    return found, took, late


async def bench():
    """Print the table."""
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        server = await EmbeddedPostgres.start(Path(folder))
        try:
            store = await Store.open(server.url, server.owner_url)
            runs = list(year(now))
            await store.put_runs(runs, ())
            history = History(store)
            answers = BacktestAnswers(
                programs=lambda: {"mail": MAIL}, calendars=(), url=lambda: server.url, now=lambda: now
            )
            _, _, idle = await meanwhile(asyncio.sleep(3))
            asked = {"program": "mail", "since": (now - timedelta(days=365)).isoformat(), "alert_after": 2}
            found, took, late = await meanwhile(answers.backtest(None, asked))
            good = next(run for run in reversed(runs) if run.status is RunStatus.SUCCESS)
            looks, recent = [], []
            for _ in range(LOOKS):
                began = time.perf_counter()
                asked_of = question(MAIL, good)
                usual(asked_of, await history.successes("mail", asked_of.windows))
                looks.append(time.perf_counter() - began)
                began = time.perf_counter()
                await store.recent_runs("mail", 60)
                recent.append(time.perf_counter() - began)
            await store.close()
        finally:
            await server.stop()
    say(
        f"{found['runs']:,} runs and {found['slots']:,} due times replayed with two rules in {took:.1f} s:"
        f" fired {found['present']['fired']:,} times, changed {found['changed']['fired']:,}\n"
    )
    rows = [
        ("loop late, nothing to do", len(idle), *spread(idle, 1)),
        ("loop late during the backtest", len(late), *spread(late, 1)),
        ("what is usual for one run", len(looks), *spread(looks, 1)),
        ("the 60 latest runs, which every judgement reads", len(recent), *spread(recent, 1)),
    ]
    table(("ms", "n", "p50", "p95", "max"), rows)
    say(f"\np99 of the loop during the backtest: {quantile(late, 0.99) * 1000:.1f} ms")
