"""What every figure means, in the words that reports and screens show; ``docs/metrics.md`` has more, with examples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from batmon.metrics import definitions_en, definitions_ko
from batmon.words import Language

_WORDS: Mapping[Language, Mapping[str, tuple[str, str]]] = {
    "ko": definitions_ko.MEANINGS,
    "en": definitions_en.MEANINGS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """A figure: ``key`` is its anchor in ``docs/metrics.md``; titles and texts are by language."""

    key: str
    titles: Mapping[Language, str]
    texts: Mapping[Language, str]


def _meaning(key: str) -> Meaning:
    return Meaning(
        key=key,
        titles={language: words[key][0] for language, words in _WORDS.items()},
        texts={language: words[key][1] for language, words in _WORDS.items()},
    )


DEFINITIONS: tuple[Meaning, ...] = tuple(map(_meaning, definitions_en.MEANINGS))
"""Every figure once, in the order in which reports explain them."""

_BY_KEY: Mapping[str, Meaning] = {one.key: one for one in DEFINITIONS}


def meaning(key: str) -> Meaning:
    """That of one figure; KeyError if there is none."""
    return _BY_KEY[key]


def title(key: str, language: Language) -> str:
    """What a figure is called; KeyError if there is none."""
    return _BY_KEY[key].titles[language]


def meanings(keys: Iterable[str]) -> tuple[Meaning, ...]:
    """Those of some figures, each once, in the order of ``DEFINITIONS``; KeyError if there is none of a key."""
    wanted = {_BY_KEY[key].key for key in keys}
    return tuple(one for one in DEFINITIONS if one.key in wanted)
