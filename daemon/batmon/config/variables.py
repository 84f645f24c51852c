"""The variables that paths, commands and environments may hold: ``${state}``, ``${python}``, ``${env:NAME}``, ``~``."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from batmon.config.values import similar

_VARIABLE = re.compile(r"\$?\$\{([^}]*)\}")


class Variables:
    """What each variable stands for. ``folder`` is where relative paths begin: the configuration's own folder."""

    def __init__(self, environ: Mapping[str, str], folder: Path) -> None:
        self._environ = environ
        self._folder = folder
        self._known = {"python": sys.executable}

    def define(self, name: str, value: str) -> None:
        """Let ``${name}`` stand for ``value``."""
        self._known[name] = value

    def expand(self, text: str) -> str:
        """The text with its variables replaced; ``$${`` stands for a literal ``${``.

        Raises:
            ValueError: there is no such variable, or the environment does not have it.
        """
        return _VARIABLE.sub(self._one, text)

    def path(self, text: str) -> Path:
        """An absolute path: variables and a leading ``~`` replaced, a relative one from the configuration's folder.

        Raises:
            ValueError: it is empty, or names an unknown variable or user.
        """
        if not text.strip() or "\0" in text:
            raise ValueError("a path may not be empty")
        try:
            return self._folder / Path(self.expand(text)).expanduser()
        except RuntimeError as error:
            raise ValueError(f"{text!r}: {error}") from None

    def pattern(self, text: str) -> str:
        """A glob of log files: relative ones stay below ``base_dir``, absolute ones may be anywhere."""
        expanded = self.expand(text)
        if expanded.startswith("~"):
            expanded = str(self.path(text))
        if not expanded or "\0" in expanded:
            raise ValueError("a pattern may not be empty")
        if ".." in re.split(r"[/\\]", expanded):
            raise ValueError(f"{text!r} leaves base_dir by '..'; write an absolute path if that is meant")
        return expanded

    def _one(self, match: re.Match[str]) -> str:
        whole, name = match[0], match[1]
        if whole.startswith("$$"):
            return whole[1:]
        if name.startswith("env:"):
            return self._from_environment(name[4:])
        if name not in self._known:
            near = similar(name, self._known)
            ask = f'did you mean "${{{near}}}"?' if near else 'known are "${state}", "${python}" and "${env:NAME}"'
            raise ValueError(f"unknown variable ${{{name}}}; {ask}")
        return self._known[name]

    def _from_environment(self, name: str) -> str:
        value = self._environ.get(name)
        if value is None:
            raise ValueError(f"the environment has no {name}; set it for the daemon, or write the value here")
        return value


def without_nul(expand: Callable[[str], str]) -> Callable[[str], str]:
    """``expand`` for a value that the operating system is handed: it may hold no NUL."""

    def checked(text: str) -> str:
        if "\0" in (value := expand(text)):
            raise ValueError("a NUL character cannot be passed on")
        return value

    return checked
