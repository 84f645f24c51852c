"""A whole daemon with probes: board, check, checks in the place of runs, restarts, incidents."""

import asyncio
import json

import pytest_asyncio
from aiohttp import web

from batmon.errors import NotFound
from tests.acceptance.installation import Installation
from tests.state_folders import new_state_folder


class Site:
    """An HTTP server that answers as it is told."""

    status, seconds = 200, 0.0

    async def answer(self, _request):
        await asyncio.sleep(self.seconds)
        return web.Response(status=self.status, text="상태: 정상")


@pytest_asyncio.fixture
async def site():
    made = Site()
    app = web.Application()
    app.router.add_get("/health", made.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/health"
    yield made
    await runner.cleanup()


@pytest_asyncio.fixture
async def place(site):
    installed = Installation(new_state_folder())
    installed.tables.append(
        f"""
[email]
host = "127.0.0.1"
port = 1
security = "none"
sender = "batmon@example.com"
admins = ["ops@example.com"]

[[probes]]
name = "api"
title = "결제 API"
kind = "http"
url = "{site.url}"
expect_text = "정상"
warn = "2s"
every = "1s"

[[probes]]
name = "db"
kind = "database"
every = "2s"

[[probes]]
name = "disk"
kind = "disk"
path = "/"
warn = "1KB"
crit = "off"
"""
    )
    yield installed
    await installed.remove()


async def test_probes_stand_beside_programs(place, site):
    place.add_program("kindscrap")
    await place.start()
    api = await place.until("api", lambda row: row["status"] == "OK")
    assert (api["probe"], api["title"], api["reason"]) == ("http", "결제 API", "in_limits")
    assert api["last_run"]["origin"] == "probe"
    assert (await place.until("kindscrap", lambda _row: True))["probe"] == ""
    assert (await place.until("batmon-mail", lambda row: row["status"] == "OK"))["probe"] == "mail"

    checked, code = await place.check("api", "db", "disk")
    assert (checked["status"], code) == ("OK", 0)

    site.seconds = 2.2
    slow = await place.until("api", lambda row: row["status"] == "WARNING" and row["incident"])
    assert slow["facts"]["value"] > 2.2
    code, out, _ = await place.batmon("check", "api", "--language", "ko")
    assert code == 1
    assert "(기준 2초)" in out

    site.seconds, site.status = 0.0, 500
    failed = await place.until("api", lambda row: row["status"] == "ERROR")
    assert failed["facts"]["detail"] == "500 Internal Server Error"
    code, out, _ = await place.batmon("check", "api")
    assert code == 2
    assert "HTTP 500 Internal Server Error instead of 200-399" in out

    answer = await place.ask("program", name="api")
    assert answer["config"] | {"target": ""} == {
        "probe": "http", "target": "", "every_sec": 1.0, "timeout_sec": 10.0, "warn": 2.0, "crit": None, "unit": "s",
        "below": False, "for_sec": 0.0, "alert_after": 1, "tags": [], "depends_on": [], "keep_sec": 14 * 86400.0,
        "timezone": answer["config"]["timezone"],
    }  # fmt: skip
    assert [run["status_of"] for run in answer["recent"]].count("WARNING") >= 1
    page = await place.ask("runs", program="api", limit=1, before=answer["recent"][0]["start_time"])
    assert page["runs"][0]["start_time"] == answer["recent"][1]["start_time"]
    assert page["more"]

    code, out, _ = await place.batmon("runs", "api", "--limit", "1")
    assert code == 0
    assert "HTTP 500" in out
    code, out, _ = await place.batmon("runs", "api", "--json", "--limit", "1")
    (look,) = json.loads(out)
    assert (look["status_of"], look["reason"], look["log_id"]) == ("ERROR", "probe_failed", None)


async def test_a_restart_and_a_look_that_is_asked_for(place, site):
    await place.start()
    first = await place.until("disk", lambda row: row["status"] == "OK")
    assert await place.stop() == 0
    site.status = 503
    await place.start()
    again = await place.until("disk", lambda row: row["status"] == "OK")
    assert len(again["strip"]) == len(first["strip"]) + 1
    assert again["since"] == first["since"]
    failed = await place.until("api", lambda row: row["status"] == "ERROR" and row["incident"])
    site.status = 200
    looked = (await place.ask("probe.look", program="api"))["row"]
    assert looked["status"] == "OK"
    assert looked["since"] > failed["since"]
    await place.until("api", lambda row: row["incident"] is None)


async def test_verbs_that_make_no_sense_for_a_probe_are_refused(place):
    await place.start()
    await place.until("api", lambda row: row["status"] == "OK")
    for verb, args in (("log.files", {"program": "api"}), ("log.retention", {"program": "api"})):
        try:
            await place.ask(verb, **args)
        except NotFound:
            continue
        raise AssertionError(verb)
    code, _, err = await place.batmon("rerun", "api", BATMON_PASSWORD="x")
    assert code != 0
    assert "Traceback" not in err
    code, out, _ = await place.batmon("config", "show")
    assert code == 0
    assert json.loads(out)["probes"][0]["target"]["url"] == "***"


async def test_an_automation_that_fails_is_on_the_board_within_moments(place):
    place.tables.append(
        """
[[automations]]
name = "daily_stats"
schedule = "0 0 * * *"
[[automations.steps]]
do = "sql"
sql = "SELECT 1 / 0"
"""
    )
    await place.start()
    well = await place.until("batmon-automations", lambda row: row["status"] == "OK")
    assert well["probe"] == "automations"
    await place.ask("automation.run", name="daily_stats")
    failed = await place.until("batmon-automations", lambda row: row["status"] == "ERROR")
    assert failed["facts"]["detail"].startswith("daily_stats (")
    assert failed["facts"]["troubled"] == [{"name": "daily_stats", "trouble": "failed"}]
    code, out, _ = await place.batmon("check", "batmon-automations", "--language", "ko")
    assert code == 2
    assert "실패했거나 실행되지 않은 자동화 1건: daily_stats (" in out
