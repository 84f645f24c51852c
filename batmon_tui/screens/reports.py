"""The reports that were made, and those that are being made: read, fetch, send and remove them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from batmon.model import Role
from batmon_tui import reports
from batmon_tui.incidents import one_line
from batmon_tui.making import Making
from batmon_tui.screens import opening
from batmon_tui.screens.form import Box, Filled, FormDialog
from batmon_tui.screens.listing import Line, ListPage, holds
from batmon_tui.screens.report_fields import addresses
from batmon_tui.screens.report_generate import GenerateDialog, told_of
from batmon_tui.screens.report_preview import ReportPreviewScreen
from batmon_tui.widgets.columns import CellList
from batmon_tui.widgets.lines import LineList

LISTED = 50
"""Reports that are asked for at a time."""
TICK_SEC = 0.5
"""How often the progress of one's own reports is shown."""


class ReportsView(CellList):
    """Reports; the key of a row is the id."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("g", "screen.generate", show=False)]

    right = (4,)
    give_way = (4, 3, 2)
    most: Mapping[int, int] = {0: 10, 1: 30}
    least_last = 12


class ReportsScreen(ListPage):
    """Newest first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "send", show=False),
        Binding("d", "download", show=False),
        Binding("s", "schedules", show=False),
        Binding("x,delete", "remove", show=False),
        Binding("o", "file", show=False),
        Binding("c", "give_up", show=False),
        Binding("m", "more", show=False),
    ]
    list_type = ReportsView
    filtered = True

    def __init__(self) -> None:
        super().__init__()
        self._at_most = LISTED
        self._new = ""
        """The report that was made just now, until the cursor stands on it."""

    def above(self) -> ComposeResult:
        """How far one's own reports are."""
        yield Static(id="making", markup=False)

    def on_mount(self) -> None:
        """Show the progress as it comes."""
        super().on_mount()
        self.set_interval(TICK_SEC, self._tell_making)

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        more = bool(self.answer and self.answer["more"])
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            ("Enter", self.tr("reports.key.preview"), "screen.open"),
            ("g", self.tr("reports.key.generate"), "screen.generate"),
            *((("c", self.tr("reports.key.stop"), "screen.give_up"),) if self.console_app.making else ()),
            ("d", self.tr("reports.key.download"), "screen.download"),
            ("e", self.tr("reports.key.send"), "screen.send"),
            ("s", self.tr("reports.key.schedules"), "screen.schedules"),
            ("x", self.tr("reports.key.remove"), "screen.remove"),
            *((("m", self.tr("form.more"), "screen.more"),) if more else ()),
            ("o", self.tr("reports.key.file"), "screen.file"),
            ("/", self.tr("key.filter"), "screen.filter"),
            ("?", self.tr("key.help"), "app.help"),
        )

    # -- what is there

    async def fetch(self) -> Any:
        """The latest reports, and once the templates."""
        request = self.console_app.link.request
        known = (self.answer or {}).get("templates")
        templates = known or await request("report.templates")
        found: list[dict[str, Any]] = []
        args: dict[str, Any] = {"limit": LISTED}
        while True:
            page = await request("report.list", **args)
            found += page["reports"]
            if not page["more"] or not page["reports"] or len(found) >= self._at_most:
                return {"reports": found, "more": page["more"], "templates": templates}
            args["before"] = found[-1]["id"]

    def state_before(self) -> str:
        """The title."""
        return self.tr("reports.title")

    def state(self) -> tuple[str, Sequence[str]]:
        """How many there are, how many failed, how many are under way; what is wrong with own templates."""
        found, more = self.answer["reports"], self.answer["more"]
        failed = sum(one["status"] == "FAILED" for one in found)
        making = sum(one["status"] in reports.UNDER_WAY for one in found)
        key = "reports.count.more" if more else "reports.count.one" if len(found) == 1 else "reports.count"
        said = [self.tr("reports.failed", n=failed)] if failed else []
        said += [self.tr("reports.making", n=making)] if making else []
        problems = self.answer["templates"]["problems"]
        said += [self.tr("reports.problem", problem=one_line(problems[0]))] if problems else []
        return self.tr("reports.title"), [self.tr(key, n=len(found)), *said]

    def empty(self) -> str:
        """None, or none that match."""
        return self.tr("form.none_match", text=self.wanted) if self.wanted else self.tr("reports.none")

    def headings(self) -> Sequence[str]:
        """State, report, period, format, size, when it was made, by whom or why not."""
        return [self.tr(f"reports.col.{name}") for name in ("status", "title", "period", "format", "size", "at", "by")]

    def lines(self) -> Sequence[Line]:
        """One line each."""
        view, found = self.view, []
        for one in self.answer["reports"]:
            cells = (
                reports.status(one, view),
                one["title"],
                reports.days(one["period_start"], one["period_end"]),
                self.tr(f"reports.format.{one['format']}") if one["format"] in reports.FORMATS else one["format"],
                reports.size(one),
                view.brief(one["created_at"]),
                one_line(reports.error_of(one, view)) if one["status"] == "FAILED" else reports.made_by(one),
            )
            if not self.wanted or holds((*cells, one["template"], one["generated_by"]), self.wanted):
                shade = "lines--error" if one["status"] == "FAILED" else "lines--quiet"
                found.append((str(one["id"]), reports.sign(one), cells, shade))
        return found

    def detail(self, key: str, width: int) -> Text | None:
        """Where its file is, or why there is none."""
        one = self._one()
        if one is None or str(one["id"]) != key:
            return None
        return reports.about(one, self.view, self.app.theme_variables, width, max(3, self.size.height // 4))

    def tell(self) -> None:
        """Say everything again."""
        super().tell()
        if self._new and self._new in self.listed.keys:
            self.listed.go_to(self._new)
            self._new = ""
        self._tell_making()

    def _tell_making(self) -> None:
        if not self.ready:
            return
        said = "\n".join(self._told_of(one) for one in self.console_app.making if not one.watched)
        bar = self.query_one("#making", Static)
        if said or bar.has_class("-shown"):
            if not said:
                self.ask()
            bar.set_class(bool(said), "-shown").update(said)
            self.tell_frame()

    def _told_of(self, making: Making) -> str:
        title = f" · {making.report['title']}" if making.report is not None else ""
        return told_of(making, self.view) + title

    def _one(self) -> Mapping[str, Any] | None:
        key = self.chosen
        return next((one for one in (self.answer or {"reports": ()})["reports"] if str(one["id"]) == key), None)

    # -- what can be done

    def _may_act(self) -> bool:
        if not self.console_app.may(Role.OPERATOR):
            self.console_app.say("form.viewer", severity="warning")
            return False
        return True

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Show what is in it."""
        one = self._one()
        if one is not None:
            self.app.push_screen(ReportPreviewScreen(one))

    def action_generate(self) -> None:
        """Ask for what a report needs, then make it."""
        if self.answer is None or not self._may_act():
            return

        def answered(made: Mapping[str, Any] | None) -> None:
            self._new = str(made["id"]) if made is not None else ""
            self.ask()

        self.app.push_screen(GenerateDialog(self.answer["templates"]["templates"], self._one()), answered)

    def action_give_up(self) -> None:
        """Stop the latest of one's own reports that are being made."""
        mine: list[Making] = self.console_app.making
        if mine:
            mine[-1].give_up()
            self.console_app.say("reports.given_up")
            self.ask()

    def action_more(self) -> None:
        """Ask for older ones."""
        if self.answer and self.answer["more"]:
            self._at_most += LISTED
            self.ask()

    def action_schedules(self) -> None:
        """Show which reports are made regularly."""
        opening.report_schedules(self.console_app)

    def _with_file(self) -> Mapping[str, Any] | None:
        """The report under the cursor if its file is here; what there is to say if it is not."""
        one = self._one()
        if one is None:
            return None
        if not one["path"] or one["status"] != "DONE":
            self.console_app.say("reports.no_file", severity="warning")
        elif not one["here"]:
            self.console_app.say("reports.elsewhere", severity="warning", node=one["node"])
        else:
            return one
        return None

    def action_download(self) -> None:
        """Take its file along."""
        one = self._with_file()
        if one is not None:
            self.console_app.open_download(one["path"], int(one["file_size"] or 0))

    def action_file(self) -> None:
        """Look into its file."""
        one = self._with_file()
        if one is not None:
            self.console_app.open_preview(one["path"])

    def action_send(self) -> None:
        """Ask to whom, then send it."""
        one = self._one()
        if one is None or not self._may_act():
            return
        if one["status"] != "DONE":
            self.console_app.say("reports.no_file", severity="warning")
            return

        def request(filled: Filled) -> tuple[str, dict[str, Any]]:
            return "report.send", {"id": one["id"], "email": addresses(filled["email"])}

        def answered(answer: dict[str, Any] | None) -> None:
            if answer is not None:
                key = "reports.send.done" if answer["attached"] else "reports.send.too_large"
                self.console_app.say(key, n=len(answer["owed"]))

        boxes = (Box("email", self.tr("reports.send.to"), needed=True),)
        title, button = self.tr("reports.send.title", name=one["title"]), self.tr("reports.send.button")
        self.app.push_screen(FormDialog(title, button, boxes, request, said=self.tr("reports.send.words")), answered)

    def action_remove(self) -> None:
        """Ask, then remove its file."""
        one = self._one()
        if one is None or not self._may_act():
            return

        def answered(answer: dict[str, Any] | None) -> None:
            if answer is not None:
                self.console_app.say("reports.remove.done", name=one["title"])
                self.ask()

        name = f"{one['title']} {reports.days(one['period_start'], one['period_end'])}".strip()
        title, button = self.tr("reports.remove.title", name=name), self.tr("reports.remove.button")
        said = self.tr("reports.remove.words")
        self.app.push_screen(
            FormDialog(title, button, (), lambda _: ("report.remove", {"id": one["id"]}), said=said), answered
        )
