"""Bytes to text: what a Korean batch program may have written, and what it may not."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batmon.evidence.decode import codec_of, decode_line

HANGUL = st.text(alphabet=st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("로그인 실패".encode(), "로그인 실패"),
        ("로그인 실패".encode("cp949"), "로그인 실패"),
        (codecs.BOM_UTF8 + "시작".encode(), "시작"),
        (b"plain\r", "plain"),
        (b"a\0b", "a␀b"),
        (b"ok \xff\xfe\xfd", "ok \\xff\\xfe\\xfd"),
        ("실패".encode() + b"\xec\x8b" + " 뒤에 남은 글자들".encode(), "실패\\xec\\x8b 뒤에 남은 글자들"),
        (b"", ""),
    ],
)
def test_a_line_is_decoded_by_itself(raw, text):
    assert decode_line(raw) == text


@given(HANGUL)
def test_utf8_always_comes_back(text):
    assert decode_line(text.encode()) == text


@given(
    st.binary(max_size=200),
    st.sampled_from(["auto", "utf-8", "cp949", "utf-16", "latin-1", "no-such", "hex", "utf-7", "idna"]),
)
def test_no_bytes_raise_and_no_text_is_unprintable_to_postgres(raw, encoding):
    text = codec_of(raw, encoding).decode(raw)
    assert "\0" not in text
    text.encode("utf-8")


def test_an_override_is_obeyed_and_never_guesses():
    assert decode_line("오류".encode("cp949"), "utf-8") != "오류"
    assert decode_line("오류".encode("euc-kr"), "euc-kr") == "오류"
    assert decode_line("エラー".encode("shift_jis"), "shift_jis") == "エラー"


@pytest.mark.parametrize("text", ["실패했습니다", "abc가나다"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
def test_a_cut_never_shows_half_a_character(text, encoding):
    raw = text.encode(encoding)
    for length in range(len(raw) + 1):
        shown = codec_of(b"", encoding).decode(raw[:length], cut=True)
        assert text.startswith(shown)


@pytest.mark.parametrize(("bom", "name"), [(codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")])
def test_utf16_is_known_by_its_bom_and_split_at_whole_units(bom, name):
    codec = codec_of(bom)
    block = bom + "਀ਊ줄\n끝".encode(name)  # U+0A00 and U+0A0A hold the byte 0A and are no newlines
    at = codec.find_newline(block)
    assert codec.decode(block[:at]) == "਀ਊ줄"
    assert codec.rfind_newline(block, len(block)) == at
    assert codec.find_newline(block, at + 2) == -1


def test_a_text_is_looked_for_in_each_encoding_that_the_file_may_hold():
    assert codec_of(b"").encode("오류") == ("오류".encode(), "오류".encode("cp949"))
    assert codec_of(b"").encode("error") == (b"error",)
    assert codec_of(codecs.BOM_UTF16_LE).encode("a") == (b"a\0",)
    assert codec_of(b"", "cp949").encode("é") == ()
