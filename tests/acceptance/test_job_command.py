"""Automations as people have them: a configuration, a daemon, the command line; and the daemon killed in the middle."""

import asyncio
import json
import sys

import pytest

AUTOMATIONS = f"""
[[automations]]
name = "greet"
title = "인사"
schedule = "0 0 1 1 *"
timezone = "Asia/Seoul"
[[automations.steps]]
do = "command"
command = [{json.dumps(sys.executable)}, "-c", "print('안녕하세요')"]
as = "said"
[[automations.steps]]
do = "feed"
title = "{{{{ said.output }}}}"

[[automations]]
name = "broken"
schedule = "0 0 1 1 *"
[[automations.steps]]
do = "sql"
sql = "SELECT 1 / 0"

[[automations]]
name = "waiting"
schedule = "0 0 1 1 *"
[[automations.steps]]
do = "sql"
sql = "SELECT pg_sleep(CASE WHEN attempt = 1 THEN 30 ELSE 0 END) FROM automation_logs WHERE id = :execution"
"""  # noqa: S608 - a configuration


@pytest.fixture
async def house(installation):
    installation.tables.append(AUTOMATIONS)
    await installation.start()
    return installation


async def test_it_is_listed_run_shown_paused_and_resumed(house):
    code, out, err = await house.batmon("job", "list")
    assert code == 0, err
    assert "greet" in out
    assert "인사" in out
    code, out, err = await house.batmon("job", "run", "greet", "--wait")
    assert (code, out.strip()) == (0, "안녕하세요"), err
    code, out, err = await house.batmon("job", "run", "broken", "--wait")
    assert code == 1
    assert "division by zero" in err
    code, out, err = await house.batmon("job", "show", "greet", "--json")
    shown = json.loads(out)
    assert shown["automation"]["last"]["status"] == "success"
    assert shown["automation"]["steps"] == ["command", "feed"]
    assert shown["automation"]["next_due"].endswith("-12-31T15:00:00+00:00")
    assert shown["log"][0]["started_by"]
    code, out, err = await house.batmon("job", "pause", "greet", "--why", "이전 작업")
    assert code == 0, err
    code, out, err = await house.batmon("job", "show", "greet")
    assert "이전 작업" in out
    (one,) = [each for each in json.loads((await house.batmon("job", "list", "--json"))[1]) if each["name"] == "greet"]
    assert one["paused"]
    assert one["next_due"] is None
    await house.batmon("job", "resume", "greet")
    code, out, err = await house.batmon("job", "log", "broken", "--json")
    assert [json.loads(line)["status"] for line in out.splitlines()] == ["failed"]
    code, out, err = await house.batmon("job", "run", "nothing")
    assert code == 1
    assert "nothing" in err
    entries = (await house.ask("audit", limit=50))["entries"]
    assert {("automation.run", "greet"), ("automation.pause", "greet")} <= {(e["action"], e["target"]) for e in entries}


async def test_a_killed_daemon_takes_up_what_it_was_killed_in(house):
    code, _, err = await house.batmon("job", "run", "waiting")
    assert code == 0, err
    async with asyncio.timeout(30):
        while not (await house.ask("automation", name="waiting"))["automation"]["running"]:
            await asyncio.sleep(0.02)
        while (await house.ask("automation", name="waiting"))["log"][0]["status"] != "running":
            await asyncio.sleep(0.02)
    await house.kill()
    await house.start()
    async with asyncio.timeout(90):
        while (found := (await house.ask("automation", name="waiting"))["log"][0])["status"] != "success":
            await asyncio.sleep(0.1)
    assert [one["broke_off"] for one in found["attempts"]] == [True]
