"""The figures of a program over days: what is counted, how counts add up, and what is made of them.

Counts and sums add up over any split of a period; rates and quantiles are made of the sums and never averaged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from batmon.metrics.durations import Histogram, merged, quantile


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What was counted of runs over some days. A run belongs to the day of its start in its program's zone."""

    succeeded: int = 0
    failed: int = 0
    """Ended in any other way than success: failed, died, was stopped."""
    missed: int = 0
    """Due, and did not start in time."""
    unfinished: int = 0
    """Not ended yet, or nobody ever said how."""
    reruns: int = 0
    """Of those that ended, started by BATMON because a person asked for it."""
    reruns_succeeded: int = 0
    excused: int = 0
    """Scheduled runs that failed or were missed in planned maintenance."""
    processed: int = 0
    """What successful runs counted as processed."""
    timed: int = 0
    """Successful runs of which it is known how long they took."""
    seconds: float = 0.0
    """How long those took together."""
    histogram: Histogram = field(default_factory=dict)
    """How long each of those took."""

    def __add__(self, other: Totals) -> Totals:
        return total((self, other))

    @property
    def runs(self) -> int:
        """Runs that ended."""
        return self.succeeded + self.failed

    @property
    def success_rate(self) -> float | None:
        """Of the runs that ended, the share that succeeded; None if none ended."""
        return self.succeeded / self.runs if self.runs else None

    @property
    def due(self) -> int:
        """What availability is held against: scheduled runs that ended or were missed, without what is excused."""
        return self.runs - self.reruns + self.missed - self.excused

    @property
    def kept(self) -> int:
        """Of those, the ones that succeeded."""
        return self.succeeded - self.reruns_succeeded

    @property
    def availability(self) -> float | None:
        """The share of what was due that succeeded; None if nothing was due."""
        return self.kept / self.due if self.due > 0 else None

    @property
    def mean_seconds(self) -> float | None:
        """The mean time of successful runs."""
        return self.seconds / self.timed if self.timed else None

    def quantile(self, share: float) -> float | None:
        """The seconds that ``share`` of the successful runs did not exceed, good to 2.5 %."""
        return quantile(self.histogram, share)

    @property
    def median_seconds(self) -> float | None:
        """The median time of successful runs: of one or two exactly, else from the histogram."""
        return self.mean_seconds if self.timed < 3 else self.quantile(0.5)


class DayCourse(NamedTuple):
    """What trends are made of: this of a day's ``Totals``. Very many are read at once."""

    succeeded: int
    failed: int
    missed: int
    processed: int
    median_seconds: float | None


@dataclass(frozen=True, slots=True)
class Day:
    """A program's totals of one day of its time zone: a row of ``run_stats_daily``."""

    program: str
    day: date
    totals: Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentTotals:
    """What was counted of incidents over a period from its first to before its last moment."""

    opened: int = 0
    resolved: int = 0
    open_at_end: int = 0
    acknowledged: int = 0
    """Of those opened in the period, how many somebody acknowledged."""
    repair_seconds: float = 0.0
    """From opened to resolved, of those resolved in the period, together."""
    acknowledge_seconds: float = 0.0
    """From opened to first acknowledged, of those ``acknowledged``, together."""
    outage_seconds: float = 0.0
    """How long in the period an ERROR was open, of each program, together."""
    longest_seconds: float = 0.0
    """The longest that one of them lasted inside the period."""
    errors_opened: int = 0
    """Of those opened, the ones that were ERROR: what counts as a failure for MTBF."""

    def __add__(self, other: IncidentTotals) -> IncidentTotals:
        return IncidentTotals(
            opened=self.opened + other.opened,
            resolved=self.resolved + other.resolved,
            open_at_end=self.open_at_end + other.open_at_end,
            acknowledged=self.acknowledged + other.acknowledged,
            repair_seconds=self.repair_seconds + other.repair_seconds,
            acknowledge_seconds=self.acknowledge_seconds + other.acknowledge_seconds,
            outage_seconds=self.outage_seconds + other.outage_seconds,
            longest_seconds=max(self.longest_seconds, other.longest_seconds),
            errors_opened=self.errors_opened + other.errors_opened,
        )

    @property
    def completion_rate(self) -> float | None:
        """Of the incidents that were open at any time in the period, the share that was resolved in it."""
        known = self.resolved + self.open_at_end
        return self.resolved / known if known else None

    @property
    def mttr_hours(self) -> float | None:
        """Mean time to repair: from opened to resolved, of those resolved in the period."""
        return self.repair_seconds / self.resolved / 3600 if self.resolved else None

    @property
    def mtta_hours(self) -> float | None:
        """Mean time to acknowledge: of those opened in the period that somebody acknowledged."""
        return self.acknowledge_seconds / self.acknowledged / 3600 if self.acknowledged else None

    def mtbf_hours(self, watched_seconds: float) -> float | None:
        """Mean time between failures: the time in which there was no outage, by the number of failures; None without.

        ``watched_seconds``: the time that the period lasted, of each program, together.
        """
        return (
            max(0.0, watched_seconds - self.outage_seconds) / self.errors_opened / 3600 if self.errors_opened else None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What one processed item of a program is worth."""

    minutes_per_item: float = 5.0
    hourly_cost: float = 0.0
    """Of a person's work, in ``currency``; 0: nobody said."""

    def hours(self, processed: int) -> float:
        """The hours that people were spared."""
        return processed * self.minutes_per_item / 60

    def money(self, processed: int) -> float:
        """What those hours would have cost."""
        return self.hours(processed) * self.hourly_cost


def total(parts: Iterable[Totals]) -> Totals:
    """The sum of any number of totals."""
    found = list(parts)
    return Totals(
        succeeded=sum(one.succeeded for one in found),
        failed=sum(one.failed for one in found),
        missed=sum(one.missed for one in found),
        unfinished=sum(one.unfinished for one in found),
        reruns=sum(one.reruns for one in found),
        reruns_succeeded=sum(one.reruns_succeeded for one in found),
        excused=sum(one.excused for one in found),
        processed=sum(one.processed for one in found),
        timed=sum(one.timed for one in found),
        seconds=sum(one.seconds for one in found),
        histogram=merged(one.histogram for one in found),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramFigures:
    """A program over a period, and over the one before."""

    program: str
    title: str
    department: str = ""
    scheduled: bool = True
    """Whether it has a schedule: without one there is no availability."""
    configured: bool = True
    timezone: str = "UTC"
    target: float | None = None
    """The availability that was promised, 0 to 1; None: nobody promised any."""
    worth: Worth = Worth()
    totals: Totals = Totals()
    before: Totals = Totals()
    incidents: IncidentTotals = IncidentTotals()
    incidents_before: IncidentTotals = IncidentTotals()
    watched_seconds: float = 0.0
    """How long of the period it was watched; 0 where nobody asked."""
    watched_seconds_before: float = 0.0

    @property
    def availability(self) -> float | None:
        """That of its totals if it has a schedule."""
        return self.totals.availability if self.scheduled else None

    @property
    def availability_before(self) -> float | None:
        """That of the period before."""
        return self.before.availability if self.scheduled else None

    @property
    def mtbf_hours(self) -> float | None:
        """Mean time between failures."""
        return self.incidents.mtbf_hours(self.watched_seconds)

    @property
    def mtbf_hours_before(self) -> float | None:
        """That of the period before."""
        return self.incidents_before.mtbf_hours(self.watched_seconds_before)

    @property
    def met(self) -> bool | None:
        """Whether it kept its promise; None if there is none, or nothing was due."""
        if self.target is None or self.availability is None:
            return None
        return self.availability >= self.target

    @property
    def saved_hours(self) -> float:
        """The hours that people were spared."""
        return self.worth.hours(self.totals.processed)

    @property
    def saved_hours_before(self) -> float:
        """Those of the period before."""
        return self.worth.hours(self.before.processed)

    @property
    def saved_money(self) -> float:
        """What those would have cost."""
        return self.worth.money(self.totals.processed)

    @property
    def saved_money_before(self) -> float:
        """What those of the period before would have cost."""
        return self.worth.money(self.before.processed)

    def without_before(self) -> ProgramFigures:
        """The same with nothing to compare with."""
        return replace(self, before=Totals(), incidents_before=IncidentTotals())


def change(now: float | None, before: float | None) -> float | None:
    """By which share of ``before`` a figure grew; None if there is nothing to compare with."""
    return None if now is None or not before else (now - before) / before
