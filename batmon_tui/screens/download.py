"""Takes a file of the tree along: by a command for those who came over SSH, else into a file here."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Input, Static

from batmon.commands.fetching import fetch, local_name
from batmon.errors import BatmonError
from batmon_tui import refusals
from batmon_tui.cells import wrap
from batmon_tui.screens.page import Dialog
from batmon_tui.widgets.box import LineBox
from batmon_tui.widgets.files_view import size_in_words

_WORD = re.compile(r"""(?:'[^']*'|"[^"]*"|[^ '"])+""")


def scp_command(path: str, user: str, server: tuple[str, int] | None, node: str, *, whole: bool = False) -> str:
    """What fetches ``path``, or a whole folder, from another machine.

    The server is called as the client reached it, if that is known.
    """
    host, port = server or (node or "server", 8022)
    host = f"[{host}]" if ":" in host else host
    return f"scp {'-r ' if whole else ''}-P {port} {shlex.quote(f'{user}@{host}:{path}')} ."


def in_lines(command: str, room: int) -> str:
    """A command that can be copied as it stands: wider than ``room`` cells, it is written on as a shell has it."""
    if cell_len(command) <= room:
        return command
    lines: list[str] = []
    for word in _WORD.findall(command):
        if lines and cell_len(lines[-1]) + cell_len(word) + 3 <= room:
            lines[-1] += f" {word}"
        elif word.isascii() and "'" not in word:
            lines.append("\\\n".join(wrap(word, room - 2, len(word))))
        else:
            lines.append(word)
    return " \\\n".join(lines)


class ScpDialog(Dialog[None]):
    """For somebody on another machine: the commands that fetch the file at ``path``, and its whole folder."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,q", "close", show=False)]
    AUTO_FOCUS = ""

    def __init__(self, path: str, length: int) -> None:
        super().__init__()
        self._path = path
        self._length = length

    def compose(self) -> ComposeResult:
        """The commands to type elsewhere."""
        app = self.console_app
        user, node = str(app.hello.get("user") or "ops"), str(app.hello.get("node") or "")
        folder, _, name = self._path.rpartition("/")
        strong = Style(bold=True, color=app.theme_variables["accent"])
        with VerticalScroll(id="box"):
            yield Static(_title(self, name, self._length), classes="title", markup=False)
            yield Static(self.tr("download.from_afar"), classes="ask", markup=False)
            room = min(app.size.width * 96 // 100, 130) - 6  # what the style sheet leaves for it
            one = in_lines(scp_command(self._path, user, app.came_by, node), room)
            yield Static(Text(one, strong), classes="said")
            if folder.count("/") >= 2:
                yield Static(self.tr("download.or"), classes="ask", markup=False)
                whole = scp_command(folder, user, app.came_by, node, whole=True)
                yield Static(Text(in_lines(whole, room)), classes="said")


class SaveDialog(Dialog[None]):
    """For somebody who sits at this machine: where to save the file at ``path``, which holds ``length`` bytes."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", show=False)]
    AUTO_FOCUS = "#target"

    def __init__(self, path: str, length: int) -> None:
        super().__init__()
        self._path = path
        self._length = length

    def compose(self) -> ComposeResult:
        """The box."""
        with VerticalScroll(id="box", can_focus=False):
            yield Static(_title(self, self._path.rpartition("/")[2], self._length), classes="title", markup=False)
            yield Static(self.tr("download.to"), classes="ask", markup=False)
            yield LineBox(str(Path.cwd() / local_name(self._path)), id="target", compact=True)
            yield Static(classes="problem", markup=False)
            with Horizontal(id="buttons"):
                yield Button(self.tr("download.save"), id="save", compact=True)
                yield Button(self.tr("rerun.cancel"), id="cancel", compact=True)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    @on(Input.Submitted)
    @on(Button.Pressed, "#save")
    def _go(self) -> None:
        target = Path(self.query_one("#target", Input).value).expanduser()
        if target.is_dir():
            target /= local_name(self._path)
        if not target.parent.is_dir():
            self._say(self.tr("download.no_folder", path=str(target.parent)))
        elif target.exists():
            self._say(self.tr("download.exists", path=str(target)))
        else:
            self._save(target)

    @work(exclusive=True, group="download", exit_on_error=True)
    async def _save(self, target: Path) -> None:
        """Fetch the file in pieces; nothing stands at ``target`` until it is whole."""

        def progress(done: int) -> None:
            self._say(self.tr("download.progress", done=size_in_words(done), size=size_in_words(self._length)))

        try:
            await fetch(await self.console_app.gate(), self._path, target, progress=progress)
        except BatmonError as error:
            self._say(refusals.in_words(error, self.console_app.language))
            return
        self.console_app.say("download.done", path=str(target))
        self.dismiss(None)

    def _say(self, words: str) -> None:
        self.query_one(".problem", Static).set_class(bool(words), "-shown").update(words)


def _title(dialog: Dialog[None], name: str, length: int) -> str:
    return dialog.tr("download.title", name=f"{name} ({size_in_words(length)})")
