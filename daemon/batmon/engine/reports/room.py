"""Everything about reports of one daemon put together: making them, their schedules, the step, and the verbs.

What reports are made of is imported when the first of them is wanted: a daemon that makes none does not pay for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from batmon.engine.automations.steps import message_language
from batmon.engine.patience import patient
from batmon.engine.reports.answers import ReportAnswers
from batmon.engine.reports.reporting import Reporting, Templates
from batmon.engine.reports.schedule_answers import ReportScheduleAnswers
from batmon.engine.reports.schedules import ReportSchedules
from batmon.engine.reports.wanted import Usual
from batmon.engine.tasks import Tasks
from batmon.gate.verbs import Verb
from batmon.report.asked import ReportSettings
from batmon.store.reports import Reports

if TYPE_CHECKING:
    from batmon.config import Config
    from batmon.config.report_step import ReportStep
    from batmon.engine.automations.execution import Attempt
    from batmon.engine.daemon import Daemon
    from batmon.store import Store
    from batmon.store.notifications import Owed

log = logging.getLogger(__name__)

SETTLE_SEC = 30.0
"""How long a report waits for the statistics to hold what was recorded."""


class ReportRoom:
    """Made before the automations, whose step ``make`` is; ``start`` before they start."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        config = daemon.config
        self.reporting = Reporting(
            Reports(daemon.store),
            state=config.state,
            settings=self._settings,
            kept_for=config.reports.keep,
            templates=lambda: templates_of(config),
            usual=self.usual,
            url=lambda: daemon.database_url,
            settled=self._settled,
            now=daemon.now,
        )

    def usual(self) -> Usual:
        """What holds where nobody says otherwise."""
        config = self._daemon.config
        return Usual("en" if message_language(config) == "en" else "ko", self._daemon.timezone, config.node)

    async def make(
        self, one: Attempt, step: ReportStep, values: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[Owed]]:
        """The step of automations."""
        from batmon.engine.reports.step import make_report  # noqa: PLC0415 - nobody needs it before

        return await make_report(self.reporting, one, step, values)

    async def start(self, tasks: Tasks) -> None:
        """Clear up what an earlier daemon left, and follow the schedules.

        Raises:
            StoreError: Postgres cannot be used.
        """
        await self.reporting.recover()
        await self.schedules.follow()
        tasks.keep("reports", self.reporting.keep())
        tasks.keep("schedules of reports", self.schedules.keep())

    @property
    def schedules(self) -> ReportSchedules:
        """Those of the database, over the daemon's automations."""
        daemon = self._daemon
        return ReportSchedules(
            self.reporting.records, daemon.automations, self.reporting, watch=self._watch, now=daemon.now
        )

    async def problems(self) -> list[str]:
        """What is wrong with own templates and with steps, in sentences for ``doctor``."""
        from batmon.engine.reports.problems import report_problems  # noqa: PLC0415 - see above

        return [str(one) for one in await asyncio.to_thread(report_problems, self._daemon.config)]

    async def _watch(self) -> None:
        """Have a probe look after the schedules, where none looks after automations yet."""
        for probe in self._daemon.config.spare_probes:
            await self._daemon.probing.add(probe)
            self._daemon.automations.watched()

    def verbs(self) -> dict[str, Verb]:
        """What the gate answers about it."""
        answers = ReportAnswers(
            self.reporting,
            self._daemon.notifying.notifications,
            usual=self.usual,
            has_mail=self._daemon.config.email is not None,
            now=self._daemon.now,
        )
        return answers.verbs() | ReportScheduleAnswers(self.schedules, recipients=answers.recipients).verbs()

    def _settings(self) -> ReportSettings:
        from batmon.engine.reports.making import report_settings  # noqa: PLC0415 - see above

        return report_settings(self._daemon.config)

    async def _settled(self) -> None:
        if not await self._daemon.rollup.settle(SETTLE_SEC):
            log.warning("a report is made before the statistics hold everything that was recorded")


async def with_probes(config: Config, store: Store) -> Config:
    """The configuration of a database that has schedules already: with the probes that look after them.

    Raises:
        StoreError: Postgres cannot be used.
    """
    if not config.spare_probes or not await patient(Reports(store).schedules):
        return config
    return replace(config, probes=(*config.probes, *config.spare_probes), spare_probes=())


def templates_of(config: Config) -> Templates:
    """Every template that can be used, and what is wrong with others. Blocks."""
    from batmon.engine.reports.making import report_settings, usable_templates  # noqa: PLC0415 - see above

    return usable_templates(report_settings(config).folder)
