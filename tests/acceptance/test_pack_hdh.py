"""System Automation Workflow, as its document says it: from the row that somebody writes to the mail that arrives.

The numbers of the tests are those of the document's chapters.
"""

# ruff: noqa: N802, PLC2401 - the tests have the names that the document's chapters have

import asyncio
import re
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import pytest_asyncio

from batmon.engine.daemon import Daemon
from batmon.engine.database import opened
from tests.acceptance.installation import Installation
from tests.acceptance.smtp_inbox import Mailbox, text_of
from tests.state_folders import new_state_folder

SEOUL = ZoneInfo("Asia/Seoul")
ADMIN = "admin@hdh.example.com"
PATIENCE_SEC = 30.0
DASHBOARD = "[Dashboard 바로가기] https://hdh.example.com/dashboard"


def at(*moment):
    """A moment in Seoul."""
    return datetime(*moment, tzinfo=SEOUL)


@pytest_asyncio.fixture
async def mailbox():
    async with Mailbox() as box:
        yield box


@asynccontextmanager
async def pack_installed(mailbox):
    """A folder with a configuration of its own, and the pack beside it."""
    house = Installation(new_state_folder())
    try:
        house.tables.append(
            f'[email]\nhost = "127.0.0.1"\nport = {mailbox.port}\nsecurity = "none"\n'
            f'sender = "HDH Fintech <system@hdh.example.com>"\nadmins = ["{ADMIN}"]\n'
        )
        house.config.write_text("\n".join(house.tables), "utf-8")
        code, _, err = await house.batmon("pack", "install", "hdh")
        assert code == 0, err
        yield house
    finally:
        await house.remove()


class Service:
    """The member service that the pack works for: a program of its own with a connection to the same Postgres."""

    def __init__(self, house, database):
        self.house = house
        self.database = database

    async def insert(self, table, **values):
        """Write a row, as the service does it; its id."""
        names, marks = ", ".join(values), ", ".join(f"${n}" for n in range(1, len(values) + 1))
        insert = f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING id"  # noqa: S608 - names of our own
        return await self.database.fetchval(insert, *values.values())

    async def until(self, query, *values, wanted=bool):
        """The query's first value, once it is what is wanted."""
        async with asyncio.timeout(PATIENCE_SEC):
            while not wanted(value := await self.database.fetchval(query, *values)):
                await asyncio.sleep(0.02)
        return value

    async def bell(self):
        """The notices on the dashboard: level, title and text, newest first."""
        answer = await self.house.ask("feed")
        return [(entry["level"], entry["title"], entry["text"]) for entry in answer["entries"]]

    async def counter(self, name):
        """What a counter says."""
        return await self.database.fetchval("SELECT sum(value)::integer FROM counters WHERE name = $1", name)

    async def act(self, inbox, action, row_id, **asks):
        """An admin's decision, on the command line."""
        given = [word for name, value in asks.items() for word in ("--set", f"{name}={value}")]
        code, _, err = await self.house.batmon("inbox", inbox, action, str(row_id), *given)
        assert code == 0, err


@pytest_asyncio.fixture
async def service(mailbox):
    """The pack at work in a real daemon."""
    async with pack_installed(mailbox) as house:
        await house.start()
        database = await asyncpg.connect(await house.database_url())
        yield Service(house, database)
        await database.close()


# 이벤트 기반 자동화


async def test_1_신규_회원_가입_시(service, mailbox):
    await service.insert("users", name="홍길동", email="hong@example.com")

    mail = await mailbox.mail("hong@example.com", "[HDH Fintech] 환영합니다!")
    text = text_of(mail)
    assert text.startswith("안녕하세요, 홍길동님!\n\nHDH Fintech에 가입해주셔서 감사합니다.")
    assert "1. 솔루션 이해하기\n2. 아카데미 교육 수강하기\n3. 추천인 코드 신청하기\n4. 매뉴얼 숙지하기" in text
    assert DASHBOARD in text
    assert ("info", "신규 회원 가입", "홍길동") in await service.bell()
    assert await service.counter("hdh_new_members") == 1
    assert mailbox.mails == []


async def test_2_교육_신청_시(service, mailbox):
    applied = at(2025, 12, 9, 10, 30)
    application = await service.insert(
        "academy_applications", name="김철수", email="kim@example.com", phone="010-1234-5678", created_at=applied
    )

    mail = await mailbox.mail("kim@example.com", "[HDH Fintech] 아카데미 교육 신청이 접수되었습니다")
    assert "담당자가 확인 후 1-2일 이내에 연락 드리겠습니다." in text_of(mail)
    mail = await mailbox.mail(ADMIN, "[HDH Fintech Admin] 새 교육 신청 접수")
    assert "신청자: 김철수\n이메일: kim@example.com\n전화번호: 010-1234-5678\n신청일: 2025-12-09 10:30\n" in text_of(
        mail
    )
    assert "[Admin Dashboard에서 확인하기] https://hdh.example.com/admin" in text_of(mail)
    assert ("attention", "교육 신청 접수", "김철수") in await service.bell()
    assert await service.counter("hdh_academy_waiting") == 1

    await service.act("hdh_academy", "begin", application)
    await service.until(
        "SELECT sum(value)::integer FROM counters WHERE name = 'hdh_academy_waiting'",
        wanted=lambda waiting: waiting == 0,
    )


async def test_3_교육_이수_처리_시(service, mailbox):
    await service.insert("users", name="김철수", email="kim@example.com")
    application = await service.insert(
        "academy_applications", name="김철수", email="kim@example.com", status="교육 진행 중"
    )

    await service.act("hdh_academy", "complete", application)

    mail = await mailbox.mail("kim@example.com", "[HDH Fintech] 아카데미 교육 이수 완료 축하드립니다!")
    assert "아카데미 교육을 성공적으로 이수하셨습니다!\n축하드립니다! 🎉" in text_of(mail)
    assert "1. 추천인 코드 신청하기\n2. 매뉴얼 숙지하기\n3. AI 프로그램 다운로드\n4. My Settings 설정" in text_of(mail)
    row = await service.database.fetchrow("SELECT * FROM academy_applications WHERE id = $1", application)
    assert row["status"] == "이수 완료"
    assert row["completed_at"] is not None
    assert await service.database.fetchval("SELECT may_request_referral FROM users WHERE email = 'kim@example.com'")


async def test_3_이수_처리를_다른_프로그램이_해도_같다(service, mailbox):
    await service.insert("academy_applications", name="김철수", email="kim@example.com")
    await service.database.execute("UPDATE academy_applications SET status = '이수 완료'")

    await mailbox.mail("kim@example.com", "[HDH Fintech] 아카데미 교육 이수 완료 축하드립니다!")


async def test_4_추천인_코드_신청_시_이수_완료(service, mailbox):
    await service.insert("academy_applications", name="김철수", email="kim@example.com", status="이수 완료")

    await service.insert("referral_requests", name="김철수", email="kim@example.com", created_at=at(2025, 12, 9, 11, 0))

    await mailbox.mail("kim@example.com", "[HDH Fintech] 추천인 코드 신청이 접수되었습니다")
    mail = await mailbox.mail(ADMIN, "[HDH Fintech Admin] 새 추천인 코드 신청 접수")
    assert "신청자: 김철수\n이메일: kim@example.com\n신청일: 2025-12-09 11:00\n" in text_of(mail)
    assert ("attention", "추천인 코드 신청 접수", "김철수") in await service.bell()
    assert await service.database.fetchval("SELECT status FROM referral_requests") == "신청 대기"


async def test_4_추천인_코드_신청_시_이수_안_됨(service, mailbox):
    await service.insert("referral_requests", name="이영희", email="lee@example.com")

    mail = await mailbox.mail("lee@example.com", "[HDH Fintech] 추천인 코드 신청이 거부되었습니다")
    assert "거부 사유: 아카데미 교육을 이수하지 않았습니다." in text_of(mail)
    row = await service.database.fetchrow("SELECT * FROM referral_requests")
    assert (row["status"], row["reject_reason"]) == ("거부", "아카데미 교육을 이수하지 않았습니다.")


async def test_5_추천인_코드_승인_시(service, mailbox):
    await service.insert("users", name="김철수", email="kim@example.com")
    await service.insert("academy_applications", name="김철수", email="kim@example.com", status="이수 완료")
    request = await service.insert("referral_requests", name="김철수", email="kim@example.com")
    await mailbox.mail("kim@example.com", "[HDH Fintech] 추천인 코드 신청이 접수되었습니다")

    await service.act("hdh_referral", "approve", request)

    mail = await mailbox.mail("kim@example.com", "[HDH Fintech] 추천인 코드 발급 완료")
    code = re.search(r"🎯 나의 추천인 코드: (HDH\d{4}[A-Z]{3}\d{3})\n", text_of(mail))[1]
    assert "추천인 코드는 순수 추적 목적이며,\n별도 리워드는 없습니다." in text_of(mail)
    row = await service.database.fetchrow("SELECT * FROM referral_requests WHERE id = $1", request)
    assert (row["status"], row["code"]) == ("승인 완료", code)
    assert await service.database.fetchval("SELECT referral_code FROM users WHERE email = 'kim@example.com'") == code


async def test_6_Sunny_챗봇_답변_실패_시(service, mailbox):
    for n in (1, 2):
        await service.insert("sunny_chat_logs", email="kim@example.com", question=f"질문 {n}", status="답변 실패")
    answered = "SELECT count(*)::integer FROM sunny_chat_logs WHERE auto_reply IS NOT NULL"
    await service.until(answered, wanted=lambda n: n == 2)
    assert await service.database.fetchval("SELECT min(auto_reply) FROM sunny_chat_logs") == (
        "죄송합니다. 질문을 정확히 이해하지 못했어요.\n고객센터에서 곧 답변 드리겠습니다."
    )
    assert ("attention", "Sunny 챗봇 답변 실패", "질문 2") in await service.bell()
    assert mailbox.mails == [], "two failures are not told to the admins"

    await service.insert("sunny_chat_logs", email="kim@example.com", question="질문 3", status="답변 실패")

    mail = await mailbox.mail(ADMIN, "[HDH Fintech Admin] Sunny 챗봇 답변 실패 3건")
    assert "마지막 질문: 질문 3" in text_of(mail)
    await service.insert("sunny_chat_logs", question="잘 된 질문", answer="네", status="답변 완료")
    await service.insert("sunny_chat_logs", question="질문 4", status="답변 실패")
    await service.until(answered, wanted=lambda n: n == 4)
    assert mailbox.mails == [], "told once a day"


async def test_7_고객센터_문의_답변_시(service, mailbox):
    ticket = await service.insert(
        "support_tickets", name="박민수", email="park@example.com", title="로그인이 안 됩니다", urgent=True
    )
    await service.until("SELECT count(*) FROM feed_entries")
    assert ("urgent", "긴급 문의 접수", "로그인이 안 됩니다 (박민수)") in await service.bell()

    await service.act("hdh_support", "answer", ticket, answer="비밀번호를 재설정해 주세요.")

    mail = await mailbox.mail("park@example.com", "[HDH Fintech] 문의하신 내용에 대한 답변입니다")
    assert f"문의 제목: 로그인이 안 됩니다\n문의 번호: {ticket}\n\n답변:\n비밀번호를 재설정해 주세요.\n" in text_of(
        mail
    )
    row = await service.database.fetchrow("SELECT * FROM support_tickets")
    assert row["status"] == "답변 완료"
    assert row["answered_at"] is not None

    code, _, err = await service.house.batmon("inbox", "hdh_support", "answer", str(ticket), "--set", "answer=또")
    assert code == 1, "somebody has answered it already"
    assert err


# 일일 자동화와 월간 자동화: only the clock is not the real one


def clock_from(start):
    """A clock that shows ``start`` now and goes on from there."""
    begun = datetime.now(UTC)
    return lambda: start.astimezone(UTC) + (datetime.now(UTC) - begun)


@asynccontextmanager
async def service_at(house, owner_url, start):
    """The daemon in this process, with a clock that begins at ``start``, on a database of the test's own."""
    from batmon.config import load  # noqa: PLC0415 - beside its only use

    environ = {**house.environ, "BATMON_DATABASE_URL": owner_url}
    config = load(house.config, environ)
    async with opened(config) as found, Daemon(config, found, now=clock_from(start)).running():
        database = await asyncpg.connect(owner_url)
        try:
            yield Service(house, database)
        finally:
            await database.close()


@pytest_asyncio.fixture
async def house(mailbox):
    async with pack_installed(mailbox) as installed:
        yield installed


@asynccontextmanager
async def tables_before(house, owner_url, start):
    """The pack's tables a minute before ``start``, to be filled before anything is due."""
    async with service_at(house, owner_url, start - timedelta(minutes=1)):
        pass
    database = await asyncpg.connect(owner_url)
    try:
        yield database
    finally:
        await database.close()


WHO = {"name": "가", "email": "a@b.kr"}


async def past(database, table, count=1, **values):
    """Write ``count`` rows of the past: no flow of the pack takes them up."""
    names, marks = ", ".join(values), ", ".join(f"${n}" for n in range(1, len(values) + 1))
    insert = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - names of our own
    async with database.transaction():
        await database.execute("SET LOCAL session_replication_role = replica")
        await database.executemany(insert, [list(values.values())] * count)


async def ended(service, job, slot):
    """How the automation's execution for ``slot`` went, once it is over."""
    states = "SELECT status FROM automation_logs WHERE job_name = $1 AND slot = $2 AND status IN ('success', 'failed')"
    return await service.until(states, job, slot)


async def test_일일_1_회원_활동_통계_집계(house, owner_url):
    midnight = at(2025, 12, 9)
    start, day = midnight - timedelta(seconds=2), at(2025, 12, 8, 15, 0)
    async with tables_before(house, owner_url, start) as database:
        for moment in (at(2025, 12, 8), at(2025, 12, 8, 23, 59, 59), at(2025, 12, 7, 23, 59, 59), midnight):
            await past(database, "users", **WHO, created_at=moment)
        await past(database, "academy_applications", **WHO, created_at=day)
        await past(database, "academy_applications", **WHO, created_at=at(2025, 11, 1), completed_at=day)
        for status in ("신청 대기", "승인 완료", "거부"):
            await past(database, "referral_requests", **WHO, created_at=day, status=status, decided_at=day)
        await past(database, "sunny_chat_logs", question="왜?", created_at=day)
        await past(database, "support_tickets", **WHO, title="나", created_at=day)

    async with service_at(house, owner_url, start) as service:
        assert await ended(service, "hdh_daily_statistics", midnight) == "success"
        row = dict(await service.database.fetchrow("SELECT * FROM daily_statistics WHERE date = $1", date(2025, 12, 8)))
    assert row.pop("created_at")
    assert row == {
        "date": date(2025, 12, 8), "new_members": 2, "academy_applications": 1, "education_completed": 1,
        "referral_requests": 3, "referral_issued": 1, "sunny_inquiries": 1, "support_tickets": 1,
    }  # fmt: skip


async def test_일일_2_미처리_항목_알림(house, owner_url, mailbox):
    start = at(2025, 12, 9, 8, 59, 58)
    async with tables_before(house, owner_url, start) as database:
        await past(database, "academy_applications", 2, **WHO)
        await past(database, "referral_requests", 4, **WHO)
        await past(database, "sunny_chat_logs", 3, question="왜?", status="답변 실패")
        await past(database, "support_tickets", 5, **WHO, title="나")

    async with service_at(house, owner_url, start):
        mail = await mailbox.mail(ADMIN, "[HDH Fintech] 미처리 항목 알림 (2025-12-09)")
    assert (
        "📚 교육 신청 대기: 2건\n"
        "🎯 추천인 코드 신청 대기: 4건\n"
        "💬 Sunny 챗봇 답변 실패: 3건\n"
        "📞 고객센터 미답변 문의: 5건\n"
    ) in text_of(mail)


async def test_일일_2_미처리_항목이_없으면_보내지_않는다(house, owner_url, mailbox):
    start = at(2025, 12, 9, 8, 59, 58)
    async with tables_before(house, owner_url, start):
        pass
    async with service_at(house, owner_url, start) as service:
        assert await ended(service, "hdh_pending_items", at(2025, 12, 9, 9, 0)) == "success"
        owed = "SELECT count(*) FROM notifications WHERE template = 'hdh/pending_items'"
        assert await service.database.fetchval(owed) == 0
    assert mailbox.mails == []


async def test_일일_3_오래된_미답변_문의_알림(house, owner_url, mailbox):
    start = at(2025, 12, 9, 17, 59, 58)
    async with tables_before(house, owner_url, start) as database:
        await past(database, "support_tickets", **WHO, title="하루 넘음", created_at=at(2025, 12, 8, 17, 0))
        await past(database, "support_tickets", **WHO, title="아직 안 됨", created_at=at(2025, 12, 8, 19, 0))
        long_ago = {"created_at": at(2025, 12, 1), "status": "답변 완료"}
        await past(database, "support_tickets", **WHO, title="답변함", **long_ago)

    async with service_at(house, owner_url, start):
        mail = await mailbox.mail(ADMIN, "[HDH Fintech] 긴급: 24시간 이상 미답변 문의 1건 (2025-12-09)")
    assert "하루 넘음 (가, 25시간 경과)" in text_of(mail)
    assert "아직 안 됨" not in text_of(mail)


async def test_월간_1_월간_통계_리포트(house, owner_url, mailbox):
    start, day = at(2025, 11, 30, 23, 59, 58), at(2025, 11, 15, 9, 0)
    async with tables_before(house, owner_url, start) as database:
        await past(database, "users", 456, **WHO, created_at=at(2025, 10, 31, 23, 59))
        await past(database, "users", 45, **WHO, created_at=day)
        await past(database, "users", 7, **WHO, created_at=at(2025, 12, 1))
        await past(database, "users", 3, **WHO, created_at=at(2025, 1, 1), withdrawn_at=day)
        await past(database, "academy_applications", 35, **WHO, created_at=day, completed_at=day, status="이수 완료")
        await past(database, "academy_applications", 3, **WHO, created_at=day)
        await past(database, "referral_requests", 33, **WHO, created_at=day, decided_at=day, status="승인 완료")
        await past(database, "referral_requests", 2, **WHO, created_at=day, decided_at=day, status="거부")
        await past(database, "sunny_chat_logs", 84, question="왜?", created_at=day)
        await past(database, "sunny_chat_logs", 14, question="왜?", created_at=day, status="답변 실패")
        answered = {"status": "답변 완료", "answered_at": day + timedelta(hours=2, minutes=18)}
        await past(database, "support_tickets", 29, **WHO, title="나", created_at=day, **answered)

    async with service_at(house, owner_url, start) as service:
        mail = await mailbox.mail(ADMIN, "[HDH Fintech] 2025년 11월 월간 리포트")
        row = await service.database.fetchrow("SELECT * FROM monthly_reports WHERE month = $1", date(2025, 11, 1))
    assert text_of(mail).startswith(
        """안녕하세요, 관리자님.

2025년 11월 월간 통계를 안내드립니다:

📊 회원 통계:
- 신규 가입: 45명
- 누적 회원: 501명
- 이탈 회원: 3명

📚 교육 통계:
- 교육 신청: 38건
- 교육 이수: 35건
- 이수율: 92.1%

🎯 추천인 코드:
- 신청: 35건
- 발급: 33건
- 발급률: 94.3%

💬 문의 통계:
- 총 문의: 127건
- Sunny 챗봇 처리: 98건 (77.2%)
- Sunny 답변 성공률: 85.7%
- 고객센터 처리: 29건
- 평균 답변 시간: 2.3시간
"""
    )
    assert (row["new_members"], row["total_members"], row["inquiries"]) == (45, 501, 127)


async def test_월간_2_데이터베이스_백업(house, owner_url, mailbox):
    start = at(2025, 12, 1, 1, 59, 58)
    async with tables_before(house, owner_url, start):
        pass
    async with service_at(house, owner_url, start) as service:
        mail = await mailbox.mail(ADMIN, "[HDH Fintech] 데이터베이스 백업 완료 (backup_2025_11.sql)")
        assert await ended(service, "hdh_backup", at(2025, 12, 1, 2, 0)) == "success"
    assert "복원 시험: 성공" in text_of(mail)
    assert "CREATE TABLE public.users" in (house.state / "backups" / "backup_2025_11.sql").read_text("utf-8")


async def test_6_1_자동화_작업_로그와_이메일_발송_로그(service, mailbox):
    await service.insert("users", name="홍길동", email="hong@example.com")
    await mailbox.mail("hong@example.com", "[HDH Fintech] 환영합니다!")
    await service.until("SELECT count(*) FROM email_logs WHERE status = 'sent'")
    sent = await service.database.fetchrow(
        "SELECT id, recipient_email, subject, template_name, sent_at, status, error_message FROM email_logs"
    )
    assert (sent["recipient_email"], sent["subject"], sent["template_name"], sent["status"]) == (
        "hong@example.com", "[HDH Fintech] 환영합니다!", "hdh/welcome", "sent",
    )  # fmt: skip
    await service.database.fetch(
        "SELECT id, job_name, execution_time, status, error_message, duration_ms FROM automation_logs"
    )
