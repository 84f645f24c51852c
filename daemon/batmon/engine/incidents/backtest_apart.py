"""Replays a program's history in a process of its own: a year of runs would hold up the daemon and fill its memory.

Run as ``python -m batmon.engine.incidents.backtest_apart``: a pickled ``Question`` on stdin, one JSON answer on stdout.
The child asks the database itself, and ends by itself when its parent is gone.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from batmon.config.calendars import CalendarConfig, calendar_of
from batmon.engine.apart import answer_apart, ask_apart
from batmon.gate.frames import plain
from batmon.judge.backtest import Firing, History, Rule, only_in, replay
from batmon.judge.baseline import HISTORY
from batmon.judge.calendar import Calendar
from batmon.model import Program, Run
from batmon.store import Store
from batmon.store.history import History as StoredHistory

MOST_RUNS = 200_000
LONGEST_SEC = 300.0
SHOWN = 100
"""Firings in each list of an answer: four full lists of long lines fit a frame."""
_ANSWER_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Question:
    """What would two rules have made of the runs of ``program`` from ``since`` to before ``until``?"""

    url: str = field(repr=False)
    program: Program
    present: Rule
    changed: Rule
    since: datetime
    until: datetime
    calendar: CalendarConfig | None


async def backtest_apart(question: Question) -> dict[str, Any]:
    """The answer of ``incident.backtest``.

    Raises:
        EvidenceError: the runs cannot be read, or it takes more than five minutes.
    """
    return await ask_apart(
        __name__, pickle.dumps(question), what="the backtest", seconds=LONGEST_SEC, most_bytes=_ANSWER_BYTES,
        hint="--since with a shorter time",
    )  # fmt: skip


async def backtest(question: Question) -> dict[str, Any]:
    """The same, here and now. Blocks.

    Raises:
        StoreError: the runs cannot be read.
    """
    store = await Store.beside(question.url)
    try:
        found = StoredHistory(store)
        runs, cut = await found.runs(question.program.name, question.since - HISTORY, question.until, MOST_RUNS)
    finally:
        await store.close()
    calendar = None if question.calendar is None else calendar_of(question.calendar)
    rules, span = (question.present, question.changed), (question.since, question.until)
    return {**_compared(question.program, runs, rules, span, calendar), "cut": cut}


def _compared(
    program: Program,
    runs: Sequence[Run],
    rules: tuple[Rule, Rule],
    span: tuple[datetime, datetime],
    calendar: Calendar | None,
) -> dict[str, Any]:
    since, until = span
    history = History(program, runs, since=since, until=until, calendar=calendar)
    present, changed = (replay(program, rule, history) for rule in rules)
    answer = {
        "program": program.name,
        "since": history.since,
        "until": until,
        "runs": sum(start >= history.since for start in history.starts),
        "slots": sum(1 for _ in history.slots()),
        "present": _shown_rule(rules[0], present),
        "changed": _shown_rule(rules[1], changed),
        "more": _shown(only_in(changed, present)),
        "fewer": _shown(only_in(present, changed)),
    }
    found: dict[str, Any] = plain(answer)
    return found


def _shown_rule(rule: Rule, firings: Sequence[Firing]) -> dict[str, Any]:
    return {
        "grace_sec": rule.grace.total_seconds(),
        "max_runtime_sec": rule.max_runtime.total_seconds(),
        "min_runtime_sec": None if rule.min_runtime is None else rule.min_runtime.total_seconds(),
        "alert_after": rule.alert_after,
        "baseline": rule.baseline,
        "fired": len(firings),
        "firings": _shown(firings),
    }


def _shown(firings: Sequence[Firing]) -> list[dict[str, Any]]:
    return [
        {
            "at": firing.at,
            "reason": firing.reason.value,
            "facts": dict(firing.facts),
            "run_id": None if firing.run is None else firing.run.run_id,
            "log_id": None if firing.run is None else firing.run.log_id,
            "due": firing.due,
            "resolved_at": firing.resolved_at,
        }
        for firing in firings[-SHOWN:]
    ]


if __name__ == "__main__":

    def _answer() -> dict[str, Any]:
        question = pickle.load(sys.stdin.buffer)  # noqa: S301 - the daemon that started us wrote it
        return asyncio.run(backtest(question))

    answer_apart(_answer, seconds=LONGEST_SEC)
