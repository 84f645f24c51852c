"""What the daemon holds in memory of one program, and all that is known of its runs when it is judged."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from batmon.engine.board import Facts
from batmon.engine.error_tally import ErrorTally, absorbed, counted_twice, signed
from batmon.engine.known_runs import overlay, with_processes, with_recorded
from batmon.evidence import log_series
from batmon.judge.logscan import Scanner
from batmon.judge.merge import carry, merge
from batmon.judge.scan_state import ScanState
from batmon.model import LogSight, LogState, ProcessEvidence, Program, Run
from batmon.store import Cursor, StoredState
from batmon.store.shapes import ErrorSeen

BEGINNING = ScanState()
LONG_AGO = datetime.min.replace(tzinfo=UTC)
NOTHING_SEEN = LogSight(LogState.NONE_YET)


@dataclass(slots=True)
class Watched:
    """What the daemon holds in memory of one program."""

    program: Program
    state: StoredState
    scanner: Scanner
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    sight: LogSight = NOTHING_SEEN
    scans: dict[str, ScanState] = field(default_factory=dict)
    cursors: dict[str, Cursor] = field(default_factory=dict)
    unsaved: dict[UUID, Run] = field(default_factory=dict)
    """Runs from log lines that are not committed yet."""
    own: dict[UUID, Run] = field(default_factory=dict)
    """Runs that this daemon started, not committed yet."""
    processes: dict[int, tuple[ProcessEvidence, datetime]] = field(default_factory=dict)
    """By pid: what is known of a process that is not committed yet, and when that process began."""
    recorded: dict[UUID, ProcessEvidence] = field(default_factory=dict)
    """By recorded run: what is known of its process and not committed yet."""
    errors: ErrorTally = field(default_factory=ErrorTally)
    """Errors from log lines that are not committed yet."""
    last_log: str = ""
    caught_up: bool = False
    doubt: Facts | None = field(default_factory=lambda: {"cause": "not_looked"})
    """Why the stored verdict may not be shown, or nothing."""
    dateless: bool | None = None
    """Whether its log lines leave out the date; None until a line with a time was seen."""

    @classmethod
    def since(cls, state: StoredState, program: Program, cursors: Iterable[Cursor]) -> Watched:
        """``program`` as an earlier daemon left it."""
        held = cls(program, state, Scanner(program), last_log=state.last_log, caught_up=not program.configured)
        if state.log_seen:
            held.sight = LogSight(LogState.PRESENT)
        for cursor in cursors:
            series, scan = log_series(Path(cursor.path).name), ScanState.from_json(cursor.scan_state)
            known = held.scans.get(series, BEGINNING)
            if (scan.last_at or LONG_AGO) >= (known.last_at or LONG_AGO):  # the file that was written last goes on
                held.scans[series] = scan
        return held

    def committed(self, state: StoredState) -> None:
        """All that was gathered is in the store, which gave it ``state``."""
        self.state = state
        for waiting in (self.errors, self.own, self.unsaved, self.cursors, self.processes, self.recorded):
            waiting.clear()


@dataclass(frozen=True, slots=True)
class Gathered:
    """All that is known of a program's runs, and what of it the store does not know yet."""

    runs: Sequence[Run]
    changed: Sequence[Run]
    """In the order in which they count: a later one replaces an earlier one of the same id."""
    removed: Sequence[UUID]
    errors: Sequence[ErrorSeen]
    joined: Mapping[UUID, UUID]
    """Runs of the store that are now part of another, and of which."""


def gather(held: Watched, stored: Sequence[Run]) -> Gathered:
    """Bring what was found since the last commit and the runs of the store together."""
    by_id = {run.run_id: run for run in stored}
    own = [carry(by_id.get(run.run_id), run) for run in held.own.values()]
    rows = overlay(stored, own, ())
    merged = merge(rows, tuple(held.unsaved.values()))
    runs = overlay(rows, merged.changed, merged.removed)
    with_process = [*with_processes(runs, held.processes.values()), *with_recorded(runs, held.recorded)]
    runs = overlay(runs, with_process, ())
    joined = absorbed((*stored, *held.unsaved.values()), runs)
    with_kind = signed(runs)
    kinds = [run for run, _ in with_kind]
    runs = overlay(runs, kinds, ())
    errors = (
        *held.errors.waiting(runs),
        *(seen for _, seen in with_kind),
        *counted_twice(by_id, by_id | held.unsaved, joined),
    )
    return Gathered(
        runs,
        (*own, *merged.changed, *with_process, *kinds),
        merged.removed,
        errors,
        {was: now for was, now in joined.items() if was in by_id},
    )
