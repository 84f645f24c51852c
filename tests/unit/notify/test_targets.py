"""Whom a `to` means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batmon.config.addresses import Mailbox, address, mailbox, phone
from batmon.config.channels import AlimtalkConfig, SlackConfig, SmsConfig, WebhookConfig
from batmon.config.email import EmailConfig
from batmon.config.secrets import Secret
from batmon.config.targets import Target, resolve, resolve_all

EMAIL = EmailConfig("h", 25, "none", Mailbox("b@example.com"), admins=("ops@example.com", "kim@example.com"))
KEYS = {"appkey": Secret("a"), "secret_key": Secret("b")}
CHANNELS = (
    SlackConfig(name="ops-slack", url=Secret("https://x")),
    WebhookConfig(name="hook", url=Secret("https://x")),
    AlimtalkConfig(
        name="kakao", sender_key=Secret("c"), template_code="T", to=("+821011112222", "01033334444"), **KEYS
    ),
    SmsConfig(name="sms", sender="021234567", **KEYS),
)


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("admins", [("email", "ops@example.com"), ("email", "kim@example.com")]),
        ("email", [("email", "ops@example.com"), ("email", "kim@example.com")]),
        (" lee@Example.COM ", [("email", "lee@example.com")]),
        ("email:lee@example.com", [("email", "lee@example.com")]),
        ("lee@한국.kr", [("email", "lee@xn--3e0b707e.kr")]),
        ("ops-slack", [("ops-slack", "")]),
        ("hook", [("hook", "")]),
        ("hook:night shift", [("hook", "night shift")]),
        ("kakao", [("kakao", "+821011112222"), ("kakao", "01033334444")]),
        ("kakao:+82 10-1234-5678", [("kakao", "+821012345678")]),
        ("sms:010-1234-5678", [("sms", "01012345678")]),
    ],
)
def test_meant(target, found):
    assert resolve(target, EMAIL, CHANNELS) == [Target(*one) for one in found]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("ops-slak", 'did you mean "ops-slack"?'),
        ("kakoa:+821012345678", 'did you mean "kakao"?'),
        ("admin", 'did you mean "admins"?'),
        ("nobody", "known: admins, ops-slack, hook, kakao, sms, or an e-mail address"),
        ("ops-slack:#general", 'write "ops-slack" alone'),
        ("sms", "names nobody"),
        ("sms:kim", "not a telephone number"),
        ("hook:", "1 to 200"),
        ("kim@", "not an e-mail address"),
        ("kim@exa mple.com", "not a domain"),
        ("email:ops-slack", "not an e-mail address"),
        ("", "neither"),
    ],
)
def test_meant_nobody(target, words):
    with pytest.raises(ValueError, match=words.replace("?", r"\?").replace("(", r"\(")):
        resolve(target, EMAIL, CHANNELS)


def test_without_a_mail_server():
    with pytest.raises(ValueError, match=r"there is no .email. section"):
        resolve("kim@example.com", None, ())
    with pytest.raises(ValueError, match="there is none"):
        resolve("admins", None, ())
    with pytest.raises(ValueError, match="names none"):
        resolve("admins", EmailConfig("h", 25, "none", Mailbox("b@example.com")), ())


def test_everybody_once():
    found = resolve_all(["admins", "kim@example.com", "ops-slack", "email"], EMAIL, CHANNELS)
    assert found == (Target("email", "ops@example.com"), Target("email", "kim@example.com"), Target("ops-slack", ""))


@given(st.text(max_size=60))
def test_whatever_is_an_address_is_safe(text):
    try:
        found = address(text)
    except ValueError:
        return
    assert found.isprintable()
    assert not set(found) & set(' <>,;:"\\\r\n()[]')
    assert address(found) == found


@given(st.text(max_size=40))
def test_whatever_is_a_number_is_digits(text):
    try:
        found = phone(text)
    except ValueError:
        return
    assert found.removeprefix("+").isdigit()
    assert found.isascii()


def test_names_before_addresses():
    assert mailbox("BATMON <b@example.com>") == Mailbox("b@example.com", "BATMON")
    assert mailbox('"배트몬, 운영" <b@example.com>') == Mailbox("b@example.com", "배트몬, 운영")
    assert mailbox("b@example.com") == Mailbox("b@example.com")
    for wrong in ("A\nB <b@example.com>", "x <b@example.com", "<>", "a <b> <c>"):
        with pytest.raises(ValueError):  # noqa: PT011 - each has words of its own
            mailbox(wrong)
