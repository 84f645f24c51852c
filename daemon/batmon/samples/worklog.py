"""Logs as Korean batch programs write them: ``2026-11-21 06:00:00,123 - INFO - 공시정보 수집 시작``."""

from __future__ import annotations

import io
import logging
import sys
import time
from datetime import datetime, timedelta, timezone
from logging.handlers import RotatingFileHandler
from pathlib import Path

KST = timezone(timedelta(hours=9), "KST")
"""Where these programs are at home: their logs are in Korean time wherever they run."""

FORM = "%(asctime)s - %(levelname)s - %(message)s"


class _KoreanTime(logging.Formatter):
    @staticmethod
    def converter(secs: float | None) -> time.struct_time:
        """The moment in Korean time, which has no daylight saving."""
        return datetime.fromtimestamp(time.time() if secs is None else secs, KST).timetuple()


def today() -> str:
    """``20261121``, in Korea."""
    return datetime.now(KST).strftime("%Y%m%d")


def open_log(file: Path, *, encoding: str = "utf-8", rotate_at: int = 0, keep: int = 0) -> logging.Logger:
    """A logger that appends to ``file`` (its folder is made) and prints the same lines.

    At ``rotate_at`` bytes the file is renamed to ``file.1`` and so on, ``keep`` of them; 0 never rotates. What the
    encoding lacks is written as ``?``.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    formatter = _KoreanTime(FORM)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a console of another language is no reason to fail
    handlers: list[logging.Handler] = [
        RotatingFileHandler(file, maxBytes=rotate_at, backupCount=keep, encoding=encoding, errors="replace"),
        logging.StreamHandler(sys.stdout),
    ]
    logger = logging.getLogger(f"batmon.samples.{file.stem}")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    close_log(logger)
    for handler in handlers:
        handler.setFormatter(formatter)
        logger.addHandler(handler)
    return logger


def close_log(logger: logging.Logger) -> None:
    """Close the files behind the logger."""
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
