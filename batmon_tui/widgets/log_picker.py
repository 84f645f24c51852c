"""Chooses among a program's log files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from batmon_tui.widgets.log_words import in_bytes


class LogPicker(ModalScreen[str | None]):
    """Ends with the path that was chosen, or None. ``files`` are those of ``log.files``."""

    DEFAULT_CSS = """
    LogPicker { align: center middle; }
    LogPicker > Vertical {
        width: 80%; max-width: 100; height: auto; max-height: 80%; border: round $primary; background: $surface;
    }
    LogPicker Label { width: 1fr; padding: 0 1; text-style: bold; }
    LogPicker Label.keys { color: $foreground 60%; text-style: none; }
    LogPicker OptionList { height: auto; max-height: 16; border: none; background: $surface; }
    LogPicker OptionList:focus { border: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", show=False)]

    def __init__(
        self, files: Sequence[Mapping[str, Any]], shown: str, words: Mapping[str, str], zone: ZoneInfo
    ) -> None:
        super().__init__()
        self._files = files
        self._shown = shown
        self._words = words
        self._zone = zone

    def compose(self) -> ComposeResult:
        """The files, newest first."""
        with Vertical():
            yield Label(self._words["files"], markup=False)
            yield OptionList(*self._options(), markup=False)
            yield Label(self._words["keys_files"], classes="keys", markup=False)

    def on_mount(self) -> None:
        """Begin at the file that is shown."""
        paths = [file["path"] for file in self._files]
        if self._shown in paths:
            self.query_one(OptionList).highlighted = paths.index(self._shown)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """This one."""
        self.dismiss(self._files[event.option_index]["path"])

    def action_close(self) -> None:
        """None of them."""
        self.dismiss(None)

    def _options(self) -> list[Option]:
        names = _short([file["path"] for file in self._files])
        width = max((cell_len(name) for name in names), default=0)
        options = []
        for name, file in zip(names, self._files, strict=True):
            at = datetime.fromisoformat(file["modified"]).astimezone(self._zone)
            now = self._words["file_now"] if file["current"] else ""
            row = f"{name}{' ' * (width - cell_len(name))}  {in_bytes(file['size']):>8}  {at:%m-%d %H:%M}  {now}"
            options.append(Option(Content(row.rstrip())))
        return options


def _short(paths: Sequence[str]) -> list[str]:
    """The paths without the folders that they share."""
    parts = [path.replace("\\", "/").split("/") for path in paths]
    shared = 0
    while parts and all(len(one) > shared + 1 and one[shared] == parts[0][shared] for one in parts):
        shared += 1
    return ["/".join(one[shared:]) for one in parts]
