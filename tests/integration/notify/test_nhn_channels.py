"""Alimtalk and text messages against a receiver that speaks as NHN Cloud does: results stand inside a 200."""

import asyncio
import json
import uuid
from datetime import timedelta

import pytest

from batmon.config.channels import AlimtalkConfig, SmsConfig
from batmon.config.secrets import Secret
from batmon.errors import DeliveryFailed
from batmon.notify.alimtalk import AlimtalkChannel
from batmon.notify.message import Message
from batmon.notify.sms import SmsChannel
from tests.integration.notify.http_bed import Receiver

LONG = "로그인 실패: 비밀번호가 올바르지 않습니다. " * 10


def message(**values):
    given = {"subject": "[BATMON] 오류: kindscrap", "text": "로그인 실패", "title": "오류: kindscrap",
             "event": "opened",             "recipient": "+82 10-1234-5678"}  # fmt: skip
    return Message(id=uuid.uuid4(), **(given | values))


def talked(code=0, words="SUCCESS", *, recipient=0):
    header = {"resultCode": code, "resultMessage": words, "isSuccessful": code == 0}
    results = [{"recipientSeq": 1, "recipientNo": "01012345678", "resultCode": recipient, "resultMessage": words}]
    return 200, json.dumps({"header": header, "message": {"requestId": "2026-1", "sendResults": results}})


def texted(code=0, *, recipient=0):
    header = {"resultCode": code, "resultMessage": "SUCCESS", "isSuccessful": code == 0}
    data = {"requestId": "2026-2", "statusCode": "2",
            "sendResultList": [{"recipientNo": "01012345678", "resultCode": recipient, "recipientSeq": 1,
                                "resultMessage": "bad number"}]}  # fmt: skip
    return 200, json.dumps({"header": header, "body": {"data": data}})


KEYS = {"appkey": Secret("app/key"), "secret_key": Secret("geheim")}


def alimtalk(url, fallback=None, **values):
    given = {"name": "kakao", "url": url, "sender_key": Secret("s" * 40), "template_code": "INCIDENT", **KEYS}
    return AlimtalkChannel(AlimtalkConfig(**(given | {"timeout": timedelta(seconds=5)} | values)), fallback)


def sms(url, **values):
    return SmsChannel(SmsConfig(**({"name": "sms", "url": url, "sender": "021234567", **KEYS} | values)))


async def failure(channel, wanted=None):
    with pytest.raises(DeliveryFailed) as caught:
        await channel.send(wanted or message())
    return caught.value


async def test_variables_fill_the_approved_template():
    async with Receiver(talked()) as there:
        channel = alimtalk(
            there.url,
            variables={"제목": "{title}", "내용": "{status}|{text}"},
            template_codes={"resolved": "DONE"},
            resend_from="021234567",
        )
        wanted = message(status="ERROR")
        sent = await channel.send(wanted)
        await channel.send(message(event="resolved"))
        await channel.close()
    first, second = there.requests
    assert first["path"] == "/alimtalk/v2.3/appkeys/app/key/messages"
    assert first["headers"]["x-secret-key"] == "geheim"
    assert first["headers"]["x-nc-api-idempotency-key"] == str(wanted.id)
    assert first["json"]["templateCode"] == "INCIDENT"
    assert second["json"]["templateCode"] == "DONE"
    (recipient,) = first["json"]["recipientList"]
    assert recipient["recipientNo"] == "01012345678"
    assert recipient["templateParameter"] == {"제목": "오류: kindscrap", "내용": "ERROR|로그인 실패"}
    assert recipient["resendParameter"]["resendType"] == "SMS"
    assert recipient["resendParameter"]["resendSendNo"] == "021234567"
    assert sent.reference == "2026-1:1"


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [(talked(-1000, "Invalid appKey."), True), (talked(-2017, "Not exist plus friend."), True),
     (talked(0, "bad number", recipient=-2009), True), (talked(-9999, "system"), False),
     (talked(-1017, "quota"), False),     ((500, "oops"), False), ((403, "no"), True)],
)  # fmt: skip
async def test_a_refusal_inside_200_is_a_refusal(answer, permanent):
    async with Receiver(answer) as there:
        channel = alimtalk(there.url)
        error = await failure(channel)
        await channel.close()
    assert error.permanent is permanent
    assert error.sent_nothing
    assert "geheim" not in str(error)


@pytest.mark.parametrize("text", ["<html>hello</html>", "[]", "{}", '{"header": {"isSuccessful": "yes"}}', ""])
async def test_an_answer_that_nobody_understands_is_no_success(text):
    async with Receiver((200, text)) as there:
        for channel in (alimtalk(there.url), sms(there.url)):
            error = await failure(channel)
            await channel.close()
            assert (error.permanent, error.sent_nothing) == (False, False)


async def test_the_same_key_after_no_answer_and_another_after_a_refusal():
    never = asyncio.Event()

    async def hang(_request, _seen):
        await never.wait()

    wanted = message()
    async with Receiver([hang, talked(-1005, "was used")]) as there:
        channel = alimtalk(there.url, timeout=timedelta(seconds=0.3))
        assert not (await failure(channel, wanted)).sent_nothing
        sent = await channel.send(wanted)
        await channel.close()
        never.set()
    keys = [seen["headers"]["x-nc-api-idempotency-key"] for seen in there.requests]
    assert keys == [str(wanted.id)] * 2
    assert "taken before" in sent.detail

    async with Receiver([talked(-9999, "system"), talked()]) as there:
        channel = alimtalk(there.url)
        await failure(channel, wanted)
        await channel.send(wanted)
        await channel.close()
    keys = [seen["headers"]["x-nc-api-idempotency-key"] for seen in there.requests]
    assert keys == [str(wanted.id), f"{wanted.id}-1"]


async def test_a_key_that_we_do_not_remember_may_be_one_that_was_taken():
    async with Receiver(talked(-1005, "was used")) as there:
        channel = alimtalk(there.url)
        error = await failure(channel)
        await channel.close()
    assert (error.permanent, error.sent_nothing) == (False, False)


async def test_the_fallback_takes_over_what_is_refused_for_good_only():
    async with Receiver(texted()) as texts:
        second = sms(texts.url)
        async with Receiver([talked(-2017, "no friend"), talked(-9999, "system")]) as there:
            channel = alimtalk(there.url, second)
            sent = await channel.send(message())
            assert not (await failure(channel)).permanent
            await channel.close()
        await second.close()
    assert len(texts.requests) == 1
    assert sent.detail.startswith("SMS instead of Alimtalk")


async def test_short_and_long_text_messages():
    async with Receiver(texted()) as there:
        channel = sms(there.url)
        assert (await channel.send(message())).detail == "SMS"
        assert (await channel.send(message(text=LONG))).detail == "LMS"
        await channel.close()
        short = sms(there.url, long=False)
        assert (await short.send(message(text=LONG))).detail == "SMS"
        await short.close()
    one, two, three = there.requests
    assert one["path"] == "/sms/v3.0/appKeys/app/key/sender/sms"
    assert one["json"] == {"body": "오류: kindscrap\n로그인 실패", "sendNo": "021234567",
                           "recipientList": [{"recipientNo": "01012345678"}]}  # fmt: skip
    assert two["path"].endswith("/sender/mms")
    assert two["json"]["title"] == "오류: kindscrap"
    assert len(two["json"]["body"].encode("cp949")) <= 2000
    assert three["json"]["body"] == "오류: kindscrap"


async def test_a_text_message_refused():
    async with Receiver(texted(recipient=-2021)) as there:
        channel = sms(there.url)
        error = await failure(channel)
        assert error.permanent
        assert "bad number" in str(error)
        assert (await failure(channel, message(recipient="kim@example.com"))).permanent
        await channel.close()
    assert len(there.requests) == 1
