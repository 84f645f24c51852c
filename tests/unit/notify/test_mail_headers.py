"""Nothing that anybody writes becomes a header, a recipient or a second mail."""

import uuid
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batmon.config.addresses import Mailbox
from batmon.errors import ModelError
from batmon.notify.mail import mail_bytes, thread_id
from batmon.notify.message import Message
from batmon.notify.templates import Rendered
from batmon.notify.visible import one_line, visible

AT = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
HEADERS = {
    "from", "to", "subject", "date", "message-id", "in-reply-to", "references", "auto-submitted", "mime-version",
    "content-language", "content-type", "x-auto-response-suppress", "x-batmon-event", "x-batmon-status",
    "x-batmon-correlation",
}  # fmt: skip
ANY = st.text(st.characters(exclude_categories=()), max_size=120)
PIECES = (
    "\r\n", "\n", "\r", "Bcc: evil@example.com", "\0", "\u2028", "\x85", " ", "한글", "=?utf-8?q?x?=", "<b>",
    "\x1b[31m", "\ud800", "a" * 80,
)  # fmt: skip
HOSTILE = ANY | st.lists(st.sampled_from(PIECES), max_size=8).map("".join)


def parsed(data):
    return BytesParser(policy=policy.default).parsebytes(data)


@settings(max_examples=150, deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_hostile_texts_stay_in_their_places(subject, text, name, correlation):
    rendered = Rendered(
        subject=one_line(subject), text=visible(text), html=visible(text) or None, correlation=correlation
    )
    message = rendered.message(uuid.uuid4(), "ops@example.com", AT)
    data = mail_bytes(message, Mailbox("batmon@example.com", one_line(name)), "ops@example.com", AT)
    mail = parsed(data)
    assert {key.lower() for key in mail} <= HEADERS | {"content-transfer-encoding"}
    assert len(mail.get_all("To")) == len(mail.get_all("Subject")) == 1
    assert mail["To"] == "ops@example.com"
    assert mail["Subject"].strip() == one_line(subject).encode("utf-8", "replace").decode("utf-8").strip()
    assert mail["From"].addresses[0].addr_spec == "batmon@example.com"
    assert data.isascii()
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert max(map(len, data.split(b"\r\n"))) <= 998


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3) | st.sampled_from(" []:()외개"), max_size=200))
def test_korean_subjects_come_out_as_they_went_in(subject):
    wanted = one_line(subject)
    message = Rendered(subject=wanted, text="x").message(uuid.uuid4(), "kim@example.com", AT)
    mail = parsed(mail_bytes(message, Mailbox("batmon@example.com"), "kim@example.com", AT))
    assert mail["Subject"] == wanted


@pytest.mark.parametrize("field", ["subject", "title", "recipient"])
@pytest.mark.parametrize("char", ["\n", "\r", "\0", "\x85", "\u2028", "\x7f"])
def test_a_message_takes_no_control_characters(field, char):
    given_ = {"recipient": "a@example.com", "subject": "s", "text": "t"} | {field: f"a{char}Bcc: b@example.com"}
    with pytest.raises(ModelError):
        Message(id=uuid.uuid4(), **given_)


@given(ANY)
def test_what_is_made_visible_is_plain(text):
    shown = visible(text)
    assert visible(shown) == shown
    assert not [char for char in shown if char != "\n" and (ord(char) < 0x20 or 0x7F <= ord(char) <= 0x9F)]
    assert "\u202e" not in shown
    assert "\n" not in one_line(text)
    shown.encode("utf-8")


def test_ordinary_text_stays_as_it_is():
    text = "오류: 로그인 실패 — café ✅ 👩\u200d💻 한글 漢字 ½\n둘째 줄"
    assert visible(text) == text


def test_the_thread_of_an_incident_is_the_same_for_ever():
    sender = Mailbox("batmon@example.com")
    assert thread_id("incident:17", sender) == thread_id("incident:17", sender)
    assert thread_id("incident:17", sender) != thread_id("incident:18", sender)
    assert thread_id("\ud800 장애", sender).endswith("@example.com>")
