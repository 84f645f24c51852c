"""A run as a row of the run table, and as the gate shows it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from batmon.model import (
    LogEvidence,
    LogSpan,
    Origin,
    ProcessEvidence,
    RecordEvidence,
    Run,
    RunStatus,
    run_status,
)
from batmon.store.texts import from_json, storable, to_json

log = logging.getLogger(__name__)

INT_MAX = 2**31 - 1
MESSAGE_CHARS = 8_000
DETAIL_CHARS = 32_000
"""Of a run as it is written, and as it is read (in the queries): others may have written megabytes."""
SHOWN_MESSAGE_CHARS = 2_000
SHOWN_DETAIL_CHARS = 12_000
"""Of a run as the gate shows it: anybody may have written megabytes into the table, and a frame holds one."""
LINE_CHARS = 500
"""Of a line that is told as evidence; the whole of it stands in the log."""


def run_json(run: Run, log_id: int | None = None) -> dict[str, Any]:
    """The shape ``Run`` of docs/gate.md; ``log_id`` stands in where the run does not know its own yet."""
    record = run.record
    return {
        "log_id": run.log_id if run.log_id is not None else log_id,
        "run_id": str(run.run_id),
        "bot_name": run.program,
        "task_name": run.task_name,
        "status": run.status.value,
        "message": _shortened(run.message or (record.message if record else ""), SHOWN_MESSAGE_CHARS),
        "error_details": _shortened(run.error_details or (record.error_details if record else ""), SHOWN_DETAIL_CHARS),
        "start_time": run.start_time.isoformat(),
        "end_time": _moment(run.end_time),
        "duration_sec": _seconds(run),
        "processed_count": run.processed_count,
        "origin": run.origin.value,
        "started_by": run.started_by,
        "pid": run.process.pid if run.process and run.process.alive else None,
        "exit_code": run.process.exit_code if run.process else None,
        "verified_late": run.verified_late,
        "signature": run.signature or None,
        "slot": _moment(run.slot),
        "log": None
        if run.log is None
        else {"path": run.log.span.path, "start": run.log.span.start, "end": run.log.span.end},
        "evidence": _kinds(run),
    }


def _kinds(run: Run) -> dict[str, Any]:
    """What each kind of evidence says by itself; None where there is none of a kind."""
    seen, record, process = run.log, run.record, run.process
    return {
        "log": seen
        and {
            "status": seen.status.value,
            "line": seen.line[:LINE_CHARS],
            "errors": seen.errors,
            "first_error": seen.first_error[:LINE_CHARS],
        },
        "record": record
        and {"status": record.status.value, "word": record.word, "message": record.message[:LINE_CHARS]},
        "process": process
        and {
            "pid": process.pid,
            "alive": process.alive,
            "exit_code": process.exit_code,
            "stopped_by": process.stopped_by,
        },
    }


def columns(runs: Iterable[Run]) -> list[list[Any]]:
    """The arrays that the statement ``put_runs`` takes, ordered by run_id so that two writers cannot deadlock.

    Of several runs with one id the last one counts.
    """
    by_id = {run.run_id: run for run in runs}
    rows = [_row(by_id[run_id]) for run_id in sorted(by_id)]
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(16)]


def _row(run: Run) -> tuple[Any, ...]:
    return (
        run.run_id,
        run.program,
        storable(run.task_name)[:100],
        run.status.value,
        storable(run.message)[:MESSAGE_CHARS],
        storable(run.error_details)[-DETAIL_CHARS:],
        run.start_time,
        run.end_time,
        _seconds(run),
        max(-INT_MAX, min(run.processed_count, INT_MAX)),
        run.origin.value,
        storable(run.started_by),
        run.slot,
        run.process.exit_code if run.process else None,
        run.verified_late,
        to_json(evidence_json(run)),
    )


def evidence_json(run: Run) -> dict[str, Any]:
    """The column ``evidence``: ``log``, ``process``, and ``record`` where the row itself is not the record."""
    found: dict[str, Any] = {}
    if run.log is not None:
        seen = run.log
        found["log"] = {
            "status": seen.status.value,
            "path": seen.span.path,
            "start": seen.span.start,
            "end": seen.span.end,
            "started_at": seen.started_at,
            "ended_at": seen.ended_at,
            "line": seen.line,
            "errors": seen.errors,
            "first_error": seen.first_error,
            "traceback": seen.traceback,
            "processed": seen.processed,
        }
    if run.process is not None:
        known = run.process
        found["process"] = {
            "pid": known.pid,
            "alive": known.alive,
            "exit_code": known.exit_code,
            "stopped_by": known.stopped_by,
        }
    if run.record is not None and run.origin is not Origin.RECORD:
        found["record"] = {
            "word": run.record.word,
            "message": run.record.message,
            "error_details": run.record.error_details,
        }
    if run.signature:
        found["signature"] = run.signature
    return found


def run_of(row: Record) -> Run:
    """The run that a row stands for. The record of a row that others wrote is its own columns, in their words."""
    origin = Origin(row["origin"]) if row["origin"] in set(Origin) else Origin.RECORD
    status = run_status(row["status"])
    record = None
    if origin is Origin.RECORD:
        record = RecordEvidence(status, row["status"], row["message"] or "", row["error_details"] or "")
    held = _held(row["evidence"])
    seen, process, noted = _evidence(held, row["run_id"])
    failed = status is RunStatus.FAILED or (seen is not None and seen.status is RunStatus.FAILED)
    kind = held.get("signature") if failed else None
    return Run(
        run_id=row["run_id"],
        program=row["bot_name"],
        status=status,
        start_time=row["start_time"],
        end_time=row["end_time"],
        task_name=row["task_name"],
        message=row["message"] or "",
        error_details=row["error_details"] or "",
        processed_count=row["processed_count"] or 0,
        origin=origin,
        log_id=row["log_id"],
        started_by=row["started_by"],
        slot=row["slot"],
        verified_late=row["verified_late"],
        signature=kind if isinstance(kind, str) else "",
        log=seen,
        record=record or noted,
        process=_with_exit_code(process, row["exit_code"]) if record is not None else process,
    )


def _with_exit_code(process: ProcessEvidence | None, code: int | None) -> ProcessEvidence | None:
    """What is known of a recorded run's process, with the exit code that the record gave."""
    if code is None or (process is not None and process.exit_code is not None):
        return process
    if process is None:
        return ProcessEvidence(pid=None, alive=False, exit_code=code)
    return replace(process, alive=False, exit_code=code)


def _held(text: str) -> Mapping[str, Any]:
    """The column ``evidence``; nothing where somebody wrote something else into it."""
    held = {} if text == "{}" else from_json(text)
    return held if isinstance(held, dict) else {}


def _evidence(
    held: Mapping[str, Any], run_id: UUID
) -> tuple[LogEvidence | None, ProcessEvidence | None, RecordEvidence | None]:
    if not held:
        return None, None, None
    try:
        return _log(held.get("log")), _process(held.get("process")), _record(held.get("record"))
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # anybody may write into the table
        log.warning("evidence of a run cannot be read: %r", error, extra={"run_id": str(run_id)})
        return None, None, None


def _log(held: Mapping[str, Any] | None) -> LogEvidence | None:
    if held is None:
        return None
    return LogEvidence(
        status=RunStatus(held["status"]),
        span=LogSpan(held["path"], held["start"], held["end"]),
        started_at=datetime.fromisoformat(held["started_at"]),
        ended_at=None if held["ended_at"] is None else datetime.fromisoformat(held["ended_at"]),
        line=held["line"],
        errors=held["errors"],
        first_error=held["first_error"],
        traceback=held["traceback"],
        processed=held["processed"],
    )


def _process(held: Mapping[str, Any] | None) -> ProcessEvidence | None:
    if held is None:
        return None
    return ProcessEvidence(held["pid"], held["alive"], held["exit_code"], held["stopped_by"])


def _record(held: Mapping[str, Any] | None) -> RecordEvidence | None:
    if held is None:
        return None
    return RecordEvidence(run_status(held["word"]), held["word"], held["message"], held["error_details"])


def _moment(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _shortened(text: str, most: int) -> str:
    """The text, its middle left out if it is long: a traceback says most at its beginning and its end."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]} … ({len(text) - 2 * half:,} characters) … {text[-half:]}"


def _seconds(run: Run) -> int | None:
    if run.duration is None:
        return None
    return max(-INT_MAX, min(round(run.duration.total_seconds()), INT_MAX))
