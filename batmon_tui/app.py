"""The console: one app a person, with one connection to the daemon, and no global state: many can share a process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from textual import events
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.screen import Screen
from textual.widgets import Input, TextArea

from batmon.errors import BatmonError, DaemonUnreachable
from batmon.gate.client import GateClient
from batmon.model import Role
from batmon.moments import moment_of
from batmon.refusals import because, told
from batmon_tui import palette, refusals, theme
from batmon_tui.board import Row, fold
from batmon_tui.guarded import GuardedApp
from batmon_tui.link import BoardFrame, Connect, Link, LinkFound, LinkLost
from batmon_tui.locale import Language, choose, tr
from batmon_tui.making import Making
from batmon_tui.news import LOOK_EVERY, News
from batmon_tui.screens.board import BoardScreen
from batmon_tui.screens.page import Dialog, Page, type_into
from batmon_tui.view import View
from batmon_tui.widgets.log_bookmarks import Bookmarks
from batmon_tui.widgets.log_place import LogPlace

SECOND = 1.0


def _utc_now() -> datetime:
    return datetime.now(UTC)


class BatmonApp(GuardedApp):
    """``connect`` gives a connected client each time that one is needed; ``now`` is the clock on the screen.

    ``remote``: the app is shown to somebody on another machine, and must not act on this one.
    """

    CSS_PATH = "batmon.tcss"
    TITLE = "BATMON"
    COMMAND_PALETTE_BINDING = "ctrl+p"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", show=False),
        Binding("ctrl+c", "quit", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", show=False),
        Binding("colon", "jump", show=False),
        Binding("question_mark", "help", show=False),
        Binding("T", "next_theme", show=False),
        Binding("L", "next_language", show=False),
        Binding("i", "place('incidents')", show=False),
        Binding("b", "place('bell')", show=False),
        Binding("I", "place('inbox')", show=False),
        Binding("J", "place('jobs')", show=False),
        Binding("H", "place('handover')", show=False),
        Binding("R", "place('reports')", show=False),
        Binding("S", "place('statistics')", show=False),
    ]

    def __init__(
        self,
        connect: Connect,
        language: str = "auto",
        *,
        remote: bool = True,
        locale: str = "",
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        super().__init__()
        self.remote = remote
        self.came_by: tuple[str, int] | None = None
        """Address and port of the SSH server that the person reached us at, for the commands that we show."""
        self._wanted_language = language
        self._locale = locale
        self.language: Language = choose(language, locale=locale)
        self.now = now
        self.link = Link(connect, self, now)
        self.rows: dict[str, Row] = {}
        self.news = News()
        self.making: list[Making] = []
        """Reports that are being made for the person now."""
        self.bookmarks: dict[str, Bookmarks] = {}
        """By program, for as long as the console is open; those of the merged logs under the empty name."""
        self.hello: Mapping[str, Any] = {}
        self._zone = ZoneInfo("UTC")
        self._as_of: datetime | None = None
        self._lost: LinkLost | None = None
        self._told_minute = -1
        self._to_tell = False
        for one in theme.THEMES:
            self.register_theme(one)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The console's own colours, for Textual's themes that do not know them."""
        return dict(theme.DARK.variables)

    # -- begin

    def get_default_screen(self) -> Screen[Any]:
        """The board is always below everything else."""
        return BoardScreen()

    def on_mount(self) -> None:
        """Begin to speak with the daemon, and let the clock run."""
        self.theme = theme.DARK.name
        self.run_worker(self.link.run(), name="link", group="link", exit_on_error=True)
        self.set_interval(SECOND, self._tick, name="clock")
        self.set_interval(LOOK_EVERY, self._look_for_news, name="news")
        self.app_resume_signal.subscribe(self, lambda _: self._in_sight_again())

    def _in_sight_again(self) -> None:
        """Back from Ctrl+Z: nothing of the screen is left on the terminal, and the daemon may have been lost."""
        self.refresh()
        self.link.hurry()

    # -- how things are told

    @property
    def view(self) -> View:
        """Language, zone and moment."""
        return View(self.language, self._zone, self.now())

    def tr(self, key: str, **values: Any) -> str:
        """A sentence in the console's language."""
        return tr(self.language, key, **values)

    @property
    def pages(self) -> list[Page]:
        """The pages that are open, the one in front last."""
        return [screen for screen in self.screen_stack if isinstance(screen, Page)]

    @property
    def stale(self) -> bool:
        """Whether what is shown may be old."""
        return self._lost is not None and bool(self.hello)

    def lost_words(self) -> str:
        """What the bar says about a lost daemon; empty while all is well."""
        if self._lost is None:
            return ""
        if not self.hello:
            return self.tr("link.never", reason=told(self._lost.error, self.language)[0].rstrip("."))
        view = self.view
        as_of = view.stamp(self._as_of.isoformat() if self._as_of else None)
        return self.tr("link.lost", since=view.stamp(self._lost.since.isoformat()), asof=as_of)

    def _tick(self) -> None:
        """The clock each second; the words of the rows when a minute begins."""
        now = self.now()
        if self._lost is None and self.hello:
            self._as_of = now
        for page in self.pages[-1:]:
            page.tell_time()
        if now.minute != self._told_minute:
            self._told_minute = now.minute
            for page in self.pages[-1:]:
                page.tell()

    def on_key(self, event: events.Key) -> None:
        """Typed ahead: a key that set out for what had the focus before goes into the box that has it now."""
        if isinstance(self.screen, Dialog) and self.screen.type_ahead(event):
            event.prevent_default()
        elif isinstance(self.focused, Input) and event.is_printable and event.character:
            event.prevent_default()
            type_into(self.focused, event.character)
        elif isinstance(self.focused, TextArea) and (event.key == "enter" or event.is_printable):
            event.prevent_default()
            type_into(self.focused, "\n" if event.key == "enter" else event.character or "")

    # -- what the link says

    def on_link_found(self, message: LinkFound) -> None:
        """The daemon answers."""
        was_lost = self._lost is not None and bool(self.hello)
        self._lost = None
        self.hello = message.hello
        self.language = choose(self._wanted_language, str(message.hello.get("language", "auto")), self._locale)
        try:
            self._zone = ZoneInfo(str(message.hello.get("timezone") or "UTC"))
        except (ZoneInfoNotFoundError, ValueError):
            self._zone = ZoneInfo("UTC")
        self._as_of = self.now()
        self._tell_all()
        self.news.begin()
        self._look_for_news(arrive=not was_lost)
        if was_lost:
            self.say("link.found")

    def on_link_lost(self, message: LinkLost) -> None:
        """The daemon does not answer."""
        first = self._lost is None
        self._lost = message
        if first:
            self._tell_all()
        else:
            for page in self.pages:
                page.tell_frame()

    def on_board_frame(self, message: BoardFrame) -> None:
        """Rows changed: they are shown once all that has arrived is folded in."""
        self.rows, changed = fold(self.rows, message.frame)
        self._as_of = self.now()
        if (changed or "snapshot" in message.frame) and not self._to_tell:
            self._to_tell = self.call_later(self._tell_rows)

    def _look_for_news(self, *, arrive: bool = False) -> None:
        self.run_worker(self.look_for_news(arrive=arrive), name="news", group="news", exclusive=True)

    async def look_for_news(self, *, arrive: bool = False) -> None:
        """Ask what the bell has, and with ``arrive`` what happened since the person was here last; show what is new."""
        changed = [await self.news.look(self.link), arrive and await self.news.arrive(self.link)]
        if any(changed):
            self._tell_all()

    def _tell_rows(self) -> None:
        self._to_tell = False
        for page in self.pages[-1:]:
            page.tell_frame()
            page.tell()

    def _tell_all(self) -> None:
        for page in self.pages:
            page.tell_frame()
            page.tell()

    # -- what others ask of the app

    async def gate(self) -> GateClient:
        """The connected client.

        Raises:
            DaemonUnreachable: there is no connection now.
        """
        client = self.link.client
        if client is None:
            raise DaemonUnreachable(because("unreachable-now"))
        return client

    def may(self, role: Role) -> bool:
        """Whether the person may do what takes ``role``; the daemon decides in the end."""
        try:
            return Role(self.hello.get("role", "")).allows(role)
        except ValueError:
            return False

    def say(
        self, key: str, *, severity: Literal["information", "warning", "error"] = "information", **values: Any
    ) -> None:
        """A short note in the corner, never markup; one that stands there already is not said twice."""
        told = self.tr(key, **values)
        if not any(one.message == told and not one.has_expired for one in self._notifications):
            self.notify(told, severity=severity, markup=False)

    def say_error(self, error: BatmonError) -> None:
        """What the daemon refused."""
        self.notify(refusals.in_words(error, self.language), severity="error", markup=False)

    # -- going places

    def open_program(self, name: str, section: str = "overview") -> None:
        """Open a program's page."""
        from batmon_tui.screens.program import ProgramScreen  # noqa: PLC0415 - the first frame does not wait for it

        if name in self.rows:
            self.push_screen(ProgramScreen(name, section))

    def open_log(self, name: str, run_id: str | None = None) -> None:
        """Open a program's log, at its end or at a run."""
        from batmon_tui.screens.program import ProgramScreen  # noqa: PLC0415 - as above

        if self.rows.get(name, {}).get("probe"):
            self.say("probe.no_log", severity="warning")
        elif name in self.rows:
            self.push_screen(ProgramScreen(name, "log", run_id))

    def open_files(self, path: str = "/", chosen: str = "", program: str = "") -> None:
        """Open a folder of the tree of files."""
        from batmon_tui.screens.files import FilesScreen  # noqa: PLC0415 - as above

        self.push_screen(FilesScreen(path, chosen, program))

    def open_files_of(self, name: str) -> None:
        """Open the folder of a program."""
        from batmon_tui.screens.files import folder_of  # noqa: PLC0415 - as above

        row = self.rows.get(name)
        if row is not None and row["configured"]:
            self.open_files(folder_of(name), program=name)
        elif row is not None:
            self.say("files.none", severity="warning", name=name)

    def open_preview(self, path: str, program: str = "") -> None:
        """Look into a file of the tree."""
        from batmon_tui.screens.preview import PreviewScreen  # noqa: PLC0415 - as above

        self.push_screen(PreviewScreen(path, program))

    def open_download(self, path: str, size: int) -> None:
        """Take a file of the tree along."""
        from batmon_tui.screens.download import SaveDialog, ScpDialog  # noqa: PLC0415 - as above

        self.push_screen(ScpDialog(path, size) if self.remote else SaveDialog(path, size))

    def open_log_at(self, name: str, place: LogPlace) -> None:
        """Open a program's log at a place."""
        from batmon_tui.screens.program import ProgramScreen  # noqa: PLC0415 - as above

        if name in self.rows:
            self.push_screen(ProgramScreen(name, "log", place=place))

    def open_errors(self, program: str = "") -> None:
        """Show the kinds of error, of all programs or of one."""
        from batmon_tui.screens.errors import ErrorsScreen  # noqa: PLC0415 - as above

        self.push_screen(ErrorsScreen(program))

    def open_difference(self, name: str, run_id: str | None = None) -> None:
        """Compare a run, or the latest, with the last good one before it."""
        from batmon_tui.screens.difference import DifferenceScreen  # noqa: PLC0415 - as above

        self.push_screen(DifferenceScreen(name, run_id))

    def open_search(self, text: str = "", program: str = "") -> None:
        """Search in all logs, or in those of a program; without a text, ask for one."""
        from batmon_tui.screens.search import SearchScreen  # noqa: PLC0415 - as above
        from batmon_tui.widgets.search_asked import Asked  # noqa: PLC0415 - as above

        self.push_screen(SearchScreen(Asked(text, program)))

    def open_merged(self, at: datetime | None, programs: Iterable[str] = ()) -> None:
        """Show all logs by time, from a moment on or at their end."""
        from batmon_tui.screens.merged import MergedScreen  # noqa: PLC0415 - as above

        self.push_screen(MergedScreen(at, tuple(programs)))

    def ask_merged(self, near: str | None) -> None:
        """Ask for a moment, ``near`` (as the gate writes it) proposed, then show all logs at it."""
        from batmon_tui.screens.moment import MomentDialog  # noqa: PLC0415 - as above

        def answered(written: str | None) -> None:
            if written is not None:
                self.open_merged(moment_of(written, self._zone, self.now()) if written else None)

        moment = datetime.fromisoformat(near).astimezone(self._zone) if near else None
        self.push_screen(MomentDialog(f"{moment:%Y-%m-%d %H:%M}" if moment else "", "merged"), answered)

    def open_capture(self) -> None:
        """Take a picture of the server's screen, and show it."""
        from batmon_tui.screens.capture import CaptureScreen  # noqa: PLC0415 - as above

        if self.may(Role.ADMIN):
            self.push_screen(CaptureScreen())
        else:
            self.say("capture.admins", severity="warning")

    def open_rerun(self, name: str) -> None:
        """Ask for what a re-run needs, then show its output."""
        from batmon_tui.screens.rerun import RerunDialog  # noqa: PLC0415 - as above

        row = self.rows.get(name)
        if row is None:
            return
        if not self.may(Role.OPERATOR):
            self.say("rerun.viewer", severity="warning")
        elif row.get("probe"):
            from batmon_tui.screens.acting import look  # noqa: PLC0415 - as above

            look(self, name)
        elif not row.get("retry_program"):
            self.say("rerun.none", severity="warning", name=name)
        else:
            self.push_screen(RerunDialog(row), self._rerun_begun)

    def _rerun_begun(self, begun: dict[str, Any] | None) -> None:
        if begun is not None:
            self.open_output(begun["program"], begun)

    def open_output(self, name: str, run: Mapping[str, Any]) -> None:
        """Show what a re-run prints."""
        from batmon_tui.screens.output import OutputScreen  # noqa: PLC0415 - as above

        self.push_screen(OutputScreen(name, run))

    def action_errors(self) -> None:
        """Show the kinds of error."""
        self.open_errors()

    def action_place(self, name: str) -> None:
        """Open one of the pages of ``screens.opening``."""
        from batmon_tui.screens.opening import PLACES  # noqa: PLC0415 - as above

        PLACES[name](self)

    def action_jump(self) -> None:
        """Ask where to go."""
        from batmon_tui.screens.jump import JumpDialog, obey  # noqa: PLC0415 - as above

        self.push_screen(JumpDialog(), lambda words: obey(self, words or ""))

    def action_help(self) -> None:
        """Show the keys and the signs."""
        from batmon_tui.screens.help import HelpDialog  # noqa: PLC0415 - as above

        self.push_screen(HelpDialog())

    # -- looks

    def action_next_theme(self) -> None:
        """Take the next theme."""
        here = theme.NAMES.index(self.theme) if self.theme in theme.NAMES else -1
        self.choose_theme(theme.NAMES[(here + 1) % len(theme.NAMES)])

    def choose_theme(self, name: str) -> None:
        """Take a theme by name."""
        self.theme = name
        self.call_after_refresh(self._tell_all)
        self.say("theme.set", name=self.tr(f"theme.{name}"))

    def action_next_language(self) -> None:
        """Speak the other language."""
        self.choose_language("en" if self.language == "ko" else "ko")

    def choose_language(self, language: Language) -> None:
        """Speak a language, whatever the daemon or the configuration say."""
        self.language = language
        self._wanted_language = language
        self._tell_all()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:  # noqa: ARG002 - the same everywhere
        """What the command palette offers."""
        return palette.commands(self)

    def action_command_palette(self) -> None:
        """Open the command palette, in the console's language."""
        if not any(isinstance(screen, CommandPalette) for screen in self.screen_stack):
            self.push_screen(CommandPalette(placeholder=self.tr("palette.search"), id="--command-palette"))
