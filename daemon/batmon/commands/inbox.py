"""``batmon inbox``: what waits for a decision, and the decision."""

from __future__ import annotations

import json
import re
from typing import Any
from zoneinfo import ZoneInfo

from batmon.commands.session import DONE, FAILED, Session
from batmon.commands.table import moment, table
from batmon.errors import BadRequest
from batmon.refusals import because

MOST = 500
"""Items that the daemon gives at most."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?\+00:00")
"""A time as the rows of an inbox have it."""
_WORDS = {
    "en": {
        "inboxes": ("inbox", "waiting", "actions", "title"),
        "item": "id",
        "title": "title",
        "more_columns": "more",
        "none": "no inbox is configured",
        "empty": "nothing waits in {title}",
        "actions": "actions: {actions}",
        "how": "batmon inbox {inbox} ACTION ID",
        "more": "there are more: --limit {n}",
        "done": "{action}: {title}",
    },
    "ko": {
        "inboxes": ("처리함", "대기", "처리 방법", "제목"),
        "item": "번호",
        "title": "제목",
        "more_columns": "내용",
        "none": "설정된 처리함이 없습니다",
        "empty": "{title}에 대기 중인 항목이 없습니다",
        "actions": "처리 방법: {actions}",
        "how": "batmon inbox {inbox} 처리방법 번호",
        "more": "더 있습니다: --limit {n}",
        "done": "{action} 완료: {title}",
    },
}


async def inboxes(session: Session, *, as_json: bool) -> int:
    """Print every inbox with how many items wait; 1 if one of them cannot be asked."""
    gate = await session.gate()
    found: list[dict[str, Any]] = (await gate.request("inboxes"))["inboxes"]
    if as_json:
        session.out_json(found)
        return DONE
    words = _WORDS[session.language]
    if not found:
        session.err(str(words["none"]))
        return DONE
    rows = [
        (one["name"], "?" if one["count"] is None else f"{one['count']:,}", _actions(one), one["title"])
        for one in found
    ]
    for line in table(words["inboxes"], rows, session.width):
        session.out(line)
    problems = [one for one in found if one["problem"]]
    for one in problems:
        session.err(f"{one['name']}: {one['problem']}")
    return FAILED if problems else DONE


async def items(session: Session, name: str, *, limit: int, as_json: bool) -> int:
    """Print the items that wait in one inbox, in its own order."""
    gate = await session.gate()
    answer = await gate.request("inbox.items", inbox=name, limit=min(limit, MOST))
    found: list[dict[str, Any]] = answer["items"]
    if as_json:
        session.out_json(found)
        return DONE
    words, inbox = _WORDS[session.language], answer["inbox"]
    if not found:
        session.err(str(words["empty"]).format(title=inbox["title"]))
        return DONE
    zone = ZoneInfo(str(gate.hello.get("timezone") or "UTC"))
    rows = [(one["id"], one["title"], _others(one["row"], zone)) for one in found]
    heads = (str(words["item"]), str(words["title"]), str(words["more_columns"]))
    for line in table(heads, rows, session.width):
        session.out(line)
    session.err(str(words["actions"]).format(actions=_actions(inbox)))
    session.err(str(words["how"]).format(inbox=name))
    if answer["more"]:
        session.err(str(words["more"]).format(n=min(MOST, 2 * limit)))
    return DONE


async def act(session: Session, name: str, action: str, number: str, *, given: list[str], as_json: bool) -> int:
    """Carry out ``action`` about an item; ``given`` are the texts that it asks for, ``name=text`` each."""
    asks = {}
    for pair in given:
        key, sign, text = pair.partition("=")
        if not sign or not key:
            raise BadRequest(because("set-without-name", pair=pair))
        asks[key] = text
    gate = await session.gate()
    done = await gate.request("inbox.act", inbox=name, action=action, id=number, asks=asks)
    if as_json:
        session.out_json(done)
    else:
        session.out(str(_WORDS[session.language]["done"]).format(action=action, title=done["title"]))
    return DONE


def _actions(inbox: dict[str, Any]) -> str:
    shown = (one["name"] + (f"({','.join(one['asks'])})" if one["asks"] else "") for one in inbox["actions"])
    return ", ".join(shown) or "-"


def _others(row: dict[str, Any], zone: ZoneInfo) -> str:
    """An item's other columns on one line, times on the clocks of ``zone``."""
    shown = ((key, value) for key, value in row.items() if key not in ("id", "title") and value not in (None, ""))
    return "  ".join(f"{key}={_cell(value, zone)}" for key, value in shown)


def _cell(value: object, zone: ZoneInfo) -> str:
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return moment(value, zone) if _MOMENT.fullmatch(value) else " ".join(value.split())
