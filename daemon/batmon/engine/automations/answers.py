"""What the daemon answers at the gate about automations: which there are, what they did, run now, pause and resume."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from batmon.config.automations import Automation, all_steps
from batmon.config.outside_steps import BackupStep, CommandStep
from batmon.config.report_step import ReportStep
from batmon.config.steps import CodeStep, CounterStep, FeedStep, IfStep, MessageStep, SqlStep, Step, StopStep
from batmon.engine.automations.automations import Automations
from batmon.errors import BadRequest, NotFound
from batmon.gate.arguments import Args, identity, maybe_text, text, up_to
from batmon.gate.fitting import fitting
from batmon.gate.verbs import Caller, Verb
from batmon.model import Role
from batmon.refusals import because
from batmon.store.automations import AutomationState, Execution, Latest

MOST = 500
WHY_CHARS = 500
_WORDS: Mapping[type[Step], str] = {
    SqlStep: "sql", MessageStep: "email", FeedStep: "feed", CounterStep: "counter", CodeStep: "code", IfStep: "if",
    StopStep: "stop", CommandStep: "command", BackupStep: "backup",
    ReportStep: "report",
}  # fmt: skip


class AutomationAnswers:
    """The verbs."""

    def __init__(self, automations: Automations, *, now: Callable[[], datetime]) -> None:
        self._automations = automations
        self._stored = automations.stored
        self._now = now

    def verbs(self) -> dict[str, Verb]:
        """Whoever may re-run a program may run an automation, and pause it."""
        viewer, operator = Role.VIEWER, Role.OPERATOR
        return {
            "automations": Verb(viewer, answer=self.automations),
            "automation": Verb(viewer, answer=self.automation),
            "automation.run": Verb(operator, answer=self.run),
            "automation.pause": Verb(operator, answer=self.pause),
            "automation.resume": Verb(operator, answer=self.resume),
        }

    async def automations(self, _caller: Caller, args: Args) -> Args:
        """All of them by name, those of other nodes too; as many as fit from ``after`` on."""
        after = maybe_text(args, "after") or ""
        found = [each for each in await self._shown() if each["name"] > after]
        page = fitting(found)
        return {"automations": page, "more": len(page) < len(found)}

    async def automation(self, _caller: Caller, args: Args) -> Args:
        """One with its executions, newest first."""
        name = text(args, "name")
        limit = up_to(args, "limit", 50, MOST)
        before = None if args.get("before") is None else identity(args, "before", "an execution")
        shown = await self._one(name)
        found = await self._stored.page(name, limit + 1, before)
        page = fitting([execution_json(each) for each in found[:limit]])
        return {"automation": shown, "log": page, "more": len(found) > len(page)}

    async def run(self, caller: Caller, args: Args) -> Args:
        """Run one now."""
        return {"id": await self._automations.run_now(text(args, "name"), caller.user)}

    async def pause(self, caller: Caller, args: Args) -> Args:
        """Let one rest, on all nodes, until it is resumed."""
        why = args.get("why", "")
        if not isinstance(why, str) or len(why) > WHY_CHARS:
            raise BadRequest(because("text-too-long", key="why", most=WHY_CHARS))
        return await self._pause(text(args, "name"), caller.user, why, paused=True)

    async def resume(self, caller: Caller, args: Args) -> Args:
        """Let it go on with what comes due from now."""
        return await self._pause(text(args, "name"), caller.user, "", paused=False)

    async def _pause(self, name: str, by: str, why: str, *, paused: bool) -> Args:
        await self._one(name)
        await self._stored.pause(name, paused=paused, by=by, why=why, now=self._now())
        return {"automation": await self._one(name)}

    async def _one(self, name: str) -> Args:
        for shown in await self._shown(name):
            return shown
        known = ", ".join(sorted(self._automations.configured)[:20])
        if not known:
            raise NotFound(because("no-automation-at-all", name=name))
        raise NotFound(because("no-automation", name=name, known=known))

    async def _shown(self, name: str | None = None) -> list[Args]:
        states = await self._stored.states(name)
        configured = self._automations.configured
        names = sorted({*configured, *(each.name for each in states.values() if each.nodes)} if name is None else
                       {name} & {*configured, *states})  # fmt: skip
        latest = await self._stored.latest(names)
        return [self._json(each, configured.get(each), states.get(each), latest.get(each, Latest())) for each in names]

    def _json(self, name: str, given: Automation | None, state: AutomationState | None, latest: Latest) -> Args:
        paused = state is not None and state.paused
        due = None if paused else self._automations.next_due(name)
        shown: Args = {
            "name": name,
            "title": given.title if given else state.title if state else name,
            "schedule": " | ".join(given.schedule) if given else "",
            "timezone": given.timezone if given else "",
            "on": given.on if given else state.on if state else "",
            "node": given.node if given else " ".join(state.nodes) if state else "",
            "catch_up": given.catch_up if given else "",
            "overlap": given.overlap if given else "",
            "timeout_sec": given.timeout.total_seconds() if given else None,
            "retries": given.retries if given else None,
            "retry_after_sec": given.retry_after.total_seconds() if given else None,
            "steps": step_words(given.steps) if given else [],
            "configured": given is not None or (state is not None and bool(state.nodes)),
        }
        return shown | {
            "paused": paused,
            "paused_by": state.paused_by if state else "",
            "paused_at": _moment(state.paused_at if state else None),
            "paused_why": state.paused_why if state else "",
            "next_due": _moment(due),
            "running": None if latest.running is None else _short(latest.running),
            "last": None if latest.last is None else _short(latest.last),
            "last_success": _moment(latest.last_success),
        }


def step_words(steps: Sequence[Step]) -> list[str]:
    """What the configuration calls the steps, those of branches too."""
    return [
        "notify" if isinstance(step, MessageStep) and step.channel != "email" else _WORDS.get(type(step), "?")
        for step in all_steps(steps)
    ]


def execution_json(one: Execution) -> Args:
    """The shape ``Execution`` of docs/gate.md."""
    return {
        "id": one.id,
        "job_name": one.name,
        "execution_time": _moment(one.execution_time),
        "status": one.status,
        "error_message": one.error_message,
        "duration_ms": one.duration_ms,
        "slot": _moment(one.slot),
        "trigger": one.trigger,
        "started_by": one.started_by,
        "node": one.node,
        "attempt": one.attempt,
        "output": one.output,
        "attempts": one.attempts,
    }


def _short(one: Execution) -> Args:
    """Of a list: without what its commands printed, its error cut."""
    shown = execution_json(one) | {"output": "", "attempts": []}
    return shown | {"error_message": one.error_message and one.error_message[:500]}


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
