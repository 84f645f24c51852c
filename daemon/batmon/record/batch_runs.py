"""What BATMON is told of a step: a run, with an item for each account as it ends.

Nothing that goes wrong on the way to BATMON reaches the batch: it is said in the batch's own log, once a step.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable

from batmon.record import ops
from batmon.record.batch_names import one_line
from batmon.record.batch_results import AccountResult, StepResult
from batmon.record.run_log import RunLog

MOST_NAMED = 5
"""Accounts that a run's message names; its items name all."""
MOST_DETAILED = 200


class StepRecord:
    """One step as a run of ``bot_name``; without a ``run_log`` nobody is told. Its methods may be called in any thread.

    Raises:
        ValueError: no bot can be called ``bot_name``.
    """

    def __init__(self, run_log: RunLog | None, bot_name: str, task_name: str, log: logging.Logger) -> None:
        self._log = log
        self._warned = False
        self._run = None if run_log is None else run_log.run(bot_name, task_name)

    def begin(self) -> None:
        """The step begins."""
        if self._run is not None:
            self._tell(self._run.begin)

    def ended(self, result: AccountResult) -> None:
        """An account is over."""
        run = self._run
        if run is not None:
            self._tell(
                lambda: run.item(
                    _account(result.account),
                    processed=min(result.processed, ops.LARGEST_COUNT),
                    failed=min(result.failed, ops.LARGEST_COUNT),
                    error=_why(result),
                    started_at=result.started_at,
                    ended_at=result.ended_at,
                )
            )

    def end(self, result: StepResult) -> None:
        """The step is over."""
        run, figures = self._run, f"처리 {result.processed:,}건, 실패 {result.failed:,}건"
        if run is None:
            return
        processed = min(result.processed, ops.LARGEST_COUNT)
        if result.success:
            message = f"계정 {len(result.accounts)}개 성공, {figures}"
            self._tell(lambda: run.end("SUCCESS", message, processed_count=processed))
        else:
            message = f"{unsuccessful(result)} ({figures})"
            self._tell(lambda: run.end("FAILED", message, _details(result), processed_count=processed))

    def _tell(self, say: Callable[[], object]) -> None:
        try:
            say()
        except Exception:  # noqa: BLE001 - the batch goes on whatever happens to its record; its log says so
            if not self._warned:
                self._warned = True
                self._log.warning("BATMON에 기록하지 못했습니다", exc_info=True)


def unsuccessful(result: StepResult) -> str:
    """How many accounts did not succeed, and the first of them with why."""
    bad = [each for each in result.accounts if not each.success]
    named = ", ".join(f"{one_line(each.account, 100)}: {one_line(_why(each), 200)}" for each in bad[:MOST_NAMED])
    rest = f" 외 {len(bad) - MOST_NAMED}개" if len(bad) > MOST_NAMED else ""
    return f"계정 {len(result.accounts)}개 중 {len(bad)}개 실패: {named}{rest}"


def _details(result: StepResult) -> str:
    """Each account that did not succeed on a line, with why."""
    bad = [each for each in result.accounts if not each.success]
    lines = [f"{one_line(each.account, 254)}: {one_line(_why(each), 300)}" for each in bad[:MOST_DETAILED]]
    if len(bad) > MOST_DETAILED:
        lines.append(f"외 {len(bad) - MOST_DETAILED}개")
    return "\n".join(lines)


def _why(result: AccountResult) -> str:
    """Why it did not succeed; empty if it did."""
    return "" if result.success else "\n".join(result.errors) or f"실패 {result.failed}건"


def _account(name: str) -> str:
    """The account as the item's name; one that is too long is cut and marked."""
    if len(name) <= ops.LONGEST_ACCOUNT:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{name[: ops.LONGEST_ACCOUNT - 9]}~{digest}"
