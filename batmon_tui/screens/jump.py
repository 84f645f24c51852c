"""``:`` asks where to go: a program by its name, or a command."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from batmon.model import Role
from batmon_tui import theme
from batmon_tui.board import SIGNS, order, status_of
from batmon_tui.locale import LANGUAGES
from batmon_tui.screens.page import Dialog
from batmon_tui.widgets.box import LineBox

if TYPE_CHECKING:
    from batmon_tui.app import BatmonApp

LONGEST = 12
_OF_A_PROGRAM = ("log", "rerun", "files", "errors", "diff", "incidents", "statistics")


class JumpDialog(Dialog[str]):
    """Dismissed with what to go to: a program's name or a command, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", show=False),
        Binding("down", "choose(1)", show=False, priority=True),
        Binding("up", "choose(-1)", show=False, priority=True),
        Binding("tab", "complete", show=False, priority=True),
    ]

    AUTO_FOCUS = "#where"

    def compose(self) -> ComposeResult:
        """A line to type in, and what it may become."""
        with Vertical(id="box"):
            yield Static(self.tr("key.jump"), classes="title", markup=False)
            yield LineBox(id="where", compact=True)
            yield OptionList(id="found", markup=False)
            yield Static(self.tr("jump.placeholder"), classes="ask", markup=False)

    async def on_mount(self) -> None:
        """Typing comes first."""
        self.query_one(OptionList).can_focus = False
        self._find("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._find(event.value)

    def _find(self, words: str) -> None:
        rows, wanted = self.console_app.rows, words.strip().casefold()
        options = [
            Option(Text(f"{SIGNS[status_of(rows[name])]} {name}  {_title(rows[name])}"), id=name)
            for name in order(rows)
            if wanted in name.casefold() or wanted in str(rows[name]["title"]).casefold()
        ]
        if wanted:
            options += [
                Option(Text(f": {command}"), id=f":{command}")
                for command in self._commands()
                if command.startswith(wanted) and f":{command}" != ":"
            ]
        found = self.query_one(OptionList)
        found.clear_options()
        found.add_options(options[:LONGEST])
        found.highlighted = 0 if options else None

    def _commands(self) -> list[str]:
        names = list(self.console_app.rows)
        return [
            "help",
            "quit",
            *(("capture",) if self.console_app.may(Role.ADMIN) else ()),
            "search",
            "merged",
            "errors",
            "files",
            "incidents",
            "silences",
            "bell",
            "inbox",
            "jobs",
            "handover",
            "reports",
            "schedules",
            "statistics",
            *(f"language {language}" for language in LANGUAGES),
            *(f"theme {name.removeprefix('batmon-')}" for name in theme.NAMES),
            *(f"{verb} {name}" for verb in _OF_A_PROGRAM for name in names),
        ]

    def action_choose(self, step: int) -> None:
        """Go up or down among what was found."""
        found = self.query_one(OptionList)
        if step > 0:
            found.action_cursor_down()
        else:
            found.action_cursor_up()

    def action_complete(self) -> None:
        """Take the highlighted one into the line."""
        highlighted = self._highlighted()
        if highlighted:
            box = self.query_one(Input)
            box.value = highlighted
            box.cursor_position = len(highlighted)

    def _highlighted(self) -> str:
        found = self.query_one(OptionList)
        if found.highlighted is None:
            return ""
        return str(found.get_option_at_index(found.highlighted).id or "").removeprefix(":")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(self._highlighted() or event.value)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(str(event.option.id or "").removeprefix(":"))


def obey(app: BatmonApp, words: str) -> None:
    """Do what somebody typed behind ``:``, or say that it means nothing."""
    said = words.strip()
    verb, _, rest = said.partition(" ")
    rest = rest.strip()
    if f"{verb} {rest}".strip() in app.rows:
        app.open_program(f"{verb} {rest}".strip())
    elif said and not (_open(app, verb, rest) or _set(app, verb, rest)):
        app.say("jump.none", severity="warning", text=said)


def _open(app: BatmonApp, verb: str, rest: str) -> bool:
    """Open what a command names; whether it is one that opens something."""
    of_a_program: dict[str, Callable[[str], None]] = {
        "log": app.open_log, "rerun": app.open_rerun, "files": app.open_files_of, "errors": app.open_errors,
        "diff": app.open_difference,
    }  # fmt: skip
    of_all: dict[str, Callable[[], None]] = {
        "files": app.open_files, "errors": app.open_errors, "merged": lambda: app.ask_merged(None),
        "capture": app.open_capture, "help": app.action_help,
    }  # fmt: skip
    if rest in app.rows and verb in of_a_program:
        of_a_program[verb](rest)
    elif not rest and verb in of_all:
        of_all[verb]()
    elif verb == "files" and rest.startswith("/"):
        app.open_files(rest)
    elif verb == "search":
        app.open_search(rest)
    else:
        from batmon_tui.screens import opening  # noqa: PLC0415 - the first frame does not wait for it

        return opening.obey(app, verb, rest)
    return True


def _set(app: BatmonApp, verb: str, rest: str) -> bool:
    """Change the looks, or leave; whether the command is one of these."""
    if verb in ("q", "quit"):
        app.exit()
    elif verb == "theme" and f"batmon-{rest}" in theme.NAMES:
        app.choose_theme(f"batmon-{rest}")
    elif verb == "language" and rest in LANGUAGES:
        app.choose_language("ko" if rest == "ko" else "en")
    else:
        return False
    return True


def _title(row: object) -> str:
    return str(row["title"]) if isinstance(row, dict) and row["title"] != row["name"] else ""
