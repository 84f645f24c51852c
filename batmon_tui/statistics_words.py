"""Figures of a period in words. Pure: ``now`` comes in with the view."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from rich.cells import cell_len

from batmon.metrics.periods import Period
from batmon.report.values import percent as written
from batmon_tui.statistics import Counts, Figures
from batmon_tui.view import View

BETWEEN = " · "
STEADY = 0.05
"""A relative change below this is none."""
LEAST_SEC = 0.0015
"""What took less took no time that could be measured; no class is below this one."""
SHARES = ("availability", "success_rate")
"""Figures whose changes are differences in percentage points."""


def percent(share: float | None) -> str:
    """``99.2%``; never rounded up to 100, and a dash for nothing."""
    if share is None:
        return "–"
    return "100%" if share >= 1 else written(share)


def lasted(seconds: float | None, view: View) -> str:
    """A duration that was counted in classes, to the nearest second: what is known of it is the middle of its class."""
    if seconds is not None:
        seconds = round(seconds) if seconds >= 1 else 0 if seconds < LEAST_SEC else seconds
    return view.duration(seconds)


def hours(value: float | None, view: View) -> str:
    """Hours as a duration; a dash for nothing."""
    return "–" if value is None else view.duration(value * 3600)


def amount(value: float) -> str:
    """A number of hours or items: one decimal below ten, thousands apart."""
    return f"{value:,.1f}" if 0 < value < 10 else f"{round(value):,}"


def trend(change: float | None, *, points: bool = False) -> str:
    """``▲12%`` and ``▼3%`` against the period before, ``=`` for hardly any change; empty with nothing to compare."""
    if change is None:
        return ""
    if points:
        return "=" if abs(change) < 0.0005 else f"{'▲' if change > 0 else '▼'}{abs(change) * 100:.1f}"
    if abs(change) < STEADY:
        return "="
    return f"{'▲' if change > 0 else '▼'}{min(999, round(abs(change) * 100))}%"


def trend_look(change: float | None, better: str, *, least: float = STEADY) -> str:
    """How a change is coloured: only one for the worse is."""
    if change is None or abs(change) < least:
        return "lines--quiet"
    return "lines--quiet" if (change > 0) == (better == "high") else "lines--warning"


def met(one: Figures, view: View) -> tuple[str, str, str]:
    """The sign, the word and the colour of whether a target was met."""
    if one["met"] is None:
        return " ", view.tr("stats.no_target" if one["target"] is None else "stats.nothing_due"), "lines--quiet"
    return ("✓", view.tr("stats.met"), "lines--ok") if one["met"] else ("✗", view.tr("stats.missed"), "lines--error")


def day_name(day: date, view: View) -> str:
    """``2026-11-18 Wed``."""
    return f"{day} {view.tr('days').split()[day.weekday()]}"


def in_days(period: Period) -> str:
    """``2026-10-22 ~ 11-20``: the year of the end is left out where it is the same."""
    start, end = period.start, period.end
    return f"{start}" if start == end else f"{start} ~ {end:%m-%d}" if start.year == end.year else f"{start} ~ {end}"


def within(told: str, cells: int) -> str:
    """As many of the facts in ``told`` as find room whole, with a sign that there are more."""
    if cell_len(told) <= cells:
        return told
    parts = told.split(BETWEEN)
    while len(parts) > 1 and cell_len(BETWEEN.join(parts)) + 2 > cells:
        parts.pop()
    return f"{BETWEEN.join(parts)} …"


def counted(counts: Counts, view: View) -> str:
    """What ran on a day: ``12 runs · 2 failed · 1 missed``."""
    return BETWEEN.join(_counted(*counts, view)) if any(counts) else view.tr("stats.day.nothing")


def _counted(succeeded: int, failed: int, missed: int, unfinished: int, view: View) -> list[str]:
    runs = succeeded + failed
    said = [view.tr("stats.day.runs.one" if runs == 1 else "stats.day.runs", n=f"{runs:,}")]
    rest = {"failed": failed, "missed": missed, "unfinished": unfinished}
    return said + [view.tr(f"stats.day.{key}", n=f"{n:,}") for key, n in rest.items() if n]


def took(one: Mapping[str, Any], view: View) -> str:
    """The median and the 95th percentile of how long runs took."""
    return view.tr("stats.day.took", p50=lasted(one["p50_sec"], view), p95=lasted(one["p95_sec"], view))


def day_in_words(one: Mapping[str, Any], view: View) -> str:
    """A day of ``DayStats``: what ran, how long it took, how much it did, and what came of it."""
    said = [counted((one["succeeded"], one["failed"], one["missed"], one["unfinished"]), view)]
    if one["excused"]:
        said.append(view.tr("stats.day.excused", n=one["excused"]))
    if one["p50_sec"] is not None:
        said.append(took(one, view))
    if one["processed"]:
        said.append(view.tr("stats.day.items", n=f"{one['processed']:,}"))
    if one["opened"]:
        said.append(view.tr("stats.day.incidents", n=one["opened"]))
    return BETWEEN.join(said)


def facts(total: Figures, programs: int, view: View) -> list[tuple[str, bool]]:
    """What is said of all programs together; whether it is bad news."""
    targets, missed, change = total["targets"], total["missed_targets"], total["change"]
    key = "stats.targets" if missed else "stats.targets.met"
    found = [(view.tr(key, missed=missed, met=targets - missed, n=targets), bool(missed))] if targets else []
    kept = f"{percent(total['availability'])} {trend(change['availability'], points=True)}".strip()
    rest = [
        view.tr("stats.kept", share=kept),
        view.tr("stats.succeeded", share=percent(total["success_rate"])),
        *_counted(total["succeeded"], total["failed"], total["missed"], 0, view),
        view.tr("stats.programs", n=f"{programs:,}"),
    ]
    return found + [(words, False) for words in rest]


def in_short(one: Figures, view: View) -> str:
    """What a program kept of its target, how much of it succeeded, and how long it took."""
    said = [met(one, view)[1]] if one["met"] is not None else []
    if one["target"] is not None:
        said.append(view.tr("stats.target", share=percent(one["target"])))
    if one["availability"] is not None:
        said.append(view.tr("stats.kept", share=percent(one["availability"])))
    said.append(view.tr("stats.succeeded", share=percent(one["success_rate"])))
    if one["p50_sec"] is not None:
        said.append(took(one, view))
    return BETWEEN.join(said)


def against(one: Figures, view: View) -> str:
    """What the figures of a program were in the period before, and how they moved since."""
    change, before = one["change"], one["before"]
    told = {
        "availability": percent(before["availability"]),
        "success_rate": percent(before["success_rate"]),
        "runs": f"{before['runs']:,}",
        "p95_sec": lasted(before["p95_sec"], view),
        "mttr_hours": hours(before["mttr_hours"], view),
        "saved_hours": amount(before["saved_hours"]),
    }
    said = [
        f"{view.tr(f'stats.figure.{key}')} {words} {moved}"
        for key, words in told.items()
        if (moved := trend(change[key], points=key in SHARES))
    ]
    return view.tr("stats.before", said=BETWEEN.join(said)) if said else view.tr("stats.nothing_before")
