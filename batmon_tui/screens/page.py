"""What every page and dialog of the console has in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, TextArea

from batmon_tui.board import counts
from batmon_tui.view import View
from batmon_tui.widgets.frame import KeyLine, LostBar, TopBar

if TYPE_CHECKING:
    from batmon_tui.app import BatmonApp

Answer = TypeVar("Answer")


class Page(Screen[None]):
    """A whole screen between the bar at the top and the keys at the bottom."""

    program = ""
    """The program that the page is about, if it is about one."""
    _filled = False

    @property
    def ready(self) -> bool:
        """Whether its widgets are there; messages and the clock may come before and after."""
        return self._filled and self.is_running and self.app.is_running

    def compose(self) -> ComposeResult:
        """The frame; ``content`` stands in it."""
        yield TopBar()
        yield LostBar()
        yield from self.content()
        yield KeyLine()

    def content(self) -> ComposeResult:
        """What is between the bars."""
        raise NotImplementedError

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """The keys at the bottom: key, words, action."""
        raise NotImplementedError

    @property
    def console_app(self) -> BatmonApp:
        """The app, by its own type."""
        return cast("BatmonApp", self.app)

    @property
    def view(self) -> View:
        """How things are told now: those of a program in its own zone."""
        app = self.console_app
        row = app.rows.get(self.program)
        return app.view if row is None else app.view.of(row)

    def tr(self, key: str, **values: Any) -> str:
        """A sentence in the app's language."""
        return self.view.tr(key, **values)

    def on_mount(self) -> None:
        """Fill the frame."""
        self._filled = True
        self.tell_frame()
        self.tell()

    def on_unmount(self) -> None:
        """Nothing is said any more."""
        self._filled = False

    def on_screen_resume(self) -> None:
        """It is in front again: what changed meanwhile is shown."""
        self.tell_frame()
        self.tell()

    def tell_frame(self) -> None:
        """Say what the bars and the keys say."""
        if not self.ready:
            return
        app = self.console_app
        self.query_one(TopBar).show(counts(app.rows), app.hello, app.view, app.news)
        self.query_one(LostBar).say(app.lost_words())
        self.query_one(KeyLine).show(self.keys())
        self.set_class(app.stale, "-stale")

    def tell_time(self) -> None:
        """Say what time it is, and nothing else."""
        if self.ready:
            self.query_one(TopBar).show_time(self.console_app.view)

    def tell(self) -> None:
        """Say the page's own words again: rows, language or colours are others."""
        raise NotImplementedError

    def on_resize(self) -> None:
        """The frame says more on a wide screen."""
        self.tell_frame()

    def action_climb(self) -> None:
        """Go back to where one came from."""
        if len(self.app.screen_stack) > 1:
            self.app.pop_screen()


def type_into(box: Input | TextArea, character: str) -> None:
    """Put a character where the cursor of a box is, in the place of what is selected."""
    if isinstance(box, TextArea):
        box.replace(character, *box.selection, maintain_selection_offset=False)
    elif box.selection.is_empty:
        box.insert_text_at_cursor(character)
    else:
        box.replace(character, *box.selection)


class Dialog(ModalScreen[Answer]):
    """A box over the page; Esc closes it."""

    BINDINGS = [("escape", "close", "close")]  # noqa: RUF012 - Textual's own form

    def __init__(self) -> None:
        super().__init__()
        self._there = False
        self._early: list[tuple[str, str]] = []

    @property
    def console_app(self) -> BatmonApp:
        """The app, by its own type."""
        return cast("BatmonApp", self.app)

    def tr(self, key: str, **values: Any) -> str:
        """A sentence in the app's language."""
        return self.console_app.view.tr(key, **values)

    async def on_mount(self) -> None:
        """The box that is asked for has the keys, also those that came before it was there."""
        self._there = True
        if not self.AUTO_FOCUS:
            return
        box = self.query_one(self.AUTO_FOCUS, Input)
        self.set_focus(box)
        for key, character in self._early:
            if key == "enter":
                await box.action_submit()
            else:
                type_into(box, character)
        self._early.clear()

    def type_ahead(self, event: events.Key) -> bool:
        """Keep a key until there is a box to type it into; False when there is one already, or none will be."""
        if self._there or not self.AUTO_FOCUS or not (event.is_printable or event.key == "enter"):
            return False
        self._early.append((event.key, event.character or ""))
        return True

    def action_close(self) -> None:
        """Leave it with no answer."""
        self.dismiss(None)
