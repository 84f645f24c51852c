"""Boxes to write in whose keys take effect in the order in which they were typed.

Textual's own put a letter in at once, but run a binding such as Ctrl+U, Backspace or an arrow only after the key has
climbed to the app: of keys that come in one packet, as over a slow line, the later letter would be there first, and in
the wrong box.
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
    """Do at once whatever comes of a key: by the box's own binding for it, else by one of its page.

    A key that set out for the box and finds that the one before it has left goes to where that one went.
    """
    if not box.is_attached:
        return
    if box.screen is not box.app.screen or box.screen.focused is not box:
        event.stop()
        event.prevent_default()
        box.app.post_message(events.Key(event.key, event.character))
        return
    if event.is_printable or (event.key == "enter" and isinstance(box, TextArea)):  # what it writes
        return
    for binding in box._bindings.key_to_bindings.get(event.key, ()):  # noqa: SLF001 - nothing public tells the bindings
        if not binding.priority and await box.app.run_action(binding.action, box):
            event.stop()
            event.prevent_default()
            return
    if await box.app._check_bindings(event.key):  # noqa: SLF001 - what Textual itself calls, once the key has climbed
        event.stop()
        event.prevent_default()
