"""What compromised programs and anybody with the database can write: shown as text, cut to size, blinding nobody."""

import asyncio
import json
import os

import psycopg2
import pytest

from batmon.errors import BatmonError, EvidenceError, NotFound
from tests.acceptance.installation import log_line
from tests.acceptance.test_daemon import append

NASTY = "\x1b]52;c;ZXZpbA==\x07[/b][red]\x1b[2J\x9b31m\u202e\u2028|'ok'=9"
WORDS = ("check",), ("runs", "Big"), ("runs", "Big", "--json"), ("check", "--json"), ("audit",)


def recorder(url):
    connection = psycopg2.connect(url)
    connection.autocommit = True
    cursor = connection.cursor()

    def record(bot, status="FAILED", message="", details="", task="task"):
        cursor.execute(
            "INSERT INTO rpa_execution_logs (bot_name, task_name, status, message, error_details)"
            " VALUES (%s, %s, %s, %s, %s)",
            (bot, task, status, message, details),
        )

    return record


def harmless(text):
    return not [char for char in text if char != "\n" and not char.isprintable()]


async def test_records_of_any_size_and_content_blind_nobody(installation):
    installation.add_program("kindscrap")
    await installation.start()
    record = await asyncio.to_thread(recorder, await installation.database_url())
    for _ in range(70):
        await asyncio.to_thread(record, "Big", "FAILED", NASTY + "가" * 100_000, NASTY + "\u202e" * 100_000, NASTY)
    await asyncio.to_thread(record, "Word", NASTY[:20], NASTY, NASTY)
    for name in ("", "x\nBATMON OK - fine", NASTY, "../../etc", "a" * 50, " "):
        await asyncio.to_thread(record, name, "FAILED", NASTY)
    row = await installation.until("Word", lambda row: row["last_run"] is not None)
    assert harmless(json.dumps(row, ensure_ascii=False))
    await installation.until("Big", lambda row: row["status"] == "ERROR")
    page = await installation.ask("runs", program="Big", limit=1000)
    assert page["more"]
    assert len((await installation.ask("program", name="Big"))["recent"]) >= 3
    for words in WORDS:
        code, out, err = await installation.batmon(*words)
        assert code != 3, err
        assert out
        assert harmless(out + err)
    code, out, _ = await installation.batmon("runs", "Big", "--json", "--limit", "1000")
    assert len(json.loads(out)) == 70
    code, out, _ = await installation.batmon("check")
    assert (code, out.splitlines()[0].count("|")) == (2, 1)
    assert not [line for line in out.splitlines()[1:] if line.startswith("BATMON")]


async def test_log_lines_and_what_stands_in_place_of_logs_are_harmless(installation, tmp_path):
    secret = tmp_path / "secret.log"
    secret.write_text("the secret\n")
    log = installation.add_program("kindscrap", extra='logs = ["logs/*.log", "more/**/*.log"]')
    logs = log.parent
    os.mkfifo(logs / "fifo.log")
    (logs / "link.log").symlink_to(secret)
    (logs / "dev.log").symlink_to("/dev/zero")
    (logs / "ring.log").symlink_to("ring.log")
    (logs / f"odd{NASTY.replace('/', '')}.log").write_text("odd\n")
    append(log, log_line("수집 시작"))
    await installation.start()
    append(log, log_line(NASTY + "\u202e" * 70_000, "ERROR"), *(NASTY + "\u202e" * 5000 + "\n" for _ in range(50)))
    append(log, log_line("수집 실패: " + NASTY + "\u202e" * 70_000, "ERROR"))
    row = await installation.until("kindscrap", lambda row: row["status"] == "ERROR")
    assert harmless(json.dumps(row, ensure_ascii=False))
    for words in (("check",), ("logs", "kindscrap"), ("logs", "kindscrap", "--files"), ("runs", "kindscrap")):
        code, out, err = await installation.batmon(*words)
        assert code in (0, 2), err
        assert harmless(out + err)
        assert "the secret" not in out
    for path in (str(secret), "/etc/passwd", f"{logs}/../../config.toml", "../../etc/passwd", "x\0y"):
        with pytest.raises(NotFound):
            await installation.ask("log.read", program="kindscrap", path=path)
    for name in ("link.log", "fifo.log", "dev.log", "ring.log"):
        with pytest.raises((NotFound, EvidenceError)):
            await installation.ask("log.read", program="kindscrap", path=str(logs / name))


async def test_many_programs_that_fail_at_once_are_all_in_one_check(installation):
    for number in range(400):
        installation.add_program(f"p{number}")
    await installation.start()
    for number in range(400):
        log = installation.home / f"p{number}" / "logs" / f"p{number}.log"
        append(log, log_line("수집 시작"), log_line("수집 실패: " + "가" * 450, "ERROR"), "\u202e" * 490 + "\n")
    red = set()
    async with asyncio.timeout(30), installation.client() as client, client.stream("watch") as frames:
        async for frame in frames:
            for row in frame.get("snapshot", frame.get("rows", [])):
                (red.add if row["status"] == "ERROR" else red.discard)(row["name"])
            if len(red) == 400:
                break
    answer, _ = await installation.check()
    assert [program["status"] for program in answer["programs"]] == ["ERROR"] * 400
    code, out, _ = await installation.batmon("check")
    assert code == 2
    assert "400 error" in out
    with pytest.raises(BatmonError):
        await installation.ask("check", programs=["nobody"])
