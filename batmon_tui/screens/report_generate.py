"""Asks for what a report needs, has it made, and shows how far it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from textual import on
from textual.widgets import Button, Static

from batmon_tui import reports
from batmon_tui.making import Making, say_made
from batmon_tui.screens.fields import Field
from batmon_tui.screens.report_fields import ReportFields, addresses, globs
from batmon_tui.view import View

NAMED = "days"
"""The choice of a period whose days are written."""
TICK_SEC = 0.2
BAR = 24
"""Cells of the bar of progress."""


def told_of(making: Making, view: View) -> str:
    """``████░░░░  40 %  collecting the figures``."""
    done = max(0, min(BAR, round(making.progress * BAR)))
    step = view.tr(f"reports.step.{making.step}") if making.step in STEPS else making.step
    return f"{'█' * done}{'░' * (BAR - done)} {round(making.progress * 100):>3} %  {step}"


STEPS = ("waiting", "collecting", "writing", "done")


class GenerateDialog(ReportFields):
    """Dismissed with the report once it is made; closed before, it goes on.

    ``templates`` as ``report.templates`` gives them; ``like``: a report whose template and format are proposed.
    """

    names = ("template", "period", "from", "to", "incident", "run", "format", "language", "programs", "email")
    choices = frozenset({"template", "period", "format", "language"})

    def __init__(self, templates: Sequence[Mapping[str, Any]], like: Mapping[str, Any] | None = None) -> None:
        super().__init__(templates)
        self._like = like or {}
        self._making: Making | None = None

    # -- what is asked for

    def heading(self) -> str:
        """What stands at the top."""
        return self.tr("reports.generate.title" if self.known else "reports.generate.nothing")

    def button(self) -> str:
        """The words of the button that does it."""
        return self.tr("reports.generate.button")

    def fields(self, filled: Mapping[str, str]) -> Mapping[str, Field]:
        """The fields of the chosen template."""
        found = {"template": self.named("template", str(self._like.get("template", "")), self.templates())}
        template = self.known.get(filled["template"])
        if template is None:
            return found
        needs, like = template["needs"], self._like if self._like.get("template") == template["name"] else {}
        if needs != "run":
            found["period"] = self.named("period", options=self._periods(template))
        if filled["period"] == NAMED:
            hint = self.tr("reports.field.day.hint")
            found |= {name: self.named(name, hint=hint, needed=True) for name in ("from", "to")}
        if needs == "incident":
            found["incident"] = self.named("incident", hint=self.tr("reports.field.incident.hint"))
        if needs == "run":
            found["run"] = self.named("run", hint=self.tr("reports.field.run.hint"), needed=True)
        found["format"] = self.named("format", str(like.get("format", "")), self.formats(template))
        found["language"] = self.named("language", self.console_app.language, self.languages())
        if needs != "run":
            found["programs"] = self.named("programs", hint=self.tr("reports.field.programs.hint"))
        found["email"] = self.named("email", hint=self.tr("reports.field.email.hint"))
        return found

    def _periods(self, template: Mapping[str, Any]) -> list[tuple[str, str]]:
        usual = template["period"]
        words = self.tr("reports.period.usual")
        if usual:
            words = self.tr("reports.period.usual.days", days=reports.days(usual["start"], usual["end"]))
        named = [(one, self.tr(f"reports.period.{one}")) for one in reports.PERIODS]
        return [("", words), *named, (NAMED, self.tr("reports.period.days"))]

    # -- making it

    def send(self, filled: Mapping[str, str]) -> None:
        """Have it made."""
        if self._making is not None:
            return
        try:
            args = self._args(filled)
        except ValueError as wrong:
            self.say(str(wrong))
            return
        self._making = Making()
        self._making.watched = True
        self._making.begin(self.console_app, args)
        self.query_one("#go", Button).display = False
        self.query_one("#cancel", Button).label = self.tr("reports.generate.stop")
        self.say("")
        self.query_one(".doing", Static).display = True
        self.hold(held=True)
        self.query_one(".ask", Static).update(self.tr("reports.generate.background"))
        self.set_interval(TICK_SEC, self._tick)
        self._tick()

    def _args(self, filled: Mapping[str, str]) -> dict[str, Any]:
        """What the gate takes; a ValueError says what cannot be read."""
        args: dict[str, Any] = {"template": filled["template"]}
        args |= {key: filled[key] for key in ("format", "language", "run") if filled[key]}
        if filled["period"] == NAMED:
            args |= {key: self._day(key, filled[key]) for key in ("from", "to")}
        elif filled["period"]:
            args["period"] = filled["period"]
        if filled["incident"]:
            number = filled["incident"].removeprefix("#")
            if not number.isdecimal():
                raise ValueError(self.tr("reports.no_number", what=self.tr("reports.field.incident")))
            args["incident"] = int(number)
        if filled["programs"]:
            args["programs"] = globs(filled["programs"])
        if filled["email"]:
            args["email"] = addresses(filled["email"])
        return args

    def _day(self, name: str, written: str) -> str:
        try:
            return date.fromisoformat(written).isoformat()
        except ValueError:
            raise ValueError(self.tr("reports.no_day", what=self.tr(f"reports.field.{name}"))) from None

    def _tick(self) -> None:
        making = self._making
        if making is None:
            return
        if not making.ended:
            self.query_one(".doing", Static).update(told_of(making, self.console_app.view))
            return
        self._making = None
        self.query_one(".doing", Static).display = False
        if making.given_up:
            self.console_app.say("reports.given_up")
            self.dismiss(None)
        elif making.problem:
            self.query_one("#go", Button).display = True
            self.query_one("#cancel", Button).label = self.tr("rerun.cancel")
            self.query_one(".ask", Static).update(self.tr("fields.keys", button=self.button()))
            self.hold(held=False)
            self.say(making.problem)
            self.set_focus(self.query_one("#in-template"))
        else:
            say_made(self.console_app, making)
            self.dismiss(dict(making.report or {}) or None)

    @on(Button.Pressed, "#cancel")
    def _stop(self, event: Button.Pressed) -> None:
        event.stop()
        if self._making is None:
            self.dismiss(None)
        else:
            self._making.give_up()

    def action_close(self) -> None:
        """Leave it; what is being made goes on, and a note will say how it ended."""
        if self._making is not None:
            self._making.watched = False
        self.dismiss(None)
