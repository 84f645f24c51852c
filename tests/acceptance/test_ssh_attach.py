from __future__ import annotations

import pytest
from ssh_bed import Console, Gate, Keys

from batmon.errors import BadRequest, DaemonUnreachable, Refused
from batmon_tui.attach import connect_ssh, parse_address


@pytest.fixture
def bed(tmp_path):
    state = tmp_path / "s"
    state.mkdir(mode=0o700)
    keys = Keys(tmp_path, state)
    keys.add("kim")
    with Gate(state), Console(state) as console:
        yield console, tmp_path


def yes(question: str) -> bool:
    assert "SHA256:" in question
    return True


async def test_a_console_elsewhere_is_attached_and_its_end_is_noticed(bed):
    console, folder = bed
    url, known = f"ssh://kim@127.0.0.1:{console.port}", str(folder / "known_hosts")
    gate = await connect_ssh(url, str(folder / "kim"), known, trust=yes)
    assert (gate.hello["user"], gate.hello["role"]) == ("kim", "operator")
    assert (await gate.request("check"))["exit"] == 2
    stream = gate.stream("endless")
    assert "lines" in await anext(stream)
    await stream.aclose()
    await gate.close()
    async with await connect_ssh(url, str(folder / "kim"), known) as again:  # remembered: nobody is asked
        assert console.stop() == 0
        assert isinstance(await again.wait_lost(), DaemonUnreachable)


async def test_a_server_that_is_not_known_is_not_trusted_by_itself(bed):
    console, folder = bed
    url, known = f"ssh://kim@127.0.0.1:{console.port}", folder / "known_hosts"
    for trust in (None, lambda _: False):
        with pytest.raises(Refused, match="not known") as refused:
            await connect_ssh(url, str(folder / "kim"), str(known), trust=trust)
        assert "SHA256:" in str(refused.value)
        assert "ssh -p" in refused.value.hint
        assert not known.exists()


async def test_a_server_whose_key_changed_is_refused(bed):
    console, folder = bed
    known = folder / "known_hosts"
    other = Keys(folder, console.state).make("other").with_suffix(".pub").read_text()
    known.write_text(f"[127.0.0.1]:{console.port} {other}")
    with pytest.raises(Refused, match="not the one in") as refused:
        await connect_ssh(f"ssh://kim@127.0.0.1:{console.port}", str(folder / "kim"), str(known), trust=yes)
    assert "ssh-keygen" in refused.value.hint


async def test_what_can_go_wrong_is_said(bed):
    console, folder = bed
    url, known = f"ssh://kim@127.0.0.1:{console.port}", str(folder / "known_hosts")
    stranger = Keys(folder, console.state).make("stranger")
    with pytest.raises(Refused, match="does not let kim in"):
        await connect_ssh(url, str(stranger), known, trust=yes)
    with pytest.raises(BadRequest, match="cannot be used"):
        await connect_ssh(url, str(folder / "nothing-here"), known)
    assert console.stop() == 0
    with pytest.raises(DaemonUnreachable, match="no console answers"):
        await connect_ssh(url, str(folder / "kim"), known)


@pytest.mark.parametrize(
    "url", ["http://host", "ssh://", "ssh://kim:secret@host", "ssh://host/path", "ssh://host:99999"]
)
def test_an_address_is_checked(url):
    with pytest.raises(BadRequest):
        parse_address(url)


def test_an_address_has_defaults():
    address = parse_address("ssh://ops@monitor.example")
    assert (address.user, address.host, address.port) == ("ops", "monitor.example", 8022)
    assert address.known_as == "[monitor.example]:8022"
