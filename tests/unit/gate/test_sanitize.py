"""Nothing that a terminal obeys leaves the gate, and nothing that people write is lost."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batmon.gate.sanitize import clean, clean_value

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=80)


def dangerous(char: str) -> bool:
    joiner_or_variation = char == "\u200d" or 0xE0100 <= ord(char) < 0xE01F0
    return not joiner_or_variation and unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(ANYTHING)
def test_nothing_dangerous_survives(text):
    cleaned = clean(text)
    assert not [char for char in cleaned if dangerous(char)]
    cleaned.encode()  # lone surrogates could not


@given(ANYTHING)
def test_several_lines_keep_newlines_only(text):
    cleaned = clean(text, multiline=True)
    assert not [char for char in cleaned if dangerous(char) and char != "\n"]


@given(ANYTHING, st.booleans())
def test_idempotent(text, multiline):
    once = clean(text, multiline=multiline)
    assert clean(once, multiline=multiline) == once


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Mn", "Mc"), exclude_characters="\u034f")))
def test_what_people_write_stays(text):
    assert clean(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "로그인 실패: 비밀번호가 올바르지 않습니다",
        unicodedata.normalize("NFD", "각하, 로그인 실패"),
        "👨\u200d👩\u200d👧 ✅ ❤\ufe0f\u200d🔥 🇰🇷 👍🏽",
        "葛\U000e0100城",
        "plain ASCII [/b] {markup} $(x)",
    ],
)
def test_korean_and_emoji_are_untouched(text):
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]52;c;ZXZpbA==\x07", "␛]52;c;ZXZpbA==␇"),
        ("\x9b31m", "⟨U+009B⟩31m"),
        ("a\x00b\x7f", "a␀b␡"),
        ("a\tb", "a    b"),
        ("one\r\ntwo", "one␍␊two"),
        ("\u202egpj.exe", "⟨U+202E⟩gpj.exe"),
        ("\u2066x\u2069", "⟨U+2066⟩x⟨U+2069⟩"),
        ("a\u200bb\u2028c\ufeff", "a⟨U+200B⟩b⟨U+2028⟩c⟨U+FEFF⟩"),
        ("a\u200db", "a⟨U+200D⟩b"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("\udc80", "⟨U+DC80⟩"),
    ],
)
def test_shown_as(text, shown):
    assert clean(text) == shown


def test_a_clean_text_is_returned_as_it_is():
    text = "프로그램 kindscrap ok"
    assert clean(text) is text


def test_values_keep_their_shape_and_newlines_only_where_meant():
    value = {"message": "a\nb", "error_details": "a\r\n\tb\x1b", "n\x1b": [1, None, True, 2.5, "\x1b"]}
    assert clean_value(value) == {"message": "a␊b", "error_details": "a\n    b␛", "n␛": [1, None, True, 2.5, "␛"]}


def test_the_error_of_an_item_keeps_its_lines():
    assert clean_value({"items": [{"account": "a\nb", "error": "a\nb\x1b"}]}) == {
        "items": [{"account": "a␊b", "error": "a\nb␛"}]
    }
