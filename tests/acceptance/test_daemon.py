"""The daemon as a real process on its embedded Postgres: evidence in, verdicts out, whatever is killed."""

import asyncio
import json
import os
import signal
import socket

from batmon.evidence.processes import identify, is_alive
from tests.acceptance.installation import PATIENCE_SEC, log_line
from tests.rpa_document import logger_at

HANGS = 'rerun = ["sh", "-c", "echo started; sleep 600 & sleep 600"]'


def append(path, *lines, encoding="utf-8"):
    with path.open("ab") as file:
        file.write("".join(lines).encode(encoding))


async def postmaster(installation):
    text = (installation.state / "postgres" / "postmaster.pid").read_text()
    return int(text.splitlines()[0])


async def test_a_failing_run_turns_its_row_red_with_the_line(installation):
    log = installation.add_program("kindscrap")
    await installation.start()
    append(log, log_line("공시정보 수집 시작"), encoding="cp949")
    await installation.until("kindscrap", lambda row: row["running"] is not None)
    append(log, log_line("로그인 실패: 비밀번호가 올바르지 않습니다", "ERROR"), encoding="cp949")
    row = await installation.until("kindscrap", lambda row: row["status"] == "ERROR")
    assert row["reason"] == "failed"
    assert "비밀번호가 올바르지 않습니다" in row["facts"]["line"]
    answer, code = await installation.check("kindscrap")
    assert (answer["status"], code) == ("ERROR", 2)


async def test_logs_rotated_under_a_running_daemon_lose_no_run(installation):
    log = installation.add_program("fund_mail")
    await installation.start()
    for number, rotate in enumerate((None, "rename", "copytruncate", "dated")):
        if rotate == "rename":
            log.rename(log.with_name("fund_mail.log.1"))
        elif rotate == "copytruncate":
            log.with_name("fund_mail.log.2").write_bytes(log.read_bytes())
            os.truncate(log, 0)
        elif rotate == "dated":
            log = log.with_name("fund_mail_20261122.log")
        append(
            log,
            log_line(f"펀드 메일 수집 시작 {number}"),
            log_line(f"{number + 1}건 수집"),
            log_line("펀드 메일 수집 완료"),
        )
        await installation.until("fund_mail", lambda row, n=number: len(row["strip"]) == n + 1 and not row["running"])
    runs = (await installation.ask("runs", program="fund_mail"))["runs"]
    assert [run["processed_count"] for run in runs] == [4, 3, 2, 1]
    assert {run["status"] for run in runs} == {"SUCCESS"}


async def test_a_record_and_a_log_that_disagree_are_a_warning_with_both(installation):
    log = installation.add_program("kindscrap")
    await installation.start()
    logger = logger_at(await installation.database_url())
    log_id = await asyncio.to_thread(logger.start_log, "kindscrap", "scrape")
    append(log, log_line("공시정보 수집 시작"))
    append(log, log_line("수집 중 예외", "ERROR"), "Traceback (most recent call last):\n", '  File "main.py", line 3\n')
    append(log, "ValueError: 표가 없습니다\n")
    await installation.until("kindscrap", lambda row: row["last_log"].startswith("ValueError"))
    await asyncio.to_thread(logger.end_log, log_id, "SUCCESS", "ok", "", 3)
    row = await installation.until("kindscrap", lambda row: row["reason"] == "contradiction")
    assert row["status"] == "WARNING"
    assert row["facts"]["record"] == "SUCCESS"
    assert "ValueError: 표가 없습니다" in row["facts"]["line"]
    runs = (await installation.ask("runs", program="kindscrap"))["runs"]
    assert len(runs) == 1


async def test_sigterm_drains_and_exits_0_and_systemd_is_told(installation):
    installation.add_program("kindscrap")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        address = installation.home / "notify"
        channel.bind(str(address))
        channel.settimeout(PATIENCE_SEC)
        await installation.start(NOTIFY_SOCKET=str(address))
        assert "READY=1" in (await asyncio.to_thread(channel.recv, 4096)).decode()
        pid = await postmaster(installation)
        assert await installation.stop() == 0
        assert "STOPPING=1" in (await asyncio.to_thread(channel.recv, 4096)).decode()
    assert identify(pid) is None
    lines = (installation.home / "daemon.log").read_text().splitlines()
    assert all(json.loads(line)["message"] for line in lines)


async def test_a_killed_daemon_comes_back_and_finds_what_it_missed(installation):
    log = installation.add_program("kindscrap")
    await installation.start()
    append(log, log_line("수집 시작"), log_line("수집 완료"))
    before = await installation.until("kindscrap", lambda row: len(row["strip"]) == 1 and not row["running"])
    pid = identify(await postmaster(installation))
    append(log, log_line("수집 시작"))
    await installation.until("kindscrap", lambda row: row["running"] is not None)
    assert await installation.kill() == -signal.SIGKILL
    async with asyncio.timeout(PATIENCE_SEC):
        while is_alive(pid):
            await asyncio.sleep(0.02)
    append(log, log_line("수집 완료"), log_line("수집 시작"), log_line("수집 실패: 시간 초과", "ERROR"))
    await installation.start()
    row = await installation.until("kindscrap", lambda row: len(row["strip"]) == 3 and row["status"] == "ERROR")
    assert [entry[0] for entry in row["strip"]] == ["SUCCESS", "SUCCESS", "FAILED"]
    runs = (await installation.ask("runs", program="kindscrap"))["runs"]
    assert len({run["run_id"] for run in runs}) == len(runs) == 3
    assert runs[2]["log_id"] == before["last_run"]["log_id"]


async def test_a_killed_postgres_is_started_again_and_nothing_is_lost(installation):
    log = installation.add_program("kindscrap")
    await installation.start()
    append(log, log_line("수집 시작"), log_line("수집 완료"))
    await installation.until("kindscrap", lambda row: len(row["strip"]) == 1 and not row["running"])
    for number in range(2, 5):
        os.kill(await postmaster(installation), signal.SIGKILL)
        append(log, log_line("수집 시작"), log_line("수집 완료"))
        await installation.until("kindscrap", lambda row, n=number: len(row["strip"]) == n and not row["running"])
    assert installation.process.returncode is None


async def test_a_second_daemon_is_refused_with_words(installation):
    installation.add_program("kindscrap")
    await installation.start()
    code, _, err = await installation.batmon("daemon")
    assert code == 1
    assert "already owns" in err
    assert "Traceback" not in err


async def test_a_rerun_asks_for_the_password_records_who_and_can_be_stopped(installation):
    installation.add_program("kindscrap", extra=HANGS)
    await installation.start()
    code, _, err = await installation.batmon("rerun", "kindscrap", BATMON_PASSWORD="secret-enough")
    assert (code, "no operation password is set" in err) == (1, True)
    code, _, err = await installation.batmon("password", "set", "--password-file", "-", stdin="secret-enough\n")
    assert code == 0, err
    code, _, err = await installation.batmon("rerun", "kindscrap", BATMON_PASSWORD="wrong-password")
    assert (code, "wrong" in err) == (1, True)
    code, _, err = await installation.batmon("rerun", "kindscrap", "--no-follow", BATMON_PASSWORD="secret-enough")
    assert code == 0, err
    row = await installation.until("kindscrap", lambda row: row["running"] is not None)
    assert (row["running"]["origin"], bool(row["running"]["started_by"])) == ("rerun", True)
    code, _, err = await installation.batmon("rerun", "kindscrap", BATMON_PASSWORD="secret-enough")
    assert (code, "running already" in err) == (1, True)
    code, _, err = await installation.batmon("stop", "kindscrap", BATMON_PASSWORD="secret-enough")
    assert code == 0, err
    row = await installation.until("kindscrap", lambda row: row["running"] is None)
    assert row["last_run"]["status"] == "FAILED"
    entries = (await installation.ask("audit"))["entries"]
    tried = [(entry["action"], entry["outcome"]) for entry in entries]
    assert tried.count(("rerun", "done")) == 1
    assert tried.count(("rerun", "refused")) == 3
    assert ("stop", "done") in tried


async def test_a_rerun_survives_the_daemon_and_is_taken_up_again(installation):
    script = installation.home / "job.sh"
    script.write_text("echo one; while [ ! -e go ]; do sleep 0.05; done; echo two; exit 0\n")
    installation.add_program("kindscrap", extra=f'rerun = ["sh", "{script}"]')
    await installation.start()
    await installation.batmon("password", "set", "--password-file", "-", stdin="secret-enough\n")
    answer = await installation.ask("rerun", program="kindscrap", password="secret-enough")
    await installation.until("kindscrap", lambda row: row["running"] is not None)
    await installation.kill()
    assert identify(answer["pid"]) is not None
    await installation.start()
    await installation.until("kindscrap", lambda row: row["running"] is not None)
    (installation.home / "kindscrap" / "go").touch()
    row = await installation.until("kindscrap", lambda row: row["running"] is None)
    assert row["last_run"]["run_id"] == answer["run_id"]
    assert "not known" in row["last_run"]["message"]
    async with installation.client() as client:
        said = [item["text"] async for item in client.stream("run.output", run_id=answer["run_id"])]
    assert said == ["one", "two"]


async def test_a_killed_program_is_seen_as_dead_long_before_its_longest_run_time(installation):
    log = installation.add_program("kindscrap", extra='max_runtime = "1h"')
    await installation.start()
    program = await asyncio.create_subprocess_exec("sleep", "600", cwd=installation.home / "kindscrap")
    append(log, log_line("수집 시작"))
    await installation.until("kindscrap", lambda row: row["running"] is not None and row["running"].get("pid"))
    program.kill()
    await program.wait()
    row = await installation.until("kindscrap", lambda row: row["status"] == "ERROR")
    assert row["reason"] == "died"
