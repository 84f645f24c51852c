"""Old logs, and a gate that answers about their going."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from batmon.engine.files.tree import Tree
from batmon.engine.log_files.answers import LogAnswers
from batmon.engine.log_files.deletion import LogDeletion
from batmon.engine.log_files.retention import LogRetention, planned
from batmon.evidence.listing import log_files
from tests.integration.tree_world import TreeWorld

NOW = datetime(2026, 11, 21, tzinfo=UTC)
DAY = timedelta(days=1)


class RetentionWorld(TreeWorld):
    """``app.log`` written now, ``app.log.1`` 10 days ago, ``app.log.2`` 20, ``app.log.3`` 100."""

    def __init__(self, home) -> None:
        super().__init__(home)
        self.logs = self.base / "logs"
        for name, days in (("app.log", 0), ("app.log.1", 10), ("app.log.2", 20), ("app.log.3", 100)):
            self.write(name, days)
        self.retention = LogRetention(
            programs=lambda: self.programs, audit=self.audit, now=lambda: NOW, ready=asyncio.Event()
        )
        deletion = LogDeletion(
            programs=lambda: self.programs, tree=Tree(lambda: self.programs, self.state), retention=self.retention,
            audit=self.audit, now=lambda: NOW,
        )  # fmt: skip
        logs = LogAnswers(programs=lambda: self.programs, runs_near=None, find_run=None)
        self.more_verbs = deletion.verbs() | logs.verbs()

    async def audit(self, entry) -> None:
        self.trail.append(entry)

    def write(self, name, days, content=None):
        path = self.logs / name
        path.write_text(content or f"2026-11-21 06:00:00 INFO line of {name}\n" * 100)
        at = (NOW - days * DAY).timestamp()
        os.utime(path, (at, at))
        return path

    def keep(self, **keys):
        self.programs["kind"] = self.program = replace(self.program, **keys)

    def plan(self):
        steps = planned(self.program, log_files(self.program), NOW, ())
        return [(step.action, Path(step.file.path).name) for step in steps]

    def names(self):
        return sorted(path.name for path in self.logs.iterdir())
