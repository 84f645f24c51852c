"""Log lines to runs: where each began, how it ended and why, what it processed.

The scanner keeps what it must remember between two readings in a small frozen state, so that a log can be read on from
anywhere. Reading the same lines again, from whatever file, finds the same runs with the same ids.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from batmon.judge.error_entries import Entry, Occurrence, Trace
from batmon.judge.patterns import RETRY, TRACEBACK, Level, Patterns, Sign, head_of
from batmon.judge.scan_state import Found, Memory, ScanState
from batmon.judge.timestamps import TimeReader, date_in_path
from batmon.model import NAMESPACE, LogEvidence, LogSpan, Origin, Program, Run, RunStatus

TRAILING = timedelta(seconds=60)
"""Lines this soon after a run's end still belong to it."""
QUIET = timedelta(seconds=10)
"""Where no line ever says that a run starts, the next run starts with the first line after so long a silence."""
NAMED_DAY = timedelta(days=2)
"""A log whose name holds a date was begun on that day if it was last written this soon after."""
TRACEBACK_CHARS = 8_000
LINE_CHARS = 500
MOST_OPEN = 4
MOST_STEPS = 16
STARTS_KEPT = 16


class Line(Protocol):
    """One line of a log file: ``offset`` and ``end`` in bytes, ``end`` after its newline."""

    @property
    def offset(self) -> int: ...  # noqa: D102 - said above
    @property
    def end(self) -> int: ...  # noqa: D102 - said above
    @property
    def text(self) -> str: ...  # noqa: D102 - said above


class ScanResult(NamedTuple):
    """The state to go on from, the runs that began or changed, oldest first, and the errors in these lines."""

    state: ScanState
    runs: tuple[Run, ...]
    errors: tuple[Occurrence, ...] = ()


class Scanner:
    """Finds one program's runs in its log lines.

    Raises:
        ModelError: a pattern is no regular expression.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.patterns = Patterns(program.patterns)
        self.zone = ZoneInfo(program.timezone)
        self.reader = TimeReader(self.zone, program.patterns.timestamp_format)

    def scan(
        self, state: ScanState, lines: Sequence[Line], path: str, *, written: datetime | None = None
    ) -> ScanResult:
        """Read ``lines``, which follow those that ``state`` has seen.

        ``path`` names the file they stand in. ``written`` is when that file was last written, and the last line with
        it: for logs whose lines leave out the year or the date. Without it the date in ``path`` or the line before
        serves.
        """
        reading = _Reading(self, Memory.of(state), path, self._hint(lines, path, written))
        for line in lines:
            reading.take(line)
        reading.tell_entry()
        return ScanResult(reading.memory.state(), reading.runs(), tuple(reading.errors))

    def leaves_out_dates(self, lines: Sequence[Line]) -> bool | None:
        """Whether these lines say only the time of day, or no year; None if they say no time at all."""
        return self.reader.leaves_out_dates([line.text for line in lines])

    def _hint(self, lines: Sequence[Line], path: str, written: datetime | None) -> datetime | None:
        """A moment shortly before the first line, for what its time leaves out."""
        named = date_in_path(path, self.zone)
        if written is None or (named is not None and named <= written < named + NAMED_DAY):
            return named
        return self.reader.begin([line.text for line in lines], written)


class _Reading:
    """One pass over some lines."""

    def __init__(self, scanner: Scanner, memory: Memory, path: str, hint: datetime | None) -> None:
        self.memory = memory
        self._scanner = scanner
        self._patterns = scanner.patterns
        self._path = path
        self._hint = hint
        self._changed: dict[tuple[datetime, int], Found] = {}
        self.errors: list[Occurrence] = []

    def runs(self) -> tuple[Run, ...]:
        """What began or changed in this pass.

        Where no line ever said that a run ends, one that no line began is not known to be a run.
        """
        changed = (self._changed[key] for key in sorted(self._changed))
        sure = self.memory.seen_end
        return tuple(_run(self._scanner.program, found) for found in changed if sure or not found.implicit)

    def take(self, line: Line) -> None:
        """Read one line."""
        memory, text = self.memory, line.text
        found = self._scanner.reader.find(text, _later(memory.last_at, self._hint))
        if found is None:
            if memory.last_at is None or not text.strip() or self._goes_below(line):
                return
            level, message, at = memory.level, text.strip(), memory.last_at
        else:
            self._close_entry()
            at = found.at
            level, message = head_of(text[found.end :])
            self._silence(at, line)
            memory.last_at, memory.level, memory.tracing = at, level, ""
            memory.retrying = RETRY.search(message) is not None
        if TRACEBACK.search(text):
            self._trace_begins(line, at, message)
            return
        sign = self._patterns.read(text, message, level, timed=found is not None)
        if sign is not None and sign.kind == "started":
            self._started(line, at, sign)
        elif found is not None and level in ("error", "critical"):
            self._counted(at)
        self._processed(text, message, at)
        failed = sign is not None and sign.kind == "failed"
        if sign is not None and failed:
            failed = self._failed(line, at, message)
        elif sign is not None and sign.kind == "succeeded":
            self._succeeded(line, at, message, sign)
        if found is not None and (level in ("error", "critical") or (sign is not None and sign.kind == "failed")):
            self._entry_begins(line, at, message, level, failing=failed)

    def _goes_below(self, line: Line) -> bool:
        """Read a line without a time for what stands above it; whether it says nothing else."""
        memory = self.memory
        if memory.entry is not None:
            memory.entry.trace.take(line.text)
        if memory.tracing:
            self._traced(line)
        return bool(memory.tracing)

    def _entry_begins(self, line: Line, at: datetime, message: str, level: Level | None, *, failing: bool) -> Entry:
        """An error: it is told once its lines are over, or with the last line of this reading."""
        run = self._current(at)
        key = None if run is None else (run.start.isoformat(), run.ordinal)
        said, sample = message[:LINE_CHARS], line.text.strip()[:LINE_CHARS]
        entry = self.memory.entry = Entry(said, sample, at.isoformat(), level or "error", key, failing, Trace())
        return entry

    def _entry_traced(self, line: Line, at: datetime, message: str, *, failing: bool) -> None:
        """A trace begins: below an error it belongs to that, else it is one."""
        entry, run = self.memory.entry, self._current(at)
        if entry is None:
            words = "" if message.startswith("Traceback") else message
            self._entry_begins(line, at, words, None, failing=failing).trace.take(line.text)
            return
        entry.failing = entry.failing or failing
        if entry.run is None and run is not None:
            entry.run = (run.start.isoformat(), run.ordinal)

    def tell_entry(self) -> None:
        """Tell the error whose lines were read, as far as they are there; the run that failed by it is of its kind."""
        entry = self.memory.entry
        if entry is None:
            return
        self.errors += entry.tell()
        if not entry.failing or entry.told is None:
            return
        for run in (self.memory.ended, *self.memory.open):
            if run is not None and (run.start.isoformat(), run.ordinal) == entry.run and run.signature != entry.told[0]:
                run.signature = entry.told[0]
                self._change(run)

    def _close_entry(self) -> None:
        self.tell_entry()
        self.memory.entry = None

    def _silence(self, at: datetime, line: Line) -> None:
        """Without start lines a run begins with the first line after the previous end."""
        memory = self.memory
        if memory.seen_start:
            return
        if memory.open and memory.last_at and at - memory.last_at > self._scanner.program.max_runtime:
            memory.open.clear()
        ended = memory.ended.ended_at if memory.ended else None
        if not memory.open and (ended is None or at - ended > QUIET):
            self._open(line, at, implicit=True)

    def _open(self, line: Line, at: datetime, *, subject: str = "", implicit: bool = False) -> Found:
        memory, key = self.memory, at.isoformat()
        count = dict(memory.starts).get(key, 0)
        others = [entry for entry in memory.starts if entry[0] != key]
        memory.starts = [*others[-STARTS_KEPT + 1 :], (key, count + 1)]
        run = Found(at, count, self._path, line.offset, subject, implicit)
        run.line = line.text.strip()[:LINE_CHARS]
        memory.open = [*memory.open, run][-MOST_OPEN:]
        self._change(run)
        return run

    def _change(self, run: Found) -> None:
        self._changed[run.start, run.ordinal] = run

    def _started(self, line: Line, at: datetime, sign: Sign) -> None:
        memory, program = self.memory, self._scanner.program
        if sign.step:
            return
        if memory.open and memory.open[-1].implicit:
            run = memory.open.pop()
            if at - run.start <= TRAILING:  # what stood before the start line was its prelude
                run.implicit, run.subject = False, sign.subject
                memory.open.append(run)
                memory.seen_start = True
                self._change(run)
                return
            self._changed.pop((run.start, run.ordinal), None)
        memory.seen_start = True
        memory.open = [run for run in memory.open if at - run.start <= program.max_runtime]
        if not sign.sure:
            if memory.open and memory.open[-1].subject != sign.subject:
                memory.open[-1].steps = [*memory.open[-1].steps, sign.subject][-MOST_STEPS:]
                return
            if self._goes_on(at, sign):
                return
        self._open(line, at, subject=sign.subject)

    def _goes_on(self, at: datetime, sign: Sign) -> bool:
        """What was taken for the end of the run was the end of a step: another one starts at once."""
        memory, run = self.memory, self.memory.ended
        if memory.open or run is None or run.sure or run.status is not RunStatus.SUCCESS or run.ended_at is None:
            return False
        if at - run.ended_at > TRAILING or run.subject == sign.subject:
            return False
        run.status, run.ended_at, run.end, run.steps = RunStatus.RUNNING, None, None, [sign.subject]
        memory.open, memory.ended = [run], None
        self._change(run)
        return True

    def _current(self, at: datetime) -> Found | None:
        """The run that a line at this time belongs to."""
        memory = self.memory
        if memory.open:
            return memory.open[-1]
        run = memory.ended
        return run if run and run.ended_at and at - run.ended_at <= TRAILING else None

    def _counted(self, at: datetime) -> None:
        run = self._current(at)
        if run is not None:
            run.errors += 1
            self._change(run)

    def _processed(self, text: str, message: str, at: datetime) -> None:
        run = self._current(at)
        count = None if run is None else self._patterns.processed(text, message)
        if run is not None and count is not None and count != run.processed:
            run.processed = count
            self._change(run)

    def _end(self, run: Found, line: Line, at: datetime, status: RunStatus, message: str) -> None:
        memory = self.memory
        run.status, run.ended_at, run.message = status, max(at, run.start), message[:LINE_CHARS]
        run.line = line.text.strip()[:LINE_CHARS]
        run.end = line.end if run.path == self._path else None
        run.steps = []
        memory.open = [other for other in memory.open if other is not run]
        memory.ended, memory.seen_end = run, True
        self._change(run)

    def _failed(self, line: Line, at: datetime, message: str) -> bool:
        """The run failed; False if it had failed before: the first reason counts."""
        run = self._current(at)
        if run is None:  # it broke before it could say that it started
            run = self._open(line, at)
        if run.status is RunStatus.FAILED:
            return False
        run.first_error = run.first_error or message[:LINE_CHARS]
        run.errors = max(1, run.errors)
        run.sure = False
        self._end(run, line, at, RunStatus.FAILED, message)
        return True

    def _succeeded(self, line: Line, at: datetime, message: str, sign: Sign) -> None:
        memory = self.memory
        run = memory.open[-1] if memory.open else memory.ended
        if run is None or (not memory.open and at - run.start > self._scanner.program.max_runtime):
            return
        own = sign.sure or sign.subject == run.subject
        if not own and sign.subject in run.steps:
            run.steps.remove(sign.subject)
            if run.steps or memory.ends_surely:
                return
        elif not own and sign.step:
            return
        if run.status is RunStatus.FAILED and (sign.neutral or not own):
            return
        memory.ends_surely = memory.ends_surely or own
        run.sure = run.sure or own
        self._end(run, line, at, RunStatus.SUCCESS, message)

    def _trace_begins(self, line: Line, at: datetime, message: str) -> None:
        memory = self.memory
        if memory.retrying or memory.level == "debug":
            memory.tracing = "skip"
            return
        before = self._current(at)
        known = before is not None and bool(before.traceback)
        self._failed(line, at, message)
        self._entry_traced(line, at, message, failing=not known)
        memory.tracing = "skip" if known else "gather"
        memory.frame_above = False
        if not known and memory.ended is not None:
            memory.ended.traceback = message
            self._change(memory.ended)

    def _traced(self, line: Line) -> None:
        """A line of a traceback; the one that names the exception says best what went wrong."""
        memory, run, text = self.memory, self.memory.ended, line.text.rstrip()
        if memory.tracing != "gather" or run is None:
            return
        run.traceback = f"{run.traceback}\n{text}"[-TRACEBACK_CHARS:]
        if run.path == self._path:
            run.end = line.end
        frame = text.startswith((" ", "\t"))
        if memory.frame_above and not frame:
            if TRACEBACK.search(run.first_error) or not run.first_error:
                run.first_error = text[:LINE_CHARS]
            if run.status is RunStatus.FAILED:
                run.message = text[:LINE_CHARS]
        memory.frame_above = frame
        self._change(run)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)


def run_id_of(program: str, start: datetime, ordinal: int) -> uuid.UUID:
    """The id of the run of ``program`` that a log shows to begin at ``start``, the how manieth with that start."""
    return uuid.uuid5(NAMESPACE, f"{program}|{start.astimezone(UTC).isoformat()}|{ordinal}")


def _run(program: Program, found: Found) -> Run:
    start = found.start.astimezone(UTC)
    return Run(
        run_id=run_id_of(program.name, start, found.ordinal),
        program=program.name,
        status=found.status,
        start_time=start,
        end_time=found.ended_at,
        message=found.message,
        error_details=found.traceback,
        processed_count=found.processed or 0,
        origin=Origin.LOG,
        signature=found.signature if found.status is RunStatus.FAILED else "",
        log=LogEvidence(
            status=found.status,
            span=LogSpan(found.path, found.offset, found.end),
            started_at=start,
            ended_at=found.ended_at,
            line=found.line,
            errors=found.errors,
            first_error=found.first_error,
            traceback=found.traceback,
            processed=found.processed,
        ),
    )
