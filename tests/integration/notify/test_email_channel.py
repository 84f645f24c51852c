"""Mail over real SMTP servers: TLS, login, what is refused, what breaks, and what is never sent in clear text."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from batmon.config.addresses import mailbox
from batmon.config.email import EmailConfig
from batmon.config.secrets import Secret
from batmon.errors import DeliveryFailed
from batmon.notify.email import EmailChannel
from batmon.notify.mail import mail_pieces
from batmon.notify.message import Attached, Message
from tests.integration.notify.smtp_bed import Post, Script, Served, certificate, server_context

AT = datetime(2026, 11, 21, 6, 0, 12, tzinfo=UTC)
SENDER = "배트몬 <batmon@example.com>"


def message(recipient="ops@example.com", **values):
    given = {
        "subject": "[BATMON] 오류: 공시정보 스크래핑",
        "text": "로그인 실패\n두 번째 줄",
        "html": "<p>로그인 실패</p>",
    }
    return Message(id=uuid.uuid4(), recipient=recipient, at=AT, **(given | values))


def channel(port, **values):
    given = {"host": "127.0.0.1", "security": "none", "sender": mailbox(SENDER), "timeout": timedelta(seconds=5)}
    return EmailChannel(EmailConfig(port=port, **(given | values)))


@pytest.fixture
def pem(tmp_path):
    return certificate(tmp_path)


async def failure(port, wanted=None, **values):
    mail = channel(port, **values)
    try:
        with pytest.raises(DeliveryFailed) as caught:
            await mail.send(wanted or message())
        return caught.value
    finally:
        await mail.close()


async def test_a_mail_has_text_html_and_headers_that_stay_the_same():
    post = Post()
    async with Served(post) as served:
        mail = channel(served.port)
        wanted = message(correlation="incident:17", event="opened", status="ERROR")
        sent = await mail.send(wanted)
        await mail.send(wanted)
        await mail.close()
    first, second = post.mails
    assert first["Subject"] == "[BATMON] 오류: 공시정보 스크래핑"
    assert first["From"] == SENDER
    assert first.recipients == ["ops@example.com"]
    assert first.sender == "batmon@example.com"
    assert first["Message-ID"] == second["Message-ID"] == f"<{wanted.id}@example.com>" == sent.reference
    assert first["Date"] == "Sat, 21 Nov 2026 06:00:12 +0000"
    assert first["Auto-Submitted"] == "auto-generated"
    assert (first["X-BATMON-Event"], first["X-BATMON-Status"]) == ("opened", "ERROR")
    assert first["X-BATMON-Correlation"] == "incident:17"
    assert first.get_content_type() == "multipart/alternative"
    assert first.get_body(("plain",)).get_content().splitlines() == ["로그인 실패", "두 번째 줄"]
    assert first.get_body(("html",)).get_content().strip() == "<p>로그인 실패</p>"
    assert first.raw.isascii()
    assert "4711" in sent.detail


LARGE = Attached("a.xlsx", "application/zip", bytes(range(256)) * 8_000)


@pytest.mark.parametrize("security", ["none", "tls"])
async def test_a_large_mail_arrives_to_the_byte(pem, security):
    post, context = Post(), server_context(*pem)
    implicit = {"tls": context, "implicit": True} if security == "tls" else {}
    async with Served(post, **implicit) as served:
        mail = channel(served.port, security=security, ca_file=pem[0])
        await mail.send(message(text=".\n..\n", attachments=(LARGE,)))
        await mail.close()
    [arrived] = post.mails
    assert [part.get_payload(decode=True) for part in arrived.iter_attachments()] == [LARGE.data]
    assert arrived.get_body(("plain",)).get_content().splitlines() == [".", ".."]


async def test_a_server_that_refuses_in_the_middle_of_a_mail_is_believed_and_left():
    refused, over, left = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def talk(reader, writer):
        for word in ("220 here", "250 here", "250 OK", "250 OK", "354 go on"):
            writer.write(f"{word}\r\n".encode())
            await reader.readline()
        writer.write(b"552 5.3.4 too large\r\n")  # and reads no further
        refused.set()
        await over.wait()
        writer.close()
        left.set()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    error = await failure(server.sockets[0].getsockname()[1], message(attachments=(LARGE,)))
    over.set()
    await left.wait()
    server.close()
    await server.wait_closed()
    assert refused.is_set()
    assert error.permanent
    assert "552 5.3.4 too large" in str(error)


async def test_lines_of_dots_and_lines_of_any_length_arrive_as_they_are():
    text = ".\n..\n.a\nFrom here\n" + "x" * 3000 + "\n  blanks  \ntabs\tand = signs"
    post = Post()
    async with Served(post) as served:
        mail = channel(served.port)
        await mail.send(message(text=text, html=None))
        await mail.close()
    (one,) = post.mails
    assert one.get_content().splitlines() == text.split("\n")
    assert max(map(len, one.raw.split(b"\r\n"))) <= 998


async def test_mails_of_one_incident_thread_and_others_do_not():
    post = Post()
    async with Served(post) as served:
        mail = channel(served.port)
        for event, correlation in (("opened", "a"), ("resolved", "a"), ("opened", "b"), ("plain", "")):
            await mail.send(message(event=event, correlation=correlation))
        await mail.close()
    roots = [mail["References"] for mail in post.mails]
    assert roots[0] == roots[1] != roots[2]
    assert roots[3] is None
    assert [mail["In-Reply-To"] for mail in post.mails] == roots
    assert len({mail["Message-ID"] for mail in post.mails}) == 4


async def test_starttls_with_a_login(pem):
    post = Post(password="세상-비밀")
    async with Served(post, tls=server_context(*pem), require_starttls=True) as served:
        login = {"username": "batmon", "password": Secret("세상-비밀")}
        mail = channel(served.port, security="starttls", ca_file=pem[0], **login)
        await mail.send(message())
        await mail.close()
        assert post.mails[0].encrypted
        refused = await failure(
            served.port, security="starttls", ca_file=pem[0], username="batmon", password=Secret("falsch")
        )
    assert not refused.permanent
    assert refused.retry_after == 300
    assert "login" in str(refused)
    assert "falsch" not in f"{refused} {refused.hint} {refused!r}"


async def test_tls_from_the_first_byte(pem):
    post = Post()
    async with Served(post, tls=server_context(*pem), implicit=True) as served:
        mail = channel(served.port, security="tls", ca_file=pem[0], host="localhost")
        await mail.send(message())
        await mail.close()
        assert post.mails[0].encrypted


async def test_without_starttls_at_the_server_nothing_is_said_in_clear_text():
    async with Script() as served:
        error = await failure(served.port, security="starttls")
        assert served.commands == ["EHLO"]
    assert "STARTTLS" in str(error)
    assert "clear text" in error.hint
    assert (error.permanent, error.sent_nothing) == (False, True)


async def test_a_certificate_that_nobody_knows_is_not_trusted(pem):
    post = Post()
    async with Served(post, tls=server_context(*pem)) as served:
        error = await failure(served.port, security="starttls")
    assert "ca_file" in error.hint
    assert post.mails == []


async def test_one_recipient_refused_hurts_nobody_else():
    post = Post(refuse={"gone@example.com": "550 5.1.1 no such user", "full@example.com": "452 4.2.2 try later"})
    async with Served(post) as served:
        mail = channel(served.port)
        results = await asyncio.gather(
            *(mail.send(message(f"{name}@example.com")) for name in ("kim", "gone", "lee", "full")),
            return_exceptions=True,
        )
        await mail.close()
    assert sorted(mail.recipients[0] for mail in post.mails) == ["kim@example.com", "lee@example.com"]
    gone, full = results[1], results[3]
    assert (gone.permanent, full.permanent) == (True, False)
    assert "550 5.1.1 no such user" in str(gone)
    assert gone.sent_nothing
    assert full.sent_nothing


@pytest.mark.parametrize(
    ("says", "permanent"),
    [("554 5.7.1 spam", True), ("451 4.3.0 later", False), ("552 5.2.3 too big", True), ("421 4.3.2 bye", False)],
)
async def test_the_answer_to_the_mail_decides(says, permanent):
    async with Served(Post(data_says=says)) as served:
        error = await failure(served.port)
    assert error.permanent is permanent
    assert says[:3] in str(error)


async def test_a_mail_that_is_larger_than_the_server_takes_is_refused_before_it_is_given():
    async with Served(Post(), data_size_limit=100_000) as served:
        error = await failure(served.port, message(attachments=(LARGE,)))
    assert "message size exceeds fixed maximum" in str(error)  # its answer to MAIL, not the one to the mail
    assert (error.permanent, error.sent_nothing) == (True, True)


async def test_whatever_is_said_with_a_2_at_its_beginning_is_a_mail_that_was_taken():
    async with Script({".": "252 queued"}) as served:
        mail = channel(served.port)
        assert (await mail.send(message())).detail == "queued"
        await mail.close()


@pytest.mark.parametrize("says", ["354 go on", "what?"])
async def test_an_answer_that_nobody_understands_may_mean_that_the_mail_was_taken(says):
    async with Script({".": says}) as served:
        error = await failure(served.port)
    assert (error.permanent, error.sent_nothing) == (False, False)


async def test_mails_that_wait_for_a_connection_are_not_composed_yet(monkeypatch):
    composed = []

    def compose(*given):
        composed.append(given)
        return mail_pieces(*given)

    class Counting(Post):
        async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
            seen.append(len(composed))
            return await super().handle_DATA(server, session, envelope)

    seen = []
    monkeypatch.setattr("batmon.notify.email.mail_pieces", compose)
    async with Served(Counting()) as served:
        mail = channel(served.port, connections=1)
        await asyncio.gather(*(mail.send(message()) for _ in range(3)))
        await mail.close()
    assert seen == [1, 2, 3]


async def test_a_server_that_drops_before_its_250_may_have_taken_it():
    async with Script({".": None}) as served:
        error = await failure(served.port)
    assert (error.permanent, error.sent_nothing) == (False, False)


async def test_a_server_that_says_nothing_after_the_mail_is_given_up():
    async with Script({".": ...}) as served:
        error = await failure(served.port, timeout=timedelta(seconds=0.3))
    assert (error.permanent, error.sent_nothing) == (False, False)


@pytest.mark.parametrize("silent", ["greeting", "EHLO", "MAIL", "RCPT"])
async def test_a_server_that_hangs_before_has_taken_nothing(silent):
    script = Script(greeting=...) if silent == "greeting" else Script({silent: ...})
    async with script as served:
        error = await failure(served.port, timeout=timedelta(seconds=0.3))
    assert (error.permanent, error.sent_nothing) == (False, True)


@pytest.mark.parametrize("greeting", ["421 too busy", "554 go away", None])
async def test_a_server_that_does_not_let_us_in_is_tried_again(greeting):
    async with Script(greeting=greeting) as served:
        error = await failure(served.port)
    assert (error.permanent, error.sent_nothing) == (False, True)


async def test_nobody_at_the_port():
    async with Script() as served:
        port = served.port
    error = await failure(port)
    assert (error.permanent, error.sent_nothing) == (False, True)
    assert f"127.0.0.1:{port}" in str(error)


async def test_a_burst_uses_few_connections_again_and_again():
    post = Post()
    async with Served(post) as served:
        mail = channel(served.port, connections=3)
        await asyncio.gather(*(mail.send(message(f"n{n}@example.com")) for n in range(40)))
        await mail.close()
    assert len(post.mails) == 40
    assert post.connections <= 3


async def test_a_kept_connection_that_was_ended_meanwhile_is_replaced():
    async with Script({"RSET": None}) as served:
        mail = channel(served.port)
        await mail.send(message())
        for writer in served.writers:
            writer.close()
            await writer.wait_closed()
        await mail.send(message())
        assert served.connections == 2
        assert served.commands.count(".") == 2
        await mail.close()


async def test_a_cancelled_attempt_does_not_leave_its_connection_to_others():
    async with Script({"RCPT": ...}) as served:
        mail = channel(served.port)
        attempt = asyncio.create_task(mail.send(message()))
        while "RCPT" not in served.commands:
            await asyncio.sleep(0.01)
        attempt.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attempt
        served.answers["RCPT"] = "250 OK"
        await mail.send(message())
        assert served.connections == 2
        await mail.close()


async def test_an_address_beyond_ascii_needs_a_server_that_knows_them():
    post = Post()
    async with Served(post) as served:
        mail = channel(served.port)
        await mail.send(message("김철수@한국.kr"))
        await mail.close()
    assert post.mails[0].recipients == ["김철수@xn--3e0b707e.kr"]
    async with Script() as served:
        error = await failure(served.port, message("김철수@한국.kr"))
    assert error.permanent
    async with Script() as served:
        mail = channel(served.port)
        await mail.send(message("kim@한국.kr"))
        await mail.close()


@pytest.mark.parametrize("recipient", ["", "nobody", "a@b@c", "kim@example.com>", "kim@[127.0.0.1]", "a b@example.com"])
async def test_what_is_no_address_is_refused_before_anybody_is_asked(recipient):
    error = await failure(1, message(recipient))
    assert error.permanent


async def test_what_the_server_says_cannot_forge_a_line():
    async with Served(Post(data_says="554 a\x1b[31m\u202ered")) as served:
        error = await failure(served.port)
    assert "\x1b" not in str(error)
    assert "\u202e" not in str(error)
