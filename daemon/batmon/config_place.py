"""Where the configuration is, and which state folder it names, found out without parsing it.

Imports nothing but ``os`` and ``sys``: `batmon check` must know the state folder within the time of two bare
interpreters. Whatever is not plain enough for that is left to ``batmon.config``.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # typing and collections.abc cost more than all of this file
if TYPE_CHECKING:
    from collections.abc import Mapping

_OURS = frozenset(
    {
        "paths",
        "database",
        "ssh",
        "ui",
        "node",
        "demo",
        "[programs]",
        "[probes]",
        "[automations]",
        "[inboxes]",
        "[routes]",
    }
)


def find(explicit: str | None, environ: Mapping[str, str], cwd: str) -> str | None:
    """The configuration file to use; None when there is none and the defaults apply.

    The first of: ``explicit`` (the flag), ``BATMON_CONFIG``, ``config.toml`` in ``cwd`` if it is one of ours, the
    user's, the system's. A file that was named is returned whether it exists or not.
    """
    named = explicit or environ.get("BATMON_CONFIG")
    if named:
        return os.path.join(cwd, os.path.expanduser(named))  # noqa: PTH111, PTH118 - pathlib costs 8 ms at import
    here = os.path.join(cwd, "config.toml")  # noqa: PTH118 - as above
    if is_ours(here):
        return here
    for folder in _folders(environ):
        path = os.path.join(folder, "config.toml")  # noqa: PTH118 - as above
        if os.path.isfile(path):  # noqa: PTH113 - as above
            return path
    return None


def _folders(environ: Mapping[str, str]) -> list[str]:
    if sys.platform == "win32":
        return [f"{environ[name]}\\batmon" for name in ("APPDATA", "PROGRAMDATA") if environ.get(name)]
    home = os.path.expanduser("~")  # noqa: PTH111 - as above
    user = f"{home}/Library/Application Support" if sys.platform == "darwin" else f"{home}/.config"
    return [f"{environ.get('XDG_CONFIG_HOME') or user}/batmon", "/etc/batmon"]


def is_ours(path: str) -> bool:
    """Whether the file has a table that only a configuration of BATMON has; it need not be valid TOML."""
    try:
        with open(path, encoding="utf-8-sig", errors="replace") as file:  # noqa: PTH123 - as above
            return any(_header(line) in _OURS for line in file)
    except OSError:
        return False


def plain_state(path: str) -> tuple[bool, str | None]:
    """Whether ``[paths] state`` is certain from a glance, and the folder that it names (None: the default applies).

    ``(False, None)`` means that the file is not plain enough (variables, ``~``, a relative path, escapes, dotted keys,
    or it cannot be read): ask ``batmon.config.load`` then.
    """
    try:
        with open(path, encoding="utf-8-sig") as file:  # noqa: PTH123 - as above
            text = file.read()
    except (OSError, UnicodeDecodeError):
        return False, None
    if '"""' in text or "'''" in text:
        return False, None
    found: list[str | None] = []
    table = ""
    for line in text.splitlines():
        if line.lstrip().startswith(("[", "#")):
            table = table if line.lstrip().startswith("#") else _header(line)
            continue
        key, equals, value = line.partition("=")
        if equals and ("state" in key or "paths" in key):
            found.append(_plain_path(value.strip()) if (table, key.strip()) == ("paths", "state") else None)
    if not found:
        return True, None
    return (True, found[0]) if len(found) == 1 and found[0] else (False, None)


def _plain_path(value: str) -> str | None:
    """The absolute path inside one pair of quotes; None for anything that needs more thought."""
    quote = value[:1]
    if quote not in ('"', "'") or not quote:
        return None
    inner, closed, rest = value[1:].partition(quote)
    plain = closed and (not rest.strip() or rest.strip().startswith("#"))
    return inner if plain and os.path.isabs(inner) and "\\" not in inner and "${" not in inner else None  # noqa: PTH117 - as above


def _header(line: str) -> str:
    """``paths`` of ``[paths]``, ``[programs]`` of ``[[programs]]``, else nothing."""
    line = line.partition("#")[0].strip()
    if not (line.startswith("[") and line.endswith("]")):
        return ""
    inner = line[1:-1].strip()
    if inner.startswith("[") and inner.endswith("]"):
        return f"[{inner[1:-1].strip()}]"
    return inner
