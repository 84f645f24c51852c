"""A store that answers at length, strangely or maliciously is understood or refused, in words."""

from datetime import UTC, datetime

import pytest
from aiohttp import web

from batmon.config.outside_steps import S3Place
from batmon.config.secrets import Secret
from batmon.engine.automations import s3

BOMB = (
    '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">]><L><Contents><Key>&b;</Key>'
    "</Contents></L>"
)


def listing(count):
    more = f"{'k' * 300}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><Size>5</Size></Contents>"
    return "<L>" + "".join(f"<Contents><Key>b/{number:06d}{more}" for number in range(count)) + "</L>"


async def listed(body):
    async def answer(_request):
        return web.Response(body=body)

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    place = S3Place(f"http://127.0.0.1:{port}", "bucket", Secret("AKIA-hush"), Secret("s3cr3t-hush"))
    try:
        async with s3.opened(place, lambda: datetime.now(UTC)) as bucket:
            return await bucket.listed("b/")
    finally:
        await runner.cleanup()


async def test_a_list_that_comes_in_many_pieces_is_read_whole():
    assert len(await listed(listing(1000).encode())) == 1000


@pytest.mark.parametrize(
    "body",
    [
        BOMB.encode("utf-16"), b"<!DOCTYPE a><L/>", b"<L><Contents><Size>1</Size></Contents></L>",
        b"<L><Contents><Key>k</Key><Size>many</Size></Contents></L>",
        b"<L><Contents><Key>k</Key><LastModified>yesterday</LastModified></Contents></L>",
        b"<L><Contents><Key>k</Key><LastModified>0001-01-01T00:00:00+23:00</LastModified></Contents></L>",
        b"\xff\xfe\x00", b"", b"x" * (s3.MOST_ANSWER + 1),
    ],
)  # fmt: skip
async def test_an_answer_that_is_none_is_refused_in_words(body, monkeypatch):
    monkeypatch.setattr(s3, "AGAIN_SEC", 0.01)
    with pytest.raises(s3.S3Failed) as refused:
        await listed(body)
    assert "s3://bucket/" in str(refused.value)
    assert "hush" not in str(refused.value)
