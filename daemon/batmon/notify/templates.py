"""Templates -> the texts of a message, in Korean or English, masked, safe for headers and of a bounded length."""

from __future__ import annotations

import re
import secrets
import traceback
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

import jinja2

from batmon.errors import TemplateError
from batmon.notify.filters import filters
from batmon.notify.mask import mask_keys
from batmon.notify.message import EVENTS, Event, Message
from batmon.notify.plain_html import html_of
from batmon.notify.sandbox import Environment, whole
from batmon.notify.template_files import TemplateFiles, read, take_apart
from batmon.notify.visible import one_line, visible
from batmon.refusals import because

MASKED_TEMPLATES = frozenset(
    {"automation_failed", "event_failed", "incident", "incident_acknowledged", "incident_escalated",
     "incident_reminder", "incident_resolved", "probe"}
)  # fmt: skip
"""Templates whose data has lines of logs and words of errors: these are masked before anything is made of them."""
MASKED_KEYS = frozenset({"details", "error", "fields", "line", "message", "output", "signature", "traceback", "why"})
_BUTTON_LINE = re.compile(r"^(?=[ \t]*\[[^\[\]{}]{1,80}\][ \t]*\S)", re.MULTILINE)
_MANY_BREAKS = re.compile(r"\n{3,}")
_LONGEST_SUBJECT = 200
_STATUSES = frozenset({"OK", "WARNING", "ERROR", "UNKNOWN"})
_MOST_FIELDS = 20


@dataclass(frozen=True, slots=True)
class Rendered:
    """A template with its data: what ``Message`` needs beside id and recipient."""

    subject: str
    text: str
    html: str | None = field(default=None, repr=False)
    language: str = "en"
    event: Event = "plain"
    correlation: str = ""
    title: str = ""
    status: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    link: str = ""

    def message(self, id: UUID, recipient: str, at: datetime | None = None) -> Message:  # noqa: A002 - Message's own word
        """The message to ``recipient``, owed since ``at``."""
        return Message(
            id=id, recipient=recipient, subject=self.subject, text=self.text, html=self.html, language=self.language,
            event=self.event, correlation=self.correlation, title=self.title, status=self.status, fields=self.fields,
            link=self.link, at=at,
        )  # fmt: skip


class Templates:
    """The templates of one configuration, whose ``folder`` holds ``templates/`` and ``packs/``; None: shipped ones
    only. ``zone`` is that of the moments in them. A file that changes counts from the next rendering on.

    Rendering reads files and takes milliseconds: call it in a thread where an event loop waits.
    """

    def __init__(self, folder: Path | None, zone: ZoneInfo | None = None) -> None:
        self._files = TemplateFiles(folder)
        self._zone = zone or ZoneInfo("UTC")
        self._environments: dict[tuple[str, bool], Environment] = {}
        self._mark = f"\ue000{secrets.token_hex(8)}\ue001"  # before the lines of a template that may become buttons

    def names(self) -> tuple[str, ...]:
        """Every template that there is, sorted: ``incident``, ``hdh/welcome``."""
        return self._files.names()

    def render(self, template: str, language: str, data: Mapping[str, Any]) -> Rendered:
        """The texts of ``template`` in ``language`` (in another one if it is not there in that) for ``data``.

        ``data`` is what a template can name. Of it ``event``, ``correlation``, ``title``, ``status``, ``link`` and
        ``fields`` (pairs of texts) also go into the message where the template's headers do not give them.

        Raises:
            TemplateError: there is no such template, it has a mistake, or names what ``data`` does not have.
        """
        found = self._files.find(template, language)
        values = mask_keys(data, MASKED_KEYS) if template in MASKED_TEMPLATES else dict(data)
        values["language"] = found.language
        parts = take_apart(read(found.path), found.path)
        headers: dict[str, str] = {}
        fields: list[tuple[str, str]] = []
        for name, source in parts.headers:
            value = one_line(self._text(source, values, found.path, found.language))
            if name == "Field":
                label, _, words = value.partition("=")
                fields.append((label.strip(), words.strip()))
            else:
                headers[name.lower()] = value
        source = "\n" * (parts.line - 1) + _BUTTON_LINE.sub(self._mark, parts.body)
        body = visible(self._text(source, values, found.path, found.language))
        marked = _MANY_BREAKS.sub("\n\n", "\n".join(map(str.rstrip, body.split("\n")))).strip()
        subject = _shortened(headers["subject"]) or template
        title = _shortened(headers.get("title") or _word(values, "title") or subject)
        link = headers.get("link") or _word(values, "link")
        status = _one_of(headers.get("status") or _word(values, "status"), _STATUSES)
        shown = {"subject": subject, "heading": title, "tone": status}
        return Rendered(
            subject=subject,
            text=marked.replace(self._mark, ""),
            html=self._html(found.html, marked, values | shown, found.language),
            language=found.language,
            event=next((event for event in EVENTS if event == values.get("event")), "plain"),
            correlation=_word(values, "correlation"),
            title=title,
            status=status,
            fields=tuple([*fields, *_pairs(values.get("fields"))][:_MOST_FIELDS]),
            link=link if _is_link(link) else "",
        )

    def check_file(self, name: str, language: str, but: Collection[Path] = ()) -> set[Path]:
        """The files of a template, none of which has a mistake that shows without data; those of ``but`` are passed by.

        Raises:
            TemplateError: one of them has.
        """
        found = self._files.find(name, language)
        files = {found.path} | ({found.html} if found.html is not None else set())
        for path in sorted(files - set(but)):
            text = read(path)
            if path == found.path:
                parts = take_apart(text, path)
                for _, header in parts.headers:
                    self._parsed(header, path, found.language)
                text = "\n" * (parts.line - 1) + parts.body
            self._parsed(text, path, found.language)
        return files

    def _parsed(self, source: str, path: Path, language: str) -> None:
        try:
            self._environment(language, escape=False).compiled(source)
        except jinja2.TemplateSyntaxError as error:
            place = f"{path}:{error.lineno}"
            raise TemplateError(because("template-does-not-parse", place=place, why=error.message or "")) from error

    def _html(self, path: Path | None, marked: str, values: dict[str, Any], language: str) -> str:
        if path is not None:
            return self._made(read(path), values, path, language, escape=True)
        layout = self._files.layout("_plain.html")
        if layout is None:
            raise TemplateError(because("layout-gone"))
        return self._made(
            read(layout), {**values, "content": html_of(marked, self._mark)}, layout, language, escape=True
        )

    def _text(self, source: str, values: dict[str, Any], path: Path, language: str) -> str:
        return self._made(source, values, path, language, escape=False) if "{" in source else source

    def _made(self, source: str, values: dict[str, Any], path: Path, language: str, *, escape: bool) -> str:
        try:
            template = self._environment(language, escape=escape).compiled(source)
            return whole(template, values)
        except jinja2.TemplateSyntaxError as error:
            place = f"{error.filename or path}:{error.lineno}"
            raise TemplateError(because("template-does-not-parse", place=place, why=error.message or "")) from error
        except (jinja2.TemplateError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError,
                ValueError) as error:  # fmt: skip
            line = _line(error)
            place = f"{path}:{line}" if line else str(path)
            hint = "write {{ name | default('') }} where it may be missing" if _undefined(error) else ""
            why = one_line(str(error))[:300]
            raise TemplateError(because("template-does-not-fit", place=place, why=why, hint=hint)) from error

    def _environment(self, language: str, *, escape: bool) -> Environment:
        key = (language, escape)
        if (environment := self._environments.get(key)) is None:
            loader = jinja2.FunctionLoader(self._layout)
            environment = Environment(escape=escape, loader=loader, filters=filters(self._zone, language))
            self._environments[key] = environment
        return environment

    def _layout(self, name: str) -> tuple[str, str, Callable[[], bool]] | None:
        """A layout's text, its file, and whether that still holds: asked before each use."""
        path = self._files.layout(name)
        if path is None:
            return None
        version = _version(path)
        return read(path), str(path), lambda: self._files.layout(name) == path and _version(path) == version


def _version(path: Path) -> tuple[int, int]:
    """What changes when a file is written; zeros when it is gone."""
    try:
        status = path.stat()
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_SUBJECT else text[: _LONGEST_SUBJECT - 1] + "…"


def _word(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key)
    return one_line(value)[:1000] if isinstance(value, str) else ""


def _one_of(text: str, known: frozenset[str]) -> str:
    return text if text in known else ""


def _pairs(value: Any) -> list[tuple[str, str]]:
    pairs = value if isinstance(value, (list, tuple)) else ()
    return [
        (one_line(str(pair[0])), one_line(str(pair[1])))
        for pair in pairs
        if isinstance(pair, (list, tuple)) and len(pair) == 2
    ]


def _is_link(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and " " not in text


def _undefined(error: BaseException) -> bool:
    return isinstance(error, jinja2.UndefinedError)


def _line(error: BaseException) -> int:
    """The line of the template in which it happened: Jinja2 writes it into the traceback."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename == "<template>":
            return frame.lineno or 0
    return 0
