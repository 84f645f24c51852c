"""Kinds of error: each once, with how often, where and when; then the programs and runs that had one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from rich.style import Style
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from batmon.errors import BatmonError
from batmon_tui.cells import wrap
from batmon_tui.screens.page import Page
from batmon_tui.widgets.columns import CellList
from batmon_tui.widgets.lines import LineList
from batmon_tui.widgets.runs_view import RUN_SIGNS, outcome

NEW_FOR = timedelta(hours=24)
"""A kind that was first seen within this time is new."""
LISTED = 500
ORDERS = ("last", "count", "first")
NEW_SIGN = "*"
_RUN_COLOURS = {"FAILED": "lines--error", "SUCCESS": "lines--ok", "MISSED": "lines--warning"}


class ErrorsView(CellList):
    """Kinds of error; the key of a row is the kind's id."""

    right = (0, 1)
    give_way = (2, 1)


class PlacesView(CellList):
    """The programs and the runs that had a kind of error."""

    right = (1,)
    give_way = (2, 1)
    least_last = 14


class ErrorsScreen(Page):
    """All kinds of error, or those of one program."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "climb", show=False),
        Binding("o", "order", show=False),
        Binding("n", "new", show=False),
    ]

    def __init__(self, program: str = "") -> None:
        super().__init__()
        self.program = program
        self._order = ORDERS[0]
        self._new_only = False
        self._found: list[dict[str, Any]] | None = None
        self._more = False

    def content(self) -> ComposeResult:
        """How it is ordered, the kinds, and what the sign means."""
        yield Static(id="errors-state", markup=False)
        yield Static(id="notice", markup=False)
        yield ErrorsView(id="errors")
        yield Static(id="errors-note", markup=False)

    def on_mount(self) -> None:
        """Ask for them."""
        super().on_mount()
        self.query_one(ErrorsView).focus()
        self._ask()

    def on_screen_resume(self) -> None:
        """Back from one of them: more may have come."""
        super().on_screen_resume()
        self._ask()

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            ("Enter", self.tr("key.open"), "screen.open"),
            ("o", self.tr("errors.key.order"), "screen.order"),
            ("n", self.tr("errors.key.new"), "screen.new"),
            ("?", self.tr("key.help"), "app.help"),
        )

    @work(exclusive=True, group="errors", exit_on_error=True)
    async def _ask(self) -> None:
        args = {"order": self._order, "limit": LISTED} | ({"program": self.program} if self.program else {})
        try:
            answer = await self.console_app.link.request("signatures", **args)
        except BatmonError as error:
            if self.console_app.link.up:
                self.console_app.say_error(error)
            return
        self._found, self._more = answer["signatures"], bool(answer["more"])
        self.tell()

    def _is_new(self, one: Mapping[str, Any]) -> bool:
        return self.view.now - datetime.fromisoformat(one["first_ever"]) <= NEW_FOR

    def tell(self) -> None:
        """Say them again."""
        if not self.ready:
            return
        view, colours = self.view, self.app.theme_variables
        found = [one for one in self._found or () if not self._new_only or self._is_new(one)]
        parts = [self.tr("errors.title"), *([self.program] if self.program else [])]
        state = Text(" · ".join(parts), Style(bold=True, color=colours["accent"]), no_wrap=True, overflow="ellipsis")
        said = [self.tr(f"errors.order.{self._order}"), *([self.tr("errors.new_only")] if self._new_only else [])]
        if self._found is not None:
            key = "errors.more" if self._more else "errors.shown.one" if len(found) == 1 else "errors.shown"
            said.append(self.tr(key, n=len(found)))
        state.append("   " + " · ".join(said), Style(bold=False, color=colours["quiet"]))
        self.query_one("#errors-state", Static).update(state, layout=False)
        notice = ""
        if self._found is None:
            notice = self.tr("program.loading")
        elif not found:
            notice = self.tr("errors.none_new" if self._new_only else "errors.none")
        self.query_one("#notice", Static).set_class(bool(notice), "-shown").update(notice)
        self.query_one("#errors-note", Static).update(self.tr("errors.legend"))
        headings = [self.tr(f"errors.col.{name}") for name in ("count", "programs", "first", "last", "template")]
        rows = []
        for one in found:
            sign = (NEW_SIGN, "lines--warning") if self._is_new(one) else (" ", "")
            when = (view.brief(one["first_seen"]), view.brief(one["last_seen"]))
            cells = (f"{one['count']:,}", f"{one['programs']:,}", *when, _line(one["template"]))
            rows.append((one["id"], sign, cells, "lines--strong" if self._is_new(one) else ""))
        self.query_one(ErrorsView).show_cells(headings, rows)

    def action_order(self) -> None:
        """Take the next order."""
        self._order = ORDERS[(ORDERS.index(self._order) + 1) % len(ORDERS)]
        self.query_one(ErrorsView).forget_cursor()
        self._ask()

    def action_new(self) -> None:
        """Only kinds that are new, or all again."""
        self._new_only = not self._new_only
        self.query_one(ErrorsView).forget_cursor()
        self.tell()

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Show the programs and runs with the kind under the cursor."""
        key = self.query_one(ErrorsView).chosen
        if key:
            self.app.push_screen(ErrorScreen(key))


class ErrorScreen(Page):
    """One kind of error."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "climb", show=False),
        Binding("l", "open", show=False),
    ]

    def __init__(self, signature: str) -> None:
        super().__init__()
        self._signature = signature
        self._answer: Mapping[str, Any] = {}

    def content(self) -> ComposeResult:
        """What it says, then where."""
        yield Static(id="error-kind", markup=False)
        yield PlacesView(id="error-places")

    def on_mount(self) -> None:
        """Ask for it."""
        super().on_mount()
        self.query_one(PlacesView).focus()
        self._ask()

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            ("Enter", self.tr("key.log"), "screen.open"),
            ("?", self.tr("key.help"), "app.help"),
        )

    @work(exclusive=True, group="error", exit_on_error=True)
    async def _ask(self) -> None:
        try:
            self._answer = await self.console_app.link.request("signature", id=self._signature)
        except BatmonError as error:
            self.console_app.say_error(error)
            return
        self.tell()

    def on_resize(self) -> None:
        """Another width, other lines."""
        super().on_resize()
        self.call_after_refresh(self.tell)

    def tell(self) -> None:
        """Say it again."""
        if not self.ready:
            return
        view, colours, answer = self.view, self.app.theme_variables, self._answer
        top = self.query_one("#error-kind", Static)
        if not answer:
            top.update(self.tr("program.loading"))
            return
        kind, width = answer["signature"], max(20, self.size.width - 4)
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append("\n".join(wrap(_line(kind["template"]), width, 4)), Style(bold=True, color=colours["error"]))
        count = self.tr("kind.count.one" if kind["count"] == 1 else "kind.count", n=f"{kind['count']:,}")
        when = (("kind.first", kind["first_seen"]), ("kind.last", kind["last_seen"]))
        facts = [count, *(self.tr(key, when=view.stamp(at)) for key, at in when)]
        text.append("\n" + " · ".join(facts))
        sample = wrap(f"{self.tr('kind.sample')} {_line(kind['sample'])}", width, 2)
        text.append("\n" + "\n".join(sample), Style(color=colours["quiet"]))
        top.update(text)
        headings = [self.tr(f"kind.col.{name}") for name in ("what", "count", "first", "last")]
        rows = []
        for place in answer["programs"]:
            seen = (view.stamp(place["first_seen"]), view.stamp(place["last_seen"]))
            cells = (place["program"], f"{place['count']:,}", *seen)
            rows.append((f"p:{place['program']}", (" ", ""), cells, "lines--quiet"))
        for run in answer["runs"]:
            number = run["log_id"] if run["log_id"] is not None else run["run_id"][:8]
            words = f"  {run['bot_name']} · {self.tr('kind.run', id=number)} · {outcome(run, view)}"
            cells = (words, "", view.stamp(run["start_time"]), view.stamp(run["end_time"]))
            sign = (RUN_SIGNS.get(run["status"], "?"), _RUN_COLOURS.get(run["status"], ""))
            rows.append((f"r:{run['run_id']}", sign, cells, "lines--quiet"))
        self.query_one(PlacesView).show_cells(headings, rows)

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Open the log at the run under the cursor; of a program, at its latest run with this error."""
        kind, _, key = self.query_one(PlacesView).chosen.partition(":")
        if kind == "r":
            run = next(one for one in self._answer["runs"] if one["run_id"] == key)
            self.console_app.open_log(run["bot_name"], key if run["log"] else None)
        elif kind == "p":
            place = next(one for one in self._answer["programs"] if one["program"] == key)
            if place["last_run"] is None:
                self.console_app.say("kind.no_run", severity="warning")
            else:
                self.console_app.open_log(key, place["last_run"])


def _line(text: str) -> str:
    return " ".join(str(text).split())
