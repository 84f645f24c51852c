"""What is in a report, to read before it is fetched or sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.style import Style
from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from batmon.errors import BatmonError
from batmon_tui import refusals, reports
from batmon_tui.cells import wrap
from batmon_tui.incidents import one_line
from batmon_tui.screens.page import Page
from batmon_tui.widgets.markdown_view import MarkdownView


class ReportPreviewScreen(Page):
    """A report as the gate gave it; its text is asked for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "climb", show=False),
        Binding("d", "download", show=False),
        Binding("o", "file", show=False),
    ]

    def __init__(self, report: Mapping[str, Any]) -> None:
        super().__init__()
        self._report = report
        self._markdown: str | None = None
        self._cut = False
        self._problem = ""

    def content(self) -> ComposeResult:
        """Which report, then what is in it."""
        yield Static(id="list-state", markup=False)
        yield Static(id="notice", markup=False)
        yield MarkdownView(id="report-text")

    def on_mount(self) -> None:
        """Ask for its text."""
        super().on_mount()
        self.query_one(MarkdownView).focus()
        self._ask()

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        there = bool(self._report["path"]) and self._report["here"]
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            ("↑ ↓ ← →", self.tr("reports.key.scroll"), ""),
            ("n N", self.tr("reports.key.section"), ""),
            *((("d", self.tr("reports.key.download"), "screen.download"),) if there else ()),
            *((("o", self.tr("reports.key.file"), "screen.file"),) if there else ()),
            ("?", self.tr("key.help"), "app.help"),
        )

    @work(exclusive=True, group="preview", exit_on_error=True)
    async def _ask(self) -> None:
        try:
            answer = await self.console_app.link.request("report.text", id=self._report["id"])
        except BatmonError as error:
            self._problem = refusals.in_words(error, self.console_app.language)
        else:
            self._report, self._markdown, self._cut = answer["report"], answer["markdown"], bool(answer["cut"])
            self.query_one(MarkdownView).show(self._markdown or "")
        self.tell()
        self.tell_frame()

    def tell(self) -> None:
        """Say everything again."""
        if not self.ready:
            return
        one, view, colours = self._report, self.view, self.app.theme_variables
        sign, look = reports.sign(one)
        shade = {"lines--error": "error", "lines--ok": "success", "lines--running": "accent"}.get(look, "quiet")
        head = Text(f"{sign} ", Style(bold=True, color=colours[shade]), no_wrap=True, overflow="ellipsis")
        head.append(str(one["title"]), Style(bold=True, color=colours["accent"]))
        form = str(one["format"])
        told = [
            reports.days(one["period_start"], one["period_end"]),
            self.tr(f"reports.format.{form}") if form in reports.FORMATS else form,
            reports.size(one),
            view.stamp(one["created_at"]),
            reports.made_by(one),
        ]
        head.append("   " + " · ".join(part for part in told if part), Style(bold=False, color=colours["quiet"]))
        self.query_one("#list-state", Static).update(head, layout=False)
        notice = self._problem
        if not notice and one["error"]:
            error = "\n".join(wrap(one_line(reports.error_of(one, self.view)), max(20, self.size.width - 4), 6))
            notice = f"{error}\n{self.tr('reports.failed.do')}"
        elif not notice and self._markdown is None:
            notice = self.tr("reports.preview.reading")
        elif not notice and not self._markdown:
            removed = one["status"] == "REMOVED"
            notice = self.tr("reports.removed.do" if removed else "reports.preview.none")
        elif not notice and self._cut:
            notice = self.tr("reports.preview.cut")
        bar = self.query_one("#notice", Static)
        bar.set_class(bool(notice), "-shown").set_class(bool(self._markdown), "-brief").update(notice)

    def action_download(self) -> None:
        """Take its file along."""
        if self._report["path"] and self._report["here"]:
            self.console_app.open_download(self._report["path"], int(self._report["file_size"] or 0))

    def action_file(self) -> None:
        """Look into its file."""
        if self._report["path"] and self._report["here"]:
            self.console_app.open_preview(self._report["path"])
