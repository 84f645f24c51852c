"""A message for Slack keeps Slack's limits, whatever it holds, and calls nobody."""

import json
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batmon.notify.message import Message
from batmon.notify.slack import (
    BUTTON_CHARS,
    FIELD_CHARS,
    FIELDS_EACH,
    HEADER_CHARS,
    MOST_BLOCKS,
    SECTION_CHARS,
    payload,
)
from batmon.notify.visible import one_line, visible

TEXT = st.text(st.sampled_from("a<>&*_~`@!\n한 "), max_size=400)


def message(**values):
    return Message(**({"id": uuid.uuid4(), "recipient": "", "subject": "s", "text": "t"} | values))


def inside(body):
    for block in body["blocks"]:
        match block["type"]:
            case "header":
                assert 1 <= len(block["text"]["text"]) <= HEADER_CHARS
            case "section":
                if "text" in block:
                    assert 1 <= len(block["text"]["text"]) <= SECTION_CHARS
                assert 0 < len(block.get("fields", ["x"])) <= FIELDS_EACH
                assert all(1 <= len(field["text"]) <= FIELD_CHARS for field in block.get("fields", ()))
            case "actions":
                (button,) = block["elements"]
                assert len(button["text"]["text"]) <= BUTTON_CHARS
    assert len(body["blocks"]) <= MOST_BLOCKS


@settings(max_examples=150, deadline=None)
@given(TEXT, TEXT, st.integers(1, 200), st.lists(st.tuples(TEXT, TEXT), max_size=25))
def test_every_limit_is_kept(subject, text, times, fields):
    wanted = message(subject=one_line(subject) or "x", title=one_line(subject) * 3, text=visible(text) * times,
                     fields=tuple(fields), link="https://example.com/")  # fmt: skip
    body = payload(wanted)
    inside(body)
    for shown in mrkdwn(body):
        assert "<" not in shown
        assert ">" not in shown
    json.dumps(body)


def mrkdwn(body):
    yield body["text"]
    for block in body["blocks"]:
        for part in [block.get("text"), *block.get("fields", ()), *block.get("elements", ())]:
            if part and part["type"] == "mrkdwn":
                yield part["text"]


@pytest.mark.parametrize(
    "call", ["<!channel>", "<!here|x>", "<@U123>", "<#C123>", "<https://evil.example|bank>", "@channel"]
)
def test_nobody_is_called(call):
    body = payload(message(subject=call, title=call, text=call, fields=((call, call),)))
    assert not [text for text in mrkdwn(body) if "<" in text]


def test_a_long_text_is_cut_with_a_sign():
    body = payload(message(text="a line of text\n" * 5000))
    sections = [block for block in body["blocks"] if block["type"] == "section"]
    assert sections[-1]["text"]["text"].endswith("…")
    assert all(block["text"]["text"].startswith("a line") for block in sections)


def test_what_was_resolved_is_green_again():
    body = payload(message(event="resolved", status="ERROR", title="kindscrap"))
    assert body["blocks"][0]["text"]["text"] == "✅ kindscrap"


@pytest.mark.parametrize(
    ("language", "said"), [("ko", "BATMON · 오류 · 상위 보고"), ("en", "BATMON · ERROR · escalated")]
)
def test_the_line_of_context_speaks_the_language_of_the_message(language, said):
    body = payload(message(language=language, status="ERROR", event="escalated"))
    assert body["blocks"][-1]["elements"][0]["text"] == said
