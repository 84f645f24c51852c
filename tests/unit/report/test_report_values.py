"""How values of reports are said: every kind in both languages, and how figures moved."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import batmon.report
from batmon.report.document import Column, Figure, Kind
from batmon.report.values import LABELS, NOTHING, columns, label, percent, shown, status_tone, tone, trend

AT = datetime(2026, 11, 20, 21, 0, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "kind", "korean", "english"),
    [
        ("글 =1+1", Kind.TEXT, "글 =1+1", "글 =1+1"),
        (1234567, Kind.COUNT, "1,234,567", "1,234,567"),
        (1234.56, Kind.NUMBER, "1,234.6", "1,234.6"),
        (0.9571, Kind.PERCENT, "95.7%", "95.7%"),
        (0.99996, Kind.PERCENT, "99.9%", "99.9%"),
        (0.8125, Kind.PERCENT, "81.3%", "81.3%"),  # halves go up, as in a spreadsheet
        (0.2845, Kind.PERCENT, "28.5%", "28.5%"),
        (21.25, Kind.HOURS, "21.3시간", "21.3 h"),
        (-0.00001, Kind.POINTS, "+0.0%p", "+0.0% pts"),
        (2.5, Kind.COUNT, "3", "3"),
        (0.5, Kind.MONEY, "1원", "₩1"),
        (1, Kind.PERCENT, "100.0%", "100.0%"),
        (-0.051, Kind.POINTS, "-5.1%p", "-5.1% pts"),
        (0.2, Kind.CHANGE, "+20.0%", "+20.0%"),
        (12.34, Kind.HOURS, "12.3시간", "12.3 h"),
        (0.44, Kind.SECONDS, "0.4초", "0.4s"),
        (0, Kind.SECONDS, "0초", "0s"),
        (12.6, Kind.SECONDS, "13초", "13s"),
        (3723.4, Kind.SECONDS, "1시간 02분", "1h 02m"),
        (-90, Kind.SECONDS, "-1분 30초", "-1m 30s"),
        (1250000.4, Kind.MONEY, "1,250,000원", "₩1,250,000"),
        (512, Kind.BYTES, "512 B", "512 B"),
        (1.5 * 1024**3, Kind.BYTES, "1.5 GB", "1.5 GB"),
        (date(2026, 11, 21), Kind.DATE, "2026-11-21", "2026-11-21"),
        (AT, Kind.TIME, "2026-11-21 06:00:12", "2026-11-21 06:00:12"),
        ("ERROR", Kind.STATUS, "오류", "error"),
        ("MISSED", Kind.STATUS, "미실행", "missed"),
        ("WEIRD", Kind.STATUS, "WEIRD", "WEIRD"),
        (True, Kind.TEXT, "예", "yes"),
        (None, Kind.MONEY, NOTHING, NOTHING),
        (float("nan"), Kind.PERCENT, NOTHING, NOTHING),
        (float("inf"), Kind.HOURS, NOTHING, NOTHING),
        ("kein Wert", Kind.COUNT, "kein Wert", "kein Wert"),
    ],
)
def test_each_kind_is_said_in_both_languages(value, kind, korean, english):
    assert shown(value, kind, "ko", "Asia/Seoul") == korean
    assert shown(value, kind, "en", "Asia/Seoul") == english


def test_money_carries_its_currency():
    assert shown(-12.7, Kind.MONEY, "en", currency="USD") == "-$13"
    assert shown(-12.7, Kind.MONEY, "ko", currency="CHF") == "-CHF 13"


@given(st.floats(min_value=0, max_value=1, exclude_max=True))
def test_less_than_all_is_never_a_hundred_percent(share):
    assert percent(share) != "100.0%"


@given(st.sampled_from(list(Kind)), st.one_of(st.none(), st.integers(), st.floats(), st.text(), st.booleans()))
@example(Kind.BYTES, 10**400)
@example(Kind.PERCENT, -(10**400))
def test_whatever_is_given_is_said(kind, value):
    for language in ("ko", "en"):
        assert isinstance(shown(value, kind, language), str)


@pytest.mark.parametrize(
    ("figure", "words", "said"),
    [
        (Figure(key="a", title="a", value=0.99, before=0.97, kind=Kind.PERCENT, better="high"),
         ("▲ 2.0%p 개선", "▲ 2.0% pts better"), "good"),
        (Figure(key="a", title="a", value=12, before=10, better="low"), ("▲ 20.0% 악화", "▲ 20.0% worse"), "bad"),
        (Figure(key="a", title="a", value=8, before=10, better="low"), ("▼ 20.0% 개선", "▼ 20.0% better"), "good"),
        (Figure(key="a", title="a", value=8, before=10), ("▼ 20.0% 감소", "▼ 20.0% less"), "muted"),
        (Figure(key="a", title="a", value=12, before=0, better="low"), ("▲ 12 악화", "▲ 12 worse"), "bad"),
        (Figure(key="a", title="a", value=10, before=10, better="low"), ("= 변화 없음", "= unchanged"), "muted"),
        (Figure(key="a", title="a", value=0.0, before=0.0, kind=Kind.HOURS), ("= 변화 없음", "= unchanged"), "muted"),
        (Figure(key="a", title="a", value=-5, before=-10), ("▲ 50.0% 증가", "▲ 50.0% more"), "muted"),
    ],
)  # fmt: skip
def test_a_figure_says_how_it_moved(figure, words, said):
    for language, expected in zip(("ko", "en"), words, strict=True):
        found = trend(figure, language)
        assert (found.words, found.tone) == (expected, said)


@pytest.mark.parametrize("pair", [(None, 1), (1, None), ("x", 1), (float("nan"), 1), (True, 1)])
def test_what_cannot_be_compared_has_no_trend(pair):
    assert trend(Figure(key="a", title="a", value=pair[0], before=pair[1]), "en") is None


@pytest.mark.parametrize(
    ("value", "better", "limits", "said"),
    [
        (0.99, "high", (0.99, 0.95), ""), (0.98, "high", (0.99, 0.95), "warn"), (0.94, "high", (0.99, 0.95), "bad"),
        (0, "low", (1, 5), ""), (1, "low", (1, 5), "warn"), (5, "low", (1, 5), "bad"), (9, "", (1, 5), "bad"),
        (None, "low", (1, 5), ""), ("–", "low", (1, 5), ""), (float("nan"), "low", (1, 5), ""), (3, "low", None, ""),
    ],
)  # fmt: skip
def test_limits_give_tones(value, better, limits, said):
    assert tone(value, Column(key="c", title="c", kind=Kind.COUNT, better=better, limits=limits)) == said


def test_a_status_has_a_tone_and_an_unknown_one_is_not_green():
    assert status_tone("success") == "good"
    assert status_tone("MISSED") == "bad"
    assert status_tone("whatever") == "muted"


def test_korean_and_emoji_take_two_columns():
    assert columns("가a🚀é") == 6


def test_labels_are_in_both_languages_and_each_is_used():
    assert LABELS["ko"].keys() == LABELS["en"].keys()
    folder = Path(batmon.report.__file__).parent
    code = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    unused = [name for name in LABELS["en"] if len(re.findall(f"[\"']{name}[\"']", code)) <= len(LABELS)]
    assert not unused
    for name, words in LABELS["en"].items():
        assert set(re.findall(r"{(\w+)}", words)) == set(re.findall(r"{(\w+)}", LABELS["ko"][name]))
    assert label("more", "ko", count=3) == "외 3건"
