"""A year of 1,000 programs, 55 runs a day each, as each report: how long they take, and how much memory.

With ``BATMON_BENCH_RUNS`` the history itself is there too: so many runs of 500 programs, counted first (a quarter of an
hour for 20,000,000). ``BATMON_BENCH_KEEP`` names a folder that the database is kept in, and taken up from next time.
``BATMON_BENCH_CODE`` names another source root (``daemon`` of another version) that takes turns with this one.
"""

import asyncio
import json
import os
import sys
import time
from contextlib import suppress

import psutil

from tests.bench import report_plant
from tests.bench.figures import quantile, table, verdict

GOAL_SEC, GOAL_MB = 5.0, 300.0
ROUNDS = 3
LOOK_SEC = 0.05
MB = 1 << 20
REPORTS = (
    ("weekly_ops", ""), ("weekly_ops", "excel"), ("weekly_ops", "pdf"), ("monthly_sla", ""), ("monthly_sla", "excel"),
    ("monthly_sla", "pdf"), ("incident_rca", "pdf"), ("capacity_plan", "excel"), ("rpa_savings", "excel"),
    ("handover", "md"), ("batch_summary", "md"),
)  # fmt: skip
"""Templates, and the format that each is written in; without one it is only composed."""
FLOOR = ("floor", "")

_CHILD = """
import asyncio, json, resource, sys, time
from datetime import UTC, date, datetime
from batmon.engine.reports.making import Asked, ReportSettings, compose
from batmon.metrics.periods import Period
from batmon.report.render import render
from batmon.store import Store
from pathlib import Path

async def main(url, template, form, file):
    store = await Store.open(url)
    asked = Asked(template=template, period=Period(date(2025, 1, 1), date(2025, 12, 31)), timezone="Asia/Seoul",
                  now=datetime(2026, 1, 1, 3, tzinfo=UTC), data=form == "excel")
    began, cpu = time.perf_counter(), time.process_time()
    if template == "floor":
        async with store.connection() as connection:
            await connection.fetch("SELECT day, sum(succeeded), sum(failed) FROM run_stats_daily GROUP BY day")
        made = None
    else:
        made = await compose(store, ReportSettings(), asked)
    composed, cpu = time.perf_counter() - began, time.process_time() - cpu
    composed_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    await store.close()
    if form:
        render(made, form, Path(file))
    whole = time.perf_counter() - began
    said = {"composed": composed, "cpu": cpu, "composed_mb": composed_mb, "whole": whole,
            "process_cpu": time.process_time(), "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    print(json.dumps(said))

asyncio.run(main(*sys.argv[1:]))
"""


async def bench():
    """Have the year, then make each report of it in a process of its own, in turns."""
    async with report_plant.year() as (server, folder):
        codes = {"": ""} | ({"other": os.environ["BATMON_BENCH_CODE"]} if "BATMON_BENCH_CODE" in os.environ else {})
        found = {}
        await _made(server, "weekly_ops", "", folder / "file", "")  # what the disk has to be read for is read
        for number in range(ROUNDS):
            for report in (FLOOR, *REPORTS):
                for code in codes if number % 2 else reversed(codes):
                    took = await _made(server, *report, folder / "file", codes[code])
                    found.setdefault((*report, code), []).append(took)
        rows = [_row(*key, took) for key, took in found.items()]
        heads = (
            "report", "composed, s", "longest", "Python, s", "database, s", "<= 5 s", "MB", "a backend, MB",
            "<= 300 MB", "with its file, s", "MB", "whole process, s",
        )  # fmt: skip
        table(heads, rows)


def _row(template, form, code, took):
    middle = {name: quantile([one[name] for one in took], 0.5) for name in took[0]}
    longest = max(one["composed"] for one in took)
    return (
        " ".join(word for word in (template, form, code) if word),
        f"{middle['composed']:.2f}",
        f"{longest:.2f}",
        f"{middle['cpu']:.2f}",
        f"{middle['database']:.2f}",
        verdict(middle["composed"], GOAL_SEC),
        f"{middle['composed_mb']:.0f}",
        f"{middle['backend_mb']:.0f}",
        verdict(middle["mb"] + middle["backend_mb"], GOAL_MB),
        f"{middle['whole']:.2f}" if form else "",
        f"{middle['mb']:.0f}" if form else "",
        f"{middle['process']:.2f}",
    )


async def _made(server, template, form, file, code):
    """One report: seconds and memory."""
    environment = os.environ | ({"PYTHONPATH": os.pathsep.join((code, *sys.path))} if code else {})
    backends = _Backends(server.pid)
    began = time.perf_counter()
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _CHILD, server.url, template, form, str(file), stdout=asyncio.subprocess.PIPE,
        env=environment,
    )  # fmt: skip
    answer = asyncio.create_task(child.communicate())
    while not answer.done():
        backends.look()
        await asyncio.wait((answer,), timeout=LOOK_SEC)
    process, said = time.perf_counter() - began, (await answer)[0]
    if child.returncode:
        raise SystemExit(f"{template} could not be made")
    return json.loads(said) | {"process": process, "database": await backends.seconds(), "backend_mb": backends.mb}


class _Backends:
    """The server's processes: the most memory of its own that one of them had, and their processor time."""

    def __init__(self, pid):
        self._postmaster = psutil.Process(pid)
        self._before = {child.pid for child in self._postmaster.children()}
        self._ended = self._of_ended()
        self.mb = 0.0

    def look(self):
        for child in self._postmaster.children():
            with suppress(psutil.NoSuchProcess):
                if child.pid not in self._before:
                    info = child.memory_info()
                    self.mb = max(self.mb, (info.rss - info.shared) / MB)

    async def seconds(self):
        """Of those that came and went."""
        while any(child.pid not in self._before for child in self._postmaster.children()):
            await asyncio.sleep(0.01)
        return self._of_ended() - self._ended

    def _of_ended(self):
        times = self._postmaster.cpu_times()
        return times.children_user + times.children_system
