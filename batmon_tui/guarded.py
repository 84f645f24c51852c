"""What must not happen on a server: an app that is shown on another machine acts on nothing of the one it runs on."""

from __future__ import annotations

from typing import Any

from textual.app import App


class GuardedApp(App[None]):
    """``remote``: shown to somebody on another machine, until told otherwise."""

    remote = True

    def action_suspend_process(self) -> None:
        """Ctrl+Z: never for somebody who is on another machine."""
        if not self.remote:
            super().action_suspend_process()

    def open_url(self, url: str, *, new_tab: bool = True) -> None:
        """A link would open on the machine that the app runs on: only for somebody who sits there."""
        if not self.remote:
            super().open_url(url, new_tab=new_tab)

    def deliver_text(self, path_or_file: Any, **options: Any) -> str | None:
        """A file would be written on the machine that the app runs on: only for somebody who sits there."""
        return None if self.remote else super().deliver_text(path_or_file, **options)

    def deliver_binary(self, path_or_file: Any, **options: Any) -> str | None:
        """A file would be written on the machine that the app runs on: only for somebody who sits there."""
        return None if self.remote else super().deliver_binary(path_or_file, **options)

    def deliver_screenshot(
        self, filename: str | None = None, path: str | None = None, time_format: str | None = None
    ) -> str | None:
        """A picture of the screen, likewise."""
        return None if self.remote else super().deliver_screenshot(filename, path, time_format)
