"""The console process's log: one JSON object a line on standard error."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """``{"at", "level", "logger", "pid", "message"}``, what was given as ``extra``, and ``error`` with a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line without its newline."""
        said = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "pid": record.process,
            "message": record.getMessage(),
        }
        said |= {name: value for name, value in vars(record).items() if name not in _USUAL}
        if record.exc_info:
            said["error"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False, default=str)


class Sparing(logging.Filter):
    """Lets so many records of one message through in a minute and counts the others: strangers cannot fill a disk.

    The next minute's first record of that message says as ``unsaid`` how many were left out.
    """

    A_MINUTE = 60

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is written."""
        if record.levelno >= logging.ERROR:
            return True
        message = (record.name, str(record.msg))
        began, count = self._seen.get(message, (record.created, 0))
        if record.created - began >= 60:
            if count > self.A_MINUTE:
                record.unsaid = count - self.A_MINUTE
            began, count = record.created, 0
        self._seen[message] = (began, count + 1)
        return count < self.A_MINUTE


def to_stderr() -> None:
    """Log from INFO on; from asyncssh only what goes wrong, since we say who comes and goes ourselves."""
    handler = logging.StreamHandler(sys.__stderr__)
    handler.setFormatter(JsonLines())
    handler.addFilter(Sparing())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("asyncssh").setLevel(logging.WARNING)
