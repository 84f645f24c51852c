"""Where templates lie, and how they are taken apart: ``NAME.LANG.txt``, beside it ``NAME.LANG.html`` or ``NAME.html``.

A text begins with lines ``Subject: ...`` (also ``Title``, ``Status``, ``Link`` and ``Field: Name = value``), then comes
a blank line, then the body. A line that begins with a blank goes on with the header before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from batmon.errors import TemplateError
from batmon.refusals import because

SHIPPED = Path(__file__).parent / "shipped"
LANGUAGES = ("ko", "en")
_NAME = re.compile(r"(?:[\w-]{1,80}/)?[\w-]{1,80}")
_HEADER = re.compile(r"(Subject|Title|Status|Link|Field):[ \t]*(.*)")
_COMMENT = re.compile(r"\A\s*\{#.*?#\}[ \t]*\n", re.DOTALL)
_LONGEST = 256 * 1024


@dataclass(frozen=True, slots=True)
class Parts:
    """A template's text taken apart; ``headers`` are pairs of name and text, ``line`` is where the body begins."""

    headers: tuple[tuple[str, str], ...]
    body: str
    line: int


@dataclass(frozen=True, slots=True)
class Found:
    """A template's file. ``language`` is another than was asked for where there is no text in that one."""

    path: Path
    language: str

    @property
    def html(self) -> Path | None:
        """The file of its HTML: ``NAME.LANG.html``, else ``NAME.html`` for every language; None without one."""
        own = self.path.with_suffix(".html")
        both = self.path.with_name(f"{self.path.name.split('.')[0]}.html")
        return next((path for path in (own, both) if path.is_file()), None)


class TemplateFiles:
    """The folders of templates. ``folder`` is the configuration's own, None where there is none."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def find(self, name: str, language: str) -> Found:
        """The file of ``incident`` or ``hdh/welcome``: one's own before the pack's before the shipped one.

        In a language that is not there the first of LANGUAGES that is takes its place.

        Raises:
            TemplateError: there is none in any language.
        """
        if not _NAME.fullmatch(name):
            raise TemplateError(because("not-a-template-name", name=name))
        order = dict.fromkeys((language, *LANGUAGES))
        for spoken in order:
            for folder, stem in self._places(name):
                if (path := folder / f"{stem}.{spoken}.txt").is_file():
                    return Found(path, spoken)
        raise TemplateError(because("no-message-template", name=name, known=", ".join(self.names())))

    def layout(self, name: str) -> Path | None:
        """A file that templates extend or include: one's own before the shipped one."""
        if not re.fullmatch(r"[\w-]{1,80}(?:\.[\w-]{1,20}){1,2}", name):
            return None
        roots = ([self._folder / "templates"] if self._folder else []) + [SHIPPED]
        return next((path for root in roots if (path := root / name).is_file()), None)

    def names(self) -> tuple[str, ...]:
        """Every template that there is, sorted."""
        found = set(_stems(SHIPPED))
        if self._folder is not None:
            own = self._folder / "templates"
            found |= set(_stems(own))
            for root in _folders(own):
                found |= {f"{root.name}/{stem}" for stem in _stems(root)}
            for pack in _folders(self._folder / "packs"):
                found |= {f"{pack.name}/{stem}" for stem in _stems(pack / "templates")}
        return tuple(sorted(found))

    def _places(self, name: str) -> Iterator[tuple[Path, str]]:
        pack, _, stem = name.rpartition("/")
        if self._folder is not None:
            yield self._folder / "templates" / pack, stem
            if pack:
                yield self._folder / "packs" / pack / "templates", stem
        if not pack:
            yield SHIPPED, stem


def read(path: Path) -> str:
    """A template's text.

    Raises:
        TemplateError: it cannot be read, is too long, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST + 1)
    except OSError as error:
        raise TemplateError(because("template-unreadable", path=path, why=error.strerror)) from error
    if len(data) > _LONGEST:
        raise TemplateError(because("template-too-long", path=path, most=_LONGEST))
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise TemplateError(because("template-not-utf8", path=path)) from None


def take_apart(text: str, path: Path) -> Parts:
    """Headers and body.

    Raises:
        TemplateError: no ``Subject:`` comes before the first blank line, or something else does.
    """
    comment = _COMMENT.match(text)
    skipped = comment[0].count("\n") if comment else 0
    head, _, body = (text[comment.end() :] if comment else text).partition("\n\n")
    headers: list[tuple[str, str]] = []
    lines = head.split("\n")
    for number, line in enumerate(lines, start=skipped + 1):
        if line[:1] in {" ", "\t"} and headers:
            name, value = headers[-1]
            headers[-1] = (name, f"{value} {line.strip()}")
        elif found := _HEADER.fullmatch(line):
            headers.append((found[1], found[2].strip()))
        elif line.strip():
            raise TemplateError(because("template-no-header", path=path, number=number, line=line))  # fmt: skip
    if [name for name, _ in headers].count("Subject") != 1:
        raise TemplateError(because("template-no-subject", path=path))
    return Parts(tuple(headers), body, skipped + len(lines) + 2)


def _stems(folder: Path) -> Iterator[str]:
    for path in _entries(folder):
        stem, _, language = path.name.removesuffix(".txt").rpartition(".")
        known = language in LANGUAGES and _NAME.fullmatch(stem) and not stem.startswith("_")
        if known and path.name.endswith(".txt"):
            yield stem


def _folders(folder: Path) -> Iterable[Path]:
    return (path for path in _entries(folder) if path.is_dir())


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:  # it is not there, or not ours to look into: it holds no template
        return []
