"""``batmon logs PROGRAM --delete`` and ``--retention``: logs that go, by hand and by the configuration."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from batmon.commands.logs import log_paths
from batmon.commands.session import DONE, FAILED, Session
from batmon.commands.table import moment, table


async def delete(session: Session, program: str, wanted: list[str], *, force: bool, yes: bool) -> int:
    """Delete these logs, named by path or by file name; 1 if any was kept."""
    gate = await session.gate()
    paths = await log_paths(gate, program, wanted)
    if not yes:
        for path in paths:
            session.err(path)
        count = f"{len(paths)} log file{'' if len(paths) == 1 else 's'}"
        if not await session.confirm(f"Delete {count} of {program}? They cannot be brought back."):
            session.err("nothing was deleted")
            return FAILED
    answer = await gate.request("log.delete", program=program, paths=paths, force=force)
    for one in answer["deleted"]:
        session.out(one["path"])
    for one in answer["kept"]:
        session.err(f"kept {one['path']}: {one['why']}")
    session.err(f"{len(answer['deleted'])} deleted, {sum(one['size'] for one in answer['deleted']):,} bytes")
    return FAILED if answer["kept"] else DONE


async def retention(session: Session, program: str, *, dry_run: bool, yes: bool, as_json: bool) -> int:
    """Print what goes by the configuration and why, and do it unless ``dry_run``; 1 if something could not be done."""
    gate = await session.gate()
    zone = ZoneInfo(str(gate.hello.get("timezone") or "UTC"))
    plan = await gate.request("log.retention", program=program)
    going = [one for one in plan["actions"] if one["action"] != "keep"]
    if dry_run or not going:
        _print(session, plan, zone, as_json=as_json)
        if not as_json:
            session.err(_summary(program, plan))
        return DONE
    if not yes:
        _print(session, plan, zone, as_json=as_json)
        if not await session.confirm(f"Do this to {len(going)} log files of {program}?"):
            session.err("nothing was done")
            return FAILED
    done = await gate.request("log.retain", program=program)
    if yes:
        _print(session, done, zone, as_json=as_json)
    failed = [one for one in done["actions"] if "failed" in one]
    for one in failed:
        session.err(f"{one['action']} {one['path']}: {one['failed']}")
    session.err(f"{len(done['actions']) - len(failed)} done, {done['bytes']:,} bytes freed")
    return FAILED if failed else DONE


def _print(session: Session, answer: dict[str, Any], zone: ZoneInfo, *, as_json: bool) -> None:
    if as_json:
        session.out_json(answer)
        return
    rows = [
        (one["action"], f"{one['size']:,}", moment(one["modified"], zone), f"{one['path']}: {one['why']}")
        for one in answer["actions"]
    ]
    if rows:
        for line in table(("action", "bytes", f"modified ({zone.key})", "what and why"), rows):
            session.out(line)


def _summary(program: str, plan: dict[str, Any]) -> str:
    if all(value is None for value in plan["keep"].values()):
        return f"{program} names no retention: keep_logs, keep_logs_size, compress_logs"
    if not plan["actions"]:
        return f"nothing of {program} is to go"
    return f"{plan['bytes']:,} bytes would be deleted"
