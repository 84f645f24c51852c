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
    hint = error.hint
    own = f"error.{error.code}.hint"
    if own in known:
        figure = re.search(r"\d+", hint)
        wanted = "{n}" in known[own]
        hint = "" if wanted and figure is None else tr(language, own, n=figure.group() if figure else "")
    return f"{sentence}\n{hint}" if hint else sentence
