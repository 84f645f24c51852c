"""The grammar of ``batmon report``."""

# No `from __future__ import annotations`: typer reads the annotations of functions inside functions.

from collections.abc import Coroutine
from enum import StrEnum
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from batmon.commands import report, report_schedule
from batmon.commands.options import Json

Action = Coroutine[Any, Any, int]


class Format(StrEnum):
    """What a report is written as."""

    EXCEL = "excel"
    PDF = "pdf"
    MD = "md"
    JSON = "json"


class Spoken(StrEnum):
    """What a report speaks."""

    KO = "ko"
    EN = "en"


Template = Annotated[str, typer.Argument(metavar="TEMPLATE", show_default=False, hidden=True)]
Number = Annotated[int, typer.Argument(metavar="ID", min=1, show_default=False, hidden=True)]
Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False, hidden=True)]
FormatOption = Annotated[
    Format | None,
    typer.Option("--format", metavar="excel|pdf|md|json", show_default=False, help="default: the template's first"),
]
Period = Annotated[
    str | None,
    typer.Option(metavar="PERIOD", help="week, [last-]month, [last-]quarter, [last-]year, 2026-11, 2026-Q4, 2026"),
]
Language = Annotated[
    Spoken | None, typer.Option("--language", metavar="ko|en", show_default=False, help="of the report")
]
Zone = Annotated[
    str | None, typer.Option("--timezone", metavar="ZONE", help="of its days and times; default: the server's")
]
Programs = Annotated[
    list[str] | None,
    typer.Option("--program", metavar="NAME", help="only this program, or such as fund_*; as often as you like"),
]
Email = Annotated[
    list[str] | None, typer.Option("--email", metavar="ADDRESS", help="send it there; as often as you like")
]
Output = Annotated[
    str | None,
    typer.Option("-o", "--output", metavar="PATH", show_default=False, help="write it here: a file, a folder, or -"),
]
Force = Annotated[bool, typer.Option("--force", help="replace the file at PATH")]


def add_report_verbs(app: typer.Typer, command: type[TyperCommand]) -> None:
    """Add them to ``app``; the context's object is the Session."""
    reports = typer.Typer(help="Reports: workbooks, PDF, Markdown.", no_args_is_help=True)
    reports.command("generate", cls=command)(_generate)
    reports.command("templates", cls=command)(_templates)
    reports.command("list", cls=command)(_list)
    reports.command("show", cls=command)(_show)
    reports.command("export", cls=command)(_export)
    reports.command("send", cls=command)(_send)
    reports.command("remove", cls=command)(_remove)
    schedules = typer.Typer(help="Reports that are made and sent by themselves.", no_args_is_help=True)
    schedules.command("add", cls=command)(_schedule_add)
    schedules.command("list", cls=command)(_schedule_list)
    schedules.command("remove", cls=command)(_schedule_remove)
    schedules.command("pause", cls=command)(_schedule_pause)
    schedules.command("resume", cls=command)(_schedule_resume)
    reports.add_typer(schedules, name="schedule")
    app.add_typer(reports, name="report")


def _generate(
    context: typer.Context,
    template: Template,
    *,
    form: FormatOption = None,
    since: Annotated[str | None, typer.Option("--from", metavar="DAY", help="first day, 2026-11-01")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="DAY", help="last day, 2026-11-30")] = None,
    period: Period = None,
    incident: Annotated[int | None, typer.Option(metavar="ID", min=1, help="of incident_rca: this one alone")] = None,
    run: Annotated[str | None, typer.Option(metavar="ID", help="of batch_run: the run's id or log_id")] = None,
    program: Programs = None,
    language: Language = None,
    zone: Zone = None,
    output: Output = None,
    force: Force = False,
    email: Email = None,
    as_json: Json = False,
) -> Action:
    """Make a report.

    It is kept on the server below /reports, where scp finds it. Without a period it is about the last 7 complete days,
    or this month or quarter so far, as `batmon report templates` says.
    """
    asked = _given(
        template=template, format=form, period=period, incident=incident, run=run, programs=program, language=language,
        timezone=zone, email=_split(email), **{"from": since, "to": until},
    )  # fmt: skip
    return report.generate(context.obj, asked, output=output, force=force, as_json=as_json)


def _templates(context: typer.Context, *, as_json: Json = False) -> Action:
    """Show which reports there are."""
    return report.templates(context.obj, as_json=as_json)


def _list(
    context: typer.Context,
    *,
    template: Annotated[str | None, typer.Option(metavar="TEMPLATE", help="only of this kind")] = None,
    status: Annotated[
        str | None, typer.Option(metavar="STATUS", help="only pending, running, done, failed or removed ones")
    ] = None,
    schedule: Annotated[str | None, typer.Option(metavar="NAME", help="only what this schedule made")] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=report.MOST, help="how many, the newest")] = 20,
    as_json: Json = False,
) -> Action:
    """Show the reports that were made, newest first."""
    return report.listed(context.obj, template=template, status=status, schedule=schedule, limit=limit, as_json=as_json)


def _show(context: typer.Context, number: Number, *, as_json: Json = False) -> Action:
    """Show all that is known of one report."""
    return report.show(context.obj, number, as_json=as_json)


def _export(context: typer.Context, number: Number, *, output: Output = None, force: Force = False) -> Action:
    """Take a report's file along.

    Over SSH fetch it with scp from /reports, or print it with -o - and redirect it on your side.
    """
    return report.export(context.obj, number, output=output, force=force)


def _send(
    context: typer.Context,
    number: Number,
    *,
    email: Annotated[
        list[str], typer.Option("--email", metavar="ADDRESS", show_default=False, help="to whom; as often as you like")
    ],
    language: Annotated[
        Spoken | None, typer.Option("--language", metavar="ko|en", show_default=False, help="of the mail")
    ] = None,
) -> Action:
    """Send a report by mail."""
    return report.send(context.obj, number, email=_split(email) or [], language=language)


def _remove(context: typer.Context, number: Number) -> Action:
    """Remove a report's file; that it was made stays known."""
    return report.remove(context.obj, number)


def _schedule_add(
    context: typer.Context,
    template: Template,
    cron: Annotated[str, typer.Argument(metavar="CRON", show_default=False, hidden=True)],
    *,
    email: Annotated[
        list[str], typer.Option("--email", metavar="ADDRESS", show_default=False, help="to whom; as often as you like")
    ],
    name: Annotated[str | None, typer.Option(metavar="NAME", help="what it is called; default: as the report")] = None,
    form: FormatOption = None,
    period: Period = None,
    program: Programs = None,
    language: Language = None,
    zone: Zone = None,
    as_json: Json = False,
) -> Action:
    """Have a report made and sent by itself, as in: weekly_ops "0 9 * * 1" --email kim@example.com

    Without --period it is about the last whole week, month or quarter.
    """
    asked = _given(
        name=name or template, template=template, cron=cron, email=_split(email), format=form, period=period,
        programs=program, language=language, timezone=zone,
    )  # fmt: skip
    return report_schedule.add(context.obj, asked, as_json=as_json)


def _schedule_list(context: typer.Context, *, as_json: Json = False) -> Action:
    """Show every schedule: state, recipients, last made, next due."""
    return report_schedule.listed(context.obj, as_json=as_json)


def _schedule_remove(context: typer.Context, name: Name) -> Action:
    """Remove a schedule; what it made stays."""
    return report_schedule.remove(context.obj, name)


def _schedule_pause(
    context: typer.Context,
    name: Name,
    *,
    why: Annotated[str, typer.Option(metavar="TEXT", help="shown to everybody")] = "",
) -> Action:
    """Let a schedule rest; what comes due meanwhile is not made later."""
    return report_schedule.pause(context.obj, name, why=why)


def _schedule_resume(context: typer.Context, name: Name) -> Action:
    """Let a paused schedule go on."""
    return report_schedule.resume(context.obj, name)


def _given(**asked: Any) -> dict[str, Any]:
    """The arguments that were given."""
    return {key: value.value if isinstance(value, StrEnum) else value for key, value in asked.items() if value}


def _split(email: list[str] | None) -> list[str] | None:
    return None if email is None else [one for given in email for one in given.split(",")]
