"""Makes the reports of batches, word for word as the batch itself writes them, from its recorded runs and items."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from batmon.engine.reports.names import programs_named, run_named
from batmon.errors import BadRequest
from batmon.metrics.periods import Period
from batmon.model import Run, RunStatus
from batmon.notify.mask import mask_start
from batmon.record.batch_reports import Places, step_report, summary_report
from batmon.record.batch_results import AccountResult, StepResult
from batmon.refusals import because
from batmon.report.asked import Asked, ReportSettings
from batmon.report.document import Column, Document, Figure, Figures, Kind, Section, Table
from batmon.report.templates import shipped
from batmon.report.wording import Wording
from batmon.store import Store
from batmon.store.report_figures import ReportFigures

MOST_BATCHES = 200
MOST_ITEMS = 20_000
_STEP = re.compile(r"single_step_(\d{1,9})")


async def compose_batch_run(store: Store, settings: ReportSettings, asked: Asked) -> Document:
    """The report of the run ``asked.run``: its id, or its ``log_id``.

    Raises:
        BadRequest: no run is named.
        NotFound: there is no such run, or it has not ended.
        StoreError: as ``Store``.
    """
    if not asked.run:
        raise BadRequest(because("which-run"))
    run = await run_named(store, asked.run)
    result = (await _results(store, [run]))[0]
    zone = ZoneInfo(asked.timezone)
    text = step_report(result, _places(run, asked.timezone), {}, zone)
    return _document(settings, asked, [result], None, text)


async def compose_batch_summary(store: Store, settings: ReportSettings, asked: Asked) -> Document:
    """The report of all steps of batches that started in the period, at most the latest ``MOST_BATCHES``.

    Raises:
        BadRequest: the programs that are asked for are none.
        StoreError: as ``Store``.
    """
    period = asked.whole_period(shipped("batch_summary").span or "week")
    since, until = period.moments(asked.timezone)
    known = ReportFigures(store)
    programs = await programs_named(store, asked.programs) if asked.programs else None
    runs = await known.batches(since, until, programs, MOST_BATCHES)
    results = await _results(store, runs[::-1])
    zone = ZoneInfo(asked.timezone)
    start = Places(f"{since.astimezone(zone):%Y%m%d_%H%M%S}", "logs/accounts", "logs/errors", "logs/reports")
    text = summary_report(results, start, asked.now, zone)
    return _document(settings, asked, results, period, text)


async def _results(store: Store, runs: Sequence[Run]) -> list[StepResult]:
    """What came of each run; without items it stands for itself."""
    items: dict[UUID, list[AccountResult]] = {}
    for row in await ReportFigures(store).items([run.run_id for run in runs], MOST_ITEMS):
        items.setdefault(row["run_id"], []).append(_account(row))
    found = []
    for run in runs:
        step = _STEP.match(run.task_name)
        began = run.start_time
        found.append(
            StepResult(
                task_id=f"{run.task_name or run.program}_{run.log_id if run.log_id is not None else run.run_id}",
                step=int(step[1]) if step else 0,
                quantity=sum(one.processed + one.failed for one in items.get(run.run_id, ())),
                started_at=began,
                ended_at=run.end_time or began,
                accounts=tuple(items.get(run.run_id, (_whole(run),))),
            )
        )
    return found


def _account(row: Mapping[str, Any]) -> AccountResult:
    errors = tuple(line for line in mask_start(row["error"]).splitlines() if line.strip())
    return AccountResult(
        account=row["account"],
        success=row["ended_at"] is not None and not row["failed"] and not errors,
        processed=row["processed"],
        failed=row["failed"],
        errors=errors,
        started_at=row["started_at"],
        ended_at=row["ended_at"],
    )


def _whole(run: Run) -> AccountResult:
    success = run.status is RunStatus.SUCCESS
    words = run.error_details or run.message
    return AccountResult(
        account=run.program,
        success=success,
        processed=run.processed_count,
        errors=() if success or not words else (mask_start(words),),
        started_at=run.start_time,
        ended_at=run.end_time,
    )


def _places(run: Run, timezone: str) -> Places:
    start = f"{run.start_time.astimezone(ZoneInfo(timezone)):%Y%m%d_%H%M%S}"
    return Places(start, f"logs/accounts/{start}", f"logs/errors/{start}", f"logs/reports/{start}")


def _document(
    settings: ReportSettings, asked: Asked, results: Sequence[StepResult], period: Period | None, text: str
) -> Document:
    name = asked.template
    template, words = shipped(name), Wording(asked.language, settings.currency)
    accounts = [(result, account) for result in results for account in result.accounts]
    good = sum(account.success for _, account in accounts)
    figures = Figures(
        items=(
            Figure(key="steps", title=words("steps"), value=len(results)),
            Figure(key="succeeded", title=words("succeeded"), value=good, better="high"),
            Figure(key="failed", title=words("failed"), value=len(accounts) - good, better="low"),
            Figure(key="success_rate", title=words("success_rate"), kind=Kind.PERCENT, better="high",
                   value=good / len(accounts) if accounts else None),
            Figure(key="processed", title=words("processed"), value=sum(one.processed for _, one in accounts)),
        )
    )  # fmt: skip
    table = Table(
        key="accounts",
        title=words("accounts"),
        columns=(
            Column(key="task", title=words("task"), width=28),
            Column(key="account", title=words("account"), width=24),
            Column(key="status", title=words("status"), kind=Kind.STATUS),
            Column(key="processed", title=words("processed"), kind=Kind.COUNT),
            Column(key="failed", title=words("failed"), kind=Kind.COUNT, better="low"),
            Column(key="started_at", title=words("start_time"), kind=Kind.TIME),
            Column(key="ended_at", title=words("end_time"), kind=Kind.TIME),
            Column(key="error", title=words("error"), width=60),
        ),
        rows=[
            (
                result.task_id, one.account, "SUCCESS" if one.success else "FAILED", one.processed, one.failed,
                one.started_at, one.ended_at, " / ".join(one.errors) or None,
            )
            for result, one in accounts
        ],
        empty=words("no_batches"),
    )  # fmt: skip
    return Document(
        template=name,
        title=template.titles[asked.language],
        subtitle=results[0].task_id if name == "batch_run" else "" if period is None else words.period(period),
        language=asked.language,
        timezone=asked.timezone,
        period=period,
        organisation=settings.organisation,
        currency=settings.currency,
        made_at=asked.now,
        made_by=asked.by,
        node=asked.node,
        sections=(
            Section(key="overview", title=words("overview"), blocks=(figures,), summary=True),
            Section(key="accounts", title=words("accounts"), blocks=(table,)),
        ),
        summary={
            **({} if period is None else {"period": {"start": f"{period.start}", "end": f"{period.end}"}}),
            "steps": len(results),
            "accounts": len(accounts),
            "succeeded": good,
            "failed": len(accounts) - good,
            "processed": sum(one.processed for _, one in accounts),
        },
        text=text,
    )
