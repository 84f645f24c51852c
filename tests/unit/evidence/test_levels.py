"""How grave a line looks."""

import pytest

from batmon.evidence.levels import HINTS, level_of


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("2026-11-21 06:00:12 ERROR 로그인 실패: 비밀번호가 올바르지 않습니다", "error"),
        ("2026-11-21 06:00:12,123 - kindscrap - WARNING - slow", "warn"),
        ("[error] disk full", "error"),
        ("level=warn msg=slow", "warn"),
        ('{"time": "x", "level": "error", "msg": "y"}', "error"),
        ("2026-11-21 06:00:12 INFO 오류 0건", "info"),
        ("2026-11-21 06:00:12 [정보] 수집 시작", "info"),
        ("06:00:12 DEBUG failed=3", "debug"),
        ("[경고] 응답 지연", "warn"),
        ("Traceback (most recent call last):", "error"),
        ("requests.exceptions.ConnectionError: refused", "error"),
        ("ValueError", "error"),
        ("로그인 실패", "error"),
        ("예외가 발생했습니다", "error"),
        ("오류 없음", None),
        ("실패 0건, 성공 37건", None),
        ("실패: 0", None),
        ("실패 3건", "error"),
        ("errors: 0", None),
        ("completed with 0 errors", None),
        ("3 errors found", "error"),
        ("no warnings", None),
        ("공시정보 수집 완료", None),
        ("", None),
        ("terrorism.txt downloaded", None),
    ],
)
def test_level(text, level):
    assert level_of(text) == level
    assert level is None or any(hint in text.lower() for hint in HINTS[level])
