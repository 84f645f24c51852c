"""``[[inboxes]]`` -> ``Inbox``: what waits for somebody's decision, and what each decision does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from batmon.config.events import rule_name
from batmon.config.named import read_named
from batmon.config.section import Section
from batmon.config.sql_text import QUERIES, Sql
from batmon.config.step_reading import read_steps
from batmon.config.step_texts import Reading, one_of, read_sql
from batmon.config.steps import Step
from batmon.config.values import similar, timezone
from batmon.model import Role

NAMES = frozenset({"row", "asks", "by", "inbox"})
"""What the steps of an action may refer to: the item, what was asked, who acts, and ``inbox.name`` and such."""


@dataclass(frozen=True, slots=True)
class InboxAction:
    """One way to decide. ``asks`` are the names of texts that whoever acts must give."""

    name: str
    title: str
    steps: tuple[Step, ...]
    role: Role = Role.OPERATOR
    asks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inbox:
    """Items that wait: a row of ``query`` each, its column ``id`` naming it and ``title`` shown."""

    name: str
    title: str
    query: Sql
    actions: tuple[InboxAction, ...]
    place: str
    timezone: str = "UTC"
    language: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    def action(self, name: str) -> InboxAction | None:
        """The action of that name, if there is one."""
        return next((one for one in self.actions if one.name == name), None)


def read_inboxes(
    tables: Sequence[Section],
    *,
    zone: Callable[[Section], str],
    sql_folder: Path | None = None,
    values: Mapping[str, Any] | None = None,
    language: str = "",
    taken: Mapping[str, str] | None = None,
) -> tuple[Inbox, ...]:
    """The inboxes that the tables describe, but those with which something is wrong; see ``events.read_events``."""
    reading = Reading(names=NAMES | set(values or {}), sql_folder=sql_folder)
    return read_named(tables, lambda table: _read(table, reading, zone, values or {}, language), taken)


def _read(
    table: Section, reading: Reading, zone: Callable[[Section], str], values: Mapping[str, Any], language: str
) -> Inbox:
    table.require("name")
    name = table.text("name", "", rule_name)
    actions = [_action(one, reading) for one in table.sections("actions")]
    for number, action in enumerate(actions):
        if action.name in [other.name for other in actions[:number]]:
            table.problems.add((*table.place, "actions", number, "name"), f"the name {action.name!r} is taken")
    inbox = Inbox(
        name=name,
        title=table.text("title", "", str.strip) or name,
        query=read_sql(
            table, Reading(frozenset(values), reading.sql_folder), "query", allowed=QUERIES, file_key="file"
        ),
        actions=tuple(actions),
        timezone=table.text("timezone", "", timezone) or zone(table),
        language=one_of(table, "language", language, ("ko", "en")),
        values=values,
        place=table.problems.where(table.place),
    )
    table.finish()
    return inbox


def _action(table: Section, reading: Reading) -> InboxAction:
    table.require("name")
    name = table.text("name", "", rule_name)
    action = InboxAction(
        name=name,
        title=table.text("title", "", str.strip) or name,
        role=table.text("role", Role.OPERATOR, _role),
        asks=table.texts("asks", (), _ask),
        steps=read_steps(table, reading),
    )
    table.finish()
    return action


def _role(text: str) -> Role:
    if text not in (Role.OPERATOR, Role.ADMIN):
        near = similar(text, ("operator", "admin"))
        raise ValueError(f"{text!r} cannot act here; " + (f'did you mean "{near}"?' if near else "operator or admin"))
    return Role(text)


def _ask(text: str) -> str:
    if not text.isidentifier() or len(text) > 40:
        raise ValueError(f"{text!r} is not a name of what is asked; use letters, digits and '_'")
    return text
