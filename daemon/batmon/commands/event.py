"""``batmon event list|show|retry``: rows of watched tables, and what became of them."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

from batmon.commands.session import DONE, Session
from batmon.commands.table import moment, table
from batmon.errors import BadRequest
from batmon.refusals import because

MOST = 500
"""Events that the daemon gives at most."""
_HEADS = {
    "en": ("id", "rule", "table", "state", "attempts", "made ({zone})", "error"),
    "ko": ("번호", "규칙", "테이블", "상태", "시도", "발생 ({zone})", "오류"),
}
_STATES = {
    "en": {"waiting": "waiting", "done": "done", "dead": "given up"},
    "ko": {"waiting": "대기", "done": "완료", "dead": "포기"},
}
_WORDS = {
    "en": {
        "none": "no events",
        "rules": "rules that watch tables: {n}",
        "more": "there are more: --before {id}",
        "retry": "{id}: handled again",
        "row": "row",
        "old": "row before",
    },
    "ko": {
        "none": "이벤트가 없습니다",
        "rules": "테이블을 지켜보는 규칙: {n}개",
        "more": "더 있습니다: --before {id}",
        "retry": "{id}: 다시 처리합니다",
        "row": "행",
        "old": "변경 전 행",
    },
}


async def listed(
    session: Session, *, rule: str | None, state: str | None, before: int | None, limit: int, as_json: bool
) -> int:
    """Print events, newest first, and what is wrong with rules."""
    gate = await session.gate()
    asked = {"rule": rule, "state": state, "before": before}
    answer = await gate.request(
        "events", limit=min(limit, MOST), **{key: value for key, value in asked.items() if value is not None}
    )
    if as_json:
        session.out_json({key: answer[key] for key in ("rules", "events")})
        return DONE
    words, zone = _WORDS[session.language], ZoneInfo(str(gate.hello.get("timezone") or "UTC"))
    found: list[dict[str, Any]] = answer["events"]
    rows = [_row(one, session.language, zone) for one in found]
    heads = [head.format(zone=zone.key) for head in _HEADS[session.language]]
    for line in table(heads, rows, session.width) if rows else ():
        session.out(line)
    if not found:
        session.err(f"{words['none']}; {words['rules'].format(n=len(answer['rules']))}")
    elif answer["more"]:
        session.err(words["more"].format(id=found[-1]["id"]))
    for one in answer["rules"]:
        if one["problem"]:
            session.err(f"{one['name']}: {one['problem']}")
    return DONE


async def show(session: Session, number: str, *, as_json: bool) -> int:
    """Print one event with its row."""
    gate = await session.gate()
    event = (await gate.request("event", id=_number(number)))["event"]
    if as_json:
        session.out_json(event)
        return DONE
    words, zone = _WORDS[session.language], ZoneInfo(str(gate.hello.get("timezone") or "UTC"))
    for line in table(
        [head.format(zone=zone.key) for head in _HEADS[session.language]], [_row(event, session.language, zone)]
    ):
        session.out(line)
    for key in ("row", "old"):
        if event.get(key) is not None:
            session.out(f"{words[key]}: {json.dumps(event[key], ensure_ascii=False, indent=2)}")
    return DONE


async def retry(session: Session, number: str, *, as_json: bool) -> int:
    """Have an event handled again that was given up, or waits for another attempt."""
    gate = await session.gate()
    event = (await gate.request("event.retry", id=_number(number)))["event"]
    if as_json:
        session.out_json(event)
    else:
        session.out(_WORDS[session.language]["retry"].format(id=event["id"]))
    return DONE


def _row(event: dict[str, Any], language: str, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        str(event["id"]),
        event["rule"],
        event["source"],
        _STATES[language][event["state"]],
        str(event["attempts"]),
        moment(event["created_at"], zone),
        event["error"].replace("\n", " ") or "-",
    )


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise BadRequest(because("not-an-event-number", text=text))
    return int(text)
