from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from batmon import config_place
from batmon.config import Config, ConfigError, Demo, find_config, load, prepare_folders
from batmon.config.lines import locate
from batmon.config.programs import LOG_KEYS, PROGRAM_KEYS
from batmon.config.settings import without_password
from batmon.config.values import duration, listen_address, similar

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "config.toml"


@pytest.fixture
def write(tmp_path):
    def write(text: str, name: str = "config.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write


def problems(path: Path, environ=None, overrides=None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(path, environ or {}, overrides, shown="config.toml")
    assert str(caught.value) == "\n".join(map(str, caught.value.problems))
    return [str(problem) for problem in caught.value.problems]


PROGRAM = '[[programs]]\nname = "a"\nschedule = "0 6 * * *"\nbase_dir = "."\ntimezone = "Asia/Seoul"\n'


class TestReference:
    def test_works_as_it_stands(self, tmp_path):
        config = load(REFERENCE, {"BATMON_STATE": str(tmp_path)})
        by_name = {program.name: program for program in config.programs}
        assert list(by_name) == ["kindscrap", "auto_esafe", "fund_mail"]
        assert by_name["kindscrap"].schedule == ("0 6 * * *",)
        assert by_name["auto_esafe"].schedule == ("0 7 * * *", "30 18 * * *")
        assert by_name["auto_esafe"].encoding == "cp949"
        assert by_name["fund_mail"].schedule == ("*/5 * * * *",)
        assert {program.timezone for program in config.programs} == {"Asia/Seoul"}
        assert by_name["kindscrap"].base_dir == tmp_path / "samples/kindscrap"
        assert by_name["kindscrap"].rerun == (sys.executable, "-m", "batmon.samples.kindscrap")
        assert config.demo is not None
        assert set(config.demo.programs) == set(by_name)

    def test_works_without_the_demo_and_without_the_programs(self, write, tmp_path):
        whole = REFERENCE.read_text("utf-8")
        without_demo = whole.partition("\n[demo]")[0]
        assert load(write(without_demo), {"BATMON_STATE": str(tmp_path)}).demo is None
        without_programs = whole.partition("\n[[programs]]")[0]
        assert load(write(without_programs), {"BATMON_STATE": str(tmp_path)}).programs == ()

    @pytest.mark.parametrize("file", ["config.toml", "docs/configuration.md"])
    def test_every_key_is_shown(self, file):
        text = (ROOT / file).read_text("utf-8")
        keys = {*PROGRAM_KEYS, *LOG_KEYS, *Demo.__slots__, "state", "url", "enabled", "listen", "language"}
        keys |= {"max_sessions", "max_unauthenticated"}
        assert {key for key in keys if key not in text} == set()

    def test_commented_keys_are_keys(self, write, tmp_path):
        """Every `# key = value` and `# [table]` above the demo can be used, in the place of the same key above it."""
        tables: list[dict[str, str]] = [{}]
        for line in REFERENCE.read_text("utf-8").partition("\n[demo]")[0].splitlines():
            bare = line[2:] if line.startswith("# ") and (line[2] == "[" or " = " in line[:22]) else line
            if bare.startswith("["):
                tables.append({})
            tables[-1][bare.partition("=")[0].strip()] = bare
        (tmp_path / "jobs").mkdir()
        (tmp_path / "company.pem").touch()
        taken = "\n".join(line for table in tables for line in table.values())
        taken = taken.replace("/etc/ssl/company.pem", str(tmp_path / "company.pem"))
        taken = re.sub(r"/usr/share/fonts/[\w/.]+", str(tmp_path / "company.pem"), taken)
        taken = re.sub(r'^subdivision = "BY"', 'subdivision = ""', taken, flags=re.MULTILINE)  # Korea has none
        environ = dict.fromkeys(re.findall(r"\$\{env:(\w+)\}", taken), "x")
        environ |= {"BATMON_NODE": "elsewhere", "BATMON_STATE": str(tmp_path), "SLACK_URL": "https://hooks.example/x",
                    "TELEGRAM_URL": "ntfy://topic", "BATMON_HTTP_TOKEN": "x" * 32}  # fmt: skip
        config = load(write(taken), environ)
        assert config.email is not None
        assert {channel.kind for channel in config.channels} == {
            "slack", "webhook", "alimtalk", "sms", "servicenow", "apprise",
        }  # fmt: skip
        assert config.database_url == "postgresql://batmon:x@db.example.com:5432/batmon"
        assert config.programs[0].node == "seoul-01"
        assert config.programs[0].rerun == (sys.executable, "main.py", "--month", "{month}")
        assert set(config.programs[0].rerun_params) == {"month"}
        assert config.programs[0].env == {"PYTHONUTF8": "1"}


class TestDefaults:
    def test_only_three_keys_are_required(self, write, tmp_path):
        path = write('[[programs]]\nname = "가나다"\nschedule = "@daily"\nbase_dir = "."\n')
        config = load(path, {"TZ": "Asia/Seoul", "BATMON_STATE": str(tmp_path / "s"), "BATMON_NODE": "n1"})
        (program,) = config.programs
        assert (program.title, program.node, program.timezone) == ("가나다", "n1", "Asia/Seoul")
        assert (program.grace, program.max_runtime) == (timedelta(minutes=20), timedelta(minutes=30))
        assert program.logs == ("logs/*.log",)
        assert program.minutes_per_item == 5.0
        assert program.base_dir == tmp_path
        assert config.database_url is None
        assert (config.ssh.enabled, config.ssh.host, config.ssh.port) == (True, "127.0.0.1", 8022)
        assert config.source == path

    def test_no_file(self, tmp_path):
        config = load(None, {"BATMON_STATE": str(tmp_path)})
        assert config.programs == ()
        assert config.source is None
        assert config.node

    def test_missing_keys_are_named_with_the_line_of_their_table(self, write):
        assert problems(write("# one\n\n[[programs]]\n")) == [
            'config.toml:3: programs[0]: "name" is missing',
            'config.toml:3: programs[0]: "schedule" is missing',
            'config.toml:3: programs[0]: "base_dir" is missing',
        ]


class TestPrecedence:
    TEXT = '[paths]\nstate = "from-file"\n[ssh]\nlisten = "127.0.0.1:1"\nenabled = true\n[ui]\nlanguage = "ko"\n'

    def test_the_file_alone(self, write, tmp_path):
        config = load(write(self.TEXT), {})
        assert config.state == tmp_path / "from-file"
        assert config.language == "ko"

    def test_environment_over_file_and_flags_over_both(self, write):
        environ = {"BATMON_STATE": "/env", "BATMON_SSH_LISTEN": "[::1]:2", "BATMON_SSH_ENABLED": "no",
                   "BATMON_LANGUAGE": "", "BATMON_NODE": "n", "BATMON_DATABASE_URL": "postgresql://h/d"}  # fmt: skip
        config = load(write(self.TEXT), environ, {"ssh.listen": "0.0.0.0:3"})
        assert config.state == Path("/env")
        assert config.ssh.enabled is False
        assert (config.ssh.host, config.ssh.port) == ("0.0.0.0", 3)
        assert config.language == "ko", "an empty variable counts as absent"
        assert config.node == "n"
        assert config.database_url == "postgresql://h/d"

    def test_a_relative_flag_begins_at_the_working_folder(self, write, monkeypatch):
        monkeypatch.chdir("/")
        assert load(write(self.TEXT), {}, {"paths.state": "here"}).state == Path("/here")

    def test_problems_name_the_variable_or_the_flag(self, write):
        found = problems(write(self.TEXT), {"BATMON_LANGUAGE": "fr"}, {"ssh.enabled": "maybe"})
        assert sorted(found) == [
            "BATMON_LANGUAGE: ui.language: 'fr' is not a language of the console; use auto, ko, en",
            "command line: ssh.enabled: 'maybe' is neither true nor false",
        ]


class TestProblems:
    def test_all_at_once_each_with_its_line(self, write):
        text = (
            '# 한글 주석 🙂\n[ssh]\nlisten = "127.0.0.1"\nmax_sesions = 3\n\n[[programs]]\nname = "가나다"\n'
            'shedule = "0 6 * * *"\nbase_dir = "/nope/없음"\ntimezone = "Asia/Soul"\nschedule = [\n'
            '  "0 6 * * *",   # ok\n  "99 6 * * *",\n]\ngrace = "-5m"\nmax_runtime = "0s"\nfailed = "x"\n'
            '[programs.log]\nfailed = ["ok", "(bad"]\nprocessed = \'\\d+건\'\nrerun = ["x"]\n'
        )
        found = problems(write(text))
        places = [line.split(": ")[0] + " " + line.split(": ")[1] for line in found]
        assert places == [
            "config.toml:3 ssh.listen",
            "config.toml:4 ssh.max_sesions",
            "config.toml:8 programs[0].shedule",
            "config.toml:9 programs[0].base_dir",
            "config.toml:10 programs[0].timezone",
            "config.toml:13 programs[0].schedule[1]",
            "config.toml:15 programs[0].grace",
            "config.toml:16 programs[0].max_runtime",
            "config.toml:17 programs[0].failed",
            "config.toml:19 programs[0].log.failed[1]",
            "config.toml:20 programs[0].log.processed",
            "config.toml:21 programs[0].log.rerun",
        ]
        assert found[2] == 'config.toml:8: programs[0].shedule: unknown key; did you mean "schedule"?'
        assert found[3].endswith("folder /nope/없음 does not exist; create it, or correct the path")
        assert found[4].endswith('did you mean "Asia/Seoul"?')
        assert found[8].endswith("unknown key; it belongs in [programs.log]")
        assert "missing ), unterminated subpattern at character 1" in found[9]
        assert 'has no group named "count"' in found[10]
        assert found[11].endswith("unknown key; it belongs in [[programs]], above [programs.log]")

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ('name = "a/b"', "a/b"),
            ('name = "-x"', "looks like an option"),
            (f'name = "{"가" * 51}"', "1 to 50 characters"),
            ("name = 5", "expected a string, got an integer"),
            ("title = true", "expected a string, got a boolean"),
            ("minutes_per_item = -1", "-1 is not between 0 and 100000"),
            ("minutes_per_item = nan", "nan is not between 0 and 100000"),
            ('minutes_per_item = "5"', "expected a number, got a string"),
            ("minutes_per_item = true", "expected a number, got a boolean"),
            ("grace = 20", 'with a unit, as in "20s" or "20m"'),
            ('grace = "20"', "is not a duration"),
            ('max_runtime = "2 fortnights"', "is not a duration"),
            ('encoding = "cp494"', 'did you mean "cp949"?'),
            ('encoding = "base64"', "is no encoding of a log"),
            ('encoding = "utf-32"', "is no encoding of a log"),
            ('logs = ["../x.log"]', "leaves base_dir"),
            ("logs = [3]", "logs[0]: expected a string, got an integer"),
            ('rerun = "python main.py"', "expected an array of strings, got a string"),
            ("rerun = []", "the command is empty"),
            ('rerun = ["${pythn}"]', 'did you mean "${python}"?'),
            ('rerun = ["${env:NOT_THERE}"]', "the environment has no NOT_THERE"),
            ('rerun = ["x", "{month}"]', "{month} is no parameter of this program"),
            ('rerun_params = { month = ".*" }', "the parameter is not used in rerun"),
            ('rerun = ["{x}"]\nrerun_params = { x = "a" }', "the program to start cannot be a parameter"),
            ('rerun = ["x", "{m}"]\nrerun_params = { m = "(" }', "programs[0].rerun_params.m: bad regular expression"),
            ('env = { "A=B" = "x" }', "may not be empty or hold '='"),
            ("env = { A = 3 }", "programs[0].env.A: expected a string, got an integer"),
            ('log = "x"', "expected a table, got a string"),
            ('log.timestamp_format = "%Y"', "holds no time of day"),
            ('log.timestamp_format = "%Q"', "is not a strptime form"),
        ],
    )  # fmt: skip
    def test_each_check_of_a_program(self, write, line, said):
        key = line.partition(" =")[0]
        text = "".join(old for old in PROGRAM.splitlines(keepends=True) if not old.startswith(f"{key} =")) + line
        found = problems(write(text))
        assert any(said in problem for problem in found), found
        assert all(problem.startswith("config.toml:") for problem in found)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("[databse]\n", 'config.toml:1: databse: unknown key; did you mean "database"?'),
            ('ui = "ko"\n', "config.toml:1: ui: expected a table, got a string"),
            ('[programs]\nname = "a"\n', "config.toml:1: programs: expected an array of tables; write [[programs]]"),
            ('[database]\nurl = "mysql://u:geheim@h/d"', "scheme 'mysql' is not supported"),
            ('[database]\nurl = "host=h password=geheim"', "not a URL"),
            ('[database]\nurl = "postgresql://u:geh:eim@h:port/d"', "the port is not a number"),
            ('[ssh]\nlisten = "0.0.0.0:70000"', "'70000' is not a port"),
            ('[ssh]\nlisten = "::1:22"', "in brackets"),
            ('[ssh]\nlisten = "ho st:22"', "'ho st' is not a host name"),
            ("[ssh]\nmax_sessions = 0", "0 is not between 1 and 1000"),
            ("[logs]\nunpacked_mb = 0", "0 is not between 1 and 1048576"),
            ('[capture]\ndisplay = "0; ls"', "'0; ls' is not an X display"),
            ('[ssh]\nenabled = "true"', "expected a boolean, got a string"),
            ('[node]\ntimezone = "KST"', "unknown time zone 'KST'; did you mean \"Asia/Seoul\"?"),
            ('[node]\ntimezone = "Soul"', 'did you mean "Asia/Seoul"?'),
            ('[node]\ntimezone = "../passwd"', 'write an IANA name such as "Asia/Seoul"'),
            ('[paths]\nstate = "${state}/x"', "unknown variable ${state}"),
        ],
    )
    def test_each_check_of_the_rest(self, write, text, said):
        (problem,) = problems(write(text))
        assert said in problem
        assert "geh" not in problem, "a password is never shown"

    def test_the_file_is_called_as_people_see_it_from_where_they_are(self, write, tmp_path, monkeypatch):
        path = write("x = 1\n")
        for folder, name in ((tmp_path, "config.toml"), ("/", str(path)[1:])):
            monkeypatch.chdir(folder)
            with pytest.raises(ConfigError, match=f"^{name}:1: x: unknown key"):
                load(path, {})

    def test_a_name_that_comes_twice(self, write):
        (problem,) = problems(write(PROGRAM + PROGRAM))
        assert (
            problem == "config.toml:7: programs[1].name: the name 'a' is taken; it is the name of programs[0] on line 2"
        )

    def test_a_folder_on_another_machine_is_not_looked_for(self, write):
        text = PROGRAM.replace('"."', "'D:\\jobs'") + 'node = "elsewhere"\n'
        assert load(write(text), {"BATMON_NODE": "here"}).programs[0].node == "elsewhere"

    def test_an_escape_in_a_windows_path_is_explained(self, write):
        (problem,) = problems(write(PROGRAM.replace('"."', '"C:\\temp"')))
        assert "in \"...\" a backslash begins an escape; write the path in '...'" in problem

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            (b"a = 1\n\nb = \n", "config.toml:3: not TOML: Invalid value (column 5)"),
            (b'x = "open', "config.toml:1: not TOML: "),
            (b"[a]\n[a]\n", "config.toml:2: not TOML: Cannot declare"),
            (b'p = "C:\\kind"\n', "write Windows paths in '...'"),
            ("# 첫 줄\ntitle = '한글'\n".encode("cp949"), "config.toml:1: this is not UTF-8; save the file as UTF-8"),
        ],
    )
    def test_what_is_no_toml(self, tmp_path, data, said):
        path = tmp_path / "config.toml"
        path.write_bytes(data)
        (problem,) = problems(path)
        assert said in problem

    def test_a_byte_order_mark_and_windows_line_ends_do_not_matter(self, tmp_path):
        path = tmp_path / "config.toml"
        path.write_bytes(b"\xef\xbb\xbf[ui]\r\n# x\r\nlanguage = 'xx'\r\n")
        (problem,) = problems(path)
        assert problem.startswith("config.toml:3: ui.language:")

    def test_a_file_that_is_not_there(self, tmp_path):
        (problem,) = problems(tmp_path / "none.toml")
        assert problem.startswith("config.toml: cannot be read: No such file or directory; name the file with --config")


class TestPrograms:
    def test_parameters_and_variables(self, write, tmp_path):
        text = PROGRAM + (
            'rerun = ["${python}", "x.py", "--month={month}", "$${HOME}"]\n'
            'rerun_params = { month = "20[0-9]{2}" }\nenv = { P = "${env:BASE}/x", "ODD.NAME" = "1" }\n'
            'logs = ["**/*.log", "/var/log/a.log", "${state}/b.log"]\nschedule = []\n'
        ).replace("schedule = []\n", "")
        (program,) = load(write(text), {"BASE": "/b", "BATMON_STATE": str(tmp_path)}).programs
        assert program.rerun == (sys.executable, "x.py", "--month={month}", "${HOME}")
        assert program.rerun_params == {"month": "20[0-9]{2}"}
        assert program.env == {"P": "/b/x", "ODD.NAME": "1"}
        assert program.logs == ("**/*.log", "/var/log/a.log", f"{tmp_path}/b.log")

    def test_never_due(self, write):
        assert load(write(PROGRAM.replace('"0 6 * * *"', "[]")), {}).programs[0].schedule == ()

    def test_folders_below_the_state_folder_are_made(self, write, tmp_path):
        text = PROGRAM.replace('"."', '"${state}/samples/a"')
        config = load(write(text), {"BATMON_STATE": str(tmp_path / "state")})
        assert not config.state.exists()
        prepare_folders(config)
        prepare_folders(config)
        assert (tmp_path / "state/samples/a").is_dir()
        assert config.state.stat().st_mode & 0o777 == 0o700

    def test_a_state_folder_that_cannot_be_made(self, tmp_path):
        (tmp_path / "file").write_text("x")
        with pytest.raises(ConfigError, match="cannot be made") as caught:
            prepare_folders(Config(state=tmp_path / "file/state", node="n"))
        assert "--state" in caught.value.hint


class TestDemo:
    TEXT = PROGRAM + 'rerun = ["x"]\n[demo]\nfailing = "a"\n'

    def test_read_and_switched_off(self, write):
        demo = load(write(self.TEXT + 'every = "5m"\ngrace = "90s"\n'), {}).demo
        assert demo == Demo(every=timedelta(minutes=5), grace=timedelta(seconds=90), failing="a")
        assert load(write(self.TEXT + "enabled = false\n"), {}).demo is None

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ('late = "b"', "no program is called 'b'"),
            ('late = "a"', "must be three different programs"),
            ('every = "90s"', "must be whole minutes that divide an hour"),
            ('every = "7m"', "must be whole minutes that divide an hour"),
            ('grace = "1m"', "must be shorter than demo.every"),
            ('max_runtime = "2m"', "must be shorter than demo.every"),
        ],
    )
    def test_problems(self, write, line, said):
        (problem,) = problems(write(self.TEXT + line))
        assert said in problem

    def test_a_program_without_a_command_cannot_take_part(self, write):
        (problem,) = problems(write(self.TEXT.replace('rerun = ["x"]\n', "")))
        assert "a has no rerun command" in problem


class TestLines:
    def test_every_form_of_toml(self):
        text = (
            'top = 1 # [not.a.table]\n"quoted key" = """\n[[fake]]\nx = 1 \\"""\n"""  # end\n[a . "b.c"]\nk.l = [\n'
            "  1, # x = 2\n  [2,\n   3],\n  { y = '''\n''', z = 'a#b' },\n]\n[[p]]\n[p.log]\nfailed = 1\n[[p.q]]\n"
            "[[p.q]]\nr = 1979-05-27T07:32:00Z\n[[p]]\n[p.log]\nfailed = ''''''\nlast = \"\\u00e9\\\"\"\n'lit' = 2"
        )
        lines = locate(text)
        assert lines[("top",)] == 1
        assert lines[("quoted key",)] == 2
        assert ("fake",) not in lines
        assert lines[("a", "b.c")] == 6
        assert lines[("a", "b.c", "k", "l")] == 7
        assert [lines[("a", "b.c", "k", "l", index)] for index in (0, 1, 2)] == [8, 9, 11]
        assert lines[("a", "b.c", "k", "l", 1, 1)] == 10
        assert lines[("a", "b.c", "k", "l", 2, "y")] == 11
        assert lines[("a", "b.c", "k", "l", 2, "z")] == 12
        assert (lines[("p", 0)], lines[("p", 1)]) == (14, 20)
        assert (lines[("p", 0, "log", "failed")], lines[("p", 1, "log", "failed")]) == (16, 22)
        assert (lines[("p", 0, "q", 0)], lines[("p", 0, "q", 1, "r")]) == (17, 19)
        assert lines[("p", 1, "log", "lit")] == 24

    def test_every_value_of_the_reference_is_found(self):
        def places(value, place=()):
            if isinstance(value, dict | list):
                for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
                    yield (*place, key)
                    yield from places(inner, (*place, key))

        text = REFERENCE.read_text("utf-8")
        lines = locate(text)
        source = text.splitlines()
        for place in places(tomllib.loads(text)):
            key = next(step for step in reversed(place) if isinstance(step, str))
            assert key in source[lines[place] - 1], place


class TestValues:
    @pytest.mark.parametrize(
        ("text", "seconds"),
        [("90s", 90), ("20m", 1200), ("1h30m", 5400), ("2d", 172800), ("1.5h", 5400), (" 1 h 5 min ", 3900), ("0s", 0)],
    )
    def test_durations(self, text, seconds):
        assert duration(text) == timedelta(seconds=seconds)

    @pytest.mark.parametrize("text", ["", "20", "m", "20m5", "5 parsecs", "1e3s", "9999999d", "١m٢"])
    def test_no_durations(self, text):
        with pytest.raises(ValueError, match=r"duration|longer than a year"):
            duration(text)

    def test_addresses(self):
        assert listen_address("[::1]:8022") == ("::1", 8022)
        assert listen_address("ops.example.com:0") == ("ops.example.com", 0)

    def test_similar(self):
        assert similar("SHEDULE", ["schedule", "name"]) == "schedule"
        assert similar("zzz", ["schedule"]) == ""

    @pytest.mark.parametrize(
        "url", ["postgresql://u:geheim@h/d", "postgresql://u:ge@heim@h:1/d", "postgresql://h/d?password=geheim&x=1"]
    )
    def test_passwords_are_not_shown(self, url, tmp_path):
        assert "heim" not in without_password(url)
        config = Config(state=tmp_path, node="n", database_url=url)
        assert "heim" not in repr(config) + config.database


class TestFinding:
    def test_order(self, tmp_path):
        home = tmp_path / "xdg"
        (home / "batmon").mkdir(parents=True)
        user = home / "batmon" / "config.toml"
        user.write_text("")
        environ = {"XDG_CONFIG_HOME": str(home)}
        work = tmp_path / "work"
        work.mkdir()
        assert find_config(None, environ, work) == user
        (work / "config.toml").write_text("[tool.other]\n")
        assert find_config(None, environ, work) == user, "somebody else's config.toml is left alone"
        (work / "config.toml").write_text('x = """broken\n [[programs]] # ours\n')
        assert find_config(None, environ, work) == work / "config.toml"
        assert find_config(None, {**environ, "BATMON_CONFIG": "e.toml"}, work) == work / "e.toml"
        assert find_config("/f.toml", {**environ, "BATMON_CONFIG": "e.toml"}, work) == Path("/f.toml")

    @pytest.mark.parametrize(
        ("text", "answer"),
        [
            ('[paths]\nstate = "/srv/배치"  # x\n', (True, "/srv/배치")),
            ("[paths]\n# state = '/x'\n[[programs]]\nbase_dir = '${state}/a'\n", (True, None)),
            ('[paths]\nstate = "~/x"\n', (False, None)),
            ('[paths]\nstate = "x"\n', (False, None)),
            ('[paths]\nstate = "/a\\u0041"\n', (False, None)),
            ('paths.state = "/x"\n', (False, None)),
            ('paths = { state = "/x" }\n', (False, None)),
            ('[paths]\n"state" = "/x"\n', (False, None)),
            ('[paths]\nx = """\nstate = "/y"\n"""\n', (False, None)),
        ],
    )
    def test_a_glance_at_the_state_folder_is_right_or_says_that_it_does_not_know(self, write, text, answer):
        path = write(text)
        certain, state = config_place.plain_state(str(path))
        assert (certain, state) == answer
        if state is not None:
            assert load(path, {}).state == Path(state)

    def test_the_reference_is_plain(self):
        assert config_place.plain_state(str(REFERENCE)) == (True, None)


def test_reading_a_configuration_without_programs_pulls_in_nothing_heavy():
    heavy = {"croniter", "asyncio", "typer", "msgspec", "logging"}
    code = f"import sys, batmon.config; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
