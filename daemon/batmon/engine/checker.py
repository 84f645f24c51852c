"""Evidence to verdict to one transaction, a program at a time.

Whatever wakes it (a log line, a record, a process, a deadline) a program is judged from all that is known of it, and
run, verdict, state and incident are committed together. If another daemon changed the state first, all of it is
dropped and judged afresh. When Postgres is away, what was found is kept and committed when it is back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from batmon.engine.board import Board, row_of
from batmon.engine.incidents.alerting import Alerting
from batmon.engine.incidents.signatures import Signatures
from batmon.engine.known_runs import began, overlay, strip
from batmon.engine.scheduler import Scheduler
from batmon.engine.usual_runs import UsualRuns
from batmon.engine.watched import BEGINNING, Watched, gather
from batmon.errors import ModelError, StoreUnavailable
from batmon.evidence import CaughtUp, LogBatch, SightChanged, log_series
from batmon.judge.calendar import Calendar
from batmon.judge.merge import merge
from batmon.judge.verdict import judge, undecided_since
from batmon.model import LogSight, LogState, Origin, ProcessEvidence, Program, Run
from batmon.store import Cursor, Judgement, Store, StoredState
from batmon.store.history import History

log = logging.getLogger(__name__)

RECENT_RUNS = 60
"""How many of a program's latest runs a verdict is made from."""
BACKFILL_BATCH = 500
RETRY_SEC = 1.0
COMMIT_TRIES = 4
LAST_LOG_CHARS = 500
AFTER_FAULT = timedelta(minutes=1)
"""When a program whose judgement failed for a reason nobody expected is judged again."""
UNCONFIGURED_LIMIT = 200
"""Bots that nobody configured and that record runs: more than this is somebody's mistake, and is logged."""
UNCONFIGURED_KEPT = timedelta(days=30)
"""A bot that nobody configured and that has not run for so long is not on the board of the next daemon."""


class Checker:
    """Holds every watched program and judges it when something happens."""

    def __init__(
        self,
        store: Store,
        board: Board,
        scheduler: Scheduler,
        *,
        node: str,
        now: Callable[[], datetime],
        blind: tuple[datetime, datetime] | None = None,
        timezone: str = "UTC",
        alerting: Alerting,
        calendars: Mapping[str, Calendar] | None = None,
        hourly_cost: float = 0.0,
    ) -> None:
        self._store = store
        self._alerting = alerting
        self._usual = UsualRuns(History(store), calendars or {})
        self._board = board
        self._scheduler = scheduler
        self._node = node
        self._now = now
        self._blind = blind
        self._timezone = timezone
        self._hourly_cost = hourly_cost
        self._watched: dict[str, Watched] = {}
        self._by_fold: dict[str, str] = {}
        self._unfinished: set[str] = set()
        self.signatures = Signatures(store.signatures_of, lambda name: self._publish(self._watched[name]))
        self.ready = asyncio.Event()
        """Set once every program has been judged for the first time since the daemon started."""
        self.not_ours: Collection[str] = frozenset()
        """Names of probes, in lower case: a record that is called so makes no program."""

    def watch(self, program: Program, state: StoredState, cursors: Iterable[Cursor] = ()) -> None:
        """Begin to hold ``program``; its row is shown as not looked at until its logs have been read."""
        held = Watched.since(state, program, cursors)
        self._watched[program.name] = held
        self._by_fold[program.name.casefold()] = program.name
        self._unfinished.add(program.name)
        self.signatures.show(program, state)
        self._publish(held)

    def watch_unconfigured(self, states: Collection[StoredState]) -> list[str]:
        """Hold the bots that nobody configured and that ran lately, as they were left; their names.

        Each is shown as not looked at until somebody has it judged.
        """
        lately = self._now() - UNCONFIGURED_KEPT
        known = sorted(((_last_ran(state), state.program) for state in states), reverse=True)
        wanted = {name for ran, name in known[:UNCONFIGURED_LIMIT] if ran >= lately}
        held = []
        for state in states:
            if state.program in wanted and state.program.casefold() not in self._by_fold:
                self.watch(self._unconfigured(state.program), state)
                held.append(state.program)
        return held

    def _unconfigured(self, name: str) -> Program:
        """A bot that nobody configured.

        Raises:
            ModelError: no program can be called so.
        """
        return Program(name=name, base_dir=Path(), node=self._node, timezone=self._timezone, logs=(), configured=False)

    @property
    def programs(self) -> Mapping[str, Program]:
        """Name to program, unconfigured bots included."""
        return {name: held.program for name, held in self._watched.items()}

    async def on_batch(self, batch: LogBatch) -> None:
        """New lines of a program's log."""
        held = self._watched[batch.program]
        async with held.lock:
            series = log_series(Path(batch.path).name)
            state = held.scans.get(series, BEGINNING)
            written = await self._written(held, batch, begun=bool(state.data))
            try:
                result = held.scanner.scan(state, batch.lines, path=batch.path, written=written)
            except Exception as error:
                # a line that breaks the scanner must not blind us for all other programs
                log.exception("cannot read log lines", extra={"program": batch.program, "path": batch.path})
                self._doubt(held, f"its log could not be read: {error}")
                return
            held.scans[series] = result.state
            held.errors.add(batch.program, result.errors, batch.fingerprint, batch.offset_after)
            held.cursors[batch.fingerprint] = Cursor(
                node=self._node,
                program=batch.program,
                fingerprint=batch.fingerprint,
                path=batch.path,
                offset=batch.offset_after,
                scan_state=result.state.to_json(),
            )
            for line in reversed(batch.lines):
                if line.text.strip():
                    held.last_log = line.text.strip()[:LAST_LOG_CHARS]
                    break
            found = result.runs if held.caught_up else tuple(self._found_late(run) for run in result.runs)
            held.unsaved.update({run.run_id: run for run in found})
            if not held.caught_up:
                if len(held.unsaved) >= BACKFILL_BATCH:
                    await self._backfill_or_wait(held)
            elif found:
                await self._check(held)
            else:
                self._publish(held)

    @staticmethod
    async def _written(held: Watched, batch: LogBatch, *, begun: bool) -> datetime | None:
        """When these lines were written at the latest, where a log needs that because its lines say no date."""
        if held.dateless is None:
            held.dateless = held.scanner.leaves_out_dates(batch.lines)
        if held.dateless and (batch.caught_up or not begun):
            return await asyncio.to_thread(_modified, batch.path)
        return None

    def _found_late(self, run: Run) -> Run:
        """The run, marked if it happened while no daemon looked."""
        if self._blind is None:
            return run
        start, end = self._blind
        last = run.end_time or run.start_time
        return replace(run, verified_late=True) if start <= last <= end else run

    async def on_sight(self, change: SightChanged) -> None:
        """A program's logs have appeared, vanished or cannot be read."""
        held = self._watched[change.program]
        async with held.lock:
            held.sight = change.sight
            if held.caught_up:
                await self._check(held)

    async def on_caught_up(self, done: CaughtUp, sight: LogSight) -> None:
        """All that a program's logs hold has been read: from here on every line is judged as it lands."""
        held = self._watched[done.program]
        async with held.lock:
            held.sight = sight
            await self._backfill_or_wait(held)
            held.caught_up = True
            await self._check(held)

    async def on_record(self, bot_name: str) -> None:
        """Somebody wrote a row for ``bot_name`` into the run table."""
        name = self._by_fold.get(bot_name.casefold())
        if name is None and bot_name.casefold() in self.not_ours:
            return
        if name is None:
            if sum(not held.program.configured for held in self._watched.values()) >= UNCONFIGURED_LIMIT:
                log.warning("too many bots that nobody configured, ignored", extra={"bot": bot_name})
                return
            try:
                program = self._unconfigured(bot_name)
            except ModelError as error:
                log.warning("a record of a bot that cannot be shown: %s", error)
                return
            state = await self._store.register_unconfigured(
                bot_name, self._node, self._now(), self._timezone, self._hourly_cost
            )
            self.watch(program, state)
            name = bot_name
        await self.check(name)

    async def on_own_run(self, run: Run) -> None:
        """A run that this daemon started began, changed or ended."""
        held = self._watched[run.program]
        async with held.lock:
            held.own[run.run_id] = run
            await self._check(held)

    async def on_process(self, name: str, process: ProcessEvidence, began: datetime) -> None:
        """The process behind a run that somebody else started was found, or has ended."""
        held = self._watched[name]
        async with held.lock:
            if process.pid is not None:
                held.processes[process.pid] = (process, began)
            await self._check(held)

    async def on_recorded_process(self, bot_name: str, run_id: UUID, process: ProcessEvidence) -> None:
        """The process of a recorded run has ended, or turned out to live."""
        name = self._by_fold.get(bot_name.casefold())
        if name is None:
            await self.on_record(bot_name)
            name = self._by_fold.get(bot_name.casefold())
        if name is None:
            return  # on_record said why
        held = self._watched[name]
        async with held.lock:
            held.recorded[run_id] = process
            await self._check(held)

    def under_way(self, known: Collection[UUID] = ()) -> dict[str, datetime]:
        """By program: when the run began that somebody else started and that has not ended.

        ``known`` are recorded runs that are left out, for their process is known.
        """
        return {
            name: datetime.fromisoformat(held.state.running["start_time"])
            for name, held in self._watched.items()
            if held.state.running is not None
            and held.state.running["origin"] != Origin.RERUN.value
            and UUID(held.state.running["run_id"]) not in known
        }

    async def check(self, name: str) -> None:
        """Judge ``name`` now, from what is known."""
        held = self._watched[name]
        async with held.lock:
            if held.caught_up:
                await self._check(held)

    async def save_cursors(self) -> None:
        """Commit how far every log has been read, so that a restart begins there.

        A log with runs that are not committed yet keeps its old cursor: it would be read again from there.
        """
        async with AsyncExitStack() as stack:
            settled = [held for held in self._watched.values() if held.cursors and not held.unsaved]
            idle = [held for held in settled if not held.lock.locked()]
            for held in idle:  # nobody else may commit what is on its way; no lock is waited for
                await stack.enter_async_context(held.lock)
            cursors = [cursor for held in idle for cursor in held.cursors.values()]
            if not cursors:
                return
            errors = {held.program.name: held.errors.waiting() for held in idle}
            try:
                await self._store.put_runs((), cursors, errors=errors)
            except BaseException:  # also when nobody waits for the answer any more
                for held in idle:
                    held.errors.unsure()
                raise
            for held in idle:
                held.cursors.clear()
                held.errors.clear()
            self.signatures.counted(seen.signature for found in errors.values() for seen in found)

    async def _backfill_or_wait(self, held: Watched) -> None:
        """Commit history; while Postgres is away nothing more of this program's logs is read."""
        while True:
            try:
                return await self._backfill(held)
            except StoreUnavailable as error:
                held.errors.unsure()
                log.warning("cannot commit history, will try again: %s", error, extra={"program": held.program.name})
                await asyncio.sleep(RETRY_SEC)

    async def _backfill(self, held: Watched) -> None:
        """Commit history in bulk; what other evidence recorded in the same span is merged with it."""
        found = sorted(held.unsaved.values(), key=lambda run: run.start_time)
        if not found:
            return
        margin = timedelta(days=1)
        rows = await self._store.runs_between(
            held.program.name, found[0].start_time - margin, found[-1].start_time + margin
        )
        merged = merge(rows, found)
        errors = held.errors.waiting(overlay(rows, merged.changed, merged.removed))
        await self._store.put_runs(
            merged.changed,
            tuple(held.cursors.values()),
            removed=merged.removed,
            errors={held.program.name: errors},
        )
        held.unsaved.clear()
        held.cursors.clear()
        held.errors.clear()

    async def _check(self, held: Watched) -> None:
        try:
            for _ in range(COMMIT_TRIES):
                if await self._judge_once(held):
                    break
            else:
                log.error("the state kept changing under us", extra={"program": held.program.name})
        except StoreUnavailable as error:
            held.errors.unsure()
            log.warning("cannot commit, will try again: %s", error, extra={"program": held.program.name})
            self._scheduler.set(held.program.name, self._now() + timedelta(seconds=RETRY_SEC))
            return
        except Exception as error:
            # one program that cannot be judged must not blind us for all others: it is UNKNOWN, and says why
            log.exception("cannot judge", extra={"program": held.program.name})
            self._doubt(held, f"it could not be judged: {error}")
            return
        held.doubt = None
        self.signatures.show(held.program, held.state)
        await self.signatures.learn(held.program.name)
        self._settled(held)

    def _doubt(self, held: Watched, why: str) -> None:
        self._scheduler.set(held.program.name, self._now() + AFTER_FAULT)
        held.doubt = {"cause": "fault", "detail": why}
        self._settled(held)

    def _settled(self, held: Watched) -> None:
        """Show what came of looking, well or not; the daemon is ready once every program has been looked at."""
        self._publish(held)
        self._unfinished.discard(held.program.name)
        if not self._unfinished:
            self.ready.set()

    async def _judge_once(self, held: Watched) -> bool:
        """Judge and commit; False if another writer changed the state first (it is loaded afresh)."""
        now = self._now()
        stored, known_since = await self._runs_that_matter(held, now)
        known = gather(held, stored)
        judged = judge(
            held.program,
            known.runs,
            held.sight,
            watch_since=held.state.watch_since,
            judged_until=held.state.judged_until,
            now=now,
            blind=self._blind,
            known_since=known_since,
            calendar=self._usual.calendar(held.program),
            usual=await self._usual.of(held.program, known.runs),
        )
        changed = {run.run_id: run for run in (*known.changed, *judged.missed, *judged.closed)}
        runs = overlay(known.runs, (*judged.missed, *judged.closed), judged.removed)
        verdict, before = judged.verdict, held.state
        moved = verdict.status is not before.status or verdict.reason is not before.reason
        judgement = Judgement(
            program=held.program.name,
            node=self._node,
            expected_version=before.version,
            verdict=verdict,
            since=began(verdict) if verdict.status is not before.status else before.since,
            runs=tuple(changed.values()),
            removed_runs=(*known.removed, *judged.removed),
            cursors=tuple(held.cursors.values()),
            judged_until=judged.judged_until,
            last_log=held.last_log,
            errors=known.errors,
            merged_runs=known.joined,
            log_seen=before.log_seen or held.sight.state is LogState.PRESENT,
            strip=strip(runs),
            incident=self._alerting.weigh(held.program, before, verdict, now),
        )
        state = await self._store.commit(judgement)
        if state is None:
            held.state = await self._store.state(held.program.name)
            return False
        if moved:
            log.info(
                "verdict",
                extra={"program": held.program.name, "status": verdict.status.value, "reason": verdict.reason.value},
            )
        held.committed(state)
        self._alerting.committed(judgement.incident, held.program.name)
        self.signatures.counted(seen.signature for seen in known.errors)
        self._scheduler.set(held.program.name, verdict.deadline)
        return True

    async def _runs_that_matter(self, held: Watched, now: datetime) -> tuple[list[Run], datetime | None]:
        """The latest runs; all since the first undecided slot when those do not reach so far, and from when on."""
        name, state = held.program.name, held.state
        stored = await self._store.recent_runs(name, RECENT_RUNS)
        if not held.program.schedule:  # no slot can be undecided, however many runs it records
            return stored, None
        since = undecided_since(held.program, watch_since=state.watch_since, judged_until=state.judged_until)
        if len(stored) < RECENT_RUNS or stored[-1].start_time <= since:
            return stored, None
        return await self._store.runs_between(name, since, now + timedelta(days=1)), since

    def show(self, name: str) -> None:
        """Show the row of ``name`` again, if it is one of ours: something beside its verdict has changed."""
        if (held := self._watched.get(name)) is not None:
            self._publish(held)

    def _publish(self, held: Watched) -> None:
        self._board.publish(
            held.program.name,
            row_of(
                held.program,
                held.state,
                last_log=held.last_log,
                doubt=held.doubt,
                signature=self.signatures.note(held.program.name),
                incident=self._alerting.note(held.program.name),
            ),
        )


def _modified(path: str) -> datetime | None:
    """When the file was last written."""
    try:
        return datetime.fromtimestamp(Path(path).stat().st_mtime, UTC)
    except OSError:
        return None


def _last_ran(state: StoredState) -> datetime:
    """When its last run began; since when it is watched, if it has none."""
    last = state.running or state.last_run
    return datetime.fromisoformat(last["start_time"]) if last else state.watch_since
