"""A real terminal for tests: a window of a tmux server of its own, with keys and eyes."""

import asyncio
import shlex
import subprocess
import uuid

PATIENCE_SEC = 30.0


class Terminal:
    """One command in one window."""

    def __init__(self):
        self._server = f"batmon-{uuid.uuid4().hex[:8]}"

    def _tmux(self, *args):
        return subprocess.run(
            ["tmux", "-L", self._server, "-f", "/dev/null", *args], capture_output=True, text=True, check=False
        )

    def run(self, *argv, width=120, height=40, environ=None):
        """Start the command; the window stays when it ends, so that what it left can be seen."""
        pairs = [f"{name}={value}" for name, value in (environ or {}).items()]
        command = shlex.join(["env", *pairs, *argv]) + "; echo; echo ended with $?; exec sleep 600"
        done = self._tmux("new-session", "-d", "-x", str(width), "-y", str(height), "sh", "-c", command)
        assert done.returncode == 0, done.stderr
        self._tmux("set-option", "-g", "remain-on-exit", "on")

    def text(self):
        """What the window shows now."""
        return self._tmux("capture-pane", "-p").stdout

    def type(self, *keys):
        """Press keys, by tmux's names (``Enter``, ``Escape``) or as text."""
        self._tmux("send-keys", *keys)

    def resize(self, width, height):
        """Give the window another size."""
        self._tmux("resize-window", "-x", str(width), "-y", str(height))

    async def until(self, *wanted, absent=()):
        """Wait until the window shows all of ``wanted`` and none of ``absent``; its text."""
        shown = ""
        try:
            async with asyncio.timeout(PATIENCE_SEC):
                while True:
                    shown = await asyncio.to_thread(self.text)
                    if all(one in shown for one in wanted) and not any(one in shown for one in absent):
                        return shown
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"never saw {wanted} without {absent}; the window shows:\n{shown}") from None

    def close(self):
        """End the window and what runs in it."""
        self._tmux("kill-server")
