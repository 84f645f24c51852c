"""A report that is being made for the person at this console: it goes on whichever page is in front."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from textual.worker import Worker

from batmon.errors import BatmonError
from batmon_tui import refusals

if TYPE_CHECKING:
    from batmon_tui.app import BatmonApp


class Making:
    """What the daemon says while it makes a report. ``ended``: nothing more comes; ``problem`` says why it failed."""

    def __init__(self) -> None:
        self.report: Mapping[str, Any] | None = None
        self.step = "waiting"
        self.progress = 0.0
        self.problem = ""
        self.sent_to = 0
        """How many mails are owed with it."""
        self.attached = True
        self.given_up = False
        self.watched = False
        """Whether a dialog shows it, so that nobody else has to say how it ended."""
        self._worker: Worker[None] | None = None

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self._worker is not None and self._worker.is_finished

    @property
    def number(self) -> int | None:
        """The id of the report, once it has one."""
        return None if self.report is None else int(self.report["id"])

    def begin(self, app: BatmonApp, args: Mapping[str, Any]) -> None:
        """Ask for it: ``args`` of ``report.generate``."""
        app.making.append(self)
        self._worker = app.run_worker(self._run(app, args), name="report", group="making", exit_on_error=True)

    def give_up(self) -> None:
        """Stop it: the daemon makes it FAILED."""
        self.given_up = True
        if self._worker is not None:
            self._worker.cancel()

    async def _run(self, app: BatmonApp, args: Mapping[str, Any]) -> None:
        try:
            async with app.link.stream("report.generate", **args) as items:
                async for item in items:
                    self._take(item)
            self._take(items.result or {})
            self.given_up = self.given_up or items.result is None
        except BatmonError as error:
            self.problem = refusals.in_words(error, app.language)
        finally:
            app.making.remove(self)
        if self.report is not None and self.report["status"] == "FAILED" and not self.problem:
            self.problem = str(self.report["error"])
        self._tell(app)

    def _take(self, said: Mapping[str, Any]) -> None:
        self.report = said.get("report", self.report)
        self.step = str(said.get("step", self.step))
        self.progress = float(said.get("progress", self.progress))
        self.sent_to = len(said.get("owed", ()))
        self.attached = bool(said.get("attached", True))

    def _tell(self, app: BatmonApp) -> None:
        """Say how it ended, unless a dialog does."""
        if self.watched:
            return
        title = str(self.report["title"]) if self.report is not None else ""
        if self.problem:
            app.say("reports.made.failed", severity="error", title=title, why=self.problem)
        elif not self.given_up:
            say_made(app, self)


def say_made(app: BatmonApp, making: Making) -> None:
    """A note that it is there, and whether it was sent."""
    title = str(making.report["title"]) if making.report is not None else ""
    if not making.sent_to:
        app.say("reports.made", title=title)
    elif making.attached:
        app.say("reports.made.sent", title=title, n=making.sent_to)
    else:
        app.say("reports.made.too_large", severity="warning", title=title, n=making.sent_to)
