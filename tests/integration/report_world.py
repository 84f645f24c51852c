"""Reports of one database: the parts of daemons that make them by themselves, at a clock that the test holds."""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg

from batmon.config import load
from batmon.engine.automations.automations import Automations
from batmon.engine.automations.room import house_of
from batmon.engine.reports.making import report_settings
from batmon.engine.reports.reporting import Reporting
from batmon.engine.reports.room import templates_of
from batmon.engine.reports.schedules import ReportSchedules
from batmon.engine.reports.step import make_report
from batmon.engine.reports.wanted import Usual
from batmon.engine.statistics.rollup import settle
from batmon.engine.tasks import Tasks
from batmon.store.reports import Reports
from batmon.store.statistics import Statistics

PATIENCE_SEC = 30.0
HEAD = """
[node]
name = "{node}"
timezone = "Asia/Seoul"
[ui]
language = "ko"
[ssh]
enabled = false
[email]
host = "localhost"
security = "none"
sender = "batmon@example.com"
admins = ["ops@example.com"]
[[probes]]
name = "none"
kind = "automations"
enabled = false
"""
BROKEN = """
title = "Broken"
formats = ["md"]
span = "week"
[[sections]]
title = "nothing"
sql = "SELECT * FROM there_is_no_such_table"
"""


@dataclass
class Node:
    """The parts of one daemon."""

    name: str
    config: Any
    reporting: Reporting
    automations: Automations
    schedules: ReportSchedules
    tasks: Tasks


class ReportWorld:
    """One database, a folder and a clock."""

    def __init__(self, folder, store, url, owner_url):
        self.folder = Path(folder)
        self.store = store
        self.url = url
        self.owner_url = owner_url
        self.records = Reports(store)
        self.at = datetime.now(UTC)
        (self.folder / "reports").mkdir(exist_ok=True)
        (self.folder / "reports" / "broken.toml").write_text(BROKEN, "utf-8")

    def clock(self):
        return self.at

    def set(self, text):
        """Set the clock."""
        self.at = datetime.fromisoformat(text).astimezone(UTC)

    @asynccontextmanager
    async def node(self, name="here", tables="", **limits):
        """A daemon's parts, up and down again."""
        path = self.folder / f"{name}.toml"
        path.write_text(HEAD.format(node=name) + tables, "utf-8")
        config = load(path, {"BATMON_STATE": str(self.folder / f"state-{name}")})
        config.state.mkdir(exist_ok=True)
        reporting = Reporting(
            self.records,
            state=config.state,
            settings=partial(report_settings, config),
            kept_for=config.reports.keep,
            templates=lambda: templates_of(config),
            usual=lambda: Usual("ko", "Asia/Seoul", name),
            url=lambda: self.url,
            settled=self._settled,
            now=self.clock,
            **limits,
        )
        house = house_of(
            config, self.store, dump_url=lambda: self.owner_url, now=self.clock, report=partial(make_report, reporting)
        )
        automations = Automations(config.automations, self.store, node=name, now=self.clock, house=house)
        schedules = ReportSchedules(
            self.records, automations, reporting, watch=partial(asyncio.sleep, 0), now=self.clock
        )
        tasks = Tasks()
        await reporting.recover()
        await schedules.follow()
        await automations.start(tasks)
        try:
            yield Node(name, config, reporting, automations, schedules, tasks)
        finally:
            reporting.stop()
            await automations.stop()
            await tasks.stop()

    async def _settled(self):
        await settle(Statistics(self.store), self.clock)

    async def fetch(self, sql, *values):
        """Rows as dicts."""
        connection = await asyncpg.connect(self.owner_url)
        try:
            return [dict(row) for row in await connection.fetch(sql, *values)]
        finally:
            await connection.close()

    async def until(self, wanted, sql, *values):
        """Wait until ``wanted(rows)`` is true; the rows."""
        rows = []
        try:
            async with asyncio.timeout(PATIENCE_SEC):
                while True:
                    rows = await self.fetch(sql, *values)
                    if wanted(rows):
                        return rows
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"the rows are {rows}") from None

    async def executions(self, wanted):
        """The rows of ``automation_logs`` once ``wanted(rows)``, their attempts read."""
        rows = await self.until(wanted, "SELECT * FROM automation_logs ORDER BY id")
        return [row | {"attempts": json.loads(row["attempts"])} for row in rows]


def ended(rows):
    """Whether there are executions and none is left."""
    return bool(rows) and not {row["status"] for row in rows} & {"queued", "running"}
