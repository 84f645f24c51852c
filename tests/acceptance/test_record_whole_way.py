"""Programs that record their own runs, with a real daemon, its absence, and what it thinks of them."""

import asyncio
import os
import signal
import sys

from tests.acceptance.installation import PATIENCE_SEC

SLEEPER = (
    "import sys, time\nfrom batmon.record import RunLog\n"
    "with RunLog().run('Sleeper', 'Nightly') as run:\n"
    "    run.item('user1@example.com', processed=1)\n    print(run.id, run.log_id, flush=True)\n    time.sleep(120)\n"
)
QUICK = (
    "from batmon.record import RunLog\n"
    "with RunLog().run('Quick', 'Daily') as run:\n"
    "    run.item('user1@example.com', processed=100)\n"
    "print(run.log_id)\n"
)


async def python(installation, program):
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, env=installation.environ, stdout=asyncio.subprocess.PIPE
    )


async def test_a_recorded_run_is_on_the_board_and_judged(installation):
    await installation.start()
    for _ in range(20):  # a program waits a moment for its number: the machine may be busy, but not all the time
        child = await python(installation, QUICK)
        out, _ = await child.communicate()
        assert child.returncode == 0
        if out != b"None\n":
            break
    number = int(out)
    row = await installation.until("Quick", lambda row: row["reason"] == "succeeded")
    assert row["last_run"]["processed_count"] == 100
    assert number in [run["log_id"] for run in (await installation.ask("runs", program="Quick"))["runs"]]


async def test_a_killed_program_is_seen_dead_within_seconds(installation):
    await installation.start()
    child = await python(installation, SLEEPER)
    await child.stdout.readline()
    await installation.until("Sleeper", lambda row: row["running"])
    child.send_signal(signal.SIGKILL)
    await child.wait()
    row = await installation.until("Sleeper", lambda row: row["reason"] == "died")
    assert row["status"] == "ERROR"


async def test_what_was_recorded_while_the_daemon_was_away_comes_with_it(installation):
    child = await python(installation, QUICK)
    out, _ = await child.communicate()
    assert out == b"None\n"
    code, run_id, _ = await installation.batmon("record", "start", "Command", "Task")
    assert code == 0
    code, _, err = await installation.batmon(
        "record", "end", run_id.strip(), "--status", "FAILED", "--message", "no file"
    )
    assert (code, err) == (0, "")
    await installation.start()
    await installation.until("Quick", lambda row: row["reason"] == "succeeded")
    row = await installation.until("Command", lambda row: row["reason"] == "failed")
    assert "no file" in str(row)


async def test_exec_with_a_daemon_that_is_killed_meanwhile(installation):
    await installation.start()
    script = "echo working; read line; echo done; exit 3"
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "batmon", "exec", "Wrapped", "Task", "--", "sh", "-c", script, env=installation.environ,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert await child.stdout.readline() == b"working\n"
    await installation.until("Wrapped", lambda row: row["running"])
    await installation.kill()
    out, _ = await asyncio.wait_for(child.communicate(b"go\n"), PATIENCE_SEC)
    assert (child.returncode, out) == (3, b"done\n")
    await installation.start()
    row = await installation.until("Wrapped", lambda row: row["reason"] == "failed")
    assert row["last_run"]["message"] == "exit code 3: done"


async def test_a_run_whose_process_was_named_dies_with_it(installation):
    await installation.start()
    sleeper = await asyncio.create_subprocess_exec("sleep", "120")
    code, run_id, _ = await installation.batmon("record", "start", "Tool", "Task", "--pid", str(sleeper.pid))
    assert code == 0
    await installation.until("Tool", lambda row: row["running"])
    os.kill(sleeper.pid, signal.SIGKILL)
    await sleeper.wait()
    await installation.until("Tool", lambda row: row["reason"] == "died")
    code, _, _ = await installation.batmon("record", "end", run_id.strip(), "--status", "SUCCESS")
    assert code == 0
    await installation.until("Tool", lambda row: row["reason"] == "succeeded")
