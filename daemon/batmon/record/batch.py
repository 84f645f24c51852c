"""``BatchManager``: a step of a batch on many accounts, each with its own log, and a report of what came of it.

Folders, file names, lines and reports are those that RPA teams know from batch managers of their own; the same facts
go to BATMON as a run with its items.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from batmon.errors import RecordError
from batmon.record import ops
from batmon.record.batch_logs import BatchLogs
from batmon.record.batch_names import one_line
from batmon.record.batch_reports import Places, step_report, summary_report
from batmon.record.batch_results import AccountResult, StepResult
from batmon.record.batch_runs import StepRecord, unsuccessful
from batmon.record.batch_work import NOT_RUN, AccountRuns, Work, refuse_inside_a_loop
from batmon.record.run_log import RunLog

SomeWork = TypeVar("SomeWork", bound=Work)


class BatchManager:
    """Runs steps on accounts and keeps their logs and reports in the folder ``logs``.

    What a step does to one account is a function ``work(account, quantity, log)``, an ``async def`` as well, registered
    with ``@manager.step(1)`` or given in ``steps``. It returns a mapping or an object with ``processed`` and ``failed``
    (and ``success``, ``error``, ``errors`` where it wants to say more), a number of processed items, or None. What it
    raises is the failure of that account alone.

    ``max_workers`` accounts are worked on at once when a step is run ``concurrent``. ``bot_name`` is what BATMON calls
    the program; by default the name of the folder in which it was started. ``record`` is what BATMON is told through;
    True is a ``RunLog`` that finds it by itself, False tells nothing. No batch fails because BATMON is away.

    Raises:
        RecordError: the folders cannot be made, or an argument is not of its kind.
    """

    def __init__(
        self,
        steps: Mapping[int, Work] | None = None,
        *,
        logs: str | os.PathLike[str] = "logs",
        max_workers: int = 4,
        bot_name: str | None = None,
        record: RunLog | bool = True,
    ) -> None:
        began = _now()
        self._max_workers = _whole(max_workers, "max_workers", 1)
        self._steps: dict[int, Work] = {}
        for step, work in (steps or {}).items():
            self.step(step)(work)
        self._bot_name = _bot_name(bot_name)
        self._run_log = RunLog() if record is True else record or None
        self._shown = Path(logs).as_posix()
        self._logs = BatchLogs(Path(logs).absolute(), began)
        self._results: list[StepResult] = []
        self._times_run: dict[int, int] = {}
        self._lock = threading.Lock()

    @property
    def start_time(self) -> str:
        """When the batch began, ``YYYYMMDD_HHMMSS`` in local time; no other batch in the same folder has the same."""
        return self._logs.start_time

    @property
    def account_loggers(self) -> Mapping[str, logging.Logger]:
        """The logger of each account that a step was run on; it may be used at any time."""
        return MappingProxyType(self._logs.accounts)

    @property
    def results(self) -> tuple[StepResult, ...]:
        """What came of the steps that have been run, in their order."""
        return tuple(self._results)

    def step(self, number: int) -> Callable[[SomeWork], SomeWork]:
        """Register the decorated function as the work of step ``number``, in the place of an earlier one.

        Raises:
            RecordError: the number is no whole number from 0, or what is decorated cannot be called.
        """
        _whole(number, "step", 0)

        def register(work: SomeWork) -> SomeWork:
            if not callable(work):
                raise RecordError(f"the work of step {number} must be a function, not {work!r}")
            self._steps[number] = work
            return work

        return register

    def run_single_step(
        self,
        step: int,
        accounts: Iterable[str],
        quantity: int,
        concurrent: bool = False,
    ) -> StepResult:
        """Do one step on every account, one after another or ``concurrent``; write its report; what came of it.

        An account that is given twice is worked on once. A step that is run again has a report of its own
        (``..._2.md``).

        Raises:
            RecordError: the step has no work, or an argument is not of its kind; nothing was begun.
            KeyboardInterrupt: from outside; what was done by then is reported and recorded.
        """
        work = self._steps.get(_whole(step, "step", 0))
        if work is None:
            known = ", ".join(map(str, sorted(self._steps))) or "none"
            raise RecordError(
                f"step {step} has no work (registered: {known})",
                hint=f"@batch_manager.step({step}) above a function of account, quantity and log",
            )
        _whole(quantity, "quantity", 0)
        names = _accounts(accounts)
        refuse_inside_a_loop(work)
        return self._run(step, work, names, quantity, self._max_workers if concurrent else 1)

    def generate_summary_report(self) -> Path:
        """Write the report of all steps that have been run, over an earlier one; its path.

        Raises:
            RecordError: it cannot be written.
        """
        path = self._logs.reports_folder / f"summary_report_{self.start_time}.md"
        try:
            _write(path, summary_report(self._results, self._places(), _now()))
        except OSError as error:
            raise RecordError(f"the report {path} cannot be written: {error.strerror}") from error
        self._logs.batch.info("종합 보고서: %s", path)
        return path

    def _run(self, step: int, work: Work, accounts: list[str], quantity: int, at_once: int) -> StepResult:
        task_id, started, log = self._task_id(step), _now(), self._logs.batch
        log.info("=== 배치 작업 시작: %s (계정 %d개, 수량 %d) ===", task_id, len(accounts), quantity)
        record = StepRecord(self._run_log, self._bot_name, f"single_step_{step}", log)
        record.begin()

        def ended(result: AccountResult) -> None:
            self._say(result)
            record.ended(result)

        loggers = {account: self._logs.logger(account) for account in accounts}
        runs = AccountRuns(step, quantity, work, loggers, now=_now, ended=ended)
        try:
            runs.run(accounts, at_once)
        finally:  # an interrupt goes on when what was done by then is written down
            over = tuple(runs.results.get(a) or AccountResult(a, success=False, errors=(NOT_RUN,)) for a in accounts)
            result = StepResult(task_id, step, quantity, started, _now(), over)
            self._say_end(result)
            record.end(result)
            result = replace(result, report=self._report(result))
            self._results.append(result)
        return result

    def _task_id(self, step: int) -> str:
        """What this run of the step is called: the document's name, with a number from the second time on."""
        with self._lock:
            times = self._times_run[step] = self._times_run.get(step, 0) + 1
        return f"single_step_{step}_{self.start_time}" + (f"_{times}" if times > 1 else "")

    def _say(self, result: AccountResult) -> None:
        """A line for an account in the batch's own log, in words that BATMON does not take for the end of the batch."""
        took = (result.ended_at - result.started_at).total_seconds() if result.started_at and result.ended_at else 0.0
        errors = f": {one_line(' / '.join(result.errors), 300)}" if result.errors else ""
        self._logs.batch.log(
            logging.INFO if result.success else logging.WARNING,
            "[%s] 처리 %d건, 실패 %d건 (%.2f초)%s",
            one_line(result.account, 254),
            result.processed,
            result.failed,
            took,
            errors,
        )

    def _say_end(self, result: StepResult) -> None:
        figures = f"총 처리 {result.processed}건, 실패 {result.failed}건"
        if result.success:
            self._logs.batch.info(
                "=== 배치 작업 완료: %s (계정 %d개, %s) ===", result.task_id, len(result.accounts), figures
            )
        else:
            self._logs.batch.error("=== 배치 작업 실패: %s (%s, %s) ===", result.task_id, unsuccessful(result), figures)

    def _report(self, result: StepResult) -> Path | None:
        path = self._logs.reports_folder / f"batch_report_{result.task_id}.md"
        names = self._logs.names
        files = {
            each.account: f"{names.of(each.account)}.log" for each in result.accounts if names.changed(each.account)
        }
        try:
            _write(path, step_report(result, self._places(), files))
        except OSError as error:
            self._logs.batch.warning("보고서를 쓰지 못했습니다: %s: %s", path, error.strerror)
            return None
        self._logs.batch.info("보고서: %s", path)
        return path

    def _places(self) -> Places:
        start, shown = self.start_time, self._shown
        return Places(start, f"{shown}/accounts/{start}", f"{shown}/errors/{start}", f"{shown}/reports/{start}")


def _bot_name(given: str | None) -> str:
    if given is None:
        folder = "".join(c if c.isprintable() else "_" for c in Path.cwd().name).strip()
        return folder[: ops.LONGEST_BOT_NAME].strip() or "batch"
    try:
        return ops.bot_name(given)
    except ValueError as error:
        raise RecordError(str(error)) from None


def _now() -> datetime:
    return datetime.now().astimezone()


def _whole(value: object, what: str, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise RecordError(f"{what} must be a whole number from {least}, not {value!r}")
    return value


def _accounts(given: Iterable[str]) -> list[str]:
    """The accounts in their order, each once."""
    if isinstance(given, (str, bytes)):
        raise RecordError(f"accounts must be a list of names, not the single text {given!r}", hint=f"[{given!r}]")
    accounts = list(given)
    for account in accounts:
        if not isinstance(account, str) or not account.strip():
            raise RecordError(f"an account must be a text that is not empty, not {account!r}")
    return list(dict.fromkeys(accounts))


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
