"""The bell: what happened, the newest first, what was not read yet marked; leaving it means having read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.style import Style
from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType

from batmon.errors import BatmonError
from batmon_tui.incidents import one_line, wrapped
from batmon_tui.news import COLOURS, SIGNS
from batmon_tui.screens import opening
from batmon_tui.screens.listing import Line, ListPage, holds
from batmon_tui.screens.page import Dialog
from batmon_tui.widgets.columns import CellList
from batmon_tui.widgets.lines import LineList

LISTED = 100
UNREAD = "*"
AUTOMATION = "automation"
"""What the source of an entry about a failed automation begins with."""
_SHADES: Mapping[str, str] = {"urgent": "lines--error", "attention": "lines--warning", "info": "lines--ok"}


class BellView(CellList):
    """Entries of the feed; the key of a row is the id."""

    give_way = (2,)
    most: Mapping[int, int] = {3: 40}
    least_last = 12


class BellScreen(ListPage):
    """The entries."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "more", show=False),
        Binding("A", "all_read", show=False),
    ]
    list_type = BellView
    filtered = True

    def __init__(self) -> None:
        super().__init__()
        self._listed = LISTED
        self._marked: set[int] = set()
        """Those that were unread when the page showed them: they keep their mark while it is open."""

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        more = bool(self.answer and self.answer["more"])
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            ("Enter", self.tr("key.open"), "screen.open"),
            *((("m", self.tr("form.more"), "screen.more"),) if more else ()),
            ("A", self.tr("bell.key.all"), "screen.all_read"),
            ("/", self.tr("key.filter"), "screen.filter"),
            ("?", self.tr("key.help"), "app.help"),
        )

    async def fetch(self) -> Any:
        """The latest entries."""
        request = self.console_app.link.request
        answer = await request("feed", limit=LISTED)
        entries, more = list(answer["entries"]), answer["more"]
        while more and len(entries) < self._listed:
            older = await request("feed", limit=LISTED, before=entries[-1]["id"])
            entries, more = [*entries, *older["entries"]], older["more"] and bool(older["entries"])
        self._marked |= {one["id"] for one in entries if one["unread"]}
        return {"entries": entries, "unread": answer["unread"], "more": more}

    def state_before(self) -> str:
        """The title."""
        return self.tr("bell.title")

    def state(self) -> tuple[str, Sequence[str]]:
        """How many are unread."""
        unread = self.answer["unread"]
        said = [self.tr("bell.unread", n=unread) if unread else self.tr("bell.all_read")]
        return self.state_before(), [*said, self.tr("bell.legend")]

    def empty(self) -> str:
        """Nothing happened, or nothing that matches."""
        return self.tr("form.none_match", text=self.wanted) if self.wanted else self.tr("bell.none")

    def headings(self) -> Sequence[str]:
        """Unread, when, how grave, what, and more of it."""
        return ["", *(self.tr(f"bell.col.{name}") for name in ("at", "level", "title", "text"))]

    def lines(self) -> Sequence[Line]:
        """One line an entry."""
        view, found = self.view, []
        for one in self.answer["entries"]:
            level, unread = one["level"], one["id"] in self._marked
            cells = (
                UNREAD if unread else "",
                view.brief(one["at"]),
                self.tr(f"bell.level.{level}"),
                one_line(one["title"]),
                one_line(one["text"]),
            )
            if not self.wanted or holds(cells, self.wanted):
                sign = (SIGNS.get(level, "?"), _SHADES.get(level, "") if unread else "lines--quiet")
                found.append((str(one["id"]), sign, cells, "" if unread else "lines--quiet"))
        return found

    def detail(self, key: str, width: int) -> Text | None:
        """The entry whole, and where Enter leads."""
        one = self._one()
        if one is None or str(one["id"]) != key:
            return None
        colours, level = self.app.theme_variables, one["level"]
        text = Text(no_wrap=True, overflow="ellipsis")
        head = f"{SIGNS.get(level, '?')} {one_line(one['title'])}"
        text.append(head, Style(bold=True, color=colours[COLOURS.get(level, "foreground")]))
        text.append(f" · {self.view.stamp(one['at'])}", Style(bold=False, color=colours["quiet"]))
        if one["text"]:
            text.append("\n" + wrapped(str(one["text"]).strip(), width, 4))
        leads = self._leads(one)
        if leads:
            text.append(f"\nEnter: {leads}", Style(color=colours["quiet"]))
        return text

    def _one(self) -> Mapping[str, Any] | None:
        key = self.chosen
        return next((one for one in (self.answer or {"entries": ()})["entries"] if str(one["id"]) == key), None)

    def _leads(self, one: Mapping[str, Any]) -> str:
        if one.get("incident") is not None:
            return self.tr("incident.title", id=one["incident"])
        if one.get("inbox"):
            return self.tr("inbox.one", name=one["inbox"])
        kind, _, name = str(one["source"]).partition(":")
        if kind == AUTOMATION:
            return self.tr("bell.automation", name=name)
        return str(one.get("program") or "")

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Go to what the entry is about."""
        one, app = self._one(), self.console_app
        if one is None:
            return
        if one.get("incident") is not None:
            opening.incident(app, one["incident"])
        elif one.get("inbox"):
            opening.inbox(app, one["inbox"])
        elif str(one["source"]).startswith(f"{AUTOMATION}:"):
            opening.automation(app, str(one["source"]).partition(":")[2])
        elif one.get("program") in app.rows:
            app.open_program(one["program"])
        else:
            app.say("bell.nowhere")

    def action_more(self) -> None:
        """Ask for older ones."""
        if self.answer and self.answer["more"]:
            self._listed += LISTED
            self.ask()

    def action_all_read(self) -> None:
        """All of them are read, also those that are not shown."""
        self._marked.clear()
        self._tell_daemon(all=True)

    def on_screen_suspend(self) -> None:
        """It is left: what it showed has been read."""
        shown = sorted(
            self._marked & {one["id"] for one in (self.answer or {"entries": ()})["entries"] if one["unread"]}
        )
        if shown and not isinstance(self.app.screen, Dialog):
            self._tell_daemon(ids=shown)

    def _tell_daemon(self, **which: Any) -> None:
        app = self.console_app

        async def tell() -> None:
            try:
                await app.link.request("feed.read", **which)
            except BatmonError as error:
                app.say_error(error)
                return
            await app.look_for_news()
            if self.is_current:
                self.ask()

        app.run_worker(tell(), name="feed.read", group="feed", exit_on_error=True)
