"""A look into a file: text, table, JSON, image, database, archive, or its bytes."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import ContentSwitcher, Static

from batmon.errors import BatmonError
from batmon_tui import refusals
from batmon_tui.cells import fit
from batmon_tui.screens.page import Page
from batmon_tui.widgets.lines import LineList
from batmon_tui.widgets.picture import Picture
from batmon_tui.widgets.preview_list import PreviewList
from batmon_tui.widgets.preview_rows import Row, facts, heading, rows_of

MOST = 20_000
"""Rows that are held; who wants more takes the file along."""
TAIL_BYTES = {"text": 64 * 1024, "hex": 1024}
"""How much of the end of a text, or of bytes, ``G`` shows; whole lines of 16 bytes."""


class PreviewScreen(Page):
    """What is in the file at ``path`` of the tree."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "climb", show=False),
        Binding("tab", "sheet(1)", show=False, priority=True),
        Binding("shift+tab", "sheet(-1)", show=False, priority=True),
        Binding("x", "bytes", show=False),
        Binding("d", "download", show=False),
        Binding("F", "folder", show=False),
        Binding("G,end", "ending", show=False, priority=True),
        Binding("g,home", "beginning", show=False, priority=True),
    ]

    def __init__(self, path: str, program: str = "") -> None:
        super().__init__()
        self.path = path
        self.program = program
        self._preview: Mapping[str, Any] = {}
        self._rows: list[Row] = []
        self._asked: dict[str, Any] = {}
        self._problem = ""
        self._asking = False

    def content(self) -> ComposeResult:
        """What it is, then what is in it."""
        yield Static(id="preview-facts", markup=False)
        with ContentSwitcher(initial="preview-rows"):
            yield PreviewList(id="preview-rows")
            yield Picture(id="preview-picture")
        yield Static(id="files-note", markup=False)

    def on_mount(self) -> None:
        """Ask for it."""
        super().on_mount()
        self.query_one(PreviewList).focus()
        self._ask(new=True)

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        kind, sheets = self._preview.get("kind"), self._preview.get("sheets") or ()
        return (
            ("Esc", self.tr("key.back"), "screen.climb"),
            *((("Enter", self.tr("key.open"), "screen.open"),) if kind == "database" else ()),
            *((("Tab", self.tr("preview.key.sheet"), "screen.sheet(1)"),) if len(sheets) > 1 else ()),
            *((("Space", self.tr("preview.key.fold"), "screen.fold"),) if kind == "json" else ()),
            *((("x", self.tr("preview.key.bytes"), "screen.bytes"),) if kind not in ("hex", "image") else ()),
            ("d", self.tr("files.key.download"), "screen.download"),
            ("F", self.tr("files.key.folder"), "screen.folder"),
            ("?", self.tr("key.help"), "app.help"),
        )

    def tell(self) -> None:
        """Show what has come."""
        if not self.ready:
            return
        name = self.path.rpartition("/")[2]
        told = facts(self._preview, self.view) if self._preview else ""
        room = max(1, self.size.width - 2)
        self.query_one("#preview-facts", Static).update(fit(f"{name} · {told}" if told else name, room).rstrip())
        if self._problem:
            note = self._problem
        elif self._asking and not self._rows:
            note = self.tr("files.reading")
        elif self._preview.get("more"):
            note = self.tr("preview.more" if len(self._rows) < MOST else "preview.most", n=f"{len(self._rows):,}")
        elif self._preview and not self._rows and self._preview["kind"] != "image":
            note = self.tr("preview.empty")
        else:
            note = ""
        self.query_one("#files-note", Static).set_class(bool(self._problem), "-warn").update(fit(note, room).rstrip())

    @on(LineList.Moved)
    def _moved(self) -> None:
        rows = self.query_one(PreviewList)
        near_end = rows.chosen in rows.keys[-50:]
        if near_end and self._preview.get("more") and len(self._rows) < MOST and not self._asking:
            self._ask(new=False, **self._asked, offset=self._preview["next"])

    @work(exclusive=True, group="preview", exit_on_error=True)
    async def _ask(self, *, new: bool, ending: bool = False, **more: Any) -> None:
        """Ask for a page; ``new``: it stands alone, otherwise it goes on from what is there.

        ``ending``: also for all that comes after it, and go to the end of that.
        """
        self._asking = True
        try:
            answer = await self.console_app.link.request("tree.preview", path=self.path, **more)
            while ending and answer.get("more") and len(self._rows) < MOST:
                self._take(answer, new=new)
                new, more = False, {**more, "offset": answer["next"]}
                answer = await self.console_app.link.request("tree.preview", path=self.path, **more)
        except BatmonError as error:
            self._problem = refusals.in_words(error, self.console_app.language)
        else:
            self._problem = ""
            self._asked = {key: value for key, value in more.items() if key != "offset"}
            self._take(answer, new=new)
            if ending:
                self.query_one(PreviewList).action_last()
        finally:
            self._asking = False
        self.tell()
        self.tell_frame()

    def _take(self, answer: Mapping[str, Any], *, new: bool) -> None:
        self._preview = answer
        if answer["kind"] == "image":
            if not self.query_one(Picture).show(base64.b64decode(answer["png"])):
                self._problem = self.tr("preview.no_picture")
            self.query_one(ContentSwitcher).current = "preview-picture"
            return
        self.query_one(ContentSwitcher).current = "preview-rows"
        self._rows = ([] if new else self._rows) + rows_of(answer, self.view, () if new else self._rows)
        self.query_one(PreviewList).show_rows(self._rows, heading(answer, self._rows, self.view), new=new)

    # -- going about

    @on(LineList.Chosen)
    def _chosen_row(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Show the rows of the table under the cursor; fold what nests."""
        rows, kind = self.query_one(PreviewList), self._preview.get("kind")
        if kind == "database" and rows.chosen:
            self._ask(new=True, table=self._preview["tables"][int(rows.chosen)]["name"])
        elif kind == "json":
            rows.action_fold()

    def action_fold(self) -> None:
        """Fold, or unfold."""
        self.query_one(PreviewList).action_fold()

    def action_climb(self) -> None:
        """From a table back to the database's tables, else to where we came from."""
        if "table" in self._asked:
            self._ask(new=True)
        else:
            super().action_climb()

    def action_sheet(self, step: int) -> None:
        """Show the next sheet of a workbook."""
        names = [sheet["name"] for sheet in self._preview.get("sheets") or ()]
        if len(names) > 1 and self._preview.get("sheet") in names:
            here = names.index(self._preview["sheet"])
            self._ask(new=True, sheet=names[(here + step) % len(names)])

    def action_bytes(self) -> None:
        """Show the bytes, or again what they mean."""
        if "as" in self._asked:
            self._ask(new=True)
        else:
            self._ask(new=True, **{"as": "hex"})

    def action_ending(self) -> None:
        """Go to the end: of a text or of bytes that of the file, else that of what is here."""
        size, tail = int(self._preview.get("size") or 0), TAIL_BYTES.get(str(self._preview.get("kind")))
        if tail is not None and self._preview.get("more"):
            self._ask(new=True, ending=True, **self._asked, offset=max(0, size - tail) // 16 * 16)
        else:
            self.query_one(PreviewList).action_last()

    def action_beginning(self) -> None:
        """Go to the beginning."""
        self._ask(new=True, **self._asked)

    def action_download(self) -> None:
        """Take the file along."""
        self.console_app.open_download(self.path, int(self._preview.get("size") or 0))

    def action_folder(self) -> None:
        """Show the folder that it lies in."""
        folder, _, name = self.path.rpartition("/")
        self.console_app.open_files(folder or "/", name, self.program)
