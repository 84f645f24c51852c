"""The section ``[record]``."""

from pathlib import Path

import pytest

from batmon.config import load
from batmon.errors import ConfigError


def loaded(tmp_path, text):
    (tmp_path / "config.toml").write_text(text, "utf-8")
    return load(tmp_path / "config.toml", {"HOME": str(tmp_path)}).record


def test_without_a_section_only_the_daemons_user_records(tmp_path):
    record = loaded(tmp_path, "")
    assert (record.enabled, record.socket, record.group, record.spools) == (True, None, "", ())


def test_a_socket_for_others_and_their_spools(tmp_path):
    record = loaded(
        tmp_path,
        '[record]\nenabled = false\nsocket = "/run/batmon/record.sock"\ngroup = " rpa "\n'
        'spools = ["spools/a", "/var/b"]\n',
    )
    assert record.enabled is False
    assert (record.socket, record.group) == (Path("/run/batmon/record.sock"), "rpa")
    assert record.spools == (tmp_path / "spools/a", Path("/var/b"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('group = "rpa"', "record.group: others cannot reach the socket in the state folder; name a socket"),
        (f'socket = "/{"x" * 100}"', "a socket's path is shorter than 100 bytes"),
        ('spools = "a"\nsocket = 1', "record.socket: expected a string"),
        ('sockets = "x"', 'did you mean "socket"?'),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, said):
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, f"[record]\n{text}\n")
    assert said in str(caught.value)
