"""What the console's acceptance tests stand on: a gate, the console process, and OpenSSH's client in a pty."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

import psutil

from batmon.gate.keyring import KeyRing
from batmon.gate.server import GateServer
from batmon.gate.verbs import AuditEntry, Verb
from batmon.model import Role
from batmon.places import gate_address

HERE = Path(__file__).parent
SAMPLE = "ssh_sample_app:SampleApp"
BOUND = 20.0
"""Seconds after which something that should have happened counts as not happening."""


def until(true, what, bound=BOUND):
    """Look again and again until ``true()`` is; the value that was."""
    end = time.monotonic() + bound
    while not (value := true()):
        assert time.monotonic() < end, f"{what}: not within {bound} s"
        time.sleep(0.02)
    return value


class Gate:
    """A real gate with small verbs, on a loop in a thread of its own."""

    def __init__(self, state: Path):
        self.audit: list[AuditEntry] = []
        self.server: GateServer | None = None
        self._state = state
        self._ready = threading.Event()
        self._stop: asyncio.Event
        self._loop: asyncio.AbstractEventLoop
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(BOUND)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(BOUND)

    async def _run(self):
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()

        async def check(_caller, _args):
            one = {"name": "fund_mail", "title": "", "status": "ERROR", "message": "run failed", "programs": []}
            return {
                "status": "ERROR", "checked_at": "2026-11-21T00:00:00+00:00", "node": "here", "programs": [one],
                "text": "BATMON ERROR - fund_mail: run failed", "exit": 2,
            }  # fmt: skip

        async def rerun(_caller, _args):
            return {"run_id": "1"}

        async def endless(_caller, _args):
            while True:
                yield {"lines": ["x" * 1000] * 50}
                await asyncio.sleep(0)

        async def note(entry):
            self.audit.append(entry)

        self.server = GateServer(
            {
                "check": Verb(Role.VIEWER, answer=check),
                "rerun": Verb(Role.OPERATOR, answer=rerun),
                "endless": Verb(Role.VIEWER, stream=endless),
            },
            greeting=lambda: {"version": "0", "node": "here", "started_at": "", "language": "auto", "timezone": "UTC"},
            keyring=KeyRing(self._state / "authorized_keys"),
            audit=note,
        )
        await self.server.start(gate_address(str(self._state)))
        self._ready.set()
        await self._stop.wait()
        await self.server.stop()


class Console:
    """The console process."""

    def __init__(self, state: Path, *flags: str, app: str = SAMPLE):
        self.state = state
        self.log = state / "console.log"
        environment = os.environ | {"PYTHONPATH": f"{HERE}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
        with self.log.open("ab") as sink:
            self.process = subprocess.Popen(
                [
                    sys.executable, "-m", "batmon_tui.ssh", "--state", state, "--listen", "127.0.0.1:0",
                    "--app", app, "--max-unauthenticated-per-address", "20", *flags,
                ],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=sink, env=environment,
            )  # fmt: skip
        ready, _, _ = select.select([self.process.stdout], [], [], BOUND)
        line = self.process.stdout.readline() if ready else b""
        assert line, self.log.read_text()
        self.port = int(json.loads(line)["listening"].rpartition(":")[2])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(BOUND)
        self.process.stdout.close()
        return code

    def logged(self) -> list[dict]:
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def says(self, message: str, **extra) -> list[dict]:
        return [
            entry
            for entry in self.logged()
            if message in entry["message"] and all(entry.get(name) == value for name, value in extra.items())
        ]

    def server(self) -> psutil.Process:
        """The process that serves: the console itself or its only worker."""
        me = psutil.Process(self.process.pid)
        return (me.children() or [me])[0]

    def sockets(self) -> int:
        """Connections that any of its processes has open on the console's port."""
        me = psutil.Process(self.process.pid)
        found = [c for p in (me, *me.children()) for c in p.net_connections("tcp") if c.status == "ESTABLISHED"]
        return len(found)


class Keys:
    """Key files, and who has them."""

    def __init__(self, folder: Path, state: Path):
        self.folder = folder
        self.ring = KeyRing(state / "authorized_keys")

    def make(self, name: str) -> Path:
        path = self.folder / name
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path], check=True)
        return path

    def add(self, name: str, role: Role = Role.OPERATOR, **limits) -> Path:
        path = self.make(name)
        self.ring.add(name, role, path.with_suffix(".pub").read_text(), **limits)
        return path


def ssh_command(console: Console, key: Path, *rest: str, user: str | None = None) -> list[str]:
    return [
        "ssh", "-F", "none", "-p", str(console.port), "-i", str(key),
        "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "BatchMode=yes",
        "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR",
        "-o", f"UserKnownHostsFile={console.state / 'known'}",
        *rest[:-1], f"{user or key.name}@127.0.0.1", *rest[-1:],
    ]  # fmt: skip


def ssh(console: Console, key: Path, *rest: str, user: str | None = None, **how) -> subprocess.CompletedProcess:
    """Run OpenSSH's client without a terminal; the last of ``rest`` is the command."""
    command = ssh_command(console, key, *rest, user=user)
    how.setdefault("stdin", subprocess.DEVNULL) if "input" not in how else None
    return subprocess.run(command, capture_output=True, timeout=BOUND, check=False, **how)


class Terminal:
    """OpenSSH's client in a pty, read all the time by a thread unless ``frozen``."""

    def __init__(self, command: list[str], size=(80, 24), environment=None):
        ours, theirs = pty.openpty()
        self._fd = ours
        self.resize(*size)
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            env=os.environ | {"TERM": "xterm-256color", "LANG": "C.UTF-8"} | (environment or {}),
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - one system call, no locks
        )  # fmt: skip
        os.close(theirs)
        self.seen = b""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait(BOUND)
        self._thread.join(BOUND)
        os.close(self._fd)

    def _read(self):
        with contextlib.suppress(OSError):
            while piece := os.read(self._fd, 65536):
                self.seen += piece

    def resize(self, width: int, height: int):
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        with contextlib.suppress(AttributeError):
            self.process.send_signal(signal.SIGWINCH)

    def takes_input(self) -> bool:
        """Whether the client reads what is typed; waits a moment for it."""
        return bool(select.select([], [self._fd], [], 0.1)[1])

    def send(self, data: bytes):
        os.write(self._fd, data)

    def wait_for(self, text: str | bytes, bound=BOUND) -> bytes:
        wanted = text.encode() if isinstance(text, str) else text
        end = time.monotonic() + bound
        while wanted not in self.seen:
            assert time.monotonic() < end, f"{text!r} is not on the terminal: {self.text()[-500:]!r}"
            time.sleep(0.01)
        return self.seen

    def ended(self) -> int:
        code = self.process.wait(BOUND)
        self._thread.join(BOUND)
        return code

    def text(self) -> str:
        return re.sub(r"\x1b\[[0-9;?<>=$]*[A-Za-z]", "", self.seen.decode(errors="replace"))
