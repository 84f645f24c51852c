"""The first page: what was good and bad in words, and the key figures beside those of the period before."""

from __future__ import annotations

from batmon.metrics.figures import IncidentTotals, ProgramFigures
from batmon.report.document import Block, Figure, Figures, Kind, Paragraph, Section, Tone
from batmon.report.gathered import Gathered
from batmon.report.wording import Wording

SAME = 0.001
"""Rates that differ by less than a tenth of a percentage point are called the same."""
MOST_NAMES = 3


def overview(found: Gathered, words: Wording) -> Section:
    """The headline and the key figures."""
    blocks: list[Block] = [*headline(found, words), Figures(items=run_figures(found, words))]
    blocks.append(Figures(items=incident_figures(found.incident_totals, found.incident_totals_before, words)))
    return Section(key="overview", title=words("overview"), blocks=tuple(blocks), summary=True)


def headline(found: Gathered, words: Wording) -> tuple[Paragraph, ...]:
    """What a manager reads first: how it went, and what got worse."""
    now, before = found.totals, found.totals_before
    if not now.runs and not now.missed:
        text = words("nothing_ran", period=words.period(found.period))
        return (Paragraph(text=text, tone="warn" if found.programs else "muted"),)
    parts = [_runs(found, words), *_availability(found, words), _incidents(found.incident_totals, words)]
    if found.incident_totals.outage_seconds:
        parts.append(words("outage_was", hours=words.hours(found.incident_totals.outage_seconds / 3600)))
    parts += saved_words(found, words)
    tone: Tone = "good"
    worse = sorted(
        (one for one in found.programs if _faults(one) > _faults_before(one)),
        key=lambda one: (_faults_before(one) - _faults(one), one.title),
    )
    told = [Paragraph(text=" ".join(parts))]
    if worse and before.runs:
        tone = "warn"
        names = [
            words("worse_program", title=words.short(one.title), faults=words.count(_faults(one)),
                  before=words.count(_faults_before(one)))
            for one in worse
        ]  # fmt: skip
        told.append(Paragraph(text=words("worse", programs=words.listed(names, MOST_NAMES)), tone=tone))
    better = sorted(
        (one for one in found.programs if _faults(one) < _faults_before(one)),
        key=lambda one: (_faults(one) - _faults_before(one), one.title),
    )
    if better:
        names = [
            words("worse_program", title=words.short(one.title), faults=words.count(_faults(one)),
                  before=words.count(_faults_before(one)))
            for one in better
        ]  # fmt: skip
        told.append(Paragraph(text=words("better", programs=words.listed(names, MOST_NAMES)), tone="good"))
    return tuple(told)


def run_figures(found: Gathered, words: Wording) -> tuple[Figure, ...]:
    """Rates, counts and savings."""
    now, before = found.totals, found.totals_before
    compared = bool(before.runs or before.missed)
    targets = found.overall.targets
    met = targets - found.overall.missed_targets
    hours, hours_before = found.overall.saved_hours, found.overall.saved_hours_before
    money, money_before = found.overall.saved_money, found.overall.saved_money_before
    items = [
        Figure(key="success_rate", title=words("success_rate"), value=now.success_rate, kind=Kind.PERCENT,
               before=before.success_rate, better="high"),
        Figure(key="availability", title=words("availability"), value=found.availability, kind=Kind.PERCENT,
               before=found.availability_before, better="high",
               note=words("targets_met", met=met, of=targets) if targets else "",
               tone="bad" if met < targets else ""),
        Figure(key="runs", title=words("runs"), value=now.runs, before=before.runs if compared else None),
        Figure(key="failed", title=words("failed"), value=now.failed, before=before.failed if compared else None,
               better="low"),
        Figure(key="missed", title=words("missed"), value=now.missed, before=before.missed if compared else None,
               better="low"),
        Figure(key="processed", title=words("processed"), value=now.processed,
               before=before.processed if compared else None, better="high"),
        Figure(key="saved_hours", title=words("saved_hours"), value=hours, kind=Kind.HOURS,
               before=hours_before if compared else None, better="high"),
    ]  # fmt: skip
    if money or money_before:
        items.append(Figure(key="saved_money", title=words("saved_money"), value=money, kind=Kind.MONEY,
                            before=money_before if compared else None, better="high"))  # fmt: skip
    else:
        items.append(Figure(key="programs", title=words("programs"), value=len(found.programs)))
    return tuple(items)


def incident_figures(now: IncidentTotals, before: IncidentTotals, words: Wording) -> tuple[Figure, ...]:
    """The five figures of service requests, of incidents."""
    compared = bool(before.opened or before.resolved or before.open_at_end)
    return (
        Figure(key="sr_total", title=words("sr_total"), value=now.opened, better="low",
               before=before.opened if compared else None),
        Figure(key="sr_done", title=words("sr_done"), value=now.resolved, before=before.resolved if compared else None),
        Figure(key="sr_open", title=words("sr_open"), value=now.open_at_end, better="low",
               before=before.open_at_end if compared else None, tone="warn" if now.open_at_end else ""),
        Figure(key="completion_rate", title=words("completion_rate"), value=now.completion_rate, kind=Kind.PERCENT,
               before=before.completion_rate, better="high"),
        Figure(key="mttr", title=words("mttr"), value=now.mttr_hours, kind=Kind.HOURS,
               before=before.mttr_hours, better="low"),
    )  # fmt: skip


def _runs(found: Gathered, words: Wording) -> str:
    now, before = found.totals, found.totals_before
    text = words("runs_were", runs=words.count(now.runs), succeeded=words.count(now.succeeded),
                 failed=words.count(now.failed), missed=words.count(now.missed),
                 rate=words.percent(now.success_rate))  # fmt: skip
    if now.success_rate is None or before.success_rate is None:
        return text
    difference = now.success_rate - before.success_rate
    than = words.than(found.period)
    key = "rate_same" if abs(difference) < SAME else "rate_up" if difference > 0 else "rate_down"
    return f"{text} {words(key, points=words.points(difference), before=words.percent(before.success_rate), than=than)}"


def _availability(found: Gathered, words: Wording) -> list[str]:
    if found.availability is None:
        return []
    text = words("availability_was", share=words.percent(found.availability))
    missed = [words.short(one.title) for one in found.programs if one.met is False]
    targets = sum(one.met is not None for one in found.programs)
    if missed:
        text += " " + words("targets_missed", count=len(missed), of=targets, names=words.listed(missed, MOST_NAMES))
    elif targets:
        text += " " + words("targets_all_met", of=targets)
    return [text]


def _incidents(now: IncidentTotals, words: Wording) -> str:
    if not (now.opened or now.resolved or now.open_at_end):
        return words("no_incidents")
    text = words("incidents_were", opened=words.count(now.opened), done=words.count(now.resolved),
                 still=words.count(now.open_at_end))  # fmt: skip
    return text if now.mttr_hours is None else f"{text} {words('mttr_was', hours=words.hours(now.mttr_hours))}"


def saved_words(found: Gathered, words: Wording) -> list[str]:
    """What was spared, in sentences; none if nothing was."""
    hours, money = found.overall.saved_hours, found.overall.saved_money
    if not hours:
        return []
    text = words("saved_was", items=words.count(found.totals.processed), hours=words.hours(hours))
    return [f"{text} {words('saved_money_was', money=words.money(money))}" if money else text]


def _faults(one: ProgramFigures) -> int:
    return one.totals.failed + one.totals.missed


def _faults_before(one: ProgramFigures) -> int:
    return one.before.failed + one.before.missed
