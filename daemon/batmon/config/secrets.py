"""Values that nobody may see: from the file itself, from ``${env:NAME}``, or from a file of their own (``*_file``)."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from batmon.config.section import Section
from batmon.config.variables import Variables

_LONGEST = 16 * 1024
_MOUNTED = Path("/run/secrets")
"""Where container runtimes put secrets, readable for everybody inside the container."""


class Secret:
    """A text that shows as ``***`` wherever it is printed; ``reveal`` gives it to whom it is meant for."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself: for the wire, never for people."""
        return self._value

    def __str__(self) -> str:
        return "***"

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def read_secret(table: Section, variables: Variables, key: str) -> Secret | None:
    """The secret of ``key``, or of the file that ``<key>_file`` names; None when neither is given, or when it is wrong.

    Its text never stands in a problem.
    """
    named = f"{key}_file"
    value = table.text(key, None, lambda text: _checked(variables.expand(text)))
    path = table.text(named, None, variables.path)
    if table.has(key) and table.has(named):
        table.bad(named, f"{key} is given too", "keep one of the two")
        return None
    if path is None:
        return value
    try:
        return _checked(_content(path))
    except (OSError, ValueError) as error:
        words = f"{path} cannot be read: {error.strerror}" if isinstance(error, OSError) else str(error)
        hint = f"chmod 600 {path}" if "others" in words else ""
        table.bad(named, words, hint)
        return None


def _content(path: Path) -> str:
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ValueError(f"{path} is not a file")
        forbidden = 0o002 if path.is_relative_to(_MOUNTED) else 0o007
        if os.name != "nt" and status.st_mode & forbidden:
            raise ValueError(f"others may read {path} (mode {stat.S_IMODE(status.st_mode):04o})")
        data = file.read(_LONGEST + 1)
    if len(data) > _LONGEST:
        raise ValueError(f"{path} is longer than {_LONGEST} bytes: this is no secret")
    try:
        return data.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8") from None


def _checked(text: str) -> Secret | None:
    """Control characters would end on the wire; an empty text stands for none."""
    if any(ord(char) < 0x20 or ord(char) == 0x7F for char in text):
        raise ValueError("it holds control characters (a line break, perhaps)")
    return Secret(text) if text else None
