"""What the page of a probe says of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from batmon import probe_words
from batmon_tui.board import Row
from batmon_tui.view import View

Fact = tuple[str, str]
"""A key of the locale, and what is said of it."""


def probe_facts(row: Row, config: Mapping[str, Any], view: View) -> tuple[list[Fact], list[Fact]]:
    """The facts in two columns of the same length; ``config`` as the gate's ``program`` gives it for a probe."""
    tr, kind = view.tr, str(row["probe"])
    korean, english = probe_words.KINDS.get(kind, (kind, kind))
    run = row.get("last_run") or {}
    last = view.stamp(run.get("start_time"))
    if run.get("duration_sec") is not None:
        last += f" · {view.exactly(run['duration_sec'])}"
    unit, below = str(config.get("unit", "")), bool(config.get("below"))
    lasting = config.get("for_sec")
    held = f" ({tr('probe.for', span=view.duration(lasting))})" if lasting else ""
    left = [
        ("probe.measures", f"{kind} · {korean if view.language == 'ko' else english}"),
        ("probe.target", str(config.get("target") or "–")),
        ("probe.every", view.duration(config.get("every_sec"))),
        ("probe.timeout", view.duration(config.get("timeout_sec"))),
        ("program.checked", last),
    ]
    right = [
        (
            "probe.warn",
            _limit(config.get("warn"), unit, view, below=below) + (held if config.get("warn") is not None else ""),
        ),
        (
            "probe.crit",
            _limit(config.get("crit"), unit, view, below=below) + (held if config.get("crit") is not None else ""),
        ),
        ("probe.alert_after", tr("probe.times", n=config.get("alert_after", 1))),
        ("probe.depends_on", ", ".join(config.get("depends_on", ())) or "–"),
        ("program.node", str(row.get("node") or "–")),
    ]
    return left, right


def _limit(value: float | None, unit: str, view: View, *, below: bool) -> str:
    if value is None:
        return "–"
    if unit == "s":
        said = view.duration(value)
    elif unit == "B":
        said = probe_words.size_in_words(value)
    elif unit == "d":
        said = view.tr("probe.days", n=f"{value:g}")
    else:
        said = f"{value:g}{unit}"
    return view.tr("probe.below" if below else "probe.above", value=said)


def amount(run: Mapping[str, Any]) -> float | None:
    """How high a run stands in a plot: how long it took, or what a probe's look measured instead of a time."""
    facts = run.get("facts") or {}
    if facts.get("unit") in ("%", "B", "d"):
        value = facts.get("value")
        return None if value is None else max(0.0, float(value))
    seconds = run.get("duration_sec")
    return None if seconds is None else float(seconds)


def amount_in_words(value: float | None, run: Mapping[str, Any], view: View) -> str:
    """Such an amount with its unit, for the runs that ``run`` is one of."""
    unit = (run.get("facts") or {}).get("unit")
    if value is None or unit not in ("%", "B", "d"):
        return view.exactly(value) if run.get("status_of") else view.duration(value)
    if unit == "B":
        return probe_words.size_in_words(value)
    return view.tr("probe.days", n=f"{value:.0f}") if unit == "d" else f"{value:.0f}%"
