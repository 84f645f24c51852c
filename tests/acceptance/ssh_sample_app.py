"""A small app for the console's tests: it shows its size, keys, pastes, and who the daemon says we are."""

from __future__ import annotations

from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Static


class SampleApp(App[None]):
    CSS = "Static { height: 1; } #flood { height: 1fr; }"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, connect, language="auto"):
        super().__init__()
        self._connect = connect
        self._language = language
        self._count = 0
        self._drawn = 0

    def compose(self) -> ComposeResult:
        yield Static("SIZE ?", id="size", markup=False)
        yield Static("KEY none 0", id="key", markup=False)
        yield Static("HELLO nobody", id="hello", markup=False)
        yield Static("PASTE 0", id="paste", markup=False)
        yield Static("", id="flood", markup=False)

    def on_mount(self) -> None:
        self.query_one("#hello", Static).styles.background = "#123456"
        if not self.is_headless:
            self.run_worker(self._greet(), exit_on_error=False)

    async def _greet(self) -> None:
        gate = await self._connect()
        hello = gate.hello
        self.query_one("#hello", Static).update(f"HELLO {hello['user']} {hello['role']} {self._language}")
        await gate.wait_lost()

    def on_resize(self, event: events.Resize) -> None:
        self.query_one("#size", Static).update(f"SIZE {event.size.width}x{event.size.height}")

    def on_key(self, event: events.Key) -> None:
        self._count += 1
        self.query_one("#key", Static).update(f"KEY {event.key} {self._count}")
        if event.key == "q":
            self.exit(return_code=7)
        elif event.key == "x":
            raise RuntimeError("the sample app breaks as asked")
        elif event.key == "f":
            self.set_interval(1 / 60, self._flood)
        elif event.key == "p":
            print("printed by an app")  # noqa: T201 - where this goes is what is tested

    def on_paste(self, event: events.Paste) -> None:
        self.query_one("#paste", Static).update(f"PASTE {len(event.text)}")

    def _flood(self) -> None:
        self._drawn += 1
        size = self.size
        line = f"{self._drawn:08d} " * (size.width // 9)
        self.query_one("#flood", Static).update("\n".join([line] * size.height))
