"""Automations of a configuration, run by the real engine on a real database, at a clock that the test holds."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from batmon.config import load
from batmon.engine.automations.automations import Automations
from batmon.engine.automations.room import house_of
from batmon.engine.tasks import Tasks

PATIENCE_SEC = 30.0
HEAD = '[node]\nname = "here"\ntimezone = "Asia/Seoul"\n[ui]\nlanguage = "ko"\n[ssh]\nenabled = false\n'
UNWATCHED = '[[probes]]\nname = "none"\nkind = "automations"\nenabled = false\n'
"""No probe looks after automations: they tell of their failures themselves."""
MAIL = '[email]\nhost = "localhost"\nsecurity = "none"\nsender = "batmon@example.com"\nadmins = ["ops@example.com"]\n'


class Clock:
    """A clock that stands until somebody sets it."""

    def __init__(self, at):
        self.at = datetime.fromisoformat(at).astimezone(UTC)

    def __call__(self):
        return self.at


class World:
    """One database, and what stands in it."""

    def __init__(self, folder, store, url, owner_url, clock=None):
        self.folder = Path(folder)
        self.store = store
        self.url = url
        self.owner_url = owner_url
        self.clock = clock or (lambda: datetime.now(UTC))
        self.watched = False

    def config(self, tables, node="here"):
        """The configuration that these tables make."""
        path = self.folder / f"{node}.toml"
        path.write_text(
            HEAD.replace('"here"', f'"{node}"') + MAIL + ("" if self.watched else UNWATCHED) + tables, "utf-8"
        )
        return load(path, {"BATMON_STATE": str(self.folder / "state")})

    @asynccontextmanager
    async def running(self, tables, node="here"):
        """A daemon's automations, up and down again."""
        config = self.config(tables, node)
        tasks = Tasks()
        house = house_of(config, self.store, dump_url=lambda: self.owner_url, now=self.clock)
        automations = Automations(config.automations, self.store, node=config.node, now=self.clock, house=house)
        await automations.start(tasks)
        try:
            yield automations
        finally:
            await automations.stop()
            await tasks.stop()

    async def fetch(self, sql, *values):
        """Rows as dicts."""
        connection = await asyncpg.connect(self.owner_url)
        try:
            return [dict(row) for row in await connection.fetch(sql, *values)]
        finally:
            await connection.close()

    async def logs(self, name=None):
        """The rows of ``automation_logs``, oldest first, their JSON read."""
        rows = await self.fetch(
            "SELECT * FROM automation_logs WHERE $1::text IS NULL OR job_name = $1 ORDER BY id", name
        )
        return [row | {"attempts": json.loads(row["attempts"]), "data": json.loads(row["data"])} for row in rows]

    async def until(self, wanted, name=None):
        """Wait until ``wanted(rows)`` of the log is true; the rows."""
        rows = []
        try:
            async with asyncio.timeout(PATIENCE_SEC):
                while True:
                    rows = await self.logs(name)
                    if wanted(rows):
                        return rows
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"the log is {rows}") from None


def statuses(rows):
    """What became of each."""
    return [row["status"] for row in rows]


def ended(rows):
    """Whether there are executions and none is left."""
    return bool(rows) and not set(statuses(rows)) & {"queued", "running"}
