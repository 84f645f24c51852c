"""Every program over a period and over the one before: what boards, the command line and reports show alike."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from batmon.metrics.figures import IncidentTotals, ProgramFigures, Totals
from batmon.metrics.periods import Period
from batmon.store import Store
from batmon.store.incident_figures import IncidentFigures, Watched
from batmon.store.statistics import Statistics

Counted = TypeVar("Counted", Totals, IncidentTotals)
Span = tuple[datetime, datetime]
_NO_RUNS, _NO_INCIDENTS = Totals(), IncidentTotals()
"""Shared by all that had none: objects by the hundred thousand keep the garbage collector busy, and so everybody."""


async def program_figures(
    store: Store,
    period: Period,
    timezone: str,
    programs: Sequence[str] | None = None,
    *,
    now: datetime | None = None,
) -> list[ProgramFigures]:
    """Programs that are configured, and probes and whatever else had runs or incidents in either period, by title.

    ``timezone``: at whose midnights incidents are cut; runs are cut at those of their program. ``programs``: names in
    any case, None for all. ``now``: up to when incidents that are open last; None: this moment.
    """
    now = datetime.now(UTC) if now is None else now
    statistics, incidents = Statistics(store), IncidentFigures(store)
    span, span_before = _until(period.moments(timezone), now), _until(period.before().moments(timezone), now)
    known, counted, before, broken, broken_before, watched = await asyncio.gather(
        statistics.programs(programs),
        statistics.totals(period, programs),
        statistics.totals(period.before(), programs),
        incidents.totals(*span, programs),
        incidents.totals(*span_before, programs),
        incidents.watched(),
    )

    def filled() -> list[ProgramFigures]:
        parts = (_folded(counted), _folded(before), _folded(broken), _folded(broken_before))
        return _Counts(*parts, (span, span_before)).of(known, watched)

    return await asyncio.to_thread(filled)  # whoever may write runs may make up any number of programs


class _Counts:
    """What was counted of each program, by its name in small letters."""

    def __init__(
        self,
        counted: Mapping[str, tuple[str, Totals]],
        before: Mapping[str, tuple[str, Totals]],
        broken: Mapping[str, tuple[str, IncidentTotals]],
        broken_before: Mapping[str, tuple[str, IncidentTotals]],
        spans: tuple[Span, Span],
    ) -> None:
        self._counted, self._before = counted, before
        self._broken, self._broken_before = broken, broken_before
        self._span, self._span_before = spans

    def of(self, known: Sequence[ProgramFigures], watched: Mapping[str, Watched]) -> list[ProgramFigures]:
        """Those that are configured and those of which anything was counted, by title."""
        parts = (self._broken_before, self._broken, self._before, self._counted)
        names = {folded: name for part in parts for folded, (name, _) in part.items()}
        bare = {one.program.lower(): one for one in known}
        found = [
            self._filled(bare.get(folded) or _unlisted(names[folded], watched.get(folded)), watched.get(folded))
            for folded in bare.keys() | names.keys()
            if folded in names or bare[folded].configured
        ]
        return sorted(found, key=lambda one: (one.title.casefold(), one.program))

    def _filled(self, bare: ProgramFigures, watched: Watched | None) -> ProgramFigures:
        folded = bare.program.lower()
        return replace(
            bare,
            totals=_of(self._counted, folded, _NO_RUNS),
            before=_of(self._before, folded, _NO_RUNS),
            incidents=_of(self._broken, folded, _NO_INCIDENTS),
            incidents_before=_of(self._broken_before, folded, _NO_INCIDENTS),
            watched_seconds=_lasted(self._span, watched, folded in self._broken),
            watched_seconds_before=_lasted(self._span_before, watched, folded in self._broken_before),
        )


def _until(moments: Span, now: datetime) -> Span:
    return moments[0], min(moments[1], now)


def _unlisted(name: str, watched: Watched | None) -> ProgramFigures:
    """A probe, or what is no longer configured."""
    if watched is None:
        return ProgramFigures(program=name, title=name, scheduled=False, configured=False)
    return ProgramFigures(
        program=watched.program,
        title=watched.title,
        scheduled=False,
        configured=watched.configured,
        timezone=watched.timezone,
    )


def _folded(found: Mapping[str, Counted]) -> dict[str, tuple[str, Counted]]:
    """By name in small letters: the name as it is written, and what was counted of all its spellings."""
    folded: dict[str, tuple[str, Counted]] = {}
    for name, counted in found.items():
        before = folded.get(name.lower())
        folded[name.lower()] = (name, counted if before is None else before[1] + counted)
    return folded


def _of(found: Mapping[str, tuple[str, Counted]], folded: str, nothing: Counted) -> Counted:
    return found[folded][1] if folded in found else nothing


def _lasted(span: Span, watched: Watched | None, broken: bool) -> float:
    """How many seconds of the span it was watched; what nobody watches now was, if it had incidents then."""
    since, until = span
    if watched is None:
        return (until - since).total_seconds() if broken else 0.0
    return max(0.0, (until - max(since, watched.watch_since)).total_seconds())
