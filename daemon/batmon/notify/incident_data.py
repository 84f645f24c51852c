"""What a message about incidents holds: the ``data`` of the templates ``incident``, ``incident_reminder``,
``incident_escalated``, ``incident_acknowledged`` and ``incident_resolved``.

Whoever owes such a message makes an ``IncidentNotice`` and hands its ``data()`` on. A template sees:

=================  ===================================================================================================
``event``          ``opened``, ``reminder``, ``escalated``, ``acknowledged`` or ``resolved``
``status``         the worst of all: ``ERROR`` before ``WARNING`` before ``UNKNOWN`` before ``OK``
``correlation``    the same for all messages about these incidents
``programs``       the worst first, up to SHOWN of them, each a table: ``name``, ``title``, ``status``, ``reason``,
                   ``why``, ``since``, ``ended`` (null while it lasts), ``seconds`` (how long so far),
                   ``line``, ``signature``, ``incident_id``, ``run`` (``log_id``, null without one), ``node``
``sections``       the same programs by kind of error: ``signature``, ``line``, ``reason``, ``todo``, ``programs``
``count``          how many programs there are, ``more`` of which are not among those shown
``first``          the first of ``programs``
``since``          when the first of them began
``todo``           what to do, when it is the same for all; else empty, and each section has its own
``at``             the moment for which all this holds
``node``, ``console``, ``link``    where: the server, the command that opens the console, the dashboard
``by``, ``note``, ``until``        who acknowledged it, with which words, and for how long
``step``, ``steps``                which step of the ladder this is, counted from 1, and how many there are
``fields``         pairs of title and reason, for channels that show few words
=================  ===================================================================================================

Moments are ISO texts in UTC. Every key is there; what is not known is empty, 0 or null.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from batmon.model import Status
from batmon.notify.incident_words import todo
from batmon.notify.message import Event

SHOWN = 30
"""So many programs stand in one message; of the others it says how many there are."""
_MOST_FIELDS = 10
_LONGEST_LINE = 500

TEMPLATES: dict[Event, str] = {
    "opened": "incident",
    "reminder": "incident_reminder",
    "escalated": "incident_escalated",
    "acknowledged": "incident_acknowledged",
    "resolved": "incident_resolved",
}
"""Event -> the template that tells it."""


@dataclass(frozen=True, slots=True)
class IncidentProgram:
    """One program whose incident the message is about. ``why`` is its sentence in the message's language."""

    name: str
    since: datetime
    title: str = ""
    status: Status = Status.ERROR
    reason: str = ""
    """A word of ``batmon.model.Reason``; empty when it is none."""
    why: str = ""
    line: str = ""
    """The line of its log, or the words of its record, that tell the failure."""
    signature: str = ""
    """What errors of the same kind have in common; empty: the reason stands for the kind."""
    incident_id: int = 0
    run: int | None = None
    node: str = ""
    ended: datetime | None = None
    todo: str = ""
    """What to do, where somebody knows better than the usual words for the reason."""


@dataclass(frozen=True, slots=True)
class IncidentNotice:
    """A message about one or many incidents, at the moment ``at``."""

    event: Event
    correlation: str
    programs: Sequence[IncidentProgram]
    at: datetime
    language: str = "en"
    node: str = ""
    console: str = ""
    link: str = ""
    by: str = ""
    note: str = ""
    until: datetime | None = None
    step: int = 0
    steps: int = 0

    @property
    def template(self) -> str:
        """The name of the template that tells it."""
        return TEMPLATES[self.event]

    def data(self) -> dict[str, Any]:
        """The data of its template, as JSON has it; nothing in it is masked yet."""
        ordered = sorted(self.programs, key=lambda program: (-program.status.severity, program.since, program.name))
        shown = [self._program(program) for program in ordered[:SHOWN]]
        sections = self._sections(ordered[:SHOWN], shown)
        todos = {section["todo"] for section in sections}
        return {
            "event": self.event,
            "status": str(ordered[0].status) if ordered else str(Status.UNKNOWN),
            "correlation": self.correlation,
            "programs": shown,
            "sections": sections,
            "count": len(ordered),
            "more": len(ordered) - len(shown),
            "first": shown[0] if shown else None,
            "since": _text(min((program.since for program in ordered), default=self.at)),
            "todo": next(iter(todos)) if len(todos) == 1 else "",
            "at": _text(self.at),
            "node": self.node,
            "console": self.console,
            "link": self.link,
            "by": self.by,
            "note": self.note,
            "until": None if self.until is None else _text(self.until),
            "step": self.step,
            "steps": self.steps,
            "fields": [[program["title"], program["why"] or program["line"]] for program in shown[:_MOST_FIELDS]],
        }

    def _program(self, program: IncidentProgram) -> dict[str, Any]:
        end = program.ended or self.at
        return {
            "name": program.name,
            "title": program.title or program.name,
            "status": str(program.status),
            "reason": program.reason,
            "why": program.why,
            "since": _text(program.since),
            "ended": None if program.ended is None else _text(program.ended),
            "seconds": max(0, int((end - program.since).total_seconds())),
            "line": program.line[:_LONGEST_LINE],
            "signature": program.signature[:_LONGEST_LINE],
            "incident_id": program.incident_id,
            "run": program.run,
            "node": program.node,
        }

    def _sections(self, programs: Sequence[IncidentProgram], shown: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The programs by what went wrong, in the order of the first of each.

        Where only the reason is shared, a line stands above them if it is the line of all of them.
        """
        kinds: dict[tuple[str, str], dict[str, Any]] = {}
        for program, row in zip(programs, shown, strict=True):
            kind = ("", program.signature) if program.signature else (program.reason, "")
            section = kinds.setdefault(
                kind,
                {
                    "signature": row["signature"],
                    "line": row["line"],
                    "reason": program.reason,
                    "todo": program.todo or todo(program.reason, self.language),
                    "programs": [],
                },
            )
            section["programs"].append(row)
            if not program.signature and row["line"] != section["line"]:
                section["line"] = ""
        return list(kinds.values())


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
