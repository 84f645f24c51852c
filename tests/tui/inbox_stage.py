"""The bell and the inboxes for the stage: the verbs of docs/gate.md, told from a small story."""

# ruff: noqa: E501 - a row of data is read best on one line
from batmon.errors import DoneAlready, NotFound
from batmon.gate.server import Verb
from batmon.model import Role
from tests.tui.stage import at


def entry(number, when, level, title, text="", unread=True, **more):  # noqa: PLR0917 - a row of the story on a line
    return {"id": number, "at": when, "level": level, "title": title, "text": text, "source": "event:x", "program": None, "incident": None,
            "inbox": None, "unread": unread, **more}  # fmt: skip


FEED = [
    entry(
        48,
        at("17:12:40"),
        "urgent",
        "긴급 문의 접수",
        "결제가 두 번 되었습니다 [/b]. 확인 부탁드립니다.",
        inbox="support_tickets",
    ),
    entry(47, at("16:41:03"), "attention", "교육 신청 접수", "홍길동 (hong@example.com)", inbox="academy_applications"),
    entry(46, at("15:30:00"), "attention", "추천인 코드 신청 접수", "김영희", inbox="referral_requests"),
    entry(45, at("12:00:00"), "info", "신규 회원 가입", "이철수"),
    entry(
        44, at("21:00:12", 3), "urgent", "장애 12: kindscrap", "로그인 실패", False, incident=12, program="kindscrap"
    ),
    entry(43, at("09:00:00", 2), "info", "신규 회원 가입", "박민수", False, program="auto_esafe"),
]
APPROVE = {"name": "approve", "title": "승인", "role": "operator", "asks": []}
REFUSE = {"name": "refuse", "title": "거부", "role": "admin", "asks": ["reason"]}
ANSWER = {"name": "answer", "title": "답변 전송", "role": "operator", "asks": ["answer"]}
BROKEN = {
    "name": "broken",
    "title": "broken",
    "count": None,
    "problem": 'relation "nothing" does not exist',
    "actions": [],
}
ROWS = {
    "support_tickets": [
        {"id": 7, "title": "결제 오류", "name": "박민수", "email": "minsu.park@example.com", "amount": 120_000, "urgent": True,
         "created_at": at("17:12:40"), "question": "결제가 두 번 되었습니다 [/b].\n카드사에는 한 번으로 나옵니다.\n확인 부탁드립니다."},
        {"id": 5, "title": "로그인이 안 됩니다", "name": "이철수", "email": "lee@example.com", "amount": None, "urgent": False,
         "created_at": at("08:00:00", 3), "question": "비밀번호를 바꾸었습니다."},
    ],
    "referral_requests": [
        {"id": 31, "title": "김영희", "email": "young@example.com", "requested_at": at("15:30:00")},
        {"id": 32, "title": "최민호 (대한민국 서울특별시 강남구 지점, 아주 긴 이름)", "email": "choi.minho.the.long.address@mail.example.com", "requested_at": at("15:31:00")},
        {"id": 33, "title": "정수진", "email": "jung@example.com", "requested_at": at("15:32:00")},
    ],
    "academy_applications": [],
}  # fmt: skip


class InboxOnStage:
    """Answers, and changes the story as it is asked to; ``asked`` is what it was asked, ``taken`` what others did."""

    def __init__(self):
        self.feed = [dict(one) for one in FEED]
        self.rows = {name: list(rows) for name, rows in ROWS.items()}
        self.actions = {
            "support_tickets": [ANSWER],
            "referral_requests": [APPROVE, REFUSE],
            "academy_applications": [APPROVE],
        }
        self.titles = {
            "support_tickets": "고객센터 미답변 문의",
            "referral_requests": "추천인 코드 신청 대기",
            "academy_applications": "교육 신청 대기",
        }
        self.taken = set()
        self.asked = []

    def verbs(self):
        return {
            "feed": Verb(Role.VIEWER, answer=self._feed),
            "feed.read": Verb(Role.VIEWER, answer=self._read),
            "inboxes": Verb(Role.VIEWER, answer=self._inboxes),
            "inbox.items": Verb(Role.OPERATOR, answer=self._items),
            "inbox.act": Verb(Role.OPERATOR, answer=self._act),
        }

    def _unread(self):
        return sum(one["unread"] for one in self.feed)

    async def _feed(self, _caller, args):
        found = [
            one
            for one in self.feed
            if one["id"] < args.get("before", 1_000_000) and (one["unread"] or not args.get("unread"))
        ]
        limit = args.get("limit", 50)
        return {"entries": found[:limit], "unread": self._unread(), "more": len(found) > limit}

    async def _read(self, _caller, args):
        self.asked.append(("read", args))
        for one in self.feed:
            if args.get("all") or one["id"] in args["ids"]:
                one["unread"] = False
        return {"unread": self._unread()}

    def _inbox(self, name):
        if name not in self.rows:
            raise NotFound(f"no inbox is called {name!r}")
        return {
            "name": name,
            "title": self.titles[name],
            "count": len(self.rows[name]),
            "problem": "",
            "actions": self.actions[name],
        }

    async def _inboxes(self, _caller, _args):
        return {"inboxes": [*(self._inbox(name) for name in sorted(self.rows)), BROKEN]}

    async def _items(self, _caller, args):
        if args["inbox"] == "broken":
            return {"inbox": BROKEN, "items": [], "more": False}
        rows, start = self.rows[args["inbox"]], args.get("offset", 0)
        page = rows[start : start + args["limit"]]
        items = [{"id": str(row["id"]), "title": row["title"], "row": row} for row in page]
        return {"inbox": self._inbox(args["inbox"]), "items": items, "more": start + len(page) < len(rows)}

    async def _act(self, _caller, args):
        self.asked.append(("act", args))
        if args["id"] in self.taken:
            self.rows[args["inbox"]] = [row for row in self.rows[args["inbox"]] if str(row["id"]) != args["id"]]
            raise DoneAlready("31 does not wait any more: 승인 by lee [/b]")
        row = next(row for row in self.rows[args["inbox"]] if str(row["id"]) == args["id"])
        self.rows[args["inbox"]].remove(row)
        return {"id": args["id"], "title": row["title"], "action": args["action"]}
