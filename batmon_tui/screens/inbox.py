"""An inbox: what waits for a person's decision, and the decision itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from rich.style import Style
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from batmon.model import Role
from batmon_tui.incidents import one_line, wrapped
from batmon_tui.locale import dictionary
from batmon_tui.screens.form import Box, Filled, FormDialog
from batmon_tui.screens.listing import Line, ListPage, holds
from batmon_tui.screens.page import Dialog
from batmon_tui.widgets.columns import CellList
from batmon_tui.widgets.lines import LineList

LISTED = 200
LOOK_SEC = 15.0
"""Each look runs the queries of the configuration."""
WIDEST = 28
"""Cells of a column of the query at most; the last one takes what is left."""
COLUMNS = 8
"""Columns of the query that are shown beside the title; the detail shows all."""
BREAK = "\u240a"
"""What the gate shows for a line break in the columns of a query."""


class WaitingView(CellList):
    """Items of an inbox; the key of a row is the item's id."""


class InboxScreen(ListPage):
    """What waits in an inbox."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "more", show=False),
        *(Binding(str(number), f"act({number})", show=False) for number in range(1, 10)),
    ]
    list_type = WaitingView
    look_sec = LOOK_SEC
    filtered = True

    def __init__(self, name: str) -> None:
        super().__init__()
        self.shows = name
        self._listed = LISTED

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here: the actions by their numbers."""
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            ("Enter", self.tr("inbox.key.act"), "screen.open"),
            *((str(n), _titled(one), f"screen.act({n})") for n, one in enumerate(self._actions()[:9], start=1)),
            *((("m", self.tr("form.more"), "screen.more"),) if self.answer and self.answer["more"] else ()),
            ("/", self.tr("key.filter"), "screen.filter"),
            ("?", self.tr("key.help"), "app.help"),
        )

    def _actions(self) -> Sequence[Mapping[str, Any]]:
        return () if self.answer is None else self.answer["inbox"]["actions"]

    async def fetch(self) -> Any:
        """The inbox and its items in the order of its query."""
        request = self.console_app.link.request
        answer = await request("inbox.items", inbox=self.shows, limit=LISTED)
        items, more = list(answer["items"]), answer["more"]
        while more and len(items) < self._listed:
            next_ones = await request("inbox.items", inbox=self.shows, limit=LISTED, offset=len(items))
            items, more = [*items, *next_ones["items"]], next_ones["more"] and bool(next_ones["items"])
        return {"inbox": answer["inbox"], "items": items, "more": more}

    def state_before(self) -> str:
        """Its name."""
        return self.tr("inbox.one", name=self.shows)

    def state(self) -> tuple[str, Sequence[str]]:
        """Its title, how much waits."""
        inbox, shown = self.answer["inbox"], len(self.answer["items"])
        count = inbox["count"] if inbox["count"] is not None else shown
        said = (
            self.tr("inbox.some", n=f"{shown:,}", of=f"{count:,}")
            if self.answer["more"]
            else self.tr("inbox.waiting", n=f"{count:,}")
        )
        title = inbox["title"] if inbox["title"] not in ("", self.shows) else self.state_before()
        return str(title), [said]

    def empty(self) -> str:
        """Nothing waits, or nothing that matches; or why that is not known."""
        problem = str(self.answer["inbox"]["problem"] or "")
        if problem:
            return self.tr("inbox.problem", why=problem)
        return self.tr("form.none_match", text=self.wanted) if self.wanted else self.tr("inbox.empty")

    def _columns(self) -> list[str]:
        items = self.answer["items"]
        row = items[0]["row"] if items else {}
        return [name for name in row if name not in ("id", "title")][:COLUMNS]

    def headings(self) -> Sequence[str]:
        """The id, the title, the columns of the query."""
        return ["id", self.tr("inbox.col.item"), *self._columns()]

    def lines(self) -> Sequence[Line]:
        """One line an item."""
        columns, items = self._columns(), self.answer["items"]
        figures = [
            place
            for place, name in enumerate(columns, start=2)
            if all(_is_figure(one["row"].get(name)) for one in items)
        ]
        table, last = self.listed, len(columns) + 1
        table.right = (*((0,) if all(str(one["id"]).isdecimal() for one in items) else ()), *figures)
        table.most = {0: 12, 1: max(32, self.size.width // 3)} | dict.fromkeys(range(2, last), WIDEST)
        table.give_way = range(last - 1, 1, -1)
        table.least_last = 12
        found = []
        for one in items:
            cells = (str(one["id"]), one_line(one["title"]), *(self._value(one["row"].get(name)) for name in columns))
            if not self.wanted or holds((*cells, *one["row"].values()), self.wanted):
                found.append((str(one["id"]), ("▸", "lines--running"), cells, "" if last == 1 else "lines--quiet"))
        return found

    def _value(self, value: Any) -> str:
        if isinstance(value, bool):
            return self.tr("inbox.yes" if value else "inbox.no")
        if _is_figure(value) and isinstance(value, int):
            return f"{value:,}"
        return _moment(self, value) or one_line("" if value is None else value)

    def detail(self, key: str, width: int) -> Text | None:
        """Every column of the item, whole."""
        one = self._one()
        if one is None or str(one["id"]) != key:
            return None
        colours, room = self.app.theme_variables, max(4, self.size.height // 3)
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(f"{one['id']} {one_line(one['title'])}", Style(bold=True, color=colours["foreground"]))
        left = room - 1
        for name, value in one["row"].items():
            if name in ("id", "title") or left <= 0:
                continue
            said = _lines(value) if isinstance(value, str) and not _moment(self, value) else self._value(value)
            lines = wrapped(f"{name}: {said}", width, min(left, 4))
            left -= lines.count("\n") + 1
            text.append("\n" + lines, Style(color=colours["foreground" if isinstance(value, str) else "quiet"]))
        return text

    def _one(self) -> Mapping[str, Any] | None:
        key = self.chosen
        return next((one for one in (self.answer or {"items": ()})["items"] if str(one["id"]) == key), None)

    def action_more(self) -> None:
        """Ask for the next ones."""
        if self.answer and self.answer["more"]:
            self._listed += LISTED
            self.ask()

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Choose what to do with the item under the cursor; the only thing that there is at once."""
        one, actions = self._one(), self._actions()
        if one is None or not actions:
            return
        if len(actions) == 1:
            self._act(actions[0])
            return

        def chosen(place: int | None) -> None:
            if place is not None:
                self._act(actions[place])

        self.app.push_screen(ActionDialog(one_line(one["title"]), [_titled(action) for action in actions]), chosen)

    def action_act(self, number: int) -> None:
        """Do the action of a number to the item under the cursor."""
        actions = self._actions()
        if number <= len(actions):
            self._act(actions[number - 1])

    def _act(self, action: Mapping[str, Any]) -> None:
        one, app = self._one(), self.console_app
        if one is None:
            return
        if not app.may(Role(action["role"])):
            app.say("inbox.not_allowed", severity="warning", role=self.tr(f"role.{action['role']}"))
            return
        known = dictionary(app.language)
        words = [known.get(f"inbox.asks.{name}", str(name)) for name in action["asks"]]
        boxes = [Box(str(name), said, needed=True, long=True) for name, said in zip(action["asks"], words, strict=True)]

        def request(filled: Filled) -> tuple[str, dict[str, Any]]:
            args = {"inbox": self.shows, "action": action["name"], "id": one["id"]}
            return "inbox.act", args | ({"asks": dict(filled)} if filled else {})

        def answered(answer: dict[str, Any] | None) -> None:
            if answer is not None:
                app.say("inbox.did", title=one_line(answer["title"] or answer["id"]), action=_titled(action))
            self.ask()

        title = self.tr("inbox.ask", action=_titled(action))
        app.push_screen(FormDialog(title, _titled(action), boxes, request, said=self._about(one)), answered)

    def _about(self, one: Mapping[str, Any]) -> str:
        """What the dialog says of the item: its title, its first columns, and the longest text that it has."""
        row = {name: value for name, value in one["row"].items() if name not in ("id", "title")}
        texts = [value for value in row.values() if isinstance(value, str) and not _moment(self, value)]
        longest = max((text for text in texts if len(text) > WIDEST or BREAK in text), key=len, default="")
        short = [self._value(value) for value in row.values() if value != longest and value not in (None, "")][:4]
        said = [f"{one['id']} · {one_line(one['title'])}", " · ".join(short)]
        said += [wrapped(_lines(longest), 68, 4)] if longest else []
        return "\n".join(line for line in said if line)


class ActionDialog(Dialog[int]):
    """Which action; dismissed with its place, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", show=False),
        *(Binding(str(number), f"take({number})", show=False) for number in range(1, 10)),
    ]

    def __init__(self, title: str, actions: Sequence[str]) -> None:
        super().__init__()
        self._title = title
        self._actions = tuple(actions)

    def compose(self) -> ComposeResult:
        """The actions by their numbers."""
        with Vertical(id="box"):
            yield Static(self._title, classes="title", markup=False)
            yield OptionList(
                *(Option(Text(f"{n} {one}")) for n, one in enumerate(self._actions, start=1)), markup=False
            )

    async def on_mount(self) -> None:
        """The list has the keys."""
        await super().on_mount()
        self.query_one(OptionList).focus()

    def action_take(self, number: int) -> None:
        """Take the action of a number."""
        if number <= len(self._actions):
            self.dismiss(number - 1)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)


def _titled(action: Mapping[str, Any]) -> str:
    return one_line(action["title"] or action["name"])


def _lines(text: str) -> str:
    """A text with its line breaks, which the gate shows as a symbol."""
    return text.replace(BREAK, "\n").strip()


def _is_figure(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _moment(page: ListPage, value: Any) -> str:
    """A value that is a moment with its zone, as the gate writes them, for a column; empty for any other."""
    if not isinstance(value, str) or not 19 <= len(value) <= 32 or value[10:11] not in ("T", " "):
        return ""
    try:
        return page.view.brief(value) if datetime.fromisoformat(value).tzinfo is not None else ""
    except ValueError:
        return ""
