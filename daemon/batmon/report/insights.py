"""Findings in words, each with the evidence that it stands on: failures that repeat, drifts, schedules that do not fit.

Pure. Rules and thresholds are in docs/insights.md; where nothing is certain nothing is said.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from batmon.judge.schedule_fit import Misfit, Slot
from batmon.metrics.drift import Drift, drift, ends, moves
from batmon.metrics.figures import DayCourse, Totals
from batmon.notify.mask import mask_start
from batmon.notify.visible import one_line
from batmon.report.document import Finding
from batmon.report.story_words import story_words
from batmon.report.values import seconds as in_words
from batmon.store.signatures import StoredSignature
from batmon.store.story import Failure
from batmon.words import Language, schedule_in_words

LEAST_FAILURES, LEAST_FAILURE_DAYS = 3, 2
"""Once may be chance, and a night of attempts is one incident."""
SLOWER, LEAST_SECONDS = 0.15, 5.0
FEWER, LEAST_ITEMS = 0.15, 10.0
LEAST_SWING = 0.01
"""Of earlier swings smaller ones are none."""
NAMES_SHOWN, RUNS_SHOWN, DATES_SHOWN, SLOTS_SHOWN = 10, 10, 14, 5
SAMPLE_CHARS = 200
ORDER = ("repeated_failures", "schedule_mismatch", "fewer", "slower")
"""Kinds of finding, the most important first."""


Course = DayCourse | Totals
"""What a day is judged by."""


@dataclass(frozen=True, slots=True)
class Voice:
    """In which language and on whose clocks findings are told."""

    language: Language
    timezone: str

    def words(self, key: str, **values: object) -> str:
        """One of the room's phrases with its values."""
        return story_words(self.language)[key].format(**values)

    def knows(self, key: str) -> bool:
        """Whether there is such a phrase."""
        return key in story_words(self.language)

    def at(self, when: datetime) -> str:
        """A moment on the readers' clocks."""
        return f"{when.astimezone(ZoneInfo(self.timezone)):%Y-%m-%d %H:%M}"

    def span(self, seconds: float) -> str:
        """A duration; with a decimal where it is short."""
        return in_words(seconds, self.language)

    def day(self, weekday: int) -> str:
        """The name of a weekday; 0 is Monday."""
        return story_words(self.language)["weekdays"].split()[weekday]

    def several(self, names: Sequence[str], most: int) -> str:
        """Names in a row, of many the first ones and how many more there are."""
        shown = ", ".join(names[:most])
        return shown if len(names) <= most else self.words("and_more", shown=shown, n=len(names) - most)


def percent(share: float) -> str:
    """A relative change with its sign."""
    return f"{share:+.0%}"


def number(value: float) -> str:
    """A count, with a decimal where it is small."""
    return f"{value:,.1f}" if 0 < abs(value) < 10 and value != int(value) else f"{value:,.0f}"


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


# Drifts


def may_drift(days: Mapping[date, Course], until: date) -> bool:
    """Whether ``slower`` or ``fewer`` may find something, by the last twelve weeks of days alone."""
    return moves(_times(days), until, least=SLOWER) or moves(_items(_whole(days)), until, least=FEWER)


def slower(title: str, days: Mapping[date, Course], until: date, voice: Voice) -> Finding | None:
    """Whether the median time of successful runs grows; None if it does not, or there is too little to say.

    ``days`` are those of the last 48 weeks as far as they are known.
    """
    found = drift(_times(days), until, least=SLOWER)
    if found is None or found.change < 0 or found.after - found.before < LEAST_SECONDS:
        return None
    items = ends({day: one.processed / one.succeeded for day, one in days.items() if one.succeeded}, until)
    evidence = [
        _weeks(found, voice, voice.span),
        voice.words("drift_days", days=found.days, z=f"{abs(found.z):.1f}"),
        _swung(found, voice),
    ]
    grew_too = False
    if items is not None and items[0] > 0:
        evidence.append(
            voice.words("items_a_run", before=number(items[0]), after=number(items[1]),
                        change=percent(items[1] / items[0] - 1))
        )  # fmt: skip
        grew_too = (found.after / found.before) / max(items[1] / items[0], 1e-9) < 1 + SLOWER
    text = voice.words("slower_text", **_ends(found, voice.span))
    return Finding(
        key="slower",
        title=voice.words("slower_title", change=percent(found.change)),
        text=f"{text} {voice.words('slower_items')}" if grew_too else text,
        program=title,
        evidence=tuple(evidence),
        tone="muted" if grew_too else "warn",
        data=_data(found) | {"explained_by_items": grew_too},
    )


def fewer(title: str, days: Mapping[date, Course], until: date, voice: Voice) -> Finding | None:
    """Whether a day's items shrink, on days on which all went well; None if not, or there is too little to say.

    ``days`` as for ``slower``.
    """
    whole = _whole(days)
    found = drift(_items(whole), until, least=FEWER)
    if found is None or found.change > 0 or found.before < LEAST_ITEMS:
        return None
    evidence = [
        _weeks(found, voice, number),
        voice.words("drift_days", days=found.days, z=f"{abs(found.z):.1f}"),
        _swung(found, voice),
    ]
    runs = ends({day: float(one.succeeded) for day, one in whole.items()}, until)
    if runs is not None:
        evidence.append(voice.words("runs_a_day", before=number(runs[0]), after=number(runs[1])))
    return Finding(
        key="fewer",
        title=voice.words("fewer_title", change=percent(found.change)),
        text=voice.words("fewer_text", **_ends(found, number)),
        program=title,
        evidence=tuple(evidence),
        data=_data(found),
    )


def _times(days: Mapping[date, Course]) -> dict[date, float]:
    return {day: seconds for day, one in days.items() if (seconds := one.median_seconds) is not None}


def _whole(days: Mapping[date, Course]) -> dict[date, Course]:
    return {day: one for day, one in days.items() if one.succeeded and not one.failed and not one.missed}


def _items(days: Mapping[date, Course]) -> dict[date, float]:
    return {day: float(one.processed) for day, one in days.items()}


def _ends(found: Drift, shown: Callable[[float], str]) -> dict[str, str]:
    end = timedelta(weeks=4) - timedelta(days=1)
    return {
        "before": shown(found.before), "after": shown(found.after), "since": f"{found.since:%Y-%m-%d}",
        "since_end": f"{found.since + end:%Y-%m-%d}", "until_begin": f"{found.until - end:%Y-%m-%d}",
        "until": f"{found.until:%Y-%m-%d}",
    }  # fmt: skip


def _weeks(found: Drift, voice: Voice, shown: Callable[[float], str]) -> str:
    return voice.words("weeks", since=f"{found.since:%Y-%m-%d}", values=", ".join(shown(one) for _, one in found.weeks))


def _swung(found: Drift, voice: Voice) -> str:
    if found.past is None:
        return voice.words("no_past", since=f"{found.since:%Y-%m-%d}")
    past = {"past": f"{found.past:%Y-%m-%d}", "since": f"{found.since:%Y-%m-%d}"}
    if abs(found.swing) < LEAST_SWING:
        return voice.words("no_swing", **past)
    return voice.words("swung", **past, swing=percent(found.swing))


def _data(found: Drift) -> dict[str, object]:
    return {
        "before": round(found.before, 3), "after": round(found.after, 3), "change": round(found.change, 4),
        "since": found.since.isoformat(), "until": found.until.isoformat(), "days": found.days, "z": round(found.z, 2),
        "weeks": [[day.isoformat(), round(value, 3)] for day, value in found.weeks],
        "past": found.past and found.past.isoformat(), "swing": round(found.swing, 4),
    }  # fmt: skip


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
