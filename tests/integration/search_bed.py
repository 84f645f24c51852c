"""A real gate that does nothing but search the logs of programs in a folder."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from batmon.engine.log_files.search_answers import SearchAnswers
from batmon.gate.client import GateClient
from batmon.gate.keyring import KeyRing
from batmon.gate.server import GateServer
from batmon.model import Program
from batmon.places import gate_address


@dataclass
class Searchable:
    """A gate that searches the logs of programs below ``folder``; its state folder is ``state`` there."""

    folder: Path
    programs: dict[str, Program] = field(default_factory=dict)

    @property
    def keyring(self) -> KeyRing:
        return KeyRing(self.folder / "authorized_keys")

    @property
    def address(self) -> str:
        return gate_address(str(self.folder / "state"))

    def log(self, program: str, name: str = "main.log", *lines: str, at: int | None = None) -> Path:
        folder = self.folder / program
        folder.mkdir(exist_ok=True)
        self.programs[program] = Program(name=program, base_dir=folder, logs=("*.log",), timezone="Asia/Seoul")
        path = folder / name
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        if at is not None:
            os.utime(path, (at, at))
        return path

    @asynccontextmanager
    async def open(self):
        async def audit(_): ...

        server = GateServer(
            SearchAnswers(programs=lambda: self.programs).verbs(), greeting=lambda: {"timezone": "Asia/Seoul"},
            keyring=self.keyring, audit=audit,
        )  # fmt: skip
        await server.start(self.address)
        try:
            async with await GateClient.connect(self.address) as client:
                yield client
        finally:
            await server.stop()
