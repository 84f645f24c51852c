"""A probe in the shapes of docs/gate.md: its row on the board, and its looks in the place of runs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from batmon.config.probes import Probe
from batmon.engine.board import Facts, Row, moment, row_of
from batmon.judge.probe import Rule, Sample, facts_of, fate, level, reason_of, run_of
from batmon.store import StoredState
from batmon.store.run_rows import run_json
from batmon.store.texts import plain

STRIP_LOOKS = 30


def probe_row(
    probe: Probe,
    state: StoredState,
    samples: Sequence[Sample],
    *,
    planned: datetime,
    doubt: Facts | None,
    incident: Facts | None = None,
) -> Row:
    """The probe's row; ``samples`` newest first, ``planned`` is when it is looked at next."""
    row = row_of(probe.program, state, last_log="", doubt=doubt, incident=incident)
    return row | {
        "probe": probe.kind,
        "base_dir": "",
        "scheduler": "",
        "next_due": moment(planned),
        "last_run": look_json(probe, samples[0]) if samples else None,
    }


def look_json(probe: Probe, sample: Sample) -> dict[str, Any]:
    """One look in the shape ``Run``."""
    status = level(probe.rule, sample)
    return run_json(run_of(probe.name, probe.rule, sample)) | {
        "duration_sec": round(sample.seconds, 4),
        "status_of": status.value,
        "reason": reason_of(probe.rule, sample).value,
        "facts": plain(facts_of(probe.rule, sample, status)),
    }


def strip(rule: Rule, samples: Iterable[Sample]) -> list[list[Any]]:
    """Looks, newest first, as the board's strip: ``[status, figure or seconds or None]``, oldest first."""
    found = [[fate(level(rule, sample)).value, _height(rule, sample)] for sample in samples]
    return found[::-1]


def _height(rule: Rule, sample: Sample) -> float | None:
    """What it measured; where that is no time and nothing was measured, nothing."""
    if sample.blind:
        return None
    if rule.unit in ("", "s"):
        return round(sample.seconds, 4)
    return None if sample.value is None else round(sample.value, 4)


def config_json(probe: Probe) -> dict[str, Any]:
    """What is configured for a probe, without what may be secret."""
    rule, program = probe.rule, probe.program
    return {
        "probe": probe.kind,
        "target": str(probe.target),
        "every_sec": rule.every.total_seconds(),
        "timeout_sec": rule.timeout.total_seconds(),
        "warn": rule.warn,
        "crit": rule.crit,
        "unit": rule.unit,
        "below": rule.below,
        "for_sec": rule.lasting.total_seconds(),
        "alert_after": program.alert_after,
        "tags": list(program.tags),
        "depends_on": list(program.depends_on),
        "keep_sec": probe.keep.total_seconds(),
        "timezone": program.timezone,
    }
