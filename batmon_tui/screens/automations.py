"""What the daemon itself does: each automation with its last and next execution, and what was done each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.style import Style
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from batmon.model import Role
from batmon_tui import automations as words_of
from batmon_tui.cells import fit, wrap
from batmon_tui.incidents import one_line
from batmon_tui.screens.form import Box, Filled, FormDialog
from batmon_tui.screens.listing import Line, ListPage, holds
from batmon_tui.widgets.columns import CellList
from batmon_tui.widgets.lines import LineList

LISTED = 100
"""Executions that are asked for at a time."""


class AutomationsView(CellList):
    """Automations; the key of a row is the name."""

    right = (4,)
    give_way = (1, 4)
    most: Mapping[int, int] = {0: 24, 1: 28}
    least_last = 24


class ExecutionsView(CellList):
    """Executions; the key of a row is the id."""

    right = (2,)
    give_way = (4, 3)
    least_last = 20


class _Acting(ListPage):
    """What can be done to an automation, alike in the list and on its page."""

    def automation(self) -> Mapping[str, Any] | None:
        """The one that the keys are about."""
        raise NotImplementedError

    def action_run(self) -> None:
        """Ask, then run it now."""
        one = self._allowed()
        if one is not None:
            said = self.tr("jobs.run.paused" if one["paused"] else "jobs.run.words", title=words_of.titled(one))
            self._form("jobs.run", one, (), "automation.run", said)

    def action_pause(self) -> None:
        """Ask, then let it rest; or let it go on."""
        one = self._allowed()
        if one is None:
            return
        if one["paused"]:
            self._form(
                "jobs.resume", one, (), "automation.resume", self.tr("jobs.resume.words", title=words_of.titled(one))
            )
        else:
            why = Box("why", self.tr("form.why"))
            self._form(
                "jobs.pause", one, (why,), "automation.pause", self.tr("jobs.pause.words", title=words_of.titled(one))
            )

    def _allowed(self) -> Mapping[str, Any] | None:
        if not self.console_app.may(Role.OPERATOR):
            self.console_app.say("form.viewer", severity="warning")
            return None
        return self.automation()

    def _form(self, key: str, one: Mapping[str, Any], boxes: Sequence[Box], verb: str, said: str) -> None:
        name = one["name"]

        def request(filled: Filled) -> tuple[str, dict[str, Any]]:
            return verb, {"name": name, **{box: text for box, text in filled.items() if text}}

        def answered(answer: dict[str, Any] | None) -> None:
            if answer is not None:
                self.console_app.say(f"{key}.done", name=name)
                self.ask()

        title, button = self.tr(f"{key}.title", name=name), self.tr(f"{key}.button")
        self.app.push_screen(FormDialog(title, button, boxes, request, said=said), answered)


class AutomationsScreen(_Acting):
    """All automations."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "run", show=False),
        Binding("p", "pause", show=False),
    ]
    list_type = AutomationsView
    filtered = True

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        one = self.automation() if self.ready else None
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            ("Enter", self.tr("jobs.key.log"), "screen.open"),
            ("r", self.tr("jobs.key.run"), "screen.run"),
            ("p", self.tr("jobs.key.resume" if one and one["paused"] else "jobs.key.pause"), "screen.pause"),
            ("/", self.tr("key.filter"), "screen.filter"),
            ("?", self.tr("key.help"), "app.help"),
        )

    async def fetch(self) -> Any:
        """All of them."""
        return words_of.order((await self.console_app.link.request("automations"))["automations"])

    def state_before(self) -> str:
        """The title."""
        return self.tr("jobs.title")

    def state(self) -> tuple[str, Sequence[str]]:
        """How many there are, how many failed last, how many rest."""
        found = self.answer
        bad = sum(words_of.last_word(one) == "failed" for one in found)
        paused = sum(bool(one["paused"]) for one in found)
        said = [self.tr("jobs.count.one" if len(found) == 1 else "jobs.count", n=len(found))]
        said += [self.tr("jobs.bad", n=bad)] if bad else []
        said += [self.tr("jobs.resting", n=paused)] if paused else []
        return self.tr("jobs.title"), said

    def empty(self) -> str:
        """None, or none that match."""
        return self.tr("form.none_match", text=self.wanted) if self.wanted else self.tr("jobs.none")

    def headings(self) -> Sequence[str]:
        """Name, title, when, next, took, how the last one went."""
        return [self.tr(f"jobs.col.{name}") for name in ("name", "title", "when", "next", "took", "last")]

    def lines(self) -> Sequence[Line]:
        """One line each."""
        view, rows = self.view, []
        for one in self.answer:
            last = one["last"] or {}
            cells = (
                one["name"],
                one["title"] if one["title"] != one["name"] else "",
                words_of.when(one, view),
                self.tr("jobs.paused") if one["paused"] else view.brief(one["next_due"]),
                words_of.took(last, view),
                words_of.went(one, view),
            )
            if not self.wanted or holds(cells, self.wanted):
                shade = "lines--error" if words_of.last_word(one) == "failed" else "lines--quiet"
                rows.append((one["name"], words_of.sign(one), cells, shade))
        return rows

    def detail(self, key: str, width: int) -> Text | None:
        """Its title, what it does, and the end of its last error."""
        one = next((one for one in self.answer if one["name"] == key), None)
        return None if one is None else words_of.about(one, self.view, self.app.theme_variables, width)

    def automation(self) -> Mapping[str, Any] | None:
        """The one under the cursor."""
        return next((one for one in self.answer or () if one["name"] == self.chosen), None)

    @on(LineList.Moved)
    def _keys_of_another(self) -> None:
        self.tell_frame()

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Show what it did each time."""
        if self.chosen:
            self.app.push_screen(AutomationScreen(self.chosen))


class AutomationScreen(_Acting):
    """One automation and its log."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "run", show=False),
        Binding("p", "pause", show=False),
        Binding("m", "more", show=False),
    ]
    list_type = ExecutionsView

    def __init__(self, name: str) -> None:
        super().__init__()
        self.shows = name
        self._wanted = LISTED

    def above(self) -> ComposeResult:
        """What it is."""
        yield Static(id="list-about", markup=False)

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        one = self.automation()
        more = bool(self.answer and self.answer["more"])
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            ("r", self.tr("jobs.key.run"), "screen.run"),
            ("p", self.tr("jobs.key.resume" if one and one["paused"] else "jobs.key.pause"), "screen.pause"),
            *((("m", self.tr("form.more"), "screen.more"),) if more else ()),
            ("?", self.tr("key.help"), "app.help"),
        )

    async def fetch(self) -> Any:
        """It, and its latest executions."""
        request = self.console_app.link.request
        answer = await request("automation", name=self.shows, limit=LISTED)
        log, more = list(answer["log"]), answer["more"]
        while more and log and len(log) < self._wanted:
            older = await request("automation", name=self.shows, limit=LISTED, before=log[-1]["id"])
            log, more = [*log, *older["log"]], older["more"]
        return {**answer, "log": log, "more": more}

    def automation(self) -> Mapping[str, Any] | None:
        """The one that the page is about."""
        return None if self.answer is None else self.answer["automation"]

    def state_before(self) -> str:
        """Its name."""
        return self.shows

    def state(self) -> tuple[str, Sequence[str]]:
        """Its name, when it runs."""
        one, view = self.answer["automation"], self.view
        said = [words_of.when(one, view)]
        if one["paused"]:
            said.append(self.tr("jobs.paused_by", name=one["paused_by"] or "–", when=view.stamp(one["paused_at"])))
        elif one["next_due"]:
            said.append(self.tr("jobs.next", when=view.moment(one["next_due"])))
        return f"{self.shows}" + (f" {one['title']}" if one["title"] != one["name"] else ""), said

    def tell(self) -> None:
        """Say everything again."""
        super().tell()
        if self.ready and self.answer is not None:
            about = words_of.rules(self.answer["automation"], self.view)
            self.query_one("#list-about", Static).update(fit(about, max(20, self.size.width - 2)).rstrip())

    def empty(self) -> str:
        """It never ran."""
        return self.tr("jobs.never")

    def headings(self) -> Sequence[str]:
        """When, how it went, took, why it began, where, what it said."""
        return [self.tr(f"jobs.col.{name}") for name in ("at", "status", "took", "trigger", "node", "said")]

    def lines(self) -> Sequence[Line]:
        """One line an execution."""
        view, rows = self.view, []
        for one in self.answer["log"]:
            status = one["status"]
            by = f" · {one['started_by']}" if one["started_by"] else ""
            tries = self.tr("jobs.attempt", n=one["attempt"]) + " · " if (one["attempt"] or 1) > 1 else ""
            said = tries + one_line(one["error_message"] or one["output"])
            cells = (
                view.stamp(one["execution_time"]),
                self.tr(f"jobs.status.{status}"),
                words_of.took(one, view),
                self.tr(f"jobs.trigger.{one['trigger']}") + by,
                one["node"],
                said,
            )
            shade = "lines--error" if status == "failed" else "lines--quiet"
            rows.append((str(one["id"]), words_of.SIGNS.get(status, ("?", "")), cells, shade))
        return rows

    def detail(self, key: str, width: int) -> Text | None:
        """The error, then the end of what it printed."""
        one = next((one for one in self.answer["log"] if str(one["id"]) == key), None)
        if one is None:
            return None
        colours, room = self.app.theme_variables, max(4, self.size.height // 3)
        text = Text(no_wrap=True, overflow="ellipsis")
        slot = self.tr("jobs.slot", when=self.view.stamp(one["slot"])) if one["slot"] else ""
        text.append(
            " · ".join(part for part in (self.tr("jobs.execution", id=one["id"]), slot) if part), colours["quiet"]
        )
        for tried in one["attempts"][-2:] if len(one["attempts"]) > 1 else ():
            when = self.view.stamp(tried["began"])
            said = self.tr("jobs.tried", n=tried["attempt"], when=when, error=one_line(tried["error"]))
            text.append("\n" + fit(said, width).rstrip(), Style(color=colours["warning"]))
        if one["error_message"]:
            lines = wrap(str(one["error_message"]).strip(), width, max(2, room // 2))
            text.append("\n" + "\n".join(lines), Style(color=colours["error"]))
        printed = [line for line in str(one["output"] or "").splitlines() if line.strip()]
        left = max(0, room - len(text.plain.splitlines()))
        for line in printed[-left:] if left else ():
            text.append("\n" + fit(line, width).rstrip())
        return text

    def action_more(self) -> None:
        """Ask for older ones."""
        if self.answer and self.answer["more"]:
            self._wanted += LISTED
            self.ask()
