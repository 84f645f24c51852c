"""How often a finding is wrong: made-up histories judged once a week; real drifts and moved schedules among them."""

import math
import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from batmon.judge.schedule_fit import WINDOW, misfits
from batmon.metrics.drift import PAST, WEEKS
from batmon.metrics.durations import bucket
from batmon.metrics.figures import Totals
from batmon.report.drifts import fewer, slower
from batmon.report.voice import Voice
from tests.bench.baseline import arrivals, items
from tests.bench.figures import say, table

PROGRAMS = 40
JUDGED = 50
"""Weeks in which each history is judged once its past is wholly known; before, it is in as many as the past has."""
FIRST = date(2024, 1, 1)
DAYS = 7 * (WEEKS + PAST + JUDGED)
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


def beside(made, shape):
    """The same days by a factor that ``shape`` has for a day, or without runs where it is None."""

    def shaped(source, day, number, state):
        figures, factor = made(source, day, number, state), shape(day, number)
        return None if figures is None or factor is None else (figures[0] * factor, round(figures[1] * factor))

    return shaped


def both(share, spread, chance):
    """A level that wanders, and chance beside it."""
    level = wandering(share, spread)

    def made(source, day, number, state):
        seconds, processed = level(source, day, number, state)
        return seconds * source.lognormvariate(0, chance), items(source, processed, chance)

    return made


def coming_back(much, spread):
    """A level that is higher for two to five weeks, and comes back for three to twelve."""

    def made(source, _day, number, state):
        if number == 0:
            state[:] = [0.0, source.randint(20, 80)]
        state[1] -= 1
        if state[1] < 0:
            state[:] = [0.0, source.randint(20, 80)] if state[0] else [much, source.randint(14, 35)]
        return 60 * (1 + state[0]) * source.lognormvariate(0, spread), items(source, 200 * (1 + state[0]), spread)

    return made


def whole_weeks(source, day, _number, state):
    """Weeks that are good or bad as a whole."""
    if day.weekday() == 0:
        state[0] = source.gauss(0, 0.2)
    return 60 * math.exp(state[0]) * source.lognormvariate(0, 0.1), items(source, 200 * math.exp(state[0]), 0.1)


def _wave(weeks, much):
    return lambda _day, number: math.exp(much * math.sin(2 * math.pi * number / (7 * weeks)))


def _quarter(day, _number):
    return 1 + 0.5 * ((day.month - 1) % 3 + day.day / 31) / 3


def _working(day, number):
    """No runs at weekends, in two weeks of summer and over New Year."""
    return None if day.weekday() > 4 or number % 364 in range(210, 224) or number % 364 in range(355, 362) else 1.0


def _month_turn(days, much):
    return lambda day, _number: much if (day + timedelta(days=days)).month != day.month else 1.0


def _weekday(day, _number):
    if day.weekday() > 4:
        return 0.2
    return 4.0 if day.weekday() == 0 else 1.0


STEADY = {
    "± 10 %": independent(0.1),
    "± 40 %": independent(0.4),
    "± 70 %": independent(0.7),
    "four times on Mondays, little on weekends": beside(independent(0.2), _weekday),
    "eight times at the end of the month": beside(independent(0.2), _month_turn(1, 8.0)),
    "four times in the last six days of the month": beside(independent(0.2), _month_turn(6, 4.0)),
    "up and down by 40 % every month": beside(
        independent(0.1), lambda day, _number: math.exp(0.4 * math.cos(2 * math.pi * day.day / 30.4))
    ),
    "once a week, ± 20 %": beside(independent(0.2), lambda day, _number: None if day.weekday() else 1.0),
    "12 items a day, by chance": lambda s, _d, _n, _t: (60 * s.lognormvariate(0, 0.2), arrivals(s, 12)),
    "nothing on three days of five, else 12 items": lambda s, _d, _n, _t: (
        60 * s.lognormvariate(0, 0.2),
        0 if s.random() < 0.6 else arrivals(s, 12),
    ),
    "a day in ten missing, one in twenty six times as long": lambda s, _d, _n, _t: (
        None
        if s.random() < 0.1
        else ((360 if s.random() < 0.05 else 60) * s.lognormvariate(0, 0.2), items(s, 120, 0.2))
    ),
    "on working days, ± 20 %": beside(independent(0.2), _working),
    "twice as fast from the middle on, ± 20 %": lambda s, _d, n, _t: (
        (60 if n < DAYS // 2 else 30) * s.lognormvariate(0, 0.2),
        items(s, 200, 0.2),
    ),
    "days go together by half, ± 20 %": wandering(0.5),
    "days go together by half, ± 40 %": wandering(0.5, 0.4),
    "days go together by four fifths, ± 20 %": wandering(0.8),
    "days go together by four fifths, ± 40 %": wandering(0.8, 0.4),
    "the same on working days, ± 20 %": beside(wandering(0.8), _working),
    "days go together by nine tenths, ± 15 %, and ± 15 % beside": both(0.9, 0.15, 0.15),
    "weeks that are good or bad as a whole, ± 20 %": whole_weeks,
    "half as much again for weeks, and back, ± 10 %": coming_back(0.5, 0.1),
    "a wave of 20 weeks by 20 %, ± 10 %": beside(independent(0.1), _wave(20, 0.2)),
    "a wave of half a year by 20 %, ± 10 %": beside(independent(0.1), _wave(26, 0.2)),
    "half as much again to the end of each quarter, ± 10 %": beside(independent(0.1), _quarter),
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


def weeks(count=JUDGED, first=PAST):
    """The last day of each week in which a report is made, so many after the first twelve."""
    return [FIRST + timedelta(days=7 * (WEEKS + week) - 1) for week in range(first, first + count)]


def false_alarms(made):
    """Findings by 1,000 weeks of a program: slower, fewer; while the past is being filled, and once it is known."""
    rates = []
    histories = [history(made, random.Random(seed)) for seed in range(PROGRAMS)]  # noqa: S311 - no secret
    for judged in (weeks(PAST, 0), weeks()):
        for look in (slower, fewer):
            found = sum(look("batch", days, until, VOICE) is not None for days in histories for until in judged)
            rates.append(1000 * found / (PROGRAMS * len(judged)))
    return rates


def growing(change):
    """Over twelve weeks, by the same share each day."""
    return lambda place: (1 + change) ** place


DRIFTS = [
    *((f"{change:.0%}", growing(change), spread) for change in (0.1, 0.3, 1.0) for spread in (0.1, 0.2, 0.4)),
    ("30 % at once, six weeks ago", lambda place: 1.3 if place > 0.5 else 1.0, 0.1),
    ("30 % at once, six weeks ago", lambda place: 1.3 if place > 0.5 else 1.0, 0.2),
    ("100 % at once, four weeks ago", lambda place: 2.0 if place > 2 / 3 else 1.0, 0.2),
    ("100 % over the last six weeks", lambda place: 1 + max(0.0, 2 * place - 1), 0.2),
]
"""What is found in the end, how the figure stands to the first day by the share of the twelve weeks, the spread."""


def detected(growth, spread, past, faster=1.0, programs=200):
    """Of drifts over twelve weeks after so many without one, the share that is found at their end: slower, fewer.

    ``faster``: what the first half of the past is multiplied by.
    """
    slow = less = 0
    until = FIRST + timedelta(days=7 * WEEKS - 1)
    for seed in range(programs):
        source, days = random.Random(seed), {}  # noqa: S311 - no secret
        for number in range(-7 * past, 7 * WEEKS):
            grown = growth(max(0, number) / (7 * WEEKS - 1)) * (faster if number < -7 * past / 2 else 1)
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
    say(f"{PROGRAMS} programs a line, judged in each of {PAST} weeks while the weeks before fill up, and in {JUDGED}")
    say(f"with {WEEKS + PAST} weeks known; findings by 1,000 weeks of a program\n")
    table(
        ("history without a drift", "slower, filling", "fewer, filling", "slower", "fewer"),
        [(title, *(f"{one:.1f}" for one in false_alarms(made))) for title, made in STEADY.items()],
    )
    say("\nDrifts over twelve weeks: times grow by so much, items shrink likewise; 200 of each. Before them nothing,")
    say(f"{PAST} steady weeks, {PAST} weeks in the midst of which it became twice as fast (items: twice as many)\n")
    table(
        ("drift", "days vary by", "slower", "fewer", "slower, past", "fewer, past", "slower, faster", "fewer, faster"),
        [
            (
                title,
                f"± {spread:.0%}",
                *(
                    f"{one:.0%}"
                    for past, faster in ((0, 1), (PAST, 1), (PAST, 2))
                    for one in detected(growth, spread, past, faster)
                ),
            )
            for title, growth, spread in DRIFTS
        ],
    )
    say("\nDaily at 06:00; findings by 1,000 weeks of a program\n")
    table(
        ("what happens", "schedule does not fit"),
        [(title, f"{misfitting(*how):.1f}") for title, how in SCHEDULES.items()],
    )
