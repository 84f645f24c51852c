"""Files that go with a mail arrive as they were, and no name of one becomes a header, a folder or another type."""

import hashlib
import uuid
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batmon.config.addresses import Mailbox
from batmon.errors import ModelError
from batmon.notify.mail import mail_bytes, mail_pieces, stuffed
from batmon.notify.message import Attached, Message

AT = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
PIECES = (
    "\r\n",
    "\n",
    "Bcc: evil@example.com",
    "\0",
    "\u2028",
    "한글",
    "=?utf-8?q?x?=",
    "../",
    "C:\\",
    '"',
    ";",
    "\u202e",
)


def mailed(*files, html=None):
    """A mail with these files, as a reader takes it apart; its bytes beside it."""
    message = Message(
        id=uuid.uuid4(), recipient="kim@example.com", subject="주간 보고서", text="본문", html=html, attachments=files
    )
    data = mail_bytes(message, Mailbox("batmon@example.com"), "kim@example.com", AT)
    return BytesParser(policy=policy.default).parsebytes(data), data


def test_a_large_file_of_any_bytes_arrives_as_it_was():
    content = b"".join(hashlib.sha512(str(number).encode()).digest() for number in range(15_000)) + b"odd"
    whole, data = mailed(Attached("보고서_2026-11.xlsx", "application/vnd.ms-excel", content), html="<p>본문</p>")
    [part] = whole.iter_attachments()
    assert part.get_filename() == "보고서_2026-11.xlsx"
    assert part.get_content_type() == "application/vnd.ms-excel"
    assert hashlib.sha256(part.get_payload(decode=True)).digest() == hashlib.sha256(content).digest()
    assert whole.get_body(("plain",)).get_content().strip() == "본문"
    assert whole.get_body(("html",)) is not None
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")


@pytest.mark.parametrize("content", [b"", b"\n", b".\r\n..\r\nFrom x\n", "한글\r\n\x00".encode()])
def test_texts_arrive_to_the_byte_too(content):
    whole, _ = mailed(Attached("a.md", "text/markdown", content), Attached("b.json", "application/json", content))
    assert [part.get_payload(decode=True) for part in whole.iter_attachments()] == [content, content]


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=80) | st.lists(st.sampled_from(PIECES)).map("".join))
def test_hostile_names_stay_names(name):
    whole, data = mailed(Attached(name, "application/pdf", b"x"))
    [part] = whole.iter_attachments()
    shown = part.get_filename()
    assert shown
    assert not set(shown) & set('/\\:*?"<>|\r\n\0')
    assert not shown.startswith(".")
    assert "bcc" not in {key.lower() for one in whole.walk() for key in one.keys()}  # noqa: SIM118 - a message's keys
    assert data.count(b"\r\n\r\n") >= 2


@pytest.mark.parametrize("kind", ["application/pdf\r\nBcc: x@example.com", "pdf", "", "a/b; x=y", "multipart/"])
def test_what_is_no_media_type_is_refused(kind):
    with pytest.raises(ModelError, match="media type"):
        Attached("a", kind, b"")


def test_a_mail_is_in_pieces_of_whole_lines_that_take_a_moment_each():
    files = [Attached("a.xlsx", "application/zip", bytes(3_000_000)), Attached("b.pdf", "application/pdf", b"b" * 57)]
    message = Message(
        id=uuid.uuid4(), recipient="kim@example.com", subject="s", text=".\n..a\n", attachments=tuple(files)
    )
    pieces = mail_pieces(message, Mailbox("batmon@example.com"), "kim@example.com", AT)
    assert max(map(len, pieces)) < 400_000
    assert all(piece.endswith(b"\r\n") for piece in pieces)
    whole = BytesParser(policy=policy.default).parsebytes(b"".join(pieces))
    assert [part.get_payload(decode=True) for part in whole.iter_attachments()] == [one.data for one in files]
    sent = b"".join(map(stuffed, pieces))
    assert b"\r\n.\r\n" not in sent
    assert sent.replace(b"\r\n..", b"\r\n.") == b"".join(pieces)


def test_no_line_ends_a_mail():
    assert stuffed(b".\r\n..a\r\nb.\r\n") == b"..\r\n...a\r\nb.\r\n"
