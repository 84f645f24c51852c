"""One attempt of one execution of an automation, from taking the lead to the mark that it is done."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from batmon.config.automations import Automation
from batmon.config.outside_steps import BackupStep, CommandStep
from batmon.config.report_step import ReportStep
from batmon.config.steps import Step
from batmon.engine.automations.command_step import end_leftovers, run_command
from batmon.engine.automations.steps import Context
from batmon.engine.automations.steps import execute as execute_steps
from batmon.errors import BatmonError, StepFailed, StoreUnavailable
from batmon.judge.catching_up import days
from batmon.notify.expressions import rendered
from batmon.refusals import because
from batmon.store import feed
from batmon.store.automations import Ending, Execution, end, failed_before
from batmon.store.executing import Lead, LeadLost
from batmon.store.judgements import Connection
from batmon.store.notifications import Owed, owe

log = logging.getLogger(__name__)

REGAIN_SEC = 60.0
"""How long a command that is done waits for a database that went away meanwhile."""
MOST_INTERRUPTIONS = 10
"""How often an execution that Postgres can undo is begun again though it brings down who executes it."""
OUTPUT_CHARS = 8_000
ERROR_CHARS = 4_000
TEMPLATE = "automation_failed"
EMAIL = "email"

Backup = Callable[["Attempt", BackupStep], Awaitable[dict[str, Any]]]
"""Makes a backup, and gives what later steps may say of it."""
MakeReport = Callable[["Attempt", ReportStep, Mapping[str, Any]], Awaitable[tuple[dict[str, Any], list[Owed]]]]
"""Makes a report of what is known by then; gives what later steps may say of it, and the mails that are owed for it."""


async def no_reports(_one: Attempt, step: ReportStep, _values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Owed]]:
    """Where nobody makes reports."""
    raise StepFailed(because("no-reports-here", place=step.place))


@dataclass(frozen=True, slots=True)
class House:
    """What all attempts of a daemon have in common. ``folder``: where commands start; ``url``: the database.

    ``watched``: a probe looks after automations, so that its incident tells of failures.
    """

    url: str
    node: str
    now: Callable[[], datetime]
    folder: Path
    language: str
    backup: Backup
    report: MakeReport = no_reports
    admins: tuple[str, ...] = ()
    watched: bool = False
    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class Attempt:
    """An attempt that is under way. ``slot`` is the due time, or the time at which it was asked for."""

    automation: Automation
    execution: Execution
    house: House
    lead: Lead
    began: datetime
    number: int = 0
    holder: uuid.UUID = field(default_factory=uuid.uuid4)
    attempts: list[dict[str, Any]] = field(default_factory=list)
    output: str = ""
    owed: list[Owed] = field(default_factory=list)
    """Mails that go with what was made before there was a transaction to owe them in."""

    @property
    def slot(self) -> datetime:
        """What the execution is for."""
        return self.execution.slot or self.execution.asked_at

    @property
    def language(self) -> str:
        """That of its messages."""
        return self.automation.language or self.house.language

    @property
    def took(self) -> timedelta:
        """How long it has been under way."""
        return self.house.now() - self.began

    def say(self, text: str) -> None:
        """Add to its output, of which the end is kept."""
        joined = f"{self.output}\n{text}" if self.output else text
        self.output = joined if len(joined) <= OUTPUT_CHARS else "…" + joined[1 - OUTPUT_CHARS :]

    async def run(self) -> None:
        """Do all steps, and write how it ended; whatever Postgres did is undone unless all went well.

        Raises:
            StoreUnavailable: the lead is lost; the attempt has to be taken for broken off.
        """
        try:
            async with asyncio.timeout(self.automation.timeout.total_seconds()):
                await self._do()
        except LeadLost:
            log.warning("left to others: another daemon has taken over, or it was removed", extra=self._named())
        except TimeoutError:
            await self._failed(f"it took longer than {self.automation.timeout.total_seconds():g} seconds")
        except StoreUnavailable as error:
            if self.lead.lost:
                raise
            await self._failed(str(error))
        except BatmonError as error:
            await self._failed(f"{error}; {error.hint}" if error.hint else str(error))
        except Exception as error:
            log.exception("an automation failed unexpectedly", extra=self._named())
            await self._failed(f"{type(error).__name__}: {error}")
        else:
            log.info("automation done", extra=self._named() | {"seconds": self.took.total_seconds()})

    async def _do(self) -> None:
        values = values_of(self)
        steps = list(self.automation.steps)
        while steps and isinstance(step := steps[0], CommandStep | BackupStep | ReportStep):  # no transaction is needed
            del steps[0]
            found = await self._outside(None, step, values)
            if step.name:
                values[step.name] = found
        if self.lead.lost:
            await self.lead.regain(self.house.url, REGAIN_SEC)
        async with self.lead.transaction(self.holder) as connection:
            await owe(connection, self.owed, self.began)
            await execute_steps(connection, steps, values, self._context())
            ending = Ending("success", duration=self.took, output=self.output, attempts=self.attempts)
            await end(connection, self.automation.name, self.execution.id, ending)

    def _context(self) -> Context:
        return Context(
            source=f"automation:{self.automation.name}",
            key=f"automation:{self.execution.id}",
            now=self.began,
            timezone=ZoneInfo(self.automation.timezone),
            language=self.language,
            admins=self.house.admins,
            places=self.house.places,
            automation_log_id=self.execution.id,
            limit=self.automation.timeout,
            others={CommandStep: self._outside, BackupStep: self._outside, ReportStep: self._report},
        )

    async def _report(self, connection: Connection, step: ReportStep, values: Mapping[str, Any]) -> dict[str, Any]:
        """A report in the middle of the transaction."""
        found = await self._outside(connection, step, values)
        await owe(connection, self.owed, self.began)
        self.owed.clear()
        return found

    async def _outside(self, _connection: Connection | None, step: Step, values: Mapping[str, Any]) -> dict[str, Any]:
        async with self.lead.alive():
            if isinstance(step, ReportStep):
                found, owed = await self.house.report(self, step, values)
                self.owed += owed
                return found
            if isinstance(step, BackupStep):
                return await self.house.backup(self, step)
            if isinstance(step, CommandStep):
                return await self._command(step, values)
        raise StepFailed(because("no-such-step-here", place=step.place))

    async def _command(self, step: CommandStep, values: Mapping[str, Any]) -> dict[str, Any]:
        def text(written: str, called: str = "") -> str:
            try:
                return rendered(written, values, ZoneInfo(self.automation.timezone), self.language)
            except ValueError as error:  # the words of one that has a name may hold a secret
                if called:
                    raise StepFailed(because("not-found-out", place=step.place, called=called)) from None
                raise StepFailed(because("step-failed", place=step.place, why=error, hint="")) from None

        code, output = await run_command(
            [text(part) for part in step.command],
            cwd=step.cwd or self.house.folder,
            env={key: text(value.reveal(), f"the value of {key} in env") for key, value in step.env.items()},
            limit=step.timeout or self.automation.timeout,
            mark=str(self.holder),
            place=step.place,
        )
        self.say(output)
        if code:
            last = output.strip().rpartition("\n")[2][:300] or "it printed nothing"
            raise StepFailed(because("command-ended", command=step.command[0], code=code, last=last, place=step.place))
        return {"exit_code": code, "output": output[-OUTPUT_CHARS:]}

    async def _failed(self, error: str) -> None:
        """Write that the attempt failed: to be tried again, or for good and admins are told.

        Raises:
            StoreUnavailable: it cannot be written now.
        """
        error = error[:ERROR_CHARS]
        self.attempts.append(failed_attempt(self.number, self.house.node, self.began, self.took, error))
        again = self._used_up() <= self.automation.retries
        after = self.automation.retry_after
        ending = Ending(
            "queued" if again else "failed", error, self.took, self.output, self.attempts,
            self.house.now() + after if again else None, after,
        )  # fmt: skip
        log.error("automation failed: %s", error, extra=self._named() | {"attempt": self.number, "again": again})
        if self.lead.lost:
            await self.lead.regain(self.house.url, REGAIN_SEC)
        try:
            async with self.lead.transaction(self.holder) as connection:
                if not again:
                    await tell(connection, self, error)
                await end(connection, self.automation.name, self.execution.id, ending)
        except LeadLost:
            log.warning("left to others: another daemon has taken over, or it was removed", extra=self._named())

    def _used_up(self) -> int:
        """How many attempts count, this one among them: of those that broke off only what Postgres cannot undo."""
        if self.automation.reaches_outside:
            return self.number
        return sum(1 for one in self.attempts if not one["broke_off"])

    def _named(self) -> dict[str, Any]:
        return {"automation": self.automation.name, "execution": self.execution.id}


async def attempt(lead: Lead, automation: Automation, execution: Execution, house: House) -> None:
    """Attempt an execution that may begin and that nobody else executes.

    Of one that is under way in the table, who executed it is gone: what Postgres did of it is undone. Its commands and
    backups may have happened, so it is begun again only if there is a retry left for it.

    Raises:
        StoreUnavailable: Postgres went away in the middle.
    """
    one = Attempt(automation, execution, house, lead, house.now(), attempts=list(execution.attempts))
    given_up = ""
    if execution.status == "running":
        broken = f"it broke off: the daemon of {execution.node}, or its connection to Postgres, ended in the middle"
        one.attempts.append(failed_attempt(execution.attempt, execution.node, execution.execution_time, None, broken))
        if automation.reaches_outside:
            broken += ", and what it did outside of the database cannot be known"
        if execution.holder is not None and automation.reaches_outside and execution.node == house.node:
            await end_leftovers(str(execution.holder))
        most = automation.retries if automation.reaches_outside else automation.retries + MOST_INTERRUPTIONS
        given_up = broken if execution.attempt > most else ""
    number = await lead.begin(one.began, house.node, one.holder, one.attempts, counts=not given_up)
    if number is None:
        return
    one.number = number
    if not given_up:
        await one.run()
        return
    async with lead.transaction(one.holder) as connection:
        await tell(connection, one, given_up)
        ending = Ending("failed", given_up, output=execution.output, attempts=one.attempts)
        await end(connection, automation.name, execution.id, ending)


async def tell(connection: Connection, one: Attempt, error: str) -> None:
    """Owe the admins the news that an automation has failed, and put it into the bell: at the first of failures in a
    row, and not at all where a probe's incident tells of it."""
    automation, execution, now = one.automation, one.execution, one.house.now()
    if one.house.watched or await failed_before(connection, automation.name, execution.id):
        return
    data = {
        "job_name": automation.name,
        "title": automation.title,
        "error": error,
        "slot": one.slot,
        "execution_time": one.began,
        "duration_ms": round(one.took.total_seconds() * 1000),
        "attempt": one.number,
        "attempts": max(one.number, automation.retries + 1),
        "node": one.house.node,
        "trigger": execution.trigger,
        "output": one.output[-2000:],
        "timezone": automation.timezone,
        "id": execution.id,
    }
    key = f"automation:{execution.id}:failed"
    owed = [
        Owed(EMAIL, admin, TEMPLATE, one.language, data, f"{key}:{place}", automation_log_id=execution.id)
        for place, admin in enumerate(one.house.admins)
    ]
    await owe(connection, owed, now)
    title = {"ko": f"자동화 실패: {automation.title}", "en": f"automation failed: {automation.title}"}
    entry = feed.Entry(
        level="urgent",
        title=title.get(one.language, title["en"]),
        text=error,
        at=now,
        source=f"automation:{automation.name}",
    )
    await feed.add(connection, entry)


def values_of(one: Attempt) -> dict[str, Any]:
    """What the steps may refer to, as JSON knows it."""
    automation, execution = one.automation, one.execution
    values: dict[str, Any] = {
        **days(one.slot, automation.timezone),
        "slot": one.slot,
        "now": one.began,
        "by": execution.started_by,
        "execution": execution.id,
    }
    plain = {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in values.items()}
    incident = {"incident": dict(execution.data)} if execution.trigger == "event" or automation.on else {}
    return {**plain, **incident, **automation.values}


def failed_attempt(number: int, node: str, began: datetime, took: timedelta | None, error: str) -> dict[str, Any]:
    """An entry of ``attempts``; ``took`` None: it broke off."""
    return {
        "attempt": number,
        "node": node,
        "began": began.isoformat(),
        "duration_ms": None if took is None else round(took.total_seconds() * 1000),
        "error": error,
        "broke_off": took is None,
    }
