"""A page that is one list: a line that says what is in it, the rows, and what there is to say of the chosen one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.style import Style
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from batmon.errors import BatmonError
from batmon_tui import refusals
from batmon_tui.screens.page import Page
from batmon_tui.widgets.box import LineBox
from batmon_tui.widgets.columns import CellList
from batmon_tui.widgets.lines import LineList, Piece

LOOK_SEC = 5.0
"""How often a list that is in front is asked for again."""
LOW = 16
"""Below this height a page is the list alone."""

Line = tuple[str, Piece, Sequence[str], str]
"""Key, sign with its colour, cells, colour of the last cell: a row of ``CellList.show_cells``."""


class ListPage(Page):
    """Asks the daemon with ``fetch``, and again every few seconds; draws only when the answer is another."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "climb", show=False),
        Binding("slash", "filter", show=False),
    ]
    list_type: type[CellList] = CellList
    shows = ""
    """What of its kind the page is about; the same one is not opened over itself."""
    look_sec = LOOK_SEC
    filtered = False
    """Whether ``/`` asks for words that a row must hold."""

    def __init__(self) -> None:
        super().__init__()
        self.answer: Any = None
        """What ``fetch`` gave last; None before the first answer."""
        self.wanted = ""
        self._problem = ""

    # -- what a page says

    async def fetch(self) -> Any:
        """Ask the daemon."""
        raise NotImplementedError

    def state(self) -> tuple[str, Sequence[str]]:
        """The title, and what is said behind it."""
        raise NotImplementedError

    def empty(self) -> str:
        """The words for a list of nothing."""
        raise NotImplementedError

    def headings(self) -> Sequence[str]:
        """The names of the columns."""
        raise NotImplementedError

    def lines(self) -> Sequence[Line]:
        """The rows."""
        raise NotImplementedError

    def detail(self, key: str, width: int) -> Text | None:  # noqa: ARG002 - for those that have more to say
        """What there is to say of a row."""
        return None

    # -- how it is shown

    def content(self) -> ComposeResult:
        """The state, the list, the detail, the filter."""
        yield Static(id="list-state", markup=False)
        yield from self.above()
        yield Static(id="notice", markup=False)
        yield self.list_type(id="list")
        yield Static(id="list-detail", markup=False)
        if self.filtered:
            with Horizontal(id="filter-line"):
                yield Static(self.tr("key.filter"), id="filter-scope", markup=False)
                yield LineBox(id="filter", compact=True)

    def above(self) -> ComposeResult:
        """What stands between the state and the list."""
        yield from ()

    @property
    def listed(self) -> CellList:
        """The rows."""
        return self.query_one("#list", self.list_type)

    @property
    def chosen(self) -> str:
        """The key of the row under the cursor; empty when there is none."""
        return self.listed.chosen if self.ready else ""

    def on_mount(self) -> None:
        """The list has the keys; what is in it is asked for when the page is in front."""
        super().on_mount()
        self.listed.focus()
        self.set_interval(self.look_sec, self._look_again)

    def on_screen_resume(self) -> None:
        """In front, for the first time or again: more may have come."""
        super().on_screen_resume()
        self.ask()

    def on_resize(self) -> None:
        """Another size, other lines."""
        super().on_resize()
        self.call_after_refresh(self.tell)

    def _look_again(self) -> None:
        if self.is_current and self.console_app.link.up:
            self.ask()

    @work(exclusive=True, group="list", exit_on_error=True)
    async def ask(self) -> None:
        """Ask the daemon, and show what is new."""
        try:
            answer = await self.fetch()
        except BatmonError as error:
            if self.answer is None:
                self._problem = refusals.in_words(error, self.console_app.language)
                self.tell()
            return
        if answer != self.answer or self._problem:
            self.answer, self._problem = answer, ""
            self.tell()
            self.tell_frame()

    def tell(self) -> None:
        """Say everything again."""
        if not self.ready:
            return
        colours, known = self.app.theme_variables, self.answer is not None
        title, facts = self.state() if known else (self.state_before(), ())
        head = Text(title, Style(bold=True, color=colours["accent"]), no_wrap=True, overflow="ellipsis")
        head.append("   " + " · ".join(facts), Style(bold=False, color=colours["quiet"]))
        self.query_one("#list-state", Static).update(head, layout=False)
        rows = self.lines() if known else ()
        notice = self._problem or ("" if rows else self.empty() if known else self.tr("program.loading"))
        self.query_one("#notice", Static).set_class(bool(notice), "-shown").update(notice)
        self.listed.show_cells(self.headings() if rows else (), rows)
        self._tell_detail()

    def state_before(self) -> str:
        """The title while nothing is known yet."""
        return ""

    @on(LineList.Moved)
    def _moved(self) -> None:
        self._tell_detail()

    def _tell_detail(self) -> None:
        if not self.ready:
            return
        below, width = self.query_one("#list-detail", Static), max(20, self.size.width - 2)
        known = self.answer is not None and bool(self.listed.keys)
        said = self.detail(self.chosen, width) if known and self.size.height >= LOW else None
        below.display = said is not None
        if said is not None:
            below.update(said)

    # -- the filter

    def action_filter(self) -> None:
        """Ask for words that a row must hold."""
        if self.filtered:
            self.query_one("#filter-line").display = True
            self.set_focus(self.query_one("#filter", Input))

    @on(Input.Changed, "#filter")
    def _filter_typed(self, event: Input.Changed) -> None:
        self.wanted = event.value.strip()
        self.filter_changed()

    def filter_changed(self) -> None:
        """Other words are wanted."""
        self.tell()

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        if self.wanted:
            self.set_focus(self.listed)
        else:
            self._all_again()

    def _all_again(self) -> None:
        self.query_one("#filter-line").display = False
        self.query_one("#filter", Input).value = ""
        self.set_focus(self.listed)

    def action_climb(self) -> None:
        """Out of the filter, then out of the page."""
        if self.filtered and self.query_one("#filter-line").display:
            self._all_again()
        else:
            super().action_climb()


def holds(row: Mapping[str, Any] | Sequence[Any], wanted: str) -> bool:
    """Whether the texts of a row hold all of the words that are wanted."""
    values = row.values() if isinstance(row, Mapping) else row
    text = " ".join(str(value) for value in values).casefold()
    return all(part in text for part in wanted.casefold().split())
