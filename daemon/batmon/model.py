"""The words of BATMON as frozen values that check themselves: program, run, evidence, verdict.

Pure: no I/O and no clock. Every time is an aware ``datetime``; a naive one is refused where it comes in.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from batmon.errors import ModelError

NAMESPACE = uuid.UUID("7b7c5f0a-3c57-5d0e-9c0f-0b6d2b1f4a11")
"""The name space of every run id that is derived from evidence rather than drawn at random."""


class Status(StrEnum):
    """A verdict's status; its exit code is the monitoring plug-in's (0, 1, 2, 3)."""

    OK = "OK"
    WARNING = "WARNING"
    ERROR = "ERROR"
    UNKNOWN = "UNKNOWN"

    @property
    def exit_code(self) -> int:
        """0 OK, 1 WARNING, 2 ERROR, 3 UNKNOWN."""
        return {"OK": 0, "WARNING": 1, "ERROR": 2, "UNKNOWN": 3}[self.value]

    @property
    def severity(self) -> int:
        """Worst is largest: ERROR 3, WARNING 2, UNKNOWN 1, OK 0 (the plug-in library's ``max_state_alt``)."""
        return {"OK": 0, "UNKNOWN": 1, "WARNING": 2, "ERROR": 3}[self.value]


class Reason(StrEnum):
    """Why a verdict is what it is; ``batmon.words`` says each in Korean and English."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    LATE = "late"
    MISSED = "missed"
    RUNNING = "running"
    HUNG = "hung"
    DIED = "died"
    OVERLAPPING = "overlapping"
    CONTRADICTION = "contradiction"
    LOG_GONE = "log_gone"
    NEVER_SEEN = "never_seen"
    FUTURE = "future"
    BLIND = "blind"
    TOO_SHORT = "too_short"
    UNUSUAL_OUTPUT = "unusual_output"
    UNUSUAL_TIME = "unusual_time"
    IN_LIMITS = "in_limits"
    """A probe found what it looks at to be well."""
    OVER_LIMIT = "over_limit"
    """A probe measured a figure beyond its limit."""
    PROBE_FAILED = "probe_failed"
    """What a probe looks at is down, or says itself that it is not well."""
    NOT_PROBED = "not_probed"
    """A probe could not look, or has not for too long."""


class RunStatus(StrEnum):
    """What ``rpa_execution_logs.status`` says when BATMON wrote it; others may write other words."""

    RUNNING = "RUNNING"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    MISSED = "MISSED"


_STATUS_WORDS = {
    "RUNNING": RunStatus.RUNNING, "STARTED": RunStatus.RUNNING, "IN_PROGRESS": RunStatus.RUNNING,
    "SUCCESS": RunStatus.SUCCESS, "SUCCEEDED": RunStatus.SUCCESS, "OK": RunStatus.SUCCESS,
    "COMPLETED": RunStatus.SUCCESS, "DONE": RunStatus.SUCCESS, "성공": RunStatus.SUCCESS,
    "완료": RunStatus.SUCCESS, "정상": RunStatus.SUCCESS, "실행중": RunStatus.RUNNING, "진행중": RunStatus.RUNNING,
    "실행 중": RunStatus.RUNNING, "진행 중": RunStatus.RUNNING,
    "FAILED": RunStatus.FAILED, "FAILURE": RunStatus.FAILED, "FAIL": RunStatus.FAILED, "ERROR": RunStatus.FAILED,
    "실패": RunStatus.FAILED, "STOPPED": RunStatus.FAILED, "CANCELLED": RunStatus.FAILED,
    "MISSED": RunStatus.MISSED, "미실행": RunStatus.MISSED,
}  # fmt: skip


def run_status(word: str) -> RunStatus:
    """The status that a word in somebody's record means; a word that nobody knows is taken for a failure.

    A status that we cannot read must not be green, so it is FAILED and the verdict shows the word itself.
    """
    return _STATUS_WORDS.get(word.strip().upper(), RunStatus.FAILED)


def status_words(status: RunStatus) -> frozenset[str]:
    """The words, in capitals, that ``run_status`` knows for ``status``."""
    return frozenset(word for word, meant in _STATUS_WORDS.items() if meant is status)


class Origin(StrEnum):
    """Where a run's row came from."""

    LOG = "log"
    """Found in a log file."""
    RECORD = "record"
    """Written into ``rpa_execution_logs`` by anybody."""
    RERUN = "rerun"
    """Started by the daemon because somebody asked for it."""
    SCHEDULE = "schedule"
    """Never happened: the schedule said that it should have (status MISSED)."""
    PROBE = "probe"
    """No run: one look of a probe, kept beside the runs."""


class Role(StrEnum):
    """What a key may do; each role may do all that the ones before it may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def allows(self, needed: Role) -> bool:
        """Whether this role may do what ``needed`` is asked for."""
        order = (Role.VIEWER, Role.OPERATOR, Role.ADMIN)
        return order.index(self) >= order.index(needed)


def aware(value: datetime, what: str = "time") -> datetime:
    """The same moment in UTC.

    Raises:
        ModelError: ``value`` has no time zone.
    """
    if value.tzinfo is None:
        raise ModelError(f"{what} {value.isoformat()} has no time zone")
    return value.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class LogPatterns:
    """Regular expressions that find runs in a program's log; an empty tuple means the shipped patterns.

    ``processed`` has a group named ``count``; ``timestamp_format`` is a ``strptime`` form for logs whose times are
    not recognised by themselves.
    """

    started: tuple[str, ...] = ()
    succeeded: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    processed: str | None = None
    timestamp_format: str | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """A batch program that we watch. ``schedule`` is cron expressions, empty for one that is only recorded."""

    name: str
    base_dir: Path
    schedule: tuple[str, ...] = ()
    title: str = ""
    node: str = ""
    timezone: str = "UTC"
    grace: timedelta = timedelta(minutes=20)
    max_runtime: timedelta = timedelta(minutes=30)
    scheduler: str = ""
    logs: tuple[str, ...] = ("logs/*.log",)
    encoding: str = "auto"
    files: tuple[Path, ...] = ()
    """Folders outside ``base_dir`` whose files people may look at too."""
    keep_logs: timedelta | None = None
    """For how long rotated logs are kept; None for ever."""
    keep_logs_size: int | None = None
    """Bytes that all its logs may take together; None without limit."""
    compress_logs: timedelta | None = None
    """After which time rotated logs are compressed; None never."""
    rerun: tuple[str, ...] = ()
    rerun_params: Mapping[str, str] = field(default_factory=dict)
    """Parameter name to the regular expression that its value must match as a whole; ``{name}`` in ``rerun``."""
    env: Mapping[str, str] = field(default_factory=dict)
    minutes_per_item: float = 5.0
    """How long a person takes for what one of its runs counts as one."""
    department: str = ""
    """Whose work it does; empty: nobody said."""
    hourly_cost: float = 0.0
    """What an hour of a person's work costs there; 0: nobody said."""
    availability_target: float | None = None
    """The share of what is due that must succeed, 0 to 1; None: nothing was promised."""
    patterns: LogPatterns = LogPatterns()
    tags: tuple[str, ...] = ()
    """Words that silences, maintenance windows and routes can name it by."""
    depends_on: tuple[str, ...] = ()
    """Programs and probes without which it cannot work: while one of them is down, its own failures are held back."""
    alert_after: int = 1
    """How many runs must fail one after the other before an incident opens; a run that never started opens at once."""
    min_runtime: timedelta | None = None
    """A run that succeeded faster than this is suspicious; None: any time will do."""
    baseline: bool = True
    """Whether a run that succeeded is held against the usual output and time of its weekday and slot."""
    calendar: str = ""
    """The name of the calendar on whose free days nothing is due; empty: every day is a working day."""
    probe: bool = False
    """True for a probe (a URL, a disk, a certificate, ...): its checks are judged, it has no runs and no logs."""
    configured: bool = True
    """False for a bot that nobody configured and that records its own runs."""

    def __post_init__(self) -> None:
        if not self.name or len(self.name) > 50 or not self.name.isprintable() or "/" in self.name:
            raise ModelError(f"program name {self.name!r}: 1 to 50 printable characters without '/'")
        if self.grace < timedelta(0) or self.max_runtime <= timedelta(0):
            raise ModelError(f"program {self.name}: grace may not be negative, max_runtime must be positive")


@dataclass(frozen=True, slots=True)
class LogSpan:
    """Where a run stands in a log: byte offsets, ``end`` exclusive (None while it runs)."""

    path: str
    start: int
    end: int | None = None


@dataclass(frozen=True, slots=True)
class LogEvidence:
    """What the log says of one run. ``status`` RUNNING means: begun, no end seen."""

    status: RunStatus
    span: LogSpan
    started_at: datetime
    ended_at: datetime | None = None
    line: str = ""
    """The line that ended it, or the last one."""
    errors: int = 0
    first_error: str = ""
    traceback: str = ""
    """Whole, cut to its last 8,000 characters."""
    processed: int | None = None


@dataclass(frozen=True, slots=True)
class RecordEvidence:
    """What a row of ``rpa_execution_logs`` says of a run; ``word`` is the status as it was written."""

    status: RunStatus
    word: str
    message: str = ""
    error_details: str = ""


@dataclass(frozen=True, slots=True)
class ProcessEvidence:
    """What the operating system says of a run that we started or whose pid we know."""

    pid: int | None
    alive: bool
    exit_code: int | None = None
    stopped_by: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a program: a row of ``rpa_execution_logs`` with the evidence for it."""

    run_id: uuid.UUID
    program: str
    status: RunStatus
    start_time: datetime
    end_time: datetime | None = None
    task_name: str = ""
    message: str = ""
    error_details: str = ""
    processed_count: int = 0
    origin: Origin = Origin.LOG
    log_id: int | None = None
    started_by: str = ""
    slot: datetime | None = None
    """The due time that a MISSED row stands for."""
    verified_late: bool = False
    """Found out after the daemon's own absence, from what was left."""
    signature: str = ""
    """The kind of error (``judge.signature``) that it, or its log, says that it failed by; empty if there is none."""
    log: LogEvidence | None = None
    record: RecordEvidence | None = None
    process: ProcessEvidence | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "start_time", aware(self.start_time, "start_time"))
        if self.end_time is not None:
            object.__setattr__(self, "end_time", aware(self.end_time, "end_time"))

    @property
    def finished(self) -> bool:
        """Whether it is over, well or badly."""
        return self.status is not RunStatus.RUNNING

    @property
    def duration(self) -> timedelta | None:
        """How long it took; None while it runs."""
        return None if self.end_time is None else self.end_time - self.start_time


class LogState(StrEnum):
    """What the daemon could see of a program's log files."""

    PRESENT = "present"
    NONE_YET = "none_yet"
    """No file matches, and none ever did."""
    GONE = "gone"
    """Files matched before and none does now."""
    UNREADABLE = "unreadable"
    """The folder or a file could not be looked at."""


@dataclass(frozen=True, slots=True)
class LogSight:
    """What could be seen of a program's logs when we last looked; ``detail`` names the pattern or the error."""

    state: LogState
    detail: str = ""
    last_line: str = ""
    last_line_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judgement of one program as of ``at``.

    ``facts`` are the figures that the reason's sentence needs: plain strings, numbers and aware datetimes.
    ``deadline`` is the first later moment at which the same evidence would give another verdict; None if never.
    """

    status: Status
    reason: Reason
    at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)
    next_due: datetime | None = None
    deadline: datetime | None = None
    running: Run | None = None
    last_run: Run | None = None
