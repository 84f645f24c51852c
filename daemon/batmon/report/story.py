"""All that is known of one incident, gathered for its story. Frozen values; ``report.sections.story`` tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from batmon.judge.incident_state import Incident
from batmon.metrics.figures import IncidentTotals
from batmon.metrics.periods import Period
from batmon.model import Run, RunStatus
from batmon.notify.mask import mask_start
from batmon.notify.visible import one_line
from batmon.store.signatures import InProgram, StoredSignature
from batmon.store.story import SilenceRow

Row = Mapping[str, Any]
TEXT_CHARS = 500
"""Of somebody's words as they are shown."""


@dataclass(frozen=True, slots=True)
class LogLines:
    """Lines of a log around a run's first error; ``why`` there are none, as the last part of a sentence."""

    run: Run
    lines: tuple[str, ...] = ()
    marked: tuple[int, ...] = ()
    file: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class KindOfLine:
    """A line that one run has and the other has not, and how often."""

    text: str
    count: int


@dataclass(frozen=True, slots=True)
class Compared:
    """How the lines of two runs differ; ``why`` they could not be compared."""

    new: tuple[KindOfLine, ...] = ()
    missing: tuple[KindOfLine, ...] = ()
    cut: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """Another incident and how it is related: ``signature``, ``holds``, ``held_by`` or ``node``."""

    incident: Incident
    title: str
    relation: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentStory:
    """One incident with everything around it, as of ``now``."""

    incident: Incident
    title: str
    now: datetime
    opened_by: str = ""
    """Why it was opened, as a sentence."""
    sentence: str = ""
    """What was last said of it."""
    acknowledged: tuple[datetime, str] | None = None
    """When it was first acknowledged, and by whom."""
    events: tuple[Row, ...] = ()
    """Its timeline: at, kind, by, text, data."""
    events_count: int = 0
    told: tuple[Row, ...] = ()
    """Notices, with what became of their messages."""
    verdicts: tuple[Row, ...] = ()
    """How the verdict changed: status, sentence, at."""
    acts: tuple[Row, ...] = ()
    """What people did to the program, beside what stands in the timeline: at, actor, action, outcome."""
    bad_runs: tuple[Run, ...] = ()
    """The runs that went wrong one after the other before it was opened, oldest first."""
    reruns: tuple[Run, ...] = ()
    counts: Mapping[RunStatus, int] = field(default_factory=dict)
    """Runs that started from the first bad one until its end."""
    run: Run | None = None
    """The run that it is about."""
    good: Run | None = None
    """The last good run before that."""
    healed: Run | None = None
    """The last good run before its end, if it is of this incident's time."""
    good_since: bool = True
    """Whether any run succeeded that started after its end."""
    log: LogLines | None = None
    looks: tuple[Row, ...] = ()
    """Of a probe: what it found around the beginning: at, status, value, unit, fault, detail, seconds."""
    signature: str = ""
    kind: StoredSignature | None = None
    places: tuple[InProgram, ...] = ()
    """Programs that ever had this kind of error, those that had it last first."""
    compared: Compared | None = None
    relations: tuple[Relation, ...] = ()
    silences: tuple[SilenceRow, ...] = ()
    before: int = 0
    """Incidents of the same program in the 90 days before."""
    again: tuple[int, datetime] | None = None
    """The next incident of the same program, and when it was opened."""

    @property
    def end(self) -> datetime:
        """When it ended; now if it has not."""
        return self.incident.resolved_at or self.now

    @property
    def begin(self) -> datetime:
        """When what led to it began: with the first bad run, else when it was opened."""
        first = self.bad_runs[0].start_time if self.bad_runs else self.incident.opened_at
        return min(first, self.incident.opened_at)

    @property
    def lasted(self) -> timedelta:
        """From when it was opened until its end."""
        return max(timedelta(0), self.end - self.incident.opened_at)

    @property
    def new_kind(self) -> bool:
        """Whether its kind of error was never seen before the first bad run."""
        return self.kind is not None and self.kind.first_seen >= self.begin - timedelta(minutes=1)

    @property
    def here(self) -> InProgram | None:
        """Its kind of error in its own program."""
        own = self.incident.program.lower()
        return next((one for one in self.places if one.program.lower() == own), None)

    @property
    def elsewhere(self) -> tuple[InProgram, ...]:
        """The other programs that had it."""
        own = self.incident.program.lower()
        return tuple(one for one in self.places if one.program.lower() != own)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The incidents of a period: ``incidents`` are the worst of ``total``, ``told`` of them have their story told."""

    period: Period
    since: datetime
    until: datetime
    """The end of what has been of the period."""
    totals: IncidentTotals
    before: IncidentTotals
    """Of the period before."""
    incidents: tuple[Incident, ...]
    total: int
    told: int
    acknowledged: Mapping[int, tuple[datetime, str]]
    """When each was first acknowledged, and by whom, by its number."""
    titles: Mapping[str, str]
    """What programs are called, by name in small letters."""
    sentences: Mapping[int, str]


def harmless(text: str, most: int = TEXT_CHARS) -> str:
    """Somebody's words on one line, secrets hidden, cut."""
    line = one_line(mask_start(text))
    return line if len(line) <= most else f"{line[:most]}…"


def run_name(run: Run) -> str:
    """What a run is called: its number, where it has one."""
    return f"#{run.log_id}" if run.log_id is not None else str(run.run_id)[:8]
