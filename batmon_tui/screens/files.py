"""What programs leave: folders and files of the daemon's read-only tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.style import Style
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from batmon.errors import BatmonError
from batmon.model import Role
from batmon_tui import refusals
from batmon_tui.cells import fit
from batmon_tui.screens.log_deletion import DeleteLogDialog, program_of_logs
from batmon_tui.screens.page import Page
from batmon_tui.widgets.files_view import FilesView
from batmon_tui.widgets.lines import LineList

PAGE = 500
"""Entries that are asked for at a time."""
MOST = 20_000
"""Entries that are shown; more are for scp and the command line."""
SORTS = (("name", False), ("modified", True), ("size", True))


def folder_of(program: str) -> str:
    """Where the files of a program are in the tree."""
    from batmon.evidence.file_names import shown_name  # noqa: PLC0415 - the first frame does not wait for it

    return f"/programs/{shown_name(program)}/files"


class FilesScreen(Page):
    """A folder of the tree; ``chosen`` is the name of the entry that the cursor stands on at first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "climb", show=False),
        Binding("backspace,left,h", "up", show=False),
        Binding("right", "open", show=False),
        Binding("s", "sort", show=False),
        Binding("d", "download", show=False),
        Binding("x,delete", "delete", show=False),
        Binding("ctrl+r,f5", "reload", show=False),
    ]

    def __init__(self, path: str = "/", chosen: str = "", program: str = "") -> None:
        super().__init__()
        self.path = path
        self.program = program
        self._chosen = chosen
        self._sort = 0
        self._entries: list[Mapping[str, Any]] = []
        self._total = 0
        self._cut = False
        self._problem = ""
        self._asking = False

    def content(self) -> ComposeResult:
        """Where we are, what is there, and what is to be said about the entry under the cursor."""
        yield Static(id="files-path", markup=False)
        yield FilesView(id="files")
        yield Static(id="files-note", markup=False)

    def on_mount(self) -> None:
        """Ask for the folder."""
        super().on_mount()
        self.query_one(FilesView).focus()
        self._ask()

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        return (
            ("Enter", self.tr("key.open"), "screen.open"),
            ("←", self.tr("files.key.up"), "screen.up"),
            ("s", self.tr("files.key.sort"), "screen.sort"),
            ("d", self.tr("files.key.download"), "screen.download"),
            *([("x", self.tr("files.key.delete"), "screen.delete")] if self._may_delete() else []),
            ("F5", self.tr("files.key.reload"), "screen.reload"),
            ("Esc", self.tr("key.back"), "screen.climb"),
            ("?", self.tr("key.help"), "app.help"),
        )

    def tell(self) -> None:
        """Show what is known of the folder."""
        if not self.ready:
            return
        colours = self.app.theme_variables
        place = Text(no_wrap=True, overflow="ellipsis")
        parts = self.path.strip("/").split("/") if self.path != "/" else []
        place.append("/", Style(color=colours["quiet"]))
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            place.append(part, Style(bold=last, color=colours["foreground" if last else "quiet"]))
            place.append("" if last else "/", Style(color=colours["quiet"]))
        self.query_one("#files-path", Static).update(place)
        sort, reverse = SORTS[self._sort]
        self.query_one(FilesView).show(self._entries, self.view, sort, reverse=reverse)
        if self._chosen in self.query_one(FilesView).entries:
            self.query_one(FilesView).go_to(self._chosen)
            self._chosen = ""
        self._tell_note()

    def _tell_note(self) -> None:
        files = self.query_one(FilesView)
        entry = files.entries.get(files.chosen)
        note, warn = "", False
        if self._problem:
            note, warn = self._problem, True
        elif entry is not None and not entry["readable"]:
            note, warn = self.tr("files.refused", why=entry.get("why") or "–"), True
        elif self._asking and not self._entries:
            note = self.tr("files.reading")
        elif not self._entries:
            note = self.tr("files.empty")
        elif len(self._entries) < self._total or self._cut:
            note = self.tr("files.some", shown=f"{len(self._entries):,}", total=f"{self._total:,}")
        else:
            note = self.tr("files.count", n=f"{self._total:,}")
        bar = self.query_one("#files-note", Static)
        bar.set_class(warn, "-warn").update(fit(note, max(1, self.size.width - 2)).rstrip())

    @on(LineList.Moved)
    def _moved(self) -> None:
        self._tell_note()
        files = self.query_one(FilesView)
        near_end = list(files.keys[-50:])
        if files.chosen in near_end and len(self._entries) < min(self._total, MOST) and not self._asking:
            self._ask(len(self._entries))

    # -- asking

    @work(exclusive=True, group="files", exit_on_error=True)
    async def _ask(self, offset: int = 0) -> None:
        """Ask for the folder's entries from ``offset`` on."""
        self._asking = True
        sort, reverse = SORTS[self._sort]
        try:
            answer = await self.console_app.link.request(
                "tree.list", path=self.path, sort=sort, reverse=reverse, offset=offset, limit=PAGE
            )
        except BatmonError as error:
            self._problem = refusals.in_words(error, self.console_app.language)
        else:
            self._problem = ""
            known = {entry["name"] for entry in self._entries[:offset]}
            self._entries = self._entries[:offset] + [e for e in answer["entries"] if e["name"] not in known]
            self._total, self._cut = int(answer["total"]), bool(answer.get("cut"))
        finally:
            self._asking = False
        self.tell()

    # -- going about

    @on(LineList.Chosen)
    def _chosen_row(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Go into the folder, or look into the file, under the cursor."""
        files = self.query_one(FilesView)
        entry = files.entries.get(files.chosen)
        if entry is None:
            return
        path = f"{self.path.rstrip('/')}/{entry['name']}"
        if not entry["readable"]:
            self._tell_note()
        elif entry["kind"] == "dir":
            self._go(path)
        else:
            self.console_app.open_preview(path, self.program)

    def action_up(self) -> None:
        """Go to the folder above, onto the entry that we come from."""
        if self.path != "/":
            above, _, here = self.path.rpartition("/")
            self._go(above or "/", here)

    def _go(self, path: str, chosen: str = "") -> None:
        self.path, self._chosen, self._entries, self._total, self._problem = path, chosen, [], 0, ""
        self.query_one(FilesView).forget_cursor()
        self._ask()
        self.tell()

    def action_sort(self) -> None:
        """Sort by the next column."""
        self._sort = (self._sort + 1) % len(SORTS)
        self._chosen = self.query_one(FilesView).chosen
        self._ask()

    def action_reload(self) -> None:
        """Look again."""
        self._chosen = self.query_one(FilesView).chosen
        self._ask()

    def _may_delete(self) -> bool:
        return bool(program_of_logs(self.path)) and self.console_app.may(Role.ADMIN)

    def action_delete(self) -> None:
        """Ask whether the log under the cursor may go."""
        files = self.query_one(FilesView)
        entry = files.entries.get(files.chosen)
        if entry is None or entry["kind"] != "file" or not self._may_delete():
            return
        dialog = DeleteLogDialog(program_of_logs(self.path), f"{self.path}/{entry['name']}")
        self.app.push_screen(dialog, lambda deleted: self.action_reload() if deleted else None)

    def action_download(self) -> None:
        """Take the file under the cursor along."""
        files = self.query_one(FilesView)
        entry = files.entries.get(files.chosen)
        if entry is not None and entry["kind"] == "file" and entry["readable"]:
            self.console_app.open_download(f"{self.path.rstrip('/')}/{entry['name']}", int(entry["size"]))
