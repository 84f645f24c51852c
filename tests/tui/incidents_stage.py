"""Incidents, silences and a handover for the stage: the verbs of docs/gate.md, told from a small story."""

# ruff: noqa: E501 - a row of data is read best on one line
from batmon.errors import NotFound, Refused
from batmon.gate.server import Verb
from batmon.model import Role
from tests.tui.stage import NOW, at
from tests.tui.stage import story as programs

_, RUNS = programs()
LOGIN = "로그인 실패: 비밀번호가 올바르지 않습니다 [/b] [red]"


def incident(number, program, state="open", severity="ERROR", reason="failed", facts=None, opened=None, **more):  # noqa: PLR0917 - a row of the story on a line
    opened = opened or at("21:00:12", 3)
    return {"id": number, "program": program, "title": "", "node": "seoul-01", "tags": [], "state": state, "severity": severity, "reason": reason,
            "facts": facts or {}, "sentence": "the daemon's own words", "line": "", "opened_at": opened, "begun_at": opened, "resolved_at": None,
            "resolved_by": "", "reopened": 0, "acknowledged_by": "", "acknowledged_note": "", "acknowledged_at": None, "until": None,
            "silenced_by": "", "held_by": [], "flapping": False, "good_since": None, "step": 1, "told_at": opened, "next_at": None, "run_id": None,
            **more}  # fmt: skip


def silence(number, program="", tag="", pattern="", **more):
    return {"id": number, "program": program, "tag": tag, "pattern": pattern, "why": "거래소 점검 [/b]", "by": "lee", "created_at": at("15:10:00"),
            "until": at("19:00:00"), "ended_at": None, "ended_by": "", "active": True, "incidents": 1, **more}  # fmt: skip


def told(number, kind, channel, recipient, state="sent", **more):
    return {"id": number, "kind": kind, "channel": channel, "recipient": recipient, "created_at": at("21:00:12", 3), "due_at": None, "state": state, "why": "",
            "notification_id": f"00000000-0000-0000-0000-{number:012}", "sent_at": at("21:00:23", 3) if state == "sent" else None, "error": "", **more}  # fmt: skip


def story():
    """The incidents, the worst of them first."""
    run = RUNS["kindscrap"][0]
    kind = incident(12, "kindscrap", facts={"start": at("21:00:00", 3), "line": LOGIN, "failures": 3}, title="공시정보 수집", tags=["finance"],
                    reopened=2, opened_at=at("21:00:12", 1), line=LOGIN, step=2, run_id=run["run_id"], next_at=at("18:00:00"))  # fmt: skip
    hung = incident(14, "공시자료_수집기", "acknowledged", reason="hung", facts={"start": at("13:00:00"), "max_runtime_sec": 1800}, opened=at("13:30:00"),
                    acknowledged_by="kim", acknowledged_note="거래소에 문의함 [/b]", acknowledged_at=at("14:05:00"), until=at("18:00:00"))  # fmt: skip
    mail = incident(
        15,
        "fund_mail",
        "held",
        reason="missed",
        facts={"due": at("16:40:00")},
        opened=at("16:55:00"),
        held_by=["db-main"],
        step=0,
        told_at=None,
    )
    short = incident(16, "invoice", "silenced", "WARNING", "contradiction", {"start": at("12:00:00"), "record": "SUCCESS", "log": "traceback"}, at("12:00:41"),
                     silenced_by="silence 7", until=at("19:00:00"))  # fmt: skip
    flap = incident(13, "auto_esafe", "flapping", facts={"start": at("09:30:00"), "line": "timeout"}, opened=at("09:30:41"), flapping=True,
                    good_since=at("16:30:00"), reopened=6)  # fmt: skip
    over = incident(
        9,
        "backup-db",
        "resolved",
        reason="died",
        facts={"start": at("16:00:00", 3)},
        opened=at("16:20:00", 3),
        resolved_at=at("17:05:00", 3),
    )
    hand = incident(8, "일일보고서", "resolved", reason="missed", facts={"due": at("09:00:00", 2)}, opened=at("09:20:00", 2), resolved_at=at("11:00:00", 2),
                    resolved_by="lee")  # fmt: skip
    return {one["id"]: one for one in (kind, hung, mail, short, flap, over, hand)}


TIMELINE = [
    {"id": 1, "at": at("21:00:12", 1), "kind": "opened", "by": "", "text": LOGIN, "data": {}},
    {"id": 2, "at": at("21:00:23", 1), "kind": "told", "by": "", "text": "email ops@example.com", "data": {}},
    {
        "id": 3,
        "at": at("21:30:00", 1),
        "kind": "acknowledged",
        "by": "lee",
        "text": "비밀번호 만료, 담당자 연락",
        "data": {"until": at("01:30:00", 2)},
    },
    {
        "id": 4,
        "at": at("22:10:00", 1),
        "kind": "note",
        "by": "lee",
        "text": "새 비밀번호 받음 [/b].\n내일 06:00 실행에서 확인할 것.",
        "data": {},
    },
    {"id": 5, "at": at("21:00:31", 2), "kind": "resolved", "by": "", "text": "", "data": {}},
    {"id": 6, "at": at("21:00:12", 3), "kind": "reopened", "by": "", "text": LOGIN, "data": {}},
    {"id": 7, "at": at("21:30:12", 3), "kind": "escalated", "by": "", "text": "ops-slack", "data": {"step": 2}},
]
TOLD = [
    told(31, "opened", "email", "ops@example.com"),
    told(
        32,
        "escalated",
        "ops-slack",
        "#batch",
        "retrying",
        due_at=at("17:14:30"),
        error="429 Too Many Requests: Retry-After 30",
    ),
    told(33, "escalated", "kakao", "+82 10-****-5678", "failed", error="등록되지 않은 템플릿입니다 [/b] (code 3015)"),
    told(34, "reminder", "email", "ops@example.com", "waiting", due_at=at("18:00:00"), notification_id=None),
]


class IncidentsOnStage:
    """Answers, and changes the story as it is asked to; ``asked`` is what it was asked."""

    def __init__(self):
        self.story = story()
        self.silences = [
            silence(7, "invoice"),
            silence(5, tag="fin*", pattern="점검", active=False, incidents=0, ended_at=at("10:00:00"), ended_by="kim"),
        ]
        self.told = [dict(one) for one in TOLD]
        self.timeline = list(TIMELINE)
        self.opened = [self.story[number] for number in (12, 14, 15)]
        self.asked = []

    def verbs(self):
        viewer = {
            "incidents": self._incidents,
            "incident": self._incident,
            "silences": self._silences,
            "handover": self._handover,
        }
        operator = {"incident.ack": self._ack, "incident.unack": self._unack, "incident.note": self._note, "incident.resolve": self._resolve,
                    "silence.add": self._add, "silence.end": self._end, "notify.resend": self._resend}  # fmt: skip
        return {
            **{name: Verb(Role.VIEWER, answer=answer) for name, answer in viewer.items()},
            **{name: Verb(Role.OPERATOR, answer=answer) for name, answer in operator.items()},
        }

    def row_of(self, number):
        """What the row of its program says of it."""
        one = self.story[number]
        by = one["acknowledged_by"] or ("lee" if one["silenced_by"] else "")
        return {
            "id": number,
            "state": one["state"],
            "by": by,
            "until": one["until"],
            "held_by": one["held_by"],
            "opened_at": one["opened_at"],
        }

    def _known(self, number):
        if number not in self.story:
            raise NotFound(f"there is no incident {number}")
        return self.story[number]

    async def _incidents(self, _caller, args):
        self.asked.append(("incidents", args))
        state, program = args.get("state"), args.get("program")
        found = [one for one in self.story.values() if program in (None, one["program"])]
        counts = {
            key: sum(one["state"] == key for one in found)
            for key in ("open", "acknowledged", "silenced", "maintenance", "held", "flapping")
        }
        found = [one for one in found if (one["state"] == "resolved") == (state == "resolved")]
        found = sorted((one for one in found if one["id"] < args.get("before", 1_000_000)), key=lambda one: -one["id"])
        limit = args.get("limit", 50)
        return {"incidents": found[:limit], "more": len(found) > limit, "counts": counts}

    async def _incident(self, _caller, args):
        one = self._known(args["id"])
        mine = args["id"] == 12
        run = next((run for runs in RUNS.values() for run in runs if run["run_id"] == one["run_id"]), None)
        if run is not None:
            proof = {**run["evidence"], "log": {"status": "FAILED", "line": f"06:00:12 ERROR {LOGIN}", "errors": 2, "first_error": "06:00:11 WARNING 3페이지 응답이 늦음"},
                     "process": {"pid": None, "alive": False, "exit_code": 1, "stopped_by": ""}}  # fmt: skip
            run = {**run, "evidence": proof}
        verdict = {"status": one["severity"], "reason": one["reason"], "at": one["opened_at"], "facts": one["facts"]}
        database = incident(
            11, "db-main", reason="blind", facts={"detail": "connection refused"}, opened=at("16:39:10")
        )
        return {"incident": one, "timeline": self.timeline if mine else self.timeline[:1], "first": verdict,
                "last": {**verdict, "at": one["begun_at"]} if mine else verdict, "told": self.told if mine else [],
                "silences": [self.silences[0]] if one["silenced_by"] else [], "held_by": [database] if one["held_by"] else [],
                "holds": [self.story[15]] if mine else [], "run": run}  # fmt: skip

    async def _ack(self, _caller, args):
        self.asked.append(("ack", args))
        one = self._known(args["id"])
        if one["state"] == "resolved":
            raise Refused(f"incident {args['id']} is resolved")
        one |= {"state": "acknowledged", "acknowledged_by": "kim", "acknowledged_note": args.get("note", ""), "acknowledged_at": NOW.isoformat(),
                "until": args.get("until")}  # fmt: skip
        return {"incident": one}

    async def _unack(self, _caller, args):
        self.asked.append(("unack", args))
        one = self._known(args["id"])
        one |= {"state": "open", "acknowledged_by": "", "until": None}
        return {"incident": one}

    async def _note(self, _caller, args):
        self.asked.append(("note", args))
        self.timeline.append(
            {"id": 50, "at": NOW.isoformat(), "kind": "note", "by": "kim", "text": args["note"], "data": {}}
        )
        return {"incident": self._known(args["id"])}

    async def _resolve(self, _caller, args):
        self.asked.append(("resolve", args))
        one = self._known(args["id"])
        one |= {"state": "resolved", "resolved_at": NOW.isoformat(), "resolved_by": "kim"}
        return {"incident": one}

    async def _silences(self, _caller, args):
        shown = [one for one in self.silences if one["active"] or args.get("all")]
        window = {
            "name": "거래소 점검",
            "programs": ["kind*"],
            "tags": [],
            "why": "매주 토요일 시스템 점검",
            "now": False,
            "until": None,
            "next": at("15:00:00", 6),
        }
        return {"silences": shown, "maintenance": [window]}

    async def _add(self, _caller, args):
        self.asked.append(("silence", args))
        made = silence(
            21,
            args.get("program", ""),
            args.get("tag", ""),
            args.get("pattern", ""),
            until=args["until"],
            why=args["why"],
            by="kim",
        )
        self.silences.insert(0, made)
        return {"silence": made, "incidents": 1}

    async def _end(self, _caller, args):
        self.asked.append(("end", args))
        one = next(one for one in self.silences if one["id"] == args["id"])
        one |= {"active": False, "ended_at": NOW.isoformat(), "ended_by": "kim"}
        return {"silence": one}

    async def _resend(self, _caller, args):
        self.asked.append(("resend", args))
        one = next(one for one in self.told if one["notification_id"] == args["notification"])
        one |= {"state": "owed", "error": "", "due_at": NOW.isoformat()}
        return {"notification": {"id": args["notification"]}}

    async def _handover(self, _caller, args):
        self.asked.append(("handover", args))
        found = self.story
        changed = [{"program": "kindscrap", "title": "공시정보 수집", "before": "OK", "now": "ERROR", "reason": "failed", "sentence": f"실행 실패: {LOGIN}", "at": at("21:00:12", 3)},
                   {"program": "backup-db", "title": "", "before": "ERROR", "now": "OK", "reason": "succeeded", "sentence": "실행 성공", "at": at("17:05:00", 3)}]  # fmt: skip
        return {"since": at("09:02:00", 3), "until": NOW.isoformat(), "user": "kim", "opened": self.opened, "resolved": [found[9]],
                "acknowledged": [found[14]], "open": [found[12], found[14], found[15], found[16]], "changed": changed,
                "automations": [{"id": 95, "job_name": "pending_items", "execution_time": at("00:00:03"), "error_message": "connection reset by peer"}],
                "silences": {"begun": [self.silences[0]], "ended": [self.silences[1]]},
                "acts": [{"at": at("14:05:00"), "actor": "kim", "action": "incident.ack", "target": "14", "outcome": "done"}], "cut": False,
                "markdown": "# Handover\n\n3 incidents opened.\n"}  # fmt: skip
