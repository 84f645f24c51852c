"""What BATMON says no with, in English and Korean: each sentence once, under a reason that does not change.

Whoever raises an error says ``NotFound(because("no-program", name=name, known=known))``. Its English text and hint are
made here at once; reason and facts travel with it, and ``told`` makes the same sentence for another reader. Pure.

An entry holds the sentence in English and in Korean, and where something is known to do the hint in both. A hint whose
facts are empty is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from batmon.errors import BatmonError, Sentence
from batmon.refusals import (
    afar,
    arguments,
    automations,
    files,
    incidents,
    logs,
    machine,
    moments,
    people,
    phrases,
    programs,
    report_files,
    reports,
    telling,
    typed,
)

_SUBJECTS = (
    afar, arguments, automations, files, incidents, logs, machine, moments, people, programs, report_files, reports,
    telling, typed,
)  # fmt: skip
SENTENCES: Mapping[str, tuple[str, ...]] = {
    reason: entry for subject in _SUBJECTS for reason, entry in subject.SENTENCES.items()
}
"""Reason -> the sentence in English and Korean, then its hint in English and Korean if it has one."""

_WORDED = frozenset({"hint", "own", "role", "what", "why"})
"""Facts that may be words of BATMON's own; the others are names and figures, whatever they look like."""
_NAME = re.compile(r"(?<!\{)\{(\w+)")


def because(reason: str, /, **facts: Any) -> Sentence:
    """The sentence of ``reason`` about ``facts``; what is neither text nor a number is told by its ``str``.

    Raises:
        KeyError: there is no such reason, or a fact of its sentence is missing.
    """
    plain = {name: fact if isinstance(fact, str | int | float) else str(fact) for name, fact in facts.items()}
    text, hint = _composed(SENTENCES[reason], plain, 0)
    return Sentence(text, hint, reason, plain)


def told(error: BatmonError, language: str) -> tuple[str, str]:
    """An error's sentence and hint in ``language``; in English where that is all there is."""
    sentence = error.sentence
    entry = SENTENCES.get(sentence.reason)
    if language != "ko" or entry is None:
        return str(error), error.hint
    facts = {
        name: phrases.in_korean(fact) if name in _WORDED and isinstance(fact, str) else fact
        for name, fact in sentence.facts.items()
    }
    try:
        return _composed(entry, facts, 1)
    except (KeyError, OverflowError, TypeError, ValueError):  # facts of another version's sentence
        return str(error), error.hint


def _composed(entry: tuple[str, ...], facts: Mapping[str, Any], place: int) -> tuple[str, str]:
    """Sentence and hint in the language whose texts stand at ``place`` of their pairs."""
    hint = entry[2 + place] if len(entry) > 2 else ""
    if any(facts[name] == "" for name in _NAME.findall(hint)):
        hint = ""
    return entry[place].format_map(facts), hint.format_map(facts)
