"""One incident: what is wrong and who has it, then evidence, timeline, messages, silences and what hangs on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from batmon_tui import incidents
from batmon_tui.cells import fit
from batmon_tui.incident_state import state
from batmon_tui.screens import acting, opening
from batmon_tui.screens.listing import Line, ListPage
from batmon_tui.widgets.columns import CellList
from batmon_tui.widgets.lines import LineList, Piece

GROUP = "group:"


class GroupedView(CellList):
    """The rows of the page in groups; each group begins with its name."""

    give_way = (2,)
    most: Mapping[int, int] = {1: 22, 2: 20}
    least_last = 24

    def pieces(self, key: str, width: int) -> list[Piece]:
        """One row; the name of a group stands alone, and a line that has nothing before it takes the whole width."""
        cells = self._cells[key]
        if key.startswith(GROUP):
            return [(fit(f" {cells[-1]}", width - 1), "lines--mark")]
        if not any(cells[:-1]):
            return [("   ", ""), (fit(cells[-1], width - 4), self._shades[key])]
        return super().pieces(key, width)

    def go_to_group(self, step: int) -> None:
        """Put the cursor below the name of the next group, or of the one before."""
        groups = [place for place, key in enumerate(self.keys) if key.startswith(GROUP)]
        if not groups:
            return
        here = self.keys.index(self.chosen)
        if step > 0:
            ahead = [place for place in groups if place > here or here == 0]
        else:
            ahead = [place for place in reversed(groups) if place < here - 1]
        place = ahead[0] if ahead else groups[0 if step > 0 else -1]
        self.go_to(self.keys[min(place + 1, len(self.keys) - 1)])


class IncidentScreen(ListPage):
    """The incident of a number."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "group(1)", show=False, priority=True),
        Binding("shift+tab", "group(-1)", show=False, priority=True),
        Binding("a", "acknowledge", show=False),
        Binding("u", "unacknowledge", show=False),
        Binding("z", "silence", show=False),
        Binding("Z", "silences", show=False),
        Binding("c", "note", show=False),
        Binding("x", "resolve", show=False),
        Binding("s", "resend", show=False),
        Binding("r", "rerun", show=False),
        Binding("l", "log", show=False),
        Binding("o", "program", show=False),
        Binding("d", "difference", show=False),
    ]
    list_type = GroupedView

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self.shows = str(number)

    @property
    def incident(self) -> Mapping[str, Any] | None:
        """What the daemon said of it last."""
        return None if self.answer is None else self.answer["incident"]

    def above(self) -> ComposeResult:
        """The head."""
        yield Static(id="incident-head", markup=False)

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here; with the cursor on a message, also to send it again."""
        told = self.ready and self.chosen.startswith("told:")
        mine = bool(self.incident and self.incident["state"] == "acknowledged")
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            *((("s", self.tr("incident.key.resend"), "screen.resend"),) if told else ()),
            ("u", self.tr("incident.key.unack"), "screen.unacknowledge")
            if mine
            else ("a", self.tr("incident.key.ack"), "screen.acknowledge"),
            ("z", self.tr("incident.key.silence"), "screen.silence"),
            ("c", self.tr("incident.key.note"), "screen.note"),
            ("x", self.tr("incident.key.resolve"), "screen.resolve"),
            ("r", self.tr("key.rerun"), "screen.rerun"),
            ("l", self.tr("key.log"), "screen.log"),
            ("o", self.tr("incident.key.program"), "screen.program"),
            ("Tab", self.tr("incident.key.group"), "screen.group(1)"),
            ("?", self.tr("key.help"), "app.help"),
        )

    async def fetch(self) -> Any:
        """All that is known of it."""
        return await self.console_app.link.request("incident", id=self._number)

    def state_before(self) -> str:
        """The title."""
        return self.tr("incident.title", id=self._number)

    def state(self) -> tuple[str, Sequence[str]]:
        """The title, its state."""
        one = self.answer["incident"]
        self.program = one["program"]
        named, told = f"{self.state_before()} · {one['program']}", state(one, self.view)
        room = self.size.width - cell_len(named) - cell_len(told) - 8
        title = f" {one['title']}" if one["title"] not in ("", one["program"]) else ""
        return named + fit(title, min(cell_len(title), room)).rstrip(), [told]

    def empty(self) -> str:
        """There is always a row; see ``incidents.lines``."""
        return ""

    def headings(self) -> Sequence[str]:
        """When, what, who or where, words."""
        return [self.tr(f"incident.col.{name}") for name in ("when", "what", "who", "words")]

    def lines(self) -> Sequence[Line]:
        """Every group."""
        return incidents.lines(self.answer, self.view)

    def tell(self) -> None:
        """Say everything again."""
        first = self.ready and not self.listed.keys
        super().tell()
        if not self.ready or self.answer is None:
            return
        if first:
            self.action_group(1)  # below the name of the first group
        colours, width = self.app.theme_variables, max(20, self.size.width - 2)
        text = Text(no_wrap=True, overflow="ellipsis")
        for place, (words, colour) in enumerate(incidents.head(self.answer["incident"], self.answer, self.view)):
            text.append("\n" if place else "")
            text.append(
                incidents.wrapped(words, width, 2 if place == 0 else 1), Style(bold=place == 0, color=colours[colour])
            )
        self.query_one("#incident-head", Static).update(text)

    def detail(self, key: str, width: int) -> Text | None:
        """The words of the row whole, where they were cut; of a message also what became of it."""
        row = next((cells for name, _, cells, _ in self.lines() if name == key), None)
        if row is None or key.startswith(GROUP):
            return None
        whole = self._whole(key) or row[3]
        text = Text(no_wrap=True, overflow="ellipsis")
        head = " · ".join(part for part in row[:3] if part)
        if head:
            text.append(head + "\n", Style(color=self.app.theme_variables["quiet"]))
        text.append(incidents.wrapped(whole, width, max(2, self.size.height // 6)))
        return text

    def _whole(self, key: str) -> str:
        """A note's own lines, or a message's refusal, as they were written."""
        kind, _, number = key.partition(":")
        of = {"event": ("timeline", "text"), "told": ("told", "error")}.get(kind)
        if of is None:
            return ""
        found = next((one for one in self.answer[of[0]] if str(one["id"]) == number), None)
        return str(found[of[1]]).strip() if found else ""

    @on(LineList.Moved)
    def _keys_of_another(self) -> None:
        self.tell_frame()

    # -- going about

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Go where the row under the cursor leads: a log, a message, an incident, the silences; else the program."""
        kind, _, number = self.chosen.partition(":")
        if kind in ("heldby", "holds"):
            opening.incident(self.console_app, int(number))
        elif kind == "silence":
            self.action_silences()
        elif kind in ("run", "line"):
            self.action_log()
        elif kind == "told":
            self.action_resend()
        else:
            self.action_program()

    def action_group(self, step: int) -> None:
        """Go to the next group, or the one before."""
        self.query_one(GroupedView).go_to_group(step)

    def action_program(self) -> None:
        """Open its program."""
        if self.program in self.console_app.rows:
            self.console_app.open_program(self.program)
        elif self.program:
            self.console_app.say("program.gone", severity="warning", name=self.program)

    def action_log(self) -> None:
        """Open the log at its run."""
        one = self.incident
        if one is not None:
            run = self.answer["run"]
            self.console_app.open_log(self.program, run["run_id"] if run and run.get("log") else None)

    def action_rerun(self) -> None:
        """Run its program again."""
        if self.program:
            self.console_app.open_rerun(self.program)

    def action_difference(self) -> None:
        """Compare its run with the last good one."""
        if self.answer and self.answer["run"]:
            self.console_app.open_difference(self.program, self.answer["run"]["run_id"])

    def action_silences(self) -> None:
        """Show what is silenced."""
        opening.silences(self.console_app)

    # -- what can be done

    def _do(self, act: Callable[..., None]) -> None:
        one = self.incident
        if one is not None:
            act(self.console_app, one, self._again)

    def _again(self) -> None:
        self.ask()

    def action_acknowledge(self) -> None:
        """Take it on."""
        self._do(acting.acknowledge)

    def action_unacknowledge(self) -> None:
        """Give it back."""
        self._do(acting.unacknowledge)

    def action_note(self) -> None:
        """Write something down."""
        self._do(acting.note)

    def action_resolve(self) -> None:
        """End it by hand."""
        self._do(acting.resolve)

    def action_silence(self) -> None:
        """Keep its program quiet."""
        if self.incident is not None:
            acting.silence(self.console_app, self.program, self._again)

    def action_resend(self) -> None:
        """Send the message under the cursor again."""
        kind, _, number = self.chosen.partition(":")
        told = next((one for one in (self.answer or {"told": ()})["told"] if str(one["id"]) == number), None)
        if kind != "told" or told is None:
            self.console_app.say("resend.choose", severity="warning")
        else:
            acting.resend(self.console_app, told, self._again)
