"""What is known now as OpenMetrics text: one gauge a subject, one line a program. No I/O and no clock."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from batmon.engine.board import Row
from batmon.gate.sanitize import clean
from batmon.metrics.figures import Totals
from batmon.model import Status

OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN = "text/plain; version=0.0.4; charset=utf-8"
"""The older text form of Prometheus: the same lines without the end mark."""

_ESCAPED = {"\\": "\\\\", '"': '\\"', "\n": "\\n"}
_ESCAPE = re.compile(r'[\\"\n]')


@dataclass(slots=True)
class Family:
    """A metric: its name, what it means, its unit (the end of its name) and its lines."""

    name: str
    words: str
    unit: str = ""
    kind: str = "gauge"
    lines: list[str] = field(default_factory=list)

    def add(self, value: float | None, **labels: object) -> None:
        """Add a line; a value that is not known has none."""
        if value is None:
            return
        named = ",".join(f'{key}="{_label(said)}"' for key, said in labels.items())
        suffix = "_info" if self.kind == "info" else ""
        number = repr(float(value)).removesuffix(".0")
        self.lines.append(f"{self.name}{suffix}{{{named}}} {number}" if named else f"{self.name}{suffix} {number}")


def families(
    rows: Iterable[Row], *, node: str, version: str, started_at: datetime, today: Mapping[str, Totals],
    deliveries: Mapping[str, int],
) -> list[Family]:  # fmt: skip
    """All metrics. ``today`` holds the totals of each program's own day, ``deliveries`` how many are in each state."""
    build = Family("batmon_build", "the daemon that answers", kind="info")
    build.add(1, version=version, node=node)
    started = Family("batmon_start_time_seconds", "when the daemon began, Unix time", "seconds")
    started.add(started_at.timestamp())
    by_status = Family("batmon_programs", "programs and probes by what is thought of them")
    status = Family("batmon_program_status", "0 OK, 1 WARNING, 2 ERROR, 3 UNKNOWN")
    since = Family("batmon_program_status_since_timestamp_seconds", "since when, Unix time", "seconds")
    running = Family("batmon_program_running", "1 while a run is under way")
    incident = Family("batmon_program_incident", "1 while an incident is open, and what is being done about it")
    last = Family("batmon_program_last_run_timestamp_seconds", "start of the last run, Unix time", "seconds")
    took = Family("batmon_program_last_run_duration_seconds", "how long the last run took", "seconds")
    processed = Family("batmon_program_last_run_processed", "what the last run counted as processed")
    due = Family("batmon_program_next_due_timestamp_seconds", "when the next run is due, Unix time", "seconds")
    runs = Family("batmon_program_today_runs", "runs of today in the program's time zone by outcome")
    done = Family("batmon_program_today_processed", "what successful runs of today processed")
    waiting = Family("batmon_deliveries", "notifications by state")
    counted = dict.fromkeys((one.value for one in Status), 0)
    for row in rows:
        name, kind = row["name"], row["probe"] or "program"
        counted[row["status"]] += 1
        status.add(Status(row["status"]).exit_code, program=name, kind=kind)
        since.add(_unix(row["since"]), program=name)
        if row["incident"]:
            incident.add(1, program=name, state=row["incident"]["state"])
        due.add(_unix(row["next_due"]), program=name)
        if row["probe"]:
            continue
        running.add(row["running"] is not None, program=name)
        if row["last_run"]:
            last.add(_unix(row["last_run"].get("start_time")), program=name)
            took.add(row["last_run"].get("duration_sec"), program=name)
            processed.add(row["last_run"].get("processed_count"), program=name)
        totals = today.get(name, Totals())
        for outcome, count in (("succeeded", totals.succeeded), ("failed", totals.failed), ("missed", totals.missed)):
            runs.add(count, program=name, outcome=outcome)
        done.add(totals.processed, program=name)
    for word, count in counted.items():
        by_status.add(count, status=word)
    for state, count in sorted(deliveries.items()):
        waiting.add(count, state=state)
    of_programs = [by_status, status, since, running, incident, last, took, processed, due, runs, done]
    return [build, started, *of_programs, waiting]


def text(found: Iterable[Family], *, open_metrics: bool) -> str:
    """The families as one text."""
    lines: list[str] = []
    for family in found:
        suffix = "_info" if family.kind == "info" and not open_metrics else ""
        kind = "gauge" if suffix else family.kind
        lines += [f"# HELP {family.name}{suffix} {family.words}", f"# TYPE {family.name}{suffix} {kind}"]
        if family.unit and open_metrics:
            lines.append(f"# UNIT {family.name} {family.unit}")
        lines += family.lines
    return "\n".join([*lines, *(["# EOF"] if open_metrics else [])]) + "\n"


def _unix(moment: Any) -> float | None:
    return None if moment is None else datetime.fromisoformat(moment).timestamp()


def _label(value: object) -> str:
    return _ESCAPE.sub(lambda found: _ESCAPED[found.group()], clean(str(value)))
