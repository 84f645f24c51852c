"""What the command palette offers: nothing that would act on the machine that the app runs on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.app import SystemCommand

from batmon.model import Role
from batmon_tui import theme
from batmon_tui.locale import LANGUAGES, tr

if TYPE_CHECKING:
    from batmon_tui.app import BatmonApp


def commands(app: BatmonApp) -> Iterator[SystemCommand]:
    """Help, themes, languages, programs, the picture of the screen for admins, the way out; in the app's language."""
    yield SystemCommand(app.tr("palette.help"), app.tr("palette.help.help"), app.action_help)
    for name in theme.NAMES:
        words = app.tr("palette.theme", name=app.tr(f"theme.{name}"))
        yield SystemCommand(words, app.tr("palette.theme.help"), lambda name=name: app.choose_theme(name))
    for language in LANGUAGES:
        words = app.tr("palette.language", name=tr(language, "language.name"))
        helped = app.tr("palette.language.help")
        yield SystemCommand(words, helped, lambda language=language: app.choose_language(language))
    for name in sorted(app.rows):
        words = app.tr("palette.jump", name=name)
        yield SystemCommand(words, str(app.rows[name]["title"]), lambda name=name: app.open_program(name))
    if app.may(Role.ADMIN):
        yield SystemCommand(app.tr("palette.capture"), app.tr("palette.capture.help"), app.open_capture)
    yield SystemCommand(app.tr("palette.quit"), app.tr("palette.quit.help"), app.exit)
