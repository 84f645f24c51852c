"""A long name of the sender does not end the headers before the recipient."""

import uuid
from datetime import UTC, datetime
from email import message_from_bytes

import pytest

from batmon.config.addresses import Mailbox
from batmon.notify.mail import mail_bytes
from batmon.notify.message import Message


@pytest.mark.parametrize("name", ["a" * 80 + " " + "a" * 80, "a" * 300, ("b" * 78 + " ") * 9, "한" * 200])
def test_two_long_words(name):
    message = Message(uuid.uuid4(), "ops@example.com", "x", "text")
    data = mail_bytes(message, Mailbox("b@example.com", name), "ops@example.com", datetime(2026, 11, 21, tzinfo=UTC))
    assert message_from_bytes(data)["To"] == "ops@example.com"
