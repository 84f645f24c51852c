"""``[[automations]]`` -> ``Automation``: work that the daemon itself does, on a schedule or when something happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal

from batmon.config.named import read_named
from batmon.config.outside_steps import BackupStep, CommandStep, read_backup, read_command
from batmon.config.programs import cron
from batmon.config.report_step import read_report
from batmon.config.section import Section
from batmon.config.step_reading import read_steps
from batmon.config.step_texts import Reading, one_of
from batmon.config.steps import IfStep, Step
from batmon.config.values import program_name, similar, timezone
from batmon.config.variables import Variables

CatchUp = Literal["none", "last", "all"]
Overlap = Literal["skip", "queue"]
CATCH_UP: tuple[CatchUp, ...] = ("none", "last", "all")
OVERLAP: tuple[Overlap, ...] = ("skip", "queue")
EVENTS = ("incident.opened", "incident.resolved")
"""What an automation can wait for."""
NAMES = frozenset(
    {
        "slot", "today", "yesterday", "this_month", "last_month", "now", "by", "timezone", "today_start",
        "yesterday_start", "month_start", "last_month_start", "execution",
    }
)  # fmt: skip
"""What the steps of every automation may refer to; ``incident`` beside it where one is waited for."""
MOST_RETRIES = 100


@dataclass(frozen=True, slots=True)
class Automation:
    """Work that the daemon does by itself. Either ``schedule`` (cron expressions) or ``on`` (an event) is given.

    ``node`` empty: whichever daemon has it configured and is free. ``values``: names that its steps know beside those
    of every automation. ``source`` is the file that it is from, for people.
    """

    name: str
    steps: tuple[Step, ...]
    title: str = ""
    schedule: tuple[str, ...] = ()
    timezone: str = "UTC"
    on: str = ""
    node: str = ""
    catch_up: CatchUp = "last"
    overlap: Overlap = "skip"
    timeout: timedelta = timedelta(minutes=10)
    retries: int = 0
    retry_after: timedelta = timedelta(minutes=1)
    paused: bool = False
    language: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""

    @property
    def reaches_outside(self) -> bool:
        """Whether it has a step whose work Postgres cannot undo: then an attempt that broke off counts as one."""
        return any(isinstance(step, CommandStep | BackupStep) for step in all_steps(self.steps))


def all_steps(steps: Sequence[Step]) -> Iterator[Step]:
    """Every step, those of branches too."""
    for step in steps:
        yield step
        if isinstance(step, IfStep):
            yield from all_steps(step.then)
            yield from all_steps(step.otherwise)


def reading_of(variables: Variables, reading: Reading) -> Reading:
    """The same place of steps, where ``command``, ``backup`` and ``report`` are known too."""

    def command(table: Section, names: Reading) -> Step:
        return read_command(table, names, variables)

    def backup(table: Section, names: Reading) -> Step:
        return read_backup(table, names, variables)

    return replace(reading, more={**reading.more, "command": command, "backup": backup, "report": read_report})


def read_automations(
    tables: Sequence[Section],
    variables: Variables,
    *,
    zone: Callable[[Section], str],
    sql_folder: Path | None = None,
    values: Mapping[str, Any] | None = None,
    language: str = "",
    source: str = "",
    taken: Mapping[str, str] | None = None,
) -> tuple[Automation, ...]:
    """The automations that the tables describe, but those with which something is wrong (it is noted).

    ``zone`` gives the time zone of one that names none; ``sql_folder`` is where files of SQL lie; ``values`` are more
    names that steps know, as a pack's ``pack``; ``language`` is that of messages where an automation names none;
    ``taken`` are names of automations read before, with where they stand.
    """
    where = reading_of(variables, Reading(names=NAMES | set(values or {}), sql_folder=sql_folder))
    one = partial(_read, zone=zone, reading=where, values=values or {}, language=language, source=source)
    return read_named(tables, one, taken)


def _read(
    table: Section,
    *,
    zone: Callable[[Section], str],
    reading: Reading,
    values: Mapping[str, Any],
    language: str,
    source: str,
) -> Automation | None:
    before = len(table.problems)
    table.require("name")
    name = table.text("name", "-", program_name)
    on = table.text("on", "", _event)
    schedule = table.texts("schedule", (), cron)
    if table.has("on") == table.has("schedule"):
        both = table.has("on")
        table.problems.add(
            table.place,
            'both "schedule" and "on" are given' if both else 'neither "schedule" nor "on" is given',
            'schedule = "0 0 * * *" for a time, on = "incident.opened" for an event',
        )
    if on and table.has("catch_up"):
        table.bad("catch_up", "an event is never missed, so there is nothing to catch up with")
    automation = Automation(
        name=name,
        title=table.text("title", "", str.strip) or name,
        schedule=schedule,
        timezone=table.text("timezone", "", timezone) or (zone(table) if schedule or not on else "UTC"),
        on=on,
        node=table.text("node", "", str.strip),
        catch_up=one_of(table, "catch_up", "last", CATCH_UP),
        overlap=one_of(table, "overlap", "queue" if on else "skip", OVERLAP),
        timeout=table.duration("timeout", timedelta(minutes=10), positive=True),
        retries=table.whole("retries", 0, low=0, high=MOST_RETRIES),
        retry_after=table.duration("retry_after", timedelta(minutes=1)),
        paused=table.flag("paused", default=False),
        language=one_of(table, "language", language, ("ko", "en")),
        steps=read_steps(table, reading.knowing("incident") if on else reading),
        values=values,
        source=source,
    )
    if on and automation.overlap == "skip":
        table.bad("overlap", 'an event that comes meanwhile would be lost: overlap is "queue" here')
    table.finish()
    return automation if len(table.problems) == before else None


def _event(text: str) -> str:
    if text not in EVENTS:
        near = similar(text, EVENTS)
        ask = f'did you mean "{near}"?' if near else f"use {' or '.join(EVENTS)}"
        raise ValueError(f"nothing is called {text!r}; {ask}")
    return text
