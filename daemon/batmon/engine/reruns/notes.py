"""A note on the disk for each re-run, written before it is started: a daemon that is killed forgets none.

Beside each note ``RUN_ID.json`` lies what the run printed, ``RUN_ID.log``. The newest stay, the others go.
"""

from __future__ import annotations

import json
import logging
import os
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from batmon.model import aware

log = logging.getLogger(__name__)

KEPT = 500
"""Re-runs whose output is kept."""


@dataclass(frozen=True, slots=True)
class Note:
    """A re-run that was about to be started."""

    run_id: uuid.UUID
    program: str
    by: str
    started: datetime


def write(folder: Path, note: Note) -> None:
    """Keep the note, durably. Blocks.

    Raises:
        OSError: it cannot be written.
    """
    text = json.dumps({"program": note.program, "by": note.by, "started": note.started.isoformat()})
    handle = os.open(_path(folder, note.run_id), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def forget(folder: Path, run_id: uuid.UUID) -> None:
    """Drop the note and the output of a run that never began. Blocks."""
    for path in (_path(folder, run_id), folder / f"{run_id}.log"):
        path.unlink(missing_ok=True)


def begun(folder: Path) -> list[Note]:
    """The notes of re-runs whose output file is there, oldest first; the others never began, and go. Blocks."""
    found = []
    for path in folder.glob("*.json"):
        try:
            held = json.loads(path.read_text("utf-8"))
            started = aware(datetime.fromisoformat(held["started"]))
            note = Note(uuid.UUID(path.stem), held["program"], held["by"], started)
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("the note of a re-run cannot be read: %s", error, extra={"path": str(path)})
            continue
        if path.with_suffix(".log").is_file():
            found.append(note)
        else:
            path.unlink(missing_ok=True)
    return sorted(found, key=lambda note: note.started)


def prune(folder: Path, active: set[uuid.UUID]) -> None:
    """Delete the oldest notes and outputs beyond those that are kept; never those of ``active`` runs. Blocks."""
    try:
        outputs = sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in outputs[KEPT:]:
            if path.stem not in {str(run_id) for run_id in active}:
                path.unlink(missing_ok=True)
                path.with_suffix(".json").unlink(missing_ok=True)
    except OSError as error:
        log.warning("old output of re-runs cannot be deleted: %s", error)


def _path(folder: Path, run_id: uuid.UUID) -> Path:
    return folder / f"{run_id}.json"
