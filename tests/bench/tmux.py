"""A program on a real screen, that of tmux, and what stands on it at any moment."""

import os
import shlex
import subprocess
import time
import uuid

LOOK_SEC = 0.01
"""Between two looks at a screen; a look costs about 3 ms."""


class Screen:
    """``command`` on a screen of its own; ``began`` is when it was started."""

    def __init__(self, command, environ, size=(120, 40)):
        self._name = f"bench-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._environ = {**environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        self._tmux("new-session", "-d", "-s", "s", "-x", str(size[0]), "-y", str(size[1]), "cat")
        self._tmux("set", "-g", "remain-on-exit", "on")
        self.began = time.perf_counter()
        self._tmux("respawn-pane", "-k", "-t", "s", " ".join(map(shlex.quote, command)))

    def _tmux(self, *arguments):
        done = subprocess.run(
            ["tmux", "-L", self._name, "-f", os.devnull, *arguments], env=self._environ, capture_output=True, check=True
        )
        return done.stdout.decode(errors="replace")

    def text(self):
        """What stands on the screen."""
        return self._tmux("capture-pane", "-p", "-t", "s")

    def press(self, *keys):
        """Press keys, by tmux's names."""
        self._tmux("send-keys", "-t", "s", *keys)

    def wait_for(self, *wanted, bound=120.0):
        """Look until one of ``wanted`` stands there; the moment at which it was seen."""
        end = time.perf_counter() + bound
        while time.perf_counter() < end:
            text = self.text()
            if any(one in text for one in wanted):
                return time.perf_counter()
            time.sleep(LOOK_SEC)
        raise TimeoutError(f"{wanted} is not on the screen after {bound:g} s:\n{self.text()}")

    def close(self):
        """End the program and its screen."""
        self._tmux("kill-server")
