"""The lines of ``batmon check`` in the form of a monitoring plug-in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from batmon.model import Status


def plugin_lines(check: Mapping[str, Any]) -> list[str]:
    """The text of ``batmon check``: one line in the monitoring plug-in's form, then an indented one a program.

    ``check`` is the object of ``batmon check --json``; the worst program comes first.
    """
    programs = sorted(check["programs"], key=lambda entry: (-Status(entry["status"]).severity, entry["name"]))
    counts = {status: sum(entry["status"] == status.value for entry in programs) for status in Status}
    tally = f"{counts[Status.ERROR]} error, {counts[Status.WARNING]} warning, {counts[Status.OK]} ok"
    if counts[Status.UNKNOWN]:
        tally += f", {counts[Status.UNKNOWN]} unknown"
    if not programs:
        said = "no programs are watched"
    elif programs[0]["status"] == Status.OK.value and len(programs) > 1:
        said = f"all {len(programs)} programs are well"
    else:
        said = f"{_plain(programs[0]['name'])}: {_plain(programs[0]['message'])}"
    figures = " ".join(
        f"'{status.value.lower()}'={counts[status]}"
        for status in (Status.OK, Status.WARNING, Status.ERROR, Status.UNKNOWN)
    )
    first = f"BATMON {check['status']} - {said} ({tally}) | {figures}"
    width = max((len(entry["status"]) for entry in programs), default=0)
    return [
        first,
        *(f"  {entry['status']:<{width}}  {_plain(entry['name'])}: {_plain(entry['message'])}" for entry in programs),
    ]


def _plain(text: str) -> str:
    """One line without the pipe character, which begins the figures in a plug-in's output."""
    return " ".join(text.split()).replace("|", "¦")
