"""What the daemon refused, in the console's own words: by the error's code, else the daemon's sentence. Pure."""

from __future__ import annotations

import re

from batmon.errors import BatmonError
from batmon_tui.locale import Language, dictionary, tr


def in_words(error: BatmonError, language: Language) -> str:
    """The sentence for a person, and below it what to do, if anything is known to do.

    A figure of the daemon's hint (tries that are left, seconds to wait) goes into the console's own hint.
    """
    known = dictionary(language)
    sentence = known.get(f"error.{error.code}", str(error))
    figure = re.search(r"\d+", error.hint)
    hint = known.get(f"error.{error.code}.hint", error.hint)
    if "{n}" in hint:
        hint = tr(language, f"error.{error.code}.hint", n=figure.group()) if figure else ""
    return f"{sentence}\n{hint}" if hint else sentence
