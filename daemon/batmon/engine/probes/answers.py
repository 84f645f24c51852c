"""The verbs of docs/gate.md for probes: ``probe.look``, and ``program`` and ``runs`` where they are about one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from batmon.engine.answers import Answers
from batmon.engine.board import Row
from batmon.engine.probes.prober import Prober
from batmon.engine.probes.rows import config_json, look_json
from batmon.gate.arguments import Args, maybe_moment, text, up_to
from batmon.gate.fitting import fitting
from batmon.gate.server import Caller, Verb
from batmon.model import Role
from batmon.store.probes import Probes

RECENT = 100


class ProbeAnswers:
    """Answers for probes, and hands what is about programs on to ``programs``."""

    def __init__(
        self, programs: Answers, *, prober: Prober, store: Probes, rows: Callable[[], Mapping[str, Row]]
    ) -> None:
        self._programs = programs
        self._prober = prober
        self._store = store
        self._rows = rows

    def verbs(self) -> dict[str, Verb]:
        """Verb name to what answers it and the role that it asks for."""
        return {
            "program": Verb(Role.VIEWER, answer=self.program),
            "runs": Verb(Role.VIEWER, answer=self.runs),
            "probe.look": Verb(Role.OPERATOR, answer=self.look),
        }

    async def look(self, _caller: Caller, args: Args) -> Args:
        """Look at a probe now."""
        name = text(args, "program")
        return {"row": await self._prober.look_now(name)}

    async def program(self, caller: Caller, args: Args) -> Args:
        """One probe: its row, what is configured for it, and its latest looks; or one program."""
        probe = self._prober.probe(str(args.get("name")))
        if probe is None:
            return await self._programs.program(caller, args)
        looks = await self._store.page(probe.name, RECENT)
        recent = fitting([look_json(probe, sample) for sample in looks])
        return {"row": self._rows()[probe.name], "config": config_json(probe), "recent": recent}

    async def runs(self, caller: Caller, args: Args) -> Args:
        """A page of a probe's looks, newest first; or of a program's runs."""
        probe = self._prober.probe(str(args.get("program")))
        if probe is None:
            return await self._programs.runs(caller, args)
        limit = up_to(args, "limit", 50, 1000)
        found = await self._store.page(probe.name, limit + 1, maybe_moment(args, "before"))
        looks = fitting([look_json(probe, sample) | {"items": None} for sample in found[:limit]])
        return {"runs": looks, "more": len(found) > len(looks)}
