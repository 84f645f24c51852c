"""The work of a step on many accounts: one after another, in bounded threads, or as bounded tasks of one event loop.

What happens to one account stays with it: an exception, ``sys.exit`` included, is its failure and goes with its
traceback into its own error log. Only an interrupt (Ctrl+C) ends the others too.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Any

from batmon.errors import RecordError
from batmon.record.batch_names import one_line
from batmon.record.batch_results import AccountResult, outcome

Work = Callable[[str, int, logging.Logger], Any]
"""``work(account, quantity, log)``, an ``async def`` as well; ``batch_results.outcome`` says what it may return."""

INTERRUPTED = "중단됨"
NOT_RUN = "실행되지 않음"


class AccountRuns:
    """The accounts of one step while they are worked on; ``results`` are those that are over, by account.

    ``ended`` is told of each, in the thread that works on it.
    """

    def __init__(
        self,
        step: int,
        quantity: int,
        work: Work,
        loggers: Mapping[str, logging.Logger],
        *,
        now: Callable[[], datetime],
        ended: Callable[[AccountResult], None],
    ) -> None:
        self.results: dict[str, AccountResult] = {}
        self._step = step
        self._quantity = quantity
        self._work = work
        self._loggers = loggers
        self._now = now
        self._ended = ended

    def run(self, accounts: Sequence[str], at_once: int) -> None:
        """Work on all of them, at most ``at_once`` at a time; returns when none is being worked on any more.

        Raises:
            KeyboardInterrupt: from outside; ``results`` then has what was over by then.
        """
        if is_async(self._work):
            self._in_a_loop(accounts, at_once)
        elif at_once == 1:
            for account in accounts:  # in this thread: browsers and COM objects often belong to the one that made them
                self._one(account)
        else:
            self._in_threads(accounts, at_once)

    def _in_threads(self, accounts: Sequence[str], at_once: int) -> None:
        pool = ThreadPoolExecutor(at_once, thread_name_prefix=f"batch-step-{self._step}")
        try:
            for done in as_completed([pool.submit(self._one, account) for account in accounts]):
                done.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _in_a_loop(self, accounts: Sequence[str], at_once: int) -> None:
        import asyncio  # noqa: PLC0415 - 50 ms that only asynchronous work needs

        async def limited(account: str, gate: asyncio.Semaphore) -> None:
            async with gate:
                await self._one_async(account)

        async def every() -> None:
            gate = asyncio.Semaphore(at_once)
            async with asyncio.TaskGroup() as group:
                for account in accounts:
                    group.create_task(limited(account, gate), name=account)

        asyncio.run(every())

    def _one(self, account: str) -> None:
        with self._watched(account, KeyboardInterrupt) as returned:
            returned.append(self._work(account, self._quantity, self._loggers[account]))

    async def _one_async(self, account: str) -> None:
        import asyncio  # noqa: PLC0415 - it is loaded by now

        with self._watched(account, KeyboardInterrupt, asyncio.CancelledError) as returned:
            returned.append(await self._work(account, self._quantity, self._loggers[account]))

    @contextmanager
    def _watched(self, account: str, *interrupts: type[BaseException]) -> Iterator[list[Any]]:
        """Keep the account's result and say it in its log, whatever happens inside; only ``interrupts`` go on.

        What the work returned is put into the list.
        """
        log, step, started = self._loggers[account], self._step, self._now()
        log.info("=== %d단계 실행 시작: 수량=%d ===", step, self._quantity)
        result = AccountResult(account, success=False, errors=(INTERRUPTED,), started_at=started)
        returned: list[Any] = []
        try:
            yield returned
            success, processed, failed, errors = outcome(returned[0])
            result = replace(result, success=success, processed=processed, failed=failed, errors=errors)
            for text in errors:
                log.error("%s", text)
        except interrupts as error:
            log.error("%d단계 실행 %s: %s", step, INTERRUPTED, type(error).__name__)
            raise
        except BaseException as error:  # whatever else it raises, sys.exit too, is this account's own failure
            result = replace(result, errors=(_said(error),))
            where = (type(error), error, _trace(error))
            log.error("%d단계 실행 중 예외 발생: %s", step, _said(error), exc_info=where)
        finally:
            result = replace(result, ended_at=self._now())
            self.results[account] = result
            self._say_end(log, result)
            self._ended(result)

    def _say_end(self, log: logging.Logger, result: AccountResult) -> None:
        if result.success:
            log.info("%d단계 실행 완료 - 처리: %d, 실패: %d", self._step, result.processed, result.failed)
            log.info("=== %d단계 실행 완료 ===", self._step)
        else:
            log.info("%d단계 실행 중단 - 처리: %d, 실패: %d", self._step, result.processed, result.failed)
            log.error("=== %d단계 실행 중 오류 ===", self._step)


def is_async(work: Work) -> bool:
    """Whether the work is an ``async def``, or an object that is called as one."""
    return inspect.iscoroutinefunction(work) or inspect.iscoroutinefunction(type(work).__call__)


def refuse_inside_a_loop(work: Work) -> None:
    """Raises RecordError where asynchronous work cannot begin: in a thread whose event loop it would block."""
    if not is_async(work):
        return
    import asyncio  # noqa: PLC0415 - 50 ms that only asynchronous work needs

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RecordError(
        "run_single_step was called inside a running event loop, which it would block",
        hint="await asyncio.to_thread(batch_manager.run_single_step, ...)",
    )


def _trace(error: BaseException) -> TracebackType | None:
    """The error's traceback from the work on, without the frames of this file."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return trace or error.__traceback__


def _said(error: BaseException) -> str:
    """The exception as one line."""
    text = one_line(str(error).strip())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
