"""Gathers what findings stand on, for the programs of a report: daily figures, kinds of error, due times and starts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from batmon.errors import ModelError
from batmon.judge.schedule_fit import MOST_A_DAY, WINDOW, misfits, slots_of
from batmon.metrics.drift import PAST, WEEKS
from batmon.metrics.figures import Day, ProgramFigures
from batmon.metrics.periods import DAY, Period, midnight
from batmon.report.asked import Asked
from batmon.report.document import Finding
from batmon.report.drifts import fewer, may_drift, slower
from batmon.report.insights import ordered, repeated_failures, schedule_mismatch
from batmon.report.voice import Voice
from batmon.store import Store
from batmon.store.statistics import Statistics
from batmon.store.story import Failure, KnownProgram, Stories

TOGETHER = 100
"""Programs whose starts are in memory at a time."""
LONGEST_SPAN = timedelta(days=92)
"""Of a long period the last days are looked through for failures that repeat."""
MOST_FAILURES = 500
"""Of one span of days on end of one program."""
Span = tuple[str, datetime, datetime]


async def find_insights(
    store: Store, figures: Sequence[ProgramFigures], days: Sequence[Day], asked: Asked
) -> tuple[Finding, ...]:
    """What the period and the weeks before it show of these programs, the most important first.

    ``days`` are those of the period (more do no harm); what lies before it is asked for here. Without a period in
    ``asked`` it is the last week.

    Raises:
        StoreError: as ``Store``.
    """
    period, voice, stories = asked.whole_period("week"), Voice(asked.language, asked.timezone), Stories(store)
    found = await _repeated(stories, figures, days, period, voice)
    found += await _drifts(Statistics(store), figures, period, asked.now, voice)
    for some in _parts(figures):
        found += await _misfits(stories, some, period, asked.now, voice)
    return ordered(found)


def looked_through(period: Period) -> Period:
    """The days of a period in which failures that repeat are looked for: of a long one the last."""
    return Period(max(period.start, period.end - LONGEST_SPAN + DAY), period.end)


def _parts(figures: Sequence[ProgramFigures]) -> Iterator[Sequence[ProgramFigures]]:
    return (figures[start : start + TOGETHER] for start in range(0, len(figures), TOGETHER))


def _title(one: ProgramFigures) -> str:
    return one.title or one.program


async def _repeated(
    stories: Stories, figures: Sequence[ProgramFigures], days: Sequence[Day], period: Period, voice: Voice
) -> list[Finding]:
    zones = {one.program.lower(): one.timezone for one in figures}
    spans = list(_failed_spans(days, zones, period))
    failures: list[Failure] = []
    for start in range(0, len(spans), 500):
        failures += await stories.failures(spans[start : start + 500], MOST_FAILURES)
    kinds = await stories.kinds(sorted({one.signature for one in failures if one.signature}))
    return repeated_failures(failures, kinds, {one.program.lower(): _title(one) for one in figures}, voice)


def _failed_spans(days: Sequence[Day], zones: Mapping[str, str], period: Period) -> Iterator[Span]:
    """The days on which something failed, those on end as one: only these are looked through in the history."""
    looked_at = looked_through(period)
    failed = defaultdict[str, list[date]](list)
    for one in days:
        if one.totals.failed and looked_at.start <= one.day <= looked_at.end and one.program.lower() in zones:
            failed[one.program.lower()].append(one.day)
    for program, own in sorted(failed.items()):
        zone = ZoneInfo(zones[program])
        begin = last = None
        for day in sorted(own):
            if last is not None and begin is not None and day > last + DAY:
                yield program, midnight(begin, zone), midnight(last + DAY, zone)
                begin = None
            begin, last = begin or day, day
        if begin is not None and last is not None:
            yield program, midnight(begin, zone), midnight(last + DAY, zone)


async def _drifts(
    statistics: Statistics, figures: Sequence[ProgramFigures], period: Period, now: datetime, voice: Voice
) -> list[Finding]:
    """What the last weeks show, of all; of those that may have drifted the weeks before are looked at too."""
    wanted = {one.program.lower(): one for one in figures}

    def until(one: ProgramFigures) -> date:
        return min(period.end, now.astimezone(ZoneInfo(one.timezone)).date() - DAY)  # today is not over

    def weeks(count: int) -> Period:
        return Period(period.end - timedelta(weeks=count) - DAY, period.end)

    suspects, found = list[str](), list[Finding]()
    async for program, days in statistics.courses(weeks(WEEKS), list(wanted)):
        if may_drift(days, until(wanted[program.lower()])):
            suspects.append(program)
    async for program, days in statistics.courses(weeks(WEEKS + PAST), suspects):
        one = wanted[program.lower()]
        found.extend(finding for look in (slower, fewer) if (finding := look(_title(one), days, until(one), voice)))
    return found


async def _misfits(
    stories: Stories,
    figures: Sequence[ProgramFigures],
    period: Period,
    now: datetime,
    voice: Voice,
) -> list[Finding]:
    known = await stories.programs([one.program for one in figures])
    end = min(now, period.moments(voice.timezone)[1])
    scheduled: dict[str, KnownProgram] = {}
    for each in figures:
        row = known.get(each.program.lower())
        if row is None or not row.schedule or not row.configured or row.probe:
            continue
        try:
            if slots_of(tuple(row.schedule), row.timezone, end - WINDOW, end - row.grace):
                scheduled[each.program.lower()] = row
        except ModelError:
            continue  # a schedule of another version's daemon, which its own configuration check names
    if not scheduled:
        return []
    most = (MOST_A_DAY + 1) * 2 * WINDOW.days
    rows = await stories.starts(sorted(scheduled), end - WINDOW, end, most)
    found: list[Finding] = []
    for each in figures:
        row = scheduled.get(each.program.lower())
        started, missed = rows.get(each.program.lower(), ([], []))
        if row is None or len(started) + len(missed) >= most:
            continue
        odd = misfits(row.schedule, row.timezone, started, missed, since=end - WINDOW, until=end - row.grace)
        found += schedule_mismatch(_title(each), odd, row.schedule, row.timezone, voice)
    return found
