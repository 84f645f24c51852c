"""Boxes to write in whose keys take effect in the order in which they were typed.

Textual's own put a letter in at once, but run a binding such as Ctrl+U, Backspace or an arrow only after the key has
climbed to the app: of keys that come in one packet, as over a slow line, the later letter would be there first.
"""

from __future__ import annotations

from textual import events
from textual.widget import Widget
from textual.widgets import Input, TextArea


class LineBox(Input):
    """One line of text."""

    async def _on_key(self, event: events.Key) -> None:
        await _act_now(self, event)


class TextBox(TextArea):
    """Several lines of text."""

    async def _on_key(self, event: events.Key) -> None:
        await _act_now(self, event)


async def _act_now(box: Widget, event: events.Key) -> None:
    """Run the box's own binding for a key, if it has one, instead of whatever would come of it later."""
    if event.is_printable:
        return
    for binding in box._bindings.key_to_bindings.get(event.key, ()):  # noqa: SLF001 - nothing public tells the bindings
        if not binding.priority and await box.app.run_action(binding.action, box):
            event.stop()
            event.prevent_default()
            return
