"""Does the steps of one execution, in order, in the transaction that is open: all of them or, by an error, none."""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from batmon.config import Config
from batmon.config.channels import PHONE_KINDS
from batmon.config.sql_text import Sql
from batmon.config.steps import CodeStep, CounterStep, FeedStep, IfStep, MessageStep, SqlStep, Step, StopStep
from batmon.config.targets import ADMINS, EMAIL
from batmon.errors import StepFailed
from batmon.gate.sanitize import clean
from batmon.notify.expressions import rendered
from batmon.refusals import because
from batmon.store import counters, feed
from batmon.store import steps as statements
from batmon.store.judgements import Connection
from batmon.store.notifications import Owed, owe

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"
CONFUSABLE = frozenset("0O1IL")
_LOOPS = "{%"
"""What has statements may go round loops over thousands of rows, and others wait for this thread."""
_CODE_PART = re.compile(r"\{(year|month|day|letters|digits|any)(?::(\d{1,2}))?\}")


@dataclass(frozen=True, slots=True)
class Context:
    """One execution. ``source`` names it in the bell (``event:welcome``); ``key`` makes its messages its own
    (``event:17``), so that none is owed twice. ``limit`` bounds each statement. ``others`` does the kinds of step that
    only its place has.
    """

    source: str
    key: str
    now: datetime
    timezone: ZoneInfo
    language: str
    admins: tuple[str, ...] = ()
    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of each channel but mail, whom its name alone stands for; an empty text where it has one place."""
    event_id: int | None = None
    automation_log_id: int | None = None
    limit: timedelta = statements.USUAL_LIMIT
    others: Mapping[type[Step], Callable[[Connection, Any, Mapping[str, Any]], Awaitable[Any]]] = field(
        default_factory=dict
    )

    @property
    def today(self) -> date:
        """The day where the rule is at home."""
        return self.now.astimezone(self.timezone).date()


def message_language(config: Config) -> str:
    """The language of messages that name none."""
    return "en" if config.language == "en" else "ko"


def admins(config: Config) -> tuple[str, ...]:
    """Whom ``admins`` stands for."""
    return config.email.admins if config.email else ()


def places(config: Config) -> dict[str, tuple[str, ...]]:
    """Channel -> the recipients that its name alone stands for."""
    return {one.name: one.to if one.kind in PHONE_KINDS else ("",) for one in config.channels}


class _Stop(Exception):
    """A step said that it is enough; no error."""


async def execute(
    connection: Connection, steps: Sequence[Step], values: Mapping[str, Any], context: Context
) -> dict[str, Any]:
    """Do ``steps`` in the transaction that the caller has opened; ``values`` and what the steps brought back, by name.

    Raises:
        StepFailed: a step could not be done; the caller's transaction is rolled back.
        StoreUnavailable: Postgres is away, or somebody holds what a step needs.
    """
    await statements.begin(connection, context.timezone.key, context.limit)
    execution = _Execution(connection, context, values)
    with contextlib.suppress(_Stop):
        await execution.do(steps)
    return execution.values


class _Execution:
    def __init__(self, connection: Connection, context: Context, values: Mapping[str, Any]) -> None:
        self._connection = connection
        self._context = context
        self._done = 0
        self.values: dict[str, Any] = {
            "now": context.now.isoformat(),
            "today": context.today.isoformat(),
            "timezone": context.timezone.key,
            **values,
        }

    async def do(self, steps: Sequence[Step]) -> None:
        for step in steps:
            self._done += 1
            match step:
                case IfStep():
                    await self.do(step.then if await self._true(step.when) else step.otherwise)
                case StopStep():
                    raise _Stop
                case MessageStep():
                    await self._message(step)
                case _:
                    found = await self._one(step)
                    if name := getattr(step, "name", ""):
                        self.values[name] = found

    async def _one(self, step: Step) -> Any:
        match step:
            case SqlStep():
                return await self._sql(step)
            case FeedStep():
                return await self._feed(step)
            case CounterStep():
                day = self._context.today if step.per == "day" else None
                return await counters.count(self._connection, step.counter, day, step.add, self._context.now)
            case CodeStep():
                return await counters.new_code(
                    self._connection, step.table, step.column, lambda: made_up(step, self._context.today), step.place
                )
        other = self._context.others.get(type(step))
        if other is None:
            raise StepFailed(because("no-such-step-here", place=step.place))
        return await other(self._connection, step, self.values)

    async def _sql(self, step: SqlStep) -> dict[str, Any]:
        result = await statements.execute(self._connection, step.sql, self.values, self._context.limit)
        if step.expect == "one" and result.count != 1:
            raise StepFailed(because("not-one-row", place=step.place, count=result.count))
        if step.expect == "some" and not result.count:
            raise StepFailed(because("no-rows", place=step.place))
        return result.value()

    async def _true(self, when: Sql) -> bool:
        question = when.wrapped("SELECT (", ")::boolean AS yes")
        rows = (await statements.execute(self._connection, question, self.values, self._context.limit)).rows
        return rows[0]["yes"] is True

    async def _message(self, step: MessageStep) -> None:
        context, recipients = self._context, await self._recipients(step)
        data = {**self.values, **await self._data(step, step.data)}
        owed = [
            Owed(
                channel=step.channel,
                recipient=clean(recipient),
                template=step.template,
                language=step.language or context.language,
                data=data,
                key=f"{context.key}:{self._done}:{number}",
                event_id=context.event_id,
                automation_log_id=context.automation_log_id,
            )
            for number, recipient in enumerate(recipients)
        ]
        await owe(self._connection, owed, context.now)

    async def _recipients(self, step: MessageStep) -> list[str]:
        """Each once; whoever has no address is told nothing."""
        own = self._context.places.get(step.channel, ("",))
        if step.channel != EMAIL and (not step.to or own == ("",)):
            return list(own)
        found: list[str] = []
        for one in step.to:
            if one == ADMINS:
                found += self._context.admins if step.channel == EMAIL else own
            else:
                found.append((await self._text(step, one)).strip())
        return list(dict.fromkeys(filter(None, found)))

    async def _feed(self, step: FeedStep) -> int:
        entry = feed.Entry(
            level=step.level,
            title=await self._text(step, step.title),
            text=await self._text(step, step.text),
            at=self._context.now,
            source=self._context.source,
            inbox=step.inbox or None,
        )
        return await feed.add(self._connection, entry)

    async def _text(self, step: Step, text: str) -> str:
        make = partial(rendered, text, self.values, self._context.timezone, self._context.language)
        try:
            return await asyncio.to_thread(make) if _LOOPS in text else make()
        except ValueError as error:
            raise StepFailed(because("step-failed", place=step.place, why=error, hint="")) from error

    async def _data(self, step: Step, value: Any) -> Any:
        if isinstance(value, str):
            return await self._text(step, value)
        if isinstance(value, Mapping):
            return {key: await self._data(step, one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [await self._data(step, one) for one in value]
        return value


def made_up(step: CodeStep, today: date) -> str:
    """A code in the step's format, from the operating system's randomness."""

    def part(match: re.Match[str]) -> str:
        kind, length = match[1], int(match[2] or 1)
        match kind:
            case "year":
                return f"{today.year:04d}"
            case "month" | "day":
                return f"{getattr(today, kind):02d}"
        signs = {"letters": LETTERS, "digits": DIGITS, "any": LETTERS + DIGITS}[kind]
        usable = [sign for sign in signs if step.confusable or sign not in CONFUSABLE]
        return "".join(secrets.choice(usable) for _ in range(length))

    return _CODE_PART.sub(part, step.format)
