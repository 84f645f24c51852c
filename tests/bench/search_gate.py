"""``python -m tests.bench.search_gate FOLDER``: a gate that searches the logs in a folder, and answers ``ping``.

The daemon without what would read a new log of 1 GiB line by line for minutes before anything can be measured.
"""

import asyncio
import sys
from pathlib import Path

from batmon.engine.log_files.search_answers import SearchAnswers
from batmon.gate.keyring import KeyRing
from batmon.gate.server import GateServer, Verb
from batmon.model import Program, Role
from batmon.places import gate_address


async def main(folder: Path) -> None:
    """Answer until the process is ended."""
    program = Program(name="batch", base_dir=folder, logs=("*.log",), timezone="Asia/Seoul")

    async def ping(_caller, _args):
        return {}

    async def audit(_entry): ...

    server = GateServer(
        SearchAnswers(programs=lambda: {"batch": program}).verbs() | {"ping": Verb(Role.VIEWER, answer=ping)},
        greeting=lambda: {"timezone": "Asia/Seoul"}, keyring=KeyRing(folder / "authorized_keys"), audit=audit,
    )  # fmt: skip
    await server.start(gate_address(str(folder / "state")))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
