"""Jobs: work that must not be lost, in PgQueuer's tables in a schema of their own.

A job is put in by ``enqueue`` in the transaction that made it owed, and done by ``store.workers``: at least once, by
any daemon, under a lease. PgQueuer is imported where it is used: whoever only asks the store does not pay for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import asyncpg

if TYPE_CHECKING:
    from pgqueuer.domain.settings import DBSettings
    from pgqueuer.queries import Queries

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

SCHEMA = "batmon_jobs"
"""The schema of PgQueuer's tables, and the name of the channel on which its trigger announces work."""
_AT_ONCE = timedelta(0)
_LOG_IS_EMPTIED = f"""ALTER TABLE {SCHEMA}.pgqueuer_log
    RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold)"""
"""PgQueuer keeps its log for ever and has it vacuumed after a million dead rows; we remove what is a day old."""


@dataclass(frozen=True, slots=True)
class NewJob:
    """Work for whoever serves ``entrypoint``; not begun before ``delay`` is over (by Postgres's clock).

    A job with a ``key`` is not added while another one with the same key waits or is being done.
    """

    entrypoint: str
    payload: bytes
    delay: timedelta = _AT_ONCE
    key: str = ""


@cache
def settings() -> DBSettings:
    """What PgQueuer's objects are called; nothing of it comes from the environment."""
    from pgqueuer.domain.settings import DBSettings, Durability  # noqa: PLC0415 - 0.2 s that only a daemon pays
    from pgqueuer.domain.types import Channel  # noqa: PLC0415 - see above

    class Settings(DBSettings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: Any,  # noqa: ARG003 - the name is pydantic's
            init_settings: Any,
            *_: Any,
            **__: Any,
        ) -> Any:
            return (init_settings,)

    # Its log and its statistics may be lost when Postgres crashes: what was delivered stands in tables of ours.
    return Settings(db_schema=SCHEMA, channel=Channel(SCHEMA), durability=Durability.balanced)


def queries(driver: Any) -> Queries:
    """PgQueuer's statements, over one of its drivers."""
    from pgqueuer.adapters.persistence import qb  # noqa: PLC0415 - see settings
    from pgqueuer.queries import Queries  # noqa: PLC0415 - see settings

    names = settings()
    return Queries(
        driver,
        qbe=qb.QueryBuilderEnvironment(names),
        qbq=qb.QueryQueueBuilder(names),
        qbs=qb.QuerySchedulerBuilder(names),
    )


async def enqueue(connection: Connection, jobs: Sequence[NewJob]) -> None:
    """Add jobs in the transaction that is open on ``connection``; they can be begun once it is committed."""
    if not jobs:
        return
    from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver  # noqa: PLC0415 - see settings

    await queries(AsyncpgDriver(connection)).enqueue(  # type: ignore[arg-type]  # a pool's proxy is a connection
        [job.entrypoint for job in jobs],
        [job.payload for job in jobs],
        [0] * len(jobs),
        [job.delay for job in jobs],
        [f"{job.entrypoint}:{job.key}" if job.key else None for job in jobs],
        on_conflict="skip",
    )


async def is_installed(connection: Connection) -> bool:
    """Whether the tables are those of the PgQueuer that is installed here."""
    noted = await connection.fetchval("SELECT obj_description(to_regnamespace($1), 'pg_namespace')", SCHEMA)
    return bool(noted == _note())


async def install(connection: Connection) -> None:
    """Make PgQueuer's tables, or bring them up to date; as the owner, and one daemon at a time."""
    from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver  # noqa: PLC0415 - see settings

    if await is_installed(connection):
        return
    tables = queries(AsyncpgDriver(connection))  # type: ignore[arg-type]  # see enqueue
    if await tables.schema_is_installed():
        await tables.upgrade()
    else:
        await tables.install()
    await tables.optimize_autovacuum()
    await connection.execute(_LOG_IS_EMPTIED)
    await connection.execute(f"COMMENT ON SCHEMA {SCHEMA} IS '{_note()}'")


def _note() -> str:
    return f"PgQueuer {version('pgqueuer')}"
