"""One file of the configuration as text and as tables."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from batmon.errors import ConfigError, Problem

_TOML_PLACE = re.compile(r"^(.*) \(at (?:line (\d+), column (\d+)|end of document)\)$", re.DOTALL)


def read_text(path: Path, name: str) -> str:
    """What the file says; ``name`` is how messages call it.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        hint = "name the file with --config or BATMON_CONFIG" if isinstance(error, FileNotFoundError) else ""
        raise config_error((Problem(name, None, "", f"cannot be read: {error.strerror}", hint),)) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = Problem(name, line, "", "this is not UTF-8", "save the file as UTF-8 (Notepad: Save as, Encoding)")
        raise config_error((problem,)) from None


def parse(text: str, name: str) -> dict[str, Any]:
    """The text's tables.

    Raises:
        ConfigError: it is not TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _TOML_PLACE.match(str(error))
        message = found[1] if found else str(error)
        line = int(found[2]) if found and found[2] else text.count("\n") + 1
        column = f" (column {found[3]})" if found and found[3] else ""
        hint = "a backslash in \"...\" begins an escape: write Windows paths in '...'" if "'\\'" in message else ""
        raise config_error((Problem(name, line, "", f"not TOML: {message}{column}", hint),)) from None
    except RecursionError:
        raise config_error((Problem(name, None, "", "not TOML: nested too deeply"),)) from None


def config_error(problems: tuple[Problem, ...]) -> ConfigError:
    """The error that lists these problems."""
    return ConfigError("\n".join(map(str, problems)), hint="see docs/configuration.md", problems=problems)
