"""The language of steps: what automations, events and inbox actions do, one step after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from batmon.config.sql_text import Sql

Level = Literal["urgent", "attention", "info"]
Expect = Literal["any", "some", "one"]
Per = Literal["day", "ever"]

LEVELS: tuple[Level, ...] = ("urgent", "attention", "info")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What all steps have: ``place`` says where it is written, for messages."""

    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlStep(Step):
    """Run a statement; ``name`` (the key ``as``) holds the first row's columns, ``rows`` and ``count``."""

    sql: Sql
    name: str = ""
    expect: Expect = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageStep(Step):
    """Owe a message to each of ``to``: ``admins``, or an expression that gives an address or a number.

    On another channel than mail ``to`` may be empty, and means the channel's own recipients.

    ``data`` are the template's own names, its texts being expressions; empty ``language``: that of the installation.
    """

    to: tuple[str, ...]
    template: str
    channel: str = "email"
    data: Mapping[str, Any] = field(default_factory=dict)
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStep(Step):
    """Put an entry into the bell; ``inbox`` names the inbox that it leads to."""

    title: str
    text: str = ""
    level: Level = "info"
    inbox: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterStep(Step):
    """Add to a counter of this day (in the zone of the rule) or for ever; ``name`` holds the new value."""

    counter: str
    add: int = 1
    per: Per = "ever"
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeStep(Step):
    """Make up a code that ``column`` of ``table`` does not have yet; ``name`` holds it.

    ``format``: text with ``{year}``, ``{month}``, ``{day}``, ``{letters:n}``, ``{digits:n}`` and ``{any:n}``.
    ``confusable``: whether 0, O, 1, I and L may be in it.
    """

    format: str
    table: str
    column: str
    name: str
    confusable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class IfStep(Step):
    """Go on with ``then`` where ``when``, a boolean expression of SQL, is true, else with ``otherwise``."""

    when: Sql
    then: tuple[Step, ...]
    otherwise: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StopStep(Step):
    """Do none of what follows; what was done stays done."""
