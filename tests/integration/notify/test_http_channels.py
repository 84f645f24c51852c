"""Slack and webhooks over real HTTP: what each answer means, what is signed, and what is never followed or shown."""

import asyncio
import base64
import gzip
import hashlib
import hmac
import re
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from batmon.config.channels import SlackConfig, WebhookConfig
from batmon.config.secrets import Secret
from batmon.errors import DeliveryFailed
from batmon.notify.http import MOST_READ, retry_after
from batmon.notify.message import Message
from batmon.notify.slack import SlackChannel
from batmon.notify.webhook import WebhookChannel
from tests.integration.notify.http_bed import Receiver
from tests.integration.notify.smtp_bed import certificate, server_context

AT = datetime(2026, 11, 21, 6, 0, 12, tzinfo=UTC)


def message(**values):
    given = {"subject": "[BATMON] 오류: kindscrap", "text": "로그인 실패", "event": "opened", "status": "ERROR",
             "title": "오류: kindscrap", "correlation": "incident:17", "link": "https://batmon.example.com/",
             "fields": (("kindscrap", "로그인 실패"),), "recipient": "", "at": AT}  # fmt: skip
    return Message(id=uuid.uuid4(), **(given | values))


def hook(url, **values):
    config = WebhookConfig(name="hook", url=Secret(url), **({"timeout": timedelta(seconds=5)} | values))
    return WebhookChannel(config, now=lambda: AT)


async def failure(channel, wanted=None):
    try:
        with pytest.raises(DeliveryFailed) as caught:
            await channel.send(wanted or message())
        return caught.value
    finally:
        await channel.close()


async def test_the_webhook_gets_the_documented_body():
    async with Receiver((202, '{"id": "evt-9"}')) as there:
        channel, wanted = hook(f"{there.url}/in?key=k"), message(recipient="oncall")
        sent = await channel.send(wanted)
        await channel.close()
    (seen,) = there.requests
    assert (seen["method"], seen["path"], seen["query"]) == ("POST", "/in", {"key": "k"})
    assert seen["json"] == {
        "version": 1, "id": str(wanted.id), "event": "opened", "status": "ERROR", "title": "오류: kindscrap",
        "subject": "[BATMON] 오류: kindscrap", "text": "로그인 실패",
        "fields": [{"name": "kindscrap", "value": "로그인 실패"}], "link": "https://batmon.example.com/",
        "correlation": "incident:17", "recipient": "oncall", "language": "en", "at": "2026-11-21T06:00:12+00:00",
    }  # fmt: skip
    assert seen["headers"]["content-type"] == "application/json; charset=utf-8"
    assert "webhook-signature" not in seen["headers"]
    assert (sent.reference, sent.detail) == ("evt-9", "202")


@pytest.mark.parametrize(
    ("secret", "key"),
    [("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")),
     ("비밀", "비밀".encode()), ("whsec_not base64", b"whsec_not base64")],
)  # fmt: skip
async def test_the_webhook_is_signed_after_standard_webhooks(secret, key):
    async with Receiver() as there:
        channel, wanted = hook(there.url, secret=Secret(secret), headers={"X-Team": Secret("ops")}), message()
        await channel.send(wanted)
        await channel.close()
    (seen,) = there.requests
    headers = seen["headers"]
    assert headers["webhook-id"] == str(wanted.id)
    assert headers["webhook-timestamp"] == str(int(AT.timestamp()))
    signed = f"{wanted.id}.{int(AT.timestamp())}.".encode() + seen["body"]
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"
    assert headers["x-team"] == "ops"


@pytest.mark.parametrize(
    ("status", "permanent"),
    [(400, True), (401, True), (403, True), (404, True), (408, False), (410, True), (422, True), (425, False),
     (429, False), (500, False), (501, False), (502, False), (503, False), (504, False), (599, False)],
)  # fmt: skip
async def test_the_status_decides(status, permanent):
    async with Receiver((status, "what it\n\x1bsays")) as there:
        error = await failure(hook(there.url))
    assert error.permanent is permanent
    assert error.sent_nothing
    assert str(status) in str(error)
    assert "\x1b" not in str(error)


@pytest.mark.parametrize(
    ("says", "seconds"),
    [("120", 120.0), ("Sat, 21 Nov 2026 06:05:12 GMT", 300.0), ("Sat, 21 Nov 2026 05:00:00 GMT", 0.0),
     ("999999999999", 86400.0), ("soon", None), ("-5", None), ("", None), ("１２", None)],
)  # fmt: skip
async def test_retry_after_in_seconds_and_as_a_date(says, seconds):
    assert retry_after(says, AT) == seconds


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_obeyed(status):
    async with Receiver((status, "later", {"Retry-After": "77"})) as there:
        error = await failure(hook(there.url))
    assert error.retry_after == 77.0


async def test_redirects_are_not_followed():
    async with Receiver() as elsewhere, Receiver((302, "", {"Location": elsewhere.url})) as there:
        error = await failure(hook(there.url))
    assert error.permanent
    assert elsewhere.requests == []


async def test_an_answer_without_end_is_cut():
    async def flood(request, _seen):
        response = web.StreamResponse(status=400)
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65536)
        except ConnectionResetError:
            return response

    async with Receiver(flood) as there:
        error = await failure(hook(there.url))
    assert error.permanent
    assert len(str(error)) < 400


async def test_a_small_answer_that_unpacks_to_a_giant_is_cut():
    async def bomb(_request, _seen):
        packed = gzip.compress(b"x" * (MOST_READ * 400))
        return web.Response(status=400, body=packed, headers={"Content-Encoding": "gzip"})

    async with Receiver(bomb) as there:
        error = await failure(hook(there.url))
    assert error.permanent


async def test_no_answer_in_time_may_have_been_taken():
    never = asyncio.Event()

    async def hang(_request, _seen):
        await never.wait()

    async with Receiver(hang) as there:
        error = await failure(hook(there.url, timeout=timedelta(seconds=0.3)))
        never.set()
    assert (error.permanent, error.sent_nothing) == (False, False)
    assert len(there.requests) == 1


async def test_a_connection_that_breaks_off_may_have_been_taken():
    async def breaks(request, _seen):
        request.transport.close()
        return web.Response()

    async with Receiver(breaks) as there:
        error = await failure(hook(there.url))
    assert (error.permanent, error.sent_nothing) == (False, False)


async def test_nobody_there_has_taken_nothing_and_the_address_stays_hidden():
    async with Receiver() as there:
        url = there.url
    error = await failure(hook(f"{url}/secret-path?token=hidden"))
    assert (error.permanent, error.sent_nothing) == (False, True)
    assert "hidden" not in f"{error} {error.hint} {error!r}"
    assert "secret-path" not in f"{error}"


async def test_tls_is_verified_always_and_ones_own_authority_can_be_named(tmp_path):
    cert, key = certificate(tmp_path)
    async with Receiver(tls=server_context(cert, key)) as there:
        error = await failure(hook(there.url))
        assert "ca_file" in error.hint
        assert there.requests == []
        channel = hook(there.url, ca_file=cert)
        await channel.send(message())
        await channel.close()
        assert len(there.requests) == 1


async def test_a_proxy_is_used_where_it_is_named():
    async with Receiver() as proxy:
        channel = hook("http://inside.invalid/in", proxy=Secret(proxy.url))
        await channel.send(message())
        await channel.close()
    assert proxy.requests[0]["headers"]["host"] == "inside.invalid"


async def test_slack_gets_blocks_and_a_fallback_text():
    async with Receiver((200, "ok")) as there:
        channel = SlackChannel(SlackConfig(name="ops", url=Secret(f"{there.url}/services/T/B/x")), now=lambda: AT)
        await channel.send(message())
        await channel.close()
    body = there.requests[0]["json"]
    assert body["text"] == "[BATMON] 오류: kindscrap"
    assert [block["type"] for block in body["blocks"]] == ["header", "section", "section", "actions", "context"]
    assert body["blocks"][0]["text"] == {"type": "plain_text", "text": "🔴 오류: kindscrap", "emoji": True}


@pytest.mark.parametrize(
    ("status", "text", "permanent"),
    [(403, "action_prohibited", True), (404, "no_service", True), (410, "channel_is_archived", True),
     (400, "invalid_payload", True), (429, "rate limited", False), (500, "rollup_error", False),
     (200, "invalid_token", True), (200, "rollup_error", False)],
)  # fmt: skip
async def test_what_slack_refuses(status, text, permanent):
    async with Receiver((status, text)) as there:
        channel = SlackChannel(SlackConfig(name="ops", url=Secret(f"{there.url}/services/T/B/key")))
        error = await failure(channel)
    assert error.permanent is permanent
    assert text in str(error)
    assert "/services" not in str(error)


@pytest.mark.parametrize("secret", ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "ours"])
async def test_the_documented_lines_verify_a_signature(secret):
    document = (Path(__file__).resolve().parents[3] / "docs" / "notifications.md").read_text("utf-8")
    (lines,) = re.findall(r"```python\n(.*?)```", document, re.DOTALL)
    names = {}
    exec(lines, names)  # noqa: S102 - the document's own example
    async with Receiver() as there:
        config = WebhookConfig(name="hook", url=Secret(there.url), secret=Secret(secret))
        channel = WebhookChannel(config)
        await channel.send(message())
        await channel.close()
    (seen,) = there.requests
    assert names["is_from_batmon"](seen["headers"], seen["body"], secret)
    assert not names["is_from_batmon"](seen["headers"], seen["body"] + b" ", secret)
    assert not names["is_from_batmon"](seen["headers"], seen["body"], "other")
