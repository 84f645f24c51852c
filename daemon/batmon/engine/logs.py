"""The daemon's own log: one JSON object a line, or aligned words when a person watches a terminal."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

from batmon.gate.sanitize import clean

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def _moment(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


class JsonLines(logging.Formatter):
    """``{"at", "level", "logger", "message", ...extra, "exception"?}`` in one line."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the record holds."""
        own: dict[str, object] = {
            "at": _moment(record).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry = own | {key: value for key, value in vars(record).items() if key not in _STANDARD and key not in own}
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        shown = {key: clean(value, multiline=True) if isinstance(value, str) else value for key, value in entry.items()}
        return json.dumps(shown, ensure_ascii=False, default=str)


class Words(logging.Formatter):
    """For a terminal, on which no message acts: local time, level, message, then the extras as ``key=value``."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback below it if there is one."""
        extras = " ".join(f"{key}={value}" for key, value in vars(record).items() if key not in _STANDARD)
        at = _moment(record).astimezone().strftime("%H:%M:%S")
        text = f"{at} {record.levelname.lower():<8} {clean(record.getMessage())}" + (
            f"  {clean(extras)}" if extras else ""
        )
        return f"{text}\n{clean(self.formatException(record.exc_info), multiline=True)}" if record.exc_info else text


def configure(stream: TextIO | None = None, *, level: int = logging.INFO) -> None:
    """Send everything that BATMON logs to ``stream`` (default: standard error)."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Words() if stream.isatty() else JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("batmon").setLevel(level)
    logging.captureWarnings(capture=True)
