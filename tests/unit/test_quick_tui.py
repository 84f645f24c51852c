"""``batmon tui`` becomes the console at once where nothing needs the grammar of all commands."""

import os
import sys

import pytest

from batmon import places
from batmon.commands.quick_tui import become


@pytest.fixture
def became(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("BATMON_CONFIG", "BATMON_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BATMON_STATE", str(tmp_path / "s"))
    for stream in ("stdin", "stdout"):
        monkeypatch.setattr(getattr(sys, stream), "isatty", lambda: True, raising=False)
    commands = []
    monkeypatch.setattr(os, "execv", lambda _, command: commands.append(command))
    return commands


def test_the_plain_command_becomes_the_console(became, monkeypatch, tmp_path):
    monkeypatch.setenv("BATMON_LANGUAGE", "ko")
    become(["tui"])
    address = places.gate_address(str(tmp_path / "s"))
    assert became == [[sys.executable, "-P", "-m", "batmon_tui", "--address", address, "--language", "ko"]]


@pytest.mark.parametrize("arguments", [["tui", "ssh://x"], ["--state", "y", "tui"], ["tui", "--help"]])
def test_whatever_else_goes_the_ordinary_way(became, arguments):
    become(arguments)
    assert not became


def test_without_a_terminal_or_with_an_odd_language_the_ordinary_way_says_what_is_wrong(became, monkeypatch):
    monkeypatch.setenv("BATMON_LANGUAGE", "fr")
    become(["tui"])
    monkeypatch.delenv("BATMON_LANGUAGE")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False, raising=False)
    become(["tui"])
    assert not became
