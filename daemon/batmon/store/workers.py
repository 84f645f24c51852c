"""Who does the jobs: PgQueuer's queue manager, kept alive whatever happens to Postgres.

A job is claimed under a lease that is renewed while it is being done; when a daemon dies its jobs go again to any other
once the lease is over. So a job may be done twice, and even by two at the same time: its work must bear that.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from pgqueuer.core.qm import QueueManager
from pgqueuer.domain import models
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.types import Channel
from pgqueuer.ports.repository import EntrypointExecutionParameter
from pgqueuer.queries import Queries
from pgqueuer.types import QueueEntrypoint, QueueManagerId

from batmon.errors import StoreError, StoreUnavailable
from batmon.store import jobs
from batmon.store.job_driver import LastingDriver

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
"""A claim that was not renewed for so long is another's to take."""
LOOK_EVERY = timedelta(seconds=5)
"""How often the queue is looked at though nothing was announced."""
FULL_LOOK_EVERY = timedelta(seconds=0.25)
"""How often it is looked at while more is due than may be done at a time."""
AT_ONCE = 8
"""Jobs claimed in one statement, and ended in one."""
AGAIN_FIRST_SEC, AGAIN_LONGEST_SEC = 1.0, 300.0
"""After how long a job is tried again whose work raised what nobody expected: twice as long each time."""
AWAY_SEC = 2.0
SETTLE_SEC = 5.0
"""How long the ends of jobs may take to be written down on the way out."""


class Again(Exception):
    """What a job's work raises to be done again after ``delay``."""

    def __init__(self, delay: timedelta, why: str = "") -> None:
        super().__init__(why)
        self.delay = delay


@dataclass(frozen=True, slots=True)
class Job:
    """A job that is being done; ``attempts`` counts those before this one."""

    id: int
    payload: bytes
    attempts: int


Work = Callable[[Job], Awaitable[None]]
"""Does a job. It is over when this returns; raising ``Again`` has it done again, and so does any other exception."""


class Workers:
    """The workers of one daemon. First ``serve``, then ``keep``; ``stop`` before the store is closed."""

    def __init__(self, url: str, *, lease: timedelta = LEASE) -> None:
        self._url = url
        self._lease = lease
        self._served: dict[str, tuple[Work, int]] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._manager: QueueManager | None = None
        self._driver: LastingDriver | None = None
        self._stopping = False
        self._ended = asyncio.Event()
        self._ended.set()
        logging.getLogger("pgqueuer").setLevel(logging.WARNING)  # each retry would be a line

    def serve(self, entrypoint: str, work: Work, *, slots: int) -> None:
        """Do the jobs of ``entrypoint``, at most ``slots`` at a time over all daemons: these have to agree on it."""
        self._served[entrypoint] = (work, slots)

    async def keep(self) -> None:
        """Do jobs until ``stop``; then wait to be cancelled."""
        wait = AGAIN_FIRST_SEC
        while not self._stopping and self._served:
            began = asyncio.get_running_loop().time()
            try:
                await self._run()
            except Exception as error:
                log.error("the workers have ended; starting them again: %s", error, exc_info=error)
            if asyncio.get_running_loop().time() - began > AGAIN_LONGEST_SEC:
                wait = AGAIN_FIRST_SEC
            if not self._stopping:
                await asyncio.sleep(wait)
                wait = min(2 * wait, AGAIN_LONGEST_SEC)
        await asyncio.Event().wait()

    async def stop(self, grace: float) -> None:
        """Take no more jobs; let those under way end within ``grace`` seconds, and give back what does not."""
        self._stopping = True
        if self._manager is not None:
            self._manager.shutdown.set()
        if await self._over(grace):
            return
        log.warning("gives back %d jobs that do not end", len(self._under_way))
        for work in self._under_way:
            work.cancel()
        if await self._over(SETTLE_SEC):
            return
        if self._driver is not None:  # Postgres is away: the claims go when their lease is over
            await self._driver.close()
        await self._over(SETTLE_SEC)

    async def _over(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._ended.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def _run(self) -> None:
        self._driver = driver = LastingDriver(self._url)
        queries = _Looking(driver)
        endings = _Endings(queries)
        self._manager = manager = QueueManager(queries, channel=Channel(jobs.SCHEMA))
        manager.min_dequeue_poll_interval = FULL_LOOK_EVERY
        for entrypoint, (work, slots) in self._served.items():
            manager.entrypoint(entrypoint, concurrency_limit=slots, accepts_context=False)(self._doing(work, endings))
        self._ended.clear()
        try:
            await manager.run(
                dequeue_timeout=LOOK_EVERY,
                batch_size=AT_ONCE,
                heartbeat_timeout=self._lease,
                log_aggregation_interval=timedelta(0),
            )
        finally:
            await driver.close()
            self._ended.set()

    def _doing(self, work: Work, endings: _Endings) -> Callable[[models.Job], Awaitable[None]]:
        async def do(job: models.Job) -> None:
            asked = work(Job(int(job.id), job.payload or b"", job.attempts))
            task = asyncio.ensure_future(asked)
            self._under_way.add(task)
            try:
                await asyncio.wait({task})
            finally:
                task.cancel()
                self._under_way.discard(task)
            again = _again(task, job)
            if again is not None:
                raise again
            await endings.end(job)

        return do


class _Looking(Queries):
    """PgQueuer's statements, which tell the driver before each look at the queue."""

    driver: LastingDriver

    def __init__(self, driver: LastingDriver) -> None:
        ours = jobs.queries(driver)
        super().__init__(driver, qbe=ours.qbe, qbq=ours.qbq, qbs=ours.qbs)

    async def dequeue(
        self,
        batch_size: int,
        entrypoints: dict[QueueEntrypoint, EntrypointExecutionParameter],
        queue_manager_id: QueueManagerId,
        global_concurrency_limit: int | None,
        heartbeat_timeout: timedelta,
    ) -> list[models.Job]:
        """Claim jobs."""
        self.driver.looking()
        return await super().dequeue(
            batch_size, entrypoints, queue_manager_id, global_concurrency_limit, heartbeat_timeout
        )

    async def retry_job(
        self, job: models.Job, delay: timedelta, traceback_record: models.TracebackRecord | None
    ) -> None:
        """Have a job done again after ``delay``; without one, by whoever is free."""
        await super().retry_job(job, delay, None if traceback_record is None else _short(traceback_record))
        if delay:
            self.driver.wake()  # it sleeps until what it knew of was due
        else:
            await self.driver.announce()


class _Endings:
    """Says of jobs that they are over at once, those that end meanwhile together.

    PgQueuer itself says so every tenth of a second, and a slot is free only then: of eight slots that would be eighty
    jobs a second. That it says it again later changes nothing.
    """

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._waiting: list[tuple[models.Job, asyncio.Future[None]]] = []
        self._saying: asyncio.Task[None] | None = None

    async def end(self, job: models.Job) -> None:
        """Return when it is said, or cannot be: then the job is done again, once its lease is over."""
        said: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((job, said))
        if self._saying is None:
            self._saying = asyncio.create_task(self._say(), name="ends of jobs")
        await said

    async def _say(self) -> None:
        while self._waiting:
            told, self._waiting = self._waiting, []
            try:
                await self._queries.log_jobs([(job, "successful", None) for job, _ in told])
            except Exception as error:  # noqa: BLE001 - whatever it is, the jobs are done and wait for nothing else
                log.warning("cannot say that %d jobs are over: %s", len(told), error)
            for _, said in told:
                if not said.done():
                    said.set_result(None)
        self._saying = None


def _short(record: models.TracebackRecord) -> models.TracebackRecord:
    """Without the stack, which is that of PgQueuer itself each time."""
    return record.model_copy(update={"traceback": ""})


def _again(work: asyncio.Future[None], job: models.Job) -> RetryRequested | None:
    """What PgQueuer is told of a work that has ended; a job is never given up here."""
    if work.cancelled():
        return RetryRequested(timedelta(0), "given back")
    error = work.exception()
    if error is None:
        return None
    if isinstance(error, Again):
        return RetryRequested(error.delay, str(error))
    if isinstance(error, StoreUnavailable):
        return RetryRequested(timedelta(seconds=AWAY_SEC), str(error))
    delay = timedelta(seconds=min(AGAIN_FIRST_SEC * 2 ** min(job.attempts, 30), AGAIN_LONGEST_SEC))
    if isinstance(error, StoreError):
        log.error("a job of %s: %s", job.entrypoint, error)
    else:
        log.error("a job of %s failed unexpectedly", job.entrypoint, exc_info=error)
    return RetryRequested(delay, str(error))
