"""The schedules of reports: rows that anybody may add while the daemons run, each the automation ``report/NAME``.

Every daemon of the database knows all of them, and Postgres decides which one makes the report of a due time, as with
any automation. What somebody adds at one daemon the others learn within seconds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from batmon.config.automations import Automation
from batmon.config.programs import cron
from batmon.config.report_step import ReportStep
from batmon.config.values import program_name
from batmon.engine.automations.automations import Automations
from batmon.engine.reports.reporting import Reporting
from batmon.engine.reports.wanted import Wanted, period_of
from batmon.errors import BadRequest, ModelError, NotFound, Refused, StoreError
from batmon.judge.schedule import Schedule
from batmon.refusals import because
from batmon.store.automations import Latest
from batmon.store.reports import NewSchedule, Reports, ReportSchedule

log = logging.getLogger(__name__)

LOOK_SEC = 10.0
TIMEOUT = timedelta(minutes=20)
RETRIES = 2
RETRY_AFTER = timedelta(minutes=1)
MOST = 200
"""Schedules of one database."""
_LONGEST_CRON = 300
OFTENEST = timedelta(minutes=15)
"""Between two reports of a schedule: each takes its time, and a mail with a file for everybody who gets it."""


class ReportSchedules:
    """Those of one database, as its daemon follows them.

    ``watch`` sees to it that a probe looks after automations, now that there are some.
    """

    def __init__(
        self,
        records: Reports,
        automations: Automations,
        reporting: Reporting,
        *,
        watch: Callable[[], Awaitable[None]],
        now: Callable[[], datetime],
    ) -> None:
        self._records = records
        self._automations = automations
        self._reporting = reporting
        self._watch = watch
        self._now = now
        self._unusable: set[int] = set()

    async def follow(self) -> None:
        """Have the automations that there are schedules for.

        Raises:
            StoreError: Postgres cannot be used.
        """
        schedules = await self._records.schedules()
        if schedules:
            await self._watch()
        await self._automations.take_up([automation_of(one) for one in schedules if self._usable(one)])

    def _usable(self, one: ReportSchedule) -> bool:
        """Whether a row can be followed; it is said once of one that somebody wrote by hand and that cannot."""
        try:
            program_name(one.name)
            Schedule((one.cron,), one.timezone)
        except (ValueError, ModelError) as error:
            if one.id not in self._unusable:
                log.error("the schedule %r of a report is left out: %s", one.name, error)
                self._unusable.add(one.id)
            return False
        self._unusable.discard(one.id)
        return True

    async def keep(self) -> None:
        """Follow them for ever."""
        while True:
            await asyncio.sleep(LOOK_SEC)
            try:
                await self.follow()
            except StoreError as error:
                log.debug("the schedules of reports cannot be looked at now: %s", error)

    async def listed(self) -> list[tuple[ReportSchedule, Latest, datetime | None]]:
        """All by name, each with what its automation did last and when it is due."""
        return await self._with_latest(await self._records.schedules())

    async def find(self, name: str) -> tuple[ReportSchedule, Latest, datetime | None]:
        """One of them.

        Raises:
            NotFound: there is none of that name.
        """
        found = await self._with_latest(await self._records.schedules(name))
        if not found:
            raise NotFound(because("no-report-schedule", name=name))
        return found[0]

    async def _with_latest(
        self, schedules: list[ReportSchedule]
    ) -> list[tuple[ReportSchedule, Latest, datetime | None]]:
        latest = await self._automations.stored.latest([one.job for one in schedules])
        return [
            (
                one,
                latest.get(one.job, Latest()),
                None if one.paused else self._automations.next_due(one.job),
            )
            for one in schedules
        ]

    async def add(self, asked: NewSchedule, by: str) -> ReportSchedule:
        """Add a schedule, due from now on. What is empty in ``asked`` is the usual.

        Raises:
            BadRequest, NotFound, ConfigError: it could never make a report.
            Refused: the name is taken, or there are too many.
        """
        new = await self.checked(asked)
        if len(await self._records.schedules()) >= MOST:
            raise Refused(because("too-many-schedules", most=MOST))
        if not await self._records.add_schedule(new, by, self._now()):
            raise Refused(because("schedule-exists", name=new.name))
        await self.follow()
        found, _, _ = await self.find(new.name)
        if found.paused:  # one of this name was paused when it was removed
            await self.pause(new.name, paused=False, by=by, why="")
        return (await self.find(new.name))[0]

    async def checked(self, asked: NewSchedule) -> NewSchedule:
        """The schedule with all that is usual filled in.

        Raises:
            BadRequest, NotFound, ConfigError: it could never make a report.
        """
        try:
            name = program_name(asked.name)
        except ValueError as error:
            raise BadRequest(because("bad-schedule-name", name=asked.name, why=error)) from None
        try:
            times = cron(_shortened(asked.cron))
        except ValueError as error:
            raise BadRequest(because("bad-schedule-times", times=asked.cron, why=error)) from None
        if not asked.email:
            raise BadRequest(because("no-recipient"))
        wanted = Wanted(
            template=asked.template, form=asked.format, period=asked.period, complete=True, language=asked.language,
            timezone=asked.timezone, programs=asked.programs,
        )  # fmt: skip
        to_make = await self._reporting.check(wanted)
        _not_too_often(times, to_make.asked.timezone, self._now())
        if asked.period:
            _goes_on(asked.period, self._now().astimezone(ZoneInfo(to_make.asked.timezone)))
        return NewSchedule(
            name=name,
            template=to_make.asked.template,
            cron=times,
            email=asked.email,
            format=to_make.form,
            language=to_make.asked.language,
            timezone=to_make.asked.timezone,
            period=asked.period,
            programs=asked.programs,
        )

    async def remove(self, name: str) -> ReportSchedule:
        """Remove a schedule; what it made stays.

        Raises:
            NotFound: there is none of that name.
        """
        schedule, _, _ = await self.find(name)
        await self._records.remove_schedule(name)
        await self.follow()
        return schedule

    async def pause(self, name: str, *, paused: bool, by: str, why: str) -> ReportSchedule:
        """Let one rest on all nodes, or go on with what comes due from now.

        Raises:
            NotFound: there is none of that name.
        """
        schedule, _, _ = await self.find(name)
        await self._automations.stored.pause(schedule.job, paused=paused, by=by, why=why, now=self._now())
        return (await self.find(name))[0]


def _shortened(times: str) -> str:
    """A cron expression; the beginning of what is too long for one, which is none either and is said in the error."""
    return times if len(times) <= _LONGEST_CRON else f"{times[:_LONGEST_CRON]}…"


def _not_too_often(times: str, timezone: str, now: datetime) -> None:
    """See that the next due times, and those of the week or so after them, lie far enough apart."""
    schedule = Schedule((times,), timezone)
    first = schedule.next_due(now)
    due = [] if first is None else [first, *schedule.due_between(first, first + timedelta(days=8))]
    if any(later - one < OFTENEST for one, later in pairwise(due)):
        minutes = OFTENEST // timedelta(minutes=1)
        raise BadRequest(because("too-often", times=times, minutes=minutes))


def _goes_on(word: str, now: datetime) -> None:
    """See that a period's word means another period next year: a report of the same days again and again is none."""
    later = (now + timedelta(days=366)).date()
    if period_of(word, now.date()) == period_of(word, later):
        raise BadRequest(because("same-period-each-time", word=word))


def automation_of(schedule: ReportSchedule) -> Automation:
    """The automation that a schedule is."""
    step = ReportStep(
        place=f"schedule {schedule.name}",
        template=schedule.template,
        form=schedule.format,
        period=schedule.period,
        to=schedule.email,
        language=schedule.language,
        timezone=schedule.timezone,
        programs=schedule.programs,
        schedule=schedule.id,
    )
    return Automation(
        name=schedule.job,
        steps=(step,),
        title=f"{schedule.template}: {schedule.name}",
        schedule=(schedule.cron,),
        timezone=schedule.timezone,
        timeout=TIMEOUT,
        retries=RETRIES,
        retry_after=RETRY_AFTER,
        language=schedule.language,
        source="report schedules",
    )
