"""Letters of the PDF: measured, wrapped and cut so that nothing is lost unsaid, whatever is in a text; its fonts."""

import struct
import sys
from pathlib import Path

import pytest
import reportlab
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from reportlab.pdfbase.ttfonts import TTFontFile
from reportlab.pdfgen.canvas import Canvas

from batmon.errors import ReportError
from batmon.report.pdf import fonts
from batmon.report.pdf.fonts import find_fonts, font_folders
from batmon.report.pdf.text import CUT, Faces, tidy

ANY_TEXT = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("가나다 한글 abc\t\n\x00\x1b\u202e\u200d😀👩‍💻/\\_-.漢ᄀ\ud800\ufe0f"),
    ),
    max_size=120,
)


@pytest.fixture(scope="module")
def faces():
    return Faces(find_fonts())


@pytest.fixture(scope="module")
def nanum():
    return find_fonts().regular


@settings(max_examples=150, deadline=None)
@given(text=ANY_TEXT, width=st.floats(1, 300))
def test_lines_are_no_wider_than_asked_unless_one_letter_is(text, width):
    face = Faces(find_fonts()).plain
    for line in face.wrap(text, 9, width):
        assert face.width(line, 9) <= width + 1e-6 or len(line.strip()) <= 1 + len(CUT)
    assert face.width(face.cut(text, 9, width), 9) <= max(width, face.width(CUT, 9)) + 1e-6


@settings(max_examples=150, deadline=None)
@given(text=ANY_TEXT, width=st.floats(20, 300))
def test_a_text_that_is_not_cut_loses_only_spaces(text, width):
    face = Faces(find_fonts()).plain
    lines = face.wrap(text, 9, width, most=10_000)
    assert "".join("".join(lines).split()) == "".join(tidy(text).split())


@settings(max_examples=100, deadline=None)
@given(text=ANY_TEXT, width=st.floats(20, 300))
def test_lines_word_for_word_lose_nothing_at_all(text, width):
    face = Faces(find_fonts()).mono
    assert "".join(face.chop(text, 9, width, 10_000)) == tidy(text).replace("\n", "␊")


def test_what_does_not_fit_ends_in_a_sign(faces):
    plain = faces.plain
    assert plain.cut("가나다라마바사", 10, 30).endswith(CUT)
    lines = plain.wrap("낱말 " * 500, 10, 100, most=3)
    assert len(lines) == 3
    assert lines[-1].endswith(CUT)
    assert plain.wrap("짧은 글", 10, 100, most=3) == ["짧은 글"]
    assert plain.chop("x" * 5000, 10, 100, 2)[-1].endswith(CUT)


def test_korean_is_broken_at_spaces_and_paths_after_their_slashes(faces):
    plain = faces.plain
    assert plain.wrap("세금계산서 수집 배치", 10, plain.width("세금계산서 수집", 10) + 1) == ["세금계산서 수집", "배치"]
    broken = plain.wrap("/var/lib/batmon/reports/monthly_sla", 10, plain.width("/var/lib/batmon/rep", 10))
    assert broken[0] == "/var/lib/batmon/"


def test_40_000_letters_are_cut_without_looking_at_all_of_them(faces, monkeypatch):
    looked_at = []
    known = faces.plain.width
    monkeypatch.setattr(faces.plain, "width", lambda text, size: looked_at.append(len(text)) or known(text, size))
    assert len(faces.plain.wrap("가" * 40_000, 9, 120, most=3)) == 3
    assert max(looked_at) < 1000


def test_what_acts_becomes_visible_and_what_no_font_has_becomes_a_stand_in(faces, tmp_path):
    assert tidy("a\x1b[31m\u202eb") == "a␛[31m⟨U+202E⟩b"
    assert tidy("한글") == "한글"  # put together again
    plain = faces.plain
    drawn = [part for _, part, _ in plain._runs("가\U0010fffe각\u2764\ufe0f")]
    assert "□" in "".join(drawn)
    assert "\ufe0f" not in "".join(drawn)
    canvas = Canvas(str(tmp_path / "x.pdf"))
    plain.draw(canvas, 0, 0, tidy("가\x1b😀\U0010ffff일"), 9)
    canvas.save()


def test_a_letter_that_the_font_lacks_is_taken_from_one_behind_it(nanum):
    behind = [path for path in find_fonts().behind if path.name == "DejaVuSans.ttf"]
    if not behind:
        pytest.skip("this system has no second font")
    face = Faces(fonts.FontFiles(nanum, nanum, nanum, tuple(behind))).plain
    names = {part: name for name, part, _ in face._runs("가✓나")}
    assert names["✓"].startswith("DejaVuSans")
    assert names["가"].startswith(nanum.stem)


def with_emoji(font, emoji, like):
    """The bytes of a font that draws ``emoji`` as it draws ``like``: its table of letters is another one."""
    data = font.read_bytes()
    glyph = TTFontFile(str(font)).charToGlyph[ord(like)]
    letters = struct.pack(">HHHHL", 0, 1, 3, 10, 12) + struct.pack(
        ">HHLLLLLL", 12, 0, 28, 0, 1, *[ord(emoji)] * 2, glyph
    )
    tables = struct.unpack(">H", data[4:6])[0]
    at = next(12 + 16 * number for number in range(tables) if data[12 + 16 * number :].startswith(b"cmap"))
    padded = data + bytes(-len(data) % 4)
    return padded[: at + 8] + struct.pack(">LL", len(padded), len(letters)) + padded[at + 16 :] + letters


def test_an_emoji_is_drawn_and_can_be_copied_where_a_font_has_it(nanum, tmp_path):
    folder = tmp_path / "fonts"
    folder.mkdir()
    (folder / "NanumGothic.ttf").write_bytes(nanum.read_bytes())
    without = Faces(find_fonts(folders=[folder])).plain
    assert [part for _, part, _ in without._runs("🚀")] == ["□"]
    vera = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
    (folder / "symbola.TTF").write_bytes(with_emoji(vera, "🚀", "A"))
    fonts._names.cache_clear()
    face = Faces(find_fonts(folders=[folder])).plain
    assert [one.name for one in face._waiting] == ["symbola.TTF"]
    face.width("값 abc", 9)
    assert [one.name for one in face._waiting] == ["symbola.TTF"]  # nobody needed it
    canvas = Canvas(str(tmp_path / "x.pdf"))
    face.draw(canvas, 50, 50, tidy("배포 🚀\u200d🚀 완료 🫠"), 9)
    canvas.save()
    [page] = PdfReader(tmp_path / "x.pdf").pages
    assert "".join(page.extract_text().split()) == "배포🚀🚀완료□"


def test_without_a_korean_font_the_error_says_what_to_install(tmp_path, nanum):
    (tmp_path / "malgun.ttf").write_bytes(nanum.read_bytes()[:5000])
    with pytest.raises(ReportError, match="no TrueType font with Korean letters") as failed:
        find_fonts(folders=[tmp_path, tmp_path / "none"])
    assert "apt-get install fonts-nanum" in failed.value.hint


def test_the_best_font_of_the_first_folder_counts_whatever_its_case(tmp_path, nanum):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "MALGUN.TTF").write_bytes(nanum.read_bytes())
    found = find_fonts(folders=[tmp_path])
    assert found.regular == tmp_path / "deep" / "MALGUN.TTF"
    assert found.bold == found.regular  # there is no bold one
    assert found.mono == found.regular


def test_a_font_of_an_installed_package_is_found(tmp_path, monkeypatch):
    (tmp_path / "koreanize_matplotlib").mkdir()
    (tmp_path / "koreanize_matplotlib" / "__init__.py").write_text("raise ImportError('never imported')\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert tmp_path / "koreanize_matplotlib" / "fonts" in list(font_folders())
    assert "koreanize_matplotlib" not in sys.modules


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a TTF file"),
        (b"%PDF-1.7 no font", "TrueType"),
        (None, "Can't open file"),
        ("half", "it is damaged"),
        ("cff", "postscript outlines are not supported"),
    ],
)
def test_a_named_font_that_cannot_be_used_is_refused_with_why(tmp_path, nanum, content, words):
    path = tmp_path / "own.ttf"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "half":
        path.write_bytes(nanum.read_bytes()[:5000])
    elif content == "cff":
        path.write_bytes(b"OTTO" + nanum.read_bytes()[4:])
    with pytest.raises(ReportError, match=words) as failed:
        find_fonts(path)
    assert str(path) in str(failed.value)
    assert "[reports] font" in str(failed.value)


def test_a_font_without_korean_is_refused():
    latin = [path for path in find_fonts().behind if path.name == "DejaVuSans.ttf"]
    if not latin:
        pytest.skip("this system has no font without Korean")
    with pytest.raises(ReportError, match="no Korean letters"):
        find_fonts(Path(latin[0]))


def test_the_named_fonts_are_the_ones_that_are_used(nanum):
    bold = find_fonts().bold
    found = find_fonts(nanum, bold)
    assert (found.regular, found.bold) == (nanum, bold)
    assert find_fonts(nanum).bold == nanum
