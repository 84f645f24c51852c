"""Times as a connection of ours reads and writes them: aware, and never one that Python cannot count with.

Whoever may write into the tables may write ``infinity``, years before Christ and after 9999; one such row must not keep
the others from being read. What lies outside EARLIEST and LATEST is read as the nearer of them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from asyncpg import Connection
from asyncpg.pool import PoolConnectionProxy

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
"""A thousand years from what a ``datetime`` holds: a zone or a longest run time can be added to it."""

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""Postgres counts microseconds from here: https://www.postgresql.org/docs/current/datatype-datetime.html"""
_MICROSECOND = timedelta(microseconds=1)
_FIRST, _LAST = (EARLIEST - _EPOCH) // _MICROSECOND, (LATEST - _EPOCH) // _MICROSECOND


async def bound_times(connection: Connection | PoolConnectionProxy) -> None:
    """Let this connection read and write ``timestamptz`` so."""
    await connection.set_type_codec("timestamptz", schema="pg_catalog", format="tuple", encoder=_counted, decoder=_read)


def _counted(moment: datetime) -> tuple[int]:
    return ((moment - _EPOCH) // _MICROSECOND,)


def _read(counted: tuple[int]) -> datetime:
    return _EPOCH + timedelta(microseconds=max(_FIRST, min(counted[0], _LAST)))
