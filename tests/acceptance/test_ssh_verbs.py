from __future__ import annotations

import json
import signal
import subprocess

import pytest
from ssh_bed import BOUND, Console, Gate, Keys, Terminal, ssh, ssh_command, until

from batmon.model import Role


@pytest.fixture(scope="module")
def bed(tmp_path_factory):
    state = tmp_path_factory.mktemp("state")
    state.chmod(0o700)
    keys = Keys(tmp_path_factory.mktemp("keys"), state)
    keys.add("kim")
    keys.add("guest", Role.VIEWER)
    with Gate(state) as gate, Console(state) as console:
        yield console, keys.folder, gate


def test_a_verb_prints_and_gives_its_exit_code(bed):
    console, keys, _ = bed
    found = ssh(console, keys / "kim", "check --json")
    assert found.returncode == 2, found
    assert json.loads(found.stdout)["status"] == "ERROR"
    assert b"\r" not in found.stdout
    found = ssh(console, keys / "kim", "check")
    assert found.stdout.startswith(b"BATMON ERROR - fund_mail")


def test_on_a_terminal_too(bed):
    console, keys, _ = bed
    with Terminal(ssh_command(console, keys / "kim", "-tt", "check")) as terminal:
        assert terminal.ended() == 2
        assert b"BATMON ERROR - fund_mail: run failed\r\n" in terminal.seen


@pytest.mark.parametrize("command", ["no-such-verb", "runs --no-such-option", "check 'open quote", "; id", "$(id)"])
def test_wrong_usage_is_said_and_no_shell_sees_it(bed, command):
    console, keys, _ = bed
    found = ssh(console, keys / "kim", command)
    assert found.returncode == 2
    assert found.stderr
    assert b"uid=" not in found.stdout + found.stderr
    assert b"Traceback" not in found.stderr


def test_without_terminal_and_command_it_says_what_to_do(bed):
    console, keys, _ = bed
    found = ssh(console, keys / "kim", "-T", "")
    assert found.returncode == 1
    assert b"needs a terminal" in found.stderr


def test_there_are_no_other_subsystems(bed):
    console, keys, _ = bed
    found = ssh(console, keys / "kim", "-s", "netconf")
    assert found.returncode == 255
    assert b"subsystem request failed" in found.stderr


def speak(bed, who, *lines):
    console, keys, _ = bed
    text = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
    command = ssh_command(console, keys / who, "-s", "batmon-gate")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
        client.stdin.write(text)
        client.stdin.flush()
        answers = [json.loads(client.stdout.readline()) for _ in lines]
        client.kill()
    return answers


def hello(number=1, **args):
    return {"id": number, "verb": "hello", "args": {"protocol": 1, "client": "test", **args}}


def test_the_gates_subsystem_knows_who_we_are_whatever_we_say(bed):
    lie = {"user": "kim", "key": "SHA256:xxx", "peer": "local"}
    for greeting in (hello(), hello(**{"as": lie}), hello(**{"as": None, "token": "x"})):
        (answer,) = speak(bed, "guest", greeting)
        assert (answer["ok"]["user"], answer["ok"]["role"]) == ("guest", "viewer")
    first, second, third = speak(bed, "guest", hello(), hello(2, **{"as": lie}), {"id": 3, "verb": "rerun", "args": {}})
    assert "ok" in first
    assert "error" in second
    assert third["error"]["code"] == "needs_role"
    told = bed[2].audit
    until(lambda: ("rerun", "guest", "refused") in [(e.action, e.actor, e.outcome) for e in told], "the audit entry")


def test_the_gates_subsystem_needs_a_hello(bed):
    (answer,) = speak(bed, "kim", {"id": 5, "verb": "check", "args": {}})
    assert answer["id"] == 5
    assert "hello" in answer["error"]["message"]


def test_a_reader_that_stalls_holds_the_gate_back(bed):
    console, keys, gate = bed
    command = ssh_command(console, keys / "kim", "-s", "batmon-gate")
    before = console.server().memory_info().rss
    until(lambda: gate.server.connections == 0, "quiet")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
        client.stdin.write(f"{json.dumps(hello())}\n{json.dumps({'id': 2, 'verb': 'endless', 'args': {}})}\n".encode())
        client.stdin.flush()
        for _ in range(20):
            assert client.stdout.readline()
        client.send_signal(signal.SIGSTOP)
        until(lambda: console.server().cpu_percent(0.2) < 20, "the bridge waits")
        assert console.server().memory_info().rss - before < 16 * 1024 * 1024
        client.kill()
        client.wait(BOUND)
    until(lambda: gate.server.connections == 0, "the bridge is gone")
