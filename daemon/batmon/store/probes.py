"""Probes in the store: of what kind each is, and what its looks found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg

from batmon.judge.probe import Sample
from batmon.model import Status
from batmon.store.statements import sql
from batmon.store.store import Store
from batmon.store.texts import from_json


class Probes:
    """Over the store's pool."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def register(self, node: str, kinds: Mapping[str, str]) -> None:
        """Write which of a node's programs are probes: name to kind."""
        async with self._store.connection() as connection, connection.transaction():
            await connection.execute(sql("put_probe_kinds"), node, list(kinds), list(kinds.values()))
            await connection.execute(sql("drop_stray_samples"), node)

    async def recent(self, most: Mapping[str, int]) -> dict[str, list[Sample]]:
        """The latest looks of each program, newest first; ``most`` says how many of each."""
        found: dict[str, list[Sample]] = {name: [] for name in most}
        async with self._store.connection() as connection:
            for row in await connection.fetch(sql("recent_probe_samples"), list(most), list(most.values())):
                found[row["program"]].append(_sample_of(row))
        return found

    async def page(self, program: str, limit: int, before: datetime | None = None) -> list[Sample]:
        """Up to ``limit`` looks before ``before``, newest first."""
        async with self._store.connection() as connection:
            rows = await connection.fetch(sql("probe_samples_page"), program, before, limit)
        return [_sample_of(row) for row in rows]

    async def prune(self, before: Mapping[str, datetime]) -> None:
        """Forget the looks of each probe from before its moment."""
        async with self._store.connection() as connection:
            await connection.execute(sql("prune_probe_samples"), list(before), list(before.values()))

    async def mail_failures(self, since: datetime) -> tuple[int, int]:
        """How many attempts to send a mail there were since then, and how many failed."""
        async with self._store.connection() as connection:
            row = await connection.fetchrow(sql("mail_failures"), since)
        return (0, 0) if row is None else (row["total"], row["failed"])

    async def automation_ends(self) -> Sequence[Mapping[str, Any]]:
        """The rows of ``automation_ends``."""
        async with self._store.connection() as connection:
            return [dict(row) for row in await connection.fetch(sql("automation_ends"))]


def _sample_of(row: asyncpg.Record) -> Sample:
    return Sample(
        at=row["at"],
        seconds=row["seconds"],
        value=row["value"],
        fault=row["fault"],
        blind=row["blind"],
        status=Status(row["said"]) if row["said"] else None,
        detail=row["detail"],
        facts=from_json(row["facts"]),
    )
