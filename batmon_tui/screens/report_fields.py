"""What the dialogs have in common that ask for a report: the choices of template, format and language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from batmon_tui import reports
from batmon_tui.screens.fields import Field, FieldsDialog

LANGUAGES = ("ko", "en")


class ReportFields(FieldsDialog):
    """``templates`` as ``report.templates`` gives them."""

    choices = frozenset({"template", "period", "format", "language"})

    def __init__(self, templates: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        places = {name: place for place, name in enumerate(reports.TEMPLATES)}
        in_order = sorted(templates, key=lambda one: places.get(one["name"], len(places)))
        self.known = {one["name"]: one for one in in_order}

    def named(
        self, name: str, proposed: str = "", options: Sequence[tuple[str, str]] = (), *, hint: str = "",
        needed: bool = False,
    ) -> Field:  # fmt: skip
        """A field with the words of its name."""
        return Field(self.tr(f"reports.field.{name}"), proposed, options, hint, needed)

    def templates(self) -> list[tuple[str, str]]:
        """The templates with their titles in the language of the screen."""
        language = self.console_app.language
        return [(name, str(one["titles"].get(language) or one["title"])) for name, one in self.known.items()]

    def formats(self, template: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The formats that a template can be had in."""
        return [(form, self.tr(f"reports.format.{form}")) for form in template["formats"]]

    def languages(self) -> list[tuple[str, str]]:
        """The languages that a report can be in."""
        return [(one, self.tr(f"reports.language.{one}")) for one in LANGUAGES]


def addresses(written: str) -> list[str]:
    """Mail addresses that somebody wrote with spaces, commas or semicolons between."""
    return written.replace(",", " ").replace(";", " ").split()


def globs(written: str) -> list[str]:
    """Names of programs that somebody wrote with spaces or commas between."""
    return written.replace(",", " ").split()
