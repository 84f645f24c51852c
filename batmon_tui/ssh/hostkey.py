"""The server's own key: Ed25519, made at the first start, never readable by others."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

import asyncssh

from batmon.errors import GateError, Refused
from batmon.refusals import because


def load_or_make(path: Path) -> asyncssh.SSHKey:
    """The key at ``path``; made there (0600) if there is none. Two processes that start at once get the same one.

    Raises:
        Refused: others may read the file.
        GateError: it cannot be read, written or used.
    """
    try:
        if not path.exists():
            _make(path)
        if os.name != "nt" and path.stat().st_mode & 0o077:
            raise Refused(because("host-key-open", path=path))
        return asyncssh.read_private_key(path)
    except OSError as error:
        raise GateError(because("host-key-not-made", path=path, why=error.strerror or error)) from error
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise GateError(because("host-key-unusable", path=path, why=error)) from error


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = asyncssh.generate_private_key("ssh-ed25519", comment="batmon")
    handle, part = tempfile.mkstemp(prefix=".ssh_host-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(key.export_private_key())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process was first: its key is the key
            Path(part).rename(path) if os.name == "nt" else os.link(part, path)
    finally:
        Path(part).unlink(missing_ok=True)
