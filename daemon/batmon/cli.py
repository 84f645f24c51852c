"""The command ``batmon``: answers ``check`` by itself, and everything else through ``batmon.commands``.

This module imports nothing at its top, because `batmon check` must answer within the time of two bare interpreters.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from batmon.commands.session import Session


def main() -> int:
    """Run the command line of this process; its exit code. No error of ours shows a traceback."""
    arguments = sys.argv[1:]
    try:
        if "check" in arguments:
            from batmon.commands.quick_check import answer  # noqa: PLC0415 - see the module's docstring

            code = answer(arguments)
            if code is not None:
                return code
        from batmon.commands.app import run  # noqa: PLC0415 - as above

        return run(arguments)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return _nobody_reads()


def _nobody_reads() -> int:
    """Whoever read standard output has gone (``batmon runs x | head``): leave without a word."""
    import os  # noqa: PLC0415 - as above

    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the interpreter flushes standard output once more
    return 141


def remote_verb(args: list[str], session: Session) -> Coroutine[Any, Any, int]:
    """``ssh host VERB ...``: what to await for the exit code. Usage errors are told to ``session`` and give 2."""
    from batmon.commands.app import run_remote  # noqa: PLC0415 - as above

    return run_remote(args, session)
