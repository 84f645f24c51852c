"""``[reports]`` -> ``ReportsConfig``: what reports say of whom they are from, and what work is worth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from batmon.config.email import existing
from batmon.config.section import Section
from batmon.config.values import duration
from batmon.config.variables import Variables

KEEP = timedelta(days=400)
LONGEST_KEEP = timedelta(days=3660)
MOST_COST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class ReportsConfig:
    """What holds for every report; costs and targets for every program that names none itself."""

    organisation: str = ""
    """Whose reports they are; empty: nobody is named."""
    currency: str = "KRW"
    hourly_cost: float = 0.0
    """Of a person's work, in ``currency``; 0: nobody said."""
    availability_target: float | None = 0.99
    """The share of what is due that must succeed, 0 to 1; None: nothing was promised."""
    keep: timedelta = KEEP
    """For how long the files of reports are kept."""
    font: Path | None = None
    """A TrueType font with Korean for PDF; None: one that is found."""
    bold_font: Path | None = None


def read_reports(table: Section, variables: Variables) -> ReportsConfig:
    """The section; what is wrong is noted, and its default holds."""
    usual = ReportsConfig()

    def font(text: str) -> Path | None:
        return existing(variables.path(text)) if text.strip() else None

    reports = ReportsConfig(
        organisation=table.text("organisation", usual.organisation, short_line),
        currency=table.text("currency", usual.currency, _currency),
        hourly_cost=table.number("hourly_cost", usual.hourly_cost, low=0, high=MOST_COST),
        availability_target=read_target(table, usual.availability_target),
        keep=table.text("keep", usual.keep, _keep),
        font=table.text("font", usual.font, font),
        bold_font=table.text("bold_font", usual.bold_font, font),
    )
    if reports.bold_font is not None and reports.font is None and not table.has("font"):
        table.bad("bold_font", "a bold font needs the font that it belongs to", "name both, or none")
    table.finish()
    return reports


def read_target(table: Section, usual: float | None) -> float | None:
    """The key ``availability_target``, per cent in the file, as a share; 0 stands for none."""
    given = table.number("availability_target", -1.0, low=0, high=100)
    return usual if given < 0 else round(given / 100, 9) or None


def short_line(text: str) -> str:
    """A name of at most 100 printable characters.

    Raises:
        ValueError: it is longer, or has control characters.
    """
    line = text.strip()
    if len(line) > 100 or not line.isprintable():
        raise ValueError(f"{text!r:.80}: at most 100 printable characters")
    return line


def _currency(text: str) -> str:
    code = text.strip().upper()
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise ValueError(f'{text!r:.40} is no currency; write its three letters, as in "KRW", "EUR" or "USD"')
    return code


def _keep(text: str) -> timedelta:
    kept = duration(text, longest=LONGEST_KEEP)
    if kept < timedelta(days=1):
        raise ValueError('reports are kept for a day at least; write for example "400d"')
    return kept
