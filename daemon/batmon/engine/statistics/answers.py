"""What the daemon answers at the gate about statistics: the SLA board, the heatmap, and one program in full."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from batmon.engine.statistics.program_figures import program_figures
from batmon.engine.statistics.shapes import (
    classes,
    day_shape,
    incident_stats,
    overall_shape,
    period_shape,
    program_shape,
)
from batmon.errors import BadRequest, ModelError, NotFound
from batmon.gate.arguments import Args, maybe_text, number, text
from batmon.gate.sanitize import clean
from batmon.gate.verbs import Caller, Verb
from batmon.metrics.figures import Day, IncidentTotals, ProgramFigures, Totals
from batmon.metrics.overall import Overall, worst_first
from batmon.metrics.periods import Period, asked_for
from batmon.model import Role
from batmon.refusals import because
from batmon.store import Store
from batmon.store.incident_figures import IncidentFigures
from batmon.store.statistics import Statistics
from batmon.store.stats_grid import GridRow, StatsGrid

BOARD, MOST_BOARD = 200, 500
GRID, MOST_GRID = 100, 500
CELLS = 20_000
"""Programs by days in one answer."""
FRAME_CHARS = 600_000
MOST_PROGRAMS = 1000
MOST_INCIDENTS = 100

SETTLE_SEC = 5.0
"""How long an answer waits for what has changed to be counted."""
WAITING, ASKING = 4, 1
"""Answers that wait for that, and that ask for figures, at a time: who may only look must not have all connections."""
FURTHEST = 10**9

_MADE_VISIBLE = re.compile("[\u2400-\u2421]|⟨U\\+|    ")
"""What stands in a name that is shown otherwise than it is written: see gate.sanitize."""

Settle = Callable[[float], Awaitable[bool]]
"""Has what runs came to counted up to now; False if that takes longer than so many seconds."""


class StatsAnswers:
    """The verbs ``stats``. ``timezone`` is that of the people here.

    Figures are exact at the moment of the answer, unless it says that it is still being counted.
    """

    def __init__(
        self,
        store: Store,
        *,
        settle: Settle,
        timezone: Callable[[], str],
        currency: str,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._settle = settle
        self._timezone = timezone
        self._currency = currency
        self._now = now
        self._waiting = asyncio.Semaphore(WAITING)
        self._asking = asyncio.Semaphore(ASKING)

    def verbs(self) -> dict[str, Verb]:
        """Verb name to what answers it: whoever may see runs may see what they came to."""
        return {
            "stats.programs": Verb(Role.VIEWER, answer=self.programs),
            "stats.days": Verb(Role.VIEWER, answer=self.days),
            "stats.program": Verb(Role.VIEWER, answer=self.program),
        }

    async def programs(self, _caller: Caller, args: Args) -> Args:
        """The SLA board: a page of programs, the worst first, and all of them together."""
        period, offset = self._period(args), number(args, "offset", 0, FURTHEST)
        limit = max(1, number(args, "limit", BOARD, MOST_BOARD))
        wanted = _names(args)
        counted = await self._settled()
        async with self._asking:
            found = await self._figures(period, wanted)
        if wanted is not None:
            _must_be_known(wanted, found)
        page, total, end = await asyncio.to_thread(_board, found, offset, limit)
        return {
            **self._about(period, counted=counted),
            "programs": page,
            "total": total,
            "next": end if end < len(found) else None,
        }

    async def days(self, _caller: Caller, args: Args) -> Args:
        """The heatmap: a page of programs with the counts of each day."""
        period, offset = self._period(args), number(args, "offset", 0, FURTHEST)
        limit = min(max(1, number(args, "limit", GRID, MOST_GRID)), max(1, CELLS // period.days))
        wanted = _names(args)
        counted = await self._settled()
        grid = StatsGrid(self._store)
        async with self._asking:
            rows = await grid.programs(period)
            if wanted is not None:
                keys = {name.lower() for name in _written(wanted, rows)}
                rows = [row for row in rows if row.key in keys]
            page = rows[offset : offset + limit]
            counts = await grid.counts([row.key for row in page], period)
        return {
            "period": period_shape(period),
            "timezone": self._timezone(),
            "counting": not counted,
            "days": [day.isoformat() for day in period],
            "programs": [
                {
                    "program": row.program,
                    "title": row.title,
                    "department": row.department,
                    "configured": row.configured,
                    "days": counts[row.key],
                }
                for row in page
            ],
            "total": len(rows),
            "next": offset + limit if offset + limit < len(rows) else None,
        }

    async def program(self, _caller: Caller, args: Args) -> Args:
        """One program: its figures, each of its days, how long its runs took, and its incidents."""
        name, period = text(args, "program"), self._period(args)
        counted = await self._settled()
        timezone, now = self._timezone(), self._now()
        incidents = IncidentFigures(self._store)
        since, until = period.moments(timezone)
        async with self._asking:
            if _MADE_VISIBLE.search(name):
                name = _written([name], await StatsGrid(self._store).programs(period))[0]
            found = await self._figures(period, [name])
            _must_be_known([name], found)
            days = await Statistics(self._store).days(period, [name])
            broken = await incidents.by_day(period, timezone, now, [name])
            listed = await incidents.listed(name, since, min(until, now), MOST_INCIDENTS + 1)
        return {
            **self._about(period, counted=counted),
            **await asyncio.to_thread(_in_full, found[0], period, days, dict(broken)),
            "incidents": [incident_stats(one) for one in listed[:MOST_INCIDENTS]],
            "more": len(listed) > MOST_INCIDENTS,
        }

    async def _settled(self) -> bool:
        async with self._waiting:
            return await self._settle(SETTLE_SEC)

    async def _figures(self, period: Period, programs: Sequence[str] | None) -> list[ProgramFigures]:
        return await program_figures(self._store, period, self._timezone(), programs, now=self._now())

    def _about(self, period: Period, *, counted: bool) -> Args:
        return {
            "period": period_shape(period),
            "before": period_shape(period.before()),
            "timezone": self._timezone(),
            "currency": self._currency,
            "counting": not counted,
        }

    def _period(self, args: Args) -> Period:
        today = self._now().astimezone(ZoneInfo(self._timezone())).date()
        name, start, end = (maybe_text(args, key) for key in ("period", "from", "to"))
        try:
            return asked_for(today, name=name, start=start, end=end)
        except ModelError as error:
            raise BadRequest.of(error) from error


def _board(
    found: Sequence[ProgramFigures], offset: int, limit: int
) -> tuple[list[dict[str, Any]], dict[str, Any], int]:
    """A page, the total, and where the next page begins."""
    page: list[dict[str, Any]] = []
    room = FRAME_CHARS
    for one in islice(worst_first(found), offset, offset + limit):
        shape = program_shape(one)
        room -= len(json.dumps(shape))
        if room < 0 and page:
            break
        page.append(shape)
    return page, overall_shape(Overall(found)), offset + len(page)


def _in_full(
    one: ProgramFigures, period: Period, days: Sequence[Day], incidents: dict[date, IncidentTotals]
) -> dict[str, Any]:
    counted = {day.day: day.totals for day in days}
    return {
        "program": program_shape(one),
        "days": [
            day_shape(day.isoformat(), counted.get(day, Totals()), incidents.get(day, IncidentTotals()))
            for day in period
        ],
        "durations": classes(one.totals.histogram),
    }


def _names(args: Args) -> list[str] | None:
    value = args.get("programs")
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value) or len(value) > MOST_PROGRAMS:
        raise BadRequest(because("too-many-names", key="programs", most=MOST_PROGRAMS))
    return value


def _written(names: Sequence[str], rows: Sequence[GridRow]) -> list[str]:
    """The names as they are written, also where they were read from an answer, in which what acts is made visible."""
    if not any(map(_MADE_VISIBLE.search, names)):
        return list(names)
    shown = {clean(row.program).lower(): row.program for row in rows}
    return [shown.get(name.lower(), name) for name in names]


def _must_be_known(wanted: Sequence[str], found: Sequence[ProgramFigures]) -> None:
    there = {one.program.lower() for one in found}
    for name in wanted:
        if name.lower() not in there:
            raise NotFound(because("no-figures", name=name))
