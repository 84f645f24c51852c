"""Which reports are made regularly, for whom, and how the last one went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual import on, work
from textual.binding import Binding, BindingType

from batmon.errors import BatmonError
from batmon.model import Role
from batmon_tui import refusals, reports
from batmon_tui.screens import opening
from batmon_tui.screens.fields import Field
from batmon_tui.screens.form import Box, Filled, FormDialog
from batmon_tui.screens.listing import Line, ListPage, holds
from batmon_tui.screens.report_fields import ReportFields, addresses, globs
from batmon_tui.widgets.columns import CellList
from batmon_tui.widgets.lines import LineList


class SchedulesView(CellList):
    """Schedules; the key of a row is the name."""

    give_way = (5, 3, 1)
    most: Mapping[int, int] = {0: 22, 1: 26, 2: 24, 5: 26}
    least_last = 18


class SchedulesScreen(ListPage):
    """Those whose last report failed first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", show=False),
        Binding("p", "pause", show=False),
        Binding("r", "run", show=False),
        Binding("x,delete", "remove", show=False),
    ]
    list_type = SchedulesView
    filtered = True

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        one = self._one() if self.ready else None
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            ("Enter", self.tr("reports.schedules.key.log"), "screen.open"),
            ("n", self.tr("reports.schedules.key.new"), "screen.new"),
            ("r", self.tr("jobs.key.run"), "screen.run"),
            ("p", self.tr("jobs.key.resume" if one and one["paused"] else "jobs.key.pause"), "screen.pause"),
            ("x", self.tr("reports.key.remove"), "screen.remove"),
            ("/", self.tr("key.filter"), "screen.filter"),
            ("?", self.tr("key.help"), "app.help"),
        )

    def __init__(self) -> None:
        super().__init__()
        self._titles: dict[str, Mapping[str, str]] = {}
        """What the templates are called in each language, by name."""

    async def fetch(self) -> Any:
        """All of them, and once what the templates are called."""
        request = self.console_app.link.request
        found = (await request("report.schedules"))["schedules"]
        if not self._titles.keys() >= {one["template"] for one in found}:
            self._titles = {one["name"]: one["titles"] for one in (await request("report.templates"))["templates"]}
        return reports.schedules_in_order(found)

    def _title(self, one: Mapping[str, Any]) -> str:
        return self._titles.get(one["template"], {}).get(self.console_app.language) or str(one["title"])

    def state_before(self) -> str:
        """The title."""
        return self.tr("reports.schedules.title")

    def state(self) -> tuple[str, Sequence[str]]:
        """How many there are, how many failed last, how many rest."""
        found = self.answer
        bad = sum((one["last"] or {}).get("status") == "failed" for one in found)
        paused = sum(bool(one["paused"]) for one in found)
        said = [self.tr(f"reports.schedules.count{'.one' if len(found) == 1 else ''}", n=len(found))]
        said += [self.tr("reports.schedules.bad", n=bad)] if bad else []
        said += [self.tr("reports.schedules.resting", n=paused)] if paused else []
        return self.state_before(), said

    def empty(self) -> str:
        """None, or none that match."""
        return self.tr("form.none_match", text=self.wanted) if self.wanted else self.tr("reports.schedules.none")

    def headings(self) -> Sequence[str]:
        """Name, report, when, format, next, to whom, how the last one went."""
        names = ("name", "title", "when", "format", "next", "to", "last")
        return [self.tr(f"reports.schedules.col.{name}") for name in names]

    def lines(self) -> Sequence[Line]:
        """One line each."""
        view, found = self.view, []
        for one in self.answer:
            cells = (
                one["name"],
                self._title(one),
                reports.when(one, view),
                self.tr(f"reports.format.{one['format']}"),
                self.tr("jobs.paused") if one["paused"] else view.brief(one["next_due"]),
                ", ".join(one["email"]),
                reports.last(one, view),
            )
            if not self.wanted or holds(cells, self.wanted):
                bad = (one["last"] or {}).get("status") == "failed"
                found.append(
                    (one["name"], reports.schedule_sign(one), cells, "lines--error" if bad else "lines--quiet")
                )
        return found

    def detail(self, key: str, width: int) -> Text | None:
        """What it is about, who gets it, who made it, its last error."""
        one = next((one for one in self.answer if one["name"] == key), None)
        if one is None:
            return None
        return reports.about_schedule({**one, "title": self._title(one)}, self.view, self.app.theme_variables, width)

    def _one(self) -> Mapping[str, Any] | None:
        return next((one for one in self.answer or () if one["name"] == self.chosen), None)

    # -- what can be done

    @on(LineList.Moved)
    def _keys_of_another(self) -> None:
        self.tell_frame()

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Show what it did each time."""
        one = self._one()
        if one is not None:
            opening.automation(self.console_app, one["job"])

    def _allowed(self) -> bool:
        if not self.console_app.may(Role.OPERATOR):
            self.console_app.say("form.viewer", severity="warning")
            return False
        return True

    @work(exclusive=True, group="new", exit_on_error=True)
    async def action_new(self) -> None:
        """Ask for what a schedule needs."""
        if not self._allowed():
            return
        try:
            templates = (await self.console_app.link.request("report.templates"))["templates"]
        except BatmonError as error:
            self.console_app.say_error(error)
            return
        self.app.push_screen(ScheduleDialog(templates), self._added)

    def _added(self, added: Mapping[str, Any] | None) -> None:
        if added is not None:
            next_due = self.view.moment(added["next_due"])
            self.console_app.say("reports.schedule.done", name=added["name"], when=next_due)
            self.ask()

    def action_pause(self) -> None:
        """Ask, then let it rest; or let it go on."""
        one = self._one()
        if one is None or not self._allowed():
            return
        if one["paused"]:
            self._form("reports.schedule.resume", one, (), "report.schedule.resume")
        else:
            self._form("reports.schedule.pause", one, (Box("why", self.tr("form.why")),), "report.schedule.pause")

    def action_remove(self) -> None:
        """Ask, then remove it."""
        one = self._one()
        if one is not None and self._allowed():
            self._form("reports.schedule.remove", one, (), "report.schedule.remove")

    def action_run(self) -> None:
        """Ask, then make its report now."""
        one = self._one()
        if one is not None and self._allowed():
            said = self.tr("jobs.run.paused" if one["paused"] else "jobs.run.words", title=self._title(one))
            self._form("jobs.run", one, (), "automation.run", name=one["job"], said=said)

    def _form(
        self, key: str, one: Mapping[str, Any], boxes: Sequence[Box], verb: str, *, name: str = "", said: str = ""
    ) -> None:
        def request(filled: Filled) -> tuple[str, dict[str, Any]]:
            return verb, {"name": name or one["name"], **{box: text for box, text in filled.items() if text}}

        def answered(answer: dict[str, Any] | None) -> None:
            if answer is not None:
                self.console_app.say(f"{key}.done", name=one["name"])
                self.ask()

        title, button = self.tr(f"{key}.title", name=one["name"]), self.tr(f"{key}.button")
        words = said or self.tr(f"{key}.words")
        self.app.push_screen(FormDialog(title, button, boxes, request, said=words), answered)


class ScheduleDialog(ReportFields):
    """Dismissed with the schedule as the daemon keeps it."""

    names = ("template", "cron", "email", "name", "period", "format", "language", "programs")

    def __init__(self, templates: Sequence[Mapping[str, Any]]) -> None:
        super().__init__([one for one in templates if one["needs"] != "run"])

    def heading(self) -> str:
        """What stands at the top."""
        return self.tr("reports.schedule.title" if self.known else "reports.generate.nothing")

    def button(self) -> str:
        """The words of the button that does it."""
        return self.tr("reports.schedule.button")

    def fields(self, filled: Mapping[str, str]) -> Mapping[str, Field]:
        """The fields of the chosen template."""
        found = {"template": self.named("template", options=self.templates())}
        template = self.known.get(filled["template"])
        if template is None:
            return found
        periods = [(one, self.tr(f"reports.period.{one}")) for one in reports.PERIODS]
        return {
            **found,
            "cron": self.named("cron", hint=self.tr("reports.field.cron.hint"), needed=True),
            "email": self.named("email", hint=self.tr("reports.send.to"), needed=True),
            "name": self.named("name", hint=template["name"]),
            "period": self.named("period", options=[("", self.tr("reports.period.complete")), *periods]),
            "format": self.named("format", options=self.formats(template)),
            "language": self.named("language", self.console_app.language, self.languages()),
            "programs": self.named("programs", hint=self.tr("reports.field.programs.hint")),
        }

    def send(self, filled: Mapping[str, str]) -> None:
        """Have it kept."""
        args: dict[str, Any] = {key: filled[key] for key in ("template", "cron", "format", "language")}
        args["name"] = filled["name"] or filled["template"]
        args["email"] = addresses(filled["email"])
        if filled["period"]:
            args["period"] = filled["period"]
        if filled["programs"]:
            args["programs"] = globs(filled["programs"])
        self.say(self.tr("rerun.asking"))
        self._request(args)

    @work(exclusive=True, group="ask", exit_on_error=True)
    async def _request(self, args: dict[str, Any]) -> None:
        try:
            answer = await self.console_app.link.request("report.schedule.add", **args)
        except BatmonError as error:
            self.say(refusals.in_words(error, self.console_app.language))
            return
        self.dismiss(answer["schedule"])
