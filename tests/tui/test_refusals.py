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
from batmon.refusals import because
from batmon_tui.refusals import in_words


@pytest.mark.parametrize(
    ("error", "korean", "english"),
    [
        (WrongPassword(because("wrong-password", left=4)), "틀렸습니다.\n4번", "wrong\ntries left before a lock: 4"),
        (
            LockedOut(because("locked-out", tries=5, user="kim", minutes=5, seconds=290)),
            "잠겼습니다.\n290초",
            "try again in 290 s",
        ),
        (NoPassword(because("no-password")), "batmon password set", "batmon password set"),
        (
            NeedsRole(because("needs-role", verb="rerun", role="operator", user="kim", own="viewer")),
            "이 키의 권한으로는 할 수 없습니다: rerun에는 운영자 권한",
            "rerun needs the role operator; kim is viewer\nask an admin",
        ),
        (
            RunningAlready(because("running-already", program="kindscrap")),
            "이미 실행 중입니다.\n먼저 중지하거나, 아래에서",
            "start although it is running",
        ),
        (
            RunningAlready(because("automation-running", name="nightly")),
            "끝난 뒤에 다시 하거나",
            "wait until it has ended",
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


def test_a_name_is_never_taken_for_a_word_of_ours():
    assert in_words(NotFound(because("no-program", name="admin", known="")), "ko") == "‘admin’ 프로그램이 없습니다."
