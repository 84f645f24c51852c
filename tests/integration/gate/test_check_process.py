"""``batmon check`` as scripts meet it: a real process, a real gate, exit codes and nothing else."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE

import pytest
from gate_world import CHECKED

TEXT = CHECKED["text"] + "\n"


def environment():
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BATMON_")}
    return {**kept, "PYTHONUTF8": "1"}


async def batmon(*words, **options):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "batmon", *words, stdin=DEVNULL, stdout=PIPE, stderr=PIPE,
        env=environment() | options.pop("env", {}), **options,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, out.decode(), err.decode()


async def test_the_daemon_s_words_and_code(world):
    assert await batmon("check", "--state", str(world.state)) == (2, TEXT, "")
    assert await batmon("check", env={"BATMON_STATE": str(world.state)}) == (2, TEXT, "")
    assert world.calls == [{"language": "en"}] * 2


async def test_json_is_what_the_daemon_said_without_text_and_exit(world):
    code, out, err = await batmon("--state", str(world.state), "check", "--json", "kindscrap")
    assert (code, err) == (2, "")
    assert json.loads(out) == {key: value for key, value in CHECKED.items() if key not in ("text", "exit")}
    assert world.calls == [{"programs": ["kindscrap"], "language": "en"}]


async def test_names_and_language_arrive_whole(world):
    await batmon("check", "--language=ko", "--state", str(world.state), "--", '-a"\\', "한글 \x1b")
    assert world.calls == [{"programs": ['-a"\\', "한글 \x1b"], "language": "ko"}]


async def test_the_ordinary_way_says_the_same(world):
    quick = await batmon("check", "--state", str(world.state))
    ordinary = await batmon("--json", "check", "--state", str(world.state))
    assert ordinary[0] == 3  # wrong usage, --json belongs to the verb: a plug-in says UNKNOWN
    assert await batmon("check", "--state", str(world.state), "--language", "auto") == quick


async def test_an_unknown_program_is_unknown(world):
    expected = "BATMON UNKNOWN - no program is called 'nobody'\n"
    assert await batmon("check", "nobody", "--state", str(world.state)) == (3, expected, "")


async def test_an_answer_of_another_shape_is_understood(world):
    async def check(_caller, _args):
        return {"exit": 0, "text": "BATMON OK - 로그", "status": "OK", "programs": []}

    world.gate.verbs = {**world.verbs, "check": type(world.verbs["check"])(world.verbs["check"].role, answer=check)}
    assert await batmon("check", "--state", str(world.state)) == (0, "BATMON OK - 로그\n", "")
    code, out, _ = await batmon("check", "--json", "--state", str(world.state))
    assert (code, json.loads(out)) == (0, {"status": "OK", "programs": []})


async def test_a_daemon_that_hangs_is_unknown_in_time(world):
    async def check(_caller, _args):
        await world.go.wait()
        return {}

    world.gate.verbs = {**world.verbs, "check": type(world.verbs["check"])(world.verbs["check"].role, answer=check)}
    code, out, err = await batmon("check", "--timeout", "0.2", "--state", str(world.state))
    assert (code, err) == (3, "")
    assert out == f"BATMON UNKNOWN - the daemon at {world.address} did not answer within 0.2 s\n"


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff\n\xff\n", b'{"id":1}\n[]\n'])
async def test_something_else_at_the_gate_is_unknown(world, said):
    await world.gate.stop()

    async def other(reader, writer):
        await reader.readline()
        writer.write(said)
        writer.close()

    server = await asyncio.start_unix_server(other, world.address)
    code, out, err = await batmon("check", "--state", str(world.state))
    server.close()
    assert (code, err) == (3, "")
    assert out.startswith("BATMON UNKNOWN - ")
    assert out.count("\n") == 1


async def test_a_terminal_of_another_encoding_gets_escapes_instead_of_a_traceback(world):
    options = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    code, out, err = await batmon("check", "--state", str(world.state), env=options)
    assert (code, err) == (2, "")
    assert "\\ub85c" in out


async def test_interrupted_it_is_130_without_a_word(world):
    async def check(_caller, _args):
        world.began.set()
        await world.go.wait()
        return {}

    world.gate.verbs = {**world.verbs, "check": type(world.verbs["check"])(world.verbs["check"].role, answer=check)}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "batmon",
        "check",
        "--state",
        str(world.state),
        stdout=PIPE,
        stderr=PIPE,
        env=environment(),
    )
    await asyncio.wait_for(world.began.wait(), 20)
    process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(process.communicate(), 20) == (b"", b"")
    assert process.returncode == 130


async def test_whoever_stops_reading_gets_no_noise(world):
    read, write = os.pipe()
    os.close(read)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "batmon",
        "check",
        "--state",
        str(world.state),
        stdout=write,
        stderr=PIPE,
        env=environment(),
    )
    os.close(write)
    _, err = await asyncio.wait_for(process.communicate(), 20)
    assert (process.returncode, err) == (141, b"")
