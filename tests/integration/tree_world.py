"""A real gate with the answers about files, over real folders, and clients of every role."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime

from batmon.engine.files.answers import TreeAnswers
from batmon.gate.client import GateClient
from batmon.gate.keyring import KeyRing
from batmon.gate.server import GateServer
from batmon.model import Program, Role
from batmon.places import gate_address
from tests.integration.gate.gate_world import public_key


class TreeWorld:
    """Program ``kind`` with base_dir ``app``, a second folder ``out``, and the state folder ``state``."""

    def __init__(self, home) -> None:
        self.base, self.out, self.state = home / "app", home / "out", home / "state"
        for folder in (self.base / "logs", self.out, self.state):
            folder.mkdir(parents=True)
        self.program = Program(
            name="kind", base_dir=self.base, files=(self.out,), logs=("logs/*.log",), encoding="auto"
        )
        self.programs = {"kind": self.program}
        self.trail = []
        self.keyring = KeyRing(self.state / "authorized_keys")
        self.answers = TreeAnswers(programs=lambda: self.programs, state=self.state)
        self.more_verbs = {}

    def person(self, name: str, role: Role, seed: int) -> dict[str, str]:
        entry = self.keyring.add(name, role, public_key(seed))
        return {"user": name, "key": entry.fingerprint, "peer": "10.0.0.7"}

    @asynccontextmanager
    async def open(self, role: Role = Role.ADMIN):
        """A client who is ``role``; an admin is this machine's own user."""

        async def audit(entry) -> None:
            self.trail.append(entry)

        gate = GateServer(
            self.answers.verbs() | self.more_verbs, greeting=lambda: {"node": "seoul-01", "language": "en"},
            keyring=self.keyring, audit=audit, now=lambda: datetime(2026, 11, 21, tzinfo=UTC),
        )  # fmt: skip
        address = gate_address(str(self.state))
        await gate.start(address)
        try:
            person = None if role is Role.ADMIN else self.person("kim", role, 1)
            async with await GateClient.connect(address, "test", act_as=person) as client:
                yield client
        finally:
            await gate.stop()
