"""What a report is made of, once it has been gathered: figures, incidents, findings. Frozen, and free of any format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from batmon.metrics.figures import IncidentTotals, ProgramFigures, Totals
from batmon.metrics.overall import Overall
from batmon.metrics.periods import Period
from batmon.report.asked import Asked, ReportSettings
from batmon.report.document import Data, Finding

_NO_RUNS = Totals()
_NO_INCIDENTS = IncidentTotals()


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentEntry:
    """An incident of the period, with its reason as a sentence in the report's language."""

    incident_id: int
    program: str
    title: str
    severity: str
    sentence: str
    opened_at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    resolved_at: datetime | None = None
    resolved_by: str = ""
    reopened: int = 0
    seconds: float = 0.0
    """How long it was open inside the period."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A program's day, or its days of one column of a heatmap."""

    program: str
    since: date
    succeeded: int
    failed: int
    missed: int
    due: int
    kept: int

    @property
    def share(self) -> float | None:
        """How much of what ran or should have run went well; None if there was nothing."""
        every = self.succeeded + self.failed + self.missed
        return self.succeeded / every if every else None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthEntry:
    """All programs over one calendar month, or over what there is of it. ``scheduled``: those with a schedule alone."""

    month: Period
    totals: Totals = _NO_RUNS
    scheduled: Totals = _NO_RUNS
    incidents: IncidentTotals = _NO_INCIDENTS
    programs: Mapping[str, Totals] = field(default_factory=dict)
    """Each program's counts, by its shown name."""


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """The material of one report; what its template does not need is empty."""

    asked: Asked
    settings: ReportSettings
    period: Period
    programs: tuple[ProgramFigures, ...] = ()
    daily: tuple[tuple[date, Totals], ...] = ()
    """Each day of the period on which something ran, all programs together, oldest first."""
    cells: tuple[Cell, ...] = ()
    """Of the heatmap: a program's counts from ``since`` to the next column."""
    lost: tuple[Cell, ...] = ()
    """Days on which a program with a target did not do all that was due, the programs in order, oldest first."""
    lost_more: int = 0
    """Days like those that were left out."""
    incidents: tuple[IncidentEntry, ...] = ()
    """Those open at any time in the period, the latest first."""
    incidents_more: int = 0
    """Incidents that were left out."""
    incident_totals: IncidentTotals = _NO_INCIDENTS
    incident_totals_before: IncidentTotals = _NO_INCIDENTS
    months: tuple[MonthEntry, ...] = ()
    """Up to and with that of the period's end, oldest first."""
    findings: tuple[Finding, ...] = ()
    data: tuple[Data, ...] = ()

    watched_seconds: float = 0.0
    """How long of the period programs and probes were watched, all of them together: what MTBF is made of."""
    watched_seconds_before: float = 0.0

    @cached_property
    def overall(self) -> Overall:
        """All programs together."""
        return Overall(self.programs)

    @property
    def totals(self) -> Totals:
        """All programs over the period."""
        return self.overall.totals

    @property
    def totals_before(self) -> Totals:
        """All programs over the period before."""
        return self.overall.before

    @property
    def availability(self) -> float | None:
        """Of all programs with a schedule."""
        return self.overall.availability

    @property
    def availability_before(self) -> float | None:
        """Of the same over the period before."""
        return self.overall.availability_before

    @property
    def since(self) -> datetime:
        """The period's first moment on the clocks of the readers."""
        return self.period.moments(self.asked.timezone)[0]

    @property
    def until(self) -> datetime:
        """The end of what has been of the period: its last moment, or the moment at which the report is made."""
        return max(min(self.period.moments(self.asked.timezone)[1], self.asked.now), self.since)
