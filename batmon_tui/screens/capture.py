"""A picture of the server's screen, for admins: taken when the page opens, shown in half cells, saved to be fetched."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.style import Style
from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from batmon.errors import BatmonError
from batmon_tui import refusals
from batmon_tui.screens.page import Page
from batmon_tui.widgets.files_view import size_in_words
from batmon_tui.widgets.picture import Picture


class CaptureScreen(Page):
    """The picture, and where it was saved."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "climb", show=False),
        Binding("r", "again", show=False),
        Binding("d", "download", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._taken: Mapping[str, Any] = {}
        self._taking = False
        self._problem = ""

    def content(self) -> ComposeResult:
        """What it is, then the picture."""
        yield Static(id="capture-facts", markup=False)
        yield Static(id="capture-note", markup=False)
        yield Picture(id="capture-picture")

    def on_mount(self) -> None:
        """Take it."""
        super().on_mount()
        self._take()

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            *((("r", self.tr("capture.again"), "screen.again"),) if not self._taking else ()),
            *((("d", self.tr("files.key.download"), "screen.download"),) if self._taken else ()),
            ("?", self.tr("key.help"), "app.help"),
        )

    def tell(self) -> None:
        """Say where the picture is, or why there is none."""
        if not self.ready:
            return
        colours = self.app.theme_variables
        node = str(self.console_app.hello.get("node", ""))
        line = Text(self.tr("capture.title", node=node), Style(bold=True), no_wrap=True, overflow="ellipsis")
        line.append("   ")
        if self._taking:
            line.append(self.tr("capture.taking"), Style(bold=False, color=colours["accent"]))
        elif self._taken and not self._problem:
            facts = {**self._taken, "size": size_in_words(self._taken["size"])}
            words = self.tr("capture.facts", **{key: facts[key] for key in ("width", "height", "size", "path")})
            line.append(words, Style(bold=False))
        self.query_one("#capture-facts", Static).update(line, layout=True)
        problem = "" if self._taking else self._problem
        self.query_one("#capture-note", Static).set_class(bool(problem), "-shown").update(problem)

    @work(exclusive=True, group="capture", exit_on_error=True)
    async def _take(self) -> None:
        self._taking, self._problem = True, ""
        self._tell_all()
        try:
            self._taken = await self.console_app.link.request("capture")
            if not self.query_one(Picture).show(base64.b64decode(self._taken["png"])):
                self._problem = self.tr("capture.broken")
        except binascii.Error:
            self._problem = self.tr("capture.broken")
        except BatmonError as error:
            self._problem = refusals.in_words(error, self.console_app.language)
        finally:
            self._taking = False
        self._tell_all()

    def _tell_all(self) -> None:
        self.tell()
        self.tell_frame()

    def action_again(self) -> None:
        """Take another one."""
        if not self._taking:
            self._take()

    def action_download(self) -> None:
        """Say how to fetch the file."""
        if self._taken:
            self.console_app.open_download(str(self._taken["path"]), int(self._taken["size"]))
