"""Findings in words, each with the evidence that it stands on: failures that repeat, schedules that do not fit.

Pure. Rules and thresholds are in docs/insights.md; where nothing is certain nothing is said.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from batmon.judge.schedule_fit import Misfit, Slot
from batmon.notify.mask import mask_start
from batmon.notify.visible import one_line
from batmon.report.document import Finding
from batmon.report.voice import Voice
from batmon.store.signatures import StoredSignature
from batmon.store.story import Failure
from batmon.words import schedule_in_words

LEAST_FAILURES, LEAST_FAILURE_DAYS = 3, 2
"""Once may be chance, and a night of attempts is one incident."""
NAMES_SHOWN, RUNS_SHOWN, DATES_SHOWN, SLOTS_SHOWN = 10, 10, 14, 5
SAMPLE_CHARS = 200
ORDER = ("repeated_failures", "schedule_mismatch", "fewer", "slower")
"""Kinds of finding, the most important first."""


# Failures that repeat


def repeated_failures(
    failures: Iterable[Failure], kinds: Mapping[str, StoredSignature], titles: Mapping[str, str], voice: Voice
) -> list[Finding]:
    """Kinds of error by which runs failed three times and on two days at least, the one with most runs first.

    ``titles``: what a program is called, by name in small letters. Days are those of the readers.
    """
    by_kind = defaultdict[str, list[Failure]](list)
    for one in failures:
        if one.signature in kinds:
            by_kind[one.signature].append(one)
    zone, found = ZoneInfo(voice.timezone), []
    for signature, own in by_kind.items():
        own.sort(key=lambda one: one.start)
        days = Counter(one.start.astimezone(zone).date() for one in own)
        if len(own) >= LEAST_FAILURES and len(days) >= LEAST_FAILURE_DAYS:
            found.append((len(own), _repeated(own, days, kinds[signature], titles, voice)))
    return [finding for _, finding in sorted(found, key=lambda one: (-one[0], one[1].text))]


def _repeated(
    own: Sequence[Failure], days: Counter[date], kind: StoredSignature, titles: Mapping[str, str], voice: Voice
) -> Finding:
    by_program = Counter(titles.get(one.program.lower(), one.program) for one in own)
    names = [f"{name} ({count})" for name, count in by_program.most_common()]
    single = next(iter(by_program)) if len(by_program) == 1 else ""
    key = "repeated_one" if single else "repeated_many"
    runs = [f"#{one.log_id}" for one in own[-RUNS_SHOWN:]]
    dates = [f"{day:%m-%d} ({count})" for day, count in sorted(days.items())]
    evidence = [
        voice.words("sample", line=one_line(mask_start(kind.sample))[:SAMPLE_CHARS]),
        voice.words("on_days", n=len(days), days=voice.several(dates, DATES_SHOWN)),
        voice.words("latest_runs", runs=", ".join(runs)),
        voice.words("kind_known", first=voice.at(kind.first_seen), n=f"{kind.count:,}", programs=kind.programs),
    ]
    if not single:
        evidence.insert(1, voice.words("in_programs", programs=voice.several(names, NAMES_SHOWN)))
    return Finding(
        key="repeated_failures",
        title=voice.words("repeated_title", n=len(own)),
        text=voice.words(key, programs=len(by_program), n=len(own), days=len(days)),
        program=single,
        evidence=tuple(evidence),
        tone="bad",
        data={
            "signature": kind.id, "runs": len(own), "days": len(days), "first_seen": kind.first_seen.isoformat(),
            "programs": dict(by_program.most_common(NAMES_SHOWN)), "programs_count": len(by_program),
        },
    )  # fmt: skip


# Schedules


def schedule_mismatch(
    title: str, found: Sequence[Misfit], expressions: Sequence[str], timezone: str, voice: Voice
) -> list[Finding]:
    """Times of day at which the schedule of a program does not say what happens; ``timezone`` is the schedule's."""
    never = [one for one in found if one.way == "never"]
    clocks = {f"{slot.due.astimezone(ZoneInfo(timezone)):%H:%M}" for one in found for slot in one.slots}
    told: list[Finding] = []
    if len(never) > 1 and len(never) == len(found) == len(clocks):  # it never runs at all: said once
        slots = tuple(sorted((slot for one in never for slot in one.slots), key=lambda slot: slot.due))
        clock = voice.several(sorted(clocks), NAMES_SHOWN)
        found = [Misfit("never", clock, None, slots, sum(one.hit for one in never))]
    for one in found:
        when = one.clock if one.weekday is None else f"{voice.day(one.weekday)} {one.clock}"
        key = "moved_exact" if one.way == "moved" and one.exact else one.way
        away = voice.span(abs(one.away).total_seconds())
        way = voice.words("later" if one.away > timedelta(0) else "earlier")
        evidence = [
            voice.words("schedule", schedule=schedule_in_words(expressions, voice.language), zone=timezone),
            voice.words("slots_counted", n=one.hit, total=len(one.slots), since=f"{one.slots[0].due:%Y-%m-%d}"),
            *(_slot(slot, ZoneInfo(timezone), voice) for slot in one.slots[-SLOTS_SHOWN:]),
        ]
        hours = abs(one.away) / timedelta(hours=1)
        if one.exact and hours >= 1 and abs(hours - round(hours)) < 1 / 30:
            evidence.append(voice.words("whole_hours", n=round(hours), zone=timezone))
        numbers = {
            "way": one.way, "clock": one.clock, "weekday": one.weekday, "slots": len(one.slots), "hit": one.hit,
            "away_seconds": one.away.total_seconds(), "timezone": timezone,
        }  # fmt: skip
        said = {"when": when, "n": one.hit, "total": len(one.slots), "away": away, "way": way}
        told.append(
            Finding(
                key="schedule_mismatch",
                title=voice.words(f"{one.way}_title", when=when),
                text=voice.words(f"{key}_text", **said),
                program=title,
                evidence=tuple(evidence),
                tone="warn" if one.way == "moved" else "bad",
                data=numbers,
            )
        )
    return told


def _slot(slot: Slot, zone: ZoneInfo, voice: Voice) -> str:
    due = f"{slot.due.astimezone(zone):%Y-%m-%d %H:%M}"
    if slot.start is None:
        return voice.words("slot_missed", due=due)
    return voice.words("slot_started", due=due, start=f"{slot.start.astimezone(zone):%Y-%m-%d %H:%M}")


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The most important first: by kind, of one kind those that weigh more."""
    return tuple(sorted(findings, key=lambda one: (ORDER.index(one.key), -_weight(one), one.program)))


def _weight(one: Finding) -> float:
    data = one.data
    if one.key == "repeated_failures":
        return float(data["runs"])
    if one.key == "schedule_mismatch":
        return float(data["hit"]) / float(data["slots"]) + (one.tone == "bad")
    return abs(float(data["change"])) + (one.tone == "warn")
