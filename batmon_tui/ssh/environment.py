"""The environment that Textual reads when it is imported, the same wherever the console process was started from.

Every app renders true colour whatever the terminals are: styles are shared by all apps of a process and remember
the colour depth that they were first drawn with. The driver brings the colours down for its own terminal.
"""

from __future__ import annotations

from collections.abc import MutableMapping


def prepare(environ: MutableMapping[str, str]) -> None:
    """Settle what Textual and Rich take from ``environ``; to be called before textual is imported."""
    for name in [name for name in environ if name == "TEXTUAL" or name.startswith("TEXTUAL_")]:
        del environ[name]
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "ESCDELAY", "LC_TERMINAL", "TERM_PROGRAM"):
        environ.pop(name, None)
    environ["TERM"] = "xterm-256color"
    environ["COLORTERM"] = "truecolor"
    environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"
