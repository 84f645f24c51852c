from __future__ import annotations

import pytest

from batmon.errors import (
    LockedOut,
    NeedsRole,
    NoPassword,
    NotFound,
    Refused,
    RunningAlready,
    StoreUnavailable,
    WrongPassword,
)
from batmon_tui.refusals import in_words


@pytest.mark.parametrize(
    ("error", "korean", "english"),
    [
        (WrongPassword("the operation password is wrong", hint="4 more tries"), "틀렸습니다.\n4번", "wrong.\nTries"),
        (LockedOut("5 wrong passwords", hint="try again in 290 s"), "잠겼습니다.\n290초", "Try again in 290 seconds"),
        (NoPassword("none", hint="an admin sets one"), "batmon password set", "batmon password set"),
        (NeedsRole("rerun needs the role operator", hint="ask an admin"), "이 키의 권한", "role does not allow"),
        (
            RunningAlready("kindscrap is running already", hint="--force"),
            "이미 실행 중",
            "start although it is running",
        ),
        (StoreUnavailable("no"), "데이터베이스에 연결할 수 없습니다", "database cannot be reached"),
    ],
)
def test_what_has_a_code_is_said_in_the_language_of_the_screen(error, korean, english):
    assert korean in in_words(error, "ko")
    assert english in in_words(error, "en")


def test_what_has_none_is_said_as_the_daemon_says_it():
    assert in_words(Refused("nein [/b] {n}", hint="{n} doch"), "ko") == "nein [/b] {n}\n{n} doch"
    assert in_words(NotFound("no program is called 'x'"), "ko") == "no program is called 'x'"


def test_a_hint_without_its_figure_is_left_out():
    assert in_words(WrongPassword("wrong"), "en") == "The operation password is wrong."
