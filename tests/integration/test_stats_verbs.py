"""The verbs `stats.*` on a real store, held against the rows themselves, and `batmon stats` as people type it."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from batmon.cli import remote_verb
from batmon.commands.session import Session
from batmon.commands.table import cells
from batmon.engine.statistics.answers import StatsAnswers
from batmon.engine.statistics.rollup import settle
from batmon.errors import BadRequest, NotFound
from batmon.gate.client import GateClient
from batmon.gate.keyring import KeyRing
from batmon.gate.sanitize import clean
from batmon.gate.server import GateServer
from batmon.gate.verbs import Caller
from batmon.model import Program, Role
from batmon.places import gate_address
from batmon.store.statistics import Statistics

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
"""Noon of the 21st in Seoul."""
ANYBODY = Caller("kim", Role.VIEWER, "10.0.0.7", "SHA256:x")


BOARD_HEAD = (
    "program        availability      ±      target  success  runs  failed  missed   p50     p95   MTTR   MTTA"
    "       MTBF  longest outage   saved"
)
BOARD_FIRST = (
    "✗ kindscrap           85.0%  -15.0  99% missed    90.0%    20       2       1   21s  8m 23s  3.0 h  0.5 h"
    "    243.5 h              3h  72.0 h"
)


class Typed(Session):
    """Where a verb was typed, with a real connection to the gate."""

    def __init__(self, client, language="en", width=0):
        self.language, self.width = language, width
        self._client = client
        self.said, self.told = [], []

    async def gate(self):
        return self._client

    def out(self, text, end="\n"):  # noqa: ARG002 - the interface's own
        self.said += text.split("\n")

    def err(self, text):
        self.told.append(text)

    async def ask_password(self, prompt):
        raise AssertionError(prompt)

    async def read_file(self, path):
        raise AssertionError(path)


def rows():
    """(bot, status, start, seconds, processed, origin) of November so far and of October."""
    for day in range(1, 21):
        at = datetime(2026, 11, day, 6, 0, tzinfo=SEOUL)
        status = "FAILED" if day in (3, 17) else "MISSED" if day == 9 else "성공"
        yield ("kindscrap", status, at, 10 + day, 40, "log")
    yield ("KindScrap", "SUCCESS", datetime(2026, 11, 3, 8, 0, tzinfo=SEOUL), 500, 40, "rerun")
    yield ("kindscrap", "RUNNING", datetime(2026, 11, 21, 6, 0, tzinfo=SEOUL), None, 0, "log")
    for day in range(1, 22):
        yield ("kindscrap", "SUCCESS", datetime(2026, 10, day, 6, 0, tzinfo=SEOUL), 10, 20, "log")
    yield ("kindscrap", "FAILED", datetime(2026, 10, 22, 6, 0, tzinfo=SEOUL), 10, 20, "log")
    yield ("fund_mail", "SUCCESS", datetime(2026, 11, 1, 0, 30, tzinfo=SEOUL), 3, 1, "log")
    yield ("HR_Bot\x1b[31m", "SUCCESS", datetime(2026, 11, 2, 6, 0, tzinfo=UTC), 4, 6, "record")


@pytest.fixture
async def answers(store, owner_url):
    programs = [
        Program("kindscrap", Path("/x"), ("0 6 * * *",), "공시정보 스크래핑", "n", "Asia/Seoul", department="재무",
                hourly_cost=30000, availability_target=0.99, minutes_per_item=6),
        Program("fund_mail", Path("/x"), ("*/5 * * * *",), "펀드 메일", "n", "Asia/Seoul", availability_target=0.9),
        Program("idle", Path("/x"), ("0 3 * * *",), "idle", "n", availability_target=0.99),
        Program("disk", Path("/x"), (), "디스크", "n", probe=True),
    ]  # fmt: skip
    await store.register("n", programs, datetime(2026, 9, 1, tzinfo=UTC))
    connection = await asyncpg.connect(owner_url)
    await connection.executemany(
        "INSERT INTO rpa_execution_logs (bot_name, task_name, status, start_time, end_time, duration_sec,"
        " processed_count, origin)"
        " VALUES ($1::varchar, 't', $2, $3::timestamptz, $3::timestamptz + make_interval(secs => $4::float8),"
        " $4::float8, $5, $6)",
        list(rows()),
    )
    await connection.execute("UPDATE programs SET probe = 'disk', schedule = '{}' WHERE name = 'disk'")
    await connection.executemany(
        "INSERT INTO incidents (program, reason, severity, opened_at, begun_at, resolved_at, acknowledged_at,"
        " first_verdict, last_verdict) VALUES ($1, 'failed', $2, $3, $3, $4, $5, 1, 1)",
        [
            ("kindscrap", "ERROR", at(3, 6, 10), at(3, 9, 10), at(3, 6, 40)),
            ("kindscrap", "ERROR", at(21, 10, 0), None, None),
            ("disk", "WARNING", at(5, 0, 0), at(5, 1, 0), None),
            ("gone", "ERROR", at(1, 0, 0) - timedelta(hours=1), at(1, 2, 0), None),
        ],
    )
    await connection.close()
    statistics = Statistics(store)
    return StatsAnswers(
        store,
        settle=lambda seconds: settle(statistics, lambda: NOW, seconds),
        timezone=lambda: "Asia/Seoul",
        currency="KRW",
        now=lambda: NOW,
    )


def at(day, hour, minute):
    return datetime(2026, 11, day, hour, minute, tzinfo=SEOUL)


def by_hand(bot, start, end):
    """What the rows of a bot come to between two days of Seoul."""
    inside = [row for row in rows() if row[0].lower() == bot and start <= row[2].date() <= end]
    scheduled = [row for row in inside if row[5] != "rerun"]
    good = [row for row in inside if row[1] in ("SUCCESS", "성공")]
    kept = [row for row in scheduled if row in good]
    failed = [row for row in inside if row[1] == "FAILED"]
    due = [row for row in scheduled if row[1] != "RUNNING"]
    return {
        "runs": len(good) + len(failed), "succeeded": len(good), "failed": len(failed),
        "missed": sum(row[1] == "MISSED" for row in inside), "unfinished": sum(row[1] == "RUNNING" for row in inside),
        "reruns": len(inside) - len(scheduled), "due": len(due), "kept": len(kept),
        "availability": len(kept) / len(due),
        "success_rate": len(good) / (len(good) + len(failed)), "processed": sum(row[4] for row in good),
        "seconds": sorted(row[3] for row in good),
    }  # fmt: skip


async def test_a_bot_is_found_by_the_name_that_it_is_shown_by(answers):
    shown = clean("HR_Bot\x1b[31m")
    days = (await answers.days(ANYBODY, {"programs": [shown, "KINDSCRAP"]}))["programs"]
    assert [one["program"] for one in days] == ["HR_Bot\x1b[31m", "kindscrap"]
    assert days[0]["days"][1] == (1, 0, 0, 0)
    one = (await answers.program(ANYBODY, {"program": shown}))["program"]
    assert (one["program"], one["title"], one["succeeded"]) == ("HR_Bot\x1b[31m", "HR_Bot\x1b[31m", 1)
    with pytest.raises(NotFound):
        await answers.program(ANYBODY, {"program": "HR_Bot⟨U+202E⟩"})


async def test_the_board_says_what_the_rows_come_to_worst_first(answers):
    answer = await answers.programs(ANYBODY, {})
    assert answer["period"] == {"start": "2026-11-01", "end": "2026-11-21"}
    assert answer["before"] == {"start": "2026-10-01", "end": "2026-10-21"}
    assert (answer["timezone"], answer["currency"], answer["next"]) == ("Asia/Seoul", "KRW", None)
    names = [one["program"] for one in answer["programs"]]
    assert names == ["kindscrap", "gone", "HR_Bot\x1b[31m", "disk", "fund_mail", "idle"]
    one, gone, bot, disk, mail, idle = answer["programs"]
    now = by_hand("kindscrap", date(2026, 11, 1), date(2026, 11, 21))
    seconds = now.pop("seconds")
    assert {key: one[key] for key in now} == now
    assert one["p50_sec"] == pytest.approx(median(seconds), rel=0.05)
    assert one["max_sec"] == pytest.approx(seconds[-1], rel=0.025)
    assert one["mean_sec"] == pytest.approx(sum(seconds) / len(seconds))
    before = by_hand("kindscrap", date(2026, 10, 1), date(2026, 10, 21))
    before.pop("seconds")
    assert {key: one["before"][key] for key in before} == before
    assert (one["target"], one["met"], one["scheduled"], one["department"]) == (0.99, False, True, "재무")
    assert one["change"]["availability"] == pytest.approx(now["availability"] - 1)
    assert one["change"]["runs"] == pytest.approx((now["runs"] - 21) / 21, abs=1e-6)
    assert (one["saved_hours"], one["saved_money"]) == (now["processed"] / 10, now["processed"] * 3000)
    assert (one["opened"], one["resolved"], one["open"], one["acknowledged"], one["errors"]) == (2, 1, 1, 1, 2)
    assert (one["mttr_hours"], one["mtta_hours"], one["completion_rate"]) == (3, 0.5, 0.5)
    assert (one["outage_sec"], one["longest_outage_sec"]) == (5 * 3600, 3 * 3600)
    assert one["mtbf_hours"] == pytest.approx((20.5 * 24 - 5) / 2)
    assert (gone["configured"], gone["opened"], gone["resolved"], gone["outage_sec"]) == (False, 0, 1, 2 * 3600)
    assert (gone["before"]["opened"], gone["before"]["outage_sec"]) == (0, 0)
    assert (disk["title"], disk["configured"], disk["runs"], disk["outage_sec"]) == ("디스크", True, 0, 0)
    assert (bot["configured"], bot["availability"], bot["success_rate"], bot["due"]) == (False, None, 1, 0)
    assert (mail["met"], mail["availability"], mail["timezone"]) == (True, 1, "Asia/Seoul")
    assert (idle["met"], idle["availability"], idle["runs"]) == (None, None, 0)
    total = answer["total"]
    assert (total["runs"], total["targets"], total["missed_targets"]) == (now["runs"] + 2, 2, 1)
    assert total["availability"] == (now["kept"] + 1) / (now["due"] + 1)
    assert total["saved_money"] == one["saved_money"]
    assert (total["opened"], total["outage_sec"], total["longest_outage_sec"]) == (3, 7 * 3600, 3 * 3600)
    watched = ("kindscrap", "gone", "fund_mail", "idle", "disk")  # nobody watches the bot of the strange name
    assert total["mtbf_hours"] == pytest.approx((len(watched) * 20.5 * 24 - 7) / total["errors"])


async def test_pages_of_the_board_are_the_whole_board(answers):
    whole = await answers.programs(ANYBODY, {"period": "30d"})
    found, offset = [], 0
    while offset is not None:
        page = await answers.programs(ANYBODY, {"period": "30d", "offset": offset, "limit": 2})
        assert page["total"] == whole["total"]
        found, offset = found + page["programs"], page["next"]
    assert found == whole["programs"]
    some = await answers.programs(ANYBODY, {"programs": ["FUND_MAIL", "gone"], "period": "month"})
    assert [one["program"] for one in some["programs"]] == ["gone", "fund_mail"]


async def test_the_heatmap_has_the_counts_of_each_day(answers):
    answer = await answers.days(ANYBODY, {"from": "2026-11-01", "to": "2026-11-21"})
    assert answer["days"] == [f"2026-11-{day:02}" for day in range(1, 22)]
    assert [one["program"] for one in answer["programs"]] == ["HR_Bot\x1b[31m", "idle", "kindscrap", "fund_mail"]
    assert (answer["total"], answer["next"]) == (4, None)
    days = {one["program"]: one["days"] for one in answer["programs"]}
    assert days["kindscrap"][2] == (1, 1, 0, 0)
    assert days["kindscrap"][8] == (0, 0, 1, 0)
    assert days["kindscrap"][20] == (0, 0, 0, 1)
    assert days["fund_mail"] == [(1, 0, 0, 0)] + [None] * 20
    assert days["idle"] == [None] * 21
    page = await answers.days(ANYBODY, {"period": "month", "offset": 1, "limit": 2})
    assert ([one["program"] for one in page["programs"]], page["next"]) == (["idle", "kindscrap"], 3)
    wide = await answers.days(ANYBODY, {"from": "2024-01-01", "to": "2026-11-21", "programs": ["Kindscrap"]})
    assert sum(counts[0] for counts in wide["programs"][0]["days"] if counts) == 18 + 21


async def test_one_program_in_full(answers):
    answer = await answers.program(ANYBODY, {"program": "KINDSCRAP"})
    board = await answers.programs(ANYBODY, {"programs": ["kindscrap"]})
    assert answer["program"] == board["programs"][0]
    days = {day["day"]: day for day in answer["days"]}
    assert len(days) == 21
    third = days["2026-11-03"]
    assert (third["succeeded"], third["failed"], third["reruns"], third["opened"], third["resolved"]) == (1, 1, 1, 1, 1)
    assert third["outage_sec"] == 3 * 3600
    assert third["max_sec"] == pytest.approx(500, rel=0.025)
    assert days["2026-11-21"]["outage_sec"] == 2 * 3600
    for key in ("succeeded", "failed", "missed", "unfinished", "processed", "opened", "resolved", "outage_sec"):
        assert sum(day[key] for day in days.values()) == answer["program"][key]
    assert sum(one["count"] for one in answer["durations"]) == answer["program"]["succeeded"]
    assert len(answer["durations"]) <= 60
    assert answer["durations"][0]["from_sec"] < 11 <= answer["durations"][0]["to_sec"]
    assert answer["durations"][-1]["to_sec"] >= 500 > answer["durations"][-1]["from_sec"]
    assert [(one["outage_sec"], one["resolved_at"] is None) for one in answer["incidents"]] == [
        (7200, True),
        (10800, False),
    ]
    assert answer["incidents"][1]["acknowledged_at"] == "2026-11-02T21:40:00+00:00"


async def test_what_is_asked_wrongly_is_said(answers):
    for args, words in (
        ({"period": "soon"}, "is no period"),
        ({"period": 5}, "period must be a text"),
        ({"period": "month", "from": "2026-11-01"}, "not both"),
        ({"from": "2026-11-31"}, "is no day"),
        ({"from": "2026-12-01"}, "has not begun"),
        ({"from": "2026-11-20", "to": "2026-11-01"}, "cannot end"),
        ({"from": "1999-01-01"}, "days"),
        ({"to": "2026-11-01"}, "from when on"),
        ({"programs": "kindscrap"}, "must be a list"),
        ({"offset": -1}, "offset must be"),
    ):
        with pytest.raises(BadRequest, match=words):
            await answers.programs(ANYBODY, args)


async def test_what_nobody_knows_is_said(answers):
    with pytest.raises(NotFound, match="nothing is known of a program 'kind'"):
        await answers.program(ANYBODY, {"program": "kind"})
    with pytest.raises(NotFound, match="'nobody'"):
        await answers.programs(ANYBODY, {"programs": ["kindscrap", "nobody"]})
    with pytest.raises(BadRequest, match="program must be a text"):
        await answers.program(ANYBODY, {})


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


async def test_the_board_is_printed_aligned_in_either_language(client):
    typed = Typed(client)
    assert await remote_verb(["stats"], typed) == 0
    assert typed.said[:4] == [
        "2026-11-01 – 2026-11-21  Asia/Seoul",
        "",
        BOARD_HEAD,
        BOARD_FIRST,
    ]
    assert typed.said[5].startswith("  HR_Bot␛[31m             –                      100.0%     1")
    assert typed.said[-1].split()[:3] == ["total", "85.7%", "-14.3"]
    assert typed.told == [
        "1 of 2 targets missed",
        "compared with 2026-10-01 – 2026-10-21; incidents are cut at midnight in Asia/Seoul",
        "what each figure means: docs/metrics.md; all of them: --json",
    ]
    typed = Typed(client, "ko")
    assert await remote_verb(["stats", "--period", "month"], typed) == 0
    assert len({cells(line) for line in typed.said[2:]}) == 1
    assert typed.said[3].split() == [
        "✗", "kindscrap", "85.0%", "-15.0", "99%", "미달", "90.0%", "20", "2", "1", "21초", "8분", "23초",
        "3.0시간", "0.5시간", "243.5시간", "3시간", "72.0시간",
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "ko"])
async def test_a_narrow_terminal_gets_fewer_columns_and_is_told_which(client, language):
    typed = Typed(client, language, 80)
    assert await remote_verb(["stats"], typed) == 0
    assert max(map(cells, typed.said)) <= 80
    assert "99%" in typed.said[3]
    assert "MTBF, MTTA, p50" in typed.told[0]


async def test_one_program_is_printed_in_full(client):
    typed = Typed(client)
    assert await remote_verb(["stats", "KINDSCRAP", "--from", "2026-11-01", "--to", "2026-11-21"], typed) == 0
    assert typed.said[0] == "공시정보 스크래핑 (kindscrap)  2026-11-01 – 2026-11-21  target 99% missed"
    figures = {line.partition("  ")[0]: line.split("  ")[1:] for line in typed.said}
    assert [word.strip() for word in figures["Availability"] if word] == ["85.0%", "100.0%", "-15.0% pts"]
    assert [word.strip() for word in figures["Money saved"] if word] == ["₩2,160,000", "₩1,260,000", "+71.4%"]
    assert "2026-11-03          1       1       –  8m 23s  8m 23s   8m 23s    1      3h" in typed.said
    assert typed.said[-1].split() == [
        "1", "ERROR", "2026-11-03", "06:10:00", "2026-11-03", "06:40:00", "2026-11-03", "09:10:00", "3h",
    ]  # fmt: skip


async def test_json_has_everything(client, answers):
    typed = Typed(client)
    assert await remote_verb(["stats", "--json", "--period", "2026-11"], typed) == 0
    whole = json.loads(typed.said[0])
    assert len(whole["programs"]) == 6
    assert whole["total"]["missed_targets"] == 1
    assert whole["programs"][0] == (await answers.programs(ANYBODY, {}))["programs"][0]
    typed = Typed(client)
    assert await remote_verb(["stats", "fund_mail", "--json"], typed) == 0
    assert len(json.loads(typed.said[0])["days"]) == 21
    assert typed.told == []


async def test_nothing_and_mistakes_have_their_exit_codes(client, store):
    typed = Typed(client)
    assert await remote_verb(["stats", "--period", "soon"], typed) == 2
    assert "write week, month" in " ".join(typed.told)
    assert await remote_verb(["stats", "nobody"], typed) == 1
    await store.register("n", [], NOW)
    typed = Typed(client, "ko")
    assert await remote_verb(["stats", "--period", "2020-01"], typed) == 0
    assert typed.said == []
    assert typed.told[0] == "2020-01-01부터 2020-01-31까지 집계된 것이 없습니다"


async def test_an_answer_says_when_the_past_is_still_being_counted(answers):
    async def not_yet(_seconds):
        return False

    answers._settle = not_yet
    for answer in (
        await answers.programs(ANYBODY, {}), await answers.days(ANYBODY, {}),
        await answers.program(ANYBODY, {"program": "idle"}),
    ):  # fmt: skip
        assert answer["counting"] is True


async def test_the_cost_of_an_hour_is_that_of_the_configuration_for_bots_that_nobody_configured(store, owner_url):
    await store.register("n", [], NOW, 30_000)
    await store.register_unconfigured("new_bot", "n", NOW, "Asia/Seoul", 30_000)
    await store.register_unconfigured("other_bot", "other", NOW, "UTC", 10)
    connection = await asyncpg.connect(owner_url)
    costs = "SELECT name, hourly_cost::float8 FROM programs ORDER BY name"
    assert [tuple(row) for row in await connection.fetch(costs)] == [("new_bot", 30_000), ("other_bot", 10)]
    await store.register("n", [], NOW, 35_000.5)
    assert [tuple(row) for row in await connection.fetch(costs)] == [("new_bot", 35_000.5), ("other_bot", 10)]
    await connection.close()


async def test_the_protocol_document_names_every_figure(answers):
    document = (Path(__file__).resolve().parents[2] / "docs" / "gate.md").read_text("utf-8")
    answer = await answers.program(ANYBODY, {"program": "kindscrap"})
    shapes = {
        "ProgramStats": answer["program"], "DayStats": answer["days"][0], "IncidentStats": answer["incidents"][0],
    }  # fmt: skip
    for name, shape in shapes.items():
        _, _, after = document.partition(f"\n`{name}`")
        described = after.partition("\n`")[0]
        assert not {key for key in shape if f'"{key}"' not in described}, name
