"""What the daemon answers at the gate: the verbs of docs/gate.md about programs, runs, re-runs, keys and itself.

Roles are checked by the gate before any of this is called; the operation password is checked here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from batmon.engine.board import Board, Row
from batmon.engine.reruns.runner import Runner
from batmon.errors import BadRequest, NotFound, RunnerError
from batmon.gate.arguments import Args, maybe_moment, run_id, text, texts, up_to
from batmon.gate.fitting import fitting, size
from batmon.gate.frames import LINE_LIMIT
from batmon.gate.keyring import KeyRing
from batmon.gate.password import OperationPassword
from batmon.gate.sanitize import clean
from batmon.gate.server import Caller, Done, Verb
from batmon.model import Program, Reason, Role, Status
from batmon.refusals import because
from batmon.store import Store
from batmon.store.run_rows import run_json
from batmon.words import error_in_words, plugin_lines, say

RECENT = 100
FRAME_CHARS = LINE_LIMIT // 4
"""Of the rows in one frame of ``watch``, as JSON before the sanitizer, which can treble it."""
CHECK_CHARS = (1000, 120, 30, 0)
"""Of a program's message and last log line in a check: when all fail at once, all of it must still fit a frame."""
READY_WAIT_SEC = 4.0
"""A check that comes while the daemon still reads the logs for the first time waits this long for it."""


class Answers:
    """The verbs that need programs, store, runner and board."""

    def __init__(
        self,
        *,
        node: str,
        programs: Callable[[], Mapping[str, Program]],
        store: Store,
        board: Board,
        runner: Runner,
        keyring: KeyRing,
        password: OperationPassword,
        ready: asyncio.Event,
        now: Callable[[], datetime],
        describe: Callable[[], Awaitable[dict[str, Any]]],
    ) -> None:
        self._node = node
        self._programs = programs
        self._store = store
        self._board = board
        self._runner = runner
        self._keyring = keyring
        self._password = password
        self._ready = ready
        self._now = now
        self._describe = describe

    def verbs(self) -> dict[str, Verb]:
        """Verb name to what answers it and the role that it asks for."""
        viewer, operator, admin = Role.VIEWER, Role.OPERATOR, Role.ADMIN
        return {
            "check": Verb(viewer, answer=self.check),
            "watch": Verb(viewer, stream=self.watch),
            "program": Verb(viewer, answer=self.program),
            "runs": Verb(viewer, answer=self.runs),
            "run.output": Verb(viewer, stream=self.run_output),
            "rerun": Verb(operator, answer=self.rerun),
            "stop": Verb(operator, answer=self.stop),
            "password.set": Verb(admin, answer=self.password_set),
            "user.list": Verb(admin, answer=self.user_list, audited=False),
            "user.add": Verb(admin, answer=self.user_add),
            "user.remove": Verb(admin, answer=self.user_remove),
            "audit": Verb(admin, answer=self.audit, audited=False),
            "doctor": Verb(viewer, answer=self.doctor),
        }

    async def check(self, _caller: Caller, args: Args) -> Args:
        """The verdict of the named programs, or of all: JSON, the plug-in's lines and the exit code."""
        if not self._ready.is_set():
            try:
                async with asyncio.timeout(READY_WAIT_SEC):
                    await self._ready.wait()
            except TimeoutError:
                pass  # rows not judged yet say so themselves: UNKNOWN
        names = args.get("programs") or sorted(self._board.rows)
        if not isinstance(names, list):
            raise BadRequest(because("must-be-names", key="programs"))
        for name in names:
            self._row(name)
        language: Literal["ko", "en"] = "ko" if args.get("language") == "ko" else "en"
        now = self._now()
        programs = [self._checked(self._row(name), language, now) for name in names]
        programs.sort(key=lambda entry: (-Status(entry["status"]).severity, entry["name"]))
        worst = max((Status(p["status"]) for p in programs), key=lambda s: s.severity, default=Status.UNKNOWN)
        for most in CHECK_CHARS:
            answer: Args = {
                "status": worst.value,
                "checked_at": now.isoformat(),
                "node": self._node,
                "programs": [_cut(entry, most) for entry in programs],
            }
            answer["text"] = "\n".join(plugin_lines(answer))
            answer["exit"] = worst.exit_code
            if size(answer) < LINE_LIMIT - 1024:
                break
        return answer

    @staticmethod
    def _checked(row: Row, language: Literal["ko", "en"], now: datetime) -> Args:
        """One program of a check."""
        zone = ZoneInfo(row["timezone"])
        message = say(Reason(row["reason"]), row["facts"], language, zone, now)
        news = error_in_words(row["signature"], language, zone, now)
        if news:
            message = f"{message} ({news})"
        kept = ("log_id", "run_id", "status", "start_time", "end_time", "duration_sec", "processed_count", "origin")
        last = row["last_run"]
        return {
            "name": row["name"],
            "title": row["title"],
            "status": row["status"],
            "message": clean(message),
            "last_log": row["last_log"],
            "base_dir": row["base_dir"],
            "scheduler": row["scheduler"],
            "retry_program": row["retry_program"],
            "next_due": row["next_due"],
            "since": row["since"],
            "signature": row["signature"],
            "last_run": None if last is None else {key: last.get(key) for key in kept},
        }

    async def watch(self, _caller: Caller, _args: Args) -> AsyncIterator[Args | Done]:
        """All rows, then each that changes."""
        subscription = self._board.subscribe()
        try:
            first, *others = _frames_of(list(self._board.rows.values())) or [[]]
            yield {"snapshot": first, "node": {"name": self._node}}
            for rows in others:
                yield {"rows": rows, "gone": []}
            while True:
                changed, gone = await subscription.take()
                for rows in _frames_of(changed) or [[]]:
                    yield {"rows": rows, "gone": gone}
                    gone = []
        finally:
            self._board.unsubscribe(subscription)

    async def program(self, _caller: Caller, args: Args) -> Args:
        """One program: its row, what is configured for it, and its latest runs."""
        name = text(args, "name")
        row, program = self._row(name), self._programs()[name]
        config = {
            "schedule": list(program.schedule),
            "timezone": program.timezone,
            "grace_sec": program.grace.total_seconds(),
            "max_runtime_sec": program.max_runtime.total_seconds(),
            "min_runtime_sec": None if program.min_runtime is None else program.min_runtime.total_seconds(),
            "calendar": program.calendar,
            "base_dir": str(program.base_dir),
            "logs": list(program.logs),
            "encoding": program.encoding,
            "rerun": list(program.rerun),
            "rerun_params": sorted(program.rerun_params),
        }
        recent = await self._store.runs_page(name, RECENT)
        return {"row": row, "config": config, "recent": fitting([run_json(run) for run in recent])}

    async def runs(self, _caller: Caller, args: Args) -> Args:
        """A page of a program's runs, newest first."""
        name = text(args, "program")
        self._row(name)
        limit = up_to(args, "limit", 50, 1000)
        before = maybe_moment(args, "before")
        found = await self._store.runs_page(name, limit + 1, before)
        totals = await self._store.item_totals([run.run_id for run in found[:limit]])
        runs = fitting([run_json(run) | {"items": totals.get(run.run_id)} for run in found[:limit]])
        return {"runs": runs, "more": len(found) > len(runs)}

    async def rerun(self, caller: Caller, args: Args) -> Args:
        """Start a program again, by password."""
        name = text(args, "program")
        program = self._program(name)
        await self._password.check(text(args, "password"), caller.user, caller.peer)
        params = args.get("params") or {}
        if not isinstance(params, dict) or not all(isinstance(v, str) for v in params.values()):
            raise BadRequest(because("must-be-texts-by-name", key="params"))
        run = await self._runner.start(
            program,
            by=caller.user,
            force=args.get("force") is True,
            params=params,
            also_running=self._row(name)["running"] is not None,
        )
        pid = run.process.pid if run.process else None
        return {"run_id": str(run.run_id), "pid": pid, "started_at": run.start_time.isoformat()}

    async def run_output(self, _caller: Caller, args: Args) -> AsyncIterator[Args | Done]:
        """What a re-run prints, live; the end tells how it ended."""
        wanted = run_id(args)
        start = args.get("from", 0)
        if not isinstance(start, int) or start < 0:
            raise BadRequest(because("must-be-whole", key="from"))
        async for seq, printed in self._runner.output(wanted, start=start):
            yield {"seq": seq, "stream": "output", "text": printed}
        run = await self._store.run(wanted)
        yield Done(
            {
                "status": run.status.value if run else None,
                "exit_code": run.process.exit_code if run and run.process else None,
            }
        )

    async def stop(self, caller: Caller, args: Args) -> Args:
        """End a re-run and all that it started, by password."""
        await self._password.check(text(args, "password"), caller.user, caller.peer)
        if "run_id" in args:
            runs = [self._runner.find(run_id(args))]
        else:
            name = text(args, "program")
            self._row(name)
            runs = self._runner.active(name)
            if not runs:
                raise RunnerError(because("no-rerun-to-stop", name=name))
        return {"stopped": sum([await self._runner.stop(run, by=caller.user) for run in runs])}

    async def password_set(self, _caller: Caller, args: Args) -> Args:
        """Set the operation password."""
        await self._password.set(text(args, "new"))
        return {}

    async def user_list(self, _caller: Caller, _args: Args) -> Args:
        """Every key that opens the SSH console."""
        entries = await asyncio.to_thread(self._keyring.entries)
        return {
            "users": [
                {
                    "name": entry.name,
                    "role": entry.role.value,
                    "fingerprint": entry.fingerprint,
                    "comment": entry.comment,
                    "from": list(entry.from_patterns),
                    "expires_at": None if entry.expires_at is None else entry.expires_at.isoformat(),
                }
                for entry in entries
            ]
        }

    async def user_add(self, _caller: Caller, args: Args) -> Args:
        """Let a key in."""
        try:
            role = Role(text(args, "role"))
        except ValueError:
            raise BadRequest(because("must-be-one-of", key="role", known="viewer, operator, admin")) from None
        expires_at = maybe_moment(args, "expires_at")
        if expires_at is not None and expires_at <= self._now():
            raise BadRequest(because("key-expired-already", until=f"{expires_at:%Y-%m-%d %H:%M}"))
        entry = await asyncio.to_thread(
            self._keyring.add,
            text(args, "name"),
            role,
            text(args, "key"),
            from_patterns=texts(args, "from"),
            expires_at=expires_at,
        )
        return {"fingerprint": entry.fingerprint}

    async def user_remove(self, _caller: Caller, args: Args) -> Args:
        """Shut a key, or all keys of a name, out."""
        removed = await asyncio.to_thread(self._keyring.remove, text(args, "name"), args.get("fingerprint"))
        if not removed:
            raise NotFound(because("no-key-of", name=args["name"]))
        return {"removed": removed}

    async def audit(self, _caller: Caller, args: Args) -> Args:
        """The latest entries of the audit trail, newest first."""
        limit = up_to(args, "limit", 100, 10_000)
        return {"entries": await self._store.audit_entries(limit)}

    async def doctor(self, caller: Caller, _args: Args) -> Args:
        """What the daemon knows of itself; the database's address only for admins."""
        answer = await self._describe()
        if caller.role is not Role.ADMIN:
            answer.pop("database_url", None)
        return answer

    def _row(self, name: object) -> Row:
        row = self._board.rows.get(name) if isinstance(name, str) else None
        if row is None:
            known = ", ".join(sorted(self._board.rows)[:20])
            raise NotFound(because("no-program", name=name, known=known))
        return row

    def _program(self, name: str) -> Program:
        self._row(name)
        return self._programs()[name]


def _cut(entry: Args, most: int) -> Args:
    """A program of a check with its texts cut."""

    def short(text: object) -> str:
        said = clean(str(text or ""))
        return said if len(said) <= most else f"{said[:most]}…"

    kind = entry["signature"] and entry["signature"] | {"template": short(entry["signature"]["template"])}
    return entry | {key: short(entry[key]) for key in ("message", "last_log")} | {"signature": kind}


def _frames_of(rows: list[Row]) -> list[list[Row]]:
    """The rows in pieces that each fit a line of the gate, whatever the sanitizer makes of them."""
    pieces: list[list[Row]] = []
    room = 0
    for row in rows:
        size = len(json.dumps(row))
        if size > room or not pieces:
            pieces.append([])
            room = FRAME_CHARS
        pieces[-1].append(row)
        room -= size
    return pieces
