"""``[[events]]`` -> ``EventRule``: steps that follow from a row inserted or changed in a table."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from batmon.config.named import read_named
from batmon.config.section import Section
from batmon.config.sql_text import parse
from batmon.config.step_reading import read_steps
from batmon.config.step_texts import Reading, one_of, table_name
from batmon.config.steps import Step
from batmon.config.values import timezone

On = Literal["insert", "update"]
NAMES = frozenset({"row", "old", "event"})
"""What the steps of an event may refer to: the row, the row as it was (none for an insert), ``event.id`` and such."""
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_COLUMN = re.compile(r"[^\W\d][\w$]{0,62}")


@dataclass(frozen=True, slots=True)
class EventRule:
    """What follows from a row. ``table`` may name its schema; ``when`` is SQL over NEW and OLD, empty for every row.

    ``columns`` are those that the event carries, empty for all. ``values``: names that its steps know beside those of
    every event. ``place`` says where it is written.
    """

    name: str
    table: str
    on: On
    steps: tuple[Step, ...]
    place: str
    title: str = ""
    when: str = ""
    when_place: str = ""
    columns: tuple[str, ...] = ()
    timezone: str = "UTC"
    language: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """What the trigger depends on, as a hash in hexadecimal."""
        parts = (self.table, self.on, self.when, *self.columns)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def read_events(
    tables: Sequence[Section],
    *,
    zone: Callable[[Section], str],
    sql_folder: Path | None = None,
    values: Mapping[str, Any] | None = None,
    language: str = "",
    taken: Mapping[str, str] | None = None,
) -> tuple[EventRule, ...]:
    """The rules that the tables describe, but those with which something is wrong (it is noted).

    ``zone`` gives the time zone of one that names none; ``sql_folder`` is where files of SQL lie; ``values`` are more
    names that steps know, as a pack's ``pack``; ``taken`` are names of rules read before, with where they stand.
    """
    reading = Reading(names=NAMES | set(values or {}), sql_folder=sql_folder)
    return read_named(tables, lambda table: _read(table, reading, zone, values or {}, language), taken)


def _read(
    table: Section, reading: Reading, zone: Callable[[Section], str], values: Mapping[str, Any], language: str
) -> EventRule:
    table.require("name", "table", "on")
    name = table.text("name", "", rule_name)
    rule = EventRule(
        name=name,
        title=table.text("title", "", str.strip) or name,
        table=table.text("table", "", _watchable),
        on=one_of(table, "on", "insert", ("insert", "update")),
        when=table.text("when", "", _condition),
        when_place=table.problems.where((*table.place, "when")) if table.has("when") else "",
        columns=table.texts("columns", (), _column),
        timezone=table.text("timezone", "", timezone) or zone(table),
        language=one_of(table, "language", language, ("ko", "en")),
        steps=read_steps(table, reading),
        values=values,
        place=table.problems.where(table.place),
    )
    if rule.on == "insert" and re.search(r"\bOLD\.", rule.when, re.IGNORECASE):
        table.bad("when", "there is no OLD for a row that is inserted", 'on = "update", or only NEW')
    table.finish()
    return rule


def rule_name(text: str) -> str:
    """The name of a rule or an inbox: it becomes part of names in Postgres and is typed on the command line."""
    if not _NAME.fullmatch(text):
        raise ValueError(f"{text!r}: a name has up to 40 small letters, digits, '_' and '-', beginning with a letter")
    return text


def _watchable(text: str) -> str:
    if table_name(text).removeprefix("public.") == "events":
        raise ValueError("events are written there: an event of it would be an event again, without end")
    return text


def _condition(text: str) -> str:
    if not text.strip():
        return ""
    sql = parse(text)
    if sql.names:
        raise ValueError(f":{sql.names[0]}: a condition has no parameters; it speaks of NEW and OLD")
    return sql.pieces[0].strip()


def _column(text: str) -> str:
    if not _COLUMN.fullmatch(text):
        raise ValueError(f"{text!r} is not a column's name")
    return text
