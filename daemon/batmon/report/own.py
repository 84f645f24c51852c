"""Reports that people here wrote: ``reports/NAME.toml`` beside the configuration, read with every mistake named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, get_args

from batmon.config.lines import locate
from batmon.config.section import Problems, Section
from batmon.config.sql_text import QUERIES, Sql, first_word, parse
from batmon.config.toml_file import config_error, read_text
from batmon.config.toml_file import parse as parse_toml
from batmon.errors import ConfigError, Problem
from batmon.metrics.periods import Span
from batmon.report.asked import FORMS, Template
from batmon.report.document import Column, Kind
from batmon.report.templates import SHIPPED
from batmon.words import Language

Use = Literal["summary", "trend", "programs", "days", "incidents", "savings", "insights", "capacity", "definitions"]
USES: tuple[Use, ...] = get_args(Use)
SPANS: tuple[Span, ...] = get_args(Span)
SHAPES = ("line", "bars", "stacked", "rows")
PARAMETERS = ("from", "to", "since", "until", "timezone")
"""What ``sql`` may name: the first and last day, the moments from and before which, and the time zone."""
MOST_SECTIONS = 40
MOST_COLUMNS = 60
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LANGUAGES: tuple[Language, ...] = ("ko", "en")
Texts = Mapping[Language, str]


@dataclass(frozen=True, slots=True)
class OwnChart:
    """A picture of the rows of a query: ``labels`` and ``values`` are columns of it."""

    shape: Literal["line", "bars", "stacked", "rows"]
    labels: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSection:
    """One part: a shipped one (``use``), or words and a query of one's own."""

    use: Use | None = None
    titles: Texts = field(default_factory=dict)
    texts: Texts = field(default_factory=dict)
    programs: tuple[str, ...] = ()
    """Names or patterns; empty: those of the template."""
    sql: Sql | None = None
    columns: tuple[tuple[Column, Texts], ...] = ()
    """Of the query's table, with their titles; empty: all that it gives."""
    chart: OwnChart | None = None
    new_page: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTemplate:
    """A template and its parts."""

    template: Template
    sections: tuple[OwnSection, ...]

    @property
    def programs(self) -> tuple[str, ...]:
        """Names or patterns; empty: all."""
        return self.template.programs


def read_folder(folder: Path) -> tuple[dict[str, OwnTemplate], tuple[Problem, ...]]:
    """The templates of a folder by their name, which is the file's, and all that is wrong with those that are left out.

    None where there is no such folder.
    """
    found: dict[str, OwnTemplate] = {}
    wrong: list[Problem] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            found[path.stem] = read_file(path)
        except ConfigError as error:
            wrong += error.problems
    return found, tuple(wrong)


def own_file(folder: Path, name: str) -> Path | None:
    """The file of the own template of this name; None if there is none."""
    path = folder / f"{name}.toml"
    return path if _NAME.fullmatch(name) and path.is_file() else None


def read_file(path: Path) -> OwnTemplate:
    """One template.

    Raises:
        ConfigError: it cannot be used; ``problems`` has all that is wrong with it.
    """
    shown = f"{path.parent.name}/{path.name}"
    try:
        text = read_text(path, shown)
        root_data = parse_toml(text, shown)
    except ConfigError as error:
        raise template_error(error.problems) from error
    problems = Problems(shown, locate(text), {})
    root = Section(problems, root_data)
    template = _template(root, path.stem, problems)
    tables = root.sections("sections")
    if not tables and not root.peek("sections"):
        problems.add((), "there are no sections", 'begin each with [[sections]] and say what it is: use = "summary"')
    if len(tables) > MOST_SECTIONS:
        root.bad("sections", f"{len(tables)} are too many; {MOST_SECTIONS} is the most")
    sections = tuple(_section(table) for table in tables[:MOST_SECTIONS])
    programs = root.texts("programs", (), _pattern)
    root.finish()
    found = problems.in_order()
    if found:
        raise template_error(found)
    named = tuple(name for section in sections for name in section.programs)
    return OwnTemplate(template=replace(template, programs=programs, section_programs=named), sections=sections)


def template_error(problems: tuple[Problem, ...]) -> ConfigError:
    """The error that lists these problems."""
    error = config_error(problems)
    return ConfigError(str(error), hint="see docs/reports.md", problems=problems)


def _template(root: Section, name: str, problems: Problems) -> Template:
    if not _NAME.fullmatch(name):
        problems.add((), f"{name!r}: a template's file is named with small letters, digits and '_'")
    if any(one.name == name for one in SHIPPED):
        problems.add((), f"{name} is the name of a template that is shipped", "give the file another name")

    def span(text: str) -> Span:
        for known in SPANS:
            if text == known:
                return known
        raise ValueError(f"{text!r} is no span; use {', '.join(SPANS)}")

    def form(text: str) -> str:
        if text not in FORMS:
            raise ValueError(f"{text!r} is no format; use {', '.join(FORMS)}")
        return text

    root.require("title")
    formats = root.texts("formats", ("excel", "pdf"), form)
    return Template(
        name=name,
        titles=_texts(root, "title") or dict.fromkeys(_LANGUAGES, name),
        texts=_texts(root, "text"),
        span=root.text("span", "month", span),
        formats=tuple(one for one in FORMS if one in formats) if formats else ("excel", "pdf"),
        own=True,
    )


def _section(table: Section) -> OwnSection:
    def use(text: str) -> Use:
        for known in USES:
            if text == known:
                return known
        raise ValueError(f"{text!r} is no section; use {', '.join(USES)}")

    shipped = table.text("use", None, use)
    texts = _texts(table, "text")
    titles = _texts(table, "title")
    question = table.text("sql", None, lambda text: _question(text, table))
    columns = tuple(_columns(table))
    chart = _chart(table.section("chart")) if table.has("chart") else None
    _check(table)
    found = OwnSection(
        use=shipped,
        titles=titles,
        texts=texts,
        programs=table.texts("programs", (), _pattern),
        sql=question,
        columns=columns,
        chart=chart,
        new_page=table.flag("new_page", default=False),
    )
    table.finish()
    return found


def _check(table: Section) -> None:
    """Note what does not go together."""
    if table.has("use"):
        for key in ("sql", "columns", "chart"):
            if table.has(key):
                table.bad(key, 'a section has either "use" or a query of its own', "make two sections of it")
        return
    if not table.has("title"):
        table.problems.add(table.place, '"title" is missing')
    if table.has("programs"):
        table.bad("programs", "a query says itself which rows it gives", "name them in its WHERE")
    if table.has("sql"):
        return
    if not table.has("text"):
        table.problems.add(table.place, "the section says nothing", f"give it use ({', '.join(USES)}), sql or text")
    for key in ("columns", "chart"):
        if table.has(key):
            table.bad(key, '"sql" is missing, which gives the rows')


def _question(text: str, table: Section) -> Sql:
    question = parse(text, f"{table.problems.where((*table.place, 'sql'))}")
    word = first_word(question.pieces[0])
    if word not in QUERIES:
        raise ValueError(f"a report only reads: the SQL begins with {word!r}, not with {', '.join(QUERIES)}")
    for name in question.names:
        if name not in PARAMETERS:
            raise ValueError(f"there is no :{name}; use {', '.join(f':{known}' for known in PARAMETERS)}")
    return question


def _columns(table: Section) -> list[tuple[Column, Texts]]:
    tables = table.sections("columns")
    if len(tables) > MOST_COLUMNS:
        table.bad("columns", f"{len(tables)} are too many; {MOST_COLUMNS} is the most")
    return [_column(one) for one in tables[:MOST_COLUMNS]]


def _column(table: Section) -> tuple[Column, Texts]:
    def kind(text: str) -> Kind:
        try:
            return Kind(text)
        except ValueError:
            raise ValueError(f"{text!r} is no kind; use {', '.join(one.value for one in Kind)}") from None

    def better(text: str) -> Literal["high", "low"]:
        if text == "high":
            return "high"
        if text == "low":
            return "low"
        raise ValueError(f"{text!r}: high or low values are better")

    table.require("key")
    key = table.text("key", "", str.strip)
    titles = _texts(table, "title") or dict.fromkeys(_LANGUAGES, key)
    column = Column(
        key=key,
        title=key,
        kind=table.text("kind", Kind.TEXT, kind),
        width=table.whole("width", 0, low=0, high=200),
        better=table.text("better", "", better),
    )
    table.finish()
    return column, titles


def _chart(table: Section) -> OwnChart:
    def shape(text: str) -> Literal["line", "bars", "stacked", "rows"]:
        match text:
            case "line" | "bars" | "stacked" | "rows":
                return text
        raise ValueError(f"{text!r} is no shape of a chart; use {', '.join(SHAPES)}")

    table.require("shape", "labels", "values")
    chart = OwnChart(
        shape=table.text("shape", "bars", shape),
        labels=table.text("labels", "", str.strip),
        values=table.texts("values", (), str.strip),
    )
    if table.has("values") and not chart.values:
        table.bad("values", "names no column")
    table.finish()
    return chart


def _texts(table: Section, key: str) -> dict[Language, str]:
    """A text in both languages: one string for both, or a table with ko and en; one of them stands for the other."""
    if not table.has(key):
        table.know(key)
        return {}
    if isinstance(table.peek(key), str):
        text = table.text(key, "", _words)
        return dict.fromkeys(_LANGUAGES, text)
    inner = table.section(key)
    given = {language: inner.text(language, "", _words) for language in _LANGUAGES if inner.has(language)}
    if not given and isinstance(table.peek(key), dict):
        inner.problems.add(inner.place, "no text is given", 'write it as a string, or with ".ko" and ".en"')
    for language in _LANGUAGES:
        inner.know(language)
    inner.finish()
    other = next(iter(given.values()), "")
    return {language: given.get(language, other) for language in _LANGUAGES} if given else {}


def _words(text: str) -> str:
    if not text.strip():
        raise ValueError("the text is empty")
    if len(text) > 5000:
        raise ValueError("a text has at most 5,000 characters")
    return text.strip()


def _pattern(text: str) -> str:
    pattern = text.strip()
    if not pattern or len(pattern) > 100:
        raise ValueError(f'{text!r:.60}: write a program\'s name, or a pattern as in "fund_*"')
    return pattern
