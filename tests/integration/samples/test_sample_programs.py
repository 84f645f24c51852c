from __future__ import annotations

import csv
import hashlib
import json
import mailbox
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from batmon.config import load
from batmon.judge.logscan import Scanner
from batmon.judge.scan_state import ScanState
from batmon.model import RunStatus
from batmon.samples.fund_mail import folder_of, read, save_attachments
from batmon.samples.fund_mail_post import letters
from batmon.samples.loopback import shipped
from batmon.samples.worklog import today

ROOT = Path(__file__).parents[3]


def run(name: str, folder: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", f"batmon.samples.{name}", "--pace", "0", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=30)


def runs_found(name: str, folder: Path, log: Path, encoding: str) -> list:
    """The runs that BATMON finds in the log with the reference configuration."""
    config = load(ROOT / "config.toml", {"BATMON_STATE": str(folder)})
    program = next(program for program in config.programs if program.name == name)
    assert program.encoding in ("auto", encoding)
    lines, offset = [], 0
    for raw in log.read_bytes().splitlines(keepends=True):
        lines.append(SimpleNamespace(offset=offset, end=offset + len(raw), text=raw.decode(encoding).rstrip("\r\n")))
        offset += len(raw)
    return list(Scanner(program).scan(ScanState(), lines, log.name).runs)


def test_kindscrap_collects_every_disclosure(tmp_path):
    done = run("kindscrap", tmp_path)
    assert done.returncode == 0, done.stdout.decode()
    rows = json.loads((tmp_path / f"output/disclosures_{today()}.json").read_text("utf-8"))
    assert len(rows) == 37
    assert len({row["접수번호"] for row in rows}) == 37
    assert any(row["회사명"] == "A&B 스팩5호" for row in rows)
    with (tmp_path / f"output/disclosures_{today()}.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["공시제목"] for row in csv.DictReader(file)] == [row["공시제목"] for row in rows]
    (found,) = runs_found("kindscrap", tmp_path, tmp_path / "logs/kindscrap.log", "utf-8")
    assert (found.status, found.processed_count) == (RunStatus.SUCCESS, 37)


def test_kindscrap_fails_as_a_scraper_with_an_old_password_does(tmp_path):
    done = run("kindscrap", tmp_path, "--fail")
    assert done.returncode == 1
    text = (tmp_path / "logs/kindscrap.log").read_text("utf-8")
    assert " - ERROR - 로그인 실패: 비밀번호가 올바르지 않습니다 (HTTP 401)\n" in text
    assert "urllib.error.HTTPError: HTTP Error 401" in text
    assert text.endswith("LoginError: 비밀번호가 올바르지 않습니다 (HTTP 401)\n")
    assert not (tmp_path / "output").exists()
    (found,) = runs_found("kindscrap", tmp_path, tmp_path / "logs/kindscrap.log", "utf-8")
    assert found.status is RunStatus.FAILED
    assert "비밀번호가 올바르지 않습니다" in found.message
    assert "HTTPError" in found.log.traceback


def test_auto_esafe_lets_only_whole_documents_appear(tmp_path):
    assert run("auto_esafe", tmp_path, "--fail").returncode == 1
    log = tmp_path / f"logs/esafe_{today()}.log"
    assert "체크섬 불일치: 잔고증명서_다솜배당성장" in log.read_bytes().decode("cp949")
    folder = tmp_path / "download" / today()
    assert len(list(folder.iterdir())) == 4

    done = run("auto_esafe", tmp_path)
    assert done.returncode == 0, done.stdout.decode()
    manifest = json.loads((shipped("esafe") / "manifest.json").read_text("utf-8"))
    expected = {document["name"]: document["sha256"] for document in manifest["documents"]}
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()} == expected
    failed, good = runs_found("auto_esafe", tmp_path, log, "cp949")
    assert failed.status is RunStatus.FAILED
    assert (good.status, good.processed_count) == (RunStatus.SUCCESS, 12)


def test_fund_mail_sorts_and_keeps_a_ledger(tmp_path):
    done = run("fund_mail", tmp_path)
    assert done.returncode == 0, done.stdout.decode()
    box = mailbox.Maildir(tmp_path / "mailbox")
    sorted_away = sum(len(box.get_folder(name)) for name in box.list_folders())
    assert len(box) == 0
    with (tmp_path / "ledger.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sorted_away >= 1
    (found,) = runs_found("fund_mail", tmp_path, tmp_path / "logs/fund_mail.log", "utf-8")
    assert (found.status, found.processed_count) == (RunStatus.SUCCESS, sorted_away)


def test_fund_mail_puts_a_damaged_message_aside_and_goes_on_the_next_time(tmp_path):
    assert run("fund_mail", tmp_path, "--fail").returncode == 1
    box = mailbox.Maildir(tmp_path / "mailbox")
    assert len(box.get_folder("quarantine")) == 1
    assert run("fund_mail", tmp_path).returncode == 0
    failed, good = runs_found("fund_mail", tmp_path, tmp_path / "logs/fund_mail.log", "utf-8")
    assert (failed.status, good.status) == (RunStatus.FAILED, RunStatus.SUCCESS)


def test_letters_are_understood(tmp_path):
    subjects = [str(letter["Subject"]) for letter in letters()]
    assert len(subjects) == 6
    assert subjects[0] == "[기준가] 가람글로벌주식 2026-11-20 기준가 통보"
    assert [folder_of(subject) for subject in subjects] == ["nav", "nav", "units", "reports", "others", "nav"]
    saved = [name for letter in letters() for name in save_attachments(letter, tmp_path)]
    assert "기준가_누리.csv" in saved
    assert "누리국공채" in (tmp_path / "기준가_누리.csv").read_text("cp949")


@pytest.mark.parametrize("name", ["../../etc/cron.d/x", "..\\..\\x", "/abs/x", "x\x00y", "...", "a" * 300])
def test_an_attachment_stays_in_its_folder(tmp_path, name):
    message = read(b"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
                   b"Content-Type: text/csv\r\nContent-Transfer-Encoding: base64\r\n"
                   b'Content-Disposition: attachment; filename="plain.csv"\r\n\r\nYQ==\r\n--b--\r\n')  # fmt: skip
    part = next(iter(message.iter_attachments()))
    part.get_filename = lambda: name
    message.iter_attachments = lambda: iter([part])
    (saved,) = save_attachments(message, tmp_path / "in")
    assert (tmp_path / "in" / saved).is_file()
    assert [path.parent for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "in"]


@pytest.mark.parametrize("name", ["kindscrap", "auto_esafe", "fund_mail"])
def test_a_hanging_run_says_that_it_began_and_never_ends(tmp_path, name):
    command = [sys.executable, "-m", f"batmon.samples.{name}", "--pace", "0", "--hang"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert "시작" in process.stdout.readline().decode()
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.5)
        finally:
            process.kill()


@pytest.mark.parametrize("options", [["--fail", "--hang"], ["--pace", "-1"], ["--nonsense"]])
def test_wrong_options_are_refused(tmp_path, options):
    done = run("kindscrap", tmp_path, *options)
    assert done.returncode == 2
    assert b"usage" in done.stderr


def test_the_files_that_the_samples_need_are_in_the_wheel(tmp_path):
    hatchling = pytest.importorskip("hatchling.build", reason="the build back-end is not installed here")
    done = subprocess.run(
        [sys.executable, "-c", f"import {hatchling.__name__} as b; print(b.build_wheel({str(tmp_path)!r}))"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    for folder in ("kind", "esafe", "mail"):
        for file in shipped(folder).iterdir():
            assert f"batmon/samples/files/{folder}/{file.name}" in names
