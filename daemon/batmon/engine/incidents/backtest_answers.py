"""What the daemon answers at the gate about rules that might hold: incident.backtest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from batmon.config.calendars import CalendarConfig
from batmon.engine.incidents.backtest_apart import Question, backtest_apart
from batmon.errors import BadRequest, EvidenceError, ModelError, NotFound
from batmon.gate.arguments import Args, moment, up_to
from batmon.gate.verbs import Caller, Verb
from batmon.judge.backtest import Rule
from batmon.model import Program, Role, aware
from batmon.refusals import because

USUAL_SPAN = timedelta(days=90)
LONGEST_SPAN = timedelta(days=1100)
MOST_FAILURES = 1000
_LONGEST_SEC = 366 * 86_400.0


class BacktestAnswers:
    """The verb ``incident.backtest``. One backtest runs at a time, in a process of its own; ``url`` is its database."""

    def __init__(
        self,
        *,
        programs: Callable[[], Mapping[str, Program]],
        calendars: Iterable[CalendarConfig],
        url: Callable[[], str],
        now: Callable[[], datetime],
    ) -> None:
        self._programs, self._url, self._now = programs, url, now
        self._calendars = {calendar.name: calendar for calendar in calendars}
        self._running = asyncio.Semaphore(1)

    def verbs(self) -> dict[str, Verb]:
        """Verb name to what answers it: whoever may see runs may ask what a rule would have made of them."""
        return {"incident.backtest": Verb(Role.VIEWER, answer=self.backtest)}

    async def backtest(self, _caller: Caller, args: Args) -> Args:
        """How often the present rule and a changed one would have fired on the recorded runs.

        Raises:
            EvidenceError: somebody else is having one made.
        """
        program = self._program(args.get("program"))
        until = aware(self._now())
        since = until - USUAL_SPAN if args.get("since") is None else moment(args, "since")
        since = max(since, until - LONGEST_SPAN)
        if since >= until:
            raise BadRequest(because("since-ahead"))
        present = Rule.of(program)
        changed = _changed(present, args)
        try:
            changed.on(program)
        except ModelError as error:
            raise BadRequest(because("bad-rule", why=error)) from error
        question = Question(
            self._url(), program, present, changed, since, until, self._calendars.get(program.calendar)
        )  # fmt: skip
        if self._running.locked():  # waiting would hold up the answers that others ask for
            raise EvidenceError(because("backtest-under-way"))
        async with self._running:
            return await backtest_apart(question)

    def _program(self, name: object) -> Program:
        program = self._programs().get(name) if isinstance(name, str) else None
        if program is None:
            raise NotFound(because("no-program-to-replay", name=name))
        if program.probe:
            raise BadRequest(because("probe-not-replayed", program=program.name))
        return program


def _changed(present: Rule, args: Args) -> Rule:
    """The rule with what was asked for in the place of what holds."""
    rule = present
    if args.get("grace_sec") is not None:
        rule = replace(rule, grace=_span(args, "grace_sec"))
    if args.get("max_runtime_sec") is not None:
        rule = replace(rule, max_runtime=_span(args, "max_runtime_sec"))
    if args.get("min_runtime_sec") is not None:
        rule = replace(rule, min_runtime=_span(args, "min_runtime_sec") or None)
    if args.get("alert_after") is not None:
        rule = replace(rule, alert_after=up_to(args, "alert_after", 1, MOST_FAILURES))
    if args.get("baseline") is not None:
        if not isinstance(args["baseline"], bool):
            raise BadRequest(because("must-be-bool", key="baseline"))
        rule = replace(rule, baseline=args["baseline"])
    return rule


def _span(args: Args, key: str) -> timedelta:
    value = args[key]
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= _LONGEST_SEC:
        raise BadRequest(because("must-be-seconds", key=key))
    return timedelta(seconds=value)
