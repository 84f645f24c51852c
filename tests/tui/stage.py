"""A stage for the console: a real gate on a real socket, with a fixed story told by small handlers."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from batmon.errors import NotFound, Refused
from batmon.gate.client import GateClient
from batmon.gate.keyring import KeyRing
from batmon.gate.server import Done, GateServer, Verb
from batmon.model import Role
from batmon.places import gate_address
from batmon_tui.app import BatmonApp

NOW = datetime(2026, 3, 4, 17, 14, 7, tzinfo=UTC)
"""02:14:07 on the next day in Seoul."""
PASSWORD = "열려라참깨"
BOUND = 5.0

TRACEBACK = """Traceback (most recent call last):
  File "C:\\batch\\kindscrap\\main.py", line 88, in main
    session.login(user, password)
  File "C:\\batch\\kindscrap\\site.py", line 31, in login
    raise LoginError("로그인 실패: 비밀번호가 올바르지 않습니다 [/b] [red]")
kindscrap.site.LoginError: 로그인 실패: 비밀번호가 올바르지 않습니다 [/b] [red]"""


def at(text: str, day: int = 4) -> str:
    """A clock time of the UTC day as the gate writes it."""
    return f"2026-03-{day:02}T{text}+00:00"


def run(program: str, number: int, start: datetime, seconds: int | None, status: str = "SUCCESS", **more) -> dict:
    """A run in the shape of docs/gate.md."""
    end = None if seconds is None else start + timedelta(seconds=seconds)
    return {
        "log_id": number,
        "run_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{program}/{number}")),
        "bot_name": program,
        "task_name": "",
        "status": status,
        "message": "",
        "error_details": "",
        "start_time": start.isoformat(),
        "end_time": None if end is None else end.isoformat(),
        "duration_sec": seconds,
        "processed_count": 0,
        "origin": "log",
        "started_by": "",
        "exit_code": None,
        "verified_late": False,
        "slot": None,
        "log": {"path": "logs/main.log", "start": number * 1000, "end": number * 1000 + 900},
        "evidence": {
            "log": {"status": status, "line": "", "errors": int(status == "FAILED"), "first_error": ""},
            "record": None,
            "process": None,
        },
        **more,
    }


def history(program: str, last: datetime, step: timedelta, lengths: list[int | str]) -> list[dict]:
    """Runs, newest first; a length that is a word is a run of that status."""
    runs = []
    for index, length in enumerate(reversed(lengths)):
        start, number = last - step * index, 4711 - index
        if length == "MISSED":
            runs.append(
                run(program, number, start, None, "MISSED", origin="schedule", slot=start.isoformat(), log=None)
            )
        elif length == "FAILED":
            runs.append(
                run(program, number, start, 12, "FAILED", error_details=TRACEBACK, message=TRACEBACK.splitlines()[-1])
            )
        else:
            runs.append(run(program, number, start, int(length), processed_count=int(length) * 3))
    return runs


def row(name: str, status: str, reason: str, facts: dict, runs: list[dict], **more) -> dict:
    """A program's row in the shape of docs/gate.md."""
    running = more.pop("running", None)
    return {
        "name": name,
        "title": name,
        "node": "seoul-01",
        "status": status,
        "reason": reason,
        "facts": facts,
        "since": at("21:00:12", 3),
        "checked_at": at("17:14:00"),
        "schedule": ["0 6 * * *"],
        "timezone": "Asia/Seoul",
        "scheduler": "Windows Task Scheduler",
        "base_dir": f"C:\\batch\\{name}",
        "retry_program": "python main.py",
        "rerun_params": [],
        "configured": True,
        "next_due": at("21:00:00"),
        "last_log": "",
        "last_run": runs[0] if runs else None,
        "running": running,
        "strip": [[one["status"], one["duration_sec"]] for one in reversed(runs[:30])],
        **more,
    }


DAY = timedelta(days=1)
LONG = "수집 서버 응답 없음: " + "https://example.kr/공시/목록?page=1&" * 6


def story() -> tuple[list[dict], dict[str, list[dict]]]:
    """The rows, and each program's runs newest first."""
    usual = [12, 11, 13, 12, 30, 12, 11, 12, 14, 12, 12, 11, 13, 12, 12]
    kind = history("kindscrap", datetime(2026, 3, 3, 21, 0, tzinfo=UTC), DAY, [*usual, *usual, "FAILED"])
    kind[0]["log"] = {"path": "logs/kindscrap_20260304.log", "start": 20480, "end": 24991}
    mail = history(
        "fund_mail", datetime(2026, 3, 4, 17, 5, tzinfo=UTC), timedelta(minutes=5), [3, 3, 4, 3, "MISSED", 3] * 6
    )
    esafe = history("auto_esafe", datetime(2026, 3, 4, 9, 30, tzinfo=UTC), DAY / 2, [41, 38, 45, 39, 40, 44, 60] * 5)
    korean = history(
        "공시자료_수집기", datetime(2026, 3, 4, 1, 0, tzinfo=UTC), DAY, [600, 580, 610, "FAILED", "FAILED", 620]
    )
    report = history("일일보고서", datetime(2026, 3, 3, 9, 0, tzinfo=UTC), DAY, [90, 95, "MISSED", "MISSED"])
    backup = history("backup-db", datetime(2026, 3, 4, 16, 0, tzinfo=UTC), DAY, [3600, 3500, 3700, 3650, 3400])
    now_running = run("backup-db", 4712, datetime(2026, 3, 4, 17, 0, tzinfo=UTC), None, "RUNNING", started_by="kim",
                      origin="rerun")  # fmt: skip
    invoice = history("invoice", datetime(2026, 3, 4, 12, 0, tzinfo=UTC), DAY, [20] * 30)
    invoice[0]["evidence"] = {
        "log": {
            "status": "FAILED",
            "line": "21:00:20 INFO 완료",
            "errors": 2,
            "first_error": "21:00:07 ERROR 결제 [b]거절",
        },
        "record": {"status": "SUCCESS", "word": "성공", "message": "송장 20건"},
        "process": {"pid": None, "alive": False, "exit_code": 0, "stopped_by": ""},
    }
    rows = [
        row("kindscrap", "ERROR", "failed", {"start": at("21:00:00", 3), "line": TRACEBACK.splitlines()[-1]}, kind,
            title="공시정보 수집", last_log="06:00:12 ERROR 로그인 실패: 비밀번호가 올바르지 않습니다 [/b]"),
        row("공시자료_수집기", "ERROR", "hung", {"start": at("13:00:00"), "max_runtime_sec": 1800, "line": LONG},
            korean, running=run("공시자료_수집기", 4712, datetime(2026, 3, 4, 13, 0, tzinfo=UTC), None, "RUNNING"),
            last_log=LONG, schedule=["0 10,22 * * *"]),
        row("fund_mail", "WARNING", "late", {"due": at("17:10:00"), "last_start": at("17:05:00"),
            "grace_end": at("17:15:00")}, mail, title="펀드 메일 수집", schedule=["*/5 * * * *"],
            scheduler="Windows Service", next_due=at("17:10:00"), last_log="02:05:03 INFO 메일 4건 처리 완료"),
        row("invoice", "WARNING", "contradiction", {"start": at("12:00:00"), "record": "SUCCESS", "log": "traceback"},
            invoice, schedule=["0 21 * * 1-5"], next_due=at("12:00:00", 5)),
        row("일일보고서", "UNKNOWN", "blind", {"detail": "logs/: 접근 권한 없음 \x1b[31m"}, report,
            schedule=["0 18 * * *"], next_due=at("09:00:00", 5)),
        row("auto_esafe", "OK", "succeeded", {"start": at("09:30:00"), "duration_sec": 41, "processed": 37}, esafe,
            title="eSafe 문서 다운로드", schedule=["0 7 * * *", "30 18 * * *"], next_due=at("22:00:00"),
            last_log="18:30:41 INFO 문서 37건 다운로드 완료"),
        row("backup-db", "OK", "running", {"start": at("17:00:00")}, backup, running=now_running,
            schedule=["0 1 * * *"], scheduler="cron", next_due=at("16:00:00", 5), rerun_params=["date"],
            last_log='pg_dump: dumping contents of table "public.rpa_execution_logs"'),
        row("new-bot", "UNKNOWN", "never_seen", {"due": at("23:00:00")}, [], retry_program="", schedule=[],
            scheduler="", next_due=at("23:00:00")),
    ]  # fmt: skip
    runs = {"kindscrap": kind, "fund_mail": mail, "auto_esafe": esafe, "공시자료_수집기": korean, "일일보고서": report,
            "backup-db": [now_running, *backup], "invoice": invoice, "new-bot": []}  # fmt: skip
    return rows, runs


def items_of_a_run() -> list[dict]:
    """Accounts of one run as the gate gives them: two failed, one is not over."""
    long = 'Traceback (most recent call last):\n  File "main.py", line 41, in login\n'
    long += "LoginError: [/b]비밀번호 " * 12
    bad = {3: (0, 0, "로그인 실패: 비밀번호가 올바르지 않습니다"), 11: (37, 63, long), 17: (98, 2, "")}
    items = []
    for number in range(24):
        processed, failed, error = bad.get(number, (100, 0, ""))
        account = ("상점-서울-%02d@example.com" if number % 5 == 2 else "user%d@example.com") % number
        items.append({"account": account, "processed": processed, "failed": failed, "error": error,
                      "started_at": at(f"21:{number:02d}:00"), "ended_at": at(f"21:{number:02d}:41")})  # fmt: skip
    items[23] |= {"processed": 12, "ended_at": None}
    return items


class Stage:
    """The gate with the story; ``publish`` changes it, ``stop`` and ``start`` take the daemon away and back."""

    def __init__(self, state: Path, *, language: str = "auto", logs: Mapping[str, Verb] | None = None) -> None:
        self.address = gate_address(str(state))
        self.keyring = KeyRing(state / "authorized_keys")
        rows, self.runs = story()
        self.rows = {one["name"]: one for one in rows}
        self.language = language
        self.role = "admin"
        self.logs = logs or {}
        self.items: dict[str, list[dict]] = {}
        self.page = 1000
        self.asked: list[tuple[str, dict]] = []
        self.output: asyncio.Queue[dict | Done] = asyncio.Queue()
        self._watchers: set[asyncio.Queue[dict]] = set()
        self._gate: GateServer | None = None

    async def start(self) -> None:
        verbs = {
            "watch": Verb(Role.VIEWER, stream=self._watch),
            "program": Verb(Role.VIEWER, answer=self._program),
            "runs": Verb(Role.VIEWER, answer=self._runs),
            "rerun": Verb(Role.OPERATOR, answer=self._rerun),
            "stop": Verb(Role.OPERATOR, answer=self._stop),
            "run.output": Verb(Role.VIEWER, stream=self._output),
            "run.items": Verb(Role.VIEWER, answer=self._items),
            **self.logs,
        }
        greeting = {"version": "0.1.0", "node": "seoul-01", "started_at": at("15:00:00"), "language": self.language,
                    "timezone": "Asia/Seoul"}  # fmt: skip
        self._gate = GateServer(verbs, greeting=lambda: greeting, keyring=self.keyring, audit=self._audit)
        await self._gate.start(self.address)

    async def stop(self) -> None:
        if self._gate is not None:
            await self._gate.stop()
            self._gate = None

    async def connect(self) -> GateClient:
        client = await GateClient.connect(self.address, client="tui test")
        client.hello.update(user="kim", role=self.role)
        return client

    def publish(self, name: str, **changes) -> None:
        self.rows[name] = {**self.rows[name], **changes}
        for watcher in self._watchers:
            watcher.put_nowait({"rows": [self.rows[name]], "gone": []})

    async def _audit(self, entry) -> None:
        self.asked.append((entry.action, {"outcome": entry.outcome}))

    async def _watch(self, _caller, _args):
        queue: asyncio.Queue[dict] = asyncio.Queue()
        self._watchers.add(queue)
        try:
            yield {"snapshot": list(self.rows.values()), "node": {"name": "seoul-01"}}
            while True:
                yield await queue.get()
        finally:
            self._watchers.discard(queue)

    def _known(self, name: str) -> str:
        if name not in self.rows:
            raise NotFound(f"no program is called {name!r}")
        return name

    async def _program(self, _caller, args):
        name = self._known(args["name"])
        one = self.rows[name]
        config = {"schedule": one["schedule"], "timezone": one["timezone"], "grace_sec": 1200, "max_runtime_sec": 1800,
                  "base_dir": one["base_dir"], "logs": ["logs/*.log"], "encoding": "auto",
                  "rerun": ["python", "main.py"], "rerun_params": one["rerun_params"]}  # fmt: skip
        return {"row": one, "config": config, "recent": self.runs[name][:100]}

    async def _runs(self, _caller, args):
        older = [one for one in self.runs[self._known(args["program"])] if one["start_time"] < args["before"]]
        return {"runs": older[: args["limit"]], "more": len(older) > args["limit"]}

    async def _rerun(self, _caller, args):
        self.asked.append(("rerun asked", {key: value for key, value in args.items() if key != "password"}))
        if args["password"] != PASSWORD:
            raise Refused("비밀번호가 틀렸습니다 [/b]", hint="4번 더 틀리면 잠깁니다")
        if self.rows[args["program"]]["running"] and not args.get("force"):
            raise Refused(f"{args['program']} is running", hint="start it although it is running: force")
        return {"run_id": str(uuid.UUID(int=7)), "pid": 4242, "started_at": NOW.isoformat()}

    async def _stop(self, _caller, args):
        if args["password"] != PASSWORD:
            raise Refused("wrong password")
        self.output.put_nowait(Done({"status": "FAILED", "exit_code": 143}))
        return {"stopped": 2}

    async def _items(self, _caller, args):
        runs = {run["run_id"]: run for runs in self.runs.values() for run in runs}
        if args["run_id"] not in runs:
            raise NotFound("no run has this id")
        items = self.items.get(args["run_id"], [])
        counts = {key: sum(item[key] for item in items) for key in ("processed", "failed")}
        bad = sum(bool(item["failed"] or item["error"]) for item in items)
        totals = {"items": len(items), "failed_items": bad, **counts} if items else None
        page = items[args.get("from", 0) :][: self.page]
        more = args.get("from", 0) + len(page) < len(items)
        return {"run": runs[args["run_id"]], "totals": totals, "items": page, "more": more}

    async def _output(self, _caller, _args):
        while True:
            item = await self.output.get()
            yield item
            if isinstance(item, Done):
                return

    def app(self, language: str = "auto", **more) -> BatmonApp:
        return BatmonApp(self.connect, language=language, now=lambda: NOW, **more)


async def until(pilot, true, what: str) -> None:
    """Wait until ``true()`` holds, letting the app work; fails after a bound."""
    try:
        async with asyncio.timeout(BOUND):
            while not true():
                await pilot.pause(0.01)
    except TimeoutError:
        raise AssertionError(f"never happened: {what}") from None
