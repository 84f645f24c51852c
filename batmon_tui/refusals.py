"""What the daemon refused, in the console's language, with what a person can do about it on the screen. Pure."""

from __future__ import annotations

from batmon.errors import BatmonError
from batmon.refusals import told
from batmon.refusals.phrases import in_korean
from batmon_tui.locale import Language, dictionary


def phrase(why: str, language: Language) -> str:
    """Why something was left as it is, where BATMON itself says so; what others say stays."""
    return in_korean(why) if language == "ko" else why


def sentence(error: BatmonError, language: Language) -> str:
    """What is wrong, without what to do about it."""
    return dictionary(language).get(f"error.{error.code}", told(error, language)[0])


def in_words(error: BatmonError, language: Language) -> str:
    """The sentence for a person, and below it what to do, if anything is known to do.

    Where the screen has its own words for an error's code, or its own way out, these are said.
    """
    known = dictionary(language)
    own = known.get(f"error.{error.sentence.reason}.hint", known.get(f"error.{error.code}.hint"))
    hint = told(error, language)[1] if own is None else own
    said = sentence(error, language)
    return f"{said}\n{hint}" if hint else said
