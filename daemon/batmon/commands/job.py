"""``batmon job``: the daemon's own automations, what they did, and run, pause and resume."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Literal
from zoneinfo import ZoneInfo

from batmon.commands.session import DONE, FAILED, Session
from batmon.commands.table import duration, moment, table
from batmon.gate.client import GateClient

PAGE = 500
MOST = 100_000
LOOK_SEC = 0.5
"""How often it is looked whether an execution that is waited for has ended."""

_W = {
    "en": {
        "heads": ("automation", "state", "last run ({zone})", "took", "next due", "title"),
        "log": ("id", "began ({zone})", "status", "took", "for", "by", "error"),
        "running": "running", "queued": "waits", "success": "ok", "failed": "FAILED", "skipped": "skipped",
        "paused": "paused", "never": "never run", "none": "no automation is configured",
        "no_log": "{name} was never executed", "asked": "{name} runs now: execution {id}",
        "pause": "{name} is paused", "resume": "{name} goes on", "cron": "schedule", "manual": "by hand",
        "event": "event",
        "title": "title", "schedule": "schedule", "on": "event", "node": "node", "any": "any", "catch_up": "catch up",
        "overlap": "overlap", "timeout": "timeout", "retries": "retries", "steps": "steps", "next": "next due",
        "last": "last run", "good": "last success", "state": "state", "after": "after",
        "more": "there are more: --limit {n}",
    },
    "ko": {
        "heads": ("자동화", "상태", "최근 실행 ({zone})", "소요", "다음 예정", "이름"),
        "log": ("ID", "시작 ({zone})", "상태", "소요", "예정 시각", "실행자", "오류"),
        "running": "실행 중", "queued": "대기", "success": "성공", "failed": "실패", "skipped": "건너뜀",
        "paused": "일시 정지", "never": "실행된 적 없음", "none": "설정된 자동화가 없습니다",
        "no_log": "{name}은(는) 실행된 적이 없습니다",
        "asked": "{name}을(를) 지금 실행합니다: 실행 {id}",
        "pause": "{name}을(를) 일시 정지했습니다", "resume": "{name}을(를) 다시 시작합니다",
        "cron": "일정", "manual": "수동",
        "event": "이벤트", "title": "이름", "schedule": "일정", "on": "이벤트", "node": "서버", "any": "모두",
        "catch_up": "밀린 실행",
        "overlap": "중복 실행", "timeout": "제한 시간", "retries": "재시도", "steps": "단계",
        "next": "다음 예정", "last": "최근 실행",
        "good": "최근 성공", "state": "상태", "after": "간격", "more": "더 있습니다: --limit {n}",
    },
}  # fmt: skip


def _words(session: Session) -> dict[str, Any]:
    language: Literal["ko", "en"] = "ko" if session.language == "ko" else "en"
    return _W[language]


async def listed(session: Session, *, as_json: bool) -> int:
    """Print every automation with its state, last run and next due time."""
    gate = await session.gate()
    found: list[dict[str, Any]] = []
    more = True
    while more:
        answer = await gate.request("automations", after=found[-1]["name"] if found else "")
        found += answer["automations"]
        more = answer["more"]
    if as_json:
        session.out_json(found)
        return DONE
    words = _words(session)
    if not found:
        session.err(words["none"])
        return DONE
    zone = _zone(gate)
    rows = [
        (
            one["name"],
            _state(one, words),
            moment(one["last"] and one["last"]["execution_time"], zone),
            duration(_seconds(one["last"])),
            moment(one["next_due"], zone) if one["next_due"] else one["on"] or "-",
            one["title"],
        )
        for one in found
    ]
    for line in table([head.format(zone=zone.key) for head in words["heads"]], rows, session.width):
        session.out(line)
    return DONE


async def show(session: Session, name: str, *, as_json: bool) -> int:
    """Print one automation and its latest executions."""
    gate = await session.gate()
    answer = await gate.request("automation", name=name, limit=10)
    if as_json:
        session.out_json(answer)
        return DONE
    words, zone, one = _words(session), _zone(gate), answer["automation"]
    facts = {
        words["title"]: one["title"],
        words["schedule"]: f"{one['schedule']} ({one['timezone']})" if one["schedule"] else "",
        words["on"]: one["on"],
        words["node"]: one["node"] or words["any"],
        words["steps"]: " → ".join(one["steps"]),
        words["catch_up"]: one["catch_up"] if one["schedule"] else "",
        words["overlap"]: one["overlap"],
        words["timeout"]: duration(one["timeout_sec"]),
        words["retries"]: _retries(one, words),
        words["state"]: _state(one, words) + _pause(one),
        words["last"]: moment(one["last"] and one["last"]["execution_time"], zone),
        words["good"]: moment(one["last_success"], zone),
        words["next"]: moment(one["next_due"], zone),
    }
    for line in table((one["name"], ""), [(name, value) for name, value in facts.items() if value], session.width):
        session.out(line)
    session.out("")
    _print_log(session, answer["log"], words, zone, name)
    return DONE


async def log(session: Session, name: str, *, limit: int, as_json: bool) -> int:
    """Print an automation's executions, newest first."""
    gate = await session.gate()
    found: list[dict[str, Any]] = []
    more = True
    while more and len(found) < limit:
        before = {"before": found[-1]["id"]} if found else {}
        answer = await gate.request("automation", name=name, limit=min(PAGE, limit - len(found)), **before)
        found += answer["log"]
        more = answer["more"]
    if as_json:
        for one in found:
            session.out_json(one)
        return DONE
    words = _words(session)
    _print_log(session, found, words, _zone(gate), name)
    if more and found:
        session.err(words["more"].format(n=2 * limit))
    return DONE


async def run(session: Session, name: str, *, wait: bool, as_json: bool) -> int:
    """Run one now; with ``wait`` to its end: 1 if it failed."""
    gate = await session.gate()
    number = (await gate.request("automation.run", name=name))["id"]
    words = _words(session)
    if not wait:
        if as_json:
            session.out_json({"id": number})
        else:
            session.err(words["asked"].format(name=name, id=number))
        return DONE
    while True:
        page = (await gate.request("automation", name=name, limit=1, before=number + 1))["log"]
        if page and page[0]["status"] in ("success", "failed", "skipped"):
            break
        await asyncio.sleep(LOOK_SEC)
    ended = page[0]
    if as_json:
        session.out_json(ended)
    else:
        if ended["output"]:
            session.out(ended["output"])
        said = f": {ended['error_message']}" if ended["error_message"] else ""
        session.err(f"{name} {ended['id']}: {words[ended['status']]}, {duration(_seconds(ended))}{said}")
    return DONE if ended["status"] == "success" else FAILED


async def pause(session: Session, name: str, *, why: str) -> int:
    """Let one rest until it is resumed."""
    gate = await session.gate()
    await gate.request("automation.pause", name=name, why=why)
    session.err(_words(session)["pause"].format(name=name))
    return DONE


async def resume(session: Session, name: str) -> int:
    """Let one go on."""
    gate = await session.gate()
    await gate.request("automation.resume", name=name)
    session.err(_words(session)["resume"].format(name=name))
    return DONE


def _print_log(
    session: Session, found: list[dict[str, Any]], words: Mapping[str, Any], zone: ZoneInfo, name: str
) -> None:
    if not found:
        session.err(words["no_log"].format(name=name))
        return
    rows = [
        (
            str(one["id"]),
            moment(one["execution_time"], zone),
            words.get(one["status"], one["status"]) + (f" ({one['attempt']})" if one["attempt"] > 1 else ""),
            duration(_seconds(one)),
            moment(one["slot"], zone)[:16],
            one["started_by"] or words.get(one["trigger"], one["trigger"]),
            " ".join((one["error_message"] or "").split()),
        )
        for one in found
    ]
    for line in table([head.format(zone=zone.key) for head in words["log"]], rows, session.width):
        session.out(line)


def _state(one: Mapping[str, Any], words: Mapping[str, Any]) -> str:
    if one["running"]:
        return str(words.get(one["running"]["status"], one["running"]["status"]))
    if one["paused"]:
        return str(words["paused"])
    return str(words.get(one["last"]["status"], one["last"]["status"]) if one["last"] else words["never"])


def _pause(one: Mapping[str, Any]) -> str:
    return " ".join(["", one["paused_by"], one["paused_why"]]).rstrip() if one["paused"] else ""


def _retries(one: Mapping[str, Any], words: Mapping[str, Any]) -> str:
    return f"{one['retries']}, {words['after']} {duration(one['retry_after_sec'])}" if one["retries"] else ""


def _seconds(one: Mapping[str, Any] | None) -> float | None:
    return None if not one or one["duration_ms"] is None else one["duration_ms"] / 1000


def _zone(gate: GateClient) -> ZoneInfo:
    return ZoneInfo(str(gate.hello.get("timezone") or "UTC"))
