import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batmon.record.batch_names import LONGEST, FileNames, one_line


@pytest.mark.parametrize(
    "account", ["user1@example.com", "홍길동", "user_1+tag@예시.한국", "console", "com10", "nul_1", "a.b.c", "~", "a b"]
)
def test_an_ordinary_account_is_its_own_file_name(account):
    assert FileNames().of(account) == account


@pytest.mark.parametrize(
    ("account", "begins"),
    [
        ("../../etc/passwd", "___.._etc_passwd~"), ("a/b", "a_b~"), ("a\\b", "a_b~"), ("C:\\temp", "C__temp~"),
        ("CON", "_CON~"), ("nul.kim@example.com", "_nul.kim@example.com~"), ("com1", "_com1~"), ("LPT³.x", "_LPT³.x~"),
        ("aux .log", "_aux .log~"), ("a\nb", "a_b~"), ("a\x00b", "a_b~"), ("\x1b[31mred", "_[31mred~"),
        ("evil\u202etxt", "evil_txt~"), ("..", "__~"), (" kim ", "_kim_~"), ("kim.", "kim_~"), ("a:b", "a_b~"),
        ("\ud800", "_~"), ("what?*", "what__~"),
    ],
)  # fmt: skip
def test_what_a_system_does_not_take_is_cleaned_and_marked(account, begins):
    name = FileNames().of(account)
    assert name.startswith(begins)
    assert len(name) == len(begins) + 8


def test_accounts_that_clean_to_the_same_have_files_of_their_own_in_any_order():
    accounts = ["a/b", "a\\b", "a:b", "a_b"]
    names = {account: FileNames().of(account) for account in accounts}
    assert len(set(names.values())) == 4
    together = FileNames()
    assert {account: together.of(account) for account in reversed(accounts)} == names
    assert names["a_b"] == "a_b"


def test_an_account_called_as_anothers_file_has_one_of_its_own():
    taken = FileNames().of("a/b")
    names = FileNames()
    assert len({names.of(account) for account in (taken, "a/b", taken.upper(), "a_b")}) == 4


def test_names_that_differ_only_in_case_or_composition_are_told_apart():
    names = FileNames()
    nfd = unicodedata.normalize("NFD", "홍길동")
    found = [names.of(account) for account in ("Kim@x.com", "kim@x.com", "KIM@X.COM", "홍길동", nfd)]
    assert found[0] == "Kim@x.com"
    assert found[3] == "홍길동"
    assert len({unicodedata.normalize("NFC", name).casefold() for name in found}) == 5
    assert names.of("kim@x.com") == found[1]


def test_a_long_name_is_cut_and_stays_its_own():
    names = FileNames()
    one, other = names.of("가" * 300 + "1"), names.of("가" * 300 + "2")
    assert one != other
    assert len(one.encode()) <= LONGEST
    assert one.startswith("가" * 30)


@given(st.lists(st.text(st.characters(), min_size=1), unique=True, max_size=20))
def test_any_accounts_get_names_that_every_system_takes(accounts):
    names = FileNames()
    found = [names.of(account) for account in accounts]
    assert len({name.casefold() for name in found}) == len(accounts)
    for name in found:
        assert len(name.encode()) <= LONGEST
        assert not set(name) & set('<>:"/\\|?*')
        assert all(char.isprintable() or unicodedata.category(char) == "Zs" for char in name)
        assert name == name.strip(" .")
        assert name.split(".")[0].upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT1"}


def test_a_line_shows_what_would_break_it():
    assert one_line("로그인 실패") == "로그인 실패"
    assert one_line("a\nb\tc\x1b[0m") == "a␊b    c␛[0m"
    assert one_line("a\u2028b\u202ec\ud800\x9b") == "a\\u2028b\\u202ec\\ud800\\u009b"
    assert one_line("x" * 50, 10) == "x" * 9 + "…"
