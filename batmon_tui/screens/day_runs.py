"""The runs of a program on one day of its time zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from rich.style import Style
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from batmon.errors import BatmonError, NotFound
from batmon.metrics.periods import DAY, midnight
from batmon.model import RunStatus
from batmon_tui import refusals, statistics_words
from batmon_tui.screens.page import Page
from batmon_tui.view import View
from batmon_tui.widgets.lines import LineList
from batmon_tui.widgets.runs_view import RunsView, shown_status

PAGE = 500
MOST = 3000
"""Runs of a day that are shown; one a minute is 1,440."""


class DayRunsScreen(Page):
    """Runs of ``program`` that began on ``day`` in ``timezone``, newest first; the cursor stands on the first fault."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "climb", show=False),
        Binding("l", "log", show=False),
        Binding("d", "difference", show=False),
        Binding("o", "program", show=False),
    ]

    def __init__(self, program: str, day: date, timezone: str) -> None:
        super().__init__()
        self.program = program
        self._day = day
        self._timezone = timezone
        self._runs: list[dict[str, Any]] | None = None
        self._cut = False
        self._problem = ""

    def content(self) -> ComposeResult:
        """Which day, then its runs."""
        yield Static(id="list-state", markup=False)
        yield Static(id="notice", markup=False)
        yield RunsView(id="day-runs")

    def on_mount(self) -> None:
        """Ask for them."""
        super().on_mount()
        self.query_one(RunsView).focus()
        self._ask()

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            ("Enter", self.tr("key.open"), "screen.open"),
            ("l", self.tr("key.log"), "screen.log"),
            ("d", self.tr("key.diff"), "screen.difference"),
            ("o", self.tr("stats.key.program"), "screen.program"),
            ("?", self.tr("key.help"), "app.help"),
        )

    @property
    def view(self) -> View:
        """Times in the zone that the day is of."""
        return self.console_app.view.of({"timezone": self._timezone})

    @work(exclusive=True, group="day", exit_on_error=True)
    async def _ask(self) -> None:
        zone = ZoneInfo(self._timezone)
        start, before = midnight(self._day, zone), midnight(self._day + DAY, zone)
        runs: list[dict[str, Any]] = []
        try:
            while True:
                answer = await self.console_app.link.request(
                    "runs", program=self.program, limit=PAGE, before=before.isoformat()
                )
                found = [run for run in answer["runs"] if datetime.fromisoformat(run["start_time"]) >= start]
                known = {run["run_id"] for run in runs}
                new = [run for run in found if run["run_id"] not in known]
                runs += new
                self._cut = len(runs) >= MOST
                if not answer["more"] or len(found) < len(answer["runs"]) or not new or self._cut:
                    break
                before = datetime.fromisoformat(runs[-1]["start_time"]) + timedelta(microseconds=1)
        except NotFound:  # what only recorded its runs, or is configured no more
            self._problem = self.tr("stats.no_runs", name=self.program)
        except BatmonError as error:
            self._problem = refusals.in_words(error, self.console_app.language)
        self._runs = runs
        self.tell()
        bad = next((run for run in runs if shown_status(run) not in (RunStatus.SUCCESS, RunStatus.RUNNING)), None)
        if bad is not None and self.ready:
            self.query_one(RunsView).go_to(bad["run_id"])

    def tell(self) -> None:
        """Say everything again."""
        if not self.ready:
            return
        colours, runs = self.app.theme_variables, self._runs
        head = Text(self.program, Style(bold=True, color=colours["accent"]), no_wrap=True, overflow="ellipsis")
        told = [statistics_words.day_name(self._day, self.view)]
        if runs:
            told.append(self._counted(runs))
        told += [self._timezone] if self._timezone != self.console_app.view.zone.key else []
        head.append("   " + " · ".join(told), Style(bold=False, color=colours["quiet"]))
        self.query_one("#list-state", Static).update(head, layout=False)
        notice = self._problem or (
            self.tr("program.loading") if runs is None else "" if runs else self.tr("stats.day.nothing_kept")
        )
        if self._cut:
            notice = self.tr("stats.day.cut", n=f"{MOST:,}")
        self.query_one("#notice", Static).set_class(bool(notice), "-shown").update(notice)
        self.query_one(RunsView).show(runs or (), self.view)

    def _counted(self, runs: Sequence[Mapping[str, Any]]) -> str:
        said = [shown_status(run) for run in runs]
        succeeded, missed = said.count(RunStatus.SUCCESS), said.count(RunStatus.MISSED)
        unfinished = said.count(RunStatus.RUNNING)
        return statistics_words.counted(
            (succeeded, len(said) - succeeded - missed - unfinished, missed, unfinished), self.view
        )

    def _chosen_run(self) -> dict[str, Any] | None:
        key = self.query_one(RunsView).chosen
        return next((run for run in self._runs or () if run["run_id"] == key), None)

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Open the run under the cursor."""
        from batmon_tui.screens.run import RunScreen  # noqa: PLC0415 - the page does not wait for it

        run = self._chosen_run()
        if run is not None:
            self.app.push_screen(RunScreen(self.program, run))

    def action_log(self) -> None:
        """Open the log where the run under the cursor begins."""
        run = self._chosen_run()
        self.console_app.open_log(self.program, run["run_id"] if run and run.get("log") else None)

    def action_difference(self) -> None:
        """Compare the run under the cursor with the last good one before it."""
        run = self._chosen_run()
        if run is not None:
            self.console_app.open_difference(self.program, run["run_id"])

    def action_program(self) -> None:
        """Open the program's page."""
        self.console_app.open_program(self.program)
