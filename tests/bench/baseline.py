"""How often the baseline is wrong: made-up histories of daily runs, and outages among them."""

import math
import random
import uuid
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from batmon.judge.backtest import History
from batmon.judge.past_successes import PastSuccesses
from batmon.model import Program, Reason, Run, RunStatus
from tests.bench.figures import say, table

PROGRAMS = 20
DAYS = 400
OUTAGES = 10
SEOUL = ZoneInfo("Asia/Seoul")
FIRST = date(2025, 1, 6)
DAILY = Program("batch", Path(), ("0 6 * * *",), timezone="Asia/Seoul")


def arrivals(source, mean):
    """A count of what arrives by chance (Poisson)."""
    if mean > 50:
        return max(0, round(source.gauss(mean, math.sqrt(mean))))
    limit, count, product = math.exp(-mean), 0, source.random()
    while product > limit:
        count, product = count + 1, product * source.random()
    return count


def items(source, mean, spread):
    """A count that varies by chance and by ``spread`` beside."""
    return arrivals(source, mean * source.lognormvariate(-spread * spread / 2, spread))


def _weekly(source, day, _number):
    if day.weekday() > 4:
        return 0, None
    return items(source, 400 if day.weekday() == 0 else 100, 0.2), None


def _month_end(day):
    return (day + timedelta(days=1)).day == 1


HISTORIES = {
    "120 items ± 10 %": lambda s, _d, _n: (items(s, 120, 0.1), None),
    "120 items ± 40 %": lambda s, _d, _n: (items(s, 120, 0.4), None),
    "120 items ± 100 %": lambda s, _d, _n: (items(s, 120, 1.0), None),
    "5 a day, by chance": lambda s, _d, _n: (arrivals(s, 5), None),
    "12 a day, by chance": lambda s, _d, _n: (arrivals(s, 12), None),
    "nothing on weekends, four times on Mondays": _weekly,
    "eight times at the end of the month": lambda s, d, _n: (items(s, 960 if _month_end(d) else 120, 0.2), None),
    "the same in time, without counts": lambda s, d, _n: (0, (480 if _month_end(d) else 60) * s.lognormvariate(0, 0.2)),
    "10 % more every month": lambda s, _d, n: (items(s, 100 * 1.1 ** (n / 30), 0.2), None),
    "10 % less every month": lambda s, _d, n: (items(s, 2000 * 0.9 ** (n / 30), 0.2), None),
    "half for good": lambda s, _d, n: (items(s, 120 if n < 200 else 55, 0.15), None),
    "nothing on 2 % of days": lambda s, _d, _n: (0 if s.random() < 0.02 else items(s, 120, 0.2), None),
    "nothing on 10 % of days": lambda s, _d, _n: (0 if s.random() < 0.1 else items(s, 120, 0.2), None),
    "heavy-tailed times": lambda s, _d, _n: (0, 60 * s.lognormvariate(0, 0.7)),
    "3 % of days take six times as long": lambda s, _d, _n: (
        0, (360 if s.random() < 0.03 else 60) * s.lognormvariate(0, 0.15)
    ),
}  # fmt: skip


def made(figures, source):
    """The runs of one program; one day in a hundred has none. Without a time of its own a run takes as its items do."""
    runs = []
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        count, seconds = figures(source, day, number)
        if source.random() < 0.01:
            continue
        took = (10 + count * 0.5) * source.lognormvariate(0, 0.12) if seconds is None else seconds
        start = datetime(day.year, day.month, day.day, 6, tzinfo=SEOUL)
        runs.append(
            Run(run_id=uuid.uuid4(), program="batch", status=RunStatus.SUCCESS, start_time=start,
                end_time=start + timedelta(seconds=round(took)), processed_count=count)
        )  # fmt: skip
    return runs


def judged(figures, source):
    """Runs, warnings by reason, outages and how many of them were seen, of one program."""
    runs = made(figures, source)
    history = History(DAILY, runs, since=runs[0].start_time, until=runs[-1].start_time, calendar=None)
    past = PastSuccesses(DAILY, history.runs, history.due, None)

    def reason(run):
        known = past.usual(run)
        found = None if known is None else known.oddity(run)
        return None if found is None else found[0]

    tally = Counter(reason(run) for run in runs)
    outages = [
        replace(run, run_id=uuid.uuid4(), processed_count=0, end_time=run.start_time + timedelta(seconds=10))
        for run in source.sample(runs[100:], OUTAGES)
        if run.processed_count
    ]
    return len(runs), tally, len(outages), sum(reason(run) is not None for run in outages)


async def bench():
    """Print the table."""
    rows = []
    for title, figures in HISTORIES.items():
        found = [judged(figures, random.Random(seed)) for seed in range(PROGRAMS)]  # noqa: S311 - no secret
        runs = sum(one[0] for one in found)
        tally = sum((one[1] for one in found), Counter())
        outages, seen = sum(one[2] for one in found), sum(one[3] for one in found)
        rates = [f"{1000 * tally[reason] / runs:.1f}" for reason in (Reason.UNUSUAL_OUTPUT, Reason.UNUSUAL_TIME)]
        counted = not title.startswith(("the same", "heavy", "3 %"))
        rows.append((title, *rates, f"{100 * seen / outages:.0f} %" if counted and outages else "-"))
    say(f"{PROGRAMS} programs a line, {DAYS} days each\n")
    table(("history", "output per 1,000 runs", "time per 1,000 runs", "outage seen"), rows)
