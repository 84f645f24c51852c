"""The command line's grammar: what is quick, what is refused, and what no error shows."""

import json
import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from batmon.commands import app, quick_check
from batmon.commands.local_session import LocalSession, Places
from batmon.commands.service import unit
from batmon.commands.session import Session
from batmon.commands.table import cells, cut, duration, table
from batmon.errors import BadRequest
from batmon.places import gate_address

SLOW = ("textual", "asyncssh", "asyncpg", "openpyxl", "rich", "typer", "asyncio")


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """No configuration and no daemon of this machine is in the way."""
    for name in ("BATMON_CONFIG", "BATMON_STATE", "BATMON_LANGUAGE", "BATMON_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


def batmon(*words, **options):
    return subprocess.run(
        [sys.executable, "-m", "batmon", *words], capture_output=True, text=True, timeout=30, check=False, **options
    )


@pytest.mark.parametrize("words", [["--state", "somewhere"], ["--json"], ["kindscrap"]])
def test_check_imports_nothing_slow(words):
    Path("config.toml").write_text("[paths]\n# state = 'default'\n")
    program = (
        "import sys\nfrom batmon.cli import main\ncode = main()\nprint(code, *sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program, "check", *words], capture_output=True, text=True, timeout=30, check=True
    )
    code, *modules = done.stderr.split()
    assert code == "3"
    assert "no daemon answers at " in done.stdout
    assert "batmon.commands.quick_check" in modules
    assert not [module for module in modules if module.partition(".")[0] in SLOW]
    if "--json" not in words:  # the answer of a daemon that is away is the only one that json writes
        assert not {"json", "collections", "pathlib", "re", "socket", "tomllib", "typing"} & set(modules)


@pytest.mark.parametrize(
    ("line", "options", "programs"),
    [
        ("check", {}, []),
        ("check a b", {}, ["a", "b"]),
        ("--state /s check --json a", {"--state": "/s", "--json": "yes"}, ["a"]),
        ("check --timeout=2 --language ko -- -a", {"--timeout": "2", "--language": "ko"}, ["-a"]),
    ],
)
def test_quick_lines(line, options, programs):
    assert quick_check._parsed(line.split()) == (options, programs)


@pytest.mark.parametrize(
    "line", ["check --help", "runs check", "check --wide", "check --timeout", "config check", "--json check",
             "check --language xx"]
)  # fmt: skip
def test_lines_for_the_ordinary_way(line):
    with pytest.raises(quick_check._Ordinary):
        quick_check._parsed(line.split())


@pytest.mark.parametrize("timeout", ["x", "0", "-1", "nan", "inf"])
def test_a_timeout_that_is_none_is_left_to_the_ordinary_way(timeout):
    assert quick_check.answer(["check", "--timeout", timeout]) is None


def test_where_the_state_folder_is(tmp_path, monkeypatch):
    assert quick_check.state_folder(None, None) == f"{tmp_path}/state/batmon"
    (tmp_path / "config.toml").write_text(f'[paths]\nstate = "{tmp_path}/plain"\n')
    assert quick_check.state_folder(None, None) == f"{tmp_path}/plain"
    (tmp_path / "odd.toml").write_text('[paths]\nstate = "~/x"\n')
    assert quick_check.state_folder(None, "odd.toml") is None
    assert quick_check.state_folder(None, "absent.toml") is None
    monkeypatch.setenv("BATMON_STATE", "/from/env")
    assert quick_check.state_folder(None, "odd.toml") == "/from/env"
    assert quick_check.state_folder("flag", None) == f"{tmp_path}/flag"


def test_unreachable_is_unknown_in_every_way(tmp_path):
    for words in (("check",), ("check", "--language", "auto"), ("check", "kindscrap", "--timeout", "0.5")):
        done = batmon(*words)
        assert (done.returncode, done.stderr) == (3, "")
        address = gate_address(f"{tmp_path}/state/batmon")
        assert done.stdout == f"BATMON UNKNOWN - no daemon answers at {address}\n"
    done = batmon("check", "--json")
    assert (done.returncode, json.loads(done.stdout)["status"]) == (3, "UNKNOWN")


def test_a_configuration_that_cannot_be_used_is_said_in_words():
    done = batmon("--config", "absent.toml", "check")
    assert done.returncode in (1, 3)
    assert "absent.toml" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "line",
    ["", "nope", "runs", "runs a --limit 0", "runs a --limit x", "--what", "user", "user add kim",
     "user add kim --key k --role king", "logs a --json", "rerun", "--language xx runs a",
     "tui --identity"],
)  # fmt: skip
def test_wrong_usage_is_2_and_says_so_on_stderr(line, capsys):
    assert app.run(line.split()) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "batmon" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("line", ["check --timeout x", "check --language", "--language xx check", "check --what"])
@pytest.mark.parametrize("flags", ["", " --json"])
def test_a_plug_in_that_is_called_wrongly_knows_nothing(line, flags, capsys):
    assert app.run((line + flags).split()) == 3
    said = capsys.readouterr()
    (printed,) = said.out.splitlines()
    if flags:
        answer = json.loads(printed)
        assert list(answer) == ["status", "checked_at", "node", "message", "programs"]
        assert (answer["status"], answer["programs"]) == ("UNKNOWN", [])
    else:
        assert printed.startswith("BATMON UNKNOWN - ")
    assert "Traceback" not in said.err


@pytest.mark.skipif(sys.platform == "win32", reason="a shell and /dev/full")
@pytest.mark.parametrize("redirected", [">&-", ">/dev/full", ">&- 2>&-"])
@pytest.mark.parametrize(("line", "code"), [("check", 3), ("doctor", 1), ("check --help", 0)])
def test_an_output_that_is_closed_or_full_is_no_defect(line, code, redirected):
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" -m batmon {line} {redirected}', sys.executable],
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert done.returncode == (3 if line.startswith("check") and "full" in redirected else code)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_daemon_that_is_away_is_1_with_a_hint(capsys):
    for line in ("runs a", "user list", "audit", "stop a", "password set", "logs a -f"):
        assert app.run(line.split()) == 1
        said = capsys.readouterr()
        assert said.out == ""
        assert "gate.sock" in said.err
        assert "batmon up" in said.err


def test_help_and_version(capsys):
    for line in ("--help", "check -h", "user add --help"):
        assert app.run(line.split()) == 0
        assert "Usage: batmon" in capsys.readouterr().out
    assert app.run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("batmon 0.")


def test_global_options_may_stand_anywhere_before_the_dashes():
    line = ["runs", "a", "--state", "/s", "--config=c", "--", "--language", "x"]
    assert app._globals_first(line) == ["--state", "/s", "--config=c", "runs", "a", "--", "--language", "x"]
    assert app._globals_first(["runs", "--state"]) == ["--state", "runs"]


@pytest.mark.parametrize("verb", ["report generate weekly_ops", "report send 3", "report schedule add weekly_ops x"])
def test_the_language_of_a_report_stays_with_its_verb(verb):
    line = ["--language", "ko", *verb.split(), "--language", "en", "--language=en", "--state", "/s"]
    first = ["--language", "ko", "--state", "/s"]
    assert app._globals_first(line) == [*first, *verb.split(), "--language", "en", "--language=en"]
    assert app._globals_first(["report", "list", "--language", "en"]) == ["--language", "en", "report", "list"]


def test_nobody_reads_the_output():
    with subprocess.Popen(
        [sys.executable, "-m", "batmon", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) in (1, 141)  # the grammar prints help itself and says 1


class Elsewhere(Session):
    def __init__(self):
        self.said, self.words = "", ""

    async def gate(self):
        raise AssertionError("nothing here needs the daemon")

    def out(self, text, end="\n"):
        self.said += text + end

    def err(self, text):
        self.words += text + "\n"

    async def ask_password(self, prompt):
        raise AssertionError(prompt)

    async def read_file(self, path):
        raise AssertionError(path)


@pytest.mark.parametrize(
    "line",
    ["", "up", "daemon", "tui", "config show", "service install", "--state /x runs a", "runs a --state /x",
     "--config /etc/shadow runs a", "runs a --config /etc/shadow", "nope"],
)  # fmt: skip
async def test_from_afar_nothing_of_the_server_can_be_named(line, capsys):
    session = Elsewhere()
    assert await app.run_remote(line.split(), session) == 2
    assert session.words
    assert session.said == ""
    assert capsys.readouterr() == ("", "")


async def test_help_from_afar_goes_to_whoever_asked(capsys):
    session = Elsewhere()
    assert await app.run_remote(["rerun", "--help"], session) == 0
    assert "Usage: batmon rerun" in session.said
    assert capsys.readouterr() == ("", "")


async def test_from_afar_an_unknown_failure_is_one_sentence():
    session = Elsewhere()
    assert await app.run_remote(["runs", "a"], session) == 1
    assert session.words == "batmon: internal error: AssertionError: nothing here needs the daemon\n"


def test_the_language(monkeypatch):
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert LocalSession(Places()).language == "ko"
    assert LocalSession(Places(language="en")).language == "en"
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert LocalSession(Places()).language == "en"


def test_a_unit_with_an_odd_path_says_what_systemd_reads(tmp_path):
    state = tmp_path / 'a "b" 100% $HOME'
    lines = unit(LocalSession(Places(state=str(state)))).splitlines()
    assert "Type=notify" in lines
    (start,) = [line for line in lines if line.startswith("ExecStart=")]
    assert 'a \\"b\\" 100%% $$HOME"' in start
    assert start.endswith(" daemon")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="a service of the system is root's")
def test_a_service_runs_as_somebody_with_the_state_folder_in_his_home():
    lines = unit(LocalSession(), "nobody").splitlines()
    assert "User=nobody" in lines
    home = pwd.getpwnam("nobody").pw_dir
    assert f" --state {home}/.local/state/batmon daemon" in "\n".join(lines)
    with pytest.raises(BadRequest, match="no user 'nemo'") as refused:
        unit(LocalSession(), "nemo")
    assert "useradd" in refused.value.hint


def test_a_service_that_is_stopped_leaves_reruns_alone():
    assert "KillMode=process" in unit(LocalSession()).splitlines()


def test_wide_characters_are_two_cells():
    assert cells("한글ab") == 6
    assert cells("각") == 2  # NFD
    assert cut("로그인 실패", 6) == "로그…"
    lines = table(("이름", "why"), [("긴이름", "x"), ("ab", "y" * 30)], width=20)
    assert lines == ["이름    why", "긴이름  x", "ab      " + "y" * 11 + "…"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "-"), (0.44, "0.4s"), (2, "2s"), (12, "12s"), (59.6, "1m 00s"), (185, "3m 05s"), (7620, "2h 07m")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


@pytest.mark.skipif(os.name == "nt", reason="no signals to send there")
def test_nothing_shows_a_traceback_when_interrupted():
    program = (
        "import batmon.commands.app, sys\n"
        "def stop(_): raise KeyboardInterrupt\n"
        "batmon.commands.app.run = stop\n"
        "sys.argv = ['batmon', 'runs', 'a']\n"
        "from batmon.cli import main\n"
        "sys.exit(main())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
