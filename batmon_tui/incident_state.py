"""An incident's state as a sign and in words, for the board and for the pages about incidents. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from batmon_tui.view import View

RANK: Mapping[str, int] = {
    "open": 0, "flapping": 1, "acknowledged": 2, "held": 3, "silenced": 4, "maintenance": 5, "resolved": 6,
}  # fmt: skip
"""What needs somebody comes first."""
NEEDS_SOMEBODY = ("open", "flapping")
SIGNS: Mapping[str, str] = {
    "flapping": "~", "acknowledged": "a", "held": "h", "silenced": "z", "maintenance": "m", "resolved": "✓",
}  # fmt: skip
"""A letter for what is quiet, that of the key that makes it so; an open one has the sign of its severity."""


def sign(incident: Mapping[str, Any]) -> tuple[str, str]:
    """The sign of its state, and the colour of it."""
    word = incident["state"]
    severe = "lines--error" if incident["severity"] == "ERROR" else "lines--warning"
    if word == "open":
        return ("✗" if incident["severity"] == "ERROR" else "!"), severe
    colour = {"flapping": severe, "acknowledged": "lines--running", "resolved": "lines--ok"}.get(word, "lines--unknown")
    return SIGNS.get(word, "?"), colour


def state(incident: Mapping[str, Any], view: View) -> str:
    """Its state for a column: ``new``, ``ack until 18:00``, ``held by database``."""
    word, until = incident["state"], incident.get("until")
    if word == "held":
        return view.tr("incident.held", names=", ".join(incident.get("held_by") or ("?",)))
    if until and word in ("acknowledged", "silenced", "maintenance"):
        return view.tr(f"incident.{word}.until", until=view.brief(until))
    return view.tr(f"incident.{word}")


def on_board(incident: Mapping[str, Any] | None, view: View) -> str:
    """What the board says before a row's reason when its incident is not just open; empty for one that is, or none."""
    if incident is None or incident["state"] in ("open", "resolved"):
        return ""
    return f"[{state(incident, view)}]"


def is_quiet(incident: Mapping[str, Any] | None) -> bool:
    """Whether nobody needs to look: somebody has it, it is kept quiet, or it waits for something else."""
    return incident is not None and incident["state"] not in NEEDS_SOMEBODY


def in_detail(incident: Mapping[str, Any] | None, view: View) -> str:
    """``incident 12: ack until 18:00, kim``; empty when there is none."""
    if incident is None:
        return ""
    who = f", {incident['by']}" if incident.get("by") else ""
    return f"{view.tr('board.incident', id=incident['id'])}: {state(incident, view)}{who}"
