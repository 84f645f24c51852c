"""What `batmon doctor` says of a state folder and of a configuration that cannot be used."""

import json
import os
import socket
import threading

import pytest

from batmon.commands import app


@pytest.fixture
def doctor(tmp_path, monkeypatch, capsys):
    """Run it for a state folder; the findings by name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("BATMON_CONFIG", "BATMON_STATE", "BATMON_LANGUAGE", "BATMON_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)

    def run(*words):
        assert app.run([*words, "doctor", "--json"]) == 1
        said = capsys.readouterr()
        assert said.err == ""
        return {check["name"]: check for check in json.loads(said.out)["checks"]}

    return run


def test_a_folder_that_is_not_there_yet_is_made(doctor, tmp_path):
    found = doctor("--state", str(tmp_path / "new" / "state"))["state folder"]
    assert (found["status"], found["message"].endswith("is made when the daemon starts")) == ("ok", True)


def test_a_file_in_its_place(doctor, tmp_path):
    (tmp_path / "file").touch()
    found = doctor("--state", str(tmp_path / "file"))["state folder"]
    assert found["message"] == f"{tmp_path / 'file'} is not a folder"
    below = doctor("--state", str(tmp_path / "file" / "state"))["state folder"]
    assert (below["status"], "BATMON_STATE" in below["remedy"]) == ("problem", True)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_made(doctor, tmp_path):
    tmp_path.chmod(0o500)
    found = doctor("--state", str(tmp_path / "state"))["state folder"]
    tmp_path.chmod(0o700)
    assert "cannot be made" in found["message"]


def test_a_configuration_with_many_problems_takes_one_line(doctor, tmp_path):
    (tmp_path / "batmon.toml").write_text("[paths]\nstate = 3\n[ui]\nlanguage = 'fr'\n[nope]\n")
    found = doctor("--config", "batmon.toml")
    assert found["config"]["message"] == "batmon.toml:2: paths.state: expected a string, got an integer (and 2 more)"
    assert found["config"]["remedy"].startswith("batmon config check")
    assert "without the configuration" in found["daemon"]["message"]


@pytest.mark.parametrize(
    ("banner", "said"),
    [(b"SSH-2.0-BATMON\r\n", "one whose daemon is gone"), (b"220 mail\r\n", "something else listens")],
)
def test_who_has_the_port_of_the_console(doctor, tmp_path, monkeypatch, banner, said):
    def greet(server):
        there, _ = server.accept()
        there.sendall(banner)
        there.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        greeting = threading.Thread(target=greet, args=(server,), daemon=True)
        greeting.start()
        monkeypatch.setenv("BATMON_SSH_LISTEN", f"127.0.0.1:{server.getsockname()[1]}")
        found = doctor("--state", str(tmp_path / "state"))["ssh console"]
        greeting.join(10)
    assert (found["status"], found["message"].startswith(said)) == ("problem", True)
