"""Findings of drifts in words: programs that grow slower, outputs that shrink.

Pure. Rules and thresholds are in docs/insights.md; where nothing is certain nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from batmon.metrics.drift import Drift, drift, ends, moves
from batmon.metrics.figures import DayCourse, Totals
from batmon.report.document import Finding
from batmon.report.voice import Voice, number, percent

SLOWER, LEAST_SECONDS = 0.15, 5.0
FEWER, LEAST_ITEMS = 0.15, 10.0
LEAST_SWING = 0.01
"""Of earlier swings smaller ones are none."""

Course = DayCourse | Totals
"""What a day is judged by."""


def may_drift(days: Mapping[date, Course], until: date) -> bool:
    """Whether ``slower`` or ``fewer`` may find something, by the last twelve weeks of days alone."""
    return moves(_times(days), until, least=SLOWER) or moves(_items(_whole(days)), until, least=FEWER)


def slower(title: str, days: Mapping[date, Course], until: date, voice: Voice) -> Finding | None:
    """Whether the median time of successful runs grows; None if it does not, or there is too little to say.

    ``days`` are those of the last 48 weeks as far as they are known.
    """
    found = drift(_times(days), until, least=SLOWER)
    if found is None or found.change < 0 or found.after - found.before < LEAST_SECONDS:
        return None
    items = ends({day: one.processed / one.succeeded for day, one in days.items() if one.succeeded}, until)
    evidence = [
        _weeks(found, voice, voice.span),
        voice.words("drift_days", days=found.days, z=f"{abs(found.z):.1f}"),
        _swung(found, voice),
    ]
    grew_too = False
    if items is not None and items[0] > 0:
        evidence.append(
            voice.words("items_a_run", before=number(items[0]), after=number(items[1]),
                        change=percent(items[1] / items[0] - 1))
        )  # fmt: skip
        grew_too = (found.after / found.before) / max(items[1] / items[0], 1e-9) < 1 + SLOWER
    text = voice.words("slower_text", **_ends(found, voice.span))
    return Finding(
        key="slower",
        title=voice.words("slower_title", change=percent(found.change)),
        text=f"{text} {voice.words('slower_items')}" if grew_too else text,
        program=title,
        evidence=tuple(evidence),
        tone="muted" if grew_too else "warn",
        data=_data(found) | {"explained_by_items": grew_too},
    )


def fewer(title: str, days: Mapping[date, Course], until: date, voice: Voice) -> Finding | None:
    """Whether a day's items shrink, on days on which all went well; None if not, or there is too little to say.

    ``days`` as for ``slower``.
    """
    whole = _whole(days)
    found = drift(_items(whole), until, least=FEWER)
    if found is None or found.change > 0 or found.before < LEAST_ITEMS:
        return None
    evidence = [
        _weeks(found, voice, number),
        voice.words("drift_days", days=found.days, z=f"{abs(found.z):.1f}"),
        _swung(found, voice),
    ]
    runs = ends({day: float(one.succeeded) for day, one in whole.items()}, until)
    if runs is not None:
        evidence.append(voice.words("runs_a_day", before=number(runs[0]), after=number(runs[1])))
    return Finding(
        key="fewer",
        title=voice.words("fewer_title", change=percent(found.change)),
        text=voice.words("fewer_text", **_ends(found, number)),
        program=title,
        evidence=tuple(evidence),
        data=_data(found),
    )


def _times(days: Mapping[date, Course]) -> dict[date, float]:
    return {day: seconds for day, one in days.items() if (seconds := one.median_seconds) is not None}


def _whole(days: Mapping[date, Course]) -> dict[date, Course]:
    return {day: one for day, one in days.items() if one.succeeded and not one.failed and not one.missed}


def _items(days: Mapping[date, Course]) -> dict[date, float]:
    return {day: float(one.processed) for day, one in days.items()}


def _ends(found: Drift, shown: Callable[[float], str]) -> dict[str, str]:
    end = timedelta(weeks=4) - timedelta(days=1)
    return {
        "before": shown(found.before), "after": shown(found.after), "since": f"{found.since:%Y-%m-%d}",
        "since_end": f"{found.since + end:%Y-%m-%d}", "until_begin": f"{found.until - end:%Y-%m-%d}",
        "until": f"{found.until:%Y-%m-%d}",
    }  # fmt: skip


def _weeks(found: Drift, voice: Voice, shown: Callable[[float], str]) -> str:
    return voice.words("weeks", since=f"{found.since:%Y-%m-%d}", values=", ".join(shown(one) for _, one in found.weeks))


def _swung(found: Drift, voice: Voice) -> str:
    if found.past is None:
        return voice.words("no_past", since=f"{found.since:%Y-%m-%d}")
    past = {"past": f"{found.past:%Y-%m-%d}", "since": f"{found.since:%Y-%m-%d}"}
    if abs(found.swing) < LEAST_SWING:
        return voice.words("no_swing", **past)
    return voice.words("swung", **past, swing=percent(found.swing))


def _data(found: Drift) -> dict[str, object]:
    return {
        "before": round(found.before, 3), "after": round(found.after, 3), "change": round(found.change, 4),
        "since": found.since.isoformat(), "until": found.until.isoformat(), "days": found.days, "z": round(found.z, 2),
        "weeks": [[day.isoformat(), round(value, 3)] for day, value in found.weeks],
        "past": found.past and found.past.isoformat(), "swing": round(found.swing, 4),
    }  # fmt: skip
