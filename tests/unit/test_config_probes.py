"""``[[probes]]``: what is read, what is refused and with which words, and what is there unasked."""

from datetime import timedelta
from pathlib import Path

import pytest

from batmon.config import ConfigError, load
from batmon.config.probe_targets import TARGETS
from batmon.config.probes import KINDS
from batmon.probe_words import KINDS as SPOKEN

LEAST = {
    "http": "url = 'https://example.com/'", "tcp": "host = 'db'\nport = 5432", "database": "", "disk": "path = '/'",
    "cpu": "", "memory": "", "container": "container = 'web'", "certificate": "host = 'example.com'",
    "automations": "", "mail": "", "command": "command = ['check_ntp']",
}  # fmt: skip


def loaded(tmp_path, *tables, before=""):
    text = before + "".join(f"[[probes]]\nname = 'p{number}'\n{table}\n" for number, table in enumerate(tables))
    (tmp_path / "config.toml").write_text(text, "utf-8")
    return load(tmp_path / "config.toml", {"TZ": "Asia/Seoul", "TOKEN": "s3cret"})


def problems(tmp_path, *tables, before=""):
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, *tables, before=before)
    return str(caught.value)


def test_every_kind_works_with_the_least_that_it_needs(tmp_path):
    config = loaded(tmp_path, *(f"kind = '{kind}'\n{least}" for kind, least in LEAST.items()))
    assert [probe.kind for probe in config.probes] == list(LEAST)
    assert set(LEAST) == set(KINDS) == set(TARGETS) == set(SPOKEN)
    for probe in config.probes:
        assert probe.program.probe
        assert probe.program.name == probe.name
        assert isinstance(str(probe.target), str)


@pytest.mark.parametrize(
    ("kind", "limits", "expected"),
    [
        ("http", "", (3.0, None, "s", False)),
        ("http", "warn = '500ms'\ncrit = '2s'", (0.5, 2.0, "s", False)),
        ("http", "warn = 'off'", (None, None, "s", False)),
        ("http", "crit = '2s'", (None, 2.0, "s", False)),  # the usual 3 s would never be reached
        ("disk", "", (15.0, 5.0, "%", True)),
        ("disk", "warn = '20GB'", (20 * 1024.0**3, None, "B", True)),
        ("disk", "warn = '20GB'\ncrit = '2GB'", (20 * 1024.0**3, 2 * 1024.0**3, "B", True)),
        ("disk", "warn = '10%'", (10.0, 5.0, "%", True)),
        ("cpu", "crit = '99%'", (90.0, 99.0, "%", False)),
        ("certificate", "warn = '30d'", (30.0, 3.0, "d", True)),
        ("certificate", "warn = '36h'\ncrit = '1h'", (1.5, 1 / 24, "d", True)),
        ("container", "warn = 5", (5.0, None, "", False)),
        ("automations", "", (None, 0.0, "", False)),
        ("mail", "", (10.0, None, "%", False)),
        ("mail", "warn = '2.5%'\ncrit = '50%'", (2.5, 50.0, "%", False)),
    ],
)
def test_limits(tmp_path, kind, limits, expected):
    rule = loaded(tmp_path, f"kind = '{kind}'\n{LEAST[kind]}\n{limits}").probes[0].rule
    assert (rule.warn, rule.crit, rule.unit, rule.below) == expected


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", '"kind" is missing'),
        ("kind = 'htp'", 'did you mean "http"?'),
        ("kind = 'http'", '"url" is missing'),
        ("kind = 'http'\nurl = 'example.com'", "not a URL"),
        ("kind = 'http'\nurl = 'http://h'\nwarn = '3'", "not a duration"),
        ("kind = 'http'\nurl = 'http://h'\nwarn = '20s'", "not shorter than the timeout"),
        ("kind = 'http'\nurl = 'http://h'\nexpect_status = '2oo'", "not a status code"),
        ("kind = 'http'\nurl = 'http://h'\nexpect_status = '300-200'", "the lower code comes first"),
        ("kind = 'http'\nurl = 'http://h'\nheaders = { 'X' = \"a\\r\\nb\" }", "a header's value is one line"),
        ("kind = 'http'\nurl = 'http://h'\nhost = 'x'", "unknown key"),
        ("kind = 'disk'\npath = '/'\nwarn = '20GB'\ncrit = '5%'", "another unit"),
        ("kind = 'disk'\npath = '/'\nwarn = '5%'\ncrit = '10%'", "less severe than warn"),
        ("kind = 'cpu'\nwarn = '3s'", 'write it as "90%"'),
        ("kind = 'cpu'\nevery = '1s'\nfor = '1h'", "more than 500 checks"),
        ("kind = 'cpu'\nevery = '1ms'", "shorter than a second"),
        ("kind = 'tcp'\nhost = 'a b'\nport = 1", "not a host name"),
        ("kind = 'tcp'\nhost = 'a'\nport = 70000", "not between 1 and 65535"),
        ("kind = 'certificate'", 'one of "host" and "file" is needed'),
        ("kind = 'certificate'\nhost = 'h'\nfile = 'x.pem'", 'one of "host" and "file" is needed'),
        ("kind = 'command'\ncommand = []", "the command is empty"),
        ("kind = 'command'\ncommand = ['x']\nwarn = '1s'", "a command says itself how it is"),
        ("kind = 'container'\ncontainer = '../x'", "not the name or id"),
        ("kind = 'database'\nurl = 'mysql://h/d'", "speaks to Postgres only"),
        ("kind = 'mail'\nminimum = 0", "not between 1"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, table, said):
    assert said in problems(tmp_path, table)


def test_names_are_unique_among_programs_and_probes(tmp_path):
    program = f"[[programs]]\nname = 'p0'\nschedule = []\nbase_dir = '{tmp_path}'\n"
    assert "it is the name of a program" in problems(tmp_path, "kind = 'cpu'", before=program)
    twice = "[[probes]]\nname = 'p0'\nkind = 'cpu'\n"
    assert "it is the name of probes[0] on line 2" in problems(tmp_path, "kind = 'cpu'", before=twice)


def test_secrets_are_shown_nowhere(tmp_path):
    probe = loaded(
        tmp_path,
        "kind = 'http'\nurl = 'https://kim:hunter2@example.com:8443/health?key=hunter3'\n"
        "headers = { Authorization = 'Bearer ${env:TOKEN}' }",
    ).probes[0]
    assert str(probe.target) == "https://example.com:8443/health"
    assert probe.target.headers["Authorization"].reveal() == "Bearer s3cret"
    for secret in ("hunter2", "hunter3", "s3cret"):
        assert secret not in repr(probe)
    database = loaded(tmp_path, "kind = 'database'\nurl = 'postgresql://a:hunter2@db/x'").probes[0]
    assert "hunter2" not in repr(database)
    assert str(database.target) == "db/x"


EMAIL = "[email]\nhost = 'localhost'\nsender = 'a@example.com'\nadmins = ['b@example.com']\n"


def test_mail_is_watched_unasked_unless_it_is_switched_off(tmp_path):
    assert [probe.name for probe in loaded(tmp_path).probes] == []
    shipped = loaded(tmp_path, before=EMAIL).probes
    assert [(probe.name, probe.kind) for probe in shipped] == [("batmon-mail", "mail")]
    assert (shipped[0].rule.warn, shipped[0].target.window) == (10.0, timedelta(hours=1))
    assert loaded(tmp_path, "kind = 'mail'\nenabled = false", before=EMAIL).probes == ()
    own = loaded(tmp_path, "kind = 'mail'\nwarn = '5%'", before=EMAIL).probes
    assert [(probe.name, probe.rule.warn) for probe in own] == [("p0", 5.0)]


def test_keys_that_all_kinds_share(tmp_path):
    probe = loaded(
        tmp_path,
        "kind = 'tcp'\nhost = 'DB.example.com'\nport = 5432\ntitle = '데이터베이스'\nevery = '30s'\ntimeout = '5s'\n"
        "for = '2m'\ntags = ['finance', 'db']\nalert_after = 3\nkeep = '30d'\nnode = 'other'\ntimezone = 'Asia/Tokyo'",
    ).probes[0]
    program = probe.program
    assert (program.title, program.tags, program.alert_after) == ("데이터베이스", ("finance", "db"), 3)
    assert (program.node, program.timezone, program.schedule, program.logs) == ("other", "Asia/Tokyo", (), ())
    assert (probe.rule.every, probe.rule.timeout) == (timedelta(seconds=30), timedelta(seconds=5))
    assert (probe.rule.lasting, probe.keep) == (timedelta(minutes=2), timedelta(days=30))


def test_a_path_begins_at_the_folder_of_the_configuration(tmp_path):
    target = loaded(tmp_path, "kind = 'disk'\npath = 'data'").probes[0].target
    assert target.path == Path(tmp_path) / "data"
