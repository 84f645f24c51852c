"""A program records items: they are in the answer of the gate and of ``batmon run``."""

import asyncio
import json
import sys

import pytest

from tests.acceptance.installation import Installation
from tests.state_folders import new_state_folder

PROGRAM = """
import sys
from batmon.record import RunLog
with RunLog().run("Invoice_Bot", "Daily") as run:
    run.item("user1@example.com", processed=100, failed=0)
    run.item("사용자2\\x1b[31m", processed=3, failed=2, error="로그인 실패\\nTraceback")
    for number in range(int(sys.argv[1])):
        run.item(f"many {number:04d}", processed=1)
print(run.id)
"""


@pytest.fixture
async def home():
    made = Installation(new_state_folder())
    await made.start()
    yield made
    await made.remove()


async def recorded(home, more=0):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(more), env=home.environ, stdout=asyncio.subprocess.PIPE
    )
    run_id = (await process.communicate())[0].decode().strip()
    await home.until("Invoice_Bot", lambda row: (row["last_run"] or {}).get("run_id") == run_id)
    return run_id


async def test_a_run_with_its_items(home):
    run_id = await recorded(home)
    code, out, _ = await home.batmon("run", run_id)
    assert code == 0
    assert run_id in out
    assert "user1@example.com" in out
    assert "사용자2␛[31m" in out
    assert "2 items, 1 failed; 103 processed, 2 failed" in out
    (run,) = (await home.ask("runs", program="Invoice_Bot"))["runs"]
    assert run["items"] == {"items": 2, "failed_items": 1, "processed": 103, "failed": 2}
    code, out, _ = await home.batmon("run", str(run["log_id"]), "--json")
    found = json.loads(out)
    assert (found["run"]["run_id"], found["totals"]) == (run_id, run["items"])
    assert [item["error"].splitlines() for item in found["items"]] == [[], ["로그인 실패", "Traceback"]]
    for wrong, words in (("4711", "no run has the id 4711"), ("x", "is not a run's id")):
        code, out, err = await home.batmon("run", wrong)
        assert (code != 0, out) == (True, "")
        assert words in err


async def test_more_items_than_one_answer_holds(home):
    run_id = await recorded(home, 1200)
    page = await home.ask("run.items", run_id=run_id)
    assert (len(page["items"]), page["more"]) == (1000, True)
    _, out, _ = await home.batmon("run", run_id, "--json")
    accounts = [item["account"] for item in json.loads(out)["items"]]
    assert len(accounts) == len(set(accounts)) == 1202


async def test_a_bot_that_nobody_configured_is_there_after_a_restart(home):
    run_id = await recorded(home)
    await home.stop()
    await home.start()
    code, out, err = await home.batmon("check", "Invoice_Bot", "--json")
    assert (code, err) == (0, "")
    (found,) = json.loads(out)["programs"]
    assert found["last_run"]["run_id"] == run_id
    for program, code, words in (("Invoice_Bot", 0, "no errors"), ("nobody", 1, "no program is called 'nobody'")):
        said = await home.batmon("errors", program)
        assert (said[0], words in said[2]) == (code, True)
