"""A stage for the log view: real log files, the daemon's real answers about them over a real gate, and a small app."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen

from batmon.engine.log_files.answers import LogAnswers
from batmon.gate.client import GateClient
from batmon.gate.keyring import KeyRing
from batmon.gate.server import GateServer
from batmon.gate.verbs import AuditEntry
from batmon.model import LogEvidence, LogSpan, Program, Run, RunStatus
from batmon_tui.theme import DARK
from batmon_tui.widgets.log_paper import LogPaper
from batmon_tui.widgets.log_view import LogView

WAIT_SEC = 15.0


@dataclass
class LogServer:
    """A gate that answers about the logs of one program, ``kindscrap``, below ``folder``."""

    folder: Path
    encoding: str = "auto"
    runs: list[Run] = field(default_factory=list)

    def __post_init__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.program = Program(
            name="kindscrap", base_dir=self.folder, logs=("*.log",), timezone="Asia/Seoul", encoding=self.encoding
        )
        self.address = str(self.folder / "gate.sock")
        self.log = self.folder / "kindscrap.log"
        self.server: GateServer | None = None

    def write(self, text: str, encoding: str = "utf-8") -> None:
        with self.log.open("ab") as file:
            file.write(text.encode(encoding))

    def ran(self, text: str, status: RunStatus, log_id: int, began: datetime, took: float | None) -> Run:
        """Append a run's lines to the log, and know the run as the checker would."""
        start = self.log.stat().st_size if self.log.exists() else 0
        self.write(text)
        ended = None if took is None else began + timedelta(seconds=took)
        span = LogSpan(str(self.log), start, None if took is None else self.log.stat().st_size)
        run = Run(
            run_id=uuid.UUID(int=log_id), program="kindscrap", status=status, start_time=began, end_time=ended,
            log_id=log_id, log=LogEvidence(status, span, began, ended),
        )  # fmt: skip
        self.runs.append(run)
        return run

    async def runs_near(self, program: str, at: datetime, limit: int) -> list[Run]:
        before = [run for run in self.runs if run.program == program and run.start_time <= at]
        after = [run for run in self.runs if run.program == program and run.start_time > at]
        return before[-limit:] + after[:limit]

    async def find_run(self, run_id: uuid.UUID) -> Run | None:
        return next((run for run in self.runs if run.run_id == run_id), None)

    def answers(self) -> LogAnswers:
        return LogAnswers(
            programs=lambda: {"kindscrap": self.program}, runs_near=self.runs_near, find_run=self.find_run
        )

    async def start(self) -> None:
        async def audit(_: AuditEntry) -> None: ...

        self.server = GateServer(
            self.answers().verbs(), greeting=lambda: {"node": "seoul-01", "timezone": "Asia/Seoul", "language": "ko"},
            keyring=KeyRing(self.folder / "authorized_keys"), audit=audit,
        )  # fmt: skip
        await self.server.start(self.address)

    async def stop(self) -> None:
        if self.server is not None:
            await self.server.stop()
            self.server = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[GateClient]:
        """The gate, and a client of it."""
        await self.start()
        try:
            async with await GateClient.connect(self.address) as client:
                yield client
        finally:
            await self.stop()


class LogScreen(Screen[None]):
    """A screen with nothing but a log; Esc climbs out of the innermost thing."""

    BINDINGS = [("escape", "climb", "")]  # noqa: RUF012 - Textual's own form

    def __init__(self, program: str, **which: str) -> None:
        super().__init__()
        self.view = LogView(program, **which)

    def compose(self) -> ComposeResult:
        yield self.view

    def action_climb(self) -> None:
        if not self.view.climb():
            self.app.pop_screen()


class LogApp(App[None]):
    """Nothing but the log; a ``LogHost``."""

    def __init__(self, stage: LogServer, language: str, **which: str) -> None:
        super().__init__()
        self.stage = stage
        self.language = language
        self.which = which
        self._client: GateClient | None = None
        self.register_theme(DARK)
        self.theme = DARK.name

    async def gate(self) -> GateClient:
        if self._client is None or self._client.is_lost:
            if self._client is not None:
                await self._client.close()
            self._client = await GateClient.connect(self.stage.address)
        return self._client

    async def on_mount(self) -> None:
        await self.stage.start()
        await self.push_screen(LogScreen("kindscrap", **self.which))

    async def on_unmount(self) -> None:
        if self._client is not None:
            await self._client.close()
        await self.stage.stop()

    @property
    def view(self) -> LogView:
        return self.screen.query_one(LogView)

    @property
    def paper(self) -> LogPaper:
        return self.screen.query_one(LogPaper)

    def shown(self) -> list[str]:
        """The rows of the log as they stand on the screen."""
        return [self.paper.render_line(y).text.rstrip() for y in range(self.paper.size.height)]

    def status(self) -> str:
        return self.view.status.render_line(0).text.rstrip()


async def until(pilot: Pilot[None], holds: Callable[[], object]) -> None:
    """Wait for the event, with a bound."""
    async with asyncio.timeout(WAIT_SEC):
        while not holds():
            await pilot.pause(0.02)


KST_SIX = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
"""06:00 on 21 November in Seoul."""


def story(stage: LogServer) -> LogServer:
    """Four runs of a scraper: two well, one failed with a traceback, one that goes on."""
    good = (
        "{d} 06:00:00,120 INFO  [kindscrap] 공시정보 수집 시작\n"
        "{d} 06:00:01,015 INFO  [kindscrap] 목록 페이지 1/3 읽음 (12건)\n"
        "{d} 06:00:04,532 WARNING [kindscrap] 응답이 느립니다: 3.1초 "
        "https://kind.example/disclosure/details.do?method=searchDisclosureByStockTypeEtc&currentPageSize=100&pageIndex=2\n"
        "{d} 06:00:07,204 DEBUG [kindscrap] cache hit 11, miss 1\n"
        "{d} 06:00:12,001 INFO  [kindscrap] 처리 완료: 37건 성공\n"
    )
    bad = (
        "{d} 06:00:00,098 INFO  [kindscrap] 공시정보 수집 시작\n"
        "{d} 06:00:03,411 INFO  [kindscrap] 로그인 시도: 사용자 batch01\n"
        "{d} 06:00:12,377 ERROR [kindscrap] 로그인 실패: 비밀번호가 올바르지 않습니다\n"
        "Traceback (most recent call last):\n"
        '  File "/opt/kindscrap/main.py", line 88, in main\n'
        "    session = login(user, password)\n"
        "kindscrap.errors.LoginError: 비밀번호가 올바르지 않습니다 (code=401)\n"
    )
    for day in (18, 19):
        began = datetime(2026, 11, day, 21, 0, tzinfo=UTC) - timedelta(days=1)
        stage.ran(good.format(d=f"2026-11-{day}"), RunStatus.SUCCESS, 4690 + day, began, 12)
    stage.write("2026-11-19 12:00:00,000 INFO  [housekeeping] 오래된 파일 정리: 3개\n")
    stage.ran(bad.format(d="2026-11-20"), RunStatus.FAILED, 4711, KST_SIX - timedelta(days=1), 12.4)
    stage.ran(
        "2026-11-21 06:00:00,101 INFO  [kindscrap] 공시정보 수집 시작\n"
        "2026-11-21 06:00:01,015 INFO  [kindscrap] 목록 페이지 1/3 읽음 (12건)\n"
        f"2026-11-21 06:00:02,000 DEBUG [kindscrap] 응답 본문 {'가나다라마바사아자차카타파하' * 400}\n"
        "2026-11-21 06:00:03,000 INFO  [kindscrap] 첨부 파일 내려받는 중: 2026년 3분기 보고서.pdf\n",
        RunStatus.RUNNING, 4712, KST_SIX, None,
    )  # fmt: skip
    return stage
