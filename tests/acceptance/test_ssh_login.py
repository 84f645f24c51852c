from __future__ import annotations

import socket
import stat
import subprocess
import time
from datetime import UTC, datetime, timedelta

import pytest
from ssh_bed import BOUND, Console, Gate, Keys, Terminal, ssh, ssh_command, until


@pytest.fixture(scope="module")
def bed(tmp_path_factory):
    state = tmp_path_factory.mktemp("state")
    state.chmod(0o700)
    keys = Keys(tmp_path_factory.mktemp("keys"), state)
    keys.add("kim")
    limits = ("--max-keys", "3", "--login-timeout", "3", "--max-unauthenticated", "6")
    with Gate(state) as gate, Console(state, *limits, "--max-unauthenticated-per-address", "4") as console:
        console.audit = gate.audit
        yield console, keys


def refused(console, key, user=None):
    found = ssh(console, key, "-v", "check", user=user)
    return found.returncode == 255 and b"Permission denied (publickey)" in found.stderr


def test_the_host_key_is_ed25519_and_private(bed):
    console, _ = bed
    path = console.state / "ssh_host_ed25519_key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    shown = subprocess.run(["ssh-keygen", "-lf", path], capture_output=True, check=True).stdout
    assert b"ED25519" in shown


def test_a_key_goes_with_its_name_only(bed):
    console, keys = bed
    assert ssh(console, keys.folder / "kim", "check").returncode != 255
    assert refused(console, keys.folder / "kim", user="lee")
    assert refused(console, keys.make("stranger"), user="kim")
    assert console.says("refused", user="lee", why="no such user with this key", peer="127.0.0.1")
    assert console.says("login", user="kim")


def test_an_expired_key_and_one_from_elsewhere_are_refused(bed):
    console, keys = bed
    now = datetime.now(UTC)
    assert refused(console, keys.add("old", expires_at=now - timedelta(days=1)))
    assert refused(console, keys.add("far", from_patterns=("10.0.0.0/8",)))
    assert ssh(console, keys.add("near", from_patterns=("127.0.0.0/8",)), "check").returncode != 255
    assert ssh(console, keys.add("young", expires_at=now + timedelta(days=1)), "check").returncode != 255
    assert any("expired" in entry["why"] for entry in console.says("refused", user="old"))
    assert any("from 127.0.0.1" in entry["why"] for entry in console.says("refused", user="far"))


def test_a_restricted_key_runs_verbs_and_gets_no_terminal(bed):
    console, keys = bed
    path = keys.make("robot")
    with (console.state / "authorized_keys").open("a") as file:
        file.write(f'restrict,name="robot",role="viewer" {path.with_suffix(".pub").read_text()}')
    assert ssh(console, path, "check").returncode == 2
    with Terminal(ssh_command(console, path, "-tt", "")) as terminal:
        assert terminal.ended() != 0
        assert b"PTY allocation request failed" in terminal.seen


def test_a_key_that_was_taken_away_comes_in_no_more(bed):
    console, keys = bed
    path = keys.add("gone")
    assert ssh(console, path, "check").returncode == 2
    keys.ring.remove("gone")
    assert refused(console, path)


@pytest.mark.parametrize("limit", ["removed", "expired", "from elsewhere", "restricted"])
def test_somebody_who_is_inside_is_shown_out_when_the_key_may_not_be_used_any_more(bed, limit):
    console, keys = bed
    name = limit.replace(" ", "_")
    path = keys.add(name)
    ring = console.state / "authorized_keys"
    with Terminal(ssh_command(console, path, "-tt", "")) as terminal:
        terminal.wait_for(f"HELLO {name}")
        if limit == "removed":
            keys.ring.remove(name)
        else:
            options = {"expired": 'expiry-time="20200101"', "from elsewhere": 'from="10.9.9.9"'}
            option = options.get(limit, "restrict")
            lines = [f"{option},{line}" if name in line else line for line in ring.read_text().splitlines()]
            ring.write_text("\n".join(lines) + "\n")
        terminal.ended()
        assert "you may not stay" in terminal.text()
        assert b"\x1b[?1049l" in terminal.seen
    assert console.says("shown out", user=name)


def test_logins_good_and_bad_are_in_the_daemon_s_audit_trail(bed):
    console, keys = bed
    path = keys.add("audited")
    key = keys.ring.entries()[-1].fingerprint
    assert ssh(console, path, "check").returncode == 2
    assert refused(console, path, user="kim")

    def told():
        found = [(e.outcome, e.role, e.peer, e.target) for e in console.audit if e.action == "ssh login"]
        return ("done", "operator", "127.0.0.1", key) in found and ("refused", "none", "127.0.0.1", key) in found

    until(told, "both in the trail")
    assert any("no such user with this key" in e.detail for e in console.audit if e.outcome == "refused")


def test_x11_is_not_forwarded(bed):
    console, keys = bed
    command = ssh_command(console, keys.folder / "kim", "-v", "-X", "-tt", "")
    with Terminal(command, environment={"DISPLAY": "127.0.0.1:99"}) as terminal:
        terminal.wait_for("X11 forwarding request failed")
        terminal.wait_for("HELLO kim")


def test_an_environment_of_any_size_costs_nothing(bed):
    console, keys = bed
    # What the first connection loads, and keeps, is not of any environment.
    assert ssh(console, keys.folder / "kim", "check").returncode == 2
    before = console.server().memory_info().rss
    names = [f"V{n}" for n in range(600)]
    sent = [part for name in names for part in ("-o", f"SetEnv={name}={'x' * 1000}")]
    assert ssh(console, keys.folder / "kim", *sent, "check").returncode == 2
    assert console.server().memory_info().rss - before < 20 * 1024 * 1024


def test_too_many_keys_end_the_connection(bed):
    console, keys = bed
    more = [option for n in range(4) for option in ("-i", str(keys.make(f"wrong{n}")))]
    found = ssh(console, keys.folder / "wrong0", *more, "-i", str(keys.folder / "kim"), "check", user="kim")
    assert found.returncode == 255
    assert console.says("refused", user="kim", why="too many keys were tried")


@pytest.mark.parametrize("method", ["password", "keyboard-interactive", "gssapi-with-mic", "hostbased"])
def test_there_is_no_other_way_in(bed, method):
    console, keys = bed
    found = ssh(console, keys.folder / "kim", "-o", f"PreferredAuthentications={method}", "check")
    assert found.returncode == 255
    assert b"Permission denied (publickey)" in found.stderr


@pytest.mark.parametrize("wish", ["KexAlgorithms=ecdh-sha2-nistp256", "Ciphers=chacha20-poly1305@openssh.com",
                                  "MACs=hmac-sha1", "HostKeyAlgorithms=rsa-sha2-512"])  # fmt: skip
def test_other_algorithms_are_not_spoken(bed, wish):
    console, keys = bed
    ctr = ("-o", "Ciphers=aes256-ctr") if wish.startswith("MACs") else ()
    found = ssh(console, keys.folder / "kim", "-v", "-o", wish, *ctr, "check")
    assert found.returncode == 255
    assert b"no matching" in found.stderr


@pytest.mark.parametrize("cipher", ["aes256-gcm@openssh.com", "aes128-ctr"])
def test_those_named_are(bed, cipher):
    console, keys = bed
    assert ssh(console, keys.folder / "kim", "-o", f"Ciphers={cipher}", "check").returncode == 2


def test_nothing_is_forwarded(bed):
    console, keys = bed
    kim = keys.folder / "kim"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = ssh(console, kim, "-o", "ExitOnForwardFailure=yes", "-R", f"{port}:127.0.0.1:1", "check")
    assert found.returncode == 255
    assert b"remote port forwarding failed" in found.stderr
    found = ssh(console, kim, "-W", f"127.0.0.1:{console.port}", "")
    assert found.returncode == 255
    assert b"open failed" in found.stderr + found.stdout or b"forwarding failed" in found.stderr
    found = ssh(console, kim, "-R", f"{console.state}/unix:127.0.0.1:1", "-o", "ExitOnForwardFailure=yes", "check")
    assert found.returncode == 255
    assert not (console.state / "unix").exists()


def test_no_agent_is_forwarded(bed, tmp_path):
    console, keys = bed
    place = str(tmp_path / "agent")
    with subprocess.Popen(["ssh-agent", "-D", "-a", place], stdout=subprocess.DEVNULL) as agent:
        try:
            until((tmp_path / "agent").exists, "the agent")
            command = ssh_command(console, keys.folder / "kim", "-v", "-A", "-tt", "")
            with Terminal(
                [part.replace("IdentityAgent=none", f"IdentityAgent={place}") for part in command]
            ) as terminal:
                terminal.wait_for("Requesting authentication agent forwarding")
                terminal.wait_for("HELLO kim")
                listening = [c.laddr for c in console.server().net_connections("unix") if "agent" in str(c.laddr)]
                assert not listening
        finally:
            agent.terminate()


def test_local_and_dynamic_forwards_reach_nothing(bed):
    console, keys = bed
    with socket.socket() as free, socket.socket() as other:
        free.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        local, dynamic = free.getsockname()[1], other.getsockname()[1]
    forwards = ("-L", f"{local}:127.0.0.1:{console.port}", "-D", str(dynamic))
    with Terminal(ssh_command(console, keys.folder / "kim", *forwards, "-tt", "")) as terminal:
        terminal.wait_for("HELLO kim")
        with socket.create_connection(("127.0.0.1", local), timeout=BOUND) as through:
            assert through.recv(100) == b""
        with socket.create_connection(("127.0.0.1", dynamic), timeout=BOUND) as through:
            through.sendall(b"\x05\x01\x00")
            assert through.recv(2) == b"\x05\x00"
            through.sendall(b"\x05\x01\x00\x01\x7f\x00\x00\x01" + console.port.to_bytes(2, "big"))
            assert b"SSH-2.0" not in through.recv(100)


def test_those_who_do_not_log_in_are_few_and_do_not_stay(bed):
    console, keys = bed
    until(lambda: console.sockets() == 0, "quiet")
    idle = [socket.create_connection(("127.0.0.1", console.port), timeout=BOUND) for _ in range(4)]
    began = time.monotonic()
    try:
        assert all(sock.recv(100).startswith(b"SSH-2.0-BATMON") for sock in idle)
        with socket.create_connection(("127.0.0.1", console.port), timeout=BOUND) as fifth:
            assert b"too many logins at once from your address" in fifth.recv(200)
        for sock in idle:
            while sock.recv(4096):
                pass
        assert 2 < time.monotonic() - began < BOUND
    finally:
        for sock in idle:
            sock.close()
    assert ssh(console, keys.folder / "kim", "check").returncode == 2


def test_others_may_not_write_the_key_ring(bed):
    console, keys = bed
    ring = console.state / "authorized_keys"
    ring.chmod(0o666)
    ring.touch()
    try:
        assert refused(console, keys.folder / "kim")
    finally:
        ring.chmod(0o600)
        ring.touch()
    assert ssh(console, keys.folder / "kim", "check").returncode == 2
