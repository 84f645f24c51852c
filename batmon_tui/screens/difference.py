"""How a run's log differs from the last good run's: new lines and missing ones, what varies masked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.style import Style
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from batmon.errors import BatmonError
from batmon_tui import refusals
from batmon_tui.screens.page import Page
from batmon_tui.widgets.columns import CellList
from batmon_tui.widgets.lines import LineList
from batmon_tui.widgets.log_place import LogPlace
from batmon_tui.widgets.runs_view import outcome

_SIDES = (("new", "+", "lines--error"), ("missing", "-", "lines--warning"))


class DifferenceView(CellList):
    """The lines that differ, new ones first; the key of a row is its side and number."""

    right = (0,)


class DifferenceScreen(Page):
    """A run of ``program`` (the latest that ended, without ``run_id``) against the last good one before it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "climb", show=False),
        Binding("l", "open", show=False),
    ]

    def __init__(self, program: str, run_id: str | None = None) -> None:
        super().__init__()
        self.program = program
        self._run_id = run_id
        self._answer: Mapping[str, Any] = {}
        self._problem = ""

    def content(self) -> ComposeResult:
        """Which two runs, then the lines."""
        yield Static(id="diff-runs", markup=False)
        yield Static(id="notice", markup=False)
        yield DifferenceView(id="diff-lines")

    def on_mount(self) -> None:
        """Ask for it."""
        super().on_mount()
        self.query_one(DifferenceView).focus()
        self._ask()

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            ("Enter", self.tr("key.log"), "screen.open"),
            ("?", self.tr("key.help"), "app.help"),
        )

    @work(exclusive=True, group="difference", exit_on_error=True)
    async def _ask(self) -> None:
        args = {"program": self.program} | ({} if self._run_id is None else {"run_id": self._run_id})
        try:
            self._answer = await self.console_app.link.request("log.diff", **args)
        except BatmonError as error:
            self._problem = refusals.in_words(error, self.console_app.language)
        self.tell()

    def tell(self) -> None:
        """Say it again."""
        if not self.ready:
            return
        colours, answer = self.app.theme_variables, self._answer
        head = Text(no_wrap=True, overflow="ellipsis")
        head.append(f"{self.tr('diff.title')} · {self.program}", Style(bold=True, color=colours["accent"]))
        notice = self._problem or ("" if answer else self.tr("diff.loading"))
        rows: list[tuple[str, tuple[str, str], Sequence[str], str]] = []
        if answer:
            figures = {"new": len(answer["new"]), "missing": len(answer["missing"]), "same": f"{answer['same']:,}"}
            head.append("   " + self.tr("diff.counts", **figures), Style(color=colours["quiet"]))
            if answer["cut"]:
                head.append(" · " + self.tr("diff.cut"), Style(color=colours["warning"]))
            for key, shade in (("run", "error"), ("against", "warning")):
                head.append("\n" + self._named(key), Style(color=colours[shade]))
            for side, sign, colour in _SIDES:
                for number, line in enumerate(answer[side]):
                    times = f"×{line['count']:,}" if line["count"] > 1 else ""
                    words = " ".join(line["text"].split())
                    rows.append((f"{side}:{number}", (sign, colour), (times, words), colour if side == "new" else ""))
            if not rows:
                notice = self.tr("diff.none")
        self.query_one("#diff-runs", Static).update(head)
        self.query_one("#notice", Static).set_class(bool(notice), "-shown").update(notice)
        self.query_one(DifferenceView).show_cells(("", self.tr("diff.col.line")) if rows else (), rows)

    def _named(self, key: str) -> str:
        run = self._answer[key]
        number = run["log_id"] if run["log_id"] is not None else run["run_id"][:8]
        return self.tr(f"diff.{key}", id=number, when=self.view.stamp(run["start_time"]), word=outcome(run, self.view))

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Open the log of the line's run at that line."""
        side, _, number = self.query_one(DifferenceView).chosen.partition(":")
        if side:
            path = self._answer["paths"]["run" if side == "new" else "against"]
            self.console_app.open_log_at(self.program, LogPlace(path, self._answer[side][int(number)]["offset"]))
