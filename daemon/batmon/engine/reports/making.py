"""Makes reports: which templates there are, and a document from what is asked for. Run in a process of its own.

Nothing here reads the clock: ``Asked.now`` is the moment at which everything is true. What each report stands on is
loaded with it: a process makes one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from batmon.errors import NotFound, Problem
from batmon.refusals import because
from batmon.report.asked import Asked, Form, ReportSettings, Template
from batmon.report.document import Document
from batmon.report.templates import COMPOSED, SHIPPED, capacity_plan, document, shipped
from batmon.report.wording import Wording
from batmon.store import Store

if TYPE_CHECKING:
    from batmon.config.settings import Config

__all__ = ["Asked", "Form", "ReportSettings", "Template", "compose", "report_settings", "templates", "usable_templates"]

Composer = Callable[[Store, ReportSettings, Asked], Awaitable[Document]]
OWN_FOLDER = "reports"
"""Beside the configuration: own templates."""


def report_settings(config: Config) -> ReportSettings:
    """What reports need of the configuration."""
    folder = None if config.source is None else config.source.parent / OWN_FOLDER
    programs = tuple(replace(one, env={}, rerun_params={}) for one in config.programs)
    return ReportSettings(
        organisation=config.reports.organisation, currency=config.reports.currency, folder=folder, programs=programs,
        font=config.reports.font, bold_font=config.reports.bold_font,
    )  # fmt: skip


def templates(folder: Path | None) -> Mapping[str, Template]:
    """Every template by its name: the shipped ones, then those of ``folder`` by name.

    Raises:
        ConfigError: files of the folder are not templates; ``problems`` has all that is wrong with them.
    """
    from batmon.report.own import template_error

    found, problems = usable_templates(folder)
    if problems:
        raise template_error(problems)
    return found


def usable_templates(folder: Path | None) -> tuple[Mapping[str, Template], tuple[Problem, ...]]:
    """The same without those that cannot be used, and what is wrong with them."""
    from batmon.report.own import read_folder

    own, problems = ({}, ()) if folder is None else read_folder(folder)
    return {**{one.name: one for one in SHIPPED}, **{name: one.template for name, one in own.items()}}, problems


async def compose(store: Store, settings: ReportSettings, asked: Asked) -> Document:
    """The report that is asked for.

    Raises:
        NotFound: there is no such template, run or incident.
        BadRequest: the template needs a run that is not named, or a name that names nothing.
        ConfigError: an own template has mistakes.
        StoreError: as ``Store``.
    """
    return await _COMPOSERS.get(asked.template, _own)(store, settings, asked)


async def _own(store: Store, settings: ReportSettings, asked: Asked) -> Document:
    from batmon.engine.reports.own import compose_own
    from batmon.report.own import own_file, read_file

    path = None if settings.folder is None else own_file(settings.folder, asked.template)
    if path is None:
        own = [] if settings.folder is None else sorted(file.stem for file in settings.folder.glob("*.toml"))
        raise NotFound(because("no-report-template", name=asked.template, known=", ".join((*_COMPOSERS, *own))))
    return await compose_own(store, settings, asked, read_file(path))


async def _of_figures(store: Store, settings: ReportSettings, asked: Asked) -> Document:
    from batmon.engine.reports.data import gather

    template = shipped(asked.template)
    found = await gather(store, settings, asked, template)
    return document(found, template, COMPOSED[template.name](found, Wording(asked.language, settings.currency)))


async def _capacity_plan(store: Store, settings: ReportSettings, asked: Asked) -> Document:
    from batmon.engine.reports.data import gather, gather_capacity

    template = shipped(asked.template)
    found = await gather(store, settings, asked, template)
    extra = await gather_capacity(store, found)
    return document(found, template, capacity_plan(found, extra, Wording(asked.language, settings.currency)))


async def _incident_rca(store: Store, settings: ReportSettings, asked: Asked) -> Document:
    from batmon.engine.reports.story import compose_rca

    return await compose_rca(store, settings, asked)


async def _batch_run(store: Store, settings: ReportSettings, asked: Asked) -> Document:
    from batmon.engine.reports.batches import compose_batch_run

    return await compose_batch_run(store, settings, asked)


async def _batch_summary(store: Store, settings: ReportSettings, asked: Asked) -> Document:
    from batmon.engine.reports.batches import compose_batch_summary

    return await compose_batch_summary(store, settings, asked)


async def _handover(store: Store, settings: ReportSettings, asked: Asked) -> Document:
    from batmon.engine.reports.handover import compose_handover

    return await compose_handover(store, settings, asked)


_COMPOSERS: Mapping[str, Composer] = {
    "weekly_ops": _of_figures,
    "monthly_sla": _of_figures,
    "incident_rca": _incident_rca,
    "capacity_plan": _capacity_plan,
    "rpa_savings": _of_figures,
    "batch_run": _batch_run,
    "batch_summary": _batch_summary,
    "handover": _handover,
}
