"""The printable form of file names: reversible for every name, one form a name, nothing in it that acts."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batmon.evidence.file_names import meant_name, shown_name
from batmon.gate.sanitize import clean

NAMES = st.binary(max_size=60).filter(lambda raw: b"\0" not in raw and b"/" not in raw) | st.text(
    max_size=60, alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0/")
).map(lambda text: text.encode())


@given(NAMES)
def test_every_name_comes_back_and_its_form_is_harmless(raw):
    name = os.fsdecode(raw)
    shown = shown_name(name)
    assert os.fsencode(meant_name(shown)) == raw
    assert shown.isprintable()
    assert clean(shown) == shown


@given(NAMES, NAMES)
def test_two_names_have_two_forms(one, other):
    assert (shown_name(os.fsdecode(one)) == shown_name(os.fsdecode(other))) == (one == other)


@given(st.text(max_size=30, alphabet=r"\xun0123456789abcdef한A é"))
def test_what_is_understood_is_written_just_so(text):
    try:
        name = meant_name(text)
    except ValueError:
        return
    assert shown_name(name) == text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("kindscrap.log", "kindscrap.log"),
        ("공시 2026-11-21.log", "공시 2026-11-21.log"),
        ("\u1112\u1161\u11ab.log", "\u1112\u1161\u11ab.log"),
        ("two\nlines\t", r"two\nlines\t"),
        ("a\\b", r"a\\b"),
        ("\x1b[31m", r"\x1b[31m"),
        ("\x85", r"\u0085"),
        (os.fsdecode(b"\xc7\xd1.log"), r"\xc7\xd1.log"),
        ("abc\u202egpj.exe", r"abc\u202egpj.exe"),
        ("\ud83d", r"\ud83d"),
        ("tag\U000e0041", r"tag\U000e0041"),
    ],
)
def test_how_names_look(name, shown):
    assert shown_name(name) == shown
    assert meant_name(shown) == name


@pytest.mark.parametrize(
    "text", [r"\q", "a\\", r"\x1", r"\x41", r"\xC7", r"\xc3\xa9", r"\u0041", "\x1b", "\n", r"\U00110000", r"..\x"]
)
def test_what_is_no_names_form_is_not_understood(text):
    with pytest.raises(ValueError, match=r"escape|not how|no character"):
        meant_name(text)
