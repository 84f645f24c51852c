"""A database with a table of somebody's service, and the events of a daemon that can be handled one by one."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg

from batmon.config import load
from batmon.engine.automations.events import EventHandling

PATIENCE_SEC = 20.0
HEAD = '[node]\nname = "seoul-01"\ntimezone = "Asia/Seoul"\n[ui]\nlanguage = "en"\n'
MAIL = """
[email]
host = "127.0.0.1"
security = "none"
sender = "b@example.com"
admins = ["ops@example.com", "two@example.com"]
"""
USERS = """
CREATE TABLE users (
    id serial PRIMARY KEY, name text, email text, status text DEFAULT 'new', secret text, seen int DEFAULT 0
);
GRANT SELECT, INSERT, UPDATE, DELETE ON users TO batmon_app;
GRANT USAGE ON SEQUENCE users_id_seq TO batmon_app;
"""
WELCOME = """
[[events]]
name = "welcome"
table = "users"
on = "insert"
[[events.steps]]
do = "sql"
sql = "UPDATE users SET seen = seen + 1 WHERE id = :row.id"
"""


class Bed:
    """One daemon's events, with a clock of its own."""

    def __init__(self, store, owner, owner_url, folder):
        self.store, self.owner, self.owner_url, self.folder = store, owner, owner_url, folder
        self.at = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)

    def configured(self, *tables, node="seoul-01"):
        path = self.folder / "config.toml"
        path.write_text(HEAD.replace("seoul-01", node) + "".join(tables), "utf-8")
        return load(path, {"BATMON_STATE": str(self.folder / "state")})

    async def handling(self, *tables, node="seoul-01"):
        """Rules installed, nobody working yet."""
        config = self.configured(*tables, node=node)
        made = EventHandling(self.store, config, owner_url=lambda: self.owner_url, now=lambda: self.at)
        await made.synchronise()
        return made

    async def all_handled(self, handling):
        """Handle what can be handled now; how many attempts that were."""
        done = 0
        async with asyncio.timeout(PATIENCE_SEC):
            while await handling.handle_one():
                done += 1
        return done

    def later(self, seconds):
        self.at += timedelta(seconds=seconds)

    async def rows(self, sql, *values):
        return [dict(row) for row in await self.owner.fetch(sql, *values)]

    async def value(self, sql, *values):
        return await self.owner.fetchval(sql, *values)


async def opened(owner_url):
    return await asyncpg.connect(owner_url)
