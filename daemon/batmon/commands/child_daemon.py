"""A daemon that `batmon up` started: a process of a session of its own, so that Ctrl+C reaches only `up`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

STOP_WITHIN = 45.0
"""Seconds that the daemon may take to drain before it is killed."""


class ChildDaemon:
    """One such process; ``log`` is where it writes, from the byte ``log_start`` on."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path, log_start: int) -> None:
        self._process = process
        self._log_start = log_start
        self.log = log

    @classmethod
    async def start(cls, flags: list[str], state: Path) -> Self:
        """Start ``batmon daemon`` with these global options; its words are added to ``<state>/logs/daemon.log``."""
        log = state / "logs" / "daemon.log"
        handle = await asyncio.to_thread(_opened, log)
        apart = {"creationflags": _group_flag()} if os.name == "nt" else {"start_new_session": True}
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "batmon", *flags, "daemon",
                stdin=subprocess.DEVNULL, stdout=handle, stderr=handle,
                **apart,
            )  # fmt: skip
            return cls(process, log, os.fstat(handle).st_size)
        finally:
            os.close(handle)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """Its exit code; None while it lives."""
        return self._process.returncode

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.returncode is None

    async def wait(self) -> None:
        """Wait for its end."""
        await self._process.wait()

    async def stop(self) -> None:
        """Ask it to drain and end, and wait; kill it if it takes too long."""
        with contextlib.suppress(ProcessLookupError):
            if os.name == "nt":
                self._process.send_signal(signal.CTRL_BREAK_EVENT)  # type: ignore[attr-defined,unused-ignore]  # Windows
            else:
                self._process.terminate()
        try:
            async with asyncio.timeout(STOP_WITHIN):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def last_words(self) -> str:
        """The last things that it said, for a person: messages of log lines, other lines as they are."""
        try:
            with self.log.open("rb") as file:
                file.seek(self._log_start)
                lines = file.read()[-8000:].decode(errors="replace").strip().splitlines()
        except OSError as error:
            return f"its log cannot be read: {error.strerror}"
        return "; ".join(_message(line) for line in lines[-3:]) or "it said nothing"


def _message(line: str) -> str:
    try:
        return str(json.loads(line)["message"])
    except (ValueError, KeyError, TypeError):
        return line.strip()


def _opened(log: Path) -> int:
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def _group_flag() -> int:
    return int(getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0))
