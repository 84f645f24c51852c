"""The inboxes, each with how much waits in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textual import on

from batmon_tui.incidents import one_line
from batmon_tui.screens import opening
from batmon_tui.screens.inbox import LOOK_SEC
from batmon_tui.screens.listing import Line, ListPage, holds
from batmon_tui.widgets.columns import CellList
from batmon_tui.widgets.lines import LineList


class InboxesView(CellList):
    """Inboxes; the key of a row is the name."""

    right = (2,)
    most: Mapping[int, int] = {0: 24, 1: 36}
    least_last = 10


class InboxesScreen(ListPage):
    """Each inbox with how much waits in it."""

    list_type = InboxesView
    look_sec = LOOK_SEC
    filtered = True

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            ("Enter", self.tr("key.open"), "screen.open"),
            ("/", self.tr("key.filter"), "screen.filter"),
            ("?", self.tr("key.help"), "app.help"),
        )

    async def fetch(self) -> Any:
        """All of them."""
        return (await self.console_app.link.request("inboxes"))["inboxes"]

    def state_before(self) -> str:
        """The title."""
        return self.tr("inbox.title")

    def state(self) -> tuple[str, Sequence[str]]:
        """How much waits in all."""
        waiting = sum(one["count"] or 0 for one in self.answer)
        return self.state_before(), [
            self.tr("inbox.waiting", n=f"{waiting:,}") if waiting else self.tr("inbox.done_all")
        ]

    def empty(self) -> str:
        """None are configured, or none match."""
        return self.tr("form.none_match", text=self.wanted) if self.wanted else self.tr("inbox.none")

    def headings(self) -> Sequence[str]:
        """Name, title, how many wait, what can be done."""
        return [self.tr(f"inbox.col.{name}") for name in ("name", "title", "count", "actions")]

    def lines(self) -> Sequence[Line]:
        """One line an inbox."""
        found = []
        for one in self.answer:
            acts = ", ".join(action["title"] or action["name"] for action in one["actions"])
            count = "" if one["count"] is None else f"{one['count']:,}"
            cells = (one["name"], one["title"], count, one_line(one["problem"]) or acts)
            sign = (
                ("!", "lines--warning")
                if one["problem"]
                else ("▸", "lines--running")
                if one["count"]
                else ("✓", "lines--ok")
            )
            if not self.wanted or holds(cells, self.wanted):
                found.append((one["name"], sign, cells, "lines--error" if one["problem"] else "lines--quiet"))
        return found

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Show what waits in the one under the cursor."""
        if self.chosen:
            opening.inbox(self.console_app, self.chosen)
