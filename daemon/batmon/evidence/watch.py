"""Told by the operating system when something in a folder changes. A help to polling, never a replacement for it."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping

from watchfiles import Change, watch

_STEP_MS = 8
"""How long changes are gathered; each costs a wake-up of the watching thread, so not less."""

_DEBOUNCE_MS = 24
"""The longest gathering while changes keep coming."""

_log = logging.getLogger(__name__)

Changes = set[tuple[Change, str]]


class FolderWatch:
    """Watches a set of folders, not what is below them. Callbacks run in the event loop that made it.

    ``changed`` gets the changes. ``armed`` is called when a new set of folders is being watched: what happened before
    that was not seen, so everything in them has to be looked at once more.
    """

    def __init__(self, changed: Callable[[Changes], None], armed: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._changed = changed
        self._armed = armed
        self._folders: dict[str, int] = {}
        self._current: _Watching | None = None

    def set_folders(self, folders: Mapping[str, int]) -> None:
        """Watch these folders, given with their inodes, from now on. Cheap when nothing is different."""
        if folders == self._folders:
            return
        self._folders = dict(folders)
        previous = self._current
        self._current = _Watching(list(folders), self._tell, self._on_armed, previous) if folders else None
        if self._current is None and previous is not None:
            previous.stop()

    async def close(self) -> None:
        """End the watching and wait for its threads."""
        current, self._current = self._current, None
        if current is not None:
            await asyncio.to_thread(current.end)

    def _tell(self, changes: Changes) -> None:
        self._call(self._changed, changes)

    def _on_armed(self) -> None:
        self._call(self._armed)

    def _call(self, callback: Callable[..., None], *args: object) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *args)
        except RuntimeError:
            _log.debug("a change came after the event loop had closed")


class _Watching(threading.Thread):
    """One set of folders in one thread; ends ``previous`` once it sees for itself, so that there is no gap."""

    def __init__(
        self, folders: list[str], tell: Callable[[Changes], None], armed: Callable[[], None], previous: _Watching | None
    ) -> None:
        super().__init__(name="batmon-watch", daemon=True)
        self._folders = folders
        self._tell = tell
        self._on_armed = armed
        self._previous = previous
        self._stopping = threading.Event()
        self._asked = False
        self.start()

    def is_set(self) -> bool:
        """Whether to stop. The watcher asks this first when its watches stand, and so says that they do."""
        if not self._asked:
            self._asked = True
            self._end_previous()
            self._on_armed()
        return self._stopping.is_set()

    def stop(self) -> None:
        """End soon."""
        self._stopping.set()

    def end(self) -> None:
        """End, and wait for it a moment."""
        self._stopping.set()
        self.join(timeout=2.0)

    def run(self) -> None:
        """Watch until stopped."""
        try:
            for changes in watch(
                *self._folders, watch_filter=None, debounce=_DEBOUNCE_MS, step=_STEP_MS, stop_event=self,
                rust_timeout=0, raise_interrupt=False, recursive=False, ignore_permission_denied=True,
            ):  # fmt: skip
                self._tell(changes)
        except (OSError, RuntimeError) as error:
            # Too many watches, a network file system, a folder that went away meanwhile: polling sees it all, later.
            _log.warning("cannot be told of changes in %d folders, polling instead: %s", len(self._folders), error)
        finally:
            self._end_previous()

    def _end_previous(self) -> None:
        previous, self._previous = self._previous, None
        if previous is not None:
            previous.stop()
