"""One table of the configuration, read key by key: every problem is noted with its place, none ends the reading."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from batmon.config.lines import Place
from batmon.config.values import duration, similar, truth
from batmon.errors import Problem

T = TypeVar("T")

_KINDS: dict[type, str] = {
    bool: "a boolean", int: "an integer", float: "a number", str: "a string", list: "an array", dict: "a table",
    datetime.datetime: "a date and time", datetime.date: "a date", datetime.time: "a time",
}  # fmt: skip


def dotted(place: Place) -> str:
    """The place as people write it: ``programs[1].log.failed``, a key with odd characters in quotes."""
    parts: list[str] = []
    for step in place:
        if isinstance(step, int):
            parts.append(f"[{step}]")
            continue
        plain = step.isidentifier() or step.replace("-", "_").isidentifier()
        parts.append(("." if parts else "") + (step if plain else f'"{step}"'))
    return "".join(parts)


class Problems:
    """What was found wrong so far. ``outside`` names the variable or flag that gave a value instead of the file."""

    def __init__(self, file: str, lines: Mapping[Place, int], outside: Mapping[Place, str]) -> None:
        self._file = file
        self._lines = lines
        self._outside = outside
        self._found: list[Problem] = []

    def __len__(self) -> int:
        return len(self._found)

    def is_outside(self, place: Place) -> bool:
        """Whether the value comes from the environment or a flag, and so is always text."""
        return place in self._outside

    def line(self, place: Place) -> int | None:
        """The line of the place, or of the nearest table around it."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place)

    def where(self, place: Place) -> str:
        """The place for people, as in ``config.toml:12: events[0].when``."""
        line = self.line(place)
        return f"{self._file}{'' if line is None else f':{line}'}: {dotted(place)}"

    def add(self, place: Place, message: str, hint: str = "") -> None:
        """Note that something is wrong at ``place``."""
        given_by = self._outside.get(place)
        line = None if given_by else self.line(place)
        self._found.append(Problem(given_by or self._file, line, dotted(place), message, hint))

    def in_order(self) -> tuple[Problem, ...]:
        """All of them: environment and flags first, then line by line."""
        return tuple(sorted(self._found, key=lambda problem: problem.line or 0))


class Section:
    """One table. What was asked for is known; ``finish`` refuses the rest.

    A value that is wrong is noted, and its default is returned so that reading goes on.
    """

    def __init__(self, problems: Problems, data: Mapping[str, Any], place: Place = ()) -> None:
        self.problems = problems
        self.place = place
        self._data = data
        self._known: list[str] = []

    def bad(self, key: str, message: str, hint: str = "") -> None:
        """Note that something is wrong with this table's ``key``."""
        self.problems.add((*self.place, key), message, hint)

    @property
    def label(self) -> str:
        """The table as people write it: ``programs[1]``."""
        return dotted(self.place)

    def has(self, key: str) -> bool:
        """Whether the key is given."""
        return key in self._data

    def know(self, key: str) -> None:
        """Let ``finish`` accept the key, although nobody reads it."""
        self._known.append(key)

    def peek(self, key: str) -> object:
        """The key's value as it stands, whatever it is; None when it is not given."""
        return self._data.get(key)

    def require(self, *keys: str) -> None:
        """Note each of these keys that is absent."""
        for key in keys:
            if key not in self._data:
                self.problems.add(self.place, f'"{key}" is missing')

    def text(self, key: str, default: T, parse: Callable[[str], T]) -> T:
        """A string, as ``parse`` understands it."""
        value = self._take(key, str)
        return default if value is None else self._parsed((*self.place, key), value, parse, default)

    def duration(self, key: str, default: timedelta, *, positive: bool = False) -> timedelta:
        """A length of time, not negative; more than nothing when ``positive``."""

        def checked(text: str) -> timedelta:
            value = duration(text)
            if value < timedelta(0):
                raise ValueError(f"{text!r} is negative")
            if positive and not value:
                raise ValueError(f"{text!r} must be more than 0")
            return value

        value = self._data.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            self._known.append(key)
            self.bad(key, f"expected a duration, got {_kind(value)}", f'with a unit, as in "{value}s" or "{value}m"')
            return default
        return self.text(key, default, checked)

    def moment(self, key: str, zone: str) -> datetime.datetime | None:
        """A date and time, TOML's own or as text; one without an offset is what the clocks of ``zone`` show."""
        value = self._data.get(key)
        if isinstance(value, datetime.datetime):
            self._known.append(key)
        else:
            value = self.text(key, None, _iso_moment)
        if value is not None and value.tzinfo is None:
            import zoneinfo  # noqa: PLC0415 - 5 ms that only a local time needs

            value = value.replace(tzinfo=zoneinfo.ZoneInfo(zone))
        return None if value is None else value.astimezone(datetime.UTC)

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        if self.problems.is_outside((*self.place, key)):
            return self.text(key, default, truth)
        value = self._take(key, bool)
        return default if value is None else value

    def whole(self, key: str, default: int, *, low: int, high: int) -> int:
        """An integer between ``low`` and ``high``, both included."""
        value = self._take(key, int)
        if value is None:
            return default
        if not low <= value <= high:
            self.bad(key, f"{value} is not between {low} and {high}")
            return default
        return value

    def number(self, key: str, default: float, *, low: float, high: float) -> float:
        """A number, whole or not, between ``low`` and ``high``, both included."""
        if type(self._data.get(key)) is int:
            return float(self.whole(key, int(default), low=math.ceil(low), high=math.floor(high)))
        value = self._take(key, float, "a number")
        if value is None:
            return default
        if not low <= value <= high:
            self.bad(key, f"{value} is not between {low:g} and {high:g}")
            return default
        return value

    def texts(
        self, key: str, default: tuple[str, ...], parse: Callable[[str], str], *, single: bool = True
    ) -> tuple[str, ...]:
        """An array of strings; with ``single`` one string stands for an array of one."""
        if single and isinstance(self._data.get(key), str):
            return (self.text(key, "", parse),)
        value = self._take(key, list, "an array of strings" if not single else "a string or an array of strings")
        if value is None:
            return default
        found = []
        for index, element in enumerate(value):
            place = (*self.place, key, index)
            if isinstance(element, str):
                found.append(self._parsed(place, element, parse, ""))
            else:
                self.problems.add(place, f"expected a string, got {_kind(element)}")
        return tuple(found)

    def text_table(
        self, key: str, parse_key: Callable[[str], str], parse_value: Callable[[str], str]
    ) -> dict[str, str]:
        """A table of strings with keys of the writer's choice."""
        found = {}
        for name, value in (self._take(key, dict) or {}).items():
            place = (*self.place, key, name)
            self._parsed(place, name, parse_key, "")
            if isinstance(value, str):
                found[name] = self._parsed(place, value, parse_value, "")
            else:
                self.problems.add(place, f"expected a string, got {_kind(value)}")
        return found

    def table(self, key: str) -> dict[str, Any]:
        """A table with keys and values of the writer's choice, as it stands."""
        return dict(self._take(key, dict) or {})

    def section(self, key: str) -> Section:
        """A table inside this one, empty when it is not given."""
        return Section(self.problems, self._take(key, dict) or {}, (*self.place, key))

    def sections(self, key: str) -> list[Section]:
        """An array of tables."""
        value = self._data.get(key)
        self._known.append(key)
        header = ".".join(part for part in (*self.place, key) if isinstance(part, str))
        if value is None:
            return []
        if isinstance(value, dict):
            self.bad(key, "expected an array of tables", f"write [[{header}]] with two brackets, once for each")
            return []
        if not isinstance(value, list) or not all(isinstance(element, dict) for element in value):
            self.bad(key, f"expected an array of tables, got {_kind(value)}", f"write [[{header}]] once for each")
            return []
        return [Section(self.problems, element, (*self.place, key, index)) for index, element in enumerate(value)]

    def finish(self, elsewhere: Mapping[str, Collection[str]] | None = None) -> None:
        """Refuse every key that nobody asked for; ``elsewhere`` maps other tables' headers to their keys."""
        for key in self._data:
            if key in self._known:
                continue
            home = next((header for header, keys in (elsewhere or {}).items() if key in keys), "")
            near = similar(key, self._known)
            if home:
                hint = f"it belongs in {home}"
            elif near:
                hint = f'did you mean "{near}"?'
            else:
                hint = f"known here: {', '.join(dict.fromkeys(self._known))}"
            self.bad(key, "unknown key", hint)

    def _take(self, key: str, kind: type[T], wanted: str = "") -> T | None:
        self._known.append(key)
        value = self._data.get(key)
        if value is None:
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.bad(key, f"expected {wanted or _KINDS[kind]}, got {_kind(value)}")
            return None
        return value

    def _parsed(self, place: Place, text: str, parse: Callable[[str], T], default: T) -> T:
        try:
            return parse(text)
        except ValueError as error:
            self.problems.add(place, str(error))
            return default


def _iso_moment(text: str) -> datetime.datetime:
    try:
        return datetime.datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f'{text!r:.60} is no date and time; write it as "2026-12-31 22:00"') from None


def _kind(value: object) -> str:
    return _KINDS.get(type(value), type(value).__name__)
