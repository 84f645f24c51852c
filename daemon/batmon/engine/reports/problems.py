"""What is wrong with the reports of a configuration, known before any of them is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from batmon.config import Config
from batmon.config.automations import all_steps
from batmon.config.report_step import ReportStep
from batmon.engine.reports.making import report_settings, usable_templates
from batmon.engine.reports.wanted import form_of, period_of, template_of
from batmon.errors import BadRequest, ConfigError, NotFound, Problem
from batmon.refusals import because
from batmon.report.asked import Template


def report_problems(config: Config) -> tuple[Problem, ...]:
    """Own templates that cannot be used, and steps that could never make a report. Blocks."""
    known, problems = usable_templates(report_settings(config).folder)
    return (*problems, *_of_steps(config, known, problems))


def _of_steps(config: Config, known: Mapping[str, Template], wrong: Sequence[Problem]) -> Iterator[Problem]:
    for automation in config.automations:
        for step in all_steps(automation.steps):
            if isinstance(step, ReportStep):
                try:
                    _check(step, known, wrong)
                except ConfigError:
                    continue  # it names a template that has mistakes, which are named themselves
                except (BadRequest, NotFound) as error:
                    place, _, key = step.place.partition(": ")
                    file, _, line = place.rpartition(":")
                    known_line = bool(file) and line.isdigit()
                    yield Problem(
                        file if known_line else place, int(line) if known_line else None, key, str(error), error.hint
                    )


def _check(step: ReportStep, known: Mapping[str, Template], wrong: Sequence[Problem]) -> None:
    template = template_of(step.template, known, wrong)
    if template.needs == "run":
        raise BadRequest(because("run-report-by-hand", template=template.name))
    form_of(step.form, template)
    if step.programs and not template.chooses:
        raise BadRequest(because("step-not-of-some-programs", template=template.name))
    if step.period and "{" not in step.period:  # what an expression gives is known when it is done
        period_of(step.period, date.max.replace(year=date.max.year - 2))
