"""The handover: what changed since the person was here last, to act on or to take along as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from batmon.errors import BadRequest
from batmon.moments import moment_of
from batmon_tui import handover
from batmon_tui.incidents import wrapped
from batmon_tui.screens import opening
from batmon_tui.screens.incident import GROUP, GroupedView
from batmon_tui.screens.listing import Line, ListPage
from batmon_tui.screens.moment import MomentDialog
from batmon_tui.screens.page import Dialog
from batmon_tui.widgets.lines import LineList


class HandoverScreen(ListPage):
    """Since the last visit, or since another moment."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "group(1)", show=False, priority=True),
        Binding("shift+tab", "group(-1)", show=False, priority=True),
        Binding("t", "since", show=False),
        Binding("M", "markdown", show=False),
    ]
    list_type = GroupedView
    look_sec = 30.0

    def __init__(self) -> None:
        super().__init__()
        self._since = ""

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            ("Enter", self.tr("key.open"), "screen.open"),
            ("Tab", self.tr("incident.key.group"), "screen.group(1)"),
            ("t", self.tr("handover.key.since"), "screen.since"),
            ("M", "Markdown", "screen.markdown"),
            ("?", self.tr("key.help"), "app.help"),
        )

    def on_mount(self) -> None:
        """The line on the board has done its work."""
        super().on_mount()
        self.console_app.news.seen()

    async def fetch(self) -> Any:
        """What changed since then."""
        asked: dict[str, str] = {"language": self.view.language}
        if self._since:
            asked["since"] = self._since
        elif self.answer is not None:
            # what is asked for again is the same span, also when this visit has been counted meanwhile
            asked["since"] = self.answer["since"]
        return await self.console_app.link.request("handover", **asked)

    def state_before(self) -> str:
        """The title."""
        return self.tr("handover.title")

    def state(self) -> tuple[str, Sequence[str]]:
        """Since when, and how much."""
        answer = self.answer
        said = [self.tr("handover.since", when=self.view.moment(answer["since"]))]
        still = {one["id"] for one in answer["open"]}
        counts = (
            ("opened", len(answer["opened"])),
            ("resolved", sum(one["id"] not in still for one in answer["resolved"])),
            ("open", len(answer["open"])),
        )
        said += [self.tr(f"handover.count.{key}", n=n) for key, n in counts]
        said += [self.tr("handover.cut")] if answer["cut"] else []
        return self.state_before(), said

    def empty(self) -> str:
        """All was quiet."""
        return self.tr("handover.none")

    def headings(self) -> Sequence[str]:
        """When, what, who, words."""
        return [self.tr(f"incident.col.{name}") for name in ("when", "what", "who", "words")]

    def lines(self) -> Sequence[Line]:
        """Every group."""
        return handover.lines(self.answer, self.view)

    def detail(self, key: str, width: int) -> Text | None:
        """The words of the row whole."""
        row = next((cells for name, _, cells, _ in self.lines() if name == key), None)
        if row is None or key.startswith(GROUP):
            return None
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(" · ".join(part for part in row[:3] if part), self.app.theme_variables["quiet"])
        text.append("\n" + wrapped(row[3], width, 3))
        return text

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Go where the row under the cursor leads."""
        app, (kind, _, rest) = self.console_app, self.chosen.partition(":")
        if kind in ("open", "opened", "resolved"):
            opening.incident(app, int(rest))
        elif kind == "changed":
            app.open_program(self.answer["changed"][int(rest)]["program"])
        elif kind == "job":
            opening.automation(app, rest.rpartition(":")[0])
        elif kind in ("silence", "over"):
            opening.silences(app)

    def action_group(self, step: int) -> None:
        """Go to the next group, or the one before."""
        self.query_one(GroupedView).go_to_group(step)

    def action_since(self) -> None:
        """Ask for another moment."""

        def answered(written: str | None) -> None:
            if written is None:
                return
            view = self.view
            try:
                self._since = moment_of(written, view.zone, view.now).isoformat() if written else ""
            except BadRequest as error:
                self.console_app.say_error(error)
                return
            self.answer = None if not self._since else self.answer
            self.ask()

        proposed = ""
        if self.answer is not None:
            proposed = f"{datetime.fromisoformat(self.answer['since']).astimezone(self.view.zone):%Y-%m-%d %H:%M}"
        self.app.push_screen(MomentDialog(proposed, "handover"), answered)

    def action_markdown(self) -> None:
        """Show it as the command line writes it, and put it into the terminal's clipboard."""
        if self.answer is not None:
            self.app.copy_to_clipboard(self.answer["markdown"])
            self.app.push_screen(MarkdownDialog(self.answer["markdown"]))


class MarkdownDialog(Dialog[None]):
    """The handover as Markdown."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter", "close", show=False)]

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self._markdown = markdown

    def compose(self) -> ComposeResult:
        """The text as it is."""
        with VerticalScroll(id="box"):
            yield Static(self.tr("handover.copied"), classes="title", markup=False)
            yield Static(self._markdown, markup=False)
