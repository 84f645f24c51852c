"""The paths of files that a line of a log names. Pure."""

from __future__ import annotations

import re

MOST = 8
"""Paths of one line that are tried."""

_END = r"\.[A-Za-z0-9]{1,8}(?![A-Za-z0-9_])"
_QUOTED = re.compile(rf"""["'“‘<\[(]([^"'“”‘’<>\[\]()]{{1,400}}?{_END})["'”’>\])]""")
_ABSOLUTE = re.compile(rf"""(?:[A-Za-z]:[\\/]|\\\\|(?<![\w./\\:])~?/)[^"'<>|*?:;,\t]{{1,400}}?{_END}""")
_RELATIVE = re.compile(rf"""[^\s"'<>|*?:;,=()\[\]]{{1,400}}?{_END}""")


def named_paths(line: str) -> list[str]:
    """What may be paths of files in ``line``, the likeliest first: quoted, absolute, then bare names with an ending.

    Only names with an ending count (``out/보고서.xlsx``); a Korean particle behind it (``a.xlsx에``) is left out.
    """
    found = [match[1].strip() for match in _QUOTED.finditer(line[:4096])]
    found += [match[0] for match in _ABSOLUTE.finditer(line[:4096])]
    found += [match[0] for match in _RELATIVE.finditer(line[:4096])]
    return [path for path in dict.fromkeys(found) if not path.replace(".", "").isdigit()][:MOST]
