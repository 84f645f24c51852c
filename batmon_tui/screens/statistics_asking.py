"""How the statistics page asks the daemon: figures page by page, the days of what is in sight, one program in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textual import work
from textual.timer import Timer

from batmon.errors import BatmonError
from batmon.metrics.periods import Period
from batmon_tui import refusals
from batmon_tui.screens.page import Page
from batmon_tui.statistics import SPANS, USUAL_SPAN, Statistics, earlier

FIRST = 60
"""Programs that are asked for first, so that a screen is full at once."""
PAGE = 500
DAYS_PAGE = 50
"""Programs whose days are asked for at a time."""
REST_SEC = 0.2
"""How long the cursor stays with a program before its days are asked for one by one."""
AT_ONCE = 0.01
"""Where it is what somebody waits for."""
PATIENCE_SEC = 0.5
"""After so long without an answer the page says that it waits for one."""
KEPT = 40
"""Programs whose days are kept one by one."""


class StatisticsAsking(Page):
    """``known`` is what has come of the period; the three ``show_`` methods are called when more has."""

    def __init__(self) -> None:
        super().__init__()
        self.known = Statistics()
        self.span = USUAL_SPAN
        self.period: Period | None = None
        """The one that somebody went back to; None: that of the span as of now."""
        self.known_span = USUAL_SPAN
        """The span whose figures ``known`` are; empty for a period that somebody went back to."""
        self.one = ""
        """The program that the cursor stands on."""
        self.problem = ""
        self.waits = False
        """Whether an answer takes long enough to be said."""
        self._later: list[Period] = []
        """The periods that one came from by going back, the latest last."""
        self._in_full: dict[str, Mapping[str, Any]] = {}
        self._asking: set[str] = set()
        self._rest: Timer | None = None
        self._patience: Timer | None = None

    def show_figures(self) -> None:
        """The figures of programs are others."""
        raise NotImplementedError

    def show_days(self, programs: set[str]) -> None:
        """The counts of these programs' days have come."""
        raise NotImplementedError

    def show_one(self) -> None:
        """The program under the cursor is known in full."""
        raise NotImplementedError

    def show_problem(self) -> None:
        """Something could not be asked."""
        raise NotImplementedError

    def in_sight(self) -> Sequence[str]:
        """The programs whose days are in sight."""
        raise NotImplementedError

    @property
    def in_full(self) -> Mapping[str, Any] | None:
        """The answer of ``stats.program`` for the program under the cursor, if it has come."""
        return self._in_full.get(self.one)

    # -- the figures

    def _span_args(self) -> dict[str, str]:
        return {"period": self.span} if self.period is None else _args_of(self.period)

    @work(exclusive=True, group="stats", exit_on_error=True)
    async def ask(self) -> None:
        """Ask for the figures of the period; one that was not shown before is shown as it comes."""
        request, span = self.console_app.link.request, self._span_args()
        found, offset = Statistics(), 0
        name = self.span if self.period is None else ""
        self._wait()
        try:
            while True:
                limit = PAGE if offset else FIRST
                answer = await request("stats.programs", **span, offset=offset, limit=limit)
                found.take_programs(answer)
                if found.period != self.known.period or found.complete:
                    self._take(found, name)
                if answer["next"] is None:
                    return
                offset = answer["next"]
        except BatmonError as error:
            self._refused(error)

    def _wait(self) -> None:
        if self._patience is None:
            self._patience = self.set_timer(PATIENCE_SEC, self._waits_long)

    def _waits_long(self) -> None:
        self.waits = True
        self.show_problem()

    def _answered(self) -> None:
        if self._patience is not None:
            self._patience.stop()
        self._patience, self.waits = None, False

    def _take(self, found: Statistics, span: str) -> None:
        self._answered()
        self.problem, self.known_span = "", span
        if found is not self.known:
            found.keep_days_of(self.known)
            self.known = found
            self._asking.clear()
            self._in_full.clear()
        self.show_figures()
        self.ask_days(self.in_sight(), again=found.complete)
        self.ask_soon()

    def _refused(self, error: BatmonError) -> None:
        self._answered()
        self.problem = refusals.in_words(error, self.console_app.language)
        self.show_problem()

    # -- other periods

    def action_span(self, step: int) -> None:
        """Take the next period."""
        self.span = SPANS[(SPANS.index(self.span) + step) % len(SPANS)]
        self.period = None
        self._later.clear()
        self.ask()

    def action_earlier(self) -> None:
        """Go back to the period before."""
        here = self.period or self.known.period
        if here is not None:
            self._later += [self.period] if self.period is not None else []
            self.period = earlier(here, self.span)
            self.ask()

    def action_later(self) -> None:
        """Go to the period that one came from, at last to that of now."""
        if self.period is not None:
            self.period = self._later.pop() if self._later else None
            self.ask()

    # -- the days of what is in sight

    def ask_days(self, programs: Sequence[str], *, again: bool = False) -> None:
        """Ask for the days of these programs that have not come; ``again``: of all of them."""
        missing = programs if again else self.known.without_days(programs)
        wanted = [name for name in missing if name not in self._asking]
        for start in range(0, len(wanted), DAYS_PAGE):
            page = wanted[start : start + DAYS_PAGE]
            self._asking.update(page)
            self._ask_days(self.known, page)

    @work(group="days", exit_on_error=True)
    async def _ask_days(self, known: Statistics, programs: Sequence[str]) -> None:
        if known.period is None:
            return
        about: dict[str, Any] = {**_args_of(known.period), "programs": list(programs)}
        offset: int | None = 0
        try:
            while offset is not None:
                answer = await self.console_app.link.request("stats.days", **about, offset=offset, limit=DAYS_PAGE)
                known.take_days(answer)
                offset = answer["next"]
            known.take_none(programs)
        except BatmonError as error:
            if known is self.known:
                self._refused(error)
        if known is self.known:
            self._asking.difference_update(programs)
            self.show_days(set(programs))

    # -- one program in full

    def ask_soon(self, after: float = REST_SEC) -> None:
        """Ask for the program under the cursor in full once the cursor has stayed with it."""
        if self._rest is not None:
            self._rest.stop()
        if self.one and self.in_full is None and self.known.period is not None:
            self._rest = self.set_timer(after, self._ask_one)

    @work(exclusive=True, group="one", exit_on_error=True)
    async def _ask_one(self) -> None:
        name, known = self.one, self.known
        if known.period is None or name not in known.programs:
            return
        try:
            answer = await self.console_app.link.request("stats.program", program=name, **_args_of(known.period))
        except BatmonError as error:
            self._refused(error)
            return
        if known is self.known:
            self._in_full[name] = answer
            while len(self._in_full) > KEPT:
                self._in_full.pop(next(iter(self._in_full)))
            self.show_one()


def _args_of(period: Period) -> dict[str, str]:
    return {"from": period.start.isoformat(), "to": period.end.isoformat()}
