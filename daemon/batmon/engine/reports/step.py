"""The step ``report`` of an automation: makes a report of its due time, and says which mails are owed for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from batmon.config.report_step import ReportStep
from batmon.config.targets import ADMINS
from batmon.engine.automations.execution import Attempt
from batmon.engine.reports.mail import addresses, mails_of
from batmon.engine.reports.reporting import Reporting
from batmon.engine.reports.wanted import Wanted
from batmon.errors import BadRequest, ConfigError, NotFound, ReportError, StepFailed
from batmon.notify.expressions import rendered
from batmon.refusals import because
from batmon.store.automations import FAMILY
from batmon.store.notifications import Owed


async def make_report(
    reporting: Reporting, one: Attempt, step: ReportStep, values: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Owed]]:
    """Make one, or take the one that an earlier attempt of the same execution has made.

    Raises:
        StepFailed: it cannot be made, or a recipient is none.
    """
    automation = one.automation
    zone, language = ZoneInfo(step.timezone or automation.timezone), step.language or one.language
    name = automation.name.removeprefix(FAMILY)

    def text(written: str) -> str:
        if step.schedule is not None:  # somebody's words, and not an expression of the configuration
            return written
        try:
            return rendered(written, values, zone, language).strip()
        except ValueError as error:
            raise StepFailed(because("step-failed", place=step.place, why=error, hint="")) from error

    wanted = Wanted(
        template=step.template,
        form=step.form,
        period=text(step.period),
        complete=True,
        as_of=one.slot,
        language=language,
        timezone=zone.key,
        programs=step.programs,
        by=f"{'schedule' if automation.name.startswith(FAMILY) else 'automation'} {name}",
        key=f"{one.execution.id} {step.place}",
        schedule_id=step.schedule,
    )
    try:
        recipients = addresses([place for to in step.to for place in _places(to, text, one)], "to")
        ready = await reporting.make(wanted)
        key = f"report:{one.execution.id}:{step.place}"
        owed = await mails_of(
            reporting, ready, recipients, language=language, key=key, automation_log_id=one.execution.id
        )
    except (BadRequest, ConfigError, NotFound, ReportError) as error:
        raise StepFailed(because("step-failed", place=step.place, why=error, hint=error.hint)) from error
    report = ready.report
    one.say(f"report {report.id}: {report.path}, {report.size:,} bytes, SHA-256 {report.sha256}")
    found = {
        "id": report.id,
        "title": report.title,
        "template": report.template,
        "format": report.format,
        "period": "" if report.period is None else f"{report.period[0]} – {report.period[1]}",
        "file": report.path.rpartition("/")[2],
        "path": report.path,
        "size": report.size,
        "sha256": report.sha256,
        "node": report.node,
    }
    return found, owed


def _places(to: str, text: Callable[[str], str], one: Attempt) -> tuple[str, ...]:
    return one.house.admins if to == ADMINS else (text(to),)
