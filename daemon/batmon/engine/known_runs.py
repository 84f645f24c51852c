"""What a judgement is made from and shown as: a program's runs, newest first. No I/O, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from batmon.model import Origin, ProcessEvidence, Reason, Run, RunStatus, Verdict

STRIP_RUNS = 30
BEFORE, AFTER = timedelta(seconds=60), timedelta(seconds=10)
"""A run's process begins at most this long before the run's first line, and hardly after it."""
_OF_THE_LAST_RUN = frozenset(
    {
        Reason.SUCCEEDED, Reason.FAILED, Reason.CONTRADICTION, Reason.TOO_SHORT, Reason.UNUSUAL_OUTPUT,
        Reason.UNUSUAL_TIME,
    }
)  # fmt: skip
"""What is so since the end of the latest finished run."""


def overlay(runs: Sequence[Run], changed: Iterable[Run], removed: Iterable[UUID]) -> list[Run]:
    """``runs`` with the changed ones in place of the old and without the removed ones, newest first."""
    by_id = {run.run_id: run for run in runs}
    by_id.update({run.run_id: run for run in changed})
    for run_id in removed:
        by_id.pop(run_id, None)
    return sorted(by_id.values(), key=lambda run: run.start_time, reverse=True)


def with_processes(
    runs: Sequence[Run], processes: Iterable[tuple[ProcessEvidence, datetime]]
) -> list[Run]:  # fmt: skip
    """The runs that these processes belong to, with what is known of them."""
    found: list[Run] = []
    for process, began in processes:
        others = [run for run in runs if run.origin in (Origin.LOG, Origin.RECORD)]
        known = [run for run in others if run.process is not None and run.process.pid == process.pid]
        near = [run for run in others if run.process is None and began - AFTER <= run.start_time <= began + BEFORE]
        nearest = known or sorted(near, key=lambda run: abs(run.start_time - began))
        found.extend(replace(run, process=process) for run in nearest[:1])
    return found


def with_recorded(runs: Sequence[Run], processes: Mapping[UUID, ProcessEvidence]) -> list[Run]:
    """The open runs whose process somebody recorded, with what is known of it."""
    return [replace(run, process=processes[run.run_id]) for run in runs if run.run_id in processes and not run.finished]


def strip(runs: Sequence[Run]) -> list[list[Any]]:
    """The last runs as the board's strip: ``[status, seconds or None]``, oldest first."""
    return [[_fate(run).value, _seconds(run)] for run in reversed(runs[:STRIP_RUNS])]


def _fate(run: Run) -> RunStatus:
    """How a run ended; one that left no end and whose process is gone has failed."""
    died = run.status is RunStatus.RUNNING and run.process is not None and not run.process.alive
    return RunStatus.FAILED if died else run.status


def _seconds(run: Run) -> int | None:
    return None if run.duration is None or run.status is RunStatus.MISSED else round(run.duration.total_seconds())


def began(verdict: Verdict) -> datetime:
    """Since when the verdict has been so: the evidence's own time where it has one, else when it was judged."""
    run = verdict.last_run
    began: Any = None
    if verdict.reason in _OF_THE_LAST_RUN and run is not None:
        began = run.end_time
    elif verdict.reason is Reason.MISSED:
        began = verdict.facts.get("grace_end")
    elif verdict.reason is Reason.LATE:
        began = verdict.facts.get("due")
    return began if isinstance(began, datetime) and began <= verdict.at else verdict.at
