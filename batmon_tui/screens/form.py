"""A dialog with boxes to fill in: makes one request, and stays open with the reason when the daemon refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Input, Static, TextArea

from batmon.errors import BadRequest, BatmonError, DoneAlready
from batmon_tui import refusals
from batmon_tui.screens.page import Dialog, type_into
from batmon_tui.widgets.box import LineBox, TextBox


@dataclass(frozen=True, slots=True)
class Box:
    """One thing that is asked for: ``name`` in what is filled in, the words above it, what is proposed."""

    name: str
    words: str
    proposed: str = ""
    needed: bool = False
    long: bool = False
    """Whether it takes more than one line."""


Filled = Mapping[str, str]
Request = Callable[[Filled], tuple[str, dict[str, Any]]]
"""What is filled in, stripped, to the verb and its arguments; a BadRequest: a time in it is none, or is over."""


class FormDialog(Dialog[dict[str, Any]]):
    """``title``, some words, boxes and two buttons; dismissed with the daemon's answer, or None.

    Without boxes it only asks whether; Enter then stands on the button that does nothing.
    """

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", show=False),
        Binding("ctrl+s", "go", show=False),
    ]

    def __init__(self, title: str, button: str, boxes: Sequence[Box], request: Request, *, said: str = "") -> None:
        super().__init__()
        self._title = title
        self._button = button
        self._boxes = tuple(boxes)
        self._ask_for = request
        self._said = said
        self.add_class("-many" if len(self._boxes) > 2 else "-few")

    def compose(self) -> ComposeResult:
        """The box."""
        with VerticalScroll(id="box", can_focus=False):
            yield Static(self._title, classes="title", markup=False)
            if self._said:
                yield Static(self._said, classes="said", markup=False)
            for number, box in enumerate(self._boxes):
                yield Static(box.words, classes="ask", markup=False)
                if box.long:
                    yield TextBox(box.proposed, id=f"box-{number}", soft_wrap=True, highlight_cursor_line=False)
                else:
                    yield LineBox(box.proposed, id=f"box-{number}", compact=True)
            yield Static(classes="problem", markup=False)
            with Horizontal(id="buttons"):
                yield Button(self._button, id="go", compact=True)
                yield Button(self.tr("rerun.cancel"), id="cancel", compact=True)
            if any(box.long for box in self._boxes):
                yield Static(self.tr("form.send"), classes="ask", markup=False)
            elif not self._boxes:
                yield Static(self.tr("form.sure", button=self._button), classes="ask", markup=False)

    async def on_mount(self) -> None:
        """The first box has the keys, also those that came before it; without one, the button that does nothing."""
        await super().on_mount()
        if not self._boxes:
            self.set_focus(self.query_one("#cancel", Button))
            return
        first = self.query_one("#box-0")
        self.set_focus(first)
        if isinstance(first, TextArea):
            first.insert("".join("\n" if key == "enter" else character for key, character in self._early))
        elif isinstance(first, Input):
            for key, character in self._early:
                if key == "enter":
                    await first.action_submit()
                else:
                    type_into(first, character)
        self._early.clear()

    def type_ahead(self, event: events.Key) -> bool:
        """Also what is typed before a box of several lines is there."""
        if self._there or not self._boxes or not (event.is_printable or event.key == "enter"):
            return False
        self._early.append((event.key, event.character or ""))
        return True

    def _filled(self) -> dict[str, str]:
        found = {}
        for number, box in enumerate(self._boxes):
            widget = self.query_one(f"#box-{number}")
            text = widget.text if isinstance(widget, TextArea) else widget.value if isinstance(widget, Input) else ""
            found[box.name] = text.strip()
        return found

    @on(Input.Submitted)
    @on(Button.Pressed, "#go")
    def action_go(self) -> None:
        """Ask the daemon for it."""
        filled = self._filled()
        missing = next((box for box in self._boxes if box.needed and not filled[box.name]), None)
        if missing is not None:
            self._say(self.tr("form.needed", what=missing.words))
            return
        try:
            verb, args = self._ask_for(filled)
        except BadRequest:
            self._say(self.tr("form.no_time"))
            return
        self._say(self.tr("rerun.asking"))
        self._request(verb, args)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    @work(exclusive=True, group="ask", exit_on_error=True)
    async def _request(self, verb: str, args: dict[str, Any]) -> None:
        try:
            answer = await self.console_app.link.request(verb, **args)
        except BatmonError as error:
            if isinstance(error, DoneAlready):  # somebody else was faster: there is nothing left to try
                why = refusals.sentence(error, self.console_app.language)
                self.console_app.say("inbox.taken", severity="error", why=why)
                self.dismiss(None)
            else:
                self._say(refusals.in_words(error, self.console_app.language))
            return
        self.dismiss(answer)

    def _say(self, words: str) -> None:
        self.query_one(".problem", Static).set_class(bool(words), "-shown").update(words)
