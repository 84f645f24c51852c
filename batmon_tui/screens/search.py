"""Search in all logs of all programs: hits come in the newest first; Enter opens the log at one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from rich.style import Style
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Input, Static
from textual.worker import Worker

from batmon.errors import BatmonError
from batmon_tui import refusals
from batmon_tui.cells import fit, wrap
from batmon_tui.screens.moment import MomentDialog
from batmon_tui.screens.page import Page
from batmon_tui.widgets.box import LineBox
from batmon_tui.widgets.lines import LineList
from batmon_tui.widgets.log_place import LogPlace
from batmon_tui.widgets.search_asked import Asked, Going
from batmon_tui.widgets.search_hits import Hit, HitList

FRAME_SEC = 0.1
"""Hits that arrive within this time are shown together."""


class SearchScreen(Page):
    """A search that ``asked`` begins with; one that is complete begins at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "climb", show=False),
        Binding("slash", "text", show=False),
        Binding("e", "turn('errors')", show=False),
        Binding("i", "turn('ignore_case')", show=False),
        Binding("x", "turn('regex')", show=False),
        Binding("p", "program", show=False),
        Binding("t", "since", show=False),
        Binding("down", "hits", show=False),
    ]

    def __init__(self, asked: Asked) -> None:
        super().__init__()
        self.asked = asked
        self.going = Going()
        self._arrived: list[Hit] = []
        self._flush: Timer | None = None
        self._worker: Worker[None] | None = None

    def content(self) -> ComposeResult:
        """The text, how it is searched for, the hits, and the whole of the one under the cursor."""
        with Horizontal(id="search-line"):
            yield Static(id="search-title", markup=False)
            yield LineBox(self.asked.pattern, id="search-box", compact=True)
        yield Static(id="search-state", markup=False)
        yield Static(id="notice", markup=False)
        yield HitList(id="hits")
        yield Static(id="search-detail", markup=False)

    def on_mount(self) -> None:
        """Search, or ask for what."""
        super().on_mount()
        if self.asked.complete:
            self._begin()
        else:
            self.set_focus(self.query_one("#search-box", Input))

    def keys(self) -> Sequence[tuple[str, str, str]]:
        """What can be done here."""
        back = "search.key.cancel" if self.going.running else "key.back"
        if isinstance(self.focused, Input):
            return (("Esc", self.tr(back), "screen.climb"), ("Enter", self.tr("search.key.run"), ""))
        return (
            ("Esc", self.tr(back), "screen.climb"),
            ("Enter", self.tr("key.open"), "screen.open"),
            ("/", self.tr("search.key.text"), "screen.text"),
            ("e", self.tr("search.key.errors"), "screen.turn('errors')"),
            ("i", self.tr("search.key.case"), "screen.turn('ignore_case')"),
            ("x", self.tr("search.key.regex"), "screen.turn('regex')"),
            ("p", self.tr("search.key.program"), "screen.program"),
            ("t", self.tr("search.key.since"), "screen.since"),
            ("?", self.tr("key.help"), "app.help"),
        )

    # -- what is shown

    def tell(self) -> None:
        """Say everything again."""
        if not self.ready:
            return
        app = self.console_app
        self.query_one("#search-title", Static).update(self.tr("search.title"))
        self.query_one("#search-box", Input).placeholder = self.tr("search.box")
        self.query_one(HitList).speak(app.view, app.rows)
        self._tell_state()
        self._tell_detail()

    def _tell_state(self) -> None:
        view, colours, going = self.view, self.app.theme_variables, self.going
        state = self.query_one("#search-state", Static)
        strong, quiet = Style(bold=True), Style(color=colours["quiet"])
        how = Text(" · ".join(self.asked.told(view)), strong, no_wrap=True, overflow="ellipsis")
        told = going.problem or going.told(view)
        shade = colours["warning"] if going.problem or self._limited else colours["accent"] if going.running else ""
        how.append("   " if told else "", quiet)
        how.append(told, Style(bold=False, color=shade or colours["quiet"]))
        state.update(how, layout=False)
        notice = ""
        if not going.running and not going.hits and not going.problem:
            what = "search.no_errors" if not self.asked.pattern else "search.none"
            notice = self.tr("search.intro") if going.end is None else self.tr(what, text=self.asked.pattern)
        bar = self.query_one("#notice", Static)
        bar.set_class(bool(notice), "-shown").update(notice)

    @property
    def _limited(self) -> bool:
        return self.going.end is not None and self.going.end["stopped"] == "limit"

    def _tell_detail(self) -> None:
        """The hit under the cursor with its file; below a search that ended, what could not be searched."""
        detail, hit = self.query_one("#search-detail", Static), self.query_one(HitList).current
        width, height = detail.content_size.width, detail.content_size.height
        colours = self.app.theme_variables
        lines: list[tuple[str, str]] = []
        if hit is not None:
            lines.append((f"{hit.program} · {hit.path}", "accent"))
            lines += [(line, "foreground") for line in wrap(hit.text, max(10, width), max(1, height - 2))]
        if unread := (self.going.end or {}).get("unreadable"):
            others = int((self.going.end or {})["unreadable_count"]) - 1
            key = "search.unreadable.more" if others else "search.unreadable"
            lines = lines[: height - 1]
            lines.append((self.tr(key, path=unread[0]["path"], why=unread[0]["why"], n=others), "warning"))
        text = Text(no_wrap=True, overflow="ellipsis")
        for number, (line, shade) in enumerate(lines):
            text.append(("\n" if number else "") + fit(line, width).rstrip(), Style(color=colours[shade]))
        detail.update(text, layout=False)

    @on(LineList.Moved)
    def _moved(self) -> None:
        self._tell_detail()

    def on_resize(self) -> None:
        """The detail is left out of a low screen."""
        super().on_resize()
        self.query_one("#search-detail", Static).display = self.size.height >= 14
        self.call_after_refresh(self._tell_detail)

    def on_descendant_focus(self) -> None:
        """Other keys do something."""
        self.tell_frame()

    # -- the search

    def _begin(self) -> None:
        """Search anew for what is asked."""
        self._stop_flush()
        self.query_one(HitList).begin()
        if not self.asked.complete:
            self.going = Going()
            self._end_worker()
            self.tell()
            return
        self.going = Going(running=True)
        self.set_focus(self.query_one(HitList))
        self._worker = self._search(self.asked, self.going)
        self.tell()
        self.tell_frame()

    @work(exclusive=True, group="search", exit_on_error=True)
    async def _search(self, asked: Asked, going: Going) -> None:
        try:
            async with self.console_app.link.stream("log.search", **asked.args(self.view)) as items:
                async for item in items:
                    if going is not self.going:
                        return
                    if "progress" in item:
                        going.progress = item["progress"]
                    self._arrived += map(Hit.of, item.get("hits", ()))
                    if self._flush is None:
                        self._flush = self.set_timer(FRAME_SEC, self._show_arrived)
                going.end = items.result
        except BatmonError as error:
            going.problem = refusals.in_words(error, self.console_app.language).replace("\n", " · ")
        going.running = False
        self._show_arrived()
        self.tell_frame()

    def _show_arrived(self) -> None:
        """All that was found since the last frame at once."""
        self._flush = None
        arrived, self._arrived = self._arrived, []
        self.going.hits += len(arrived)
        if self.ready:
            self.query_one(HitList).add(arrived)
            self._tell_state()
            if not self.going.running:
                self._tell_detail()

    def _stop_flush(self) -> None:
        if self._flush is not None:
            self._flush.stop()
            self._flush = None
        self._arrived.clear()

    def _end_worker(self) -> None:
        if self._worker is not None:
            self._worker.cancel()
            self._worker = None

    @on(Input.Submitted, "#search-box")
    def _submitted(self, event: Input.Submitted) -> None:
        self._ask(replace(self.asked, pattern=event.value))

    def _ask(self, asked: Asked) -> None:
        self.asked = asked
        self._begin()

    # -- keys

    def action_text(self) -> None:
        """Write another text."""
        self.set_focus(self.query_one("#search-box", Input))

    def action_hits(self) -> None:
        """From the text down to the hits."""
        self.set_focus(self.query_one(HitList))

    def action_turn(self, what: str) -> None:
        """Turn one way of searching on or off."""
        turned: dict[str, Any] = {what: not getattr(self.asked, what)}
        self._ask(replace(self.asked, **turned))

    def action_program(self) -> None:
        """Only the program of the hit under the cursor, or all again."""
        hit = self.query_one(HitList).current
        if self.asked.program:
            self._ask(replace(self.asked, program=""))
        elif hit is not None:
            self._ask(replace(self.asked, program=hit.program))

    def action_since(self) -> None:
        """Ask from when on."""

        def answered(since: str | None) -> None:
            if since is not None and since != self.asked.since:
                self._ask(replace(self.asked, since=since))

        self.app.push_screen(MomentDialog(self.asked.since, "search.since"), answered)

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Open the log at the hit under the cursor."""
        hit = self.query_one(HitList).current
        if hit is not None:
            marked = hit.text[slice(*hit.spans[0])] if hit.spans else ""
            self.console_app.open_log_at(hit.program, LogPlace(hit.path, hit.offset, marked))

    def action_climb(self) -> None:
        """Stop the search that is under way; else go back."""
        if not self.going.running:
            super().action_climb()
            return
        self._end_worker()
        self._stop_flush()
        self.going.running = False
        self.going.problem = f"{self.going.told(self.view)} · {self.tr('search.cancelled')}".removeprefix(" · ")
        self._tell_state()
        self.tell_frame()
