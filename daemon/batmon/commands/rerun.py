"""``batmon rerun PROGRAM`` and ``batmon stop``: start a program again, watch it, end it."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from batmon.commands.session import DONE, FAILED, Session
from batmon.errors import BadRequest
from batmon.model import Role
from batmon.refusals import because


async def rerun(
    session: Session, program: str, *, force: bool, params: list[str], follow: bool, password_file: str | None
) -> int:
    """Start ``program`` and, if ``follow``, print what it prints until it ends: 0 if it succeeded, else 1."""
    named = _named(params)
    gate = await session.gate()
    may = Role(gate.hello.get("role", Role.VIEWER)).allows(Role.OPERATOR)
    password = await operation_password(session, password_file) if may else ""  # the daemon refuses, and writes it down
    args: dict[str, Any] = {"program": program, "password": password}
    if force:
        args["force"] = True
    if named:
        args["params"] = named
    started = await gate.request("rerun", **args)
    run_id = started["run_id"]
    if not follow:
        session.out(run_id)
        session.err(f"{program} runs as {run_id}, pid {started['pid']}; its end: batmon runs {program}")
        return DONE
    session.err(f"{program} runs as {run_id}, pid {started['pid']}; Ctrl+C leaves it running, batmon stop ends it")
    return await _follow(session, program, run_id)


async def _follow(session: Session, program: str, run_id: str) -> int:
    gate = await session.gate()
    async with gate.stream("run.output", run_id=run_id) as items:
        try:
            async for item in items:
                if "gap" in item:
                    session.err(f"-- {item['gap']:,} pieces of output left out")
                else:
                    text = str(item["text"])
                    session.out(text, end="" if text.endswith("\n") else "\n")
                await session.drain()
        except asyncio.CancelledError:
            session.err(f"{program} goes on as {run_id}; batmon stop {program} ends it")
            raise
    result = items.result or {}
    code = result.get("exit_code")
    session.err(f"{program}: {result.get('status')}" + ("" if code is None else f", exit code {code}"))
    return DONE if result.get("status") == "SUCCESS" else FAILED


async def stop(session: Session, target: str, *, password_file: str | None) -> int:
    """End the re-run with that id, or those of that program, and all that they started."""
    gate = await session.gate()
    password = await operation_password(session, password_file)
    try:
        which = {"run_id": str(uuid.UUID(target))}
    except ValueError:
        which = {"program": target}
    stopped = (await gate.request("stop", **which, password=password))["stopped"]
    session.err(f"{stopped} process{'' if stopped == 1 else 'es'} ended")
    return DONE


async def operation_password(session: Session, password_file: str | None) -> str:
    """The operation password: from the file, from BATMON_PASSWORD, or asked for."""
    if password_file:
        return await session.one_line(password_file, "--password-file")
    if given := session.environ.get("BATMON_PASSWORD"):
        return given
    return await session.ask_password("Operation password: ")


def _named(params: list[str]) -> dict[str, str]:
    named = {}
    for param in params:
        name, equals, value = param.partition("=")
        if not equals or not name:
            raise BadRequest(because("param-without-name", param=param))
        named[name] = value
    return named
