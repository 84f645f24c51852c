"""What somebody wants of a report, in their words -> what is to be made, or a sentence that says why that cannot be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePath
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from batmon.config.values import similar
from batmon.config.values import timezone as zone_name
from batmon.engine.files.exports import file_word
from batmon.errors import BadRequest, ConfigError, ModelError, NotFound, Problem
from batmon.metrics.periods import Period, chosen, completed, named, so_far
from batmon.refusals import because
from batmon.report.asked import Asked, Form, Template
from batmon.words import Language

MOST_PROGRAMS = 100
_LONGEST_GLOB = _LONGEST_NAME = 100
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


def checked(
    wanted: Wanted, known: Mapping[str, Template], usual: Usual, now: datetime, wrong: Sequence[Problem] = ()
) -> Checked:
    """What is to be made, as far as that can be known without looking into the database.

    ``wrong``: what is wrong with the own templates that are not among ``known``.

    Raises:
        NotFound: there is no such template.
        BadRequest: it is not to be had in this format, of this period, or something else does not fit.
        ConfigError: it is an own template that has mistakes.
    """
    template = template_of(wanted.template, known, wrong)
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


def template_of(name: str, known: Mapping[str, Template], wrong: Sequence[Problem] = ()) -> Template:
    """The template of that name.

    Raises:
        NotFound: there is none; the hint says what was probably meant.
        ConfigError: there is one, and it has mistakes, which are among ``wrong``.
    """
    if name in known:
        return known[name]
    mistakes = tuple(one for one in wrong if PurePath(one.file).name == f"{name}.toml")
    if mistakes:
        raise ConfigError("; ".join(map(str, mistakes)), hint="see docs/reports.md", problems=mistakes)
    near = similar(name[:100], known)
    if near:
        raise NotFound(because("report-meant", name=name, near=near))
    raise NotFound(because("no-report-called", name=name, known=", ".join(sorted(known))))


def form_of(text: str, template: Template) -> Form:
    """The format of that name that the template is to be had in; its first where none is named.

    Raises:
        BadRequest: it is not to be had so.
    """
    found = next((form for form in template.all_formats if form == text), template.formats[0] if not text else None)
    if found is None:
        raise BadRequest(
            because("no-such-format", template=template.name, format=text, known=", ".join(template.all_formats))
        )
    return found


def language_of(text: str) -> Language | None:
    """A language's name; None for none.

    Raises:
        BadRequest: reports do not speak it.
    """
    if text not in ("", "ko", "en"):
        raise BadRequest(because("no-language", text=text))
    return "ko" if text == "ko" else "en" if text == "en" else None


def timezone_of(text: str) -> str:
    """A time zone's own name; empty for none.

    Raises:
        BadRequest: there is no such zone.
    """
    try:
        return zone_name(text[:_LONGEST_NAME]) if text else ""
    except ValueError as error:
        raise BadRequest(because("no-such-timezone", zone=text, why=error)) from None


def period_of(word: str, today: date) -> Period:
    """The period that people call so.

    Raises:
        BadRequest: nobody does, or it has not begun.
    """
    try:
        return named(word, today)
    except ModelError as error:
        raise BadRequest.of(error) from None


def usual_period(template: Template, today: date) -> Period | None:
    """What a report that somebody asks for now is about; None where there is no period."""
    return None if template.span is None or template.needs == "run" else so_far(template.span, today)


def _period(wanted: Wanted, template: Template, today: date) -> Period | None:
    if wanted.period and (wanted.start or wanted.end):
        raise BadRequest(because("period-and-days"))
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
        raise BadRequest.of(error) from None


def _usual_start(template: Template, end: date) -> date:
    """From when it is where only its end is named: as long as it usually is."""
    usual = usual_period(template, end)
    return end if usual is None else usual.start


def _fits(wanted: Wanted, template: Template) -> None:
    """See that nothing is asked for that the template does not know."""
    if template.needs == "run":
        if not wanted.run:
            reason = "run-report-by-hand" if wanted.complete else "about-one-run"
            raise BadRequest(because(reason, template=template.name))
        if wanted.period or wanted.start or wanted.end:
            raise BadRequest(because("run-has-no-period", template=template.name))
    elif wanted.run:
        raise BadRequest(because("not-about-a-run", template=template.name))
    if wanted.incident_id is not None and template.needs != "incident":
        raise BadRequest(because("not-about-an-incident", template=template.name))
    if wanted.incident_id is not None and (wanted.period or wanted.start or wanted.end or wanted.programs):
        raise BadRequest(because("incident-as-a-whole"))
    if wanted.programs and not template.chooses:
        raise BadRequest(because("not-of-some-programs", template=template.name))


def _programs(globs: tuple[str, ...]) -> tuple[str, ...]:
    if len(globs) > MOST_PROGRAMS:
        raise BadRequest(because("too-many-programs", count=len(globs), most=MOST_PROGRAMS))
    for glob in globs:
        if not glob.strip() or len(glob) > _LONGEST_GLOB:
            raise BadRequest(because("no-pattern", glob=glob))
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
        raise BadRequest(because("no-day-in", key=key, value=value)) from None


def run_words(text: str) -> str:
    """A run's id or ``log_id`` as it may stand in a request.

    Raises:
        BadRequest: it is neither.
    """
    try:
        return text if text.isdecimal() and len(text) < 20 else str(UUID(text))
    except ValueError:
        raise BadRequest(because("no-run-name", value=text)) from None
