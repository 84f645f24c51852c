"""``batmon tui`` without waiting for the grammar of all commands: the console takes this process' place at once.

Only the plain command on a terminal; with any option, on Windows, or with a configuration that must be parsed, the
ordinary way does it.
"""

from __future__ import annotations

import os
import sys

_LANGUAGES = ("ko", "en", "auto")


def become(arguments: list[str]) -> None:
    """Become the console; comes back if the ordinary way has to do it."""
    language = os.environ.get("BATMON_LANGUAGE", "")
    plain = arguments == ["tui"] and os.name != "nt" and (not language or language in _LANGUAGES)
    if not plain or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return
    from batmon import places  # noqa: PLC0415 - after the arguments are known to be ours
    from batmon.commands.quick_check import state_folder  # noqa: PLC0415 - as above

    state = state_folder(None, None)
    if state is None:
        return
    command = [sys.executable, "-P", "-m", "batmon_tui", "--address", places.gate_address(state)]
    if language:
        command += ["--language", language]
    os.execv(command[0], command)  # noqa: S606 - our own console
