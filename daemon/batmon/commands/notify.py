"""``batmon notify``: what people were told, sending it again, tests of channels, previews of templates."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from batmon.commands.session import DONE, FAILED, Session
from batmon.commands.table import duration, moment, table
from batmon.errors import BadRequest
from batmon.moments import moment_of
from batmon.refusals import because

PAGE = 500
"""Notifications that the daemon gives at a time."""

_WORDS = {
    "en": {
        "heads": ("number", "owed at ({zone})", "state", "tries", "channel", "recipient", "subject"),
        "states": {"owed": "owed", "retrying": "retrying", "sent": "sent", "failed": "FAILED"},
        "none": "no notifications",
        "more": "there are more: --limit {n}",
        "counts": "{owed} owed ({retrying} of them tried already), {failed} given up",
        "attempt_heads": ("at ({zone})", "status", "took", "node", "said"),
        "taken": "sent", "refused": "failed", "uncertain": " (it may have arrived all the same)",
        "labels": {
            "number": "number", "id": "id", "channel": "channel", "recipient": "recipient", "template": "template",
            "state": "state", "owed_at": "owed at", "due_at": "next attempt", "sent_at": "sent at",
            "subject": "subject", "error": "error", "resent": "sent again", "incidents": "incidents",
            "event": "event", "automation": "automation",
        },
        "again": "notification {number} is owed again",
        "tested": "sent over {channel}{to} in {took}",
        "failed": "not sent over {channel}{to} after {took}: {error}",
        "to": " to {recipient}", "subject": "Subject: ",
    },
    "ko": {
        "heads": ("번호", "발생 시각 ({zone})", "상태", "시도", "채널", "수신자", "제목"),
        "states": {"owed": "대기", "retrying": "재시도 중", "sent": "발송", "failed": "실패"},
        "none": "알림이 없습니다",
        "more": "더 있습니다: --limit {n}",
        "counts": "대기 {owed}건(그중 재시도 중 {retrying}건), 포기 {failed}건",
        "attempt_heads": ("시각 ({zone})", "결과", "소요", "서버", "내용"),
        "taken": "발송", "refused": "실패", "uncertain": " (도착했을 수도 있습니다)",
        "labels": {
            "number": "번호", "id": "ID", "channel": "채널", "recipient": "수신자", "template": "템플릿",
            "state": "상태", "owed_at": "발생 시각", "due_at": "다음 시도", "sent_at": "발송 시각",
            "subject": "제목", "error": "오류", "resent": "재발송", "incidents": "장애",
            "event": "이벤트", "automation": "자동화",
        },
        "again": "알림 {number}을(를) 다시 보냅니다",
        "tested": "{channel}{to}(으)로 {took} 만에 발송했습니다",
        "failed": "{channel}{to}(으)로 발송하지 못했습니다({took}): {error}",
        "to": " {recipient}", "subject": "제목: ",
    },
}  # fmt: skip


async def listed(
    session: Session,
    *,
    state: str | None,
    channel: str | None,
    incident: int | None,
    since: str | None,
    limit: int,
    as_json: bool,
) -> int:
    """Print notifications, the last owed first."""
    gate = await session.gate()
    zone = ZoneInfo(str(gate.hello.get("timezone") or "UTC"))
    asked: dict[str, Any] = {"state": state, "channel": channel, "incident": incident}
    if since is not None:
        asked["since"] = moment_of(since, zone, datetime.now(UTC)).isoformat()
    asked = {key: value for key, value in asked.items() if value is not None}
    found: list[dict[str, Any]] = []
    while True:
        answer = await gate.request("notify.list", **asked, limit=min(PAGE, limit - len(found)))
        found += answer["notifications"]
        if not answer["more"] or len(found) >= limit:
            break
        asked["before"] = found[-1]["number"]
    if as_json:
        session.out_json(found)
        return DONE
    words: dict[str, Any] = _WORDS[_language(session)]
    rows = [
        (
            str(one["number"]),
            moment(one["owed_at"], zone),
            words["states"][_state(one)],
            str(one["attempts"]),
            one["channel"],
            one["recipient"] or "-",
            one["error" if one["state"] == "failed" else "subject"].replace("\n", " "),
        )
        for one in found
    ]
    heads = [head.format(zone=zone.key) for head in words["heads"]]
    for line in table(heads, rows, session.width) if rows else ():
        session.out(line)
    if not rows:
        session.err(words["none"])
    if answer["more"]:
        session.err(words["more"].format(n=2 * limit))
    if any(answer["counts"].values()):
        session.err(words["counts"].format(**answer["counts"]))
    return DONE


async def show(session: Session, number: str, *, as_json: bool) -> int:
    """Print one notification and its attempts."""
    gate = await session.gate()
    zone = ZoneInfo(str(gate.hello.get("timezone") or "UTC"))
    answer = await gate.request("notify.show", notification=_wanted(number))
    if as_json:
        session.out_json(answer)
        return DONE
    words: dict[str, Any] = _WORDS[_language(session)]
    one = answer["notification"]
    for key, label in words["labels"].items():
        value = one[key]
        if value in (None, "", [], 0):
            continue
        if key.endswith("_at"):
            value = moment(value, zone)
        elif key == "state":
            value = words["states"][_state(one)]
        elif isinstance(value, list):
            value = ", ".join(map(str, value))
        session.out(f"{label}: {value}")
    rows = [
        (
            moment(attempt["at"], zone),
            words["taken"] if attempt["status"] == "sent" else words["refused"],
            duration(attempt["seconds"]),
            attempt["node"] or "-",
            (attempt["error"] + (words["uncertain"] if attempt["uncertain"] else "")) or attempt["reference"] or "-",
        )
        for attempt in answer["attempts"]
    ]
    if rows:
        session.out("")
        heads = [head.format(zone=zone.key) for head in words["attempt_heads"]]
        for line in table(heads, [tuple(cell.replace("\n", " ") for cell in row) for row in rows], session.width):
            session.out(line)
    return DONE


async def resend(session: Session, numbers: list[str]) -> int:
    """Have notifications sent again."""
    gate = await session.gate()
    for wanted in [_wanted(number) for number in numbers]:
        answer = await gate.request("notify.resend", notification=wanted)
        session.err(str(_WORDS[_language(session)]["again"]).format(**answer["notification"]))
    return DONE


async def test(session: Session, channel: str, recipient: str | None, *, language: str | None, as_json: bool) -> int:
    """Send a test message and print what came of it; 0 if it was taken, else 1."""
    gate = await session.gate()
    to = {} if recipient is None else {"recipient": recipient}
    answer = await gate.request("notify.test", channel=channel, language=language or _language(session), **to)
    if as_json:
        session.out_json(answer)
        return DONE if answer["sent"] else FAILED
    words: dict[str, Any] = _WORDS[_language(session)]
    there = words["to"].format(**answer) if answer["recipient"] else ""
    values = {**answer, "to": there, "took": duration(answer["seconds"])}
    if not answer["sent"]:
        session.err(words["failed"].format(**values))
        return FAILED
    session.out(words["tested"].format(**values))
    for more in (answer["reference"], answer["detail"]):
        if more:
            session.out(f"  {more}")
    return DONE


async def preview(
    session: Session, template: str, *, language: str | None, data: str | None, html: bool, as_json: bool
) -> int:
    """Print a template with sample data."""
    try:
        given = json.loads(data or "{}")
    except ValueError as error:
        raise BadRequest(because("data-not-json", why=error)) from None
    gate = await session.gate()
    asked = {"template": template, "language": language or _language(session), "data": given}
    answer = await gate.request("notify.preview", **asked)
    if as_json:
        session.out_json(answer)
    elif html:
        session.out(answer["html"] or "")
    else:
        session.out(f"{_WORDS[_language(session)]['subject']}{answer['subject']}\n")
        session.out(answer["text"])
        for name, value in answer["fields"]:
            session.out(f"  {name}: {value}")
    return DONE


def _language(session: Session) -> str:
    return "ko" if session.language == "ko" else "en"


def _state(one: dict[str, Any]) -> str:
    return "retrying" if one["state"] == "owed" and one["attempts"] else str(one["state"])


def _wanted(number: str) -> int | str:
    """A number as it is listed, or an id."""
    if number.isascii() and number.isdigit() and len(number) < 19:
        return int(number)
    if len(number) != 36:
        raise BadRequest(because("not-a-notification-number", number=number))
    return number
