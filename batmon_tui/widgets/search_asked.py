"""What is searched for in all logs, and how far a search has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from batmon.moments import moment_of
from batmon_tui.view import View
from batmon_tui.widgets.log_words import in_bytes

KEPT = 10_000
"""Hits that the console keeps: the newest."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as somebody put it together; ``since`` as it was written."""

    pattern: str = ""
    program: str = ""
    since: str = ""
    errors: bool = False
    ignore_case: bool = False
    regex: bool = False

    @property
    def complete(self) -> bool:
        """Whether it can be searched for."""
        return bool(self.pattern) or self.errors

    def args(self, view: View) -> dict[str, Any]:
        """As ``log.search`` wants it.

        Raises:
            BadRequest: ``since`` is no time.
        """
        args: dict[str, Any] = {"pattern": self.pattern, "limit": KEPT}
        args |= {key: True for key in ("errors", "ignore_case", "regex") if getattr(self, key)}
        if self.program:
            args["programs"] = [self.program]
        if self.since:
            args["since"] = moment_of(self.since, view.zone, view.now).isoformat()
        return args

    def told(self, view: View) -> list[str]:
        """Where and how, in words."""
        return [
            self.program or view.tr("search.all"),
            *([view.tr("search.since", since=self.since)] if self.since else []),
            *(view.tr(f"search.{key}") for key in ("errors", "ignore_case", "regex") if getattr(self, key)),
        ]


@dataclass(slots=True)
class Going:
    """How far a search has come, and how it ended."""

    running: bool = False
    hits: int = 0
    progress: Mapping[str, int] = field(default_factory=dict)
    end: Mapping[str, Any] | None = None
    problem: str = ""
    begun: datetime | None = None

    def told(self, view: View) -> str:
        """Hits and progress in a few words."""
        count = view.tr("search.hit" if self.hits == 1 else "search.hits", n=f"{self.hits:,}")
        if self.running:
            total, done = self.progress.get("bytes", 0), self.progress.get("bytes_done", 0)
            if not self.progress:
                return view.tr("search.waiting")
            percent = 100 * done // total if total else 100
            return f"{count} · {view.tr('search.going', percent=percent, bytes=in_bytes(total))}"
        if self.end is None:
            return count if self.hits else ""
        if self.end["stopped"] == "limit":
            return view.tr("search.newest", n=f"{self.hits:,}")
        files = view.tr("search.file" if self.end["files"] == 1 else "search.files", n=f"{self.end['files']:,}")
        return f"{count} · {files}, {in_bytes(self.end['bytes'])}"
