"""Re-runs as real processes: hostile output, escapes, parameters, and a daemon that is killed at the worst moment."""

import asyncio
import json
import os
import sys
import uuid
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from batmon.engine.reruns import notes as rerun_notes
from batmon.engine.reruns.runner import MARK, Runner
from batmon.engine.tasks import Tasks
from batmon.errors import BadRequest, RunnerError
from batmon.evidence.processes import identify, is_alive, marked, stop_tree
from batmon.gate.sanitize import clean_value
from batmon.model import Origin, ProcessEvidence, Program, Run, RunStatus
from batmon.store.run_rows import run_json

BOUND = 20.0


def now():
    return datetime.now(UTC)


@pytest.fixture
async def house(tmp_path):
    """Makes runners over one folder, as daemons that come after one another; ``reports`` is what they recorded."""
    made = SimpleNamespace(reports=[], tasks=[], folder=tmp_path / "output", fails=False)

    async def report(run):
        if made.fails:
            await asyncio.sleep(3600)  # the daemon is killed in here
        made.reports.append(run)

    def runner():
        made.tasks.append(Tasks())
        return Runner(made.folder, made.tasks[-1], now=now, report=report)

    made.runner = runner
    made.program = lambda *argv, **more: Program(name="p", base_dir=tmp_path, rerun=argv, **more)
    yield made
    for note in rerun_notes.begun(made.folder):
        for process in marked(MARK, str(note.run_id)):
            await asyncio.to_thread(stop_tree, process, grace=0)
    for tasks in made.tasks:
        await tasks.stop()


async def ended(house, run_id):
    async with asyncio.timeout(BOUND):
        while not (found := [run for run in house.reports if run.run_id == run_id and run.finished]):
            await asyncio.sleep(0.02)
    return found[0]


async def output(runner, run_id):
    return [text async for _, text in runner.output(run_id)]


FLOOD = "import sys; [sys.stdout.write('\\x1b]52;c;eA==\\x07\\u202e' * 4000) for _ in range(100)]; sys.exit(3)"


async def test_output_without_a_newline_is_bounded_everywhere(house):
    runner = house.runner()
    run = await runner.start(house.program(sys.executable, "-c", FLOOD), by="kim")
    pieces = await output(runner, run.run_id)
    assert sum(map(len, pieces)) == 100 * 4000 * 13
    assert "\ufffd" not in "".join(pieces)
    assert all(len(json.dumps(clean_value({"text": piece}), ensure_ascii=False).encode()) < 600_000 for piece in pieces)
    over = await ended(house, run.run_id)
    assert over.status is RunStatus.FAILED
    shown = json.dumps(clean_value(run_json(over)), ensure_ascii=False).encode()
    assert len(shown) < 200_000
    assert b"\x1b" not in shown


async def test_stopping_ends_what_left_the_tree_and_is_deaf(house):
    escape = (
        "import os, signal, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork(): os._exit(0)\n"
        "    os.setsid(); signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "    print(os.getpid(), flush=True); time.sleep(600)\n"
        "os.wait(); time.sleep(600)\n"
    )
    runner = house.runner()
    run = await runner.start(house.program(sys.executable, "-c", escape), by="kim")
    async with asyncio.timeout(BOUND):
        escaped = identify(int(await anext(text async for _, text in runner.output(run.run_id))))
    assert await runner.stop(runner.find(run.run_id), by="lee", grace=0.3) == 2
    assert not is_alive(escaped)
    assert (await ended(house, run.run_id)).message == "stopped by lee"


async def test_a_daemon_killed_before_it_could_record_the_start_leaves_no_stray(house):
    house.fails = True
    program = house.program(sys.executable, "-c", "import time; time.sleep(600)")
    start = asyncio.create_task(house.runner().start(program, by="kim"))
    async with asyncio.timeout(BOUND):
        # asked of the output files: begun() sweeps notes that have none yet, as it may when no daemon is starting one
        while not any(marked(MARK, path.stem) for path in house.folder.glob("*.log")):
            assert not start.done(), start
            await asyncio.sleep(0.02)
    start.cancel()
    await asyncio.gather(start, return_exceptions=True)
    house.fails = False
    assert house.reports == []

    async def unknown(_run_id):
        return None

    second = house.runner()
    await second.recover({"p": program}, unknown)
    (run,) = house.reports
    assert (run.origin, run.started_by, run.status) == (Origin.RERUN, "kim", RunStatus.RUNNING)
    assert [active.run.run_id for active in second.active("p")] == [run.run_id]
    assert await second.stop(second.find(run.run_id), by="lee", grace=0.3) == 1
    assert (await ended(house, run.run_id)).status is RunStatus.FAILED


async def test_a_run_that_was_recorded_is_not_recovered_again(house):
    runner = house.runner()
    run = await runner.start(house.program(sys.executable, "-c", "pass"), by="kim")
    await ended(house, run.run_id)
    before = len(house.reports)

    async def known(run_id):
        return run if run_id == run.run_id else None

    await house.runner().recover({"p": house.program("x")}, known)
    assert len(house.reports) == before


async def test_a_row_that_somebody_wrote_does_not_make_a_process_ours(house):
    program = house.program(sys.executable, "-c", "pass")
    victim = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(600)")
    try:
        runner = house.runner()
        run = await runner.start(program, by="kim")
        await ended(house, run.run_id)
        forged = Run(
            run_id=uuid.uuid4(), program="p", status=RunStatus.RUNNING, start_time=now(),
            origin=Origin.RERUN, process=ProcessEvidence(pid=victim.pid, alive=True),
        )  # fmt: skip
        await runner.adopt(program, forged)
        assert (await ended(house, forged.run_id)).status is RunStatus.FAILED
        assert victim.returncode is None
    finally:
        victim.kill()
        await victim.wait()


async def test_a_command_that_cannot_start_leaves_nothing(house):
    runner = house.runner()
    with pytest.raises(RunnerError, match="could not start"):
        await runner.start(house.program("/nonexistent/program"), by="kim")
    assert list(house.folder.iterdir()) == []
    with pytest.raises(RunnerError, match="could not start"):
        await runner.start(Program(name="p", base_dir=house.folder / "gone", rerun=(sys.executable,)), by="kim")
    assert house.reports == []


@pytest.mark.parametrize("value", ["2026\n-11", "a\0b", "--config=/etc/passwd", "$(id)", "1" * 5000, "\ud800"])
async def test_parameters_outside_their_pattern_are_refused(house, value):
    program = house.program(sys.executable, "-c", "pass", "{month}", rerun_params={"month": r"\d[\d-]*"})
    with pytest.raises(BadRequest, match="is not allowed"):
        await house.runner().start(program, by="kim", params={"month": value})
    assert house.reports == []


async def test_a_parameter_is_one_argument_and_no_shell_sees_it(house):
    runner = house.runner()
    shows = "import sys; print(sys.argv[1:])"
    program = house.program(sys.executable, "-c", shows, "{any}", rerun_params={"any": ".*"})
    run = await runner.start(program, by="kim", params={"any": "; id > /tmp/x '$HOME' {any}"})
    assert await output(runner, run.run_id) == ["[\"; id > /tmp/x '$HOME' {any}\"]"]
    await ended(house, run.run_id)


async def test_old_output_goes_and_that_of_live_runs_stays(house, monkeypatch):
    monkeypatch.setattr(rerun_notes, "KEPT", 2)
    runner = house.runner()
    live = await runner.start(house.program(sys.executable, "-c", "import time; time.sleep(600)"), by="kim")
    os.utime(house.folder / f"{live.run_id}.log", (1, 1))
    for _ in range(4):
        run = await runner.start(house.program(sys.executable, "-c", "pass"), by="kim", force=True)
        await ended(house, run.run_id)
    left = {path.stem for path in house.folder.glob("*.log")}
    assert len(left) == 4  # two kept, one new since the last pruning, and the live one
    assert str(live.run_id) in left
    assert len(list(house.folder.glob("*.json"))) == 4
