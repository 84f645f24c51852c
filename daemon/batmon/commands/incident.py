"""``batmon incident``: the list, one of them, and what people do with it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from batmon.commands.session import DONE, FAILED, Session
from batmon.commands.table import moment, table
from batmon.errors import BadRequest, NotFound
from batmon.gate.client import GateClient
from batmon.moments import moment_ahead, moment_of
from batmon.refusals import because
from batmon.words import Language, say

MOST = 500
Shape = Mapping[str, Any]
_HEADS: Mapping[Language, tuple[str, ...]] = {
    "en": ("id", "state", "severity", "program", "since ({zone})", "why"),
    "ko": ("번호", "상태", "심각도", "프로그램", "시작 ({zone})", "이유"),
}
_STATES: Mapping[str, str] = {
    "open": "신규", "acknowledged": "확인", "silenced": "알림 중지", "maintenance": "유지보수", "held": "보류",
    "flapping": "반복", "resolved": "해결",
}  # fmt: skip
_KINDS: Mapping[str, tuple[str, str]] = {
    "opened": ("발생", "opened"), "reopened": ("다시 발생", "opened again"), "worse": ("악화", "worse"),
    "acknowledged": ("확인", "acknowledged"), "unacknowledged": ("확인 취소", "acknowledgement taken back"),
    "ack_expired": ("확인 시간 끝", "acknowledgement expired"), "ack_ended": ("확인 해제", "acknowledgement ended"),
    "note": ("메모", "note"), "silenced": ("알림 중지", "silenced"), "maintenance": ("유지보수", "maintenance"),
    "unsilenced": ("알림 재개", "no longer silenced"), "held": ("보류", "held back: depends on"),
    "released": ("보류 해제", "released"), "flapping": ("반복", "flapping"), "calm": ("안정됨", "calm"),
    "told": ("알림", "to be told"), "escalated": ("상위 알림", "next step of the ladder"),
    "reminded": ("재알림", "reminder"), "withdrawn": ("알림 철회", "not sent"), "sent": ("보냄", "sent"),
    "resolved": ("해결", "resolved"),
}  # fmt: skip
_TOLD: Mapping[str, str] = {
    "opened": "발생", "worse": "악화", "escalated": "상위 알림", "reminder": "재알림", "acknowledged": "확인",
    "resolved": "해결", "flapping": "반복", "waiting": "대기", "owed": "대기", "retrying": "재시도 중",
    "sent": "보냄", "failed": "실패", "withdrawn": "철회",
}  # fmt: skip


def _language(session: Session) -> Language:
    return "ko" if session.language == "ko" else "en"


def _zone(gate: GateClient) -> ZoneInfo:
    return ZoneInfo(str(gate.hello.get("timezone") or "UTC"))


def _state(one: Shape, language: Language) -> str:
    return _STATES.get(one["state"], one["state"]) if language == "ko" else str(one["state"])


def _why(one: Shape, language: Language, zone: ZoneInfo) -> str:
    if not one["facts"]:
        return str(one["sentence"])
    return say(one["reason"], one["facts"], language, zone, datetime.now(UTC))


async def listed(
    session: Session, program: str | None, *, state: str | None, since: str | None, limit: int, as_json: bool
) -> int:
    """Print incidents, the newest first; those that are not resolved unless ``state`` says otherwise."""
    gate = await session.gate()
    zone, language = _zone(gate), _language(session)
    asked: dict[str, Any] = {"limit": min(limit, MOST)}
    if state is not None:
        asked["state"] = state
    if program is not None:
        asked["program"] = program
    if since is not None:
        asked["since"] = moment_of(since, zone, datetime.now(UTC)).isoformat()
    answer = await gate.request("incidents", **asked)
    found = answer["incidents"]
    if as_json:
        session.out_json(found)
        return DONE
    rows = [
        (
            str(one["id"]),
            _state(one, language),
            one["severity"],
            one["program"],
            moment(one["begun_at"], zone),
            _why(one, language, zone),
        )
        for one in found
    ]
    heads = [head.format(zone=zone.key) for head in _HEADS[language]]
    for line in table(heads, rows, session.width) if rows else ():
        session.out(line)
    if not rows:
        session.err("장애가 없습니다" if language == "ko" else "no incidents")
    elif answer["more"]:
        more = f"--limit {min(MOST, 2 * limit)}" if limit < MOST else "--since"
        session.err(f"더 있습니다: {more}" if language == "ko" else f"there are more: {more}")
    return DONE


async def show(session: Session, wanted: str, *, as_json: bool) -> int:
    """Print everything about one incident, by its number or by its program's name."""
    gate = await session.gate()
    answer = await gate.request("incident", **({"id": int(wanted)} if wanted.isdigit() else {"program": wanted}))
    if as_json:
        session.out_json(answer)
        return DONE
    zone, language = _zone(gate), _language(session)
    for line in _page(answer, language, zone):
        session.out(line)
    return DONE


def _page(answer: Shape, language: Language, zone: ZoneInfo) -> list[str]:
    korean, one = language == "ko", answer["incident"]
    state = _state(one, language)
    lines = [f"{one['id']}  {one['title']}  {one['severity']}  {state}", _why(one, language, zone)]
    span = moment(one["begun_at"], zone)
    if one["resolved_at"]:
        span += f" – {moment(one['resolved_at'], zone)}"
    lines.append(f"{span} ({zone.key})")
    if one["acknowledged_by"]:
        said = f": {one['acknowledged_note']}" if one["acknowledged_note"] else ""
        until = moment(one["until"], zone)
        lines.append(f"확인 {one['acknowledged_by']} ({until}까지){said}" if korean
                     else f"acknowledged by {one['acknowledged_by']} until {until}{said}")  # fmt: skip
    if one["silenced_by"]:
        until = moment(one["until"], zone)
        lines.append(
            f"알림 중지 {one['silenced_by']} ({until}까지)" if korean else f"{one['silenced_by']} until {until}"
        )
    if one["held_by"]:
        lines.append(("보류: " if korean else "waits for ") + ", ".join(one["held_by"]))
    lines.append("")
    for event in answer["timeline"]:
        kind = _KINDS.get(event["kind"], (event["kind"], event["kind"]))[0 if korean else 1]
        who = f"  {event['by']}" if event["by"] else ""
        if event["kind"] == "sent":
            who = f"  {event['data'].get('channel', '')} {event['data'].get('recipient', '')}".rstrip()
        text = f"  {event['text']}" if event["text"] else ""
        lines.append(f"{moment(event['at'], zone)}  {kind}{who}{text}")
    if answer["told"]:
        lines.append("")
    for told in answer["told"]:
        ended = told["error"] or told["why"]
        recipient = f"{told['channel']} {told['recipient']}".rstrip()
        kind, became = (_told(told[key], language) for key in ("kind", "state"))
        lines.append(f"{moment(told['created_at'], zone)}  {kind}  {recipient}  {became}  {ended}".rstrip())
    return lines


def _told(word: str, language: Language) -> str:
    """The kind of a notice, or what became of it."""
    return _TOLD.get(word, word) if language == "ko" else word


async def act(session: Session, verb: str, wanted: str, *, note: str = "", span: str | None = None) -> int:
    """Acknowledge, give back, write down or end an incident, named by number or by its program."""
    gate = await session.gate()
    asked: dict[str, Any] = {"id": await _number(gate, wanted)}
    if note:
        asked["note"] = note
    if span is not None:
        asked["until"] = moment_ahead(span, _zone(gate), datetime.now(UTC)).isoformat()
    one = (await gate.request(f"incident.{verb}", **asked))["incident"]
    language, zone = _language(session), _zone(gate)
    until = f" ({moment(one['until'], zone)})" if one["until"] else ""
    session.out(f"{one['id']}  {one['program']}  {_state(one, language)}{until}")
    return DONE


async def _number(gate: GateClient, wanted: str) -> int:
    if wanted.isdigit():
        return int(wanted)
    return int((await gate.request("incident", program=wanted))["incident"]["id"])


async def silence(session: Session, words: list[str], *, tag: str, pattern: str) -> int:
    """Be quiet: ``[PROGRAM] TIME WHY``; over SSH, where quotes are lost, TIME and WHY may be several words."""
    if len(words) < (2 if tag or pattern else 3):
        raise BadRequest(because("silence-incomplete"))
    gate = await session.gate()
    zone, language, now = _zone(gate), _language(session), datetime.now(UTC)
    program, timed = "", _timed(words, zone, now) if tag or pattern else None
    if timed is None and len(words) > 2:
        program, *words = words
        timed = _timed(words, zone, now)
    until, why = timed or (moment_ahead(words[0], zone, now), " ".join(words[1:]))
    answer = await gate.request(
        "silence.add", program=program, tag=tag, pattern=pattern, until=until.isoformat(), why=why
    )
    end, count = moment(answer["silence"]["until"], zone), answer["incidents"]
    number = answer["silence"]["id"]
    session.out(
        f"알림 중지 {number}, {end}까지, 열린 장애 {count}건" if language == "ko"
        else f"silence {number} until {end}, open incidents: {count}"
    )  # fmt: skip
    if answer.get("programs") == 0:
        unknown = "설정된 프로그램 중에 해당하는 것이 없습니다: 이름을 확인하십시오 (batmon check)"
        session.err(unknown if language == "ko" else "nothing that is configured here fits it: batmon check names all")
    return DONE


def _timed(words: Sequence[str], zone: ZoneInfo, now: datetime) -> tuple[datetime, str] | None:
    """``tomorrow 09:00 WHY`` or ``2h WHY`` taken apart; None if it begins with no time."""
    for count in (2, 1):
        if len(words) > count:
            with contextlib.suppress(BadRequest):
                return moment_ahead(" ".join(words[:count]), zone, now), " ".join(words[count:])
    return None


async def silences(session: Session, *, ended: bool, as_json: bool) -> int:
    """Print silences, the newest first, and the maintenance windows that are open now."""
    gate = await session.gate()
    answer = await gate.request("silences", all=ended)
    if as_json:
        session.out_json(answer)
        return DONE
    zone, language = _zone(gate), _language(session)
    heads = (
        ("번호", "대상", f"끝 ({zone.key})", "누가", "장애", "이유")
        if language == "ko"
        else ("id", "what", f"until ({zone.key})", "by", "incidents", "why")
    )
    rows = [
        (
            str(one["id"]),
            " ".join(f"{key}={one[key]}" for key in ("program", "tag", "pattern") if one[key]),
            moment(one["ended_at"] or one["until"], zone),
            one["by"],
            str(one["incidents"]),
            one["why"],
        )
        for one in answer["silences"]
    ]
    rows += [
        ("-", one["name"], moment(one["until"], zone), "config", "", one["why"])
        for one in answer["maintenance"] if one["now"]
    ]  # fmt: skip
    for line in table(heads, rows, session.width) if rows else ():
        session.out(line)
    if not rows:
        session.err("중지된 알림이 없습니다" if language == "ko" else "no silences")
    return DONE


async def unsilence(session: Session, numbers: list[int]) -> int:
    """End silences before their time."""
    gate, code = await session.gate(), DONE
    for number in numbers:
        try:
            await gate.request("silence.end", id=number)
        except NotFound as error:
            session.err(str(error))
            code = FAILED
        else:
            session.out(f"알림 중지 {number} 종료" if _language(session) == "ko" else f"silence {number} ended")
    return code


async def handover(session: Session, *, since: str | None, as_json: bool) -> int:
    """Print what changed since a moment, or since one was last here, as Markdown."""
    gate = await session.gate()
    asked: dict[str, Any] = {"language": _language(session)}
    if since is not None:
        asked["since"] = moment_of(since, _zone(gate), datetime.now(UTC)).isoformat()
    answer = await gate.request("handover", **asked)
    if as_json:
        session.out_json(answer)
    else:
        session.out(answer["markdown"].rstrip("\n"))
    return DONE
