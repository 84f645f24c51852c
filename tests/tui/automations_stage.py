"""Automations for the stage: the verbs of docs/gate.md, told from a small story."""

# ruff: noqa: E501 - a row of data is read best on one line
from batmon.errors import NotFound
from batmon.gate.server import Verb
from batmon.model import Role
from tests.tui.stage import NOW, at

ERROR = '스텝 2 (sql): relation "daily_statistics" does not exist [/b]\nLINE 1: INSERT INTO daily_statistics ...'


def execution(number, when, status="success", ms=840, **more):
    return {"id": number, "job_name": "", "execution_time": when, "status": status, "error_message": "", "duration_ms": ms,
            "slot": when, "trigger": "cron", "started_by": "", "node": "seoul-01", "attempt": 1, "output": "", "attempts": [], **more}  # fmt: skip


def automation(name, title, schedule="", **more):
    return {"name": name, "title": title, "schedule": schedule, "timezone": "Asia/Seoul", "on": "", "node": "", "catch_up": "last",
            "overlap": "skip", "timeout_sec": 600, "retries": 0, "retry_after_sec": 60, "steps": ["sql"], "configured": True,
            "paused": False, "paused_by": "", "paused_at": None, "paused_why": "", "next_due": None, "running": None, "last": None,
            "last_success": None, **more}  # fmt: skip


def story():
    """Each automation with its log, newest first."""
    stats = [execution(90 - day, at("15:00:00", 4 - day), ms=840 + 31 * day) for day in range(4)]
    failed = execution(95, at("00:00:03"), "failed", 61_200, error_message=ERROR, attempt=3, slot=at("00:00:00"), node="seoul-02",
                       output="집계 시작\n4건 확인\n", attempts=[
                           {"attempt": 1, "node": "seoul-01", "began": at("00:00:00"), "duration_ms": 31, "error": "connection reset by peer"},
                           {"attempt": 2, "node": "seoul-02", "began": at("00:01:00"), "duration_ms": 28, "error": "connection reset by peer"}])  # fmt: skip
    backup = execution(
        60,
        at("17:00:10", 1),
        ms=754_000,
        output="backup_2026_02.sql 1.2 GB, sha256 9f2c…\nrestored into a scratch database: 41 tables, 1,203,114 rows",
    )
    running = execution(99, at("17:13:58"), "running", None, trigger="manual", started_by="kim", slot=None)
    event = execution(97, at("16:40:00"), "skipped", 0, trigger="event", slot=None)
    return {
        "daily_statistics": (automation("daily_statistics", "회원 활동 통계 집계", "0 0 * * *", next_due=at("15:00:00"), last=stats[0],
                                        last_success=at("15:00:00")), stats),
        "pending_items": (automation("pending_items", "미처리 항목 알림", "0 9 * * *", next_due=at("00:00:00", 5), last=failed,
                                     last_success=at("00:00:02", 3), steps=["sql", "if", "email"], retries=2),
                          [failed, *(execution(80 - day, at("00:00:02", 3 - day)) for day in range(3))]),
        "monthly_backup": (automation("monthly_backup", "데이터베이스 백업", "0 2 1 * *", paused=True, paused_by="lee", paused_at=at("02:10:00", 3),
                                      paused_why="저장소 교체 중", last=backup, last_success=backup["execution_time"], steps=["backup", "email"]), [backup]),
        "restart-collector": (automation("restart-collector", "restart-collector", on="incident.opened", running=running, steps=["command"],
                                         overlap="queue"), [running, event]),
        "old_answers": (automation("old_answers", "오래된 미답변 문의 알림", "0 18 * * *", next_due=at("09:00:00", 5)), []),
    }  # fmt: skip


class AutomationsOnStage:
    """Answers, and changes the story as it is asked to; ``asked`` is what it was asked."""

    def __init__(self):
        self.story = story()
        self.asked = []

    def verbs(self):
        return {
            "automations": Verb(Role.VIEWER, answer=self._all),
            "automation": Verb(Role.VIEWER, answer=self._one),
            "automation.run": Verb(Role.OPERATOR, answer=self._run),
            "automation.pause": Verb(Role.OPERATOR, answer=self._pause),
            "automation.resume": Verb(Role.OPERATOR, answer=self._resume),
        }

    def _known(self, name):
        if name not in self.story:
            raise NotFound(f"no automation is called {name!r}")
        return self.story[name]

    async def _all(self, _caller, _args):
        return {"automations": [self.story[name][0] for name in sorted(self.story)]}

    async def _one(self, _caller, args):
        self.asked.append(("log", args))
        one, log = self._known(args["name"])
        older = [entry for entry in log if entry["id"] < args.get("before", 1_000_000)]
        return {"automation": one, "log": older[: args["limit"]], "more": len(older) > args["limit"]}

    async def _run(self, _caller, args):
        self.asked.append(("run", args))
        one, log = self._known(args["name"])
        log.insert(0, execution(120, NOW.isoformat(), "queued", None, trigger="manual", started_by="kim", slot=None))
        one["running"] = log[0]
        return {"id": 120}

    async def _pause(self, _caller, args):
        self.asked.append(("pause", args))
        one, _ = self._known(args["name"])
        one |= {
            "paused": True,
            "paused_by": "kim",
            "paused_at": NOW.isoformat(),
            "paused_why": args.get("why", ""),
            "next_due": None,
        }
        return {"automation": one}

    async def _resume(self, _caller, args):
        self.asked.append(("resume", args))
        one, _ = self._known(args["name"])
        one |= {"paused": False, "next_due": at("15:00:00", 5)}
        return {"automation": one}
