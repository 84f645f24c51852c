"""``[[probes]]`` -> ``Probe``: a program of its own kind, the rule that it is judged by, and what it looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from batmon.config.probe_limits import DEFAULTS, read_limits
from batmon.config.probe_targets import TARGETS, AutomationsTarget, MailTarget, Target
from batmon.config.section import Problems, Section
from batmon.config.values import program_name, similar, timezone
from batmon.config.variables import Variables
from batmon.errors import ModelError
from batmon.judge.probe import Rule
from batmon.model import Program

KINDS = tuple(TARGETS)
SHIPPED_TITLES: Mapping[str, str] = {"automations": "자동화 · automations", "mail": "메일 발송 · mail"}
SHIPPED: Mapping[str, Target] = {"automations": AutomationsTarget(), "mail": MailTarget()}
"""Kind -> what its shipped probe looks at: that automations run and mails go out is watched without being asked."""
COMMON_KEYS = (
    "name", "title", "kind", "enabled", "node", "timezone", "every", "timeout", "warn", "crit", "for", "keep", "tags",
    "depends_on", "alert_after",
)  # fmt: skip
EVERY = timedelta(minutes=1)
OWN_EVERY = {"certificate": timedelta(hours=1), "automations": timedelta(seconds=15)}
"""Kind -> how often it is looked at where that is not each minute."""
TIMEOUT = timedelta(seconds=10)
KEEP = timedelta(days=14)
LEAST_EVERY = timedelta(seconds=1)
MOST_LOOKS = 500
"""How many looks ``for`` may span: they are kept in memory."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe: ``program`` is how it stands on the board, ``rule`` how it is judged, ``target`` what it looks at."""

    program: Program
    rule: Rule
    target: Target
    keep: timedelta = KEEP
    """For how long its looks are kept."""

    @property
    def name(self) -> str:
        """Its name, unique among programs and probes."""
        return self.program.name

    @property
    def kind(self) -> str:
        """One of ``KINDS``."""
        return self.rule.kind


def read_probes(tables: Sequence[Section], variables: Variables, *, node: str, zone: str) -> list[Probe]:
    """The probes that the tables describe; what is wrong is noted and left out, and so is what is not enabled."""
    found = [read_probe(table, variables, node=node, zone=zone) for table in tables]
    return [probe for probe in found if probe is not None]


def read_probe(table: Section, variables: Variables, *, node: str, zone: str) -> Probe | None:
    """One probe; None when something is wrong with it (it is noted) or it is not enabled."""
    before = len(table.problems)
    table.require("name", "kind")
    name = table.text("name", "-", program_name)
    kind = table.text("kind", "", _kind)
    enabled = table.flag("enabled", default=True)
    probe_node = table.text("node", node, str.strip)
    values: dict[str, Any] = {
        "title": table.text("title", "", str.strip) or name,
        "timezone": table.text("timezone", "", timezone) or zone,
        "tags": table.texts("tags", (), _tag),
        "depends_on": table.texts("depends_on", (), program_name),
        "alert_after": table.whole("alert_after", 1, low=1, high=100),
    }
    every = table.duration("every", OWN_EVERY.get(kind, EVERY), positive=True)
    timeout = table.duration("timeout", TIMEOUT, positive=True)
    lasting = table.duration("for", DEFAULTS[kind].lasting if kind else timedelta(0))
    keep = table.duration("keep", KEEP, positive=True)
    limits = read_limits(table, kind)
    target = TARGETS[kind](table, variables) if kind else None
    if kind or not table.has("kind"):  # which keys a kind has that nobody knows is not known either
        table.finish()
    if every < LEAST_EVERY:
        table.bad("every", "is shorter than a second")
    if limits.unit == "s":
        for key, limit in (("warn", limits.warn), ("crit", limits.crit)):
            if table.has(key) and limit is not None and limit >= timeout.total_seconds():
                table.bad(key, "is not shorter than the timeout, after which it is an error anyway")
    if lasting > every * MOST_LOOKS:
        table.bad("for", f"spans more than {MOST_LOOKS} checks", 'make "every" longer')
    if target is None or len(table.problems) > before or not enabled:
        return None
    try:
        program = _program(name, probe_node, timeout, **values)
    except ModelError as error:
        table.problems.add(table.place, str(error))
        return None
    rule = Rule(kind, every, timeout, limits.warn, limits.crit, limits.unit, limits.below, lasting)
    return Probe(program, rule, target, keep)


def shipped(probes: Sequence[Probe], tables: Sequence[Section], kind: str, *, node: str, zone: str) -> list[Probe]:
    """The probe ``batmon-KIND`` that is there unasked, with the kind's usual limits; none if a table is of that kind.

    ``kind`` is ``automations`` or ``mail``. A table of the kind counts even when it is not enabled, and so does one
    that takes the name.
    """
    name = f"batmon-{kind}"
    asked = {table.peek("kind") for table in tables} | {probe.kind for probe in probes}
    if kind in asked or name in {table.peek("name") for table in tables} | {probe.name for probe in probes}:
        return []
    usual, target = DEFAULTS[kind], SHIPPED[kind]
    every = OWN_EVERY.get(kind, EVERY)
    rule = Rule(kind, every, TIMEOUT, usual.warn, usual.crit, usual.unit, usual.below, usual.lasting)
    return [Probe(_program(name, node, TIMEOUT, title=SHIPPED_TITLES[kind], timezone=zone), rule, target)]


def refuse_taken_names(tables: Sequence[Section], names: Sequence[str], problems: Problems) -> None:
    """Note every probe that is called like a program or like another probe."""
    taken: dict[str, str] = dict.fromkeys(names, "a program")
    for table in tables:
        name = table.peek("name")
        if not isinstance(name, str) or not name:
            continue
        if name in taken:
            problems.add((*table.place, "name"), f"the name {name!r} is taken", f"it is the name of {taken[name]}")
        taken.setdefault(name, f"{table.label} on line {problems.line((*table.place, 'name'))}")


def _program(name: str, node: str, timeout: timedelta, **values: Any) -> Program:
    return Program(
        name=name, node=node, base_dir=Path(), logs=(), probe=True, baseline=False, grace=timedelta(0),
        max_runtime=timeout, **values,
    )  # fmt: skip


def _kind(text: str) -> str:
    if text not in KINDS:
        near = similar(text, KINDS)
        ask = f'did you mean "{near}"?' if near else f"use {', '.join(KINDS)}"
        raise ValueError(f"{text!r} is no kind of probe; {ask}")
    return text


def _tag(text: str) -> str:
    tag = text.strip()
    if not tag or len(tag) > 50 or not tag.isprintable():
        raise ValueError(f"{text!r}: a tag has 1 to 50 printable characters")
    return tag
