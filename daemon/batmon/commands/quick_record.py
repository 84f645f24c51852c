"""``batmon exec`` and ``batmon record`` without the grammar's 150 ms: a batch program should not wait for them.

Whatever is out of the ordinary (``--help``, an unknown or missing word) is left to the ordinary way, which explains it.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

WRONG_USAGE = 2

_GLOBAL = ("--config", "--state", "--language")
_OPTIONS = {
    "start": ("--pid",),
    "item": ("--processed", "--failed", "--error"),
    "end": ("--status", "--message", "--error-details", "--processed-count"),
}
_WORDS = {"start": 2, "item": 2, "end": 1}


class _Ordinary(Exception):
    """This call is for the ordinary way."""


def answer(arguments: list[str]) -> int | None:
    """Do it and give the exit code; None if the ordinary way has to do it."""
    try:
        found, rest = _options(arguments, _GLOBAL, until_word=True)
        if rest[:1] == ["exec"]:
            return _exec(found, rest[1:])
        if rest[:1] == ["record"] and rest[1:2] and rest[1] in _WORDS:
            return _record(found, rest[1], rest[2:])
    except _Ordinary:
        return None
    return None


def said(action: Callable[[], int]) -> int:
    """Do it; a ValueError, which is somebody's wrong use, is one sentence and exit code 2."""
    try:
        return action()
    except ValueError as error:
        sys.stderr.write(f"batmon: {error}\n")
        return WRONG_USAGE


def state_folder(state: str | None, config: str | None) -> str | None:
    """The state folder as far as a flag names one; None leaves it to what ``batmon.record`` finds."""
    if state is not None or config is None:
        return state
    from batmon.commands import quick_check  # noqa: PLC0415 - only with --config

    found = quick_check.state_folder(None, config)
    if found is not None:
        return found
    from batmon.commands.local_session import Places  # noqa: PLC0415 - as above, and slow
    from batmon.errors import BatmonError  # noqa: PLC0415 - as above

    try:
        return Places(config).state_folder()
    except BatmonError as error:  # the program runs all the same; its record waits in the default place
        sys.stderr.write(f"batmon: {config}: {error}\n")
        return None


def _exec(found: dict[str, str], rest: list[str]) -> int:
    more, words = _options(rest, _GLOBAL, until_word=False, most_words=2)
    found |= more
    command = words[2:]
    if command[:1] == ["--"]:
        command = command[1:]
    if len(words) < 3 or "--" in words[:2] or not command:
        raise _Ordinary
    from batmon.commands import exec as running  # noqa: PLC0415 - after the arguments are known to be ours

    state = state_folder(found.get("--state"), found.get("--config"))
    return said(lambda: running.run(words[0], words[1], command, state=state))


def _record(found: dict[str, str], verb: str, rest: list[str]) -> int:
    more, words = _options(rest, (*_GLOBAL, *_OPTIONS[verb]), until_word=False)
    found |= more
    if len(words) != _WORDS[verb]:
        raise _Ordinary
    from batmon.commands import record  # noqa: PLC0415 - as above

    state = state_folder(found.get("--state"), found.get("--config"))
    if verb == "start":
        pid = _number(found, "--pid", None)
        return said(lambda: record.start(*words, pid=pid, state=state))
    if verb == "item":
        processed, failed = _number(found, "--processed", 0), _number(found, "--failed", 0)
        error = found.get("--error", "")
        return said(lambda: record.item(*words, processed=processed or 0, failed=failed or 0, error=error, state=state))
    if "--status" not in found:
        raise _Ordinary
    return said(
        lambda: record.end(
            *words,
            status=found["--status"],
            message=found.get("--message", ""),
            error_details=found.get("--error-details", ""),
            processed_count=_number(found, "--processed-count", None),
            state=state,
        )
    )


def _number(found: dict[str, str], name: str, default: int | None) -> int | None:
    words = found.get(name)
    if words is None:
        return default
    if not (words.isascii() and words.isdigit()):
        raise _Ordinary
    return int(words)


def _options(
    arguments: list[str], known: tuple[str, ...], *, until_word: bool, most_words: int | None = None
) -> tuple[dict[str, str], list[str]]:
    """Options with their values, and the other words; all that follows the first word, or ``most_words``, is a word."""
    found: dict[str, str] = {}
    words: list[str] = []
    waiting = list(reversed(arguments))
    while waiting:
        word = waiting.pop()
        name, equals, value = word.partition("=")
        if most_words is not None and len(words) == most_words:
            return found, [*words, word, *reversed(waiting)]
        if word == "--" and most_words is None:
            return found, [*words, *reversed(waiting)]
        if name in known and (equals or waiting):
            found[name] = value if equals else waiting.pop()
        elif word.startswith("-"):
            raise _Ordinary
        else:
            words.append(word)
            if until_word:
                return found, [*words, *reversed(waiting)]
    return found, words
