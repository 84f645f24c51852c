"""Kinds of error and a difference for the stage: the verbs, told from the stage's own story."""

# ruff: noqa: E501 - a line of a log is read best on one line
from batmon.errors import NotFound
from batmon.gate.server import Verb
from batmon.model import Role
from tests.tui.stage import at, story

LOGIN = {
    "id": "f247711a47f506d2", "template": "kindscrap.site.LoginError: 로그인 실패: 비밀번호가 올바르지 않습니다 [/b] @ site.py:login",
    "sample": "kindscrap.site.LoginError: 로그인 실패: 비밀번호가 올바르지 않습니다 [/b] [red]", "level": "error",
    "first_seen": at("21:00:12", 3), "last_seen": at("21:00:12", 3), "count": 1, "programs": 1, "first_ever": at("21:00:12", 3),
}  # fmt: skip
TIMEOUT = {
    "id": "0123456789abcdef", "template": "HTTPSConnectionPool(host='kind.krx.co.kr', port=443): Read timed out. (read timeout=<n>)",
    "sample": "HTTPSConnectionPool(host='kind.krx.co.kr', port=443): Read timed out. (read timeout=30)", "level": "error",
    "first_seen": at("00:10:00", 1), "last_seen": at("17:02:44"), "count": 1204, "programs": 7, "first_ever": at("00:10:00", 1),
}  # fmt: skip
KINDS = {one["id"]: one for one in (TIMEOUT, LOGIN)}


class ErrorsOnStage:
    """Answers; ``asked`` is what it was asked."""

    def __init__(self):
        _, self.runs = story()
        self.asked = []

    def verbs(self):
        return {
            "signatures": Verb(Role.VIEWER, answer=self._signatures),
            "signature": Verb(Role.VIEWER, answer=self._signature),
            "log.diff": Verb(Role.VIEWER, answer=self._diff),
        }

    async def _signatures(self, _caller, args):
        self.asked.append(args)
        key = {"last": "last_seen", "count": "count", "first": "first_seen"}[args["order"]]
        return {"signatures": sorted(KINDS.values(), key=lambda one: one[key], reverse=True), "more": False}

    async def _signature(self, _caller, args):
        self.asked.append(args)
        failed = [run for run in self.runs["kindscrap"] if run["status"] == "FAILED"]
        seen = {"first_seen": at("21:00:12", 3), "last_seen": at("21:00:12", 3)}
        programs = [
            {"program": "kindscrap", **seen, "count": 1, "last_run": failed[0]["run_id"]},
            {"program": "auto_esafe", **seen, "count": 12, "last_run": None},
        ]
        return {"signature": KINDS[args["id"]], "programs": programs, "runs": failed}

    async def _diff(self, _caller, args):
        self.asked.append(args)
        runs = self.runs[args["program"]]
        good = [run for run in runs if run["status"] == "SUCCESS"]
        if args["program"] == "fund_mail":
            raise NotFound("fund_mail has no good run before that one", hint="name a run to compare with")
        run = next(run for run in runs if run["run_id"] == args.get("run_id", runs[0]["run_id"]))
        path = run["log"]["path"]
        return {
            "run": run,
            "against": good[0],
            "paths": {"run": path, "against": good[0]["log"]["path"]},
            "new": [
                {"text": "06:00:11 WARNING 3페이지 응답이 늦음 [b] (12초)", "count": 4, "offset": 20600, "level": "warn"},
                {"text": "06:00:12 ERROR 로그인 실패: 비밀번호가 올바르지 않습니다", "count": 1, "offset": 20700,
                 "level": "error"},
            ],
            "missing": [{"text": "06:00:12 INFO 문서 37건 저장", "count": 37, "offset": 470900, "level": "info"}],
            "same": 1204,
            "cut": True,
        }  # fmt: skip
