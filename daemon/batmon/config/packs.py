"""``packs/*/pack.toml`` beside the configuration: more duties, with SQL and templates of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from batmon.config.lines import locate
from batmon.config.section import Problems, Section
from batmon.config.step_texts import table_name
from batmon.config.toml_file import parse, read_text
from batmon.config.values import timezone
from batmon.errors import ConfigError, Problem

RULES = "pack.toml"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")
_LANGUAGES = ("ko", "en")


@dataclass(frozen=True, slots=True)
class Pack:
    """What a pack is, beside its duties. ``schema`` is SQL that makes its ``tables`` where they do not exist."""

    name: str
    folder: Path
    title: str = ""
    timezone: str = ""
    """Of its duties that name none; empty: the node's."""
    language: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    """``{{ pack.NAME }}`` in its texts, ``:pack.NAME`` in its SQL."""
    schema: str = ""
    tables: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """The file of its duties, for people."""
        return str(self.folder / RULES)

    @property
    def sql(self) -> Path:
        """The folder of its files of SQL."""
        return self.folder / "sql"


class OpenPack(NamedTuple):
    """A pack whose ``[pack]`` has been read, and the rest of its file, to be read."""

    pack: Pack
    root: Section
    problems: Problems


def open_packs(folder: Path, shown: Callable[[Path], str]) -> tuple[list[OpenPack], list[Problem]]:
    """The packs below ``folder``, by name, and the problems of those whose file cannot be read at all.

    ``shown`` gives the name by which messages call a file.
    """
    opened: list[OpenPack] = []
    unreadable: list[Problem] = []
    for rules in sorted(folder.glob(f"*/{RULES}")):
        name = shown(rules)
        try:
            text = read_text(rules, name)
            data = parse(text, name)
        except ConfigError as error:
            unreadable += error.problems
            continue
        problems = Problems(name, locate(text), {})
        root = Section(problems, data)
        root.require("pack")
        opened.append(OpenPack(_read(root.section("pack"), rules.parent), root, problems))
    return opened, unreadable


def _read(table: Section, folder: Path) -> Pack:
    table.require("name")

    def named(text: str) -> str:
        if not _NAME.fullmatch(text):
            raise ValueError(f"{text!r}: a pack's name has lower-case letters, digits and '_'")
        if text != folder.name:
            raise ValueError(
                f"the pack {text!r} lies in the folder {folder.name!r}; its templates are found by that name"
            )
        return text

    def language(text: str) -> str:
        if text not in _LANGUAGES:
            raise ValueError(f"{text!r} is not a language here; use {' or '.join(_LANGUAGES)}")
        return text

    pack = Pack(
        name=table.text("name", folder.name, named),
        folder=folder,
        title=table.text("title", "", str.strip),
        timezone=table.text("timezone", "", timezone),
        language=table.text("language", "", language),
        values=table.table("values"),
        schema=table.text("schema", "", lambda name: _schema(folder / "sql", name)),
        tables=table.texts("tables", (), table_name),
    )
    for name, value in pack.values.items():
        if not isinstance(value, str | int | float | bool):
            table.problems.add((*table.place, "values", name), "a value is a text, a number, true or false")
    table.finish()
    return pack


def _schema(folder: Path, name: str) -> str:
    path = folder / name
    if not name or not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"{name!r} does not lie below {folder}")
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
