"""What is on the board: frames of ``watch`` folded into rows, their order, each row's words. Pure: ``now`` comes in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len

from batmon import words
from batmon.model import Reason, RunStatus, Status
from batmon_tui.incident_state import is_quiet, on_board
from batmon_tui.view import View

Row = Mapping[str, Any]
"""A program as the gate sends it; see docs/gate.md."""

SIGNS: Mapping[Status, str] = {Status.OK: "✓", Status.WARNING: "!", Status.ERROR: "✗", Status.UNKNOWN: "?"}
RUNNING_SIGN = "▸"
STRIP_LENGTH = 30
BLOCKS = "▁▂▃▄▅▆▇"
"""Seven heights: the eighth would touch the row above."""


@dataclass(frozen=True, slots=True)
class Told:
    """One row in words; equal when nothing on the screen would differ."""

    name: str
    status: Status
    running: bool
    sign: str
    word: str
    strip: tuple[tuple[str, str], ...]
    """Character and run status word of each of the last runs, oldest first."""
    last: str
    took: str
    due: str
    schedule: str
    why: str
    last_log: str
    quiet: bool
    """Whether somebody has it already, or it waits for something else: nobody needs to look."""


def fold(rows: Mapping[str, Row], frame: Mapping[str, Any]) -> tuple[dict[str, Row], set[str]]:
    """The rows after one item of ``watch``, and the names of those that changed, came or went."""
    if "snapshot" in frame:
        new = {row["name"]: row for row in frame["snapshot"]}
        return new, {name for name in new.keys() | rows.keys() if new.get(name) != rows.get(name)}
    new = dict(rows)
    changed: set[str] = set()
    for row in frame.get("rows", ()):
        if new.get(row["name"]) != row:
            new[row["name"]] = row
            changed.add(row["name"])
    for name in frame.get("gone", ()):
        if new.pop(name, None) is not None:
            changed.add(name)
    return new, changed


def status_of(row: Row) -> Status:
    """The row's status; a word that this console does not know is UNKNOWN."""
    try:
        return Status(row["status"])
    except ValueError:
        return Status.UNKNOWN


def order(rows: Mapping[str, Row], wanted: str = "") -> list[str]:
    """The names on the board: the worst first, what somebody has already below, then by name.

    With ``wanted`` only those that hold all of its words.
    """
    parts = wanted.casefold().split()
    found = [row for row in rows.values() if not parts or _holds(row, parts)]

    def rank(row: Row) -> tuple[int, bool, str]:
        return -status_of(row).severity, is_quiet(row.get("incident")), row["name"].casefold()

    return [row["name"] for row in sorted(found, key=rank)]


def _holds(row: Row, parts: Iterable[str]) -> bool:
    text = " ".join(
        str(row.get(key) or "") for key in ("name", "title", "node", "status", "reason", "scheduler", "last_log")
    ).casefold()
    text += f" {words.status_word(status_of(row), 'ko')} {words.status_word(status_of(row), 'en')}"
    return all(part in text for part in parts)


def counts(rows: Mapping[str, Row]) -> dict[Status, int]:
    """How many programs have each status."""
    found = dict.fromkeys(Status, 0)
    for row in rows.values():
        found[status_of(row)] += 1
    return found


def why(row: Row, view: View) -> str:
    """The reason of a row's verdict as a sentence, its times in the program's own zone."""
    view = view.of(row)
    try:
        reason = Reason(row["reason"])
    except ValueError:
        return str(row["reason"])
    return words.say(reason, row["facts"], view.language, view.zone, view.now)


def in_short(row: Row, view: View) -> str:
    """The reason for a column: without what stands in the columns beside it."""
    facts, reason = row["facts"], row["reason"]
    if reason == Reason.FAILED and facts.get("line"):
        failed = words.in_short(reason, facts, view.language) or words.run_status_word(RunStatus.FAILED, view.language)
        return f"{failed}: {words.line_in_words(str(facts['line']), view.language)}"
    if reason in (Reason.TOO_SHORT, Reason.UNUSUAL_OUTPUT, Reason.UNUSUAL_TIME):
        return words.in_short(reason, facts, view.language)
    if reason == Reason.SUCCEEDED:
        count = facts.get("processed")
        done = words.run_status_word(RunStatus.SUCCESS, view.language)
        return view.tr("program.processed", n=f"{count:,}") if count else done
    return why(row, view)


def tell(row: Row, shown: View) -> Told:
    """A row in words, its times in the program's own zone; the zone is named where it is not the one of ``shown``."""
    view = shown.of(row)
    zone = view.mark(shown)
    status = status_of(row)
    running = row.get("running") is not None
    last = row.get("running") or row.get("last_run")
    ended = row.get("last_run") or {}
    due = row.get("next_due")
    return Told(
        name=row["name"],
        status=status,
        running=running,
        sign=RUNNING_SIGN if running and status is Status.OK else SIGNS[status],
        word=words.status_word(status, view.language),
        strip=strip(row.get("strip") or ()),
        last=view.brief(last["start_time"]) + zone if last else "–",
        took=_took(row, ended, view) if not running else view.tr("board.running"),
        due=view.brief(due) + zone if due else "–",
        schedule=_schedule(row, view) + (zone if row["schedule"] else ""),
        why=" ".join(f"{on_board(row.get('incident'), view)} {in_short(row, view)}".split()),
        last_log=" ".join(str(row.get("last_log") or "").split()),
        quiet=is_quiet(row.get("incident")),
    )


def _took(row: Row, ended: Mapping[str, Any], view: View) -> str:
    seconds = ended.get("duration_sec")
    return view.exactly(seconds) if row.get("probe") else view.duration(seconds)


def _schedule(row: Row, view: View) -> str:
    """When it is due, in words; of a probe what it looks at."""
    kind = row.get("probe")
    return view.tr("probe.kind", kind=kind) if kind else words.schedule_in_words(row["schedule"], view.language)


def strip(runs: Sequence[Sequence[Any]]) -> tuple[tuple[str, str], ...]:
    """The last runs as characters: a block as high as the run was long, ``✗`` for a failed one, ``·`` for a missed one.

    A run that takes as long as most is low; one that takes four times as long reaches the top.
    """
    shown = runs[-STRIP_LENGTH:]
    lengths = sorted(float(seconds) for _, seconds in shown if seconds is not None)
    usual = lengths[len(lengths) // 2] if lengths else 0.0
    return tuple((_mark(str(word), seconds, usual), str(word)) for word, seconds in shown)


def _mark(word: str, seconds: float | None, usual: float) -> str:
    if word == RunStatus.FAILED:
        return "✗"
    if word == RunStatus.MISSED:
        return "·"
    if word == RunStatus.RUNNING or seconds is None:
        return RUNNING_SIGN
    if usual <= 0:
        return BLOCKS[0] if seconds <= 0 else BLOCKS[1]
    return BLOCKS[max(0, min(len(BLOCKS) - 1, round(float(seconds) / usual * 2) - 1))]


@dataclass(frozen=True, slots=True)
class Columns:
    """The cells that each column of the board has; 0 is not shown."""

    word: int
    name: int
    strip: int
    last: int
    took: int
    due: int
    schedule: int
    why: int
    last_log: int


GAP = 2
LEAD = 4
"""The cursor's mark, a space, the sign, a space."""
WIDE = 120
"""From this width on every column is shown."""
LEAST_STRIP = 12


def columns(width: int, told: Sequence[Told], headings: Mapping[str, str]) -> Columns:
    """How ``width`` cells are shared out: from ``WIDE`` on all columns show, below they give way for the reason.

    The strip takes what the reason can spare. Nothing depends on how long the reasons of the moment are.
    """
    wide = width >= WIDE

    def natural(column: str, most: int) -> int:
        return min(most, max([cell_len(headings[column]), *(cell_len(getattr(one, column)) for one in told)]))

    strip_wanted = max(cell_len(headings["strip"]), *(len(one.strip) for one in told)) if told else STRIP_LENGTH
    size = {
        "word": natural("word", 10),
        "name": natural("name", 24 if width >= 140 else 16),
        "strip": min(LEAST_STRIP, strip_wanted),
        "last": natural("last", 18),
        "took": natural("took", 9),
        "due": natural("due", 18),
        "schedule": natural("schedule", 28 if width >= 160 else 18),
    }
    least_why = max(24, width // 3) if wide else 36

    def left() -> int:
        return width - LEAD - sum(cells + GAP for cells in size.values() if cells) - 1

    if not wide:
        for column in ("schedule", "due", "strip", "took", "word", "last"):
            if left() >= least_why:
                break
            size[column] = 0
    if size["strip"]:
        size["strip"] = min(strip_wanted, size["strip"] + max(0, left() - max(least_why, 48)))
    rest = max(8, left())
    last_log = 0
    if rest >= 84:
        last_log = rest // 2 - GAP
        rest -= last_log + GAP
    return Columns(**size, why=rest, last_log=last_log)
