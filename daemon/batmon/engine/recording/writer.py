"""One group commit for all that is recorded: whatever waits is committed together and answered after that.

While Postgres is away the batch is tried again and what waits stays waiting, up to a bound: whoever records does not
wait for it but uses its spool, and saying the same again changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from batmon.engine.recording.intake_lines import done, refused, unknown_run
from batmon.errors import BatmonError, NotFound, StoreError, StoreUnavailable
from batmon.store.record_ops import Beat, End, Item, Op, Start
from batmon.store.records import Recorded

log = logging.getLogger(__name__)

BATCH_OPS = 1000
FIRST_WAIT_SEC, LONGEST_WAIT_SEC = 0.05, 1.0
MOST_OPS, MOST_BYTES = 10_000, 32 << 20
"""What may wait; beyond it nothing more is read until half of it is gone."""

Record = Callable[[Sequence[Op]], Awaitable[Mapping[UUID, Recorded]]]
Batch = Sequence[tuple["Sender", Op, int]]
"""Who said it, what, in how many bytes."""
Refusals = list[tuple[int, BatmonError]]
"""Place in the batch, and why that operation will never be written."""


class Sender(Protocol):
    """Whoever waits for an answer."""

    def answer(self, data: bytes) -> None:
        """Give these lines to it."""

    def ended(self, run_id: UUID) -> None:
        """A run has ended that it may have begun."""

    def resume(self) -> None:
        """There is room again."""


class RecordWriter:
    """Commits operations in batches of up to ``BATCH_OPS``, in the order in which they came.

    ``record`` writes a batch durably. ``tell`` is called with the name of each bot whose runs have changed.
    ``look_again`` is awaited before a run is called unknown: its start may lie in a spool.
    """

    def __init__(
        self, record: Record, *, tell: Callable[[str], None], look_again: Callable[[], Awaitable[None]]
    ) -> None:
        self._record = record
        self._tell = tell
        self._look_again = look_again
        self._waiting: deque[tuple[Sender, Op, int]] = deque()
        self._bytes = 0
        self._some = asyncio.Event()
        self._paused: set[Sender] = set()

    @property
    def busy(self) -> bool:
        """Whether more waits behind the batch that is being committed."""
        return bool(self._waiting)

    def put(self, sender: Sender, op: Op, size: int) -> bool:
        """Let ``op``, a line of ``size`` bytes, wait its turn; False: its sender must not be read before ``resume``."""
        self._waiting.append((sender, op, size))
        self._bytes += size
        self._some.set()
        if len(self._waiting) < MOST_OPS and self._bytes < MOST_BYTES:
            return True
        self._paused.add(sender)
        return False

    async def keep(self) -> None:
        """Commit what waits, for ever; the answers to one batch are sent while Postgres works on the next."""
        durable: tuple[Batch, Mapping[UUID, Recorded], Refusals] | None = None
        while True:
            if not self._waiting:
                if durable is not None:
                    self._answer(*durable)
                    durable = None
                await self._some.wait()
            batch = self._taken()
            writing = asyncio.ensure_future(self._durable(batch))
            if durable is not None:
                await asyncio.sleep(0)  # Postgres first: it has longer to do
                self._answer(*durable)
            durable = batch, *await writing

    def _taken(self) -> Batch:
        """The next batch; who waits for room may be read again when there is some."""
        batch = [self._waiting.popleft() for _ in range(min(BATCH_OPS, len(self._waiting)))]
        self._bytes -= sum([size for _, _, size in batch])
        if not self._waiting:
            self._some.clear()
        if self._paused and len(self._waiting) < MOST_OPS // 2 and self._bytes < MOST_BYTES // 2:
            paused, self._paused = self._paused, set()
            for sender in paused:
                sender.resume()
        return batch

    async def write(self, ops: Sequence[Op], *, patient: bool = True) -> tuple[Mapping[UUID, Recorded], Refusals]:
        """Write ``ops`` durably; the runs that are there now, and what will never be written.

        One operation that the database refuses does not hold up the others. Trying goes on while Postgres is away if
        ``patient``.

        Raises:
            StoreUnavailable: Postgres is away, and this is not patient.
        """
        try:
            there = await self._tried(ops, patient=patient)
        except StoreUnavailable:
            raise
        except StoreError as error:
            if len(ops) == 1:
                log.warning("a record was refused by the database: %s", error)
                return {}, [(0, error)]
            half = len(ops) // 2
            first, wrong = await self.write(ops[:half], patient=patient)
            second, also = await self.write(ops[half:], patient=patient)
            return {**first, **second}, [*wrong, *((half + place, error) for place, error in also)]
        for name in {run.bot_name for run in there.values()}:
            self._tell(name)
        unknown: Refusals = [
            (place, unknown_run(op))
            for place, op in enumerate(ops)
            if (type(op) is Start or type(op) is End) and op.run_id not in there
        ]
        return there, unknown

    async def _tried(self, ops: Sequence[Op], *, patient: bool) -> Mapping[UUID, Recorded]:
        wait = FIRST_WAIT_SEC
        while True:
            try:
                return await self._record(ops)
            except StoreUnavailable as error:
                if not patient:
                    raise
                log.log(logging.WARNING if wait == FIRST_WAIT_SEC else logging.DEBUG, "records wait: %s", error)
                await asyncio.sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT_SEC)

    async def _durable(self, batch: Batch) -> tuple[Mapping[UUID, Recorded], Refusals]:
        """Write a batch; what seems unknown is tried again once the spools have been looked into."""
        ops = [op for _, op, _ in batch]
        there, wrong = await self.write(ops)
        places = [place for place, error in wrong if isinstance(error, NotFound)]
        if not places:
            return there, wrong
        await self._look_again()
        found, still = await self.write([ops[place] for place in places])
        wrong = [entry for entry in wrong if not isinstance(entry[1], NotFound)]
        return {**there, **found}, [*wrong, *((places[place], error) for place, error in still)]

    def _answer(self, batch: Batch, there: Mapping[UUID, Recorded], refusals: Refusals) -> None:
        wrong = dict(refusals)
        answers: dict[Sender, list[bytes]] = {}
        for place, (sender, op, _) in enumerate(batch):
            if type(op) is Beat:
                continue
            said = answers.setdefault(sender, [])
            if place in wrong:
                said.append(refused(op.seq, wrong[place]))
            elif type(op) is Item or op.run_id is None:
                said.append(done(op.seq, None))
            else:
                said.append(done(op.seq, there[op.run_id].log_id))
                if type(op) is End:
                    sender.ended(op.run_id)
        for sender, lines in answers.items():
            sender.answer(b"".join(lines))
