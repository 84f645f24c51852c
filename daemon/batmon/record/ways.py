"""Which way records go from here, found without a configuration; the environment may say it.

1. a DSN that the program gives: straight into that Postgres;
2. the daemon's record socket: ``BATMON_RECORD_SOCKET``, else in the state folder (the argument ``state``,
   ``BATMON_STATE``, that of the configuration file, or the default), else, where nothing named one,
   ``/run/batmon/record.sock`` if it is there;
3. ``BATMON_DATABASE_URL``, where no socket is there;
4. the spool, from where a daemon takes it later.

There is one outbox a process for each of them, so one connection.
"""

from __future__ import annotations

import os

from batmon import config_place, places
from batmon.record.outbox import Outbox

SYSTEM_SOCKET = "/run/batmon/record.sock"
"""Where a daemon that serves several users listens by custom (``[record] socket``)."""

Place = str | os.PathLike[str] | None

_outboxes: dict[tuple[str | None, str], Outbox] = {}


def outbox(state: Place = None, dsn: str | None = None, spool: Place = None) -> Outbox:
    """The outbox of this process for what a program, or else the environment, says."""
    configured = None if state is not None or os.environ.get("BATMON_STATE") else _configured_state()
    folder = _path(state) if state is not None else configured or places.default_state()
    kept = _path(spool or os.environ.get("BATMON_SPOOL") or f"{folder}/spool")
    address, trusted = (None, False) if dsn else _address(state, folder, configured)
    if not dsn and (address is None or not os.path.exists(address)):
        dsn = os.environ.get("BATMON_DATABASE_URL") if state is None else None
    found = _outboxes.get((dsn or address, kept))
    if found is not None:
        return found
    if not dsn:
        return _outboxes.setdefault((address, kept), Outbox(address, kept, trusted=trusted))
    from batmon.record.dsn import DsnOutbox  # noqa: PLC0415 - only where a DSN is used

    return _outboxes.setdefault((dsn, kept), DsnOutbox(dsn, kept))


def _address(state: Place, folder: str, configured: str | None) -> tuple[str | None, bool]:
    """Where the daemon may be, and whether whoever answers there is to be trusted, because a person named the place."""
    named = os.environ.get("BATMON_RECORD_SOCKET")
    if named and state is None:
        return _path(named), True
    address = places.record_address(folder)
    unnamed = state is None and configured is None and not os.environ.get("BATMON_STATE")
    if unnamed and not os.path.exists(address) and os.path.exists(SYSTEM_SOCKET):
        return SYSTEM_SOCKET, True
    return address, False


def _configured_state() -> str | None:
    """The state folder that the configuration file names plainly, without reading more of it."""
    try:
        file = config_place.find(None, os.environ, os.getcwd())
    except OSError:  # the working folder was deleted
        return None
    return config_place.plain_state(file)[1] if file is not None else None


def _path(value: str | os.PathLike[str]) -> str:
    return os.path.abspath(os.path.expanduser(os.fspath(value)))
