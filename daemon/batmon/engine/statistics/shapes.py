"""How figures of programs look at the gate: the shapes ``ProgramStats``, ``DayStats`` and ``IncidentStats``."""

from __future__ import annotations

from typing import Any

from batmon.metrics.durations import GROWTH, Histogram
from batmon.metrics.figures import IncidentTotals, ProgramFigures, Totals, change
from batmon.metrics.overall import Overall
from batmon.metrics.periods import Period
from batmon.store.incident_figures import OneIncident

CLASSES = 60
"""Classes of durations in one answer."""
Shape = dict[str, Any]
SHARES = ("availability", "success_rate", "completion_rate")
"""Figures that change by a difference."""
GROWN = (
    "runs", "failed", "missed", "processed", "mean_sec", "p50_sec", "p95_sec", "max_sec", "opened", "resolved", "open",
    "mttr_hours", "mtta_hours", "mtbf_hours", "outage_sec", "longest_outage_sec", "saved_hours", "saved_money",
)  # fmt: skip
"""Figures that change by a share of what they were."""


def period_shape(period: Period) -> Shape:
    """Its first and its last day."""
    return {"start": period.start.isoformat(), "end": period.end.isoformat()}


def program_shape(one: ProgramFigures) -> Shape:
    """``ProgramStats`` of a program."""
    scheduled, scheduled_before = (one.totals, one.before) if one.scheduled else (Totals(), Totals())
    now = _figures(one.totals, scheduled, one.incidents, one.availability, one.mtbf_hours)
    before = _figures(
        one.before, scheduled_before, one.incidents_before, one.availability_before, one.mtbf_hours_before
    )
    return {
        "program": one.program,
        "title": one.title,
        "department": one.department,
        "configured": one.configured,
        "scheduled": one.scheduled,
        "timezone": one.timezone,
        "target": one.target if one.scheduled else None,
        "met": one.met,
        **_compared(
            now | _saved(one.saved_hours, one.saved_money),
            before | _saved(one.saved_hours_before, one.saved_money_before),
        ),
    }


def overall_shape(every: Overall) -> Shape:
    """``ProgramStats`` of all programs together."""
    now = _figures(every.totals, every.scheduled, every.incidents, every.availability, every.mtbf_hours)
    before = _figures(
        every.before, every.scheduled_before, every.incidents_before, every.availability_before, every.mtbf_hours_before
    )
    return {
        **dict.fromkeys(("program", "title", "department", "timezone"), ""),
        "configured": True,
        "scheduled": any(one.scheduled for one in every.programs),
        "target": None,
        "met": None,
        **_compared(
            now | _saved(every.saved_hours, every.saved_money),
            before | _saved(every.saved_hours_before, every.saved_money_before),
        ),
        "targets": every.targets,
        "missed_targets": every.missed_targets,
    }


def _figures(
    totals: Totals, scheduled: Totals, incidents: IncidentTotals, availability: float | None, mtbf: float | None
) -> Shape:
    return {
        "availability": availability,
        "success_rate": totals.success_rate,
        "runs": totals.runs,
        "succeeded": totals.succeeded,
        "failed": totals.failed,
        "missed": totals.missed,
        "unfinished": totals.unfinished,
        "reruns": totals.reruns,
        "excused": totals.excused,
        "due": scheduled.due,
        "kept": scheduled.kept,
        "processed": totals.processed,
        "mean_sec": _rounded(totals.mean_seconds),
        **_durations(totals),
        "opened": incidents.opened,
        "resolved": incidents.resolved,
        "open": incidents.open_at_end,
        "acknowledged": incidents.acknowledged,
        "errors": incidents.errors_opened,
        "completion_rate": incidents.completion_rate,
        "mttr_hours": _rounded(incidents.mttr_hours),
        "mtta_hours": _rounded(incidents.mtta_hours),
        "mtbf_hours": _rounded(mtbf),
        "outage_sec": _rounded(incidents.outage_seconds),
        "longest_outage_sec": _rounded(incidents.longest_seconds),
    }


def _durations(totals: Totals) -> Shape:
    shares = (("p50_sec", 0.5), ("p95_sec", 0.95), ("max_sec", 1.0))
    return {key: _rounded(totals.quantile(share)) for key, share in shares}


def _saved(hours: float, money: float) -> Shape:
    return {"saved_hours": _rounded(hours), "saved_money": _rounded(money)}


def _compared(now: Shape, before: Shape) -> Shape:
    shares = {
        key: None if now[key] is None or before[key] is None else round(now[key] - before[key], 6) for key in SHARES
    }
    grown = {key: _rounded(change(now[key], before[key])) for key in GROWN}
    return {**now, "before": before, "change": shares | grown}


def day_shape(day: str, totals: Totals, incidents: IncidentTotals) -> Shape:
    """``DayStats``."""
    return {
        "day": day,
        "succeeded": totals.succeeded,
        "failed": totals.failed,
        "missed": totals.missed,
        "unfinished": totals.unfinished,
        "reruns": totals.reruns,
        "excused": totals.excused,
        "processed": totals.processed,
        **_durations(totals),
        "opened": incidents.opened,
        "resolved": incidents.resolved,
        "outage_sec": _rounded(incidents.outage_seconds),
    }


def incident_stats(one: OneIncident) -> Shape:
    """``IncidentStats``."""
    return {
        "id": one.incident_id,
        "severity": one.severity,
        "reason": one.reason,
        "opened_at": one.opened_at.isoformat(),
        "resolved_at": None if one.resolved_at is None else one.resolved_at.isoformat(),
        "acknowledged_at": None if one.acknowledged_at is None else one.acknowledged_at.isoformat(),
        "reopened": one.reopened,
        "outage_sec": _rounded(one.outage_seconds),
    }


def classes(histogram: Histogram) -> list[Shape]:
    """A histogram in at most ``CLASSES`` classes of as many buckets each, from the shortest to the longest time."""
    if not histogram:
        return []
    first, last = min(histogram), max(histogram)
    wide = -(-(last - first + 1) // CLASSES)
    return [
        {
            "from_sec": _rounded(GROWTH ** (lowest - 1)),
            "to_sec": _rounded(GROWTH ** min(last, lowest + wide - 1)),
            "count": sum(histogram.get(number, 0) for number in range(lowest, lowest + wide)),
        }
        for lowest in range(first, last + 1, wide)
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
