"""Errors that were found and are not committed yet, and which run each belongs to. No I/O, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from batmon.judge.error_entries import SAMPLE_CHARS, Occurrence, signature_of_words
from batmon.judge.logscan import run_id_of
from batmon.judge.signature import Signature, signature_id
from batmon.model import Origin, Run, RunStatus
from batmon.store.shapes import ErrorSeen
from batmon.store.signatures import added

MOST_KINDS = 500
"""Of one program between two commits; more are counted as one kind, for nobody could read them."""
MOST_GROUPS = 100
TOO_MANY = "…"


class ErrorTally:
    """The errors of one program's log since the last commit.

    After a commit of which nobody knows whether it happened, what it held is kept apart from what comes later: the
    store then leaves out just what it has.
    """

    def __init__(self) -> None:
        self._groups: list[dict[tuple[str, str], ErrorSeen]] = [{}]
        self._starts: dict[UUID, datetime] = {}

    def add(self, program: str, found: Iterable[Occurrence], fingerprint: str, offset: int) -> None:
        """Errors in lines of the file ``fingerprint``, which has been read to ``offset``."""
        group = self._groups[-1]
        for one in found:
            kind = one.signature
            if len(group) >= MOST_KINDS and (fingerprint, kind.id) not in group:
                kind = Signature(signature_id(TOO_MANY), TOO_MANY)
            run_id = None if one.run is None else run_id_of(program, *one.run)
            if run_id is not None and one.run is not None:
                self._starts[run_id] = one.run[0]
            seen = ErrorSeen(
                kind.id, kind.template, one.sample, one.level, one.at, one.at, one.times, run_id, fingerprint, offset
            )
            before = group.get((fingerprint, kind.id))
            group[fingerprint, kind.id] = seen if before is None else added(before, seen)

    def waiting(self, runs: Sequence[Run] = ()) -> tuple[ErrorSeen, ...]:
        """All of them; one whose run turned out to be part of another of ``runs`` names that.

        Which file they stand in is only told where the store must see what it has of it.
        """
        found = [seen for group in self._groups for seen in group.values()]
        if not found:
            return ()
        if len(self._groups) == 1:
            found = [replace(seen, fingerprint="", offset=0) for seen in found]
        ids = {run.run_id for run in runs}
        hosts = {run.log.started_at: run.run_id for run in runs if run.log is not None}

        def host(run_id: UUID | None) -> UUID | None:
            if run_id is None or run_id in ids:
                return run_id
            return hosts.get(self._starts[run_id], run_id)

        return tuple(replace(seen, run_id=host(seen.run_id)) for seen in found)

    def unsure(self) -> None:
        """What waits may or may not have been committed: what comes from now on is kept apart."""
        if not self._groups[-1]:
            return
        self._groups.append({})
        if len(self._groups) > MOST_GROUPS:
            first, second = self._groups[:2]
            for key, seen in second.items():
                first[key] = added(first[key], seen) if key in first else seen
            del self._groups[1]

    def clear(self) -> None:
        """All was committed."""
        self._groups = [{}]
        self._starts.clear()


def absorbed(before: Iterable[Run], after: Sequence[Run]) -> dict[UUID, UUID]:
    """Runs of a log that are rows of their own no more, and the rows that they are part of now."""
    ids = {run.run_id for run in after}
    gone = [run for run in before if run.origin is Origin.LOG and run.run_id not in ids]
    hosts = {run.log.started_at: run.run_id for run in after if run.log is not None} if gone else {}
    return {run.run_id: hosts[run.start_time] for run in gone if run.start_time in hosts}


def signed(runs: Iterable[Run]) -> list[tuple[Run, ErrorSeen]]:
    """Failed runs that are only recorded and whose error was not counted yet, with its kind, and that error."""
    found = []
    for run in runs:
        if run.status is RunStatus.FAILED and run.origin is Origin.RECORD and run.log is None and not run.signature:
            seen = _recorded_error(run, 1)
            if seen is not None:
                found.append((replace(run, signature=seen.signature), seen))
    return found


def counted_twice(rows: Mapping[UUID, Run], logged: Mapping[UUID, Run], moved: Mapping[UUID, UUID]) -> list[ErrorSeen]:
    """What a record counted before its log was found, which counts the same error: taken back."""
    found = []
    for log_id, host_id in moved.items():
        row, one = rows.get(host_id), logged.get(log_id)
        if row is None or one is None or not one.signature or not row.signature or row.log is not None:
            continue
        seen = _recorded_error(row, -1)
        if seen is not None and seen.signature == row.signature:
            found.append(seen)
    return found


def _recorded_error(run: Run, count: int) -> ErrorSeen | None:
    record = run.record
    details = run.error_details or (record.error_details if record else "")
    message = run.message or (record.message if record else "")
    kind = signature_of_words(details, message)
    if kind is None:
        return None
    at = run.end_time or run.start_time
    sample = next((line for line in reversed(details.splitlines()) if line.strip()), "") or message
    return ErrorSeen(kind.id, kind.template, sample.strip()[:SAMPLE_CHARS], "error", at, at, count, run.run_id)
