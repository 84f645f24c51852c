"""A ``Message`` as an e-mail: RFC 5322 headers, text and HTML, in bytes. Pure but for the HTML's own text."""

from __future__ import annotations

import hashlib
from binascii import b2a_base64
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, formataddr
from secrets import token_bytes

from batmon.config.addresses import Mailbox
from batmon.notify.message import Message
from batmon.notify.visible import one_line

_LONGEST_PLAIN = 60
"""A longer subject is encoded, in pieces: it may be one word."""
_LONGEST_NAME = 100
_LINE_BYTES, _LINE_CHARS = 57, 76
"""Of a file, in a line of base64 (RFC 2045, 6.8)."""
_PIECE_BYTES = _LINE_BYTES * 4096


def message_id(message: Message, sender: Mailbox) -> str:
    """``<...>``: the same for each attempt at the same message."""
    return f"<{message.id}@{_domain(sender)}>"


def thread_id(correlation: str, sender: Mailbox) -> str:
    """``<...>``: what all mails about the same incident answer to, so that mail programs put them together."""
    digest = hashlib.sha256(correlation.encode("utf-8", "backslashreplace")).hexdigest()[:32]
    return f"<incident.{digest}@{_domain(sender)}>"


def mail_bytes(message: Message, sender: Mailbox, recipient: str, at: datetime) -> bytes:
    """The whole mail to ``recipient``, lines ended by CRLF; ASCII only, unless the recipient's own address is not."""
    return b"".join(mail_pieces(message, sender, recipient, at))


def stuffed(piece: bytes) -> bytes:
    """A piece of a mail as it is sent (RFC 5321, 4.5.2): no line of it ends the mail."""
    return (b"." if piece.startswith(b".") else b"") + piece.replace(b"\n.", b"\n..")


def mail_pieces(message: Message, sender: Mailbox, recipient: str, at: datetime) -> list[bytes]:
    """The same in pieces of whole lines, none of them so large that handling it takes more than a moment.

    What ``EmailMessage`` does with a file of 10 MB takes half a second in calls that let nobody else run. So it is
    given a token in the place of each, which is exchanged afterwards.
    """
    tokens = [token_bytes(24) for _ in message.attachments]
    rest, pieces = _whole(message, sender, recipient, at, tokens), []
    for token, file in zip(tokens, message.attachments, strict=True):
        before, _, rest = rest.partition(b2a_base64(token, newline=False) + b"\r\n")
        pieces += [before, *_lines(file.data)]
    return [*pieces, rest]


def _lines(data: bytes) -> Iterator[bytes]:
    """A file in lines of base64, in pieces."""
    for place in range(0, len(data), _PIECE_BYTES):
        text = b2a_base64(data[place : place + _PIECE_BYTES], newline=False)
        yield b"\r\n".join(text[at : at + _LINE_CHARS] for at in range(0, len(text), _LINE_CHARS)) + b"\r\n"


def _whole(message: Message, sender: Mailbox, recipient: str, at: datetime, files: Sequence[bytes]) -> bytes:
    """The mail, with what ``files`` holds in the place of the content of its files."""
    mail = EmailMessage(policy=SMTP if recipient.isascii() else SMTPUTF8)
    mail["To"] = Address(username=recipient.rpartition("@")[0], domain=recipient.rpartition("@")[2])
    mail["Date"] = format_datetime(message.at or at)
    mail["Message-ID"] = message_id(message, sender)
    if message.correlation:
        mail["In-Reply-To"] = thread_id(message.correlation, sender)
        mail["References"] = thread_id(message.correlation, sender)
        mail["X-BATMON-Correlation"] = _words(message.correlation)
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence notice shall answer
    mail["X-Auto-Response-Suppress"] = "All"  # the same for Exchange
    mail["X-BATMON-Event"] = message.event
    if message.status:
        mail["X-BATMON-Status"] = _words(message.status)
    mail["Content-Language"] = "ko" if message.language == "ko" else "en"
    mail.set_content(_utf8(message.text), cte=_encoding(message.text))
    if message.html:
        mail.add_alternative(_utf8(message.html), subtype="html", cte=_encoding(message.html))
    for file, data in zip(message.attachments, files, strict=True):
        kind, _, subtype = file.media_type.partition("/")
        mail.add_attachment(data, maintype=kind, subtype=subtype, cte="base64", filename=_file_name(file.name))
    return b"From: " + _from(sender) + b"\r\nSubject: " + _subject(message.subject) + b"\r\n" + mail.as_bytes()


def _from(sender: Mailbox) -> bytes:
    """The sender with its name, on one line; ``EmailMessage`` breaks long names up into what it cannot read itself."""
    return formataddr((_words(sender.name)[:_LONGEST_NAME], sender.address)).encode("ascii")


def _subject(text: str) -> bytes:
    """The subject as its header has it (RFC 2047); the policies of ``EmailMessage`` lose blanks where they fold it."""
    line = _utf8(one_line(text))
    charset = "us-ascii" if line.isascii() and "=?" not in line and len(line) <= _LONGEST_PLAIN else "utf-8"
    return Header(line, charset, maxlinelen=76, header_name="Subject").encode(linesep="\r\n").encode("ascii")


def _words(text: str) -> str:
    """One line for a header. What looks like an encoded word (RFC 2047) would be decoded on the way, into anything."""
    return one_line(text).replace("=?", "= ?")


def _file_name(text: str) -> str:
    """A file's name for whoever saves it: one line without folders, in characters that every system takes."""
    kept = "".join("_" if char in '/\\:*?"<>|' else char for char in _words(_utf8(text)))
    return kept.strip(" .")[:_LONGEST_NAME] or "file"


def _domain(sender: Mailbox) -> str:
    return sender.address.rpartition("@")[2]


def _encoding(text: str) -> str:
    """Base64 for Korean, quoted-printable for what is mostly ASCII: both survive every server, whatever its lines."""
    return "quoted-printable" if sum(map(str.isascii, text)) * 5 > len(text) * 4 else "base64"


def _utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
