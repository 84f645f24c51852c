"""What stands in steps: SQL with named parameters, Jinja2 expressions, names.

Values in SQL are ``:row.email``, values in texts are ``{{ row.email }}``. What a step may refer to is known here, so
that a misspelt name is a problem of the configuration and not of the night.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from batmon.config.section import Section
from batmon.config.sql_text import STATEMENTS, Sql, first_word, parse
from batmon.config.steps import Step
from batmon.config.values import similar

ALWAYS = frozenset({"now", "today", "timezone"})
"""What every step may refer to."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_LASTING = re.compile(r"\b(set_config|pg_(?:try_)?advisory_lock(?:_shared)?)\b", re.IGNORECASE)
"""What would outlive the transaction in a session that others use after it."""
_IDENTIFIER = re.compile(r"[^\W\d][\w$]{0,62}")


@dataclass(frozen=True, slots=True)
class Reading:
    """Where steps stand: the ``names`` that they may refer to, and where files of SQL lie (None: nowhere).

    ``more`` reads the kinds of step that only this place has: ``do`` -> reader.
    """

    names: frozenset[str] = frozenset()
    sql_folder: Path | None = None
    more: Mapping[str, Callable[[Section, Reading], Step | None]] = field(default_factory=dict)
    depth: int = 0

    def knowing(self, *names: str) -> Reading:
        """The same with more names."""
        return replace(self, names=self.names | set(names))


def read_sql(
    table: Section, reading: Reading, key: str = "sql", *, allowed: tuple[str, ...] = STATEMENTS, file_key: str = ""
) -> Sql:
    """One statement of SQL under ``key``, or in the file that ``file_key`` names below the folder of SQL."""
    place = table.problems.where((*table.place, key))
    nothing = Sql(("SELECT NULL",), (), place)
    if file_key:
        table.know(file_key)
    if file_key and table.has(file_key):
        if table.has(key):
            table.bad(file_key, f'"{key}" and "{file_key}" cannot both be given')
        return table.text(file_key, nothing, lambda name: _sql_of_file(name, reading, allowed))
    if not table.has(key):
        table.problems.add(table.place, f'"{key}" is missing' + (f', or "{file_key}"' if file_key else ""))
    return table.text(key, nothing, lambda text: _sql_of(text, place, reading, allowed))


def _sql_of(text: str, place: str, reading: Reading, allowed: tuple[str, ...]) -> Sql:
    sql = parse(text, place)
    word = first_word(sql.pieces[0])
    if allowed and word not in allowed:
        raise ValueError(f"the SQL begins with {word[:30]!r}; allowed is {', '.join(allowed).upper()}")
    if lasting := _LASTING.search(text):
        raise ValueError(
            f"{lasting[1]} changes the session, which others use afterwards; a lock is pg_advisory_xact_lock"
        )
    for name in sql.names:
        _known_name(name.partition(".")[0], reading, f":{name}")
    return sql


def _sql_of_file(name: str, reading: Reading, allowed: tuple[str, ...]) -> Sql:
    path = _below(reading.sql_folder, name)
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    try:
        return _sql_of(text, str(path), reading, allowed)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def read_expression(table: Section, reading: Reading, key: str) -> str:
    """A text with Jinja2 expressions over the names that are known here."""
    return table.text(key, "", lambda text: expression(text, reading))


def expression(text: str, reading: Reading) -> str:
    """The text, if its Jinja2 expressions can be understood.

    Raises:
        ValueError: they cannot, or name what is not known here.
    """
    if "{" not in text:
        return text
    from jinja2 import TemplateSyntaxError, meta  # noqa: PLC0415 - 40 ms that a client without steps does not need
    from jinja2.sandbox import SandboxedEnvironment  # noqa: PLC0415

    environment = SandboxedEnvironment()
    try:
        tree = environment.parse(text)
    except TemplateSyntaxError as error:
        raise ValueError(f"not a Jinja2 expression: {error.message}") from None
    except RecursionError:
        raise ValueError("not a Jinja2 expression: nested too deeply") from None
    for name in sorted(meta.find_undeclared_variables(tree) - set(environment.globals)):
        _known_name(name, reading, f"{{{{ {name} }}}}")
    return text


def read_name(table: Section, key: str = "as") -> str:
    """The name under which later steps find what a step brings back; empty if it has none."""
    return table.text(key, "", value_name)


def one_of(table: Section, key: str, default: Any, choices: tuple[str, ...]) -> Any:
    """One of a few words."""

    def chosen(text: str) -> str:
        if text not in choices:
            near = similar(text, choices)
            ask = f'did you mean "{near}"?' if near else f"use {', '.join(choices)}"
            raise ValueError(f"{text!r} is not known here; {ask}")
        return text

    return table.text(key, default, chosen)


def _known_name(name: str, reading: Reading, written: str) -> None:
    known = reading.names | ALWAYS
    if name not in known:
        near = similar(name, known)
        ask = f'did you mean "{near}"?' if near else f"known here: {', '.join(sorted(known))}"
        raise ValueError(f"{written}: nothing is called {name!r} here; {ask}")


def _below(folder: Path | None, name: str) -> Path:
    if folder is None:
        raise ValueError("there is no folder of SQL files here; write the statement under sql")
    path = folder / name
    if not name or "\0" in name or not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"{name!r} does not lie below {folder}")
    return path


def value_name(text: str) -> str:
    """A name under which a step's values are found."""
    if not _NAME.fullmatch(text):
        raise ValueError(f"{text!r} is not a name; use letters, digits and '_', beginning with a letter")
    if text in ALWAYS:
        raise ValueError(f"{text!r} is a name that every step knows already")
    return text


def table_name(text: str) -> str:
    """A table's name, with its schema before a dot where that is not ``public``."""
    parts = text.split(".")
    if not 1 <= len(parts) <= 2 or not all(_IDENTIFIER.fullmatch(part) for part in parts):
        raise ValueError(f'{text!r} is not a table\'s name; write "users" or "shop.users"')
    return text
