"""Apprise, over its own plug-in for JSON: a real request to a real receiver."""

import asyncio
import uuid
from datetime import timedelta

import pytest

from batmon.config.channels import AppriseConfig
from batmon.config.secrets import Secret
from batmon.errors import DeliveryFailed
from batmon.notify.apprise import THREADS, AppriseChannel
from batmon.notify.message import Message
from tests.integration.notify.http_bed import Receiver


def message():
    return Message(
        id=uuid.uuid4(), recipient="", subject="오류", text="로그인 실패", status="ERROR", link="https://b.example/"
    )


def channel(*ports, timeout=10.0):
    urls = tuple(Secret(f"json://127.0.0.1:{port}/in") for port in ports)
    return AppriseChannel(AppriseConfig(name="all", urls=urls, timeout=timedelta(seconds=timeout)))


async def test_a_service_gets_it():
    async with Receiver() as there:
        services = channel(there.port)
        await services.send(message())
        await services.close()
    body = there.requests[0]["json"]
    assert (body["title"], body["type"]) == ("오류", "failure")
    assert body["message"].splitlines() == ["로그인 실패", "https://b.example/"]


async def test_a_service_that_refuses_is_tried_again():
    async with Receiver((500, "")) as there:
        services = channel(there.port)
        with pytest.raises(DeliveryFailed) as caught:
            await services.send(message())
        await services.close()
    assert (caught.value.permanent, caught.value.sent_nothing) == (False, True)


async def test_services_that_hang_hold_no_more_threads_than_there_are():
    never = asyncio.Event()

    async def hang(_request, _seen):
        await never.wait()

    async with Receiver(hang) as there:
        services = channel(there.port, timeout=0.3)
        results = await asyncio.gather(*(services.send(message()) for _ in range(THREADS + 3)), return_exceptions=True)
        assert all(isinstance(result, DeliveryFailed) for result in results)
        assert sum("busy" in str(result) for result in results) == 3
        never.set()
        await services.close()


async def test_without_the_library_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "apprise", None)
    services = channel(1)
    with pytest.raises(DeliveryFailed) as caught:
        await services.send(message())
    await services.close()
    assert caught.value.permanent
    assert "batmon[apprise]" in caught.value.hint
