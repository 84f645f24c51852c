"""The step that makes a report, which only automations have: ``do = "report"``."""

from __future__ import annotations

from dataclasses import dataclass

from batmon.config.section import Section
from batmon.config.step_texts import Reading, expression, one_of, read_name
from batmon.config.steps import Step

FORMATS = ("excel", "pdf", "md", "json")
_LONGEST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportStep(Step):
    """Make a report, and owe a mail with it to each of ``to``; ``name`` holds what became of it.

    What is empty is the template's usual. ``to`` is ``admins``, or expressions that give an address. ``schedule`` is
    the id of the row of ``report_schedules`` that asks for it, None where the configuration does.
    """

    template: str
    form: str = ""
    period: str = ""
    to: tuple[str, ...] = ()
    language: str = ""
    timezone: str = ""
    programs: tuple[str, ...] = ()
    name: str = ""
    schedule: int | None = None


def read_report(table: Section, reading: Reading) -> ReportStep:
    """``do = "report"``. Which templates there are is known when it runs, and to ``batmon config check``."""
    table.require("template")
    return ReportStep(
        place=table.problems.where(table.place),
        template=table.text("template", "", _name),
        form=one_of(table, "format", "", FORMATS),
        period=table.text("period", "", lambda text: expression(text, reading)),
        to=table.texts("to", (), lambda text: expression(text, reading)),
        language=one_of(table, "language", "", ("ko", "en")),
        programs=table.texts("programs", (), str.strip),
        name=read_name(table),
    )


def _name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > _LONGEST or not name.isprintable():
        raise ValueError(f'{text!r:.60} is not a template\'s name; write it as "weekly_ops"')
    return name
