"""``batmon report schedule``: reports that are made and sent by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from batmon.commands.report_words import WORDS
from batmon.commands.session import DONE, Session
from batmon.commands.table import moment, table


async def add(session: Session, asked: Mapping[str, Any], *, as_json: bool) -> int:
    """Schedule a report; ``asked`` are the arguments of the verb."""
    gate = await session.gate()
    one = (await gate.request("report.schedule.add", **asked))["schedule"]
    if as_json:
        session.out_json(one)
    else:
        session.err(_words(session)["added"].format(name=one["name"], due=_due(one)))
    return DONE


async def listed(session: Session, *, as_json: bool) -> int:
    """Print every schedule with its state, what it made last and when it is due."""
    gate = await session.gate()
    found = (await gate.request("report.schedules"))["schedules"]
    if as_json:
        session.out_json(found)
        return DONE
    words, zone = _words(session), ZoneInfo(str(gate.hello.get("timezone") or "UTC"))
    if not found:
        session.err(words["no_schedules"])
        return DONE
    rows = [
        (
            one["name"],
            _state(one, words),
            f"{one['cron']} ({one['timezone']})",
            one["template"],
            one["format"],
            ", ".join(one["email"]),
            moment(one["last"] and one["last"]["at"], zone)[:16],
            _due(one),
        )
        for one in found
    ]
    for line in table([head.format(zone=zone.key) for head in words["schedules"]], rows, session.width):
        session.out(line)
    for one in found:
        if one["last"] and one["last"]["error"]:
            session.err(f"{one['name']}: {' '.join(one['last']['error'].split())}")
    return DONE


async def remove(session: Session, name: str) -> int:
    """Remove a schedule; what it made stays."""
    gate = await session.gate()
    await gate.request("report.schedule.remove", name=name)
    session.err(_words(session)["gone"].format(name=name))
    return DONE


async def pause(session: Session, name: str, *, why: str) -> int:
    """Let one rest until it is resumed."""
    gate = await session.gate()
    await gate.request("report.schedule.pause", name=name, why=why)
    session.err(_words(session)["rests"].format(name=name))
    return DONE


async def resume(session: Session, name: str) -> int:
    """Let one go on."""
    gate = await session.gate()
    one = (await gate.request("report.schedule.resume", name=name))["schedule"]
    session.err(_words(session)["goes_on"].format(name=name, due=_due(one)))
    return DONE


def _state(one: Mapping[str, Any], words: Mapping[str, Any]) -> str:
    if one["paused"]:
        return " ".join([words["paused"], one["paused_by"], one["paused_why"]]).rstrip()
    return str(words[one["last"]["status"]] if one["last"] else words["active"])


def _due(one: Mapping[str, Any]) -> str:
    """When it is due where its times are meant."""
    return moment(one["next_due"], ZoneInfo(one["timezone"]))[:16]


def _words(session: Session) -> dict[str, Any]:
    return WORDS["ko" if session.language == "ko" else "en"]
