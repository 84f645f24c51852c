"""What an incident's story stands on: log lines, the kind of error, the last good run, other incidents. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from batmon.model import Run
from batmon.report.document import Block, Cell, Column, Facts, Kind, Lines, Paragraph, Table
from batmon.report.story import IncidentStory, KindOfLine, harmless, run_name
from batmon.report.voice import Voice
from batmon.words import run_status_word

LINE_CHARS = 400
NEW_SHOWN, MISSING_SHOWN = 30, 15
TRACE_LINES = 40
PLACES_SHOWN = 30


def evidence_section(story: IncidentStory, voice: Voice) -> tuple[Block, ...]:
    """The lines around the first error, else what was noted of the run; of a probe what it found."""
    if story.looks:
        return (_looks(story, voice),)
    if story.log is None:
        return (Paragraph(text=voice.words("no_run"), tone="muted"),)
    found, run = story.log, story.log.run
    if found.lines:
        key = "log_lines" if found.marked else "log_lines_warn"
        title = voice.words(key, file=harmless(found.file, 200), run=run_name(run))
        lines = tuple(harmless(line, LINE_CHARS) for line in found.lines)
        return (Lines(title=title, lines=lines, marked=found.marked),)
    gone = Paragraph(text=voice.words("log_gone", run=run_name(run), why=harmless(found.why).rstrip(".")), tone="warn")
    noted = tuple(_noted(run, story.incident.line, voice))
    if not noted:
        return gone, Paragraph(text=voice.words("no_evidence"), tone="muted")
    return gone, Lines(title=voice.words("noted", run=run_name(run)), lines=noted)


def _noted(run: Run, line: str, voice: Voice) -> Iterator[str]:
    """What each kind of evidence said of a run when it was judged, each line once."""
    said: list[str] = []
    if run.record is not None and run.record.word:
        said.append(voice.words("said_by", side=voice.words("side.record"), word=run.record.word))
    said += [run.message, run.record.message if run.record else ""]
    if run.log is not None:
        said += [run.log.first_error, *run.log.traceback.splitlines()[-TRACE_LINES:], run.log.line]
    said += (run.error_details or (run.record.error_details if run.record else "")).splitlines()[-TRACE_LINES:]
    if run.process is not None and run.process.exit_code is not None:
        said.append(voice.words("exit_code", code=run.process.exit_code))
    said.append(line)
    shown = (harmless(line, LINE_CHARS) for line in said)
    yield from dict.fromkeys(line for line in shown if line)


def _looks(story: IncidentStory, voice: Voice) -> Table:
    columns = (
        Column(key="at", title=voice.words("col.at"), kind=Kind.TIME),
        Column(key="status", title=voice.words("col.state"), kind=Kind.STATUS),
        Column(key="value", title=voice.words("col.value")),
        Column(key="took", title=voice.words("col.took"), kind=Kind.SECONDS),
        Column(key="found", title=voice.words("col.said")),
    )
    rows = tuple(
        (
            one["at"], one["status"], None if one["value"] is None else f"{one['value']:,.6g} {one['unit']}".strip(),
            float(one["seconds"]), harmless(" ".join(filter(None, (one["fault"], one["detail"])))),
        )
        for one in story.looks
    )  # fmt: skip
    return Table(key="looks", title=voice.words("looks"), columns=columns, rows=rows)


def kind_section(story: IncidentStory, voice: Voice) -> tuple[Block, ...]:
    """The kind of error: since when it is known, and where else it was seen."""
    if story.looks:
        return ()
    kind, here = story.kind, story.here
    if kind is None:
        key = "kind_forgotten" if story.signature else "kind_none"
        return (Paragraph(text=voice.words(key, id=story.signature), tone="muted"),)
    items: tuple[tuple[str, Cell, Kind], ...] = (
        (voice.words("kind.template"), harmless(kind.template), Kind.TEXT),
        (voice.words("kind.new"), voice.words("kind.yes" if story.new_kind else "kind.no"), Kind.TEXT),
        (voice.words("kind.first"), kind.first_seen, Kind.TIME),
        (voice.words("kind.first_here"), None if here is None else here.first_seen, Kind.TIME),
        (voice.words("kind.lines"), kind.count, Kind.COUNT),
        (voice.words("kind.programs"), kind.programs, Kind.COUNT),
    )
    columns = (
        Column(key="program", title=voice.words("col.program")),
        Column(key="first", title=voice.words("col.first"), kind=Kind.TIME),
        Column(key="last", title=voice.words("col.last"), kind=Kind.TIME),
        Column(key="count", title=voice.words("col.count"), kind=Kind.COUNT),
    )
    rows = [(one.program, one.first_seen, one.last_seen, one.count) for one in story.elsewhere[:PLACES_SHOWN]]
    left = len(story.elsewhere) - len(rows)
    return (
        Facts(items=items),
        Table(
            key="elsewhere", title=voice.words("elsewhere"), columns=columns, rows=rows,
            empty=voice.words("elsewhere_none"), note=voice.words("and_more", shown="", n=left).strip() if left else "",
        ),
    )  # fmt: skip


def compared_section(story: IncidentStory, voice: Voice) -> tuple[Block, ...]:
    """The run beside the last good one: figures, and the lines that are new or missing."""
    run, good = story.run, story.good
    if run is None:
        return ()
    if good is None:
        return (Paragraph(text=voice.words("good_none"), tone="muted"),)
    columns = (
        Column(key="fact", title=voice.words("col.fact")),
        Column(key="run", title=f"{voice.words('col.this_run')} {run_name(run)}"),
        Column(key="good", title=f"{voice.words('col.good')} {run_name(good)}"),
    )
    rows = (
        (voice.words("fact.started"), voice.at(run.start_time), voice.at(good.start_time)),
        (voice.words("fact.result"), *(run_status_word(one.status, voice.language) for one in (run, good))),
        (voice.words("fact.took"), *(_took(one, voice) for one in (run, good))),
        (voice.words("fact.items"), *(f"{one.processed_count:,}" for one in (run, good))),
    )
    blocks: list[Block] = [Table(key="compared", title="", columns=columns, rows=rows)]
    found = story.compared
    if found is None:
        return tuple(blocks)
    if found.why:
        blocks.append(Paragraph(text=voice.words("diff_none", why=harmless(found.why).rstrip(".")), tone="muted"))
    elif not found.new and not found.missing:
        blocks.append(Paragraph(text=voice.words("diff_same")))
    for key, kinds, most in (("diff_new", found.new, NEW_SHOWN), ("diff_missing", found.missing, MISSING_SHOWN)):
        if kinds:
            blocks.append(Lines(title=voice.words(key), lines=_counted(kinds[:most], voice)))
    if found.cut or len(found.new) > NEW_SHOWN or len(found.missing) > MISSING_SHOWN:
        blocks.append(Paragraph(text=voice.words("diff_cut"), tone="muted"))
    return tuple(blocks)


def _took(run: Run, voice: Voice) -> str:
    return "–" if run.duration is None else voice.span(run.duration.total_seconds())


def _counted(kinds: Sequence[KindOfLine], voice: Voice) -> tuple[str, ...]:
    return tuple(
        harmless(one.text, LINE_CHARS) + (f" ({voice.words('times', n=one.count)})" if one.count > 1 else "")
        for one in kinds
    )


def related_section(story: IncidentStory, voice: Voice) -> tuple[Block, ...]:
    """Other incidents that have to do with it."""
    columns = (
        Column(key="id", title=voice.words("col.id"), kind=Kind.COUNT),
        Column(key="program", title=voice.words("col.program")),
        Column(key="severity", title=voice.words("col.severity"), kind=Kind.STATUS),
        Column(key="opened", title=voice.words("col.opened"), kind=Kind.TIME),
        Column(key="resolved", title=voice.words("col.resolved"), kind=Kind.TIME),
        Column(key="relation", title=voice.words("col.relation")),
        Column(key="reason", title=voice.words("col.reason")),
    )
    rows = tuple(
        (
            one.incident.id, one.title, one.incident.severity.value, one.incident.opened_at, one.incident.resolved_at,
            voice.words(f"rel.{one.relation}"), harmless(one.sentence),
        )
        for one in story.relations
    )  # fmt: skip
    return (Table(key="related", title="", columns=columns, rows=rows, empty=voice.words("related_none")),)
