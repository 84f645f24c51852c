"""Reports for the stage: the verbs ``report`` of docs/gate.md, told from a small story."""

# ruff: noqa: E501 - a row of data is read best on one line
import asyncio

from batmon.errors import BadRequest, NotFound, Refused
from batmon.gate.server import Done, Verb
from batmon.model import Role
from tests.tui.stage import NOW, at

TITLES = {
    "weekly_ops": {"ko": "주간 운영 보고서", "en": "Weekly operations"}, "monthly_sla": {"ko": "월간 SLA 보고서", "en": "Monthly SLA"},
    "incident_rca": {"ko": "인시던트 분석", "en": "Incident analysis"}, "capacity_plan": {"ko": "용량 계획 보고서", "en": "Capacity plan"},
    "rpa_savings": {"ko": "RPA 절감 보고서", "en": "RPA savings"}, "batch_run": {"ko": "배치 실행 보고서", "en": "Batch run"},
}  # fmt: skip
FORMATS = {"incident_rca": ["pdf", "md", "json"], "capacity_plan": ["excel", "md", "json"], "batch_run": ["md", "json"]}
ERROR = (
    "the PDF needs a font with Korean letters, and none was found: install fonts-nanum, or name one in [reports] font"
)

MARKDOWN = """# 주간 운영 보고서

**기간** 2026-02-26 ~ 2026-03-04 · 한빛투자 · **작성** 2026-03-05 07:00 (Asia/Seoul)

## 요약

| 지표         |    값 | 변화                    |      |
| ------------ | ----: | ----------------------- | ---- |
| 가용률       | 99.2% ! | ▼ 0.8%p 악화 (이전 100%) |      |
| 실행         | 2,061 | ▲ 1.2% (이전 2,037)     |      |
| 실패         |     9 ✗ | ▲ 350.0% 악화 (이전 2)  |      |
| 신규 장애    |     7 |                         |      |
| MTTR         |  2.3 h |                         |      |

! **같은 오류가 되풀이됩니다** (kindscrap): 로그인 실패가 7일 동안 2번 있었습니다. 비밀번호가 바뀌었는지 확인하세요. 처음 나타난 것은 3월 3일 06:00이며 그 전에는 없었습니다.

## 프로그램

| 프로그램        | 실행  | 성공률 | p95    |
| --------------- | ----: | -----: | -----: |
| kindscrap       |     7 |  71.4% ✗ |    14s |
| 공시자료\\_수집기 |    14 |  78.6% ✗ | 21m 10s |
| fund\\_mail      | 2,016 |  99.9% |     3s |

### 오류 원문

```text
06:00:12 ERROR 로그인 실패: 비밀번호가 올바르지 않습니다 [/b] [red]
```

- **가용률**: 예정된 실행 가운데 성공한 것의 비율입니다. 계획된 유지보수는 세지 않습니다\\.
""" + "\n".join(f"- 참고 {number}" for number in range(30)) + "\n"  # fmt: skip


def report(
    number,
    template="weekly_ops",
    status="DONE",
    *,
    language="ko",
    form="excel",
    start="2026-02-26",
    end="2026-03-04",
    **more,
):
    done = status == "DONE"
    name = f"{template}_{start}_{end}" if start else f"{template}_{number}"
    suffix = {"excel": "xlsx"}.get(form, form)
    return {"id": number, "template": template, "title": TITLES[template][language], "period": f"{start}~{end}" if start else "", "period_start": start,
            "period_end": end, "format": form, "file_size": 38_412 if done else None, "status": status, "generated_by": "kim", "created_at": at("22:00:00"),
            "ended_at": at("22:00:03") if done else None, "took_ms": 2_840 if done else None, "language": language, "node": "seoul-01",
            "path": f"/reports/{template}/{name}.{suffix}" if done else "", "sha256": "9f2c41" * 10 + "abcd" if done else "", "error": "", "schedule": "",
            "summary": {}, "here": done, **more}  # fmt: skip


def schedule(number, name, template, cron, **more):
    return {"id": number, "name": name, "template": template, "title": TITLES[template]["ko"], "cron": cron, "email": ["ops@hanbit.example", "lee@hanbit.example"],
            "format": "excel", "language": "ko", "timezone": "Asia/Seoul", "period": "", "programs": [], "created_by": "kim", "created_at": at("09:00:00", 1),
            "paused": False, "paused_by": "", "paused_why": "", "next_due": at("00:00:00", 9), "job": f"report:{name}", "last": None, **more}  # fmt: skip


def story():
    """Reports newest first."""
    return [
        report(31, "monthly_sla", "FAILED", form="pdf", start="2026-02-01", end="2026-02-28", error=ERROR, generated_by="lee", created_at=at("16:50:00"),
               ended_at=at("16:50:01"), took_ms=410),
        report(30, created_at=at("22:00:00", 3), generated_by="schedule", schedule="weekly-managers"),
        report(29, "capacity_plan", start="2025-10-01", end="2025-12-31", file_size=91_204, created_at=at("01:12:00", 2)),
        report(28, "incident_rca", form="pdf", start="2026-02-01", end="2026-02-28", file_size=412_001, created_at=at("08:30:00", 1), here=False, node="busan-02"),
        report(27, "batch_run", form="md", start=None, end=None, file_size=2_114, created_at="2026-02-27T03:00:00+00:00"),
        report(26, "weekly_ops", "REMOVED", start="2026-01-01", end="2026-01-07", created_at="2026-01-08T22:00:00+00:00", generated_by="[/b]\u241b[31m"),
    ]  # fmt: skip


def schedules():
    """By name."""
    failed = {"status": "failed", "at": at("00:00:04", 1), "error": ERROR, "report": 31}
    good = {"status": "success", "at": at("22:00:03", 3), "error": "", "report": 30}
    return [
        schedule(1, "capacity-quarter", "capacity_plan", "0 8 1 1,4,7,10 *", paused=True, paused_by="lee", paused_why="서버 이전 중", next_due=None),
        schedule(2, "monthly-sla", "monthly_sla", "0 9 1 * *", format="pdf", last=failed, next_due=at("00:00:00", 31)),
        schedule(3, "weekly-managers", "weekly_ops", "0 7 * * 4", last=good, period="week", programs=["fund_*", "kindscrap"]),
    ]  # fmt: skip


class ReportsOnStage:
    """Answers, and changes the story as it is asked to. ``steps`` are what ``report.generate`` says, one after the other."""

    def __init__(self):
        self.reports = story()
        self.schedules = schedules()
        self.asked = []
        self.steps: asyncio.Queue = asyncio.Queue()
        self.given_up = 0
        self.problems = []
        self.markdown = MARKDOWN

    def verbs(self):
        viewer, operator = Role.VIEWER, Role.OPERATOR
        return {
            "report.templates": Verb(viewer, answer=self._templates),
            "report.generate": Verb(operator, stream=self._generate),
            "report.list": Verb(viewer, answer=self._list),
            "report.show": Verb(viewer, answer=self._show),
            "report.text": Verb(viewer, answer=self._text),
            "report.remove": Verb(operator, answer=self._remove),
            "report.send": Verb(operator, answer=self._send),
            "report.schedules": Verb(viewer, answer=self._schedules),
            "report.schedule.add": Verb(operator, answer=self._add),
            "report.schedule.remove": Verb(operator, answer=self._drop),
            "report.schedule.pause": Verb(operator, answer=self._pause),
            "report.schedule.resume": Verb(operator, answer=self._resume),
        }

    def _known(self, args):
        for one in self.reports:
            if one["id"] == args["id"]:
                return one
        raise NotFound(f"there is no report {args['id']}")

    async def _templates(self, _caller, _args):
        needs = {"batch_run": "run", "incident_rca": "incident"}
        return {"problems": self.problems, "templates": [
            {"name": name, "title": titles["ko"], "titles": titles, "text": "", "span": None if name == "batch_run" else "week", "own": False,
             "formats": FORMATS.get(name, ["excel", "pdf", "md", "json"]), "needs": needs.get(name, "period"),
             "period": None if name == "batch_run" else {"start": "2026-02-26", "end": "2026-03-04"}} for name, titles in TITLES.items()]}  # fmt: skip

    async def _generate(self, _caller, args):
        self.asked.append(("generate", args))
        if args["template"] == "rpa_savings":
            raise BadRequest("nothing was processed in this period", hint="choose a longer period")
        number = self.reports[0]["id"] + 1
        made = report(
            number, args["template"], "RUNNING", form=args.get("format", "excel"), language=args.get("language", "ko")
        )
        self.reports.insert(0, made)
        try:
            yield {"report": made, "step": "waiting", "progress": 0.0}
            while True:
                said = await self.steps.get()
                if isinstance(said, Done):
                    break
                yield {"report": made, **said}
        except (asyncio.CancelledError, GeneratorExit):
            self.given_up += 1
            self.reports[0] = {**made, "status": "FAILED", "error": "given up"}
            raise
        done = report(
            number, args["template"], form=made["format"], language=made["language"], created_at=NOW.isoformat()
        )
        self.reports[0] = done
        yield Done({"report": done, "owed": [{}] * len(args.get("email", ())), "attached": True})

    async def _list(self, _caller, args):
        older = [one for one in self.reports if one["id"] < args.get("before", 1_000_000)]
        return {"reports": older[: args["limit"]], "more": len(older) > args["limit"]}

    async def _show(self, _caller, args):
        return {"report": self._known(args)}

    async def _text(self, _caller, args):
        one = self._known(args)
        there = one["status"] == "DONE"
        return {"report": one, "markdown": self.markdown if there else "", "cut": False}

    async def _remove(self, _caller, args):
        self.asked.append(("remove", args))
        one = self._known(args)
        if one["status"] in ("PENDING", "RUNNING"):
            raise Refused("it is being made", hint="give it up first")
        one |= {"status": "REMOVED", "path": "", "here": False, "file_size": None}
        return {"report": one}

    async def _send(self, _caller, args):
        self.asked.append(("send", args))
        if any("@" not in one for one in args["email"]):
            raise BadRequest(f"{args['email'][0]!r} is no mail address", hint="write name@host")
        return {"report": self._known(args), "owed": [{}] * len(args["email"]), "attached": True}

    async def _schedules(self, _caller, _args):
        return {"schedules": self.schedules}

    async def _add(self, _caller, args):
        self.asked.append(("add", args))
        if args["cron"].count(" ") != 4:
            raise BadRequest(f"{args['cron']!r} is no cron expression", hint="five fields: 0 9 * * 1")
        made = schedule(9, args["name"], args["template"], args["cron"], email=args["email"])
        self.schedules.append(made)
        return {"schedule": made}

    def _schedule(self, name):
        return next(one for one in self.schedules if one["name"] == name)

    async def _drop(self, _caller, args):
        self.asked.append(("drop", args))
        one = self._schedule(args["name"])
        self.schedules.remove(one)
        return {"schedule": one}

    async def _pause(self, _caller, args):
        self.asked.append(("pause", args))
        one = self._schedule(args["name"])
        one |= {"paused": True, "paused_by": "kim", "paused_why": args.get("why", ""), "next_due": None}
        return {"schedule": one}

    async def _resume(self, _caller, args):
        self.asked.append(("resume", args))
        one = self._schedule(args["name"])
        one |= {"paused": False, "next_due": at("00:00:00", 9)}
        return {"schedule": one}
