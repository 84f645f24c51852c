"""``[http]``: who may be answered where."""

from __future__ import annotations

import pytest

from batmon.config import load
from batmon.errors import ConfigError

TOKEN = "0123456789abcdef"


def loaded(tmp_path, text):
    (tmp_path / "config.toml").write_text(text, "utf-8")
    return load(tmp_path / "config.toml", {"HOME": str(tmp_path), "TOKEN": TOKEN}).http


def test_without_a_section_there_is_none(tmp_path):
    http = loaded(tmp_path, "")
    assert (http.enabled, http.host, http.port, http.token, http.loopback) == (False, "127.0.0.1", 9464, None, True)


def test_others_are_answered_with_a_token(tmp_path):
    http = loaded(tmp_path, '[http]\nenabled = true\nlisten = "0.0.0.0:80"\ntoken = "${env:TOKEN}"\n')
    assert (http.enabled, http.host, http.port, http.loopback) == (True, "0.0.0.0", 80, False)
    assert http.token.reveal() == TOKEN
    assert TOKEN not in repr(http)


@pytest.mark.parametrize("listen", ["localhost:1", "127.0.0.9:1", "[::1]:1"])
def test_loopback_needs_no_token(tmp_path, listen):
    assert loaded(tmp_path, f'[http]\nlisten = "{listen}"\n').loopback


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('listen = "0.0.0.0:9464"', "others reach 0.0.0.0, and would read log lines without a word"),
        ('listen = "batmon.example:9464"', "others reach batmon.example"),
        ('listen = "9464"', "is not an address; write host and port"),
        ('token = "short"', "a token has 16 ASCII characters or more"),
        ('token = "토큰토큰토큰토큰토큰토큰토큰토큰"', "a token has 16 ASCII characters or more"),
        ('tokens = "x"', 'did you mean "token"?'),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, said):
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, f"[http]\n{text}\n")
    assert said in str(caught.value)
    assert "short" not in str(caught.value)
