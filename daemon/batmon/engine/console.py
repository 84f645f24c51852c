"""Keeps the SSH console alive as a process of its own: its crash never touches the daemon, nor ours its sessions.

A console that outlived an earlier daemon is taken up rather than started again, so that people who are attached over
SSH see "the daemon is away" and then "it is back", not a closed connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

from batmon.config import Config
from batmon.engine.reruns.watched_process import gone
from batmon.errors import RunnerError
from batmon.evidence.processes import ProcessIdentity, identify, is_alive, stop_tree
from batmon.refusals import because

log = logging.getLogger(__name__)

FIRST_PAUSE_SEC = 0.5
LONGEST_PAUSE_SEC = 30.0
START_LIMIT_SEC = 30.0
STOP_GRACE_SEC = 8.0
LARGEST_LOG = 16 * 1024 * 1024
"""Bytes of the console's log; looked at when a console starts."""


class Console:
    """The console process of one daemon."""

    def __init__(self, config: Config, *, on_change: Callable[[str], None]) -> None:
        self._config = config
        self._note = config.state / "console.json"
        self._on_change = on_change
        self._process: ProcessIdentity | None = None
        self._stopping = False
        self.listening = ""
        self.problem = ""

    def _command(self) -> list[str]:
        ssh = self._config.ssh
        return [
            sys.executable, "-P", "-m", "batmon_tui.ssh",
            "--state", str(self._config.state),
            "--listen", f"{ssh.host}:{ssh.port}",
            "--language", self._config.language,
            "--max-sessions", str(ssh.max_sessions),
            "--max-unauthenticated", str(ssh.max_unauthenticated),
        ]  # fmt: skip

    async def keep(self) -> None:
        """Start it, wait for its end, start it again, for ever; pauses grow while it keeps failing."""
        pause = FIRST_PAUSE_SEC
        while not self._stopping:
            if not await self._taken_up():
                began = asyncio.get_running_loop().time()
                await self._run()
                if asyncio.get_running_loop().time() - began > LONGEST_PAUSE_SEC:
                    pause = FIRST_PAUSE_SEC
            self.listening = ""
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SEC)

    async def _taken_up(self) -> bool:
        """Whether a console of this state folder and these settings was alive; if so, returns after its end."""
        try:
            note = json.loads(self._note.read_text("utf-8"))
            known = ProcessIdentity(int(note["pid"]), float(note["created"]))
            same = note["command"] == self._command()
        except (OSError, ValueError, KeyError, TypeError):
            return False
        if not is_alive(known):
            return False
        if not same:
            log.info("the console's settings changed: starting it anew", extra={"pid": known.pid})
            await asyncio.to_thread(stop_tree, known, grace=STOP_GRACE_SEC)
            return False
        self._process = known
        self.listening = str(note["listening"])
        log.info("console taken up", extra={"pid": known.pid, "listening": self.listening})
        self._on_change(self.listening)
        await gone(known)
        log.error("the console has ended; starting it again", extra={"pid": known.pid})
        return True

    async def _run(self) -> None:
        log_file = self._config.state / "logs" / "console.log"
        log_file.parent.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(_make_room, log_file)
        with log_file.open("ab") as sink:
            log_start = sink.tell()
            process = await asyncio.create_subprocess_exec(
                *self._command(), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=sink,
                start_new_session=sys.platform != "win32",
            )  # fmt: skip
        self._process = identify(process.pid)
        try:
            await self._ready(process)
        except RunnerError as error:
            self.problem = await asyncio.to_thread(_last_message, log_file, log_start) or str(error)
            log.error("%s", self.problem, extra={"log": str(log_file)})
            if self._process is not None:  # not process.kill(): it would reap the child behind asyncio's back
                await asyncio.to_thread(stop_tree, self._process, grace=STOP_GRACE_SEC)
        code = await process.wait()
        level = logging.INFO if self._stopping else logging.ERROR
        log.log(level, "the console has ended", extra={"exit_code": code, "log": str(log_file)})

    async def _ready(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is None:
            raise RunnerError(because("console-mute"))
        try:
            async with asyncio.timeout(START_LIMIT_SEC):
                line = await process.stdout.readline()
            self.listening = str(json.loads(line)["listening"])
        except (TimeoutError, ValueError, KeyError) as error:
            raise RunnerError(
                because("console-not-up", host=self._config.ssh.host, port=self._config.ssh.port)
            ) from error
        self.problem = ""
        if (known := self._process) is not None:
            note = {"pid": known.pid, "created": known.created, "listening": self.listening, "command": self._command()}
            _write(self._note, json.dumps(note))
        log.info("console listening", extra={"listening": self.listening, "pid": process.pid})
        self._on_change(self.listening)

    async def stop(self) -> None:
        """End it, terminals restored; the daemon is going on purpose."""
        self._stopping = True
        if self._process is not None:
            await asyncio.to_thread(stop_tree, self._process, grace=STOP_GRACE_SEC)
            with contextlib.suppress(FileNotFoundError):
                self._note.unlink()


def _last_message(log_file: Path, start: int) -> str:
    """What a console that did not come up said last, from the byte ``start`` of its log on; empty if nothing."""
    try:
        with log_file.open("rb") as file:
            file.seek(start)
            lines = file.read().decode(errors="replace").strip().splitlines()
        return str(json.loads(lines[-1])["message"])
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return ""


def _make_room(log_file: Path) -> None:
    """Put a log that has grown large aside, in place of the one before."""
    with contextlib.suppress(FileNotFoundError):
        if log_file.stat().st_size > LARGEST_LOG:
            os.replace(log_file, log_file.with_name(log_file.name + ".1"))  # noqa: PTH105 - the two are one operation


def _write(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.write_text(text, "utf-8")
    os.replace(part, path)  # noqa: PTH105 - the two are one operation
