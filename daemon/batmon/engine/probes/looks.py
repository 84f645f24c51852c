"""How each probe looks: by the evidence room, or, where BATMON's own database is asked, through the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from batmon.config.automations import Automation
from batmon.config.probe_targets import AutomationsTarget, DatabaseTarget, MailTarget
from batmon.config.probes import Probe
from batmon.evidence.probes import LOOKS, Look
from batmon.evidence.probes.faults import fault_of
from batmon.judge.duties import Duty, troubled
from batmon.judge.probe import Sample
from batmon.store import database_look
from batmon.store.probes import Probes

SHOWN = 5
"""Automations that a sentence names."""


class Looks:
    """Makes the look of each probe. ``url`` is BATMON's own database, ``since`` when this daemon began."""

    def __init__(self, probes: Probes, *, url: str, automations: Sequence[Automation], since: datetime) -> None:
        self._probes = probes
        self._url = url
        self._schedules: Mapping[str, tuple[Sequence[str], str]] = {
            one.name: (one.schedule, one.timezone) for one in automations
        }
        self._since = since

    def of(self, probe: Probe) -> Look:
        """The look of ``probe``."""
        own: Mapping[str, Callable[[Probe], Look]] = {
            "database": self._database,
            "mail": self._mail,
            "automations": self._automations,
        }
        return (own.get(probe.kind) or LOOKS[probe.kind])(probe)

    def _database(self, probe: Probe) -> Look:
        target: DatabaseTarget = _of_kind(probe, DatabaseTarget)
        url = self._url if target.url is None else target.url.reveal()

        async def look(now: datetime) -> Sample:
            clock = asyncio.get_running_loop().time
            begun = clock()
            try:
                fault, detail = await database_look.ask(url, target.query, probe.rule.timeout.total_seconds())
            except (OSError, ValueError) as error:
                fault, detail = fault_of(error)
                if fault == "missing":  # the socket of a server on this machine
                    fault, detail = "refused", ""
            took = clock() - begun
            return Sample(now, took, value=None if fault else took, fault=fault, detail=detail)

        return look

    def _mail(self, probe: Probe) -> Look:
        target: MailTarget = _of_kind(probe, MailTarget)

        async def look(now: datetime) -> Sample:
            clock = asyncio.get_running_loop().time
            begun = clock()
            total, failed = await self._probes.mail_failures(now - target.window)
            rate = 100.0 * failed / total if total >= target.minimum else None
            facts = {"total": total, "failed": failed, "window_sec": target.window.total_seconds()}
            return Sample(now, clock() - begun, value=rate, facts=facts)

        return look

    def _automations(self, probe: Probe) -> Look:
        target: AutomationsTarget = _of_kind(probe, AutomationsTarget)

        async def look(now: datetime) -> Sample:
            clock = asyncio.get_running_loop().time
            begun = clock()
            rows = await self._probes.automation_ends()
            duties = [
                _duty(row) for row in rows if any(fnmatchcase(row["job_name"], glob) for glob in target.automations)
            ]
            found = troubled(duties, self._schedules, now=now, since=self._since, late=target.late)
            names = [name for name, _, _ in found]
            said = ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
            if len(found) == 1 and found[0][2]:
                said += f" ({found[0][2]})"
            facts = {"troubled": [{"name": name, "trouble": trouble} for name, trouble, _ in found[:100]]}
            return Sample(now, clock() - begun, value=float(len(found)), detail=said, facts=facts)

        return look


def _of_kind(probe: Probe, kind: type[Any]) -> Any:
    assert isinstance(probe.target, kind)  # noqa: S101 - the configuration pairs kinds and targets
    return probe.target


def _duty(row: Mapping[str, Any]) -> Duty:
    error = next(iter(str(row["error_message"] or "").splitlines()), "")
    return Duty(
        name=row["job_name"],
        paused=row["paused"],
        last_slot=row["last_slot"],
        failed=row["status"] == "failed",
        error=error[:300],
        waits_since=row["waits_since"],
    )
