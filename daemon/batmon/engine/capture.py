"""What the daemon answers at the gate about the server's screen: capture takes a picture of it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from batmon.config.settings import CaptureConfig
from batmon.engine.files.exports import exports_folder, file_word
from batmon.errors import BatmonError, NoDesktop, Refused
from batmon.gate.arguments import Args
from batmon.gate.verbs import Caller, Verb
from batmon.model import Role
from batmon.refusals import because

CAPTURE_SEC = 20.0
"""How long taking one may take."""
ANSWER_BYTES = 4 * 1024 * 1024


class Capture:
    """The verb. ``environ`` is the daemon's own environment, which may name a desktop."""

    def __init__(
        self,
        config: CaptureConfig,
        *,
        state: Path,
        node: str,
        now: Callable[[], datetime],
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._config = config
        self._state = state
        self._node = node
        self._now = now
        self._environ = environ
        self._taking = asyncio.Lock()

    def verbs(self) -> dict[str, Verb]:
        """For admins: whatever is on the server's screen is in it."""
        return {"capture": Verb(Role.ADMIN, answer=self.capture)}

    async def capture(self, _caller: Caller, args: Args) -> Args:
        """Save a picture of the screen: where, its size, and unless ``shown`` is false a scaled copy to look at.

        Raises:
            Refused: it is switched off, or one is being taken.
            NoDesktop: there is nothing to take a picture of.
            BatmonError: it cannot be taken or saved.
        """
        if not self._config.enabled:
            raise Refused(because("capture-off"))
        display = self._display()
        if self._taking.locked():
            raise Refused(because("capture-under-way"))
        async with self._taking:
            folder = await asyncio.to_thread(exports_folder, self._state, "captures")
            at = self._now()
            name = f"{file_word(self._node)}-{at:%Y%m%dT%H%M%S}-{at.microsecond // 1000:03d}Z.png"
            half = self._state / f".{name}.part"
            try:
                await asyncio.to_thread(self._forget_halves)
                said = await self._taken(half, display)
                half.chmod(0o600)
                size = half.stat().st_size
                half.replace(folder / name)
            except OSError as error:
                raise BatmonError(because("picture-unwritable", why=error.strerror, path=error.filename)) from error
            finally:
                half.unlink(missing_ok=True)
        answer = {"path": f"/exports/captures/{name}", "width": said["width"], "height": said["height"], "size": size}
        return answer | ({} if args.get("shown") is False else {"png": said["png"]})

    def _forget_halves(self) -> None:
        """Remove what a daemon that was killed left: only one is taken at a time, and none is now."""
        for left in self._state.glob(".*.png.part"):
            left.unlink(missing_ok=True)

    def _display(self) -> str:
        """The X display to look at; empty where the system has one screen and no name for it."""
        if not sys.platform.startswith("linux"):
            return ""
        display = self._config.display or self._environ.get("DISPLAY", "")
        if not display:
            wayland = self._environ.get("WAYLAND_DISPLAY")
            why = "its desktop is Wayland, which lets nobody look" if wayland else "no X display is known"
            raise NoDesktop(because("no-desktop", why=why))
        return display

    async def _taken(self, file: Path, display: str) -> Args:
        """Have a child take it; what the child says."""
        environment = dict(self._environ)
        if self._config.xauthority is not None:
            environment["XAUTHORITY"] = str(self._config.xauthority)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "batmon.engine.capture_child", str(file), display,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env=environment, limit=ANSWER_BYTES,
        )  # fmt: skip
        try:
            async with asyncio.timeout(CAPTURE_SEC):
                out, err = await process.communicate()
        except TimeoutError:
            raise BatmonError(because("desktop-silent", display=display, seconds=CAPTURE_SEC)) from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        where = f" {display}" if display else ""
        if process.returncode:
            last = err.decode(errors="replace").strip().splitlines()[-1:] or [f"exit code {process.returncode}"]
            raise BatmonError(because("screen-unseen", where=where, why=last[0]))
        said: Args = json.loads(out)
        if problem := said.get("problem"):
            raise NoDesktop(because("desktop-unseen", where=where, why=problem))
        return said
