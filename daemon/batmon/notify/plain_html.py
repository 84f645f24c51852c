"""A plain text as the inside of an HTML mail: paragraphs, links, marked lines ``[Words] https://...`` as buttons."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_BUTTON = re.compile(r"\[([^\[\]]{1,80})\]\s*[(<]?(https?://[^\s()<>\"']{1,2000})[)>]?")
_LINK = re.compile(r"https?://[^\s<>\"']{1,2000}[^\s<>\"'.,;:!?)\]]")
_PARAGRAPH = Markup('<p style="margin:0 0 16px 0;">{}</p>')
_LINK_STYLE = Markup('<a href="{0}" style="color:#1f5fbf;">{0}</a>')
_BUTTON_STYLE = Markup(
    '<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:8px 0 20px 0;"><tr>'
    '<td bgcolor="#1f4e8c" style="background-color:#1f4e8c;border-radius:4px;padding:10px 18px;">'
    '<a href="{1}" style="color:#ffffff;text-decoration:none;font-weight:bold;">{0}</a></td></tr></table>'
)
_BREAK = Markup("<br>\n")


def html_of(text: str, mark: str) -> Markup:
    """The text, escaped, with its line breaks; runs of blanks keep their width.

    Only a line that begins with ``mark`` may become a button: a link that strangers wrote shows where it leads.
    """
    blocks: list[Markup] = []
    for paragraph in re.split(r"\n\s*\n", text.strip("\n")):
        lines: list[Markup] = []
        for line in paragraph.split("\n"):
            marked = line.startswith(mark)
            shown = line.replace(mark, "")
            if marked and (button := _BUTTON.fullmatch(shown.strip())):
                blocks += _closed(lines)
                lines = []
                blocks.append(_BUTTON_STYLE.format(button[1], button[2]))
            else:
                lines.append(_linked(shown.rstrip()))
        blocks += _closed(lines)
    return Markup("\n").join(blocks)


def _closed(lines: list[Markup]) -> list[Markup]:
    return [_PARAGRAPH.format(_BREAK.join(lines))] if lines else []


def _linked(line: str) -> Markup:
    done, at = Markup(), 0
    for link in _LINK.finditer(line):
        done += _spaced(line[at : link.start()]) + _LINK_STYLE.format(link[0])
        at = link.end()
    return done + _spaced(line[at:])


def _spaced(text: str) -> Markup:
    """Blanks at the beginning of a line, and all but the last of a run, as blanks that mail programs keep."""
    kept = re.sub(r"^ +| +(?= )", lambda run: "\u00a0" * len(run[0]), text)
    return escape(kept)
