"""The first page: every program, the worst first, and what is wrong with the one under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from batmon import words
from batmon.model import Status
from batmon_tui.board import SIGNS, status_of, why
from batmon_tui.cells import fit, wrap
from batmon_tui.incident_state import in_detail
from batmon_tui.screens.page import Page
from batmon_tui.widgets.board_view import BoardView
from batmon_tui.widgets.box import LineBox
from batmon_tui.widgets.lines import LineList


class BoardScreen(Page):
    """The board, its filter and the pane below it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", show=False),
        Binding("escape", "clear_filter", show=False),
        Binding("s", "search", show=False),
        Binding("m", "merged", show=False),
        Binding("tab", "scope", show=False, priority=True),
        Binding("l", "log", show=False),
        Binding("r", "rerun", show=False),
        Binding("a", "acknowledge", show=False),
        Binding("F", "files", show=False),
        Binding("E", "app.errors", show=False),
        Binding("n", "fault(1)", show=False),
        Binding("N", "fault(-1)", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._wanted = ""
        self._in_logs = False
        """Whether the box is for a text in all logs, and not for the programs' names."""

    def content(self) -> ComposeResult:
        """The board above, the detail below."""
        yield BoardView(id="board")
        yield Static(id="notice", markup=False)
        yield Static(id="detail", markup=False)
        with Horizontal(id="filter-line"):
            yield Static(id="filter-scope", markup=False)
            yield LineBox(id="filter", compact=True)
            yield Static(id="filter-hint", markup=False)

    def on_mount(self) -> None:
        """The board has the keys."""
        super().on_mount()
        self.query_one(BoardView).focus()

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        return (
            ("Enter", self.tr("key.open"), "screen.open"),
            ("l", self.tr("key.log"), "screen.log"),
            ("r", self.tr("key.rerun"), "screen.rerun"),
            ("a", self.tr("incident.key.ack"), "screen.acknowledge"),
            ("i", self.tr("key.incidents"), "app.place('incidents')"),
            ("/", self.tr("key.filter"), "screen.filter"),
            ("?", self.tr("key.help"), "app.help"),
            (":", self.tr("key.jump"), "app.jump"),
            ("s", self.tr("key.search"), "screen.search"),
            ("b", self.tr("key.bell"), "app.place('bell')"),
            ("I", self.tr("key.inbox"), "app.place('inbox')"),
            ("J", self.tr("key.jobs"), "app.place('jobs')"),
            ("S", self.tr("key.statistics"), "app.place('statistics')"),
            ("R", self.tr("key.reports"), "app.place('reports')"),
            ("q", self.tr("key.quit"), "app.quit"),
        )

    def tell(self) -> None:
        """Show the rows that there are now."""
        if not self.ready:
            return
        app = self.console_app
        board = self.query_one(BoardView)
        board.show(app.rows, self._wanted, self.view)
        notice = ""
        if not app.hello:
            notice = "" if app.lost_words() else self.tr("link.connecting")
        elif not app.rows:
            notice = self.tr("board.empty")
        elif not board.keys:
            notice = self.tr("board.none_match", text=self._wanted)
        bar, news = self.query_one("#notice", Static), app.news.words(app.view)
        if notice or news or bar.has_class("-shown"):
            bar.set_class(bool(notice or news), "-shown").set_class(not notice, "-brief").update(notice or news)
        self._tell_scope()
        self._size_detail()
        self._tell_detail()

    def on_resize(self) -> None:
        """The detail has another size."""
        super().on_resize()
        self._size_detail()
        self.call_after_refresh(self._tell_detail)

    def _size_detail(self) -> None:
        """The detail takes what short lists leave; nothing of a low screen."""
        height, detail = self.size.height, self.query_one("#detail", Static)
        detail.display = height >= 16
        free = height - 5 - len(self.console_app.rows)
        detail.styles.height = 6 if height < 32 else min(height * 2 // 5, max(height // 4 + 1, free))

    @on(LineList.Moved)
    def _moved(self) -> None:
        self._tell_detail()

    def _tell_detail(self) -> None:
        name = self.query_one(BoardView).chosen
        row = self.console_app.rows.get(name)
        detail = self.query_one("#detail", Static)
        width, height = detail.content_size.width, detail.content_size.height
        if row is None or width < 10 or height < 1:
            detail.update("", layout=False)
            return
        colours, view, status = self.app.theme_variables, self.view.of(row), status_of(row)
        colour = {Status.ERROR: "error", Status.WARNING: "warning", Status.UNKNOWN: "doubt"}.get(status, "success")
        run: dict[str, Any] = row.get("last_run") or {}
        title = row["title"] if row["title"] != row["name"] else ""
        title = fit(title, min(cell_len(title), width // 3)).rstrip()
        since = view.tr("detail.since", word=words.status_word(status, view.language), since=view.stamp(row["since"]))
        news = words.error_in_words(row.get("signature"), view.language, view.zone, view.now)
        parts = [
            *([title] if title else []),
            since,
            *([news] if news else []),
            *([mine] if (mine := in_detail(row.get("incident"), view)) else []),
            *([view.tr("detail.run", id=run["log_id"])] if run.get("log_id") is not None else []),
            *([row["scheduler"]] if row.get("scheduler") else []),
        ]
        head = Text(f"{SIGNS[status]} {row['name']}", Style(bold=True, color=colours[colour]))
        head.append(f" · {' · '.join(parts)}", Style(bold=False, color=colours["foreground"]))
        lines = [(line, "foreground") for line in wrap(why(row, view), width, 2 if height >= 4 else 1)]
        said = [line for line in str(run.get("error_details") or "").splitlines() if line.strip()]
        if status is not Status.OK and said:
            room = max(0, height - 1 - len(lines) - 1)
            lines += [(fit(line, width).rstrip(), "quiet") for line in said[-room:]] if room else []
        if row.get("last_log") and len(lines) + 1 < height:
            lines.append((f"▸ {row['last_log']}", "quiet"))
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append_text(head)
        for line, shade in lines[: height - 1]:
            text.append("\n" + fit(line, width).rstrip(), Style(color=colours[shade]))
        detail.update(text, layout=False)

    # -- the filter

    def action_filter(self) -> None:
        """Ask for words that a row must hold."""
        box = self.query_one("#filter", Input)
        self.query_one("#filter-line").display = True
        self._in_logs = False
        self._tell_scope()
        self.set_focus(box)  # at once: what is typed next is for the box, however fast it comes

    def action_clear_filter(self) -> None:
        """Show all programs again."""
        box = self.query_one("#filter", Input)
        self.query_one("#filter-line").display = False
        self.console_app.news.seen()
        box.value = ""
        self._wanted = ""
        self.set_focus(self.query_one(BoardView))
        self.tell()

    @on(Input.Changed, "#filter")
    def _filter_typed(self, event: Input.Changed) -> None:
        if not self._in_logs:
            self._wanted = event.value
            self.tell()

    @on(Input.Submitted, "#filter")
    def _filter_done(self, event: Input.Submitted) -> None:
        if self._in_logs:
            self.action_clear_filter()
            self.console_app.open_search(event.value)
            return
        if not self._wanted:
            self.action_clear_filter()
        self.set_focus(self.query_one(BoardView))

    def action_scope(self) -> None:
        """In the box: for the programs' names, or for a text in all logs."""
        box = self.query_one("#filter", Input)
        if self.focused is not box:
            self.focus_next()
            return
        self._in_logs = not self._in_logs
        self._wanted = "" if self._in_logs else box.value
        self.tell()

    def _tell_scope(self) -> None:
        here, other = ("logs", "back") if self._in_logs else ("programs", "hint")
        self.query_one("#filter-scope", Static).update(self.tr(f"search.scope.{here}"))
        self.query_one("#filter-hint", Static).update(self.tr(f"search.scope.{other}"))
        self.query_one("#filter", Input).placeholder = self.tr("search.box" if self._in_logs else "board.filter")

    def action_search(self) -> None:
        """Search in all logs."""
        self.console_app.open_search()

    def action_merged(self) -> None:
        """All logs by time, around the last run of the program under the cursor."""
        row = self.console_app.rows.get(self.query_one(BoardView).chosen) or {}
        run = row.get("running") or row.get("last_run") or {}
        self.console_app.ask_merged(run.get("start_time"))

    # -- a program

    @on(LineList.Chosen)
    def _chosen(self, event: LineList.Chosen) -> None:
        self.console_app.open_program(event.key)

    def action_open(self) -> None:
        """Open the program under the cursor."""
        self.query_one(BoardView).action_choose()

    def action_log(self) -> None:
        """Open its log."""
        self.console_app.open_log(self.query_one(BoardView).chosen)

    def action_rerun(self) -> None:
        """Run it again."""
        self.console_app.open_rerun(self.query_one(BoardView).chosen)

    def action_acknowledge(self) -> None:
        """Take on the incident of the row."""
        from batmon_tui.screens import acting  # noqa: PLC0415 - the first frame does not wait for it

        one = acting.of_row(self.console_app, self.query_one(BoardView).chosen)
        if one is not None:
            acting.acknowledge(self.console_app, one, lambda: None)

    def action_files(self) -> None:
        """Open its folder; without a program, all that there is."""
        name = self.query_one(BoardView).chosen
        if name:
            self.console_app.open_files_of(name)
        else:
            self.console_app.open_files()

    def action_fault(self, step: int) -> None:
        """Go to the next or previous program that is not OK."""
        board, rows = self.query_one(BoardView), self.console_app.rows
        names = list(board.keys)
        faulty = [index for index, name in enumerate(names) if status_of(rows[name]) is not Status.OK]
        if not faulty:
            self.console_app.say("board.no_faults")
            return
        here = names.index(board.chosen)
        ahead = [i for i in faulty if i > here] if step > 0 else [i for i in reversed(faulty) if i < here]
        board.go_to(names[ahead[0] if ahead else faulty[0 if step > 0 else -1]])
