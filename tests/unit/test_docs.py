"""What the documents promise is there: links, keys, variables, commands and their options, examples."""

import re
import shlex
import tomllib
from pathlib import Path
from unittest.mock import MagicMock

import pytest
import typer

from batmon.commands import app
from batmon.config import load
from batmon.config.load import ENVIRONMENT
from batmon.engine.answers import Answers
from batmon.engine.automations.answers import AutomationAnswers
from batmon.engine.automations.event_answers import EventAnswers
from batmon.engine.automations.inbox import InboxAnswers
from batmon.engine.capture import Capture
from batmon.engine.files.answers import TreeAnswers
from batmon.engine.files.database_dump import DatabaseDump
from batmon.engine.files.export_answers import ExportAnswers
from batmon.engine.handover import HandoverAnswers
from batmon.engine.incidents.answers import IncidentAnswers
from batmon.engine.incidents.backtest_answers import BacktestAnswers
from batmon.engine.incidents.signature_answers import SignatureAnswers
from batmon.engine.incidents.silence_answers import SilenceAnswers
from batmon.engine.log_files.answers import LogAnswers
from batmon.engine.log_files.deletion import LogDeletion
from batmon.engine.log_files.difference_answers import DifferenceAnswers
from batmon.engine.log_files.search_answers import SearchAnswers
from batmon.engine.probes.answers import ProbeAnswers
from batmon.engine.recording.item_answers import ItemAnswers
from batmon.engine.reports.answers import ReportAnswers
from batmon.engine.reports.schedule_answers import ReportScheduleAnswers
from batmon.engine.statistics.answers import StatsAnswers
from batmon.engine.statistics.savings_answers import SavingsAnswers
from batmon.engine.telling.answers import NotifyAnswers
from batmon.engine.telling.feed_answers import FeedAnswers
from batmon.errors import ConfigError
from batmon.gate.keyring import KeyRing
from batmon.gate.server import GateServer
from batmon.model import RunStatus, Status
from batmon.words import run_status_word, status_word

ROOT = Path(__file__).resolve().parents[2]
READMES = (ROOT / "README.md", ROOT / "docs" / "README.ko.md")
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text("utf-8")

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def prose(text):
    """The text without fenced and indented code."""
    return re.sub(r"^    .*$", "", _FENCED.sub("", text), flags=re.MULTILINE)


def anchors(text):
    """The anchors that the headings of a document give, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(document):
    broken = []
    for target in _LINK.findall(prose(document.read_text("utf-8"))):
        if re.match(r"\w+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (document.parent / path).resolve() if path else document
        if not there.exists() or (anchor and anchor not in anchors(there.read_text("utf-8"))):
            broken.append(target)
    assert not broken


def test_the_readmes_say_the_same_in_two_languages():
    english, korean = (path.read_text("utf-8") for path in READMES)
    assert re.findall(r"^(#+) ", english, re.MULTILINE) == re.findall(r"^(#+) ", korean, re.MULTILINE)
    pictures = [re.findall(r"pictures/(\w+)\.(\w+)\.svg", text) for text in (english, korean)]
    assert pictures[0] == [(name, "en") for name, _ in pictures[1]]
    assert {language for _, language in pictures[1]} == {"ko"}
    assert set(commands(english)) == {re.sub(" --language ko$", "", words) for words in commands(korean)}


@pytest.mark.parametrize(("readme", "language"), zip(READMES, ("en", "ko"), strict=True))
def test_the_readmes_call_states_as_the_screen_does(readme, language):
    rows = dict(re.findall(r"^\| (\S) \| (.+?) \|", readme.read_text("utf-8"), re.MULTILINE))
    signs = {"✗": Status.ERROR, "!": Status.WARNING, "?": Status.UNKNOWN, "✓": Status.OK}
    words = {sign: status_word(status, language) for sign, status in signs.items()}
    assert {sign: word for sign, word in rows.items() if sign in signs} == words
    assert rows["▸"] == run_status_word(RunStatus.RUNNING, language)


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_the_example_configurations_can_be_used(readme, tmp_path):
    examples = [text for language, text in _FENCED.findall(readme.read_text("utf-8")) if language == "toml"]
    assert examples
    for example in examples:
        folders = [program["base_dir"] for program in tomllib.loads(example).get("programs", [])]
        for folder in folders:
            example = example.replace(folder, str(tmp_path))  # noqa: PLW2901 - the example, on this machine
        (tmp_path / "config.toml").write_text(example, "utf-8")
        assert len(load(tmp_path / "config.toml", {}).programs) == len(folders)


def known_keys(tmp_path):
    """Table -> its keys, as the loader itself tells them to somebody who writes an unknown one."""
    tables = (
        "paths",
        "database",
        "ssh",
        "record",
        "logs",
        "capture",
        "reports",
        "http",
        "ui",
        "node",
        "demo",
        "email",
        "[channels]",
        "[programs]",
        "[calendars]",
        "[probes]",
        "[automations]",
        "[events]",
        "[inboxes]",
        "alerts",
        "[routes]",
        "[maintenance]",
        "programs.log",
    )
    wrong = "zzzzzz = 1\n" + "".join(f"[{table}]\nzzzzzz = 1\n" for table in tables)
    (tmp_path / "config.toml").write_text(wrong, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "config.toml", {})
    found = {}
    for problem in caught.value.problems:
        place, dot, key = problem.key.rpartition(".")
        if key == "zzzzzz":
            said = problem.hint.removeprefix("known here: ")
            found[place.replace("[0]", "") if dot else ""] = set(said.split(", "))
    return found


def documented_keys():
    """Table -> the keys in the first column of the table below its heading."""
    found = {}
    for heading, text in re.findall(r"^#+ `\[+([\w.]+)\]+`\n(.*?)(?=^#|\Z)", CONFIGURATION, re.MULTILINE | re.DOTALL):
        found[heading] = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    return found


def test_every_key_of_the_configuration_is_documented_and_the_other_way_round(tmp_path):
    known, documented = known_keys(tmp_path), documented_keys()
    assert documented.keys() - {"programs.log"} == known.pop("")
    known["programs"].discard("log")
    assert documented == known


def test_every_variable_is_documented_with_its_key():
    rows = re.findall(r"^\| `(BATMON_\w+)` \| (.+?) \|", CONFIGURATION, re.MULTILINE)
    expected = {name: f"`{table}.{key}`" for name, (table, key) in ENVIRONMENT.items()}
    assert {name: key for name, key in rows if key.startswith("`")} == expected
    assert dict(rows)["BATMON_CONFIG"] == "which file"


def test_every_verb_of_the_gate_is_documented_with_its_role(tmp_path):
    logs = LogAnswers(programs=dict, runs_near=None, find_run=None)
    verbs = Answers.verbs(MagicMock()) | logs.verbs() | SearchAnswers(programs=dict).verbs()
    verbs |= SavingsAnswers.verbs(MagicMock()) | ItemAnswers.verbs(MagicMock())
    verbs |= ExportAnswers.verbs(MagicMock()) | DatabaseDump.verbs(MagicMock()) | Capture.verbs(MagicMock())
    verbs |= TreeAnswers(programs=dict, state=tmp_path).verbs() | LogDeletion.verbs(MagicMock())
    verbs |= ProbeAnswers.verbs(MagicMock()) | BacktestAnswers.verbs(MagicMock())
    verbs |= SignatureAnswers.verbs(MagicMock()) | DifferenceAnswers.verbs(MagicMock())
    verbs |= NotifyAnswers.verbs(MagicMock()) | AutomationAnswers.verbs(MagicMock())
    verbs |= EventAnswers.verbs(MagicMock()) | InboxAnswers.verbs(MagicMock()) | FeedAnswers.verbs(MagicMock())
    verbs |= IncidentAnswers.verbs(MagicMock()) | SilenceAnswers.verbs(MagicMock()) | HandoverAnswers.verbs(MagicMock())
    verbs |= ReportAnswers.verbs(MagicMock()) | ReportScheduleAnswers.verbs(MagicMock())
    verbs |= StatsAnswers.verbs(MagicMock())
    gate = GateServer(verbs, greeting=dict, keyring=KeyRing(tmp_path / "keys"), audit=None)
    rows = dict(re.findall(r"^\| `([\w.]+)` \| ([\w ]+) \|", (ROOT / "docs/gate.md").read_text("utf-8"), re.MULTILINE))
    assert rows.pop("login") == "the console"
    assert rows == {name: verb.role.value for name, verb in gate.verbs.items() if name != "login"}


def commands(text):
    """The command lines of ``batmon`` in code blocks and between backticks, without comments, each once."""
    code = [line.strip() for line in re.findall(r"^    (?!\|).*$", text, re.MULTILINE)]
    code += [part for line in code for part in line.split("$(")[1:]] + re.findall(r"`([^`\n]+)`", prose(text))
    for line in code:
        for part in re.split(r"&&|;|\||\s#", line):
            words = re.sub(r"^(?:\$ |sudo -u \w+ )+", "", part.strip())
            if re.match(r"(?:/\S+/)?batmon [a-z-]", words):
                yield words.rstrip(")")


def grammar():
    """The words of a command -> it, those of its groups first; and the global options."""
    group = typer.main.get_command(app._grammar(remote=False))

    def below(group, words):
        for name, command in getattr(group, "commands", {}).items():
            yield (*words, name), command
            yield from below(command, (*words, name))

    return dict(below(group, ())), {option for parameter in group.params for option in parameter.opts}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_line_can_be_typed(document):
    known, everywhere = grammar()
    wrong = []
    for line in commands(document.read_text("utf-8")):
        words = shlex.split(line.replace("...", ""))[1:]
        words = words[: words.index("--")] if "--" in words else words  # what follows is somebody else's command
        while words and words[0] in everywhere:
            words = words[2:] if words[0] != "--version" else words[1:]
        verb = next((tuple(words[:count]) for count in (3, 2, 1) if tuple(words[:count]) in known), None)
        if verb is None:
            wrong.append(line)
            continue
        options = {
            option for parameter in known[verb].params for option in (*parameter.opts, *parameter.secondary_opts)
        }
        wrong += [
            f"{line}: {w}" for w in words if w.startswith("-") and w not in options | everywhere | {"-", "--help"}
        ]
    assert not wrong


def test_every_command_is_documented():
    text = "\n".join(line for document in DOCUMENTS for line in commands(document.read_text("utf-8")))
    missing = [
        " ".join(verb) for verb, command in grammar()[0].items()
        if not hasattr(command, "commands") and not re.search(rf"batmon (?:--\w+ \S+ )*{' '.join(verb)}\b", text)
    ]  # fmt: skip
    assert not missing
