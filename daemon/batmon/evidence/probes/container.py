"""A container at a Docker engine's socket: whether it runs, its health, and how often it was restarted lately.

Asked by the Engine API, `GET /containers/NAME/json` (docs.docker.com/reference/api/engine), which Podman answers too.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import msgspec

from batmon.config.probe_targets import ContainerTarget
from batmon.config.probes import Probe
from batmon.evidence.probes.faults import fault_of
from batmon.judge.probe import Sample
from batmon.model import Status

LATELY = timedelta(hours=1)
MOST_ANSWER = 4 << 20
_DETAIL_CHARS = 300


def look_of(probe: Probe) -> Callable[[datetime], Awaitable[Sample]]:
    """Look at the probe's container."""
    target = probe.target
    assert isinstance(target, ContainerTarget)  # noqa: S101 - its kind says so
    counted: deque[tuple[datetime, int]] = deque()

    async def look(now: datetime) -> Sample:
        clock = asyncio.get_running_loop().time
        begun = clock()
        if sys.platform == "win32":
            return Sample(now, fault="unsupported", blind=True)
        try:
            async with asyncio.timeout(probe.rule.timeout.total_seconds()):
                code, found = await _inspect(target)
        except (aiohttp.ClientError, OSError, ValueError) as error:  # the engine is ours: the container may be well
            cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
            fault, detail = fault_of(cause)
            return Sample(now, clock() - begun, fault=fault, detail=detail or str(target.socket), blind=True)
        took = clock() - begun
        if code == 404:
            return Sample(now, took, fault="no_container", detail=target.container)
        if code != 200:
            detail = str(found.get("message") or "")[:_DETAIL_CHARS]
            return Sample(now, took, fault="protocol", detail=f"{code} {detail}".strip(), blind=True)
        return _read(now, took, found, counted)

    return look


async def _inspect(target: ContainerTarget) -> tuple[int, Mapping[str, Any]]:
    connector = aiohttp.UnixConnector(path=str(target.socket), force_close=True)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None)) as session,
        session.get(f"http://engine/containers/{target.container}/json", allow_redirects=False) as answer,
    ):
        body = bytearray()
        while chunk := await answer.content.read(64 << 10):
            body += chunk
            if len(body) > MOST_ANSWER:
                raise ValueError("the engine's answer is too large")
        found = _decoded(bytes(body))
        return answer.status, found


def _decoded(body: bytes) -> Mapping[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError("the engine's answer is not a JSON object") from error


def _read(now: datetime, took: float, found: Mapping[str, Any], counted: deque[tuple[datetime, int]]) -> Sample:
    state = found.get("State")
    if not isinstance(state, dict):
        return Sample(now, took, fault="protocol", detail="State", blind=True)
    restarts = _restarts(now, found.get("RestartCount"), counted)
    checked = state.get("Health")
    health: Mapping[str, Any] = checked if isinstance(checked, dict) else {}
    health_word = str(health.get("Status") or "none")
    facts = {"state": str(state.get("Status") or "?")[:20], "health": health_word[:20]}
    if not state.get("Running") or state.get("Paused") or state.get("Restarting"):
        return Sample(now, took, value=restarts, fault="not_running", detail=_why_not(state), facts=facts)
    if health_word == "unhealthy":
        return Sample(now, took, value=restarts, fault="unhealthy", detail=_last_output(health), facts=facts)
    if health_word == "starting":
        return Sample(now, took, value=restarts, status=Status.OK, detail=health_word, facts=facts)
    return Sample(now, took, value=restarts, facts=facts)


def _restarts(now: datetime, count: object, counted: deque[tuple[datetime, int]]) -> float:
    """By how much the engine's count has grown within the last hour, as far as we have looked."""
    current = count if isinstance(count, int) else 0
    if counted and current < counted[-1][1]:
        counted.clear()  # another container of the same name, or one that was started by hand
    counted.append((now, current))
    while len(counted) > 1 and counted[1][0] <= now - LATELY:
        counted.popleft()
    return float(current - counted[0][1])


def _why_not(state: Mapping[str, Any]) -> str:
    word, code = str(state.get("Status") or "?"), state.get("ExitCode")
    said = f"{word} ({code})" if word in ("exited", "dead") else word
    if state.get("OOMKilled"):
        said += ", out of memory"
    error = str(state.get("Error") or "").strip()
    return f"{said}: {error}"[:_DETAIL_CHARS] if error else said[:_DETAIL_CHARS]


def _last_output(health: Mapping[str, Any]) -> str:
    log = health.get("Log")
    last = log[-1] if isinstance(log, list) and log and isinstance(log[-1], dict) else {}
    return " ".join(str(last.get("Output") or "").split())[:_DETAIL_CHARS]
