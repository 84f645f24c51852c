"""All incidents: what needs somebody first, what is quiet below it, then what is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.style import Style
from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType

from batmon_tui import incidents
from batmon_tui.board import in_short
from batmon_tui.incident_state import NEEDS_SOMEBODY, sign, state
from batmon_tui.incidents import one_line
from batmon_tui.screens import acting, opening
from batmon_tui.screens.listing import Line, ListPage, holds
from batmon_tui.view import View
from batmon_tui.widgets.columns import CellList
from batmon_tui.widgets.lines import LineList

STATES = ("", "open", "quiet", "resolved")
"""What ``f`` chooses in turn: all, those that need somebody, those that are kept quiet, those that are over."""
NARROW = 100
"""Below this width the list says that somebody has it or that it is quiet, and the lines below it until when."""
OPEN_AT_MOST = 500
RESOLVED_AT_A_TIME = 100


class IncidentsView(CellList):
    """Incidents; the key of a row is the number."""

    right = (3,)
    give_way = (3, 4, 2)
    most: Mapping[int, int] = {0: 26, 1: 24, 4: 16}
    least_last = 22


class IncidentsScreen(ListPage):
    """Incidents of all programs, or of one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "state", show=False),
        Binding("m", "more", show=False),
        Binding("a", "acknowledge", show=False),
        Binding("u", "unacknowledge", show=False),
        Binding("z", "silence", show=False),
        Binding("Z", "silences", show=False),
        Binding("c", "note", show=False),
        Binding("x", "resolve", show=False),
        Binding("r", "rerun", show=False),
        Binding("l", "log", show=False),
        Binding("o", "program", show=False),
    ]
    list_type = IncidentsView
    filtered = True

    def __init__(self, program: str = "") -> None:
        super().__init__()
        self.program = self.shows = program
        self._state = STATES[0]
        self._resolved = RESOLVED_AT_A_TIME

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        more = bool(self.answer and self.answer["more"])
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            ("Enter", self.tr("key.open"), "screen.open"),
            ("a", self.tr("incident.key.ack"), "screen.acknowledge"),
            ("z", self.tr("incident.key.silence"), "screen.silence"),
            ("f", self.tr("incident.key.state"), "screen.state"),
            ("/", self.tr("key.filter"), "screen.filter"),
            *((("m", self.tr("form.more"), "screen.more"),) if more else ()),
            ("Z", self.tr("incident.key.silences"), "screen.silences"),
            ("?", self.tr("key.help"), "app.help"),
        )

    async def fetch(self) -> Any:
        """Those that are not resolved, and the latest that are."""
        request = self.console_app.link.request
        about = {"program": self.program} if self.program else {}
        first = await request("incidents", limit=OPEN_AT_MOST, **about)
        found, more = list(first["incidents"]), False
        if self._state in ("", "resolved"):
            over: list[dict[str, Any]] = []
            args: dict[str, Any] = {"state": "resolved", "limit": RESOLVED_AT_A_TIME, **about}
            while len(over) < self._resolved:
                page = await request("incidents", **args)
                over += page["incidents"]
                more = bool(page["more"])
                if not more or not page["incidents"]:
                    break
                args["before"] = over[-1]["id"]
            known = {one["id"] for one in found}
            found += [one for one in over if one["id"] not in known]
        return {"incidents": incidents.order(found), "counts": first["counts"], "more": more, "cut": first["more"]}

    def state_before(self) -> str:
        """The title."""
        return self.tr("incidents.title") + (f" · {self.program}" if self.program else "")

    def state(self) -> tuple[str, Sequence[str]]:
        """How many there are of each state, and which are shown."""
        counts = self.answer["counts"]
        said = [self.tr(f"incidents.count.{key}", n=n) for key, n in counts.items() if n]
        said = said or [self.tr("incidents.count.none")]
        if self._state:
            said.append(self.tr(f"incidents.only.{self._state}"))
        if self.answer["cut"]:
            said.append(self.tr("incidents.cut", n=OPEN_AT_MOST))
        return self.state_before(), said

    def empty(self) -> str:
        """None, or none that match."""
        return self.tr("form.none_match", text=self.wanted) if self.wanted else self.tr("incidents.none")

    def headings(self) -> Sequence[str]:
        """State, program, since when, for how long, who has it, why."""
        return [self.tr(f"incidents.col.{name}") for name in ("state", "program", "opened", "lasted", "who", "why")]

    def _view_of(self, incident: Mapping[str, Any]) -> View:
        row = self.console_app.rows.get(incident["program"])
        return self.view if row is None else self.view.of(row)

    def lines(self) -> Sequence[Line]:
        """One line an incident."""
        found = []
        for one in self.answer["incidents"]:
            word, view = one["state"], self._view_of(one)
            if not self._state or self._state == (
                "open" if word in NEEDS_SOMEBODY else "resolved" if word == "resolved" else "quiet"
            ):
                whole = word == "held" or self.size.width >= NARROW
                short = "acknowledged.short" if word == "acknowledged" else word
                cells = (
                    state(one, view) if whole else self.tr(f"incident.{short}"),
                    one["program"],
                    view.brief(one["begun_at"] or one["opened_at"]) + view.mark(self.view),
                    incidents.lasted(one, view),
                    one["acknowledged_by"] or one["resolved_by"],
                    one_line(in_short(one, view)),
                )
                searched = (*cells, one["title"], one["severity"], f"#{one['id']}", *one["tags"])
                if not self.wanted or holds(searched, self.wanted):
                    shade = "" if word in NEEDS_SOMEBODY else "lines--quiet"
                    found.append((str(one["id"]), sign(one), cells, shade))
        return found

    def detail(self, key: str, width: int) -> Text | None:
        """Its number, since when, who has it, and the reason whole."""
        one = self._one()
        if one is None or str(one["id"]) != key:
            return None
        colours, view = self.app.theme_variables, self._view_of(one)
        text = Text(no_wrap=True, overflow="ellipsis")
        title = f" {one['title']}" if one["title"] not in ("", one["program"]) else ""
        text.append(f"#{one['id']} {one['program']}{title}", Style(bold=True, color=colours["foreground"]))
        text.append("\n" + incidents.wrapped(one_line(incidents.why(one, view)), width, 2))
        said = incidents.head(one, {"held_by": ()}, view)[1:]
        for words, colour in said[:2]:
            text.append("\n" + words, Style(color=colours[colour if colour != "foreground" else "quiet"]))
        return text

    def _one(self) -> Mapping[str, Any] | None:
        key = self.chosen
        return next((one for one in (self.answer or {"incidents": ()})["incidents"] if str(one["id"]) == key), None)

    # -- what can be done

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Open the incident under the cursor."""
        one = self._one()
        if one is not None:
            opening.incident(self.console_app, one["id"])

    def action_state(self) -> None:
        """Show those of the next state."""
        self._state = STATES[(STATES.index(self._state) + 1) % len(STATES)]
        self.listed.forget_cursor()
        self.tell()
        self.ask()

    def action_more(self) -> None:
        """Ask for older ones."""
        if self.answer and self.answer["more"]:
            self._resolved += RESOLVED_AT_A_TIME
            self.ask()

    def action_acknowledge(self) -> None:
        """Take it on."""
        one = self._one()
        if one is not None:
            acting.acknowledge(self.console_app, one, self._again)

    def action_unacknowledge(self) -> None:
        """Give it back."""
        one = self._one()
        if one is not None:
            acting.unacknowledge(self.console_app, one, self._again)

    def action_silence(self) -> None:
        """Keep its program quiet."""
        one = self._one()
        acting.silence(self.console_app, one["program"] if one else self.program, self._again)

    def action_silences(self) -> None:
        """Show what is silenced."""
        opening.silences(self.console_app)

    def action_note(self) -> None:
        """Write something down."""
        one = self._one()
        if one is not None:
            acting.note(self.console_app, one, self._again)

    def action_resolve(self) -> None:
        """End it by hand."""
        one = self._one()
        if one is not None:
            acting.resolve(self.console_app, one, self._again)

    def _again(self) -> None:
        self.ask()

    def action_rerun(self) -> None:
        """Run its program again."""
        one = self._one()
        if one is not None:
            self.console_app.open_rerun(one["program"])

    def action_log(self) -> None:
        """Open the log at its run."""
        one = self._one()
        if one is not None:
            self.console_app.open_log(one["program"], one["run_id"])

    def action_program(self) -> None:
        """Open its program."""
        one = self._one()
        if one is not None:
            self.console_app.open_program(one["program"])
