"""Below the log: where one is, and which run the line under the cursor belongs to; or the question that is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Label

from batmon_tui.widgets.box import LineBox
from batmon_tui.widgets.log_words import SIGNS, in_bytes


class LogStatus(Widget):
    """One row: file, size, percent, state and flags; at its right the run."""

    DEFAULT_CSS = """
    LogStatus { height: 1; background: $panel; color: $foreground; }
    LogStatus > .status--strong { text-style: bold; }
    LogStatus > .status--quiet { color: $foreground 60%; }
    LogStatus > .status--warn { color: $text-warning; text-style: bold; }
    LogStatus > .status--ok { color: $text-success; }
    LogStatus > .status--failed { color: $text-error; text-style: bold; }
    LogStatus > .status--running { color: $text-primary; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "status--strong", "status--quiet", "status--warn", "status--ok", "status--failed", "status--running",
    }  # fmt: skip

    def __init__(self, words: Mapping[str, str]) -> None:
        super().__init__()
        self.words = words
        self.percent: int | None = None
        """Of a search that is under way."""
        self.message = ""
        self._left: list[tuple[str, str]] = []
        self._run: Mapping[str, Any] | None = None
        self._has_line = False
        self._at_right = ""
        self._zone = ZoneInfo("UTC")

    def say(self, message: str) -> None:
        """Show a sentence instead, until there is another or none."""
        self.message = message
        self.refresh()

    def show(
        self,
        *,
        file: str,
        size: int | None,
        part: float | None,
        state: str,
        flags: Sequence[str],
        run: Mapping[str, Any] | None,
        has_line: bool,
        zone: ZoneInfo,
        at_right: str = "",
    ) -> None:
        """What there is to show; ``part`` (0.0 to 1.0) of the file lies above the last row in sight.

        ``at_right`` stands in the place of the run.
        """
        place = "" if part is None else f"{min(100, int(part * 100))} %"
        left = [
            (file, "strong"),
            (in_bytes(size) if file and size is not None else "", "quiet"),
            (place, ""),
            (self.words[state], "quiet"),
        ]
        self._left = [*left, *((flag, "warn") for flag in flags)] if file else []
        self._run, self._has_line, self._zone, self._at_right = run, has_line, zone, at_right
        self.refresh()

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - it has one row
        """The row."""
        width, base = self.size.width, self.rich_style
        right = self._run_segments(base) if not (self.message or self.percent is not None) else []
        room = max(0, width - sum(segment.cell_length for segment in right) - (1 if right else 0))
        if self.percent is not None:
            left = [Segment(f" {self.words['searching'].format(percent=self.percent)}   Esc", self._style("warn"))]
        elif self.message:
            left = [Segment(f" {self.message}", self._style("warn"))]
        else:
            left = self._fitting(room)
        strip = Strip(left).adjust_cell_length(room, base)
        return Strip([*strip, *([Segment(" ", base)] if right else []), *right]).adjust_cell_length(width, base)

    def _fitting(self, room: int) -> list[Segment]:
        """As many of the parts as there is room for; the flags at the end count most after the file's name."""
        parts = [part for part in self._left if part[0]]
        while len(parts) > 1 and sum(cell_len(text) + 2 for text, _ in parts) > room:
            quiet = next((n for n, (_, kind) in enumerate(parts) if kind == "quiet"), len(parts) - 1)
            del parts[quiet]
        segments: list[Segment] = []
        for n, (text, kind) in enumerate(parts):
            segments.append(Segment(("  " if n else " "), self.rich_style))
            segments.append(Segment(text, self._style(kind)))
        return segments

    def _run_segments(self, base: Style) -> list[Segment]:
        if self._at_right:
            return [Segment(f"{self._at_right} ", self._style("quiet"))]
        if self._run is None:
            return [Segment(f"{self.words['no_run']} ", self._style("quiet"))] if self._has_line else []
        status = str(self._run["status"])
        start = datetime.fromisoformat(self._run["start_time"]).astimezone(self._zone)
        number = f" {self._run['log_id']}" if self._run["log_id"] is not None else ""
        kind = {"SUCCESS": "ok", "FAILED": "failed", "RUNNING": "running"}.get(status, "")
        return [
            Segment(f"{self.words['run']}{number} {start:%m-%d %H:%M:%S} ", base),
            Segment(f"{SIGNS.get(status, '?')} {self.words.get(status, status)} ", self._style(kind)),
        ]

    def _style(self, kind: str) -> Style:
        return self.get_component_rich_style(f"status--{kind}") if kind else self.rich_style


class LogPrompt(Horizontal):
    """Asks for a text or a time in the place of the status."""

    DEFAULT_CSS = """
    LogPrompt { height: 1; display: none; background: $panel; }
    LogPrompt > Label { width: auto; padding: 0 1; text-style: bold; }
    LogPrompt > Input { width: 1fr; height: 1; border: none; padding: 0; background: $panel; }
    LogPrompt > Input:focus { border: none; }
    """

    def __init__(self, words: Mapping[str, str]) -> None:
        super().__init__()
        self.words = words
        self.what = ""

    def compose(self) -> ComposeResult:
        """What is asked, and where to write."""
        yield Label("", markup=False)
        yield LineBox(compact=True)

    def ask(self, what: str, before: str) -> None:
        """Ask ``search``, ``filter`` or ``time``; ``before`` is what was searched for last."""
        self.what = what
        self.display = True
        self.query_one(Label).update(self.words[f"ask_{what}"])
        box = self.query_one(Input)
        box.placeholder = self.words["hint_time" if what == "time" else "hint_search"]
        box.value = before if what == "search" else ""
        box.select_all()
        self.screen.set_focus(box)  # at once: what is typed next is for the box, however fast it comes
