"""A file that is there whole or not at all: written beside its place, and put there when all of it is on disk."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from batmon.errors import BatmonError
from batmon.refusals import because


@contextlib.contextmanager
def whole_file(target: Path) -> Iterator[BinaryIO]:
    """A new file (0600) to write, which replaces ``target`` when the block ends well and is removed when it does not.

    Raises:
        BatmonError: it cannot be made or written.
    """
    half = target.with_name(f".{target.name[:60]}.{secrets.token_hex(4)}.part")
    try:
        descriptor = os.open(half, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        try:
            with open(descriptor, "w+b") as file:  # noqa: PTH123 - a descriptor, whose mode is known
                yield file
                file.flush()
                os.fsync(file.fileno())
            half.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                half.unlink()
            raise
    except OSError as error:
        raise BatmonError(because("target-unwritable", target=target, why=error.strerror or error)) from error
