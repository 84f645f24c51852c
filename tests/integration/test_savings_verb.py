"""The verb `savings` on a real store, and `batmon savings` as people type it over SSH."""

from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from batmon.cli import remote_verb
from batmon.commands.session import Session
from batmon.engine.statistics.rollup import settle
from batmon.engine.statistics.savings_answers import SavingsAnswers
from batmon.errors import BadRequest
from batmon.gate.client import GateClient
from batmon.gate.keyring import KeyRing
from batmon.gate.server import GateServer
from batmon.gate.verbs import Caller
from batmon.model import Program, Role
from batmon.places import gate_address
from batmon.store.statistics import Statistics

NOW = datetime(2026, 10, 31, 18, 0, tzinfo=UTC)
"""The first of November in Seoul."""
ANYBODY = Caller("kim", Role.VIEWER, "10.0.0.7", "SHA256:x")


class Typed(Session):
    """Where a verb was typed, with a real connection to the gate."""

    def __init__(self, client, language="en"):
        self.language, self.width = language, 0
        self._client = client
        self.said, self.told = [], []

    async def gate(self):
        return self._client

    def out(self, text, end="\n"):  # noqa: ARG002 - the interface's own
        self.said += text.splitlines()

    def err(self, text):
        self.told.append(text)

    async def ask_password(self, prompt):
        raise AssertionError(prompt)

    async def read_file(self, path):
        raise AssertionError(path)


@pytest.fixture
async def answers(store, owner_url):
    program = Program("Invoice_Bot", Path("/x"), node="n", timezone="Asia/Seoul", minutes_per_item=2.5)
    await store.register("n", [program], NOW)
    connection = await asyncpg.connect(owner_url)
    await connection.executemany(
        "INSERT INTO rpa_execution_logs (bot_name, task_name, status, start_time, duration_sec, processed_count)"
        " VALUES ($1, 't', 'SUCCESS', $2, $3, $4)",
        [
            ("invoice_bot", NOW, 100, 4800), ("HR_Bot\x1b[31m", datetime(2026, 11, 2, tzinfo=UTC), None, 6),
            ("Invoice_Bot", datetime(2026, 10, 2, tzinfo=UTC), 31, 12),
        ],
    )  # fmt: skip
    await connection.close()

    async def counted():
        assert await settle(Statistics(store), lambda: NOW)

    return SavingsAnswers(store=store, settle=counted, timezone=lambda: "Asia/Seoul", now=lambda: NOW)


@pytest.fixture
async def client(answers, tmp_path):
    greeting = {"version": "0.1.0", "node": "n", "started_at": NOW, "language": "auto", "timezone": "Asia/Seoul"}
    keyring = KeyRing(tmp_path / "authorized_keys")
    gate = GateServer(answers.verbs(), greeting=lambda: greeting, keyring=keyring, audit=None)
    address = gate_address(str(tmp_path))
    await gate.start(address)
    connected = await GateClient.connect(address, client="tests")
    yield connected
    await connected.close()
    await gate.stop()


async def test_this_month_is_that_of_the_people_here(answers):
    answer = await answers.savings(ANYBODY, {})
    assert answer == {
        "month": "2026-11",
        "bots": [
            {"bot": "Invoice_Bot", "runs": 1, "count": 4800, "minutes_per_item": 2.5, "hours": 200.0,
             "average_sec": 100.0},
            {"bot": "HR_Bot\x1b[31m", "runs": 1, "count": 6, "minutes_per_item": 5.0, "hours": 0.5,
             "average_sec": None},
        ],
        "hours": 200.5,
        "more": False,
    }  # fmt: skip
    assert (await answers.savings(ANYBODY, {"month": "2026-10"}))["hours"] == 0.5


async def test_of_bots_without_end_the_first_are_shown_and_all_are_summed(answers, owner_url):
    connection = await asyncpg.connect(owner_url)
    await connection.execute(
        "INSERT INTO rpa_execution_logs (bot_name, task_name, status, processed_count, start_time)"
        " SELECT 'bot' || n, 't', 'SUCCESS', n, '2026-09-05 06:00Z' FROM generate_series(1, 1003) n"
    )
    await connection.close()
    said = await answers.savings(ANYBODY, {"month": "2026-09"})
    assert (len(said["bots"]), said["more"]) == (1000, True)
    assert (said["bots"][0]["bot"], said["bots"][-1]["bot"]) == ("bot1003", "bot3")
    assert said["hours"] == pytest.approx(sum(round(n * 5 / 60, 6) for n in range(1, 1004)), abs=1e-5)


async def test_the_sum_is_not_one_of_rounded_hours(answers, owner_url):
    connection = await asyncpg.connect(owner_url)
    await connection.executemany(
        "INSERT INTO rpa_execution_logs (bot_name, task_name, status, start_time, processed_count)"
        " VALUES ($1, 't', 'SUCCESS', $2, 3)",
        [(f"bot {number}", datetime(2026, 9, 2, tzinfo=UTC)) for number in range(10)],
    )
    await connection.close()
    answer = await answers.savings(ANYBODY, {"month": "2026-09"})
    assert {bot["hours"] for bot in answer["bots"]} == {0.25}
    assert answer["hours"] == 2.5


@pytest.mark.parametrize(
    "month", ["2026", "2026-13", "2026-1", "0000-01", "9999-12", "202６-01", 202611, ["2026-11"], ""]
)
async def test_a_month_that_is_none_is_refused(answers, month):
    with pytest.raises(BadRequest, match="month must be a year and a month as in 2026-11"):
        await answers.savings(ANYBODY, {"month": month})


async def test_the_command_prints_a_table_in_either_language_and_json(client):
    typed = Typed(client)
    assert await remote_verb(["savings"], typed) == 0
    assert typed.said == [
        "bot (2026-11)  runs  items  min/item  average  hours saved",
        "Invoice_Bot    1     4,800  2.5       1m 40s   200.0",
        "HR_Bot␛[31m    1     6      5         -        0.5",
        "total                                          200.5",
    ]
    typed = Typed(client, "ko")
    assert await remote_verb(["savings", "--month", "2026-10"], typed) == 0
    assert typed.said[0] == "봇 (2026-10)  실행  처리 건수  건당 분  평균 시간  절감 시간(h)"
    assert typed.said[-1].split() == ["합계", "0.5"]
    typed = Typed(client)
    assert await remote_verb(["savings", "--json"], typed) == 0
    assert '"month": "2026-11"' in typed.said[0]
    assert '"hours": 200.5' in typed.said[0]


async def test_a_month_without_runs_and_a_wrong_one_are_said_on_stderr(client):
    typed = Typed(client)
    assert await remote_verb(["savings", "--month", "2020-01"], typed) == 0
    assert (typed.said, typed.told) == ([], ["no successful run in 2020-01"])
    assert await remote_verb(["savings", "--month", "soon"], typed) == 2
    assert "not 'soon'" in typed.told[1]
