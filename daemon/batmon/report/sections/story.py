"""The story of an incident in sections: what happened, who noticed and did what, what is still open. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from batmon.act_words import act_in_words
from batmon.model import Run, RunStatus
from batmon.report.document import (
    Block,
    Cell,
    Column,
    Facts,
    Figure,
    Figures,
    Finding,
    Findings,
    Kind,
    Moment,
    Paragraph,
    Row,
    Section,
    Table,
    Timeline,
    Tone,
)
from batmon.report.sections.story_evidence import compared_section, evidence_section, kind_section, related_section
from batmon.report.story import IncidentStory, harmless, run_name
from batmon.report.story import Row as Kept
from batmon.report.voice import Voice
from batmon.words import run_status_word, status_word

MOST_MOMENTS = 120
NAMES_SHOWN = 5
_TONES: dict[str, Tone] = {"opened": "bad", "reopened": "bad", "worse": "bad", "resolved": "good", "calm": "good"}
_SETTLED = {"sent": "sent", "failed": "failed_message"}


def story_sections(story: IncidentStory, voice: Voice, *, summary: bool = False) -> tuple[Section, ...]:
    """One incident, its parts as sections of level 2; ``summary``: it is what the report is about."""
    number = story.incident.id
    title = voice.words("incident", id=number, title=story.title)
    head = Section(
        key=f"incident_{number}", title=title, summary=summary, new_page=not summary,
        blocks=(Paragraph(text=headline(story, voice)), _figures(story, voice), _facts(story, voice)),
    )  # fmt: skip
    parts: tuple[tuple[str, tuple[Block, ...]], ...] = (
        ("timeline", (Timeline(title="", items=moments(story, voice)),)),
        ("evidence", evidence_section(story, voice)),
        ("kind", kind_section(story, voice)),
        ("difference", compared_section(story, voice)),
        ("related", related_section(story, voice)),
        ("actions", (_actions(story, voice),)),
        ("open", (Findings(items=tuple(_open(story, voice)), empty=voice.words("open_none")),)),
    )
    return (
        head,
        *(
            Section(key=f"incident_{number}_{key}", title=voice.words(key), blocks=blocks, level=2)
            for key, blocks in parts
            if blocks
        ),
    )


# The headline


def headline(story: IncidentStory, voice: Voice) -> str:
    """A paragraph of facts: since when, until when, why, who noticed, who was told, what was done, how it ended."""
    return " ".join(_sentences(story, voice))


def _sentences(story: IncidentStory, voice: Voice) -> Iterator[str]:
    incident = story.incident
    said = {
        "title": story.title, "severity": status_word(incident.severity, voice.language),
        "since": voice.at(incident.opened_at), "lasted": voice.span(story.lasted.total_seconds()),
    }  # fmt: skip
    yield voice.words("is_bad", **said) if incident.open else voice.words("was_bad", until=voice.at(story.end), **said)
    if story.opened_by:
        yield voice.words("because", sentence=harmless(story.opened_by).rstrip("."))
    if story.sentence and story.sentence != story.opened_by:
        yield voice.words("grew", sentence=harmless(story.sentence).rstrip("."))
    started = [run for run in story.bad_runs if run.status is not RunStatus.MISSED]
    if started:
        count, at = len(story.bad_runs), voice.at(started[0].start_time)
        yield voice.words("first_bad", at=at, n=count) if count > 1 else voice.words("first_bad_one", at=at)
    if story.kind is not None:
        first = voice.at(story.kind.first_seen)
        yield voice.words("kind_first") if story.new_kind else voice.words("kind_before", first=first)
        if story.elsewhere:
            names = [one.program for one in story.elsewhere]
            yield voice.words("kind_elsewhere", names=voice.several(names, NAMES_SHOWN))
    yield _told_in_words(story, voice)
    if story.acknowledged is not None:
        when, who = story.acknowledged
        after = voice.span((when - incident.opened_at).total_seconds())
        yield voice.words("acked", who=harmless(who), at=voice.at(when), after=after)
    else:
        yield voice.words("not_acked")
    yield from _reran(story, voice)
    if incident.reopened:
        yield voice.words("again_count", n=incident.reopened)
    if not incident.open:
        yield _ended(story, voice)


def first_sent(story: IncidentStory) -> datetime | None:
    """When the first message about it had gone out; None if none has."""
    return min((one["settled_at"] for one in story.told if one["message_state"] == "sent"), default=None)


def _told_in_words(story: IncidentStory, voice: Voice) -> str:
    sent = [one for one in story.told if one["message_state"] == "sent"]
    if sent:
        at = min(one["settled_at"] for one in sent)
        names = dict.fromkeys(f"{_to(one)} ({one['channel']})" for one in sent)
        after = voice.span((at - story.incident.opened_at).total_seconds())
        return voice.words("told_first", at=voice.at(at), after=after, who=voice.several([*names], NAMES_SHOWN))
    owed = [one for one in story.told if one["state"] != "withdrawn"]
    if owed:
        return voice.words("told_owed", who=voice.several([*dict.fromkeys(map(_to, owed))], NAMES_SHOWN))
    quiet = next((one for one in story.events if one["kind"] in ("silenced", "maintenance", "held")), None)
    if quiet is None:
        return voice.words("told_none")
    return voice.words("told_why", why=_event_title(quiet, voice))


def _to(notice: Kept) -> str:
    return harmless(str(notice["recipient"]), 100)


def _reran(story: IncidentStory, voice: Voice) -> Iterator[str]:
    runs = story.reruns
    good = sum(run.status is RunStatus.SUCCESS for run in runs)
    if len(runs) == 1:
        who = harmless(runs[0].started_by) or voice.words("by_batmon")
        yield voice.words("reran_one_good" if good else "reran_one_bad", who=who)
    elif runs:
        yield voice.words("reran", n=len(runs), good=good)


def _ended(story: IncidentStory, voice: Voice) -> str:
    incident, healed = story.incident, story.healed
    last = next((one for one in reversed(story.events) if one["kind"] == "resolved"), None)
    if incident.resolved_by:
        return voice.words("ended_by", who=harmless(incident.resolved_by))
    if last is not None and last["text"] == "not configured any more":
        return voice.words("ended_gone")
    if healed is not None:
        return voice.words("ended_run", run=run_name(healed), at=voice.at(healed.start_time))
    return voice.words("ended_verdict")


def _figures(story: IncidentStory, voice: Voice) -> Figures:
    opened = story.incident.opened_at
    acknowledged = None if story.acknowledged is None else story.acknowledged[0]

    def after(key: str, at: datetime | None) -> Figure:
        seconds = None if at is None else max(0.0, (at - opened).total_seconds())
        return Figure(key=key, title=voice.words(f"fact.{key}"), value=seconds, kind=Kind.SECONDS)

    def runs(key: str, status: RunStatus) -> Figure:
        return Figure(key=key, title=voice.words(f"fact.{key}"), value=story.counts.get(status, 0))

    tone: Tone = "bad" if story.incident.open else ""
    lasted = Figure(
        key="lasted", title=voice.words("fact.lasted"), value=story.lasted.total_seconds(), kind=Kind.SECONDS, tone=tone
    )
    others = (after("told_after", first_sent(story)), after("acked_after", acknowledged))
    if story.looks:
        return Figures(items=(lasted, *others))
    counts = (("runs_failed", RunStatus.FAILED), ("runs_missed", RunStatus.MISSED), ("runs_good", RunStatus.SUCCESS))
    return Figures(items=(lasted, *others, *(runs(key, status) for key, status in counts)))


def _facts(story: IncidentStory, voice: Voice) -> Facts:
    incident = story.incident
    name = incident.program if incident.program == story.title else f"{story.title} ({incident.program})"
    items: list[tuple[str, Cell, Kind]] = [
        ("program", name, Kind.TEXT),
        ("node", incident.node or None, Kind.TEXT),
        ("severity", incident.severity.value, Kind.STATUS),
        ("state", voice.words(f"state.{incident.state.value}"), Kind.TEXT),
        ("opened", incident.opened_at, Kind.TIME),
        ("resolved", incident.resolved_at, Kind.TIME),
        ("first_bad", story.bad_runs[0].start_time if story.bad_runs else None, Kind.TIME),
        ("reopened", incident.reopened, Kind.COUNT),
        ("before", story.before, Kind.COUNT),
    ]
    if incident.tags:
        items.append(("tags", ", ".join(incident.tags), Kind.TEXT))
    return Facts(
        title=voice.words("facts"), items=tuple((voice.words(f"fact.{key}"), value, kind) for key, value, kind in items)
    )


# The timeline


def moments(story: IncidentStory, voice: Voice) -> tuple[Moment, ...]:
    """All that happened, oldest first; of very much the middle is left out, which is said."""
    found = [*_run_moments(story, voice), *_event_moments(story, voice), *_message_moments(story, voice)]
    known = {one["at"] for one in story.events}
    for verdict in story.verdicts:
        if not any(abs(verdict["at"] - at) < timedelta(seconds=1) for at in known):
            judged = voice.words("judged", status=status_word(verdict["status"], voice.language))
            found.append(Moment(at=verdict["at"], title=judged, text=harmless(verdict["sentence"]), tone="muted"))
    for act in story.acts:
        what = act_in_words(act["action"], voice.language)
        title = what if act["outcome"] == "done" else f"{what} ({harmless(act['outcome'])})"
        found.append(Moment(at=act["at"], title=title, by=harmless(act["actor"])))
    found.sort(key=lambda one: one.at or story.now)
    left = story.events_count - len(story.events)
    if len(found) > MOST_MOMENTS:
        half = MOST_MOMENTS // 2
        left += len(found) - 2 * half
        found = [*found[:half], *found[-half:]]
    if left > 0:
        middle = len(found) // 2
        found.insert(middle, Moment(at=None, title=voice.words("left_out", n=left), tone="muted"))
    return tuple(found)


def _event_moments(story: IncidentStory, voice: Voice) -> Iterator[Moment]:
    for one in story.events:
        if one["kind"] == "sent":
            continue  # the message itself is told
        text = "" if one["kind"] == "held" else harmless(one["text"])
        until = one["data"].get("until") if isinstance(one["data"], dict) else None
        if isinstance(until, str):
            limit = voice.words("until", at=voice.at(datetime.fromisoformat(until)))
            text = f"{text} ({limit})" if text else limit
        by = harmless(one["by"])
        yield Moment(at=one["at"], title=_event_title(one, voice), by=by, text=text, tone=_TONES.get(one["kind"], ""))


def _event_title(one: Kept, voice: Voice) -> str:
    severity = one["data"].get("severity") if isinstance(one["data"], dict) else None
    status = status_word(severity, voice.language) if severity in ("OK", "WARNING", "ERROR", "UNKNOWN") else ""
    key = f"ev.{one['kind']}"
    return voice.words(key, severity=status, text=harmless(one["text"], 100)) if voice.knows(key) else str(one["kind"])


def _run_moments(story: IncidentStory, voice: Voice) -> Iterator[Moment]:
    words = {
        RunStatus.FAILED: "run_failed", RunStatus.MISSED: "run_missed", RunStatus.SUCCESS: "run_good",
        RunStatus.RUNNING: "run_running",
    }  # fmt: skip
    for run in story.bad_runs:
        at = run.end_time or run.slot or run.start_time
        text = harmless(run.message or (run.log.first_error if run.log else ""))
        yield Moment(at=at, title=voice.words(words[run.status], run=run_name(run)), text=text, tone="bad")
    for run in story.reruns:
        how = run_status_word(run.status, voice.language)
        tone: Tone = "good" if run.status is RunStatus.SUCCESS else "bad"
        by = harmless(run.started_by)
        yield Moment(
            at=run.start_time,
            title=voice.words("rerun", run=run_name(run)),
            by=by,
            text=_took(run, how, voice),
            tone=tone,
        )
    if story.healed is not None and story.healed.run_id not in {run.run_id for run in story.reruns}:
        at = story.healed.end_time or story.healed.start_time
        yield Moment(at=at, title=voice.words("run_good", run=run_name(story.healed)), tone="good")


def _took(run: Run, how: str, voice: Voice) -> str:
    return how if run.duration is None else f"{how} ({voice.span(run.duration.total_seconds())})"


def _message_moments(story: IncidentStory, voice: Voice) -> Iterator[Moment]:
    for one in story.told:
        key = _SETTLED.get(one["message_state"] or "")
        if key is not None and one["settled_at"] is not None:
            title = voice.words(key, who=_to(one), channel=one["channel"])
            text = harmless(one["error"] or "") if key == "failed_message" else ""
            yield Moment(at=one["settled_at"], title=title, text=text, tone="bad" if text else "")


# Who did what, and what is left


def _actions(story: IncidentStory, voice: Voice) -> Table:
    rows: list[tuple[datetime, Row]] = []
    for one in story.events:
        if one["by"]:
            text = harmless(one["text"])
            rows.append((one["at"], (one["at"], harmless(one["by"]), _event_title(one, voice), text)))
    for run in story.reruns:
        who = harmless(run.started_by) or voice.words("by_batmon")
        how = _took(run, run_status_word(run.status, voice.language), voice)
        rows.append((run.start_time, (run.start_time, who, voice.words("rerun", run=run_name(run)), how)))
    for act in story.acts:
        what = act_in_words(act["action"], voice.language)
        rows.append((act["at"], (act["at"], harmless(act["actor"]), what, harmless(act["outcome"]))))
    for kept in story.silences:
        silence, until = kept.silence, kept.ended_at or kept.silence.until
        what = voice.words("act.silence", until=voice.at(silence.until), why=harmless(silence.why))
        rows.append((kept.created_at, (kept.created_at, harmless(silence.by), what, "")))
        if kept.ended_at is not None:
            rows.append((until, (until, harmless(kept.ended_by), voice.words("act.silence_end"), "")))
    rows.sort(key=lambda row: row[0])
    columns = (
        Column(key="at", title=voice.words("col.at"), kind=Kind.TIME),
        Column(key="who", title=voice.words("col.who")),
        Column(key="what", title=voice.words("col.what")),
        Column(key="result", title=voice.words("col.result")),
    )
    return Table(
        key="actions", title="", columns=columns, rows=tuple(row for _, row in rows), empty=voice.words("actions_none")
    )


def _open(story: IncidentStory, voice: Voice) -> Iterator[Finding]:
    yield from _open_of_itself(story, voice)
    yield from _open_around(story, voice)
    if not any(one["by"] and one["text"].strip() for one in story.events if one["kind"] in ("note", "resolved")):
        yield _item(voice, "cause", "muted")


def _item(voice: Voice, key: str, tone: Tone = "warn", **values: object) -> Finding:
    text = voice.words(f"open.{key}.text", **values)
    return Finding(key=f"open_{key}", title=voice.words(f"open.{key}"), text=text, tone=tone)


def _open_of_itself(story: IncidentStory, voice: Voice) -> Iterator[Finding]:
    incident, kind = story.incident, story.kind
    if incident.open:
        state = voice.words(f"state.{incident.state.value}")
        yield _item(voice, "incident", "bad", at=voice.at(story.now), state=state)
    if story.again is not None:
        yield _item(voice, "again", "bad", id=story.again[0], at=voice.at(story.again[1]))
    if not incident.open and incident.resolved_by and not story.good_since:
        yield _item(voice, "unproved", at=voice.at(story.end))
    if kind is not None and not incident.open and kind.last_seen > story.end:
        yield _item(voice, "kind", at=voice.at(kind.last_seen))


def _open_around(story: IncidentStory, voice: Voice) -> Iterator[Finding]:
    waiting = [one.title for one in story.relations if one.relation == "holds" and one.incident.open]
    if waiting:
        yield _item(voice, "held", who=voice.several(waiting, NAMES_SHOWN))
    failed = [one for one in story.told if one["message_state"] == "failed"]
    if failed:
        error = harmless(failed[-1]["error"] or "–", 200)
        yield _item(voice, "delivery", n=len(failed), who=_to(failed[-1]), error=error)
    owed = [one for one in story.told if one["state"] == "waiting" or one["message_state"] == "owed"]
    if owed:
        yield _item(voice, "waiting", n=len(owed))
    for kept in story.silences:
        silence = kept.silence
        if kept.ended_at is None and silence.until > story.now:
            yield _item(
                voice, "silence", until=voice.at(silence.until), who=harmless(silence.by), why=harmless(silence.why)
            )
