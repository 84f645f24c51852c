"""Every refusal of the daemon is told in the reader's language: each raise is looked at, and each sentence."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

import batmon_tui
from batmon import errors
from batmon.errors import BatmonError, NotFound, Refused
from batmon.gate import frames
from batmon.refusals import _SUBJECTS, SENTENCES, because, told
from batmon.refusals.phrases import PHRASES, in_korean

SOURCE = Path(errors.__file__).parent
CONSOLE = Path(batmon_tui.__file__).parent
ROOMS = ("commands", "engine", "evidence", "gate", "metrics", "notify", "report", "store")

IN_ENGLISH = {
    "gate/frames.py": "lines that are no frames: only a broken client writes or reads them",
    "gate/logins.py": "said between the console's process and the daemon, nobody types it",
    "engine/recording/intake.py": "the socket of programs that record: their own logs keep what it says",
    "engine/recording/intake_lines.py": "as above",
    "notify/message.py": "a message that BATMON itself made wrong",
    "report/document.py": "a table or chart that BATMON itself made wrong",
    "ssh/screens.py": "an option for whoever tries out another app",
    "store/job_driver.py": "said to PgQueuer, which then asks for another connection",
}
"""File -> why what it raises is told in English only."""

CLASSES = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, BatmonError)}
ELSEWHERE = {
    "ConfigError": "problems of a configuration have files and lines, and a form of their own",
    "DeliveryFailed": "what a channel's other side said; it stands in the message's row, and nobody is refused by it",
    "EmbeddedError": "the daemon did not start: there is no console yet",
    "SchemaError": "as above",
}
"""Class -> why what it says is not told here."""


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(path.read_text("utf-8"))))


def files(*folders: Path, having: str) -> Iterator[tuple[str, tuple[ast.AST, ...]]]:
    """What the modules in those folders consist of whose text matches ``having``, by their place below ``batmon``."""
    for path in (path for folder in folders for path in sorted(folder.rglob("*.py"))):
        if re.search(having, path.read_text("utf-8")):
            yield path.relative_to(SOURCE if path.is_relative_to(SOURCE) else CONSOLE).as_posix(), nodes(path)


def calls(module: tuple[ast.AST, ...], names: set[str]) -> Iterator[ast.Call]:
    for node in module:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            yield node


def tellers(module: tuple[ast.AST, ...]) -> set[str]:
    """What gives a sentence: made here or by another process, or by a function of the module."""
    made = {
        node.name
        for node in module
        if isinstance(node, ast.FunctionDef) and isinstance(node.returns, ast.Name) and node.returns.id == "Sentence"
    }
    return made | {"because", "Sentence"}


def is_told(call: ast.Call, tellers: set[str]) -> bool:
    first = call.args[0] if call.args else None
    return isinstance(first, ast.Call) and isinstance(first.func, ast.Name) and first.func.id in tellers


def test_whatever_is_raised_is_known_in_both_languages():
    left = [
        f"{name}:{call.lineno}: {ast.unparse(call)}"
        for name, module in files(CONSOLE, *(SOURCE / room for room in ROOMS), having=rf"\b(?:{'|'.join(CLASSES)})\(")
        if name not in IN_ENGLISH
        for call in calls(module, CLASSES - ELSEWHERE.keys())
        if not is_told(call, tellers(module)) or call.keywords
    ]
    assert not left, "in English only:\n" + "\n".join(left)


def reasons(call: ast.Call) -> list[str]:
    """The reasons that a call of ``because`` names; a choice between two names both."""
    first = call.args[0]
    options = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
    return [one.value for one in options if isinstance(one, ast.Constant)]


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_each_reason_has_its_sentence_and_its_facts():
    used, wrong = set(), []
    for name, module in files(SOURCE, CONSOLE, having=r"\bbecause\("):
        for call in calls(module, {"because"}):
            for reason in reasons(call):
                used.add(reason)
                given = {word.arg for word in call.keywords}
                wanted = names_in("".join(SENTENCES.get(reason, ())))
                if reason not in SENTENCES or (None not in given and given != wanted):
                    wrong.append(f"{name}:{call.lineno}: {reason} wants {wanted}, is given {given}")
        used |= {one.value for one in module if isinstance(one, ast.Constant) and one.value in SENTENCES}
    assert not wrong, "\n".join(wrong)
    assert set(SENTENCES) <= used, f"nobody says {set(SENTENCES) - used}"


def in_letters(text: str) -> bool:
    return re.search("[A-Za-z]", re.sub(r"\{[^}]*\}", "", text)) is not None


def test_each_sentence_is_there_in_both_languages():
    for reason, (english, korean, *hints) in SENTENCES.items():
        assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)+", reason)
        assert len(hints) in (0, 2), reason
        assert not re.search("[가-힣]", english + "".join(hints[:1])), reason
        assert re.search("[가-힣]", korean) or not in_letters(english), reason


def test_no_reason_is_told_by_two_tables():
    names = [reason for subject in _SUBJECTS for reason in subject.SENTENCES]
    assert len(names) == len(set(names))


def test_no_sentence_stands_under_two_reasons():
    told_by: dict[tuple[str, ...], list[str]] = {}
    for reason, entry in SENTENCES.items():
        told_by.setdefault(entry, []).append(reason)
    assert not [reasons for reasons in told_by.values() if len(reasons) > 1]


def test_a_sentence_travels_and_is_told_in_the_readers_language():
    error = NotFound(because("no-program", name="kinds\x1b[31m", known="kindscrap"))
    back = frames.raised(frames.decode_answer(frames.encode(frames.failure(3, error))))
    assert type(back) is NotFound
    assert (str(back), back.hint) == (str(error), error.hint) == told(back, "en")
    assert told(back, "ko") == ("‘kinds␛[31m’ 프로그램이 없습니다.", "프로그램: kindscrap")


def test_a_hint_without_its_facts_is_left_out():
    assert told(NotFound(because("no-program", name="x", known="")), "ko") == ("‘x’ 프로그램이 없습니다.", "")


@pytest.mark.parametrize("facts", [{}, {"name": []}, {"name": {}, "known": "x"}, {"name": 3, "known": "x"}])
def test_what_another_version_says_falls_back_to_its_english(facts):
    strange = frames.raised(frames.Failure(1, "not_found", "no such thing", "look again", "no-program", facts))
    assert told(strange, "ko") == ("no such thing", "look again")
    unknown = frames.raised(frames.Failure(1, "not_found", "no such thing", "", "reason-of-tomorrow", facts))
    assert told(unknown, "ko") == ("no such thing", "")


def test_facts_are_never_read_as_a_pattern():
    said = told(NotFound(because("no-program", name="{known} {0.__class__}", known="%s {name}")), "ko")
    assert said == ("‘{known} {0.__class__}’ 프로그램이 없습니다.", "프로그램: %s {name}")


def test_an_error_may_say_what_another_said():
    first = NotFound(because("no-program", name="x", known=""))
    assert told(Refused.of(first), "ko") == told(first, "ko")


def test_why_something_is_left_as_it_is_is_told_too():
    says = re.compile(r"(?:it|a name|a process|a dump|names|pictures) [a-z].*[^ .]", re.DOTALL)
    rooms = ("evidence/access_rules", "evidence/access_linux", "evidence/access_plain", "evidence/access")
    whys = {
        node.value
        for name in (*rooms, "engine/files/tree", "engine/log_files/deletion")
        for node in nodes(SOURCE / f"{name}.py")
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and says.fullmatch(node.value)
    }
    assert len(whys) > 25
    assert not [why for why in whys if why not in PHRASES and not any(known.endswith(why) for known in PHRASES)]
    assert in_korean("it is a hard link: the file has 3 names, and another may lie outside").startswith("하드 링크")
    assert in_korean("it is more than 64 levels deep") == "64단계보다 깊습니다"
    assert in_korean("what others say 3") == "what others say 3"
