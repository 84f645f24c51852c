"""Runs and items as they are exported: whole pages of a table of any length, oldest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

MESSAGE_CHARS = 16_000
DETAIL_CHARS = 48_000
ITEM_ERROR_CHARS = 8_000
"""Of a text as it is exported: anybody may have written megabytes, and whatever the sanitizer makes of a run or an
item, it must fit a line of the gate."""

RUN_COLUMNS = (
    "log_id", "bot_name", "task_name", "status", "message", "error_details", "start_time", "end_time", "duration_sec",
    "processed_count", "run_id", "origin", "node", "started_by", "exit_code", "verified_late",
)  # fmt: skip
"""Those of ``rpa_execution_logs``, in its order."""

ITEM_COLUMNS = ("account", "processed", "failed", "error", "started_at", "ended_at")
"""Those of ``run_items``."""


@dataclass(frozen=True, slots=True)
class ExportedRun:
    """One row of the run table; ``values`` maps each of ``RUN_COLUMNS`` to what stands there."""

    run_id: UUID
    start_time: datetime
    log_id: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ExportedItem:
    """One item; ``run`` counts the runs that were asked for from 0, ``values`` has each of ``ITEM_COLUMNS``."""

    run: int
    account: str
    values: Mapping[str, Any]


def exported_run(row: Record) -> ExportedRun:
    """The run of a row of ``export_runs``."""
    values = {name: row[name] for name in RUN_COLUMNS}
    values["message"] = _whole(row["message"], row["message_chars"])
    values["error_details"] = _whole(row["error_details"], row["error_chars"])
    return ExportedRun(row["run_id"], row["start_time"], row["log_id"], values)


def exported_item(row: Record) -> ExportedItem:
    """The item of a row of ``export_items``."""
    values = {name: row[name] for name in ITEM_COLUMNS}
    values["error"] = _whole(row["error"], row["error_chars"])
    return ExportedItem(row["n"] - 1, row["account"], values)


def _whole(text: str | None, characters: int | None) -> str:
    """The text; one that was cut says so at its end."""
    if text is None:
        return ""
    return text if characters is None or characters <= len(text) else f"{text}… ({characters:,} characters)"
