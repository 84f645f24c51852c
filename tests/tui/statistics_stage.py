"""Statistics for the stage: a history told from a seed, and the verbs ``stats`` as the daemon shapes their answers."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import date, timedelta
from functools import cache

from batmon.engine.statistics.shapes import classes, day_shape, overall_shape, period_shape, program_shape
from batmon.errors import NotFound
from batmon.gate.server import Verb
from batmon.metrics.durations import bucket
from batmon.metrics.figures import Day, IncidentTotals, ProgramFigures, Totals, Worth, total
from batmon.metrics.overall import Overall, worst_first
from batmon.metrics.periods import Period, asked_for
from batmon.model import Role
from tests.tui.stage import NOW

TODAY = date(2026, 3, 5)
"""The day it is in Seoul."""


def totals(good: int = 0, failed: int = 0, missed: int = 0, *, took: Sequence[float] = (), **more) -> Totals:
    """Counts of a day; ``took``: how long the good runs took."""
    histogram: dict[int, int] = {}
    for seconds in took:
        histogram[bucket(seconds)] = histogram.get(bucket(seconds), 0) + 1
    return Totals(succeeded=good, failed=failed, missed=missed, timed=len(took), seconds=sum(took), histogram=histogram,
                  **more)  # fmt: skip


class History:
    """What a program did on each day; ``bad``: days ago to what went wrong then."""

    def __init__(
        self, name: str, title: str = "", *, a_day: int = 1, seconds: float = 12, grows: float = 0.0, target=0.99,
        weekends: bool = True, bad: Mapping[int, tuple[int, int]] | None = None, minutes: float = 5, begins: int = 420,
        department: str = "", scheduled: bool = True, timezone: str = "Asia/Seoul",
    ) -> None:  # fmt: skip
        self.name, self.title, self.target, self.scheduled = name, title or name, target, scheduled
        self.department, self.timezone, self.worth = department, timezone, Worth(minutes_per_item=minutes)
        self.bad = bad or {}
        chance = random.Random(name)  # noqa: S311 - the same story each time
        self.days: dict[date, Totals] = {}
        for ago in range(begins, -1, -1):
            day = TODAY - timedelta(days=ago)
            if day.weekday() >= 5 and not weekends:
                continue
            failed, missed = self.bad.get(ago, (0, 0))
            good = max(0, a_day - failed - missed)
            usual = seconds * (1 + grows * max(0, 60 - ago) / 60)
            took = [usual * chance.uniform(0.85, 1.25) for _ in range(good)]
            took = [one * 2.4 if chance.random() < 0.04 else one for one in took]
            processed = round(sum(took) * 3 / max(1.0, seconds / 12))
            self.days[day] = totals(good, failed, missed, took=took, processed=processed)

    def over(self, period: Period) -> list[Day]:
        return [Day(self.name, day, self.days[day]) for day in period if day in self.days]

    def incidents(self, day: date) -> IncidentTotals:
        found = self.days.get(day, Totals())
        if not found.failed and not found.missed:
            return IncidentTotals()
        lasted = 1800.0 * (found.failed + found.missed)
        return IncidentTotals(opened=1, resolved=1, acknowledged=1, repair_seconds=lasted, acknowledge_seconds=300,
                              outage_seconds=lasted, longest_seconds=lasted, errors_opened=1)  # fmt: skip

    def figures(self, period: Period) -> ProgramFigures:
        before = period.before()
        return ProgramFigures(
            program=self.name, title=self.title, department=self.department, scheduled=self.scheduled,
            timezone=self.timezone, target=self.target, worth=self.worth,
            totals=total(one.totals for one in self.over(period)),
            before=total(one.totals for one in self.over(before)),
            incidents=_sum(self.incidents(day) for day in period),
            incidents_before=_sum(self.incidents(day) for day in before),
        )  # fmt: skip


def _sum(parts: Iterable[IncidentTotals]) -> IncidentTotals:
    found = IncidentTotals()
    for one in parts:
        found += one
    return found


@cache
def story() -> tuple[History, ...]:
    """The eight programs of the board, and a bot that only records its runs."""
    login = dict.fromkeys((1, 2, 9, 10, 23), (1, 0))
    return (
        History("kindscrap", "공시정보 수집", bad=login, department="공시팀", minutes=3),
        History("fund_mail", "펀드 메일 수집", a_day=288, seconds=3, bad={0: (0, 3), 7: (2, 9), 8: (0, 40), 20: (4, 0)},
                department="펀드운용"),
        History("공시자료_수집기", a_day=2, seconds=600, grows=0.9, bad={0: (1, 0), 1: (2, 0), 3: (1, 0), 30: (0, 2)},
                target=0.95, department="공시팀"),
        History("auto_esafe", "eSafe 문서 다운로드", a_day=2, seconds=41, minutes=8, department="펀드운용"),
        History("invoice", seconds=20, weekends=False, bad={2: (0, 1)}, target=None),
        History("일일보고서", seconds=90, bad={0: (0, 1), 1: (0, 1)}, target=0.9),
        History("backup-db", seconds=3600, grows=0.3, timezone="UTC"),
        History("new-bot", begins=-1, target=0.99),
        History("excel_merge_2025", seconds=7, weekends=False, target=None, scheduled=False, begins=40),
    )  # fmt: skip


class StatisticsOnStage:
    """Answers from a story; ``asked`` are the requests."""

    def __init__(self, programs: Sequence[History] | None = None) -> None:
        self.programs = {one.name: one for one in (story() if programs is None else programs)}
        self.asked: list[tuple[str, dict]] = []
        self.counting = False
        self.go_on = asyncio.Event()
        """While it is clear no figures are given."""
        self.go_on.set()

    def verbs(self) -> dict[str, Verb]:
        return {
            "stats.programs": Verb(Role.VIEWER, answer=self._programs),
            "stats.days": Verb(Role.VIEWER, answer=self._days),
            "stats.program": Verb(Role.VIEWER, answer=self._program),
        }

    def _about(self, args: dict) -> tuple[Period, dict]:
        period = asked_for(TODAY, name=args.get("period"), start=args.get("from"), end=args.get("to"))
        said = {"period": period_shape(period), "before": period_shape(period.before()), "timezone": "Asia/Seoul"}
        return period, said | {"currency": "KRW", "counting": self.counting}

    async def _programs(self, _caller, args):
        self.asked.append(("programs", args))
        await self.go_on.wait()
        period, said = self._about(args)
        found = worst_first(one.figures(period) for one in self.programs.values())
        end = args.get("offset", 0) + args.get("limit", 200)
        page = [program_shape(one) for one in found[args.get("offset", 0) : end]]
        return {
            **said,
            "programs": page,
            "total": overall_shape(Overall(found)),
            "next": end if end < len(found) else None,
        }

    async def _days(self, _caller, args):
        self.asked.append(("days", args))
        period, said = self._about(args)
        names = [name for name in sorted(self.programs) if name in args.get("programs", self.programs)]
        start, end = args.get("offset", 0), args.get("offset", 0) + args.get("limit", 100)
        rows = []
        for name in names[start:end]:
            one = self.programs[name]
            counts = [
                [t.succeeded, t.failed, t.missed, t.unfinished] if (t := one.days.get(day)) is not None else None
                for day in period
            ]
            rows.append(
                {"program": name, "title": one.title, "department": one.department, "configured": True, "days": counts}
            )
        return {"period": said["period"], "timezone": "Asia/Seoul", "counting": self.counting,
                "days": [day.isoformat() for day in period], "programs": rows, "total": len(names),
                "next": end if end < len(names) else None}  # fmt: skip

    async def _program(self, _caller, args):
        self.asked.append(("program", args))
        if args["program"] not in self.programs:
            raise NotFound(f"nothing is known of a program {args['program']!r} in this period")
        one, (period, said) = self.programs[args["program"]], self._about(args)
        figures = one.figures(period)
        days = [day_shape(day.isoformat(), one.days.get(day, Totals()), one.incidents(day)) for day in period]
        return {**said, "program": program_shape(figures), "days": days,
                "durations": classes(figures.totals.histogram), "incidents": [], "more": False}  # fmt: skip


def many(count: int, days: int = 60) -> StatisticsOnStage:
    """A stage of many programs, every tenth with faults."""
    kinds = [
        History("", bad=dict.fromkeys(range(kind, days, 9), (1, 0)) if not kind else {}, begins=days)
        for kind in range(10)
    ]
    found = []
    for number in range(count):
        one = copy(kinds[number % 10])
        one.name = one.title = f"program_{number:04}"
        found.append(one)
    return StatisticsOnStage(found)


assert NOW.date() + timedelta(days=1) == TODAY
