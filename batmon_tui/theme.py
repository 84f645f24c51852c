"""The console's colours: dark, light and high contrast. One accent; red, amber and green mean a state."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="batmon-dark",
    primary="#6cb2eb",
    accent="#6cb2eb",
    secondary="#8a97a6",
    foreground="#d5dbe3",
    background="#11151a",
    surface="#161b22",
    panel="#1d242d",
    error="#ff6b6b",
    warning="#f2b64c",
    success="#7cc48a",
    dark=True,
    variables={"quiet": "#8290a0", "line": "#2c3642", "chosen": "#24405c", "alarm": "#5c1f24", "doubt": "#b79cf0"},
)
LIGHT = Theme(
    name="batmon-light",
    primary="#0b63b0",
    accent="#0b63b0",
    secondary="#566273",
    foreground="#1d242d",
    background="#fbfbf9",
    surface="#f3f3ef",
    panel="#e8e8e2",
    error="#b81d24",
    warning="#8a5a00",
    success="#1e6b34",
    dark=False,
    variables={"quiet": "#5a6572", "line": "#cfd2cc", "chosen": "#cfe3f7", "alarm": "#f6cfd0", "doubt": "#5f3fb0"},
)
CONTRAST = Theme(
    name="batmon-contrast",
    primary="#00ffff",
    accent="#00ffff",
    secondary="#ffffff",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#000000",
    error="#ff7070",
    warning="#ffff00",
    success="#50ff50",
    dark=True,
    variables={"quiet": "#ffffff", "line": "#ffffff", "chosen": "#0000d0", "alarm": "#900000", "doubt": "#ffa0ff"},
)
_SCROLLBARS = {"scrollbar": "line", "scrollbar-hover": "quiet", "scrollbar-active": "quiet"}
for _theme in (DARK, LIGHT, CONTRAST):
    _theme.variables.update({bar: _theme.variables[colour] for bar, colour in _SCROLLBARS.items()})
    for _ground in ("scrollbar-background", "scrollbar-background-hover", "scrollbar-background-active"):
        _theme.variables[_ground] = _theme.background or ""

THEMES = (DARK, LIGHT, CONTRAST)
NAMES = tuple(theme.name for theme in THEMES)
