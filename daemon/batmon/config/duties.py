"""What BATMON does by itself: automations, events, inboxes and probes, of the configuration and of its packs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from batmon.config.automations import Automation, read_automations
from batmon.config.events import EventRule, read_events
from batmon.config.inboxes import Inbox, read_inboxes
from batmon.config.packs import OpenPack, Pack
from batmon.config.probes import Probe, read_probes, refuse_taken_names, shipped
from batmon.config.section import Section
from batmon.config.variables import Variables

DUTIES = ("automations", "events", "inboxes", "probes")
"""The tables that a pack may have beside ``[pack]``."""


@dataclass(frozen=True, slots=True)
class Duties:
    """All of them, those of the configuration first."""

    automations: tuple[Automation, ...] = ()
    events: tuple[EventRule, ...] = ()
    inboxes: tuple[Inbox, ...] = ()
    probes: tuple[Probe, ...] = ()
    spare: tuple[Probe, ...] = ()
    """Those that come unasked once there is something for them to watch."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What duties are read with. ``zone`` gives the time zone of a table that names none; ``sql`` is a folder."""

    variables: Variables
    node: str
    zone: Callable[[Section], str]
    shown_zone: str
    sql: Path

    def of(self, pack: Pack) -> Surroundings:
        """Those of a pack's duties."""
        zone = pack.timezone
        if not zone:
            return replace(self, sql=pack.sql)
        return replace(self, sql=pack.sql, zone=lambda _table: zone, shown_zone=zone)


def read_duties(
    root: Section, packs: Sequence[OpenPack], around: Surroundings, programs: Sequence[str]
) -> tuple[Duties, list[Section]]:
    """The duties, and the tables of all probes; ``programs`` are the names of the programs."""
    duties = _read(root, around, Duties(), programs)
    tables = root.sections("probes")
    for pack, its_root, _ in packs:
        values = {"pack": {**pack.values, "name": pack.name, "timezone": pack.timezone or around.shown_zone}}
        more = _read(
            its_root, around.of(pack), duties, programs, values=values, language=pack.language, source=pack.source
        )
        duties = Duties(*(getattr(duties, name) + getattr(more, name) for name in Duties.__slots__))
        tables += its_root.sections("probes")
        its_root.finish()
    unasked, spare = _unasked(root, duties, tables, around)
    return replace(duties, probes=duties.probes + unasked, spare=spare), tables


def _read(
    root: Section,
    around: Surroundings,
    before: Duties,
    programs: Sequence[str],
    *,
    values: Mapping[str, Any] | None = None,
    language: str = "",
    source: str = "",
) -> Duties:
    """The duties of one file. Names that those of ``before`` have are taken."""

    def taken(kind: str) -> dict[str, str]:
        return {duty.name: f"another of [[{kind}]]" for duty in getattr(before, kind)}

    def zone(_table: Section) -> str:
        return around.shown_zone

    shared: dict[str, Any] = {"sql_folder": around.sql, "values": values, "language": language}
    probe_tables = root.sections("probes")
    probes = read_probes(probe_tables, around.variables, node=around.node, zone=around.shown_zone)
    refuse_taken_names(probe_tables, [*programs, *taken("probes")], root.problems)
    return Duties(
        automations=read_automations(
            root.sections("automations"), around.variables, zone=around.zone, source=source,
            taken=taken("automations"), **shared,
        ),
        events=read_events(root.sections("events"), zone=zone, taken=taken("events"), **shared),
        inboxes=read_inboxes(root.sections("inboxes"), zone=zone, taken=taken("inboxes"), **shared),
        probes=tuple(probes),
    )  # fmt: skip


def _unasked(
    root: Section, duties: Duties, tables: Sequence[Section], around: Surroundings
) -> tuple[tuple[Probe, ...], tuple[Probe, ...]]:
    """The probes that watch automations and mails without being asked; and those of automations that may come later."""
    found: list[Probe] = []
    spare: list[Probe] = []
    for kind, there in (("automations", bool(duties.automations)), ("mail", root.has("email"))):
        made = shipped([*duties.probes, *found], tables, kind, node=around.node, zone=around.shown_zone)
        if there:
            found += made
        elif kind == "automations":
            spare += made
    return tuple(found), tuple(spare)
