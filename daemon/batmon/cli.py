"""The command ``batmon``: answers ``check``, ``tui``, ``exec`` and ``record`` at once, all else through the grammar.

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
    if sys.stdout is None:  # closed by whoever started us: what is printed goes nowhere
        sys.stdout = open("/dev/null" if sys.platform != "win32" else "NUL", "w", encoding="utf-8")  # noqa: PTH123, SIM115 - as above; open to the end
    if sys.stderr is None:
        sys.stderr = sys.stdout
    try:
        code = _answered_at_once(arguments)
        if code is not None:
            return code
        from batmon.commands.app import run  # noqa: PLC0415 - as above

        return run(arguments)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read standard output has gone (``batmon runs x | head``): leave without a word
        return _unprinted(141)
    except OSError as error:
        code = _unprinted(3)
        sys.stderr.write(f"batmon: the output cannot be written: {error.strerror}\n")
        return code


def _answered_at_once(arguments: list[str]) -> int | None:
    """The exit code of what is done without the grammar; None for everything else, and for what it must explain."""
    code = None
    if "check" in arguments:
        from batmon.commands.quick_check import answer  # noqa: PLC0415 - see the module's docstring

        code = answer(arguments)
    if code is None and arguments == ["tui"]:
        from batmon.commands.quick_tui import become  # noqa: PLC0415 - as above

        become(arguments)
    if code is None and ("exec" in arguments or "record" in arguments):
        from batmon.commands.quick_record import answer as do  # noqa: PLC0415 - as above

        code = do(arguments)
    return code


def _unprinted(code: int) -> int:
    """``code``, after standard output has been turned away: the interpreter flushes it once more at its end."""
    import os  # noqa: PLC0415 - as above

    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return code


def remote_verb(args: list[str], session: Session) -> Coroutine[Any, Any, int]:
    """``ssh host VERB ...``: what to await for the exit code. Usage errors are told to ``session`` and give 2."""
    from batmon.commands.app import run_remote  # noqa: PLC0415 - as above

    return run_remote(args, session)
