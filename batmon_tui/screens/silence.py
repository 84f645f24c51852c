"""What is kept quiet: silences that people set, and the maintenance windows of the configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType

from batmon_tui.cells import wrap
from batmon_tui.incidents import about, one_line
from batmon_tui.screens import acting
from batmon_tui.screens.listing import Line, ListPage, holds
from batmon_tui.widgets.columns import CellList
from batmon_tui.widgets.lines import LineList


class SilencesView(CellList):
    """Silences and windows; the key of a row is ``silence:ID`` or ``window:NAME``."""

    right = (4,)
    give_way = (4, 3)
    most: Mapping[int, int] = {1: 30, 3: 14}
    least_last = 20


class SilencesScreen(ListPage):
    """Those that hold now, and on demand those that are over."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("z", "new", show=False),
        Binding("x,delete", "end", show=False),
        Binding("f", "over", show=False),
    ]
    list_type = SilencesView
    filtered = True

    def __init__(self) -> None:
        super().__init__()
        self._over = False

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            ("x", self.tr("silence.key.end"), "screen.end"),
            ("z", self.tr("silence.key.new"), "screen.new"),
            ("f", self.tr("silence.key.over"), "screen.over"),
            ("/", self.tr("key.filter"), "screen.filter"),
            ("?", self.tr("key.help"), "app.help"),
        )

    async def fetch(self) -> Any:
        """Silences and windows."""
        return await self.console_app.link.request("silences", all=self._over)

    def state_before(self) -> str:
        """The title."""
        return self.tr("silence.title")

    def state(self) -> tuple[str, Sequence[str]]:
        """How many hold now."""
        active = sum(bool(one["active"]) for one in self.answer["silences"])
        windows = sum(bool(one["now"]) for one in self.answer["maintenance"])
        said = [self.tr("silence.count", n=active)]
        said += [self.tr("silence.windows", n=windows)] if windows else []
        said += [self.tr("silence.over_too")] if self._over else []
        return self.state_before(), said

    def empty(self) -> str:
        """Nothing is quiet."""
        return self.tr("form.none_match", text=self.wanted) if self.wanted else self.tr("silence.none")

    def headings(self) -> Sequence[str]:
        """State, what, until, by whom, how many it quietens, why."""
        return [self.tr(f"silence.col.{name}") for name in ("state", "what", "until", "by", "incidents", "why")]

    def lines(self) -> Sequence[Line]:
        """One line each: silences, then windows."""
        view, found = self.view, []
        for one in self.answer["silences"]:
            state = self.tr("silence.active" if one["active"] else "silence.over")
            until = view.brief(one["until"] if one["active"] else one["ended_at"] or one["until"])
            cells = (state, about(one), until, one["by"], f"{one['incidents'] or ''}", one_line(one["why"]))
            shade = "" if one["active"] else "lines--quiet"
            found.append(
                (f"silence:{one['id']}", ("z", "lines--unknown" if one["active"] else "lines--quiet"), cells, shade)
            )
        for one in self.answer["maintenance"]:
            now = bool(one["now"])
            state = self.tr("silence.window.now" if now else "silence.window.next")
            what = " ".join([*one["programs"], *(f"#{tag}" for tag in one["tags"])]) or "*"
            until = view.brief(one["until"] if now else one["next"])
            cells = (state, what, until, one["name"], "", one_line(one["why"]))
            found.append(
                (f"window:{one['name']}", ("m", "lines--unknown" if now else "lines--quiet"), cells, "lines--quiet")
            )
        return [line for line in found if not self.wanted or holds(line[2], self.wanted)]

    def detail(self, key: str, width: int) -> Text | None:
        """Why, whole, and when it began or ended."""
        kind, _, number = key.partition(":")
        one = self._silence(number) if kind == "silence" else None
        if one is None:
            return None
        begun = self.tr("silence.begun", name=one["by"], when=self.view.stamp(one["created_at"]))
        if one["ended_at"] and one["ended_by"]:
            begun += " · " + self.tr("silence.ended", name=one["ended_by"], when=self.view.stamp(one["ended_at"]))
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(begun, self.app.theme_variables["quiet"])
        text.append("\n" + "\n".join(wrap(one_line(one["why"]), width, 3)))
        return text

    def _silence(self, number: str) -> Mapping[str, Any] | None:
        return next((one for one in (self.answer or {"silences": ()})["silences"] if str(one["id"]) == number), None)

    def action_over(self) -> None:
        """Show those that are over too, or no more."""
        self._over = not self._over
        self.listed.forget_cursor()
        self.ask()

    def action_new(self) -> None:
        """Set one."""
        acting.silence(self.console_app, "", self._again)

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        self.action_end()

    def action_end(self) -> None:
        """End the one under the cursor."""
        kind, _, number = self.chosen.partition(":")
        one = self._silence(number) if kind == "silence" else None
        if one is not None:
            acting.end_silence(self.console_app, one, f"{about(one)} #{one['id']}", self._again)
        elif kind == "window":
            self.console_app.say("silence.configured", severity="warning")

    def _again(self) -> None:
        self.ask()
