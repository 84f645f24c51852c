"""``RunLog``: three lines with which a program records its runs.

::

    from batmon.record import RunLog

    with RunLog().run("Invoice_Bot", "Daily") as run:
        run.item("user1@example.com", processed=100, failed=0)

Where the records go is found by itself (``batmon.record.ways``); what happens when nothing is there is in
``batmon.record.outbox``. No call raises because of BATMON, and none takes longer than a moment.
"""

from __future__ import annotations

import os
from contextvars import ContextVar
from functools import wraps

from batmon.record import ops
from batmon.record.process import began_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Token
    from datetime import datetime
    from types import TracebackType
    from typing import Any, Literal, Self, TypeVar
    from uuid import UUID

    Recorded = TypeVar("Recorded", bound=Callable[..., Any])

_MOST_REMEMBERED = 10_000
_current: ContextVar[Run | None] = ContextVar("batmon_run", default=None)


def current_run() -> Run | None:
    """The run that this code is part of: the innermost ``with`` or recorded function around it; None outside of any."""
    return _current.get()


class RunLog:
    """Records the runs of programs.

    ``bot_name`` and ``task_name`` are those of runs that name none themselves. ``state`` is the daemon's state folder
    (default: ``BATMON_STATE``, else the platform's place), ``dsn`` a Postgres URL for a machine without a daemon
    (default: ``BATMON_DATABASE_URL``), ``spool`` the folder for what cannot be handed over now (default:
    ``BATMON_SPOOL``, else ``spool`` in the state folder). Threads may share it, and it goes on working after a fork.

    A bot's name has at most 50 printable characters without ``/``: anything else is a ValueError. A task's name is cut
    to 100 characters, a message to 8,000 (its beginning is kept), error details to 100,000 (their end is kept).
    """

    def __init__(
        self,
        bot_name: str | None = None,
        task_name: str | None = None,
        *,
        state: str | os.PathLike[str] | None = None,
        dsn: str | None = None,
        spool: str | os.PathLike[str] | None = None,
    ) -> None:
        self._bot_name = None if bot_name is None else ops.bot_name(bot_name)
        self._task_name = task_name
        from batmon.record.ways import outbox  # noqa: PLC0415 - 20 ms that a program pays when it records, not at import

        self._outbox = outbox(state, dsn, spool)
        self._begun: dict[str, Run] = {}

    def run(self, bot_name: str | None = None, task_name: str | None = None) -> Run:
        """A run that begins with ``with`` and ends when its block does, as SUCCESS or with the exception as FAILED.

        Raises:
            ValueError: there is no name for the bot, or it cannot have that name.
        """
        bot = self._bot_name if bot_name is None else ops.bot_name(bot_name)
        task = self._task_name if task_name is None else task_name
        return Run(self, ops.bot_name(bot), ops.task_name(task))

    def recorded(self, bot_name: str | None = None, task_name: str | None = None) -> Callable[[Recorded], Recorded]:
        """A decorator: each call of the function, an ``async def`` as well, is a run; ``current_run()`` is it.

        Without a name the task is called as the function is.

        Raises:
            ValueError: there is no name for the bot, or it cannot have that name.
            TypeError: the function is a generator, whose call does no work yet.
        """

        def decorate(function: Recorded) -> Recorded:
            import inspect  # noqa: PLC0415 - 10 ms that only the decorator needs

            if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
                raise TypeError(
                    f"{function.__qualname__} is a generator: use `with RunLog().run(...)` where it is consumed"
                )
            task = task_name or self._task_name or function.__name__
            self.run(bot_name, task)  # wrong names are said where they are written

            @wraps(function)
            def recorded(*args: Any, **options: Any) -> Any:
                with self.run(bot_name, task):
                    return function(*args, **options)

            @wraps(function)
            async def recorded_async(*args: Any, **options: Any) -> Any:
                with self.run(bot_name, task):
                    return await function(*args, **options)

            return recorded_async if inspect.iscoroutinefunction(function) else recorded  # type: ignore[return-value] # the same call

        return decorate

    def start_log(self, bot_name: str | None = None, task_name: str | None = None) -> str:
        """A run has begun; its id (a UUID), for ``end_log``.

        Raises:
            ValueError: there is no name for the bot, or it cannot have that name.
        """
        run = self.run(bot_name, task_name).begin()
        while len(self._begun) >= _MOST_REMEMBERED:  # begun and never ended by this object
            self._begun.pop(next(iter(self._begun)), None)
        self._begun[run.id] = run
        return run.id

    def end_log(
        self,
        log_id: str | int | UUID,
        status: str,
        message: object = "",
        error_details: object = "",
        processed_count: int | None = 0,
    ) -> None:
        """The run that ``start_log`` gave this id has ended, in this process or another.

        ``status`` is ``SUCCESS`` or ``FAILED``, or another word that BATMON reads as one of them (완료, ERROR, ...).
        ``log_id`` may also be a number of ``rpa_execution_logs``; ``error_details`` may be the exception itself; a
        ``processed_count`` of None is the sum of what its items processed.

        Raises:
            ValueError: the status is not known, the count is no count, or the id is no id.
        """
        key, word = ops.run_key(log_id), ops.status(status)
        processed = None if processed_count is None else ops.count(processed_count, "processed_count")
        run = self._begun.pop(key, None) if isinstance(key, str) else None
        if run is not None:
            run.end(word, message, error_details, processed_count=processed)
            return
        self._outbox.put(
            ops.ended(
                key,
                word,
                ops.now(),
                message=ops.message(message),
                error_details=ops.error_details(error_details),
                processed_count=processed,
            )
        )

    def record_item(
        self,
        log_id: str | UUID,
        account: str,
        *,
        processed: int = 0,
        failed: int = 0,
        error: object = "",
        started_at: datetime | None = None,
        ended_at: datetime | None = None,
    ) -> None:
        """How an account of the run with this id stands; see ``Run.item``.

        Raises:
            ValueError: an argument is not of its kind, or the id is a number: items belong to a run's UUID.
        """
        key = ops.run_key(log_id)
        if isinstance(key, int):
            raise ValueError(  # noqa: TRY004 - a number in a text is as wrong
                f"an item names its run by the id that start_log gave, not by the number {key}"
            )
        at = _aware(ended_at, "ended_at") or ops.now()
        begun = _aware(started_at, "started_at") or at
        self._outbox.put(
            ops.item(
                key,
                ops.account(account),
                processed=ops.count(processed, "processed"),
                failed=ops.count(failed, "failed"),
                error=ops.message(error),
                started_at=begun,
                ended_at=at,
            )
        )

    @property
    def durable(self) -> bool:
        """Whether everything that this process recorded is with the daemon or on the disk; False on a full disk."""
        return self._outbox.durable

    def flush(self, seconds: float = 5.0) -> bool:
        """Wait until what was recorded is in the daemon's or the DSN's database; False if some still lies in the spool.

        Nothing is lost without it: this is for a program that wants to read its own records.
        """
        return self._outbox.flush(seconds)


class Run:
    """One run. ``message`` and ``processed_count`` may be set at any time before its end.

    Without a ``processed_count`` it is the sum of what its items processed. It may be used by any number of threads.
    """

    def __init__(self, log: RunLog, bot_name: str, task_name: str) -> None:
        self.id = ops.new_run_id()
        self.bot_name = bot_name
        self.task_name = task_name
        self.message: object = ""
        self.processed_count: int | None = None
        self.log_id: int | None = None
        """Its number in ``rpa_execution_logs``, where the daemon has said it at the start."""
        self._outbox = log._outbox  # noqa: SLF001 - a run is its log's own
        self._items: dict[str, int] = {}
        self._start_time: datetime | None = None
        self._last: datetime | None = None
        self._ended = False
        self._process = 0
        self._token: Token[Run | None] | None = None

    def __repr__(self) -> str:
        return f"<Run {self.id} of {self.bot_name}>"

    def begin(self, *, pid: int | None = None, outlives: bool = False) -> Self:
        """Record that it has begun, once; it ends by ``end``.

        ``pid`` is its process, by default this one; 0 says that nobody knows it. A run that ``outlives`` this process
        is ended by another.
        """
        if self._start_time is not None:
            return self
        self._process = os.getpid()
        self._start_time = self._last = ops.now()
        pid = self._process if pid is None else pid
        self.log_id = self._outbox.put(
            ops.started(
                self.id,
                self.bot_name,
                self.task_name,
                self._start_time,
                pid=pid or None,
                process_started=began_at(pid) if pid else None,
                beats=self._outbox.beats and not outlives,
            )
        )
        return self

    def item(
        self,
        account: str,
        *,
        processed: int = 0,
        failed: int = 0,
        error: object = "",
        started_at: datetime | None = None,
        ended_at: datetime | None = None,
    ) -> None:
        """How an account (or file, or page) stands: absolute counts, so saying it again with more replaces them.

        Times are aware; by default it is over now.

        Raises:
            ValueError: the account has no name or one of over 500 characters, a count is no count, or a time is naive.
        """
        name = ops.account(account)
        done, bad = ops.count(processed, "processed"), ops.count(failed, "failed")
        at = _aware(ended_at, "ended_at") or self._now()
        begun = _aware(started_at, "started_at") or at
        self._items[name] = done
        words = ops.message(error)
        self._outbox.put(
            ops.item(self.id, name, processed=done, failed=bad, error=words, started_at=begun, ended_at=at)
        )

    def end(
        self,
        status: str = "SUCCESS",
        message: object = "",
        error_details: object = "",
        *,
        processed_count: int | None = None,
        exit_code: int | None = None,
    ) -> None:
        """Record that it has ended. The first end counts: a ``with`` block that was ended inside does not end it again.

        Raises:
            ValueError: the status is not known, or a count is no count.
        """
        word = ops.status(status)
        if self._ended:
            return
        processed = self._processed(processed_count)
        self._ended = True
        begun = None if self._start_time is None else (self.bot_name, self.task_name, self._start_time)
        self._outbox.put(
            ops.ended(
                self.id,
                word,
                self._now(),
                message=ops.message(message or self.message),
                error_details=ops.error_details(error_details),
                processed_count=processed,
                exit_code=exit_code,
                begun=begun,
            )
        )

    def __enter__(self) -> Self:
        self.begin()
        self._token = _current.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Literal[False]:
        if self._token is not None:
            _leave(self._token)
            self._token = None
        if os.getpid() != self._process or self._ended:  # a forked child leaves its parent's run alone
            return False
        try:
            self._end_by(error)
        except ValueError as wrong:  # in message or processed_count: the run's own exception matters more
            _warn("run %s: %s", self.id, wrong)
            self.processed_count = None
            self._end_by(error)
        return False

    def _end_by(self, error: BaseException | None) -> None:
        if error is None:
            self.end()
        elif isinstance(error, SystemExit):
            self._end_by_exit(error)
        else:
            self.end("FAILED", self.message or ops.said(error), error)

    def _end_by_exit(self, error: SystemExit) -> None:
        if not error.code and (error.code is None or isinstance(error.code, int)):
            self.end(exit_code=0)
        elif isinstance(error.code, int):
            code = ops.exit_code(error.code)
            self.end("FAILED", self.message or f"exit code {code}", error, exit_code=code)
        else:
            self.end("FAILED", self.message or ops.text(error.code), error, exit_code=1)

    def _now(self) -> datetime:
        """This moment, later than everything that this run has said before."""
        self._last = moment = ops.now(self._last)
        return moment

    def _processed(self, given: int | None) -> int | None:
        said = self.processed_count if given is None else given
        if said is not None:
            return ops.count(said, "processed_count")
        return min(sum(self._items.values()), ops.LARGEST_COUNT) if self._items else None


def _aware(value: datetime | None, what: str) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise ValueError(f"{what} {value.isoformat()} has no time zone: use datetime.now().astimezone()")
    return value


def _leave(token: Token[Run | None]) -> None:
    """The run is the current one no longer. A block may be left in another context than it was entered in."""
    try:
        _current.reset(token)
    except ValueError:
        return


def _warn(words: str, *args: object) -> None:
    import logging  # noqa: PLC0415 - 12 ms that only a failure needs

    logging.getLogger("batmon.record").warning(words, *args)
