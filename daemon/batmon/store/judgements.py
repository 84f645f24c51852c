"""One judgement, one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from batmon.model import Run
from batmon.store import incident_steps, probe_samples, signatures
from batmon.store.run_rows import columns, run_json
from batmon.store.shapes import AuditEntry, Cursor, Judgement, StoredState, state_of
from batmon.store.statements import sql
from batmon.store.texts import storable, to_json

Connection = signatures.Connection


class Lost(Exception):
    """Another writer changed the state first; no error: it unwinds the transaction."""


async def commit(connection: Connection, judgement: Judgement) -> StoredState:
    """Write all of ``judgement``; the state as it stands then.

    Raises:
        Lost: the state is not of the expected version; nothing was written.
    """
    async with connection.transaction():
        before = await connection.fetchrow(sql("lock_state"), judgement.program, judgement.expected_version)
        if before is None:
            raise Lost
        log_ids = await write_runs(connection, judgement.runs, judgement.removed_runs, judgement.node)
        await signatures.count(connection, judgement.program, judgement.node, judgement.errors)
        await signatures.move_runs(connection, judgement.program, judgement.merged_runs)
        await write_cursors(connection, judgement.cursors)
        await probe_samples.keep(connection, judgement.samples)
        state = await _write_state(connection, judgement, log_ids)
        moved = (before["status"], before["reason"]) != (state.status.value, state.reason.value)
        verdict = await _write_verdict(connection, judgement, state) if moved else None
        if judgement.incident is not None:

            async def add_verdict() -> int:
                return await _write_verdict(connection, judgement, state) if verdict is None else verdict

            await incident_steps.judged(connection, judgement.incident, judgement.verdict.at, add_verdict)
        for entry in judgement.audits:
            await write_audit(connection, entry)
    return state


async def write_runs(
    connection: Connection, runs: Iterable[Run], removed: Iterable[UUID], node: str
) -> Mapping[UUID, int]:
    """Write and remove runs; the log_id of each run that was written."""
    gone = list(removed)
    if gone:
        await connection.execute(sql("remove_runs"), gone)
    given = columns(runs)
    if not given[0]:
        return {}
    return {row["run_id"]: row["log_id"] for row in await connection.fetch(sql("put_runs"), *given, node)}


async def write_cursors(connection: Connection, cursors: Sequence[Cursor]) -> None:
    """Write how far logs were read; of several for one file the last one counts."""
    by_key = {(c.node, c.program, c.fingerprint): c for c in cursors}
    if not by_key:
        return
    rows = [
        (c.node, c.program, c.fingerprint, storable(c.path), c.offset, to_json(c.scan_state)) for c in by_key.values()
    ]
    await connection.execute(sql("put_cursors"), *(list(column) for column in zip(*rows, strict=True)))


async def write_audit(connection: Connection, entry: AuditEntry) -> None:
    """Add one line to the audit trail."""
    words = (entry.actor, entry.role, entry.peer, entry.action, entry.target, entry.outcome)
    await connection.execute(sql("audit"), entry.at, *map(storable, words), to_json(entry.detail))


async def _write_state(connection: Connection, judgement: Judgement, log_ids: Mapping[UUID, int]) -> StoredState:
    verdict = judgement.verdict

    def shown(run: Run | None) -> str | None:
        return None if run is None else to_json(run_json(run, log_ids.get(run.run_id)))

    values: tuple[Any, ...] = (
        judgement.program,
        judgement.node,
        verdict.status.value,
        verdict.reason.value,
        to_json(verdict.facts),
        judgement.since,
        verdict.at,
        verdict.next_due,
        verdict.deadline,
        judgement.judged_until,
        shown(verdict.last_run),
        shown(verdict.running),
        to_json(judgement.strip),
        storable(judgement.last_log),
        judgement.log_seen,
    )
    row = await connection.fetchrow(sql("put_state"), *values)
    if row is None:
        raise Lost
    return state_of(row)


async def _write_verdict(connection: Connection, judgement: Judgement, state: StoredState) -> int:
    """Write down what is thought now, and name it as the latest of the program's open incident; its id."""
    verdict = judgement.verdict
    verdict_id: int = await connection.fetchval(
        sql("add_verdict"),
        judgement.program,
        judgement.node,
        state.status.value,
        state.reason.value,
        verdict.at,
        to_json(verdict.facts),
    )
    await connection.execute(sql("note_incident"), judgement.program, verdict_id)
    return verdict_id
