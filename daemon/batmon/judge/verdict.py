"""(program, evidence, now) to a verdict, the runs that should have been and were not, and when to look again.

The rules and their order are argued in docs/decisions/0004-verdict-rules.md.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, NamedTuple

from batmon.judge.baseline import Usual
from batmon.judge.calendar import Calendar
from batmon.judge.slots import EARLIEST, Slots
from batmon.model import (
    NAMESPACE,
    LogSight,
    LogState,
    Origin,
    Program,
    Reason,
    Run,
    RunStatus,
    Status,
    Verdict,
    aware,
)

MOST_RUNS = 60
"""A list of this many runs may have been cut: what lies before its oldest is not known."""
LIVES_ON = timedelta(seconds=60)
"""How long a process or an open record may outlive the log's last word."""
CLOCKS_DIFFER = timedelta(minutes=5)
"""How far ahead of ours the clock of a program may be."""
LATE_AT_LEAST, LATE_AT_MOST = timedelta(seconds=5), timedelta(seconds=60)
NO_END = "no end found within max_runtime"
NO_WORD = "its process ended without a word"


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict and what follows from it for the rows.

    ``missed`` are new MISSED rows, ``closed`` runs whose end never came, ``removed`` the ids of MISSED rows that
    later evidence contradicts. Slots whose grace ended by ``judged_until`` are decided.
    """

    verdict: Verdict
    missed: tuple[Run, ...]
    closed: tuple[Run, ...]
    judged_until: datetime
    removed: tuple[uuid.UUID, ...] = ()


class Opinion(NamedTuple):
    """One thing that may be said of a program."""

    status: Status
    reason: Reason
    facts: Mapping[str, Any]


def judge(
    program: Program,
    runs: Sequence[Run],
    sight: LogSight,
    *,
    watch_since: datetime,
    judged_until: datetime | None,
    now: datetime,
    blind: tuple[datetime, datetime] | None = None,
    known_since: datetime | None = None,
    calendar: Calendar | None = None,
    usual: Usual | None = None,
) -> Judged:
    """Judge ``program`` as of ``now`` from its ``runs`` (newest first) and what could be seen of its logs.

    ``watch_since``: slots before it are not judged. ``judged_until``: what the judgement before returned. ``blind``:
    the daemon's own absence; a run missed in it is marked as verified late. ``known_since``: ``runs`` holds all runs
    since then; left out, a list of fewer than 60 is taken for complete and a longer one from its oldest run on.
    ``calendar``: on its free days nothing is due. ``usual``: what the latest finished run is held against.
    """
    now = aware(now, "now")
    if known_since is None and len(runs) >= MOST_RUNS:
        known_since = min(run.start_time for run in runs)
    slots = Slots(program, runs, calendar)
    decided = watch_since if judged_until is None else judged_until
    missed: tuple[Run, ...] = ()
    if sight.state is not LogState.UNREADABLE:  # who cannot look decides nothing
        begin = max(watch_since, known_since) if known_since else watch_since
        missed = tuple(
            missed_row(program, slot, blind) for slot in slots.unsatisfied(decided - program.grace, now, since=begin)
        )
        decided = max(decided, now)
    known = {run.run_id for run in runs}
    missed = tuple(row for row in missed if row.run_id not in known)
    removed = tuple(
        run.run_id for run in runs if run.status is RunStatus.MISSED and run.slot and slots.satisfied(run.slot)
    )
    rows = [run for run in (*missed, *runs) if run.run_id not in removed]
    closed: tuple[Run, ...] = ()
    if sight.state is not LogState.UNREADABLE:
        closed = _closings(program, rows, now)
    by_id = {run.run_id: run for run in closed}
    rows = [by_id.get(run.run_id, run) for run in rows]
    evidence = _Evidence(
        program, rows, slots, sight, watch_since=watch_since, now=now, known_since=known_since, usual=usual
    )
    status, reason, facts = evidence.opinion()
    verdict = Verdict(
        status=status,
        reason=reason,
        at=now,
        facts=facts,
        next_due=slots.schedule.next_due(now),
        deadline=evidence.deadline(),
        running=evidence.running[0] if evidence.running else None,
        last_run=evidence.last,
    )
    return Judged(verdict, missed, closed, decided, removed)


def undecided_since(program: Program, *, watch_since: datetime, judged_until: datetime | None) -> datetime:
    """The earliest start of a run that can still matter to a slot that is not decided: load runs from there on."""
    decided = watch_since if judged_until is None else judged_until
    return max(watch_since, decided - program.grace) - EARLIEST


def late_after(grace: timedelta) -> timedelta:
    """How long after its due time a run is late: a tenth of the grace, between 5 and 60 seconds."""
    return max(LATE_AT_LEAST, min(LATE_AT_MOST, grace / 10))


def missed_row(program: Program, slot: datetime, blind: tuple[datetime, datetime] | None = None) -> Run:
    """The row of a run that should have begun at ``slot`` and did not; its id is the same whoever makes it."""
    late = blind is not None and blind[0] <= slot + program.grace <= blind[1]
    return Run(
        run_id=uuid.uuid5(NAMESPACE, f"{program.name}|missed|{slot.isoformat()}"),
        program=program.name,
        status=RunStatus.MISSED,
        start_time=slot,
        origin=Origin.SCHEDULE,
        slot=slot,
        verified_late=late,
    )


def _over(program: Program, run: Run, now: datetime) -> bool:
    return run.start_time + program.max_runtime <= now


def _closings(program: Program, rows: Sequence[Run], now: datetime) -> tuple[Run, ...]:
    """Every run whose end never came, closed; one that is closed is an end for those before it."""
    closed: dict[uuid.UUID, Run] = {}
    while True:
        seen = [closed.get(run.run_id, run) for run in rows]
        more = [_closed(program, run) for run in seen if _superseded(program, run, seen, now)]
        if not more:
            return tuple(closed.values())
        closed.update({run.run_id: run for run in more})


def _superseded(program: Program, run: Run, rows: Sequence[Run], now: datetime) -> bool:
    """A run found in a log whose end never came, while a later one has ended (or begun, if its process is gone)."""
    return run.origin is Origin.LOG and _left_behind(program, run, rows, now)


def _left_behind(program: Program, run: Run, rows: Sequence[Run], now: datetime) -> bool:
    dead = _dead(run)
    if run.status is not RunStatus.RUNNING or not (dead or _over(program, run, now)):
        return False
    if run.process is not None and run.process.alive:
        return False
    later = [other for other in rows if other.status is not RunStatus.MISSED and other.start_time > run.start_time]
    return any(dead or other.finished for other in later)


def _dead(run: Run) -> bool:
    return run.process is not None and not run.process.alive


def _closed(program: Program, run: Run) -> Run:
    if _dead(run):
        return replace(run, status=RunStatus.FAILED, message=run.message or NO_WORD)
    end = run.start_time + program.max_runtime
    return replace(run, status=RunStatus.FAILED, end_time=end, message=run.message or NO_END)


class _Evidence:
    """What is known of a program at one moment, and what it amounts to."""

    def __init__(
        self,
        program: Program,
        rows: Sequence[Run],
        slots: Slots,
        sight: LogSight,
        *,
        watch_since: datetime,
        now: datetime,
        known_since: datetime | None = None,
        usual: Usual | None = None,
    ) -> None:
        self._usual, self._all_known = usual, known_since is None
        self._program, self._slots, self._sight = program, slots, sight
        self._watch_since, self._now = watch_since, now
        newest_first = sorted(rows, key=lambda run: (run.start_time, run.run_id), reverse=True)
        self._real = [run for run in newest_first if run.status is not RunStatus.MISSED]
        self._missed = [run for run in newest_first if run.status is RunStatus.MISSED]
        self.last = next((run for run in self._real if run.finished), None)
        self.running = [
            run for run in self._real if not run.finished and not _left_behind(program, run, self._real, now)
        ]

    def opinion(self) -> Opinion:
        """The worst that applies; of equals the first."""
        if self._sight.state is LogState.UNREADABLE:
            opinions = [*self._died(), *self._missed_now(), *self._failed()]  # not looking makes none of these better
            return opinions[0] if opinions else self._blind()
        opinions = [
            *self._died(), *self._hung(), *self._missed_now(), *self._failed(), *self._contradiction(),
            *self._future(), *self._overlapping(), *self._log_gone(), *self._late(), *self._odd(), *self._stale(),
            *self._well(),
        ]  # fmt: skip
        return max(opinions, key=lambda opinion: opinion.status.severity)

    def _blind(self) -> Opinion:
        return Opinion(Status.UNKNOWN, Reason.BLIND, {"detail": self._sight.detail})

    def _died(self) -> Iterator[Opinion]:
        for run in self.running[:1]:
            ended_well = run.log is not None and run.log.status is RunStatus.SUCCESS
            if run.process is not None and not run.process.alive and not ended_well:
                facts = {
                    "start": run.start_time,
                    "pid": run.process.pid,
                    "exit_code": run.process.exit_code,
                    "line": run.log.first_error if run.log is not None else "",
                    **self._failures(run),
                }
                yield Opinion(Status.ERROR, Reason.DIED, facts)

    def _hung(self) -> Iterator[Opinion]:
        for run in self.running[:1]:
            if _over(self._program, run, self._now):
                facts = {
                    "start": run.start_time,
                    "max_runtime_sec": self._program.max_runtime.total_seconds(),
                    "line": _last_word(run),
                    **self._failures(run),
                }
                yield Opinion(Status.ERROR, Reason.HUNG, facts)

    def _missed_now(self) -> Iterator[Opinion]:
        newest = self._real[0].start_time if self._real else None
        rows = [row for row in self._missed if newest is None or newest < row.start_time]
        if rows:
            slot = rows[0].slot or rows[0].start_time
            facts = {
                "due": slot,
                "grace_end": slot + self._program.grace,
                "last_start": newest,
                "missed": len(rows),
                "verified_late": rows[0].verified_late,
                "unread_lines": self._unread_lines(),
            }
            yield Opinion(Status.ERROR, Reason.MISSED, facts)

    def _failed(self) -> Iterator[Opinion]:
        run = self.last
        if run is not None and run.status is RunStatus.FAILED:
            facts = {
                "start": run.start_time,
                "end": run.end_time,
                "line": _why(run),
                "origin": run.origin.value,
                "verified_late": run.verified_late,
                **self._failures(run),
            }
            yield Opinion(Status.ERROR, Reason.FAILED, facts)

    def _failures(self, run: Run) -> dict[str, Any]:
        """How many runs in a row failed, up to ``run``, which did; what was missed in between counts too.

        ``failures_more``: all that is known failed, and what was before is not known.
        """
        rows = sorted((*self._real, *self._missed), key=lambda row: row.start_time, reverse=True)
        earlier = [row for row in rows if row.start_time < run.start_time and row.finished]
        unbroken = list(takewhile(lambda row: row.status is not RunStatus.SUCCESS, earlier))
        more = len(unbroken) == len(earlier) and not self._all_known
        return {"failures": 1 + len(unbroken), **({"failures_more": True} if more else {})}

    def _contradiction(self) -> Iterator[Opinion]:
        for run in self.running:
            over = _log_end(run)
            if over is not None and over + LIVES_ON <= self._now:
                yield Opinion(Status.WARNING, Reason.CONTRADICTION, _sides(run))
        run_over = self.last
        if run_over is not None and run_over.status is RunStatus.SUCCESS and run_over.log is not None:
            log = run_over.log
            if log.status is RunStatus.FAILED or log.first_error or log.traceback:
                yield Opinion(Status.WARNING, Reason.CONTRADICTION, _sides(run_over))

    def _overlapping(self) -> Iterator[Opinion]:
        active = [run for run in self.running if not _over(self._program, run, self._now)]
        origins = {run.origin for run in active}
        if Origin.RERUN in origins and Origin.RECORD in origins:  # a re-run that records itself is one execution
            active = [run for run in active if run.origin is not Origin.RECORD]
        if len(active) > 1:
            facts = {"start": active[0].start_time, "other_start": active[1].start_time, "count": len(active)}
            yield Opinion(Status.WARNING, Reason.OVERLAPPING, facts)

    def _future(self) -> Iterator[Opinion]:
        """A run that has not begun yet: the clock or the time zone of whoever wrote its time is not ours."""
        if self._real and self._real[0].start_time > self._now + CLOCKS_DIFFER:
            facts = {"start": self._real[0].start_time, "timezone": self._program.timezone}
            yield Opinion(Status.WARNING, Reason.FUTURE, facts)

    def _log_gone(self) -> Iterator[Opinion]:
        if self._sight.state is LogState.GONE:
            yield Opinion(Status.WARNING, Reason.LOG_GONE, {"detail": self._sight.detail})

    def _late(self) -> Iterator[Opinion]:
        pending = [slot for slot in self._slots.pending(self._now) if slot >= self._watch_since]
        if pending and pending[0] + late_after(self._program.grace) <= self._now:
            facts = {
                "due": pending[0],
                "grace_end": pending[0] + self._program.grace,
                "last_start": self._real[0].start_time if self._real else None,
            }
            yield Opinion(Status.WARNING, Reason.LATE, facts)

    def _odd(self) -> Iterator[Opinion]:
        """The latest finished run succeeded, but too fast, or not as such runs usually do."""
        run, least = self.last, self._program.min_runtime
        if run is None or run.status is not RunStatus.SUCCESS:
            return
        if least is not None and run.duration is not None and run.duration < least:
            facts = {
                "start": run.start_time,
                "end": run.end_time,
                "duration_sec": run.duration.total_seconds(),
                "min_runtime_sec": least.total_seconds(),
                "processed": run.processed_count,
            }
            yield Opinion(Status.WARNING, Reason.TOO_SHORT, facts)
        if self._usual is not None and self._usual.run_id == run.run_id:
            odd = self._usual.oddity(run)
            if odd is not None:
                yield Opinion(Status.WARNING, *odd)

    def _stale(self) -> Iterator[Opinion]:
        """Nothing is known of the last slot: before we watched it, or beyond what could be seen. Never green."""
        last_slot = self._slots.schedule.last_due(self._now - self._program.grace)
        newest = self._real[0].start_time if self._real else None
        if newest is None and not self._missed:
            yield self._never_seen(None)
        elif last_slot is not None and not self._slots.satisfied(last_slot) and (newest is None or newest < last_slot):
            yield self._never_seen(newest)

    def _never_seen(self, newest: datetime | None) -> Opinion:
        due = self._slots.schedule.next_due(self._now)
        facts = {"due": due, "last_start": newest, "unread_lines": self._unread_lines()}
        return Opinion(Status.UNKNOWN, Reason.NEVER_SEEN, facts)

    def _unread_lines(self) -> bool:
        """Whether the log has lines and none of them ever said that a run starts or ends."""
        return not self._real and self._sight.state is LogState.PRESENT and bool(self._sight.last_line)

    def _well(self) -> Iterator[Opinion]:
        last = self.last
        if self.running and (last is None or self.running[0].start_time >= last.start_time):
            yield Opinion(Status.OK, Reason.RUNNING, {"start": self.running[0].start_time})
        elif last is not None:
            seconds = None if last.duration is None else last.duration.total_seconds()
            facts = {
                "start": last.start_time,
                "end": last.end_time,
                "duration_sec": seconds,
                "processed": last.processed_count,
                "message": last.message,
                "verified_late": last.verified_late,
            }
            yield Opinion(Status.OK, Reason.SUCCEEDED, facts)

    def deadline(self) -> datetime | None:
        """The first later moment at which the same evidence would give another verdict; None if never."""
        grace = self._program.grace
        moments: list[datetime] = []
        for slot in (*self._slots.pending(self._now), *self._slots.coming(self._now)):
            moments += [slot + late_after(grace), slot + grace]
        for run in self._real:
            moments.append(run.start_time - CLOCKS_DIFFER)
            if not run.finished:
                moments.append(run.start_time + self._program.max_runtime)
                over = _log_end(run)
                if over is not None:
                    moments.append(over + LIVES_ON)
        return min((moment for moment in moments if moment > self._now), default=None)


def _log_end(run: Run) -> datetime | None:
    """When the log said that a run was over that other evidence shows running."""
    return None if run.log is None or run.log.status is RunStatus.RUNNING else run.log.ended_at


def _why(run: Run) -> str:
    """The best words for a failure."""
    record = run.record
    said = run.message or (run.log.first_error if run.log else "") or (record.message if record else "")
    if not said and run.error_details.strip():
        said = run.error_details.strip().splitlines()[-1]
    if not said and run.process is not None and run.process.exit_code is not None:
        said = f"exit code {run.process.exit_code}"
    if not said and record is not None:
        said = record.word
    return said


def _last_word(run: Run) -> str:
    return run.log.line if run.log is not None else run.message


def _sides(run: Run) -> dict[str, Any]:
    """What each kind of evidence says of a run, for those that say anything."""
    facts: dict[str, Any] = {"start": run.start_time, "end": run.end_time}
    if run.record is not None:
        facts["record"] = run.record.word or run.record.status.value
    if run.log is not None:
        facts["log"] = run.log.status.value
        facts["line"] = run.log.first_error or (run.message if run.log.status is RunStatus.FAILED else run.log.line)
    if run.process is not None:
        code = run.process.exit_code
        facts["process"] = "alive" if run.process.alive else f"exit code {code}" if code is not None else "gone"
    return facts
