"""Where things lie below the state folder, and how short a socket's path must be.

Imports nothing but ``os`` and ``sys``: `batmon check` must answer within the time of two bare interpreters.
"""

from __future__ import annotations

import os
import sys

SOCKET_PATH_LIMIT = 100
"""A Unix socket's path holds 108 bytes on Linux and 104 on macOS, with the terminating NUL."""


def default_state() -> str:
    """The state folder when nothing names one: ``BATMON_STATE``, else the platform's place for such data."""
    named = os.environ.get("BATMON_STATE")
    if named:
        return os.path.abspath(os.path.expanduser(named))  # noqa: PTH100, PTH111 - pathlib costs 8 ms at import
    platform: str = sys.platform  # a name of its own: a type checker takes sys.platform for a constant
    if platform.startswith("linux"):
        base = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")  # noqa: PTH111 - as above
        return f"{base}/batmon"
    import platformdirs  # noqa: PLC0415 - slow, and Linux does without it

    return platformdirs.user_state_dir("batmon", appauthor=False)


def socket_folder(state: str) -> str:
    """The folder (0700) for Unix sockets: ``state/run``, or a short one when that path would be too long.

    It never holds a comma, which parts two hosts in a Postgres URL.
    """
    folder = f"{state}/run"
    if len(os.fsencode(folder)) + len("/.s.PGSQL.5432.lock") < SOCKET_PATH_LIMIT and "," not in folder:
        return folder
    import hashlib  # noqa: PLC0415 - only for such paths

    digest = hashlib.sha256(os.fsencode(state)).hexdigest()[:12]
    return f"/tmp/batmon-{os.getuid()}-{digest}"  # noqa: S108 - made 0700 and checked for its owner by whoever creates it


def gate_address(state: str) -> str:
    """Where the daemon listens: the path of a Unix socket, or on Windows of the file that names port and token."""
    if os.name == "nt":
        return os.path.join(state, "gate.json")  # noqa: PTH118 - as above
    return f"{socket_folder(state)}/gate.sock"


def record_address(state: str) -> str:
    """Where programs record their runs: the path of a Unix socket, or on Windows of the file with port and token."""
    if os.name == "nt":
        return os.path.join(state, "record.json")  # noqa: PTH118 - as above
    return f"{socket_folder(state)}/record.sock"
