"""The post that brings fund_mail its messages: delivers shipped letters into a Maildir, as a mail server does."""

from __future__ import annotations

import email
import email.policy
import mailbox
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from batmon.samples.loopback import shipped


def letters() -> list[EmailMessage]:
    """The shipped letters, in the order of their files."""
    files = sorted(
        (file for file in shipped("mail").iterdir() if file.name.endswith(".eml")), key=lambda file: file.name
    )
    return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]


def deliver(box: mailbox.Maildir, at: datetime, *, damaged: bool = False) -> int:
    """Put one to four letters into the box's ``new``, which of them depends on the minute; how many.

    With ``damaged`` the first attachment arrives broken off.
    """
    available = letters()
    begin = at.hour * 60 + at.minute
    chosen = [available[(begin + step) % len(available)] for step in range(1 + begin % 4)]
    if damaged:
        chosen.insert(0, _broken_off(letters()[0]))
    for letter in chosen:
        letter["Date"] = format_datetime(at)
        letter["Message-ID"] = make_msgid(domain="mail.example")
        box.add(letter)
        del letter["Date"], letter["Message-ID"]
    return len(chosen)


def _broken_off(letter: EmailMessage) -> EmailMessage:
    for part in letter.iter_attachments():
        part.set_payload("!!! connection reset !!!" + str(part.get_payload())[:7])
    return letter


@contextmanager
def silent_server() -> Iterator[tuple[str, int]]:
    """The address of a mail server that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        yield str(host), int(port)
