"""``batmon check`` within the time of two bare interpreters: a plain socket and a request made by hand.

Imports nothing that Python has not loaded by itself or written in C. The daemon renders the text; whatever is out of
the ordinary (another option, ``--help``, Windows, a configuration that must be parsed) is left to the ordinary way.
"""

from __future__ import annotations

import os
import sys
from time import monotonic

DEFAULT_TIMEOUT = 5.0
LARGEST_ANSWER = 1024 * 1024
UNKNOWN = 3

_VALUES = ("--config", "--state", "--language", "--timeout")


class _Ordinary(Exception):
    """This call is for the ordinary way."""


def answer(arguments: list[str]) -> int | None:
    """Check, print and give the exit code; None if the ordinary way has to do it."""
    try:
        options, programs = _parsed(arguments)
        return _check(options, programs)
    except _Ordinary:
        return None


def _parsed(arguments: list[str]) -> tuple[dict[str, str], list[str]]:
    options: dict[str, str] = {}
    words: list[str] = []
    waiting = list(reversed(arguments))
    while waiting:
        word = waiting.pop()
        if word == "--":
            words += reversed(waiting)
            break
        name, equals, value = word.partition("=")
        if word == "--json" and words:
            options["--json"] = "yes"
        elif name in _VALUES and (equals or waiting):
            options[name] = value if equals else waiting.pop()
        elif word.startswith("-"):
            raise _Ordinary
        else:
            words.append(word)
    if not words or words[0] != "check" or options.get("--language", "en") not in ("ko", "en", "auto"):
        raise _Ordinary
    return options, words[1:]


def _check(options: dict[str, str], programs: list[str]) -> int:
    try:
        timeout = float(options.get("--timeout", DEFAULT_TIMEOUT))
    except ValueError:
        raise _Ordinary from None
    if not 0 < timeout <= 86400 or os.name == "nt":
        raise _Ordinary
    language = options.get("--language") or os.environ.get("BATMON_LANGUAGE") or "en"
    if language not in ("ko", "en", "auto"):
        raise _Ordinary
    address = _address(options)
    as_json = "--json" in options
    try:
        line = _asked(address, _request(programs, language), monotonic() + timeout)
    except TimeoutError:
        return unreachable(f"the daemon at {address} did not answer within {timeout:g} s", as_json=as_json)
    except OSError as error:
        why = "" if isinstance(error, FileNotFoundError) else f" ({error.strerror or error})"
        return unreachable(f"no daemon answers at {address}{why}", as_json=as_json)
    return _shown(line, as_json=as_json)


def _address(options: dict[str, str]) -> str:
    from batmon import places  # noqa: PLC0415 - after the arguments are known to be ours

    state = state_folder(options.get("--state"), options.get("--config"))
    if state is None:
        raise _Ordinary
    return places.gate_address(state)


def state_folder(state: str | None, config: str | None) -> str | None:
    """The state folder by flag, environment, configuration file or default; None if the file must be parsed for it."""
    from batmon import places  # noqa: PLC0415 - as above

    if state:
        return os.path.abspath(os.path.expanduser(state))  # noqa: PTH100, PTH111 - pathlib costs 8 ms
    if os.environ.get("BATMON_STATE"):
        return places.default_state()
    from batmon import config_place  # noqa: PLC0415 - not needed when the state folder was named

    path = config_place.find(config, os.environ, os.getcwd())  # noqa: PTH109 - as above
    if path is None:
        return places.default_state()
    if not os.path.isfile(path):  # noqa: PTH113 - as above
        return None
    certain, named = config_place.plain_state(path)
    if not certain:
        return None
    return named or places.default_state()


def _request(programs: list[str], language: str) -> bytes:
    try:
        from _json import encode_basestring_ascii as quoted  # noqa: PLC0415 - json itself costs 12 ms
    except ImportError:
        raise _Ordinary from None
    names = ",".join(quoted(name) for name in programs)
    wanted = f'"programs":[{names}],' if programs else ""
    return (
        '{"id":1,"verb":"hello","args":{"protocol":1,"client":"batmon check"}}\n'
        f'{{"id":2,"verb":"check","args":{{{wanted}"language":"{language}"}}}}\n'
    ).encode("ascii")


def _asked(address: str, request: bytes, deadline: float) -> bytes:
    """The daemon's line about the second request, or about the first if that one failed."""
    import _socket  # noqa: PLC0415 - socket itself costs 6 ms

    channel = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        channel.settimeout(_left(deadline))
        channel.connect(address)
        _trust(channel, _socket)
        channel.sendall(request)
        got = b""
        while True:
            lines = got.split(b"\n")
            if len(lines) > 2 or (len(lines) > 1 and b'"error":' in lines[0][:24]):
                return lines[min(1, len(lines) - 2)]
            if len(got) > 2 * LARGEST_ANSWER:
                raise OSError("the answer is too long")
            channel.settimeout(_left(deadline))
            part = channel.recv(65536)
            if not part:
                raise OSError("it closed the connection")
            got += part
    finally:
        channel.close()


def _left(deadline: float) -> float:
    left = deadline - monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _trust(channel: object, module: object) -> None:
    """What answers must be this user's or root's, where the kernel can say; root may ask anybody."""
    level, option = getattr(module, "SOL_SOCKET", None), getattr(module, "SO_PEERCRED", None)
    if option is None:
        return
    credentials: bytes = channel.getsockopt(level, option, 12)  # type: ignore[attr-defined]  # the C module's socket
    owner = int.from_bytes(credentials[4:8], sys.byteorder)
    if os.geteuid() not in (0, owner) and owner != 0:
        raise PermissionError(1, f"it runs as another user, uid {owner}")


def _shown(line: bytes, *, as_json: bool) -> int:
    """Print a line of the daemon: ``text`` and ``exit`` are the last keys of what it says."""
    from _json import scanstring  # noqa: PLC0415 - json itself costs 12 ms

    whole = line.decode(errors="replace")
    start = whole.rfind(',"text":"')
    head = '{"id":2,"ok":{'
    if start > 0 and whole.startswith(head):
        text, end = scanstring(whole, start + 9, True)
        tail = whole[end:]
        if len(tail) == 11 and tail.startswith(',"exit":') and tail.endswith("}}") and tail[8] in "0123":
            put(whole[len(head) - 1 : start] + "}" if as_json else text)
            return int(tail[8])
    return _parsed_and_shown(whole, as_json=as_json)


def _parsed_and_shown(whole: str, *, as_json: bool) -> int:
    import json  # noqa: PLC0415 - only for answers that are not as expected

    try:
        frame = json.loads(whole)
        if "error" in frame:
            return unreachable(str(frame["error"]["message"]), as_json=as_json)
        found = frame["ok"]
        text, code = str(found.pop("text")), int(found.pop("exit"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return unreachable("what answers does not speak the gate's protocol", as_json=as_json)
    put(json.dumps(found, ensure_ascii=False) if as_json else text)
    return code


def unanswered(reason: str) -> dict[str, object]:
    """What ``--json`` prints where no daemon answered: the keys of an answer, and why there is none."""
    return {"status": "UNKNOWN", "checked_at": None, "node": None, "message": reason, "programs": []}


def unreachable(reason: str, *, as_json: bool) -> int:
    """Print that nothing is known, and why; the exit code for it."""
    if as_json:
        import json  # noqa: PLC0415 - only here

        put(json.dumps(unanswered(reason), ensure_ascii=False))
    else:
        put(f"BATMON UNKNOWN - {reason}")
    return UNKNOWN


def put(text: str) -> None:
    """Print a line to standard output; a character that it cannot take becomes an escape."""
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a TextIOWrapper, never replaced here
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
