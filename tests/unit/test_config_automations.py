from datetime import timedelta

import pytest

from batmon.config import load
from batmon.config.outside_steps import BackupStep, CommandStep
from batmon.errors import ConfigError

STEP = '[[automations.steps]]\ndo = "sql"\nsql = "SELECT :slot::timestamptz"\n'
HEAD = '[node]\ntimezone = "Asia/Seoul"\n'
S3 = (
    's3 = { endpoint = "https://s3.example.com", bucket = "kept", access_key = "${env:KEY}",'
    ' secret_key_file = "secret" }'
)


@pytest.fixture
def read(tmp_path):
    def read(text, **environ):
        (tmp_path / "config.toml").write_text(HEAD + text, "utf-8")
        return load(tmp_path / "config.toml", environ).automations

    return read


@pytest.fixture
def problems(read):
    def problems(text, **environ):
        with pytest.raises(ConfigError) as caught:
            read(text, **environ)
        return [f"{problem.key}: {problem.message} {problem.hint}" for problem in caught.value.problems]

    return problems


def test_the_least_that_is_needed(read):
    (one,) = read(f'[[automations]]\nname = "a"\nschedule = "@daily"\n{STEP}')
    assert (one.title, one.schedule, one.timezone, one.catch_up, one.overlap) == (
        "a", ("@daily",), "Asia/Seoul", "last", "skip",
    )  # fmt: skip
    assert (one.timeout, one.retries, one.retry_after) == (timedelta(minutes=10), 0, timedelta(minutes=1))
    assert not one.reaches_outside


def test_an_event_is_never_skipped_and_its_incident_is_known(read):
    step = STEP.replace(":slot::timestamptz", ":incident.program")
    (one,) = read(f'[[automations]]\nname = "a"\non = "incident.opened"\n{step}')
    assert (one.on, one.overlap, one.schedule) == ("incident.opened", "queue", ())


def test_a_command_inside_a_branch_reaches_outside(read):
    step = (
        '[[automations.steps]]\ndo = "if"\nwhen = "true"\nthen = [{ do = "command", command = ["x", "{{ today }}"] }]\n'
    )
    (one,) = read(f'[[automations]]\nname = "a"\nschedule = "0 0 * * *"\n{step}')
    assert one.reaches_outside
    assert isinstance(one.steps[0].then[0], CommandStep)


def test_the_environment_of_a_command_is_not_shown(read):
    step = '[[automations.steps]]\ndo = "command"\ncommand = ["x"]\nenv = { TOKEN = "${env:TOKEN}" }\n'
    (one,) = read(f'[[automations]]\nname = "a"\nschedule = "0 0 * * *"\n{step}', TOKEN="s3cr3t")
    assert one.steps[0].env["TOKEN"].reveal() == "s3cr3t"
    assert "s3cr3t" not in repr(one)


def test_a_backup(read, tmp_path):
    (tmp_path / "secret").write_text("s3cr3t\n")
    (tmp_path / "secret").chmod(0o600)
    step = f'[[automations.steps]]\ndo = "backup"\nname = "b_{{year}}_{{month}}"\nkeep = 3\nfolder = "kept"\n{S3}\n'
    (one,) = read(f'[[automations]]\nname = "a"\nschedule = "0 2 1 * *"\n{step}', KEY="AKID")
    (backup,) = one.steps
    assert isinstance(backup, BackupStep)
    assert (backup.file, backup.keep, backup.folder) == ("b_{year}_{month}.sql", 3, tmp_path / "kept")
    assert backup.s3.secret_key.reveal() == "s3cr3t"
    assert "s3cr3t" not in repr(one)
    assert "AKID" not in repr(one)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "a"\n' + STEP, 'neither "schedule" nor "on"'),
        ('name = "a"\nschedule = "0 0 * * *"\non = "incident.opened"\n' + STEP, 'both "schedule" and "on"'),
        ('name = "a"\nschedule = "0 0 * *"\n' + STEP, "5 "),
        ('name = "a"\nschedule = "0 0 * * *"\ncatch_up = "alll"\n' + STEP, 'did you mean "all"?'),
        ('name = "a"\non = "incident.open"\n' + STEP, 'did you mean "incident.opened"?'),
        ('name = "a"\non = "incident.opened"\noverlap = "skip"\n' + STEP, "would be lost"),
        ('name = "a"\non = "incident.opened"\ncatch_up = "all"\n' + STEP, "never missed"),
        ('name = "a"\nschedule = "0 0 * * *"\n', '"steps" is missing'),
        ('name = "a"\nschedule = "0 0 * * *"\nretrys = 3\n' + STEP, 'did you mean "retries"?'),
        ('name = "a"\nschedule = "0 0 * * *"\n' + STEP.replace("slot", "slott"), 'did you mean "slot"?'),
        ('name = "a"\nschedule = "0 0 * * *"\n' + STEP.replace(":slot", ":incident.program"), "incident"),
    ],
)
def test_what_is_wrong_is_said(problems, text, said):
    if said == "5 ":
        said = "five are needed"
    assert any(said in problem for problem in problems(f"[[automations]]\n{text}"))


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ('do = "command"\ncommand = []', "the command is empty"),
        ('do = "command"\ncommand = ["{{ slot }}"]', "cannot come from an expression"),
        ('do = "command"\ncommand = ["x", "{{ nobody }}"]', "nothing is called 'nobody'"),
        ('do = "command"\ncommand = ["x"]\ncwd = "nowhere"', "does not exist"),
        ('do = "command"\ncommand = "rm -rf /"', "expected an array"),
        ('do = "backup"\nname = "b"', 'neither "folder" nor "s3"'),
        ('do = "backup"\nname = "../b.sql"\nfolder = "x"', "is not a file's name"),
        ('do = "backup"\nname = "b_{hostname}"\nfolder = "x"', "{hostname} is not known"),
        ('do = "backup"\nname = "b.zip"\nfolder = "x"', "a backup ends with"),
        ('do = "backup"\nname = "b"\nfolder = "x"\nkeep = 3', "only one to keep"),
        ('do = "backup"\nname = "b"\ns3 = { endpoint = "https://x/y", bucket = "abc" }', "only scheme and host"),
        ('do = "backup"\nname = "b"\ns3 = { endpoint = "https://x", bucket = "A" }', "is not a bucket's name"),
        ('do = "backup"\nname = "b"\ns3 = { endpoint = "https://x", bucket = "abc" }', '"access_key" is missing'),
        ('do = "backup"\nname = "b"\nfolder = "x"\nrestore = true', 'did you mean "test_restore"?'),
        ('do = "email"\nto = "admins"\ntemplate = "x"\ndata = { a = "{{ slott }}" }', 'did you mean "slot"?'),
    ],
)
def test_what_is_wrong_with_a_step_is_said(problems, step, said):
    text = f'[[automations]]\nname = "a"\nschedule = "0 0 * * *"\n[[automations.steps]]\n{step}\n'
    found = problems(text)
    assert any(said in problem for problem in found), found


def test_a_name_that_comes_twice(problems):
    one = f'[[automations]]\nname = "a"\nschedule = "0 0 * * *"\n{STEP}'
    assert any("is taken" in problem for problem in problems(one + one))
