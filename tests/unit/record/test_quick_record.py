import pytest

from batmon.commands import exec as running
from batmon.commands import quick_record, record


@pytest.fixture
def called(monkeypatch):
    """What was called, with which words."""
    calls = []

    def note(name):
        def noted(*words, **options):
            calls.append((name, words, options))
            return 7

        return noted

    monkeypatch.setattr(running, "run", note("exec"))
    for name in ("start", "item", "end"):
        monkeypatch.setattr(record, name, note(name))
    return calls


@pytest.mark.parametrize(
    ("line", "state", "command"),
    [
        (["exec", "B", "T", "--", "ls", "-l"], None, ["ls", "-l"]),
        (["exec", "B", "T", "ls", "--state", "x"], None, ["ls", "--state", "x"]),
        (["--state", "s", "exec", "B", "T", "--", "--", "x"], "s", ["--", "x"]),
        (["exec", "--state=s", "B", "T", "--", "batmon", "check"], "s", ["batmon", "check"]),
        (["exec", "B", "--state", "s", "T", "--", ""], "s", [""]),
    ],
)
def test_exec(called, line, state, command):
    assert quick_record.answer(line) == 7
    assert called == [("exec", ("B", "T", command), {"state": state})]


def test_record(called):
    assert quick_record.answer(["record", "start", "B", "T", "--pid", "12"]) == 7
    assert quick_record.answer(["record", "item", "id", "-", "--processed=3", "--error", "-x"]) is None
    assert quick_record.answer(["record", "item", "id", "a b", "--processed=3", "--error", "-x"]) == 7
    assert quick_record.answer(["record", "end", "id", "--status", "SUCCESS", "--error-details", "-"]) == 7
    assert [call[2] for call in called] == [
        {"pid": 12, "state": None},
        {"processed": 3, "failed": 0, "error": "-x", "state": None},
        {"status": "SUCCESS", "message": "", "error_details": "-", "processed_count": None, "state": None},
    ]


@pytest.mark.parametrize(
    "line",
    [
        "exec", "exec B", "exec B T", "exec B T --", "exec --help", "exec B -- ls", "exec -x B T ls", "record",
        "record start B", "record start B T U", "record begin B T", "record item id a --processed x", "record end id",
        "record end id --status", "runs exec", "check record", "record start B T --pid -1",
    ],
)  # fmt: skip
def test_what_needs_explaining_is_left_to_the_grammar(called, line):
    assert quick_record.answer(line.split()) is None
    assert called == []


def test_wrong_use_is_one_sentence(capsys):
    assert quick_record.answer(["record", "end", "x", "--status", "SUCCESS"]) == 2
    assert "neither what start_log gave" in capsys.readouterr().err


def test_a_configuration_that_cannot_be_used_does_not_stop_the_program(called, tmp_path, capsys):
    (tmp_path / "config.toml").write_text("[paths]\nstate = 12\n", "utf-8")
    assert quick_record.answer(["--config", str(tmp_path / "config.toml"), "exec", "B", "T", "--", "ls"]) == 7
    assert called[0][2] == {"state": None}
    assert "paths.state" in capsys.readouterr().err
