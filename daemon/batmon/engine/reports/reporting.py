"""Makes reports: checks what is wanted, has a child make it, keeps the file and writes down what became of it.

A report's row goes PENDING, RUNNING, DONE or FAILED; its file is there whole or not at all. A daemon that is killed
leaves an open row and perhaps a file: the next one says that it has failed and takes the file away.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from batmon.engine.patience import patient
from batmon.engine.reports.apart import LONGEST_SEC, Made, Order, make_apart
from batmon.engine.reports.names import incident_named, programs_named, run_named
from batmon.engine.reports.shelf import ReportShelf
from batmon.engine.reports.wanted import Checked, Usual, Wanted, asked_json, checked
from batmon.errors import BadRequest, BatmonError, NotFound, Problem, Refused, ReportError, StoreError
from batmon.refusals import because
from batmon.report.asked import ReportSettings, Template
from batmon.report.render import SUFFIX
from batmon.store.reports import NewReport, Report, Reports

log = logging.getLogger(__name__)

AT_ONCE = 2
MOST_OPEN = 20
"""Reports that are being made or wait for that."""
LOOK_EVERY_SEC = 3600.0
AGAIN_SEC = 60.0
"""How soon what could not be written down is looked for again."""
FORGOTTEN_AT_ONCE = 500
BROKEN_OFF = "the daemon ended while it was being made"
GIVEN_UP = "it was given up before it was done: whoever asked for it did not wait"
STOPPED = "the daemon was stopped while it was being made"

Progress = Callable[[Report, str], None]
"""Hears of the report and each step: ``waiting``, ``collecting``, ``writing``, ``done``."""
Templates = tuple[Mapping[str, Template], tuple[Problem, ...]]
"""Those that can be used by name, and what is wrong with others."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A report whose file is there; ``figures`` are its key figures as name and words, if it was made just now."""

    report: Report
    figures: tuple[tuple[str, str], ...] = ()


class Reporting:
    """The reports of one daemon.

    ``settings`` are those of all reports; ``templates`` gives those that can be used and what is wrong with others, and
    blocks; ``url`` is the database; ``settled`` waits until the figures hold everything that was recorded.
    """

    def __init__(
        self,
        records: Reports,
        *,
        state: Path,
        settings: Callable[[], ReportSettings],
        kept_for: timedelta,
        templates: Callable[[], Templates],
        usual: Callable[[], Usual],
        url: Callable[[], str],
        settled: Callable[[], Awaitable[None]],
        now: Callable[[], datetime],
        longest_sec: float = LONGEST_SEC,
    ) -> None:
        self.records = records
        self.shelf = ReportShelf(state)
        self.now = now
        self._settings = settings
        self._kept_for = kept_for
        self._templates = templates
        self._usual = usual
        self._url = url
        self._settled = settled
        self._longest_sec = longest_sec
        self._room = asyncio.Semaphore(AT_ONCE)
        self._asked = 0
        self._unsaid: dict[int, tuple[str, datetime]] = {}
        """Those whose failure could not be written down yet: why they failed, and when they were begun."""
        self._stopping = False
        self._look = asyncio.Event()

    @property
    def node(self) -> str:
        """This daemon's."""
        return self._usual().node

    async def templates(self) -> Templates:
        """Every template by name that can be used, and what is wrong with others."""
        return await asyncio.to_thread(self._templates)

    async def check(self, wanted: Wanted) -> Checked:
        """What would be made now.

        Raises:
            NotFound, BadRequest, ConfigError: it cannot be.
            StoreError: Postgres could not be asked.
        """
        known, wrong = await self.templates()
        to_make = checked(wanted, known, self._usual(), self.now(), wrong)
        asked, template = to_make.asked, known[wanted.template]
        await self._need_programs((*(asked.programs or template.programs), *template.section_programs))
        if asked.incident_id is not None:
            await incident_named(self.records.store, asked.incident_id)
        if asked.run:
            await run_named(self.records.store, asked.run)
        return to_make

    async def _need_programs(self, patterns: Sequence[str]) -> None:
        """See that each of them names something, if only since a moment ago."""
        if not patterns:
            return
        try:
            await programs_named(self.records.store, patterns)
        except BadRequest:
            await self._settled()
            await programs_named(self.records.store, patterns)

    async def make(self, wanted: Wanted, told: Progress = lambda _report, _step: None) -> Ready:
        """Make a report. When this is cancelled it is given up.

        Raises:
            NotFound, BadRequest, ConfigError: it cannot be made so.
            Refused: too many are being made.
            ReportError: it could not be made.
            StoreError: Postgres could not be asked.
        """
        to_make = await self.check(wanted)
        made = await self.records.of_key(wanted.key, self.node) if wanted.key else None
        if made is not None and await self.here(made):
            return Ready(made)
        if self._asked >= MOST_OPEN:
            raise Refused(because("reports-wait", most=MOST_OPEN))
        self._asked += 1
        try:
            return await self._written_down(wanted, to_make, told)
        finally:
            self._asked -= 1

    async def _written_down(self, wanted: Wanted, to_make: Checked, told: Progress) -> Ready:
        """Make it, and have its row say what became of it whatever happens."""
        began, asked = self.now(), to_make.asked
        new = NewReport(
            template=asked.template,
            period=None if asked.period is None else (asked.period.start, asked.period.end),
            format=to_make.form,
            by=asked.by,
            title=to_make.title,
            language=asked.language,
            node=asked.node,
            asked=asked_json(to_make),
            key=wanted.key,
            schedule_id=wanted.schedule_id,
        )
        number = await self.records.add(new, began)
        try:
            told(await self.find(number), "waiting")
            async with self._room:
                made = await self._made(number, to_make, told)
        except asyncio.CancelledError:
            await asyncio.shield(self._failed(number, STOPPED if self._stopping else GIVEN_UP, began))
            raise
        except BatmonError as error:
            await self._failed(number, f"{error}; {error.hint}" if error.hint else str(error), began)
            raise
        except Exception as error:
            log.exception("a report failed unexpectedly", extra={"report": number})
            await self._failed(number, f"{type(error).__name__}: {error}", began)
            raise ReportError(because("report-failed", why=error)) from error
        report = await self.find(number)
        told(report, "done")
        log.info("report made", extra={"report": number, "template": report.template, "path": report.path})
        return Ready(report, made.figures)

    async def _made(self, number: int, to_make: Checked, told: Progress) -> Made:
        asked, shelf = to_make.asked, self.shelf
        await self._settled()
        began = self.now()
        half, path = await asyncio.to_thread(shelf.prepare, asked.template, to_make.stem, SUFFIX[to_make.form])
        try:
            await self.records.begin(number, path)
            running = await self.find(number)
            told(running, "collecting")
            order = Order(self._url(), asked, self._settings(), to_make.form, str(half))
            made = await make_apart(order, lambda step: told(running, step), seconds=self._longest_sec)
            await asyncio.to_thread(shelf.put, half, path)
            await patient(
                self.records.done, number, title=made.title, size=made.size, sha256=made.sha256,
                summary=made.summary, now=self.now(), took=self.now() - began, markdown=made.markdown, cut=made.cut,
            )  # fmt: skip
        except BaseException:
            await asyncio.shield(asyncio.to_thread(shelf.give_up, half, path))
            raise
        return made

    async def _failed(self, number: int, words: str, began: datetime) -> None:
        log.warning("report %d: %s", number, words)
        try:
            await self.records.fail(number, words, self.now(), self.now() - began)
        except StoreError as error:
            log.warning("cannot write down yet that report %d has failed: %s", number, error)
            self._unsaid[number] = (words, began)
            self._look.set()

    async def find(self, number: int) -> Report:
        """One report.

        Raises:
            NotFound: there is none of that id.
        """
        report = await self.records.find(number)
        if report is None:
            raise NotFound(because("no-report", number=number))
        return report

    async def here(self, report: Report) -> bool:
        """Whether its file is on this node, whole."""
        return await asyncio.to_thread(self.is_here, report)

    def is_here(self, report: Report) -> bool:
        """The same. Blocks."""
        if report.status != "DONE" or report.node != self.node:
            return False
        return self.shelf.size(report.path) == report.size

    async def need_file(self, report: Report) -> None:
        """See that its file can be had here.

        Raises:
            NotFound: it was never made, is removed, is not there, or is on another node.
        """
        if report.status != "DONE":
            raise NotFound(
                because("report-has-no-file", number=report.id, status=report.status, why=report.error or "")
            )
        if report.node != self.node:
            raise _elsewhere(report)
        if not await self.here(report):
            raise NotFound(because("report-file-gone", number=report.id))

    async def remove(self, number: int) -> Report:
        """Remove a report's file; its row stays.

        Raises:
            Refused: it is being made.
            NotFound: its file is on another node.
            ReportError: it cannot be removed.
        """
        report = await self.find(number)
        if report.status in ("PENDING", "RUNNING"):
            raise Refused(because("report-being-made", number=number))
        if report.status == "DONE":
            if report.node != self.node:
                raise _elsewhere(report)
            await asyncio.to_thread(self.shelf.remove, report.path)
            await self.records.remove(number)
        return await self.find(number)

    async def recover(self) -> None:
        """Say of what an earlier daemon left in the middle that it has failed; remove what it left of files.

        Raises:
            StoreError: Postgres cannot be used.
        """
        for path in await self.records.fail_open(self.node, BROKEN_OFF, self.now()):
            await asyncio.to_thread(self.shelf.remove, path)
        await asyncio.to_thread(self.shelf.forget_halves)

    async def keep(self) -> None:
        """Remove the files of old reports, for ever; write down what could not be written down."""
        while True:
            self._look.clear()
            try:
                for number, (words, began) in list(self._unsaid.items()):
                    await self.records.fail(number, words, self.now(), self.now() - began)
                    del self._unsaid[number]
                await self._forget_old()
            except (StoreError, ReportError) as error:
                log.warning("old reports cannot be looked for: %s", error)
                self._look.set()
            try:
                async with asyncio.timeout(LOOK_EVERY_SEC):
                    await self._look.wait()
                await asyncio.sleep(AGAIN_SEC)
            except TimeoutError:
                continue

    async def _forget_old(self) -> None:
        for report in await self.records.old(self.node, self.now() - self._kept_for, FORGOTTEN_AT_ONCE):
            await asyncio.to_thread(self.shelf.remove, report.path)
            await self.records.remove(report.id)
            log.info("old report removed", extra={"report": report.id, "path": report.path})

    def stop(self) -> None:
        """What is given up from now on is given up because the daemon stops."""
        self._stopping = True


def _elsewhere(report: Report) -> NotFound:
    return NotFound(because("report-elsewhere", number=report.id, node=report.node))
