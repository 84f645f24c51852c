"""ServiceNow against a table of its own kind: one incident is one record, whatever comes twice or at once."""

import asyncio
import json
import uuid

import pytest
from aiohttp import web

from batmon.config.channels import ServiceNowConfig
from batmon.config.secrets import Secret
from batmon.errors import DeliveryFailed
from batmon.notify.message import Message
from batmon.notify.servicenow import ServiceNowChannel, correlation_id
from tests.integration.notify.http_bed import Receiver


class Table:
    """The Table API as far as it is used: GET with an encoded query, POST, PATCH."""

    def __init__(self):
        self.rows = []
        self.patches = []
        self.gate = None

    async def __call__(self, request, seen):
        if request.headers.get("Authorization") not in {"Basic YmF0bW9uOnBhw59n", "Bearer tok"}:
            return web.json_response({"error": {"message": "User Not Authenticated"}}, status=401)
        if request.method == "GET":
            wanted = seen["query"]["sysparm_query"].split("^")[0].removeprefix("correlation_id=")
            found = [row for row in self.rows if row["correlation_id"] == wanted]
            answer = [{key: row[key] for key in ("sys_id", "number", "state")} for row in found]
            if self.gate is not None and len(self.rows) < 2:
                await self.gate.wait()
            return web.json_response({"result": answer})
        if request.method == "POST":
            number = len(self.rows) + 1
            self.rows.append({"sys_id": f"{number:032x}", "number": f"INC{number:07}", "state": "1", **seen["json"]})
            return web.json_response({"result": self.rows[-1]}, status=201)
        row = next(row for row in self.rows if row["sys_id"] == request.path.rpartition("/")[2])
        row.update(seen["json"])
        self.patches.append((row["number"], seen["json"]))
        return web.json_response({"result": row})


def message(event="opened", **values):
    given = {"subject": "[BATMON] 오류: kindscrap", "text": "로그인 실패", "title": "오류: kindscrap", "recipient": "",
             "correlation": "incident:17", "status": "ERROR"}  # fmt: skip
    return Message(id=uuid.uuid4(), event=event, **(given | values))


def channel(url, **values):
    given = {"name": "snow", "url": url, "username": "batmon", "password": Secret("paßg")}
    return ServiceNowChannel(ServiceNowConfig(**(given | values)))


async def test_created_once_then_written_to_then_resolved():
    table = Table()
    async with Receiver(table) as there:
        snow = channel(there.url, fields={"urgency": "1", "short_description": "{status}: {title}"})
        opened = await snow.send(message())
        await snow.send(message("reminder"))
        resolved = await snow.send(message("resolved"))
        again = await snow.send(message("resolved"))
        await snow.close()
    (row,) = table.rows
    assert row["short_description"] == "ERROR: 오류: kindscrap"
    assert row["urgency"] == "1"
    assert row["correlation_id"] == "batmon:incident:17"
    assert (row["state"], row["close_code"], row["close_notes"]) == ("6", "Solution provided", "오류: kindscrap")
    assert "로그인 실패" in table.patches[0][1]["work_notes"]
    assert opened.reference == resolved.reference == again.reference == "INC0000001"
    assert [opened.detail, resolved.detail, again.detail] == ["created", "resolved", "is resolved already"]
    assert len(table.patches) == 2


async def test_a_resolved_record_is_taken_up_again_and_a_closed_one_is_not():
    table = Table()
    async with Receiver(table) as there:
        snow = channel(there.url, username="", password=None, token=Secret("tok"))
        await snow.send(message())
        await snow.send(message("resolved"))
        assert (await snow.send(message())).detail == "reopened"
        assert table.rows[0]["state"] == "2"
        table.rows[0]["state"] = "7"
        assert (await snow.send(message())).reference == "INC0000002"
        await snow.close()


async def test_what_was_never_reported_needs_no_resolution():
    table = Table()
    async with Receiver(table) as there:
        snow = channel(there.url)
        sent = await snow.send(message("resolved"))
        await snow.close()
    assert table.rows == []
    assert "no record" in sent.detail


async def test_two_messages_at_once_in_one_daemon_make_one_record():
    table = Table()
    async with Receiver(table) as there:
        snow = channel(there.url)
        await asyncio.gather(*(snow.send(message(event)) for event in ("opened", "escalated", "reminder")))
        await snow.close()
    assert len(table.rows) == 1


async def test_two_daemons_at_once_agree_on_the_older_record():
    table = Table()
    table.gate = asyncio.Event()
    async with Receiver(table) as there:
        one, other = channel(there.url), channel(there.url)
        both = asyncio.gather(one.send(message()), other.send(message()))
        while len(there.requests) < 2:
            await asyncio.sleep(0.01)
        table.gate.set()
        sent = await both
        await one.close()
        await other.close()
    assert [row["state"] for row in table.rows] in (["1"], ["1", "6"])
    assert len(table.rows) == 1 or "INC0000001" in table.rows[1]["close_notes"]
    assert {one.reference for one in sent} == {"INC0000001"}


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [((401, "{}"), True), ((403, "{}"), True), ((429, "{}"), False), ((500, "{}"), False), ((200, "<html>"), False),
     ((200, json.dumps({"result": [{"number": "x"}]})), False)],
)  # fmt: skip
async def test_what_it_does_not_take(answer, permanent):
    async with Receiver(answer) as there:
        snow = channel(there.url)
        with pytest.raises(DeliveryFailed) as caught:
            await snow.send(message())
        await snow.close()
    assert caught.value.permanent is permanent


async def test_trouble_with_looking_again_does_not_make_a_second_record():
    table = Table()
    async with Receiver([table, table, (500, ""), table]) as there:
        snow = channel(there.url)
        assert (await snow.send(message())).detail == "created"
        await snow.send(message("reminder"))
        await snow.close()
    assert len(table.rows) == 1


@pytest.mark.parametrize("correlation", ["javascript:gs.x()", "a^ORnumberISNOTEMPTY", "x" * 300, "장애 17", "a=b"])
def test_a_correlation_never_becomes_a_query(correlation):
    made = correlation_id(message(correlation=correlation))
    assert made.startswith("batmon:")
    assert not set(made) & set("^=() ")
    assert len(made) <= 100
