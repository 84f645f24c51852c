"""How often a finding is wrong: made-up histories judged once a week; real drifts and moved schedules among them."""

import math
import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from batmon.judge.schedule_fit import WINDOW, misfits
from batmon.metrics.drift import WEEKS
from batmon.metrics.durations import bucket
from batmon.metrics.figures import Totals
from batmon.report.insights import Voice, fewer, slower
from tests.bench.baseline import arrivals, items
from tests.bench.figures import say, table

PROGRAMS = 40
JUDGED = 50
"""Weeks in which each history is judged."""
FIRST = date(2025, 1, 6)
DAYS = 7 * (WEEKS + JUDGED)
VOICE = Voice("en", "Asia/Seoul")
SEOUL = ZoneInfo("Asia/Seoul")


def day_of(seconds, processed, runs=1):
    """What ``run_stats_daily`` holds of a day with so many equal runs."""
    return Totals(
        succeeded=runs, processed=processed, timed=runs, seconds=seconds * runs, histogram={bucket(seconds): runs}
    )


def _month_end(day):
    return (day + timedelta(days=1)).day == 1


def independent(spread):
    """Times and items that vary by chance, each day by itself."""

    def made(source, _day, _number, _state):
        return 60 * source.lognormvariate(0, spread), items(source, 200, spread)

    return made


def wandering(share, spread=0.2):
    """Days that go together: so much of today's deviation is yesterday's."""

    def made(source, _day, _number, state):
        state[0] = share * state[0] + math.sqrt(1 - share * share) * source.gauss(0, spread)
        return 60 * math.exp(state[0]), arrivals(source, 200 * math.exp(state[0]))

    return made


def _weekly(source, day, _number, _state):
    if day.weekday() > 4:
        return 10 * source.lognormvariate(0, 0.2), 0
    much = 4 if day.weekday() == 0 else 1
    return 60 * much * source.lognormvariate(0, 0.2), items(source, 100 * much, 0.2)


def _turn(source, day, _number, _state):
    much = 8 if _month_end(day) else 1
    return 60 * much * source.lognormvariate(0, 0.2), items(source, 120 * much, 0.2)


def _once_a_week(source, day, _number, _state):
    if day.weekday() != 0:
        return None
    return 60 * source.lognormvariate(0, 0.2), items(source, 120, 0.2)


STEADY = {
    "± 10 %": independent(0.1),
    "± 40 %": independent(0.4),
    "± 70 %": independent(0.7),
    "days go together by half, ± 20 %": wandering(0.5),
    "days go together by four fifths, ± 20 %": wandering(0.8),
    "four times on Mondays, nothing on weekends": _weekly,
    "eight times at the end of the month": _turn,
    "once a week, ± 20 %": _once_a_week,
    "12 items a day, by chance": lambda s, _d, _n, _t: (60 * s.lognormvariate(0, 0.2), arrivals(s, 12)),
    "a day in ten missing, one in twenty six times as long": lambda s, _d, _n, _t: (
        None
        if s.random() < 0.1
        else ((360 if s.random() < 0.05 else 60) * s.lognormvariate(0, 0.2), items(s, 120, 0.2))
    ),
}


def history(made, source):
    """The days of one program."""
    found, state = {}, [0.0]
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        figures = made(source, day, number, state)
        if figures is not None:
            found[day] = day_of(*figures)
    return found


def weeks():
    """The last day of each week in which a report is made."""
    return [FIRST + timedelta(days=7 * (WEEKS + week) - 1) for week in range(JUDGED)]


def false_alarms(made):
    """Findings by 1,000 weeks of a program: slower, fewer."""
    slow = less = 0
    for seed in range(PROGRAMS):
        days = history(made, random.Random(seed))  # noqa: S311 - no secret
        for until in weeks():
            slow += slower("batch", days, until, VOICE) is not None
            less += fewer("batch", days, until, VOICE) is not None
    return 1000 * slow / (PROGRAMS * JUDGED), 1000 * less / (PROGRAMS * JUDGED)


def detected(change, spread, programs=200):
    """Of drifts by ``change`` over twelve weeks, the share that is found at their end: slower, fewer."""
    slow = less = 0
    until = FIRST + timedelta(days=7 * WEEKS - 1)
    for seed in range(programs):
        source, days = random.Random(seed), {}  # noqa: S311 - no secret
        for number in range(7 * WEEKS):
            grown = (1 + change) ** (number / (7 * WEEKS - 1))
            seconds = 60 * grown * source.lognormvariate(0, spread)
            days[FIRST + timedelta(days=number)] = day_of(seconds, items(source, 200 / grown, spread))
        slow += slower("batch", days, until, VOICE) is not None
        less += fewer("batch", days, until, VOICE) is not None
    return slow / programs, less / programs


SCHEDULES = {
    "on time, 3 % missed": (lambda s, _d: timedelta(seconds=s.uniform(0, 90)), 0.03),
    "spread over fifteen minutes, 3 % missed": (lambda s, _d: timedelta(minutes=s.uniform(0, 15)), 0.03),
    "two hours late on a day in five": (
        lambda s, _d: timedelta(hours=2 if s.random() < 0.2 else 0, seconds=s.uniform(0, 90)), 0.03,
    ),
    "a third missed": (lambda s, _d: timedelta(seconds=s.uniform(0, 90)), 0.33),
    "never on Sundays (real)": (lambda _s, d: None if d.weekday() == 6 else timedelta(seconds=20), 0.0),
    "nine hours later (real)": (lambda s, _d: timedelta(hours=9, seconds=s.uniform(0, 30)), 0.0),
    "half an hour later, ± 10 minutes (real)": (lambda s, _d: timedelta(minutes=s.gauss(30, 5)), 0.0),
}  # fmt: skip


def misfitting(away, missing):
    """Programs and weeks with a finding, by 1,000."""
    found = looked = 0
    for seed in range(PROGRAMS):
        source, starts, missed = random.Random(seed), [], []  # noqa: S311 - no secret
        for number in range(DAYS):
            day = FIRST + timedelta(days=number)
            due = datetime(day.year, day.month, day.day, 6, tzinfo=SEOUL).astimezone(UTC)
            late = None if source.random() < missing else away(source, day)
            if late is not None:
                starts.append(due + late)
            if late is None or late > timedelta(minutes=20):
                missed.append(due)
        for until in weeks():
            end = datetime(until.year, until.month, until.day, 23, tzinfo=SEOUL)
            inside = [[one for one in times if end - WINDOW <= one < end] for times in (starts, missed)]
            odd = misfits(("0 6 * * *",), "Asia/Seoul", *inside, since=end - WINDOW, until=end)
            found, looked = found + bool(odd), looked + 1
    return 1000 * found / looked


async def bench():
    """Print the tables."""
    say(f"{PROGRAMS} programs a line, judged in each of {JUDGED} weeks; findings by 1,000 weeks of a program\n")
    table(
        ("history without a drift", "slower", "fewer"),
        [(title, *(f"{one:.1f}" for one in false_alarms(made))) for title, made in STEADY.items()],
    )
    say("\nDrifts over twelve weeks: times grow by so much, items shrink likewise; 200 of each\n")
    rows = []
    for change in (0.1, 0.3, 1.0):
        for spread in (0.1, 0.2, 0.4):
            slow, less = detected(change, spread)
            rows.append((f"{change:.0%}", f"± {spread:.0%}", f"{slow:.0%}", f"{less:.0%}"))
    table(("drift", "days vary by", "slower found", "fewer found"), rows)
    say("\nDaily at 06:00; findings by 1,000 weeks of a program\n")
    table(
        ("what happens", "schedule does not fit"),
        [(title, f"{misfitting(*how):.1f}") for title, how in SCHEDULES.items()],
    )
