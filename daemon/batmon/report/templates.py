"""The reports that are shipped: which there are, and how each is composed of what was gathered for it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from batmon.metrics.definitions import DEFINITIONS, meanings
from batmon.report.asked import Template
from batmon.report.document import Definition, Document, Figures, Section, Table
from batmon.report.gathered import Gathered
from batmon.report.sections import capacity, days, incidents, insights, overview, programs, savings, sla
from batmon.report.sections.capacity import CapacityFigures
from batmon.report.values import rounded, tenths
from batmon.report.wording import Wording
from batmon.words import Language

SHIPPED: tuple[Template, ...] = (
    Template(
        name="weekly_ops", span="week", formats=("excel", "pdf"),
        titles={"ko": "주간 운영 보고서", "en": "Weekly operations report"},
        texts={"ko": "한 주의 성공률, 가용률, 장애, 절감 효과를 전주와 비교합니다.",
               "en": "A week's success, availability, incidents and savings against the week before."},
    ),
    Template(
        name="monthly_sla", span="month", formats=("excel", "pdf"),
        titles={"ko": "월간 SLA 보고서", "en": "Monthly SLA report"},
        texts={"ko": "프로그램별 목표 달성 여부, 미달 발생일, 중단 내역과 월별 추이를 담습니다.",
               "en": "Targets met and missed by program, the days lost, outages, and the months before."},
    ),
    Template(
        name="incident_rca", span="month", formats=("pdf",), needs="incident",
        titles={"ko": "인시던트 분석", "en": "Incident analysis"},
        texts={"ko": "장애마다 경과, 근거 로그, 조치 내역을 정리합니다.",
               "en": "The story of each incident: its timeline, its evidence, and what was done."},
    ),
    Template(
        name="capacity_plan", span="quarter", formats=("excel",),
        titles={"ko": "용량 계획 보고서", "en": "Capacity plan"},
        texts={"ko": "실행량 증가 추이와 다음 분기 전망, 시간대별 부하, 실행 시간 여유를 담습니다.",
               "en": "Growth and what it comes to next quarter, load by hour, and time budgets."},
    ),
    Template(
        name="rpa_savings", span="month", formats=("excel", "pdf"),
        titles={"ko": "RPA 절감 효과 보고서", "en": "RPA savings report"},
        texts={"ko": "부서별, 봇별 절감 시간과 금액을 담습니다.",
               "en": "Hours and money spared, by department and by bot."},
    ),
    Template(
        name="batch_run", formats=("md",), needs="run", chooses=False,
        titles={"ko": "배치 실행 보고서", "en": "Batch report"},
        texts={"ko": "배치 한 단계의 계정별 실행 결과입니다.",
               "en": "What came of each account of one step of a batch."},
    ),
    Template(
        name="batch_summary", span="week", formats=("md",),
        titles={"ko": "배치 종합 보고서", "en": "Batch summary"},
        texts={"ko": "기간 안에 실행된 배치 전체의 결과입니다.", "en": "What came of every batch of the period."},
    ),
    Template(
        name="handover", span="week", formats=("md",), chooses=False,
        titles={"ko": "인수인계", "en": "Handover"},
        texts={"ko": "기간 동안 있었던 장애, 판정 변경, 조치 내역입니다.",
               "en": "Incidents, changed verdicts and acts of the period."},
    ),
)  # fmt: skip
"""In the order in which they are shown."""

_BY_NAME = {one.name: one for one in SHIPPED}

FIRST_FINDINGS = 4
"""On the first page."""
Composed = tuple[Section | None, ...]


def weekly_ops(found: Gathered, words: Wording) -> Composed:
    """How the week was, for whoever answers for operations."""
    return (
        overview.overview(found, words),
        programs.worst_programs(found, words),
        days.runs_chart(found, words),
        replace(insights.insights_section(found.findings[:FIRST_FINDINGS], words.language), summary=True),
        programs.availability_chart(found, words, summary=False),
        _more_findings(found, words),
        programs.program_table(found, words),
        incidents.incident_section(found, words),
        savings.savings_section(found, words),
        days.heatmap(found, words),
    )


def monthly_sla(found: Gathered, words: Wording) -> Composed:
    """Whether promises were kept, for whoever they were given to."""
    return (
        sla.sla_headline(found, words),
        programs.availability_chart(found, words),
        days.runs_chart(found, words),
        sla.target_table(found, words),
        sla.lost_days(found, words),
        sla.outages(found, words),
        sla.months_section(found, words),
        insights.insights_section(found.findings, words.language),
        programs.program_table(found, words),
        incidents.incident_section(found, words),
        days.heatmap(found, words),
    )


def rpa_savings(found: Gathered, words: Wording) -> Composed:
    """What automation is worth, for whoever pays for it."""
    return (
        savings.savings_section(found, words, summary=True),
        days.runs_chart(found, words, summary=False),
        programs.program_table(found, words),
    )


def capacity_plan(found: Gathered, extra: CapacityFigures, words: Wording) -> Composed:
    """What is to come, for whoever buys machines and plans slots."""
    return (
        capacity.capacity_headline(found, extra, words),
        capacity.growth(found, words),
        capacity.growing_programs(found, words),
        capacity.busy_hours(extra, words),
        capacity.time_budget(found, extra, words),
        capacity.fillings(extra, words),
    )


def _more_findings(found: Gathered, words: Wording) -> Section | None:
    """Those that had no room on the first page."""
    rest = found.findings[FIRST_FINDINGS:]
    if not rest:
        return None
    return replace(insights.insights_section(rest, words.language), key="more_insights", title=words("more_insights"))


COMPOSED: Mapping[str, Callable[[Gathered, Wording], Composed]] = {
    "weekly_ops": weekly_ops, "monthly_sla": monthly_sla, "rpa_savings": rpa_savings,
}  # fmt: skip
"""Those that need nothing but what is always gathered."""


def shipped(name: str) -> Template:
    """The shipped template of this name; KeyError if there is none."""
    return _BY_NAME[name]


def document(found: Gathered, template: Template, parts: Iterable[Section | None]) -> Document:
    """The sections of a template as a whole report."""
    asked = found.asked
    words = Wording(asked.language, found.settings.currency)
    subtitle = words("subtitle", period=words.period(found.period), before=words.period(found.period.before()))
    if asked.programs:
        subtitle += " · " + words("only_programs", names=words.listed(list(asked.programs), 10))
    sections = tuple(part for part in parts if part is not None)
    return Document(
        template=template.name,
        title=template.titles[asked.language],
        subtitle=subtitle,
        language=asked.language,
        timezone=asked.timezone,
        period=found.period,
        organisation=found.settings.organisation,
        currency=found.settings.currency,
        made_at=asked.now,
        made_by=asked.by,
        node=asked.node,
        sections=sections,
        data=found.data,
        definitions=definitions_of(sections, asked.language),
        summary=summary(found),
    )


def definitions_of(sections: Iterable[Section], language: Language) -> tuple[Definition, ...]:
    """What the figures and columns of these sections mean, as far as they are figures that are defined."""
    keys = {"period", "change"}
    for section in sections:
        for block in section.blocks:
            if isinstance(block, Figures):
                keys.update(one.key for one in block.items)
            elif isinstance(block, Table):
                keys.update(one.key for one in block.columns)
    known = {one.key for one in DEFINITIONS}
    return tuple(
        Definition(key=one.key, title=one.titles[language], text=one.texts[language]) for one in meanings(keys & known)
    )


def summary(found: Gathered) -> dict[str, Any]:
    """The key figures by name: the five of service requests as the documents have them, and ours.

    ``completion_rate`` is in per cent with one decimal, every other rate a share from 0 to 1.
    """
    now, incident = found.totals, found.incident_totals
    rate, mttr = incident.completion_rate, incident.mttr_hours
    return {
        "period": {"start": found.period.start.isoformat(), "end": found.period.end.isoformat()},
        "sr_total": incident.opened,
        "sr_done": incident.resolved,
        "sr_open": incident.open_at_end,
        "completion_rate": 0.0 if rate is None else round(rate * 100, 1),
        "mttr_hours": 0.0 if mttr is None else round(mttr, 1),
        "runs": now.runs,
        "succeeded": now.succeeded,
        "failed": now.failed,
        "missed": now.missed,
        "success_rate": now.success_rate,
        "availability": found.availability,
        "processed": now.processed,
        "saved_hours": float(tenths(found.overall.saved_hours)),
        "saved_money": int(rounded(found.overall.saved_money)),
        "programs": len(found.programs),
        "targets_met": found.overall.targets - found.overall.missed_targets,
        "targets_missed": found.overall.missed_targets,
    }
