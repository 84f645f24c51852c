"""What the scanner remembers of a log between two readings: runs that are open, how the last one ended. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from batmon.judge.error_entries import Entry
from batmon.judge.patterns import Level
from batmon.model import RunStatus

_STATE_VERSION = 1


@dataclass(slots=True)
class Found:
    """A run as the log tells it so far."""

    start: datetime
    ordinal: int
    path: str
    offset: int
    subject: str = ""
    implicit: bool = False
    """No line said that it starts."""
    steps: list[str] = field(default_factory=list)
    """What started inside it and has not ended."""
    status: RunStatus = RunStatus.RUNNING
    sure: bool = False
    """Its end was said of the run itself and not perhaps of a step."""
    ended_at: datetime | None = None
    end: int | None = None
    line: str = ""
    message: str = ""
    errors: int = 0
    first_error: str = ""
    traceback: str = ""
    processed: int | None = None
    signature: str = ""
    """Of the error that it failed by."""

    def to_json(self) -> dict[str, Any]:
        """Only strings, numbers and lists."""
        out = asdict(self)
        out["start"] = self.start.isoformat()
        out["ended_at"] = None if self.ended_at is None else self.ended_at.isoformat()
        out["status"] = self.status.value
        return out

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Found:
        """The run again; what a newer scanner wrote beside it is left out."""
        known = {entry.name for entry in fields(cls)}
        values = {key: value for key, value in data.items() if key in known}
        values["start"] = datetime.fromisoformat(values["start"])
        values["ended_at"] = datetime.fromisoformat(values["ended_at"]) if values.get("ended_at") else None
        values["status"] = RunStatus(values.get("status", "RUNNING"))
        return cls(**values)


@dataclass(frozen=True, slots=True)
class ScanState:
    """What must be remembered between two readings of a log: JSON of a bounded size, meant for the scanner only."""

    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def last_at(self) -> datetime | None:
        """The time of the latest line that was read; None at the beginning of a log."""
        last = self.data.get("last_at")
        return datetime.fromisoformat(last) if last else None

    def to_json(self) -> dict[str, Any]:
        """Only strings, numbers, lists and objects."""
        return dict(self.data)

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> ScanState:
        """The state again; none, or one of another version, is the beginning of a log."""
        return cls(data) if data and data.get("version") == _STATE_VERSION else cls()


@dataclass(slots=True)
class Memory:
    """The state while lines are read."""

    open: list[Found] = field(default_factory=list)
    """Begun and not ended, oldest first."""
    ended: Found | None = None
    last_at: datetime | None = None
    level: Level | None = None
    retrying: bool = False
    """The entry above says that it will be tried again: a traceback below it was caught."""
    seen_start: bool = False
    seen_end: bool = False
    ends_surely: bool = False
    """A run's own end has been seen here, so the end of a step is not taken for it."""
    tracing: str = ""
    """``gather`` or ``skip`` while the lines of a traceback come."""
    frame_above: bool = False
    starts: list[tuple[str, int]] = field(default_factory=list)
    """Latest start times and how many runs had each."""
    entry: Entry | None = None
    """The error whose lines may go on."""

    @classmethod
    def of(cls, state: ScanState) -> Memory:
        """What was remembered."""
        data = dict(state.data)
        if not data:
            return cls()
        data.pop("version")
        data["open"] = [Found.from_json(entry) for entry in data["open"]]
        data["ended"] = Found.from_json(data["ended"]) if data["ended"] else None
        data["last_at"] = datetime.fromisoformat(data["last_at"]) if data["last_at"] else None
        data["starts"] = [(at, count) for at, count in data["starts"]]
        data["entry"] = Entry.from_json(data["entry"]) if data.get("entry") else None
        return cls(**data)

    def state(self) -> ScanState:
        """All of it, to be kept."""
        return ScanState(
            {
                "version": _STATE_VERSION,
                "open": [found.to_json() for found in self.open],
                "ended": self.ended.to_json() if self.ended else None,
                "last_at": self.last_at.isoformat() if self.last_at else None,
                "level": self.level,
                "retrying": self.retrying,
                "seen_start": self.seen_start,
                "seen_end": self.seen_end,
                "ends_surely": self.ends_surely,
                "tracing": self.tracing,
                "frame_above": self.frame_above,
                "starts": [list(entry) for entry in self.starts],
                "entry": self.entry.to_json() if self.entry else None,
            }
        )
