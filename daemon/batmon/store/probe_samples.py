"""What a probe's looks found, written with the judgement that was made of them."""

from __future__ import annotations

from collections.abc import Iterable

from batmon.store.shapes import KeptSample
from batmon.store.signatures import Connection
from batmon.store.statements import sql
from batmon.store.texts import storable, to_json


async def keep(connection: Connection, kept: Iterable[KeptSample]) -> None:
    """Write looks inside the caller's transaction; one that is there already stays as it is."""
    for one in kept:
        sample = one.sample
        await connection.execute(
            sql("add_probe_sample"), one.program, sample.at, one.node, one.status.value, sample.value, one.unit,
            sample.seconds, sample.fault, sample.blind, sample.status.value if sample.status else None,
            storable(sample.detail), to_json(sample.facts),
        )  # fmt: skip
