"""What the runs of a period come to: programs by days, the SLA board, and how long the runs of a program took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import ContentSwitcher, Input, Static

from batmon_tui import board, statistics_words
from batmon_tui.screens.statistics_asking import AT_ONCE, StatisticsAsking
from batmon_tui.statistics import SORTS, Figures, holding, in_order, rate
from batmon_tui.view import View
from batmon_tui.widgets.box import LineBox
from batmon_tui.widgets.durations_view import DurationsView
from batmon_tui.widgets.heat_view import HeatView
from batmon_tui.widgets.lines import LineList, Piece
from batmon_tui.widgets.sla_view import SlaView
from batmon_tui.widgets.statistics_foot import ChosenLine
from batmon_tui.widgets.statistics_head import PeriodLine, ViewLine

VIEWS = ("heat", "sla", "durations")
LOOK_SEC = 10.0
"""How often a page that is in front asks again while runs of the past are still being counted."""
LOOKS = 12
"""Every so many of these times it asks again anyway: the figures of days change slowly."""
LOW = 16
"""Below this height a page is the list alone."""
AHEAD = 2
"""Screens of programs below the one in sight whose days are asked for with it."""


class StatisticsScreen(StatisticsAsking):
    """One period in three views; the cursor stands on ``program`` at first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "climb", show=False),
        Binding("slash", "filter", show=False),
        Binding("tab", "turn(1)", show=False, priority=True),
        Binding("shift+tab", "turn(-1)", show=False, priority=True),
        Binding("1", "view('heat')", show=False),
        Binding("2", "view('sla')", show=False),
        Binding("3", "view('durations')", show=False),
        Binding("p", "span(1)", show=False),
        Binding("P", "span(-1)", show=False),
        Binding("left_square_bracket", "earlier", show=False),
        Binding("right_square_bracket", "later", show=False),
        Binding("s", "sort", show=False),
        Binding("w", "order", show=False),
        Binding("o", "program", show=False),
        Binding("n", "next(1)", show=False),
        Binding("N", "next(-1)", show=False),
        Binding("question_mark", "definitions", show=False),
        Binding("ctrl+r,f5", "reload", show=False),
    ]

    def __init__(self, program: str = "") -> None:
        super().__init__()
        self.one = self.shows = program
        self._shown = VIEWS[0]
        self._worst_first = True
        self._sort = 0
        self._wanted = ""
        self._order: list[str] = []
        self._months = ""
        self._looks = 0

    # -- what is there

    def content(self) -> ComposeResult:
        """The views' names, the period with its totals, the view, what there is to say of what is chosen."""
        yield ViewLine(id="stats-views", markup=False)
        yield PeriodLine(id="list-state", markup=False)
        yield Static(id="notice", markup=False)
        with ContentSwitcher(initial=self._shown):
            with Vertical(id="heat"):
                yield Static(id="heat-months", markup=False)
                yield HeatView()
            with Vertical(id="sla"):
                yield SlaView()
                yield Static(id="sla-total", markup=False)
            yield DurationsView(id="durations")
        yield ChosenLine(id="list-detail", markup=False)
        with Horizontal(id="filter-line"):
            yield Static(self.tr("key.filter"), id="filter-scope", markup=False)
            yield LineBox(id="filter", compact=True)

    def on_mount(self) -> None:
        """The first view has the keys; the figures are asked for when the page is in front."""
        super().on_mount()
        self.set_focus(self._listed)
        self.set_interval(LOOK_SEC, self._look_again)

    def on_screen_resume(self) -> None:
        """In front, for the first time or again."""
        super().on_screen_resume()
        self.ask()

    def _look_again(self) -> None:
        self._looks += 1
        due = self.known.counting or self._looks % LOOKS == 0
        if due and self.is_current and self.console_app.link.up:
            self.ask()

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        shown = self._shown
        other = VIEWS[(VIEWS.index(shown) + 1) % len(VIEWS)]
        own = {
            "heat": ("w", self.tr("stats.key.order"), "screen.order"),
            "sla": ("s", self.tr("stats.key.sort"), "screen.sort"),
            "durations": ("n N", self.tr("stats.key.next"), "screen.next(1)"),
        }
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            ("Enter", self.tr("stats.key.durations" if shown == "sla" else "stats.key.day"), "screen.open"),
            ("Tab", self.tr(f"stats.{other}"), "screen.turn(1)"),
            ("p", self.tr("stats.key.period"), "screen.span(1)"),
            own[shown],
            ("?", self.tr("stats.key.definitions"), "screen.definitions"),
            ("[ ]", self.tr("stats.key.earlier"), "screen.earlier"),
            ("/", self.tr("key.filter"), "screen.filter"),
            ("o", self.tr("stats.key.program"), "screen.program"),
        )

    @property
    def heat(self) -> HeatView:
        """Programs by days."""
        return self.query_one(HeatView)

    @property
    def sla(self) -> SlaView:
        """The SLA board."""
        return self.query_one(SlaView)

    @property
    def durations(self) -> DurationsView:
        """How long the runs of one program took, by day."""
        return self.query_one(DurationsView)

    @property
    def _listed(self) -> LineList:
        return {"heat": self.heat, "sla": self.sla, "durations": self.durations.table}[self._shown]

    # -- what has come

    def show_figures(self) -> None:
        """The figures of programs are others."""
        self.tell()
        self.tell_frame()

    def show_days(self, programs: set[str]) -> None:
        """The counts of these programs' days have come."""
        if self.ready:
            self.heat.show_days_of(programs)
            self._tell_detail()

    def show_one(self) -> None:
        """The program under the cursor is known in full."""
        if self.ready:
            self._tell_durations()
            self._tell_detail()

    def show_problem(self) -> None:
        """Something could not be asked."""
        if self.ready:
            self._tell_notice()

    def in_sight(self) -> Sequence[str]:
        """The programs whose days are in sight, and some below them."""
        heat = self.heat
        top = heat.scroll_offset.y
        return heat.keys[top : top + heat.size.height * (1 + AHEAD)] if self._shown == "heat" else ()

    @on(HeatView.Seen)
    def _seen(self) -> None:
        self.ask_days(self.in_sight())

    # -- what is shown

    def tell(self) -> None:
        """Say everything again."""
        if not self.ready:
            return
        programs = self.known.programs
        named = holding(programs, self._wanted)
        self._order = self._ordered(named)
        if self.one not in programs and self._order:
            self.one = self._order[0]
        one = self.one if self._shown == "durations" else ""
        self.query_one(ViewLine).show(VIEWS, self._shown, one, self.view)
        span = self.tr(f"stats.span.{self.known_span}") if self.known_span else ""
        self.query_one(PeriodLine).show(self.known, span, self.view)
        self._tell_notice()
        if self._shown == "heat":
            rates = {name: statistics_words.percent(rate(named[name])) for name in self._order}
            self.heat.show(rates, self.known.days, self._marks, self.view)
            self._tell_months()
        elif self._shown == "sla":
            self.sla.show(self._order, named, self.known.total, SORTS[self._sort], self.view)
            self._tell_total()
        else:
            self._tell_durations()
        if self._shown != "durations" and self.one in named and self._listed.chosen != self.one:
            self._listed.go_to(self.one)
        self._tell_detail()

    def _ordered(self, named: Mapping[str, Figures]) -> list[str]:
        if self._shown != "heat":
            return in_order(named, SORTS[self._sort])
        if self._worst_first:
            return list(named)
        on_board = [name for name in board.order(self.console_app.rows) if name in named]
        return [*on_board, *sorted(named.keys() - set(on_board), key=str.casefold)]

    def _marks(self, program: str, shown: range) -> Sequence[Piece] | None:
        view = self.view
        return self.known.marks(program, shown, view.now.astimezone(view.zone).date())

    def _tell_notice(self) -> None:
        known, notice = self.known, self.problem or (self.tr("stats.counting") if self.known.counting else "")
        if not notice and (known.period is None or self.waits):
            notice = self.tr("program.loading")
        elif not notice and not known.programs and known.complete:
            notice = self.tr("stats.none")
        elif not notice and known.programs and not self._order:
            notice = self.tr("form.none_match", text=self._wanted)
        bar = self.query_one("#notice", Static)
        bar.set_class(bool(notice), "-shown").set_class(bool(self._order), "-brief").update(notice)

    def _tell_months(self) -> None:
        width = self.heat.scrollable_content_region.width
        months = self.heat.months(width) if self.known.days else ""
        if months != self._months:
            self._months = months
            self.query_one("#heat-months", Static).update(months, layout=False)

    def _tell_total(self) -> None:
        width = self.sla.scrollable_content_region.width
        total = self.sla.total(width, self.app.theme_variables["foreground"])
        self.query_one("#sla-total", Static).update(total if self._order else "", layout=False)

    def _tell_durations(self) -> None:
        if self._shown == "durations":
            days = (self.in_full or {"days": ()})["days"]
            self.durations.show(days, self._view_of_one(), plotted=self.size.height >= LOW)

    def _view_of_one(self) -> View:
        """How things are told of the program: in the zone that its days are of."""
        one = self.known.programs.get(self.one)
        return self.view if one is None else self.view.of({"timezone": one["timezone"]})

    def _tell_detail(self) -> None:
        one, view = self.known.programs.get(self.one), self.view
        below = self.query_one(ChosenLine)
        below.display = one is not None and self.size.height >= LOW and bool(self._order)
        if one is not None and below.display:
            below.show(one, self._told_of_day() if self._shown == "heat" else statistics_words.against(one, view), view)

    def _told_of_day(self) -> str:
        """The day under the cursor in words; how long its runs took, once that is known."""
        day, known = self.heat.day, self.known
        if day is None or known.period is None or not known.period.start <= day <= known.period.end:
            return ""
        at, named = (day - known.period.start).days, statistics_words.day_name(day, self.view)
        if self.in_full is not None:
            return f"{named}  {statistics_words.day_in_words(self.in_full['days'][at], self.view)}"
        counts = known.counts(self.one, at)
        return f"{named}  {statistics_words.counted(counts, self.view)}" if counts is not None else named

    @on(LineList.Moved)
    def _moved(self) -> None:
        chosen = self._listed.chosen
        if chosen and chosen != self.one:
            self.one = chosen
            self.ask_soon()
        if self._shown == "heat":
            self._tell_months()
        self._tell_detail()

    def on_resize(self) -> None:
        """Another size, other days."""
        super().on_resize()
        self.call_after_refresh(self.tell)

    # -- going about

    def action_view(self, name: str) -> None:
        """Show another view."""
        if name != self._shown:
            self._shown = name
            self.query_one(ContentSwitcher).current = name
            self.set_focus(self._listed)
            self.tell()
            self.tell_frame()
            self.call_after_refresh(self.tell)  # now that the view has a size
            self.ask_soon(AT_ONCE)

    def action_turn(self, step: int) -> None:
        """Show the next view."""
        if not isinstance(self.focused, Input):
            self.action_view(VIEWS[(VIEWS.index(self._shown) + step) % len(VIEWS)])

    def action_sort(self) -> None:
        """Sort the SLA board by the next column."""
        if self._shown == "sla":
            self._sort = (self._sort + 1) % len(SORTS)
            self.tell()
            name = SORTS[self._sort]  # its column may have found no room
            if name == SORTS[0]:
                self.console_app.say("stats.order.worst")
            else:
                self.console_app.say("stats.sorted", what=self.tr(f"stats.col.{name}"))

    def action_order(self) -> None:
        """The worst first, or in the order of the board."""
        if self._shown == "heat":
            self._worst_first = not self._worst_first
            self.tell()
            self.console_app.say("stats.order.worst" if self._worst_first else "stats.order.board")

    def action_next(self, step: int) -> None:
        """Look at the durations of the next program, in the order of the SLA board."""
        if self._order and self._shown == "durations":
            here = self._order.index(self.one) if self.one in self._order else 0
            self.one = self._order[(here + step) % len(self._order)]
            self.tell()
            self.ask_soon(AT_ONCE)

    def action_reload(self) -> None:
        """Ask again now."""
        self.ask()

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Open the runs of the day under the cursor; on the SLA board the durations of its program."""
        from batmon_tui.screens.day_runs import DayRunsScreen  # noqa: PLC0415 - the page does not wait for it

        one = self.known.programs.get(self.one)
        if one is not None and self._shown == "sla":
            self.action_view("durations")
        elif one is not None:
            chosen = self.durations.table.chosen
            day = self.heat.day if self._shown == "heat" else date.fromisoformat(chosen) if chosen else None
            if day is not None:
                self.app.push_screen(DayRunsScreen(self.one, day, one["timezone"]))

    def action_program(self) -> None:
        """Open the program's page."""
        if self.one in self.console_app.rows:
            self.console_app.open_program(self.one)
        elif self.one:
            self.console_app.say("stats.no_page", severity="warning", name=self.one)

    def action_definitions(self) -> None:
        """Say what the figures and the signs mean."""
        from batmon_tui.screens.definitions import DefinitionsDialog  # noqa: PLC0415 - as above

        self.app.push_screen(DefinitionsDialog())

    # -- the filter

    def action_filter(self) -> None:
        """Ask for words that a program must hold."""
        self.query_one("#filter-line").display = True
        self.set_focus(self.query_one("#filter", Input))

    @on(Input.Changed, "#filter")
    def _filter_typed(self, event: Input.Changed) -> None:
        self._wanted = event.value.strip()
        self.tell()

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        if self._wanted:
            self.set_focus(self._listed)
        else:
            self._all_again()

    def _all_again(self) -> None:
        self.query_one("#filter-line").display = False
        self.query_one("#filter", Input).value = ""
        self.set_focus(self._listed)

    def action_climb(self) -> None:
        """Out of the filter, then out of the page."""
        if self.query_one("#filter-line").display:
            self._all_again()
        else:
            super().action_climb()
