"""What changed since somebody was last here: the verb ``handover``, and the same as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from batmon.engine.board import moment as shown_moment
from batmon.engine.handover_text import markdown
from batmon.engine.incidents.alerting import Alerting
from batmon.engine.incidents.shapes import Teller, short_shape, silence_shape
from batmon.errors import BadRequest
from batmon.gate.arguments import Args, moment
from batmon.gate.verbs import Caller, Verb
from batmon.judge.incident_state import Incident
from batmon.model import Role
from batmon.refusals import because
from batmon.store.handovers import Handovers
from batmon.store.incidents import Incidents
from batmon.words import Language, say

MOST = 100
"""Entries of each kind: all of it must fit one line of the gate."""
SHORT = 150
"""Characters of a sentence."""
USUAL = timedelta(days=1)
"""How far back somebody is told who was never here."""
LONGEST = timedelta(days=90)
_OF_ADMINS = ("audit", "password.", "ssh login", "user.")


class HandoverAnswers:
    """The verb ``handover``, for viewers. ``timezone`` is that of the people here."""

    def __init__(
        self,
        handovers: Handovers,
        incidents: Incidents,
        alerting: Alerting,
        *,
        timezone: Callable[[], str],
        now: Callable[[], datetime],
    ) -> None:
        self._handovers = handovers
        self._incidents = incidents
        self._alerting = alerting
        self._timezone = timezone
        self._now = now

    def verbs(self) -> dict[str, Verb]:
        """Verb name to what answers it."""
        return {"handover": Verb(Role.VIEWER, answer=self.handover)}

    async def handover(self, caller: Caller, args: Args) -> Args:
        """What happened since a moment, or since the asker's visit before this one."""
        now = self._now()
        before = await self._handovers.visited(caller.key or f"local:{caller.user}", caller.user, now)
        since = (before or now - USUAL) if args.get("since") is None else moment(args, "since")
        language: Language = self._alerting.language
        if args.get("language") is not None:
            if args["language"] not in ("ko", "en"):
                raise BadRequest(because("must-be-one-of", key="language", known="ko, en"))
            language = "ko" if args["language"] == "ko" else "en"
        if since >= now:
            raise BadRequest(because("since-not-past"))
        since = max(since, now - LONGEST)
        answer = await told_between(
            self._handovers, self._incidents, self._alerting, since, now, now=now, language=language,
            all_acts=caller.role.allows(Role.ADMIN), user=caller.user,
        )  # fmt: skip
        text = markdown(answer, language, ZoneInfo(self._timezone()))
        return {**answer, "markdown": text}


async def told_between(
    handovers: Handovers,
    incidents: Incidents,
    teller: Teller,
    since: datetime,
    until: datetime,
    *,
    now: datetime,
    language: Language,
    all_acts: bool = False,
    user: str = "",
) -> dict[str, Any]:
    """What happened in a span: the answer of ``handover`` in docs/gate.md without its text.

    ``all_acts``: also those that only who may read the audit trail may know of. What is open is so ``now``.
    """

    def shapes(found: Sequence[Incident]) -> list[dict[str, Any]]:
        return [short_shape(one, teller, now, language) for one in found]

    verdicts = await handovers.verdicts(since, until, MOST)
    begun = await handovers.silences(since, until, MOST, ended=False)
    ended = await handovers.silences(since, until, MOST, ended=True)
    lists: dict[str, Any] = {
        "opened": shapes(await handovers.incidents("opened", since, until, MOST)),
        "resolved": shapes(await handovers.incidents("resolved", since, until, MOST)),
        "acknowledged": shapes(await handovers.incidents("acknowledged", since, until, MOST)),
        "open": shapes(await incidents.page("unresolved", None, None, None, MOST)),
        "changed": [_changed(row, language, now) for row in verdicts],
        "automations": [
            {**row, "execution_time": shown_moment(row["execution_time"])}
            for row in await handovers.failed_automations(since, until, MOST)
        ],
        "acts": [
            {**row, "at": shown_moment(row["at"])}
            for row in await handovers.acts(since, until, MOST)
            if all_acts or not _for_admins(row)
        ],
    }
    return {
        "since": shown_moment(since),
        "until": shown_moment(until),
        "user": user,
        **lists,
        "silences": {
            "begun": [silence_shape(row, 0, now) for row in begun],
            "ended": [silence_shape(row, 0, now) for row in ended],
        },
        "cut": any(len(found) >= MOST for found in (*lists.values(), begun, ended)),
    }


def _for_admins(row: dict[str, Any]) -> bool:
    """Whether a line of the audit trail is about keys, passwords or a refusal: these are for who may read the trail."""
    return bool(row["outcome"] == "refused" or row["action"].startswith(_OF_ADMINS))


def _changed(row: dict[str, Any], language: Language, now: datetime) -> dict[str, Any]:
    return {
        "program": row["program"],
        "title": row["title"],
        "before": row["before"] or "UNKNOWN",
        "now": row["status"],
        "reason": row["reason"],
        "sentence": say(row["reason"], row["facts"], language, ZoneInfo(row["timezone"]), now)[:SHORT],
        "at": shown_moment(row["at"]),
    }
