"""A dialog of fields under one another, each on a line of its own: boxes to write in, and choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Input, Static

from batmon_tui.screens.page import Dialog
from batmon_tui.widgets.box import LineBox
from batmon_tui.widgets.choice import Choice


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its words, what is proposed, and its options (values with their words) if it is a choice."""

    words: str
    proposed: str = ""
    options: Sequence[tuple[str, str]] = ()
    hint: str = ""
    """What an empty box says."""
    needed: bool = False


class FieldsDialog(Dialog[dict[str, Any]]):
    """Asks for its ``fields`` again when a choice changes; those of ``names`` that are not among them are not shown."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", show=False),
        Binding("ctrl+s", "go", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]
    names: Sequence[str] = ()
    choices: frozenset[str] = frozenset()
    """Those of ``names`` that are choices."""

    def fields(self, filled: Mapping[str, str]) -> Mapping[str, Field]:
        """What is asked for as things are filled in now."""
        raise NotImplementedError

    def heading(self) -> str:
        """What stands at the top."""
        raise NotImplementedError

    def button(self) -> str:
        """The words of the button that does it."""
        raise NotImplementedError

    def send(self, filled: Mapping[str, str]) -> None:
        """Do it: what is filled in is stripped, and what is needed is there."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """A line a field, the problem, the buttons."""
        with VerticalScroll(id="box", can_focus=False):
            yield Static(self.heading(), classes="title", markup=False)
            for name in self.names:
                with Horizontal(classes="field", id=f"field-{name}"):
                    yield Static(classes="words", markup=False)
                    yield Choice(id=f"in-{name}") if name in self.choices else LineBox(id=f"in-{name}", compact=True)
            yield Static(classes="problem", markup=False)
            yield Static(classes="doing", markup=False)
            with Horizontal(id="buttons"):
                yield Button(self.button(), id="go", compact=True)
                yield Button(self.tr("rerun.cancel"), id="cancel", compact=True)
            yield Static(self.tr("fields.keys", button=self.button()), classes="ask", markup=False)

    def __init__(self) -> None:
        super().__init__()
        self._laid_out: tuple[str, ...] = ()
        """What was chosen when the fields were laid out."""

    async def on_mount(self) -> None:
        """The first field has the keys."""
        await super().on_mount()
        self.lay_out(first=True)
        self.set_focus(self.query_one(f"#in-{self.names[0]}"))

    def lay_out(self, *, first: bool = False) -> None:
        """Show the fields that are asked for as things are filled in; ``first``: with what is proposed."""
        for name in self.names:
            field = self.fields(self.filled()).get(name)
            self.query_one(f"#field-{name}").display = field is not None
            if field is None:
                continue
            self.query_one(f"#field-{name} .words", Static).update(field.words)
            widget = self.query_one(f"#in-{name}")
            if isinstance(widget, Choice):
                widget.offer(field.options, field.proposed)
            elif isinstance(widget, Input):
                widget.placeholder = field.hint
                if first:
                    widget.value = field.proposed
        self._laid_out = self._choices()

    def _choices(self) -> tuple[str, ...]:
        return tuple(choice.value for choice in self.query(Choice))

    def filled(self) -> dict[str, str]:
        """What is chosen and written in the fields that are shown."""
        found = {}
        for name in self.names:
            widget = self.query_one(f"#in-{name}")
            text = widget.value if isinstance(widget, Choice | Input) else ""
            found[name] = text.strip() if self.query_one(f"#field-{name}").display else ""
        return found

    @on(Choice.Changed)
    def _chosen(self) -> None:
        if self._choices() != self._laid_out:
            self.say("")
            self.lay_out()

    @on(Input.Submitted)
    @on(Button.Pressed, "#go")
    def action_go(self) -> None:
        """Do it, if everything is there that is needed."""
        self._chosen()  # a key may come before what the one before it chose is told
        filled = self.filled()
        for name, field in self.fields(filled).items():
            if field.needed and not filled[name]:
                self.say(self.tr("form.needed", what=field.words))
                self.set_focus(self.query_one(f"#in-{name}"))
                return
        self.send(filled)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.action_close()

    def hold(self, *, held: bool) -> None:
        """Let nothing be changed while it is being done: no key has anything to act on until Tab is pressed."""
        self.set_focus(None)
        for name in self.names:
            self.query_one(f"#in-{name}").disabled = held

    def say(self, words: str) -> None:
        """Say what is wrong or under way; nothing hides the line."""
        self.query_one(".problem", Static).set_class(bool(words), "-shown").update(words)
