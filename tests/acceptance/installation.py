"""One real installation in a temporary folder: a configuration, programs, a daemon process, and eyes on its board."""

import asyncio
import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from batmon.errors import BatmonError
from batmon.evidence.processes import identify, stop_tree
from batmon.gate.client import GateClient
from batmon.places import gate_address
from batmon.store import EmbeddedPostgres, Store
from tests.state_folders import new_state_folder

SEOUL = ZoneInfo("Asia/Seoul")
PATIENCE_SEC = 30.0
"""Bound on every wait: far more than any of them takes, so that only a fault reaches it."""


def log_line(text, level="INFO", at=None):
    """A line as the sample programs write it."""
    at = at or datetime.now(SEOUL)
    return f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03d} - {level} - {text}\n"


_clusters: list[Path] = []


async def cluster():
    """A state folder with a database cluster as the first start makes it, at rest; made once a process."""
    if not _clusters:
        state = new_state_folder()
        server = await EmbeddedPostgres.start(state)
        await (await Store.open(server.url, server.owner_url)).close()
        await server.stop()
        atexit.register(shutil.rmtree, state, ignore_errors=True)
        _clusters.append(state)
    return _clusters[0]


class Installation:
    """The folder, and the daemon that runs there now, if any.

    Its state folder lies in it, on a real disk, unless another empty one is given.
    """

    def __init__(self, state=None):
        self.home = Path(tempfile.mkdtemp(prefix="bm-"))
        self.state = state or self.home / "state"
        self.config = self.home / "config.toml"
        self.process = None
        self.tables = ["[ssh]\nenabled = false\n"]
        self.environ = {**os.environ, "BATMON_CONFIG": str(self.config), "BATMON_STATE": str(self.state)}

    def add_program(self, name, *, schedule="0 6 * * *", extra=""):
        """Configure a program with a folder of its own; where its log will be."""
        logs = self.home / name / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        self.tables.append(
            f'[[programs]]\nname = "{name}"\nschedule = "{schedule}"\ntimezone = "Asia/Seoul"\n'
            f"base_dir = '{self.home / name}'\n{extra}\n"
        )
        return logs / f"{name}.log"

    async def start(self, **environ):
        """Start the daemon and wait until it answers, and whoever records is heard too.

        A new state folder gets a copy of a cluster: making one takes more of a processor than most of these tests.
        """
        if not (self.state / "postgres").exists():
            self.state.mkdir(mode=0o700, exist_ok=True)
            subprocess.run(["cp", "-a", await cluster() / "postgres", self.state], check=True)
        self.config.write_text("\n".join(self.tables), "utf-8")
        self.errors = (self.home / "daemon.log").open("ab")
        began = self.errors.tell()
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "batmon", "daemon", env={**self.environ, **environ}, stderr=self.errors
        )
        async with asyncio.timeout(PATIENCE_SEC):
            while not (await self._answers() and self._ready(began)):
                assert self.process.returncode is None, (self.home / "daemon.log").read_text()
                await asyncio.sleep(0.02)

    def _ready(self, began):
        """Whether the daemon has said so since its log was so long."""
        return b'"message": "ready"' in (self.home / "daemon.log").read_bytes()[began:]

    async def _answers(self):
        try:
            client = await GateClient.connect(gate_address(str(self.state)), client="tests")
        except BatmonError:
            return False
        await client.close()
        return True

    async def stop(self):
        """SIGTERM; its exit code."""
        return await self._end(signal.SIGTERM)

    async def kill(self):
        """SIGKILL, as the kernel does it."""
        return await self._end(signal.SIGKILL)

    async def _end(self, number):
        if self.process is None:
            return None
        if self.process.returncode is None:
            os.kill(self.process.pid, number)
        async with asyncio.timeout(PATIENCE_SEC):
            code = await self.process.wait()
        self.errors.close()
        self.process = None
        return code

    @asynccontextmanager
    async def client(self):
        """A connection to the gate as the owner of the folder."""
        client = await GateClient.connect(gate_address(str(self.state)), client="tests")
        try:
            yield client
        finally:
            await client.close()

    async def until(self, name, wanted):
        """Watch the board until ``wanted(row)`` of the program is true; that row."""
        async with asyncio.timeout(PATIENCE_SEC), self.client() as client:
            row = None
            async with client.stream("watch") as frames:
                async for frame in frames:
                    for row in frame.get("snapshot", frame.get("rows", [])):
                        if row["name"] == name and wanted(row):
                            return row
            raise AssertionError(f"the watch ended; last row: {row}")

    async def ask(self, verb, **args):
        """One request."""
        async with self.client() as client:
            return await client.request(verb, **args)

    async def batmon(self, *args, stdin=None, **environ):
        """The command line as a real process: (exit code, stdout, stderr)."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "batmon", *args, env={**self.environ, **environ},
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(PATIENCE_SEC):
            out, err = await process.communicate(stdin.encode() if stdin else None)
        return process.returncode, out.decode(), err.decode()

    async def check(self, *names):
        """The object of ``batmon check --json`` and the exit code."""
        code, out, err = await self.batmon("check", "--json", *names)
        assert out, err
        return json.loads(out), code

    async def database_url(self):
        """The database as ``batmon doctor --json`` tells admins."""
        code, out, err = await self.batmon("doctor", "--json")
        assert code in (0, 1), err
        return json.loads(out)["database_url"]

    async def remove(self):
        """Stop what runs and delete everything."""
        await self._end(signal.SIGKILL)
        note = self.state / "console.json"  # the console outlives a killed daemon, as it should
        if note.is_file() and (console := identify(json.loads(note.read_text())["pid"])):
            await asyncio.to_thread(stop_tree, console, grace=5.0)
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.rmtree(self.state, ignore_errors=True)
