"""펀드 메일 수집: takes new messages from a Maildir, saves attachments, sorts into folders, keeps a ledger."""

from __future__ import annotations

import base64
import binascii
import csv
import email
import email.policy
import logging
import mailbox
import socket
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from batmon.samples.fund_mail_post import deliver, silent_server
from batmon.samples.options import Options, parse
from batmon.samples.worklog import KST, close_log, open_log, today

FOLDERS = {"기준가": "nav", "설정": "units", "운용보고서": "reports"}
"""A word in the subject -> the folder."""
OTHERS = "others"
QUARANTINE = "quarantine"
KEEP = 100
"""So many messages stay in each folder, the newest ones."""


class AttachmentError(Exception):
    """An attachment that cannot be decoded."""


def read(raw: bytes) -> EmailMessage:
    """The message, encoded headers (RFC 2047) and all."""
    return email.message_from_bytes(raw, policy=email.policy.default)


def folder_of(subject: str) -> str:
    """Where a message with this subject belongs."""
    return next((folder for word, folder in FOLDERS.items() if word in subject), OTHERS)


def save_attachments(message: EmailMessage, folder: Path) -> list[str]:
    """Save every attachment under its own name, cut down to a plain file name; the names.

    Raises:
        AttachmentError: one is damaged; none after it is saved.
    """
    names = []
    for part in message.iter_attachments():
        name = _plain_name(part.get_filename() or "attachment.bin")
        try:
            data = base64.b64decode("".join(str(part.get_payload()).split()), validate=True)
        except binascii.Error as error:
            raise AttachmentError(f"첨부파일 손상: {name} ({error})") from error
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
        names.append(name)
    return names


def _plain_name(name: str) -> str:
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(sign for sign in last if sign.isprintable() and sign not in '<>:"|?*').strip(". ")
    return kept[:100] or "attachment.bin"


def sort_one(box: mailbox.Maildir, key: str, attachments: Path) -> list[str]:
    """Save, move and describe one message: time, sender, subject, folder, attachments.

    Raises:
        AttachmentError: it is damaged, and has been moved to the quarantine.
    """
    raw = box.get_bytes(key)
    message = read(raw)
    subject = str(message["Subject"] or "")
    try:
        names = save_attachments(message, attachments)
    except AttachmentError:
        box.add_folder(QUARANTINE).add(raw)
        box.remove(key)
        raise
    folder = folder_of(subject)
    box.add_folder(folder).add(raw)
    box.remove(key)
    now = datetime.now(KST).isoformat(timespec="seconds")
    return [now, str(message["From"] or ""), subject, folder, " ".join(names)]


def prune(box: mailbox.Maildir) -> None:
    """Keep the newest messages of each folder."""
    for name in box.list_folders():
        folder = box.get_folder(name)
        keys = sorted(folder.keys())
        for key in keys[: max(0, len(keys) - KEEP)]:
            folder.remove(key)


def append(ledger: Path, row: list[str]) -> None:
    """Add a line to the ledger, which Excel can open."""
    new = not ledger.exists()
    with ledger.open("a", encoding="utf-8", newline="") as file:
        if new:
            file.write("\ufeff")
            csv.writer(file).writerow(("처리시각", "보낸사람", "제목", "분류", "첨부"))
        csv.writer(file).writerow(row)


def connect(address: tuple[str, int], log: logging.Logger) -> None:
    """Wait for a mail server's greeting, without a time limit: the classic mistake."""
    with socket.create_connection(address) as connection:
        log.info("메일 서버 접속: %s:%d, 응답 대기", *address)
        connection.recv(1024)


def collect(options: Options, log: logging.Logger) -> None:
    """One whole run."""
    log.info("펀드 메일 수집 시작")
    if options.hang:
        with silent_server() as address:
            connect(address, log)
    box = mailbox.Maildir("mailbox", create=True)
    deliver(box, datetime.now(KST), damaged=options.fail)
    keys = sorted(box.keys())
    log.info("새 메일 %d통", len(keys))
    done = 0
    for key in keys:
        time.sleep(options.pace / len(keys))
        try:
            row = sort_one(box, key, Path("attachments") / today())
        except (KeyError, FileNotFoundError):  # both mean that another run was quicker
            log.info("다른 실행에서 처리한 메일: %s", key)
            continue
        append(Path("ledger.csv"), row)
        log.info("분류: %s -> %s", row[2], row[3])
        done += 1
    prune(box)
    log.info("펀드 메일 %d건 처리", done)
    log.info("펀드 메일 수집 완료")


def main(argv: Sequence[str] | None = None) -> int:
    """Run once in the working folder; 0 when the mail is sorted, 1 when something failed."""
    options = parse("fund_mail", "collect mail from a Maildir and sort it", argv, pace=1.5)
    log = open_log(Path("logs/fund_mail.log"), rotate_at=256 * 1024, keep=5)
    try:
        collect(options, log)
    except AttachmentError as error:
        log.exception("펀드 메일 수집 실패: %s", error)  # noqa: TRY401 - the line has to say it, as such programs' lines do
        return 1
    except Exception:
        log.exception("펀드 메일 수집 실패")
        return 1
    finally:
        close_log(log)
    return 0


if __name__ == "__main__":
    sys.exit(main())
