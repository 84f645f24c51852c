"""A real gate on a real socket, with small handlers that behave like the daemon's."""

from __future__ import annotations

import asyncio
import base64
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

from batmon.errors import NotFound, Refused
from batmon.gate.client import GateClient
from batmon.gate.keyring import KeyRing
from batmon.gate.server import Done, GateServer, Verb
from batmon.model import Role
from batmon.places import gate_address
from batmon.refusals import because

BOUND = 5.0
"""Seconds that anything in these tests may take."""

CHECKED = {
    "status": "ERROR",
    "checked_at": "2026-11-21T00:00:00+00:00",
    "node": "seoul-01",
    "programs": [{"name": "kindscrap", "status": "ERROR", "message": 'a "quoted" ,"text":"x" one', "next_due": None,
                  "last_run": None}],
    "text": "BATMON ERROR - kindscrap: 로그인 실패 (1 error, 0 warning, 0 ok)\n  ERROR kindscrap",
    "exit": 2,
}  # fmt: skip


def public_key(seed: int = 1) -> str:
    name = b"ssh-ed25519"
    blob = struct.pack(">I", len(name)) + name + struct.pack(">I", 32) + bytes([seed]) * 32
    return f"ssh-ed25519 {base64.b64encode(blob).decode()} key-{seed}"


class World:
    """A gate with what the tests look at: the audit trail, and how handlers ended."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.address = gate_address(str(state))
        self.keyring = KeyRing(state / "authorized_keys")
        self.now = datetime(2026, 11, 21, tzinfo=UTC)
        self.trail = []
        self.closed = asyncio.Event()
        self.began = asyncio.Event()
        self.go = asyncio.Event()
        self.made = 0
        self.finished = 0
        self.calls = []
        verbs = {
            "check": Verb(Role.VIEWER, answer=self.check),
            "echo": Verb(Role.VIEWER, answer=self.echo),
            "slow": Verb(Role.VIEWER, answer=self.slow),
            "count": Verb(Role.VIEWER, stream=self.count),
            "flood": Verb(Role.VIEWER, stream=self.flood),
            "break": Verb(Role.VIEWER, answer=self.broken),
            "absent": Verb(Role.VIEWER, answer=self.absent),
            "unknown": Verb(Role.VIEWER, answer=self.unknown),
            "huge": Verb(Role.VIEWER, answer=self.huge),
            "rerun": Verb(Role.OPERATOR, answer=self.rerun),
            "user.remove": Verb(Role.ADMIN, answer=self.remove),
        }
        greeting = {"version": "0.1.0", "node": "seoul-01", "started_at": self.now, "language": "auto",
                    "timezone": "Asia/Seoul"}  # fmt: skip
        self.verbs = verbs
        self.gate = GateServer(
            verbs, greeting=lambda: greeting, keyring=self.keyring, audit=self.audit, now=lambda: self.now
        )

    async def audit(self, entry) -> None:
        self.trail.append(entry)

    async def check(self, _caller, args):
        self.calls.append(args)
        if args.get("programs") == ["nobody"]:
            raise NotFound("no program is called 'nobody'", hint="programs: kindscrap")
        return dict(CHECKED)

    async def echo(self, caller, args):
        return {"user": caller.user, "role": caller.role.value, "peer": caller.peer, "args": args}

    async def slow(self, _caller, _args):
        self.began.set()
        try:
            await self.go.wait()
        finally:
            self.closed.set()
        return {}

    async def count(self, _caller, args):
        try:
            for number in range(args.get("n", 10)):
                self.made = number
                yield {"n": number}
            if args.get("fail"):
                raise Refused("that is enough", hint="rest")
            if args.get("stay"):
                await self.go.wait()
                yield {"n": -1}
            yield Done({"total": args.get("n", 10)})
        finally:
            self.closed.set()

    async def flood(self, _caller, _args):
        try:
            while True:
                self.made += 1
                yield {"text": "x" * 100_000}
        finally:
            self.closed.set()

    async def broken(self, _caller, _args):
        raise KeyError("secret inside")

    async def absent(self, _caller, _args):
        raise NotFound("no such \x1b[31mthing", hint="look \u202eelsewhere")

    async def unknown(self, _caller, _args):
        raise NotFound(because("no-program", name="a\x1b[31m", known="b\u202e" + "c" * 2000))

    async def huge(self, _caller, _args):
        return {"text": "x" * 2_000_000}

    async def rerun(self, _caller, args):
        self.began.set()
        if args.get("wait"):
            await self.go.wait()
        if args.get("password") == "wrong":
            raise Refused("the operation password is wrong")
        self.finished += 1
        return {"run_id": "1", "pid": 2, "started_at": self.now}

    async def remove(self, _caller, args):
        return {"removed": self.keyring.remove(args["name"])}

    def person(self, name: str, role: Role, seed: int = 1, **limits) -> dict[str, str]:
        entry = self.keyring.add(name, role, public_key(seed), **limits)
        return {"user": name, "key": entry.fingerprint, "peer": "10.0.0.7"}

    async def client(self, **options) -> GateClient:
        return await GateClient.connect(self.address, "test", **options)

    def later(self, **amount) -> None:
        self.now += timedelta(**amount)
