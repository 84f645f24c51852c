"""A real daemon read by other programs: its verdicts as JSON, its figures as Prometheus reads them."""

from __future__ import annotations

import asyncio
import socket

import aiohttp
from installation import PATIENCE_SEC, log_line
from prometheus_client.openmetrics.parser import text_string_to_metric_families

ACCEPT = {"Accept": "application/openmetrics-text; version=1.0.0"}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


async def answering(session):
    """Wait until it listens: it begins a moment after the gate does."""
    while True:
        try:
            async with session.head("/metrics"):
                return
        except aiohttp.ClientConnectorError:
            await asyncio.sleep(0.02)


async def figures(session):
    """Name and outcome to value, of the program."""
    async with session.get("/metrics", headers=ACCEPT) as answer:
        said = await answer.text()
    return {
        (one.name, one.labels.get("outcome", "")): one.value
        for family in text_string_to_metric_families(said)
        for one in family.samples
        if one.labels.get("program") == "kindscrap"
    }


async def test_verdicts_and_figures_of_a_daemon(installation):
    port = free_port()
    installation.tables.append(f'[http]\nenabled = true\nlisten = "127.0.0.1:{port}"\n')
    log = installation.add_program("kindscrap")
    await installation.start()
    lines = (log_line("공시정보 수집 시작"), log_line("로그인 실패: 비밀번호가 올바르지 않습니다", "ERROR"))
    log.write_text("".join(lines), "utf-8")
    row = await installation.until("kindscrap", lambda row: row["status"] == "ERROR")
    async with asyncio.timeout(PATIENCE_SEC), aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        await answering(session)
        async with session.get("/api/v1/batmon/check") as answer:
            found = await answer.json()
        while not (samples := await figures(session))["batmon_program_today_runs", "failed"]:
            await asyncio.sleep(0.1)  # they are rolled up a moment later
    assert found["status"] == "ERROR"
    (service,) = found["services"]
    assert service["name"] == "kindscrap"
    assert "로그인 실패" in service["message"]
    assert service["last_run_status"] == "FAILED"
    assert service["last_run"] == row["last_run"]["start_time"]
    assert samples["batmon_program_status", ""] == 2
    assert samples["batmon_program_incident", ""] == 1
    assert samples["batmon_program_today_runs", "failed"] == 1
    assert samples["batmon_program_today_runs", "succeeded"] == 0
