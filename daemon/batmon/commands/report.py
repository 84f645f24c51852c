"""``batmon report``: which reports there are, make one, and what was made."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from batmon.commands.fetching import fetch, local_name, pieces
from batmon.commands.report_words import WORDS
from batmon.commands.session import DONE, Session
from batmon.commands.table import duration, moment, table
from batmon.errors import BadRequest, NotFound
from batmon.gate.client import GateClient
from batmon.refusals import because

PAGE = 500
MOST = 100_000
_TEXTS = frozenset({"md", "json"})
"""Formats that may be printed anywhere."""


async def templates(session: Session, *, as_json: bool) -> int:
    """Print the reports that there are, with their formats and usual periods."""
    gate = await session.gate()
    answer = await gate.request("report.templates")
    if as_json:
        session.out_json(
            [
                {**one, "code": one["name"], "period": _SPANS.get(one["span"], ""), "format": one["formats"]}
                for one in answer["templates"]
            ]
        )
    else:
        words = _words(session)
        rows = [
            (
                one["name"],
                words["spans"].get(one["span"] or one["needs"], ""),
                ", ".join(one["formats"]),
                one["titles"][session.language],
            )
            for one in answer["templates"]
        ]
        for line in table(words["templates"], rows, session.width):
            session.out(line)
    for problem in answer["problems"]:
        session.err(f"batmon: {problem}")
    return DONE


async def generate(
    session: Session, asked: Mapping[str, Any], *, output: str | None, force: bool, as_json: bool
) -> int:
    """Have a report made, say where it is, and with ``output`` fetch it; ``asked`` are the arguments of the verb."""
    gate, words = await session.gate(), _words(session)
    if output is not None and output != "-" and not _is_folder(output):
        session.file_to_write(output, force=force)  # what cannot be written is said before anything is made
    if output == "-" and as_json:
        raise BadRequest(because("report-and-json"))
    step = ""
    async with gate.stream("report.generate", **asked) as stream:
        async for frame in stream:
            if session.interactive and frame["step"] != step:
                step = frame["step"]
                session.err(words["steps"][step].format(title=frame["report"]["title"]))
    answer: dict[str, Any] = stream.result or {}
    report = answer["report"]
    said = report["path"]
    if output is not None:
        said = await _take_along(session, gate, report, output, force=force)
    if as_json:
        session.out_json(_generated(answer))
    elif said:
        session.out(said)
    session.err(words["made"].format(id=report["id"], size=report["file_size"], sha256=report["sha256"]))
    _say_owed(session, answer)
    return DONE


def _generated(answer: Mapping[str, Any]) -> dict[str, Any]:
    report = answer["report"]
    period = None
    if report["period_start"]:
        period = {"start": report["period_start"], "end": report["period_end"]}
    kept = ("template", "title", "format", "path", "file_size", "sha256", "took_ms", "node")
    return {
        "ok": True,
        "report_id": report["id"],
        "period": period,
        **{key: report[key] for key in kept},
        "data_summary": report["summary"],
        "owed": answer["owed"],
        "attached": answer["attached"],
    }


async def listed(
    session: Session, *, template: str | None, status: str | None, schedule: str | None, limit: int, as_json: bool
) -> int:
    """Print the reports that were made, the newest first."""
    gate = await session.gate()
    only = {"template": template, "status": status and status.upper(), "schedule": schedule}
    asked = {key: value for key, value in only.items() if value}
    found: list[dict[str, Any]] = []
    more = True
    while more and len(found) < limit:
        before = {"before": found[-1]["id"]} if found else {}
        answer = await gate.request("report.list", **asked, **before, limit=min(PAGE, limit - len(found)))
        found += answer["reports"]
        more = answer["more"]
    if as_json:
        session.out_json(found)
        return DONE
    words, zone = _words(session), _zone(gate)
    if not found:
        session.err(words["none"])
        return DONE
    rows = [
        (
            str(one["id"]),
            moment(one["created_at"], zone)[:16],
            one["template"],
            one["period"],
            one["format"],
            words["statuses"][one["status"]],
            "-" if one["file_size"] is None else f"{one['file_size']:,}",
            one["generated_by"],
            one["error"] or one["path"],
        )
        for one in found
    ]
    for line in table([head.format(zone=zone.key) for head in words["list"]], rows, session.width):
        session.out(line)
    if more:
        session.err(words["more"].format(n=2 * limit))
    return DONE


async def show(session: Session, number: int, *, as_json: bool) -> int:
    """Print all that is known of one report."""
    from batmon.commands.report_figures import key_figures  # noqa: PLC0415 - how figures are said is slow to import

    gate = await session.gate()
    one = (await gate.request("report.show", id=number))["report"]
    if as_json:
        session.out_json(one)
        return DONE
    words, zone = _words(session), _zone(gate)
    facts = {
        "id": str(one["id"]),
        "title": one["title"],
        "template": one["template"],
        "period": one["period"].replace("~", " – "),
        "format": one["format"],
        "status": words["statuses"][one["status"]],
        "error": one["error"],
        "by": one["generated_by"],
        "created": moment(one["created_at"], zone),
        "took": "" if one["took_ms"] is None else duration(one["took_ms"] / 1000),
        "path": one["path"] and f"{one['node']}:{one['path']}",
        "size": "" if one["file_size"] is None else f"{one['file_size']:,}",
        "sha256": one["sha256"],
        "file": "" if one["here"] or one["status"] != "DONE" else words["not_here"],
    }
    rows = [(words["facts"][name], value) for name, value in facts.items() if value]
    rows += key_figures(one["summary"], words["figures"], "ko" if session.language == "ko" else "en")
    for line in table((words["facts"]["report"], ""), rows, session.width):
        session.out(line)
    return DONE


async def export(session: Session, number: int, *, output: str | None, force: bool) -> int:
    """Take the file of a report along: into a folder, as a file, or to standard output (``-``)."""
    gate = await session.gate()
    report = (await gate.request("report.show", id=number))["report"]
    if report["status"] != "DONE":
        status = _words(session)["statuses"].get(report["status"], report["status"])
        raise NotFound(because("report-has-no-file", number=number, status=status, why=report["error"] or ""))
    if not report["here"]:
        raise NotFound(because("report-elsewhere", number=number, node=report["node"]))
    if said := await _take_along(session, gate, report, output or "./", force=force):
        session.out(said)
    return DONE


async def remove(session: Session, number: int) -> int:
    """Remove the file of a report; its row stays."""
    gate = await session.gate()
    await gate.request("report.remove", id=number)
    session.err(_words(session)["removed"].format(id=number))
    return DONE


async def send(session: Session, number: int, *, email: list[str], language: str | None) -> int:
    """Send a report to addresses."""
    gate = await session.gate()
    chosen = {} if language is None else {"language": language}
    _say_owed(session, await gate.request("report.send", id=number, email=email, **chosen))
    return DONE


async def _take_along(
    session: Session, gate: GateClient, report: Mapping[str, Any], output: str, *, force: bool
) -> str:
    """Fetch the file of a report; where it is now, empty if it was printed."""
    if output == "-":
        if report["format"] not in _TEXTS and not session.writes_bytes:
            raise BadRequest(because("bytes-to-terminal"))
        async with aclosing(pieces(gate, report["path"])) as stream:
            async for data in stream:
                session.out_bytes(data)
                await session.drain()
        return ""
    target = session.file_to_write(_inside(output, report["path"]) if _is_folder(output) else output, force=force)
    await fetch(gate, report["path"], target)
    return str(target)


def _is_folder(output: str) -> bool:
    return output.endswith(("/", "\\")) or Path(output).expanduser().is_dir()


def _inside(folder: str, path: str) -> str:
    return str(Path(folder).expanduser() / local_name(path))


def _say_owed(session: Session, answer: Mapping[str, Any]) -> None:
    if answer["owed"]:
        words = _words(session)
        session.err(words["owed" if answer["attached"] else "owed_without"].format(n=len(answer["owed"])))


def _words(session: Session) -> dict[str, Any]:
    return WORDS["ko" if session.language == "ko" else "en"]


def _zone(gate: GateClient) -> ZoneInfo:
    return ZoneInfo(str(gate.hello.get("timezone") or "UTC"))


_SPANS = {"week": "WEEKLY", "month": "MONTHLY", "quarter": "QUARTERLY", "year": "YEARLY"}
