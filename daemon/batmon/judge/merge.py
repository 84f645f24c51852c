"""Evidence of one execution from several sources becomes one run.

A run found in a log that began while a recorded or re-run row was running is that row's log; only what no row
claims is a run of its own. It does not matter which was found first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from batmon.model import LogEvidence, Origin, Run, RunStatus

SLACK = timedelta(seconds=10)
"""How far clocks, and a record written before or after the work, may lie apart."""
WHOLE_SECOND, FRACTION = timedelta(seconds=1), timedelta(milliseconds=10)
"""The same where we started the program ourselves, by this clock: what its log's times may leave out."""
LONGEST_OPEN = timedelta(days=1)
"""A row that never ended claims log runs for so long at most."""


class Merged(NamedTuple):
    """What must be written, and the ids of rows that are now part of another."""

    changed: tuple[Run, ...]
    removed: tuple[UUID, ...]


def merge(rows: Sequence[Run], found: Sequence[Run]) -> Merged:
    """Bring the rows of the store and runs ``found`` in logs together.

    ``rows`` are of any origin and order. A row keeps its id and what it says itself; it gains the log's evidence.
    Giving the same again changes nothing.
    """
    stored = {run.run_id: run for run in rows}
    hosts = [run for run in rows if run.origin in (Origin.RECORD, Origin.RERUN)]
    hosts.sort(key=lambda run: (run.start_time, run.run_id))
    logged = {run.run_id: run for run in rows if run.origin is Origin.LOG and run.log is not None}
    logged.update({run.run_id: _renewed(stored.get(run.run_id), run) for run in found if run.log is not None})
    claimed = _claims(hosts, logged.values())
    changed: list[Run] = []
    removed: list[UUID] = []
    for run in logged.values():
        host = claimed.get(run.run_id)
        result = run if host is None else _attached(host, run)
        if host is not None and run.run_id in stored:
            removed.append(run.run_id)
        if stored.get(result.run_id) != result:
            changed.append(result)
    return Merged(tuple(changed), tuple(removed))


def carry(old: Run | None, new: Run) -> Run:
    """``new`` with the evidence and the row number that only ``old``, an earlier state of the same run, has."""
    if old is None:
        return new
    if new.origin is Origin.RERUN and new.log is None and old.log is not None:
        new = _with_words_of_its_log(old, new, old.log)
    return replace(
        new,
        log=new.log or old.log,
        record=new.record or old.record,
        process=new.process or old.process,
        log_id=old.log_id if new.log_id is None else new.log_id,
        verified_late=old.verified_late or new.verified_late,
        signature=new.signature or (old.signature if new.status is RunStatus.FAILED else ""),
    )


def _with_words_of_its_log(old: Run, new: Run, log: LogEvidence) -> Run:
    """A re-run that has ended, as its log told it before; where the two disagree, how it ended is what counts."""
    stopped = new.process is not None and bool(new.process.stopped_by)
    agreed = log.status is new.status and not stopped
    return replace(
        new,
        message=old.message if agreed and old.message else new.message,
        error_details=old.error_details or new.error_details,
        processed_count=new.processed_count if log.processed is None else log.processed,
    )


def _renewed(row: Run | None, found: Run) -> Run:
    """The found run in place of its row, which may know its number and that it was verified late."""
    if row is None or row.origin is not Origin.LOG:
        return found
    return carry(row, found)


def _claims(hosts: Sequence[Run], logged: Iterable[Run]) -> dict[UUID, Run]:
    """Log run's id to the row that it belongs to: nearest start first, one log run a row."""
    claimed: dict[UUID, Run] = {}
    free = list(hosts)
    waiting = sorted(logged, key=lambda run: (run.start_time, run.run_id))
    for run in waiting:  # what belonged together stays together
        for host in free:
            if host.log is not None and host.log.started_at == run.start_time and host.program == run.program:
                claimed[run.run_id] = host
                free.remove(host)
                break
    pairs = sorted(
        (
            (abs(run.start_time - host.start_time), run.start_time, run.run_id, host)
            for index, host in enumerate(hosts)
            if host.log is None
            for run in waiting
            if run.run_id not in claimed
            and run.program == host.program
            and _covers(host, hosts[index + 1 :], run.start_time)
        ),
        key=lambda pair: (*pair[:3], pair[3].run_id),
    )
    for _, _, run_id, host in pairs:
        if run_id not in claimed and host in free:
            claimed[run_id] = host
            free.remove(host)
    return claimed


def _covers(host: Run, later: Sequence[Run], moment: datetime) -> bool:
    """Whether ``moment`` lies in the row's span; one without an end reaches to the next row, or for a day."""
    end = host.end_time
    if end is None:
        end = host.start_time + LONGEST_OPEN
        if later:
            end = min(end, max(host.start_time, later[0].start_time - SLACK))
    slack = SLACK
    if host.origin is Origin.RERUN:
        slack = FRACTION if moment.microsecond else WHOLE_SECOND
    return host.start_time - slack <= moment <= end + slack


def _attached(host: Run, run: Run) -> Run:
    """The row with the log's evidence. A record's own words stay; a re-run has none but what its log says."""
    if host.origin is Origin.RECORD or run.log is None:
        return replace(host, log=run.log, signature=run.signature or host.signature)
    stopped = host.process is not None and bool(host.process.stopped_by)
    return replace(
        host,
        log=run.log,
        message=host.message if stopped or not run.message else run.message,
        error_details=run.error_details or host.error_details,
        processed_count=host.processed_count if run.log.processed is None else run.log.processed,
        signature=run.signature or host.signature,
    )
