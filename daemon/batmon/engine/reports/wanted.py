"""What somebody wants of a report, in their words -> what is to be made, or a sentence that says why that cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from batmon.config.values import similar
from batmon.config.values import timezone as zone_name
from batmon.engine.files.exports import file_word
from batmon.errors import BadRequest, ModelError, NotFound
from batmon.metrics.periods import Period, chosen, completed, named, so_far
from batmon.report.asked import Asked, Form, Template
from batmon.words import Language

MOST_PROGRAMS = 100
_LONGEST_GLOB = 100
_RUN_CHARS = 8
"""Of a run's id in a file's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A report as somebody asks for it; what is empty or None is the usual.

    ``complete``: without a period it is the last whole one, as schedules want it, and not what there is of this one.
    ``as_of``: the moment from which a period is found out; None: now. ``key``: what it is for, where that must not be
    made twice.
    """

    template: str
    form: str = ""
    start: date | None = None
    end: date | None = None
    period: str = ""
    complete: bool = False
    as_of: datetime | None = None
    language: str = ""
    timezone: str = ""
    programs: tuple[str, ...] = ()
    incident_id: int | None = None
    run: str = ""
    by: str = ""
    key: str = ""
    schedule_id: int | None = None


@dataclass(frozen=True, slots=True)
class Usual:
    """What holds where nobody says otherwise, of a daemon of ``node``."""

    language: Language
    timezone: str
    node: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A report that can be made. ``title`` is its template's, ``stem`` how its file is called without its end."""

    asked: Asked
    form: Form
    title: str
    stem: str


def checked(wanted: Wanted, known: Mapping[str, Template], usual: Usual, now: datetime) -> Checked:
    """What is to be made.

    Raises:
        NotFound: there is no such template.
        BadRequest: it is not to be had in this format, of this period, or something else does not fit.
    """
    template = template_of(wanted.template, known)
    form = form_of(wanted.form, template)
    language = language_of(wanted.language) or usual.language
    timezone = timezone_of(wanted.timezone) or usual.timezone
    _fits(wanted, template)
    period = _period(wanted, template, (wanted.as_of or now).astimezone(ZoneInfo(timezone)).date())
    asked = Asked(
        template=template.name,
        period=period,
        language=language,
        timezone=timezone,
        by=wanted.by,
        node=usual.node,
        now=now,
        programs=_programs(wanted.programs),
        incident_id=wanted.incident_id,
        run=wanted.run,
        data=form == "excel",
    )
    return Checked(asked, form, template.titles[language], _stem(asked))


def template_of(name: str, known: Mapping[str, Template]) -> Template:
    """The template of that name.

    Raises:
        NotFound: there is none; the hint says what was probably meant.
    """
    if name in known:
        return known[name]
    near = similar(name[:100], known)
    hint = f"did you mean {near!r}?" if near else f"templates: {', '.join(sorted(known))}"
    raise NotFound(f"no report is called {name!r:.110}", hint=hint)


def form_of(text: str, template: Template) -> Form:
    """The format of that name that the template is to be had in; its first where none is named.

    Raises:
        BadRequest: it is not to be had so.
    """
    found = next((form for form in template.all_formats if form == text), template.formats[0] if not text else None)
    if found is None:
        raise BadRequest(
            f"{template.name} is not made as {text!r:.40}", hint=f"formats: {', '.join(template.all_formats)}"
        )
    return found


def language_of(text: str) -> Language | None:
    """A language's name; None for none.

    Raises:
        BadRequest: reports do not speak it.
    """
    if text not in ("", "ko", "en"):
        raise BadRequest(f"language must be ko or en, not {text!r:.40}")
    return "ko" if text == "ko" else "en" if text == "en" else None


def timezone_of(text: str) -> str:
    """A time zone's own name; empty for none.

    Raises:
        BadRequest: there is no such zone.
    """
    try:
        return zone_name(text) if text else ""
    except ValueError as error:
        raise BadRequest(str(error)) from None


def period_of(word: str, today: date) -> Period:
    """The period that people call so.

    Raises:
        BadRequest: nobody does, or it has not begun.
    """
    try:
        return named(word, today)
    except ModelError as error:
        raise BadRequest(str(error), hint=error.hint) from None


def usual_period(template: Template, today: date) -> Period | None:
    """What a report that somebody asks for now is about; None where there is no period."""
    return None if template.span is None or template.needs == "run" else so_far(template.span, today)


def _period(wanted: Wanted, template: Template, today: date) -> Period | None:
    if wanted.period and (wanted.start or wanted.end):
        raise BadRequest("a period is named, and days beside it", hint="either --period, or --from and --to")
    if wanted.period:
        return period_of(wanted.period, today)
    if wanted.start is None and wanted.end is None:
        if wanted.incident_id is not None:
            return None
        if wanted.complete and template.span is not None and template.needs != "run":
            return completed(template.span, today)
        return usual_period(template, today)
    start = wanted.start or _usual_start(template, wanted.end or today)
    end = wanted.end or max(today, start)
    try:
        return chosen(start, min(end, max(today, start)), today)
    except ModelError as error:
        raise BadRequest(str(error), hint=error.hint or "days are written 2026-11-21") from None


def _usual_start(template: Template, end: date) -> date:
    """From when it is where only its end is named: as long as it usually is."""
    usual = usual_period(template, end)
    return end if usual is None else usual.start


def _fits(wanted: Wanted, template: Template) -> None:
    """See that nothing is asked for that the template does not know."""
    if template.needs == "run":
        if not wanted.run:
            raise BadRequest(f"{template.name} is about one run", hint="name it: --run, with its id or log_id")
        if wanted.period or wanted.start or wanted.end:
            raise BadRequest(f"{template.name} is about one run and has no period")
    elif wanted.run:
        raise BadRequest(f"{template.name} is not about one run", hint="leave --run out")
    if wanted.incident_id is not None and template.needs != "incident":
        raise BadRequest(f"{template.name} is not about one incident", hint="leave --incident out")


def _programs(globs: tuple[str, ...]) -> tuple[str, ...]:
    if len(globs) > MOST_PROGRAMS:
        words = f"{len(globs)} programs are named, and {MOST_PROGRAMS} are taken"
        raise BadRequest(words, hint="write a pattern, such as fund_*")
    for glob in globs:
        if not glob.strip() or len(glob) > _LONGEST_GLOB:
            raise BadRequest(f"programs: {glob!r:.60} is no name or pattern")
    return globs


def _stem(asked: Asked) -> str:
    name = file_word(asked.template)
    if asked.incident_id is not None:
        return f"{name}_incident_{asked.incident_id}"
    if asked.run:
        return f"{name}_{file_word(asked.run)[:_RUN_CHARS]}"
    if asked.period is None:
        return f"{name}_{asked.now.astimezone(ZoneInfo(asked.timezone)):%Y-%m-%d}"
    return f"{name}_{asked.period.start}_{asked.period.end}"


def asked_json(made: Checked) -> dict[str, Any]:
    """What was asked for, as it is kept with the report."""
    asked = made.asked
    return {
        "timezone": asked.timezone,
        "programs": list(asked.programs),
        "incident": asked.incident_id,
        "run": asked.run,
        "at": asked.now.isoformat(),
    }


def day(value: object, key: str) -> date | None:
    """A day that somebody wrote as 2026-11-21; None for none.

    Raises:
        BadRequest: it is no day.
    """
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(value)  # type: ignore[arg-type]  # what is no text is refused by it
    except (TypeError, ValueError):
        raise BadRequest(f"{key}: {value!r:.40} is no day", hint="write it as 2026-11-21") from None


def run_words(text: str) -> str:
    """A run's id or ``log_id`` as it may stand in a request.

    Raises:
        BadRequest: it is neither.
    """
    try:
        return text if text.isdecimal() and len(text) < 20 else str(UUID(text))
    except ValueError:
        raise BadRequest(f"run: {text!r:.60} is neither a run's id nor a log_id") from None
