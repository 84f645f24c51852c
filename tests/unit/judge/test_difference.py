from batmon.judge.difference import KINDS_SHOWN, Side, Written, difference


def side(*lines):
    made = Side()
    made.add(Written(n * 10, f"06:00:{n:02} {level} {text}", text, level) for n, (level, text) in enumerate(lines))
    return made


GOOD = (
    ("info", "수집 시작"),
    ("info", "1페이지 조회"),
    ("info", "2페이지 조회"),
    ("info", "37건 저장"),
    ("info", "완료"),
)


def test_what_varies_is_no_difference():
    other = (("info", "수집 시작"), ("info", "1페이지 조회"), ("info", "40건 저장"), ("info", "완료"), ("info", "  "))
    found = difference(side(*other), side(*GOOD))
    assert (found.new, found.missing, found.same, found.cut) == ([], [], 4, False)


def test_new_and_missing_kinds_stand_in_their_own_order_with_the_place_of_the_first():
    run = (("info", "수집 시작"), ("warn", "느림 3초"), ("warn", "느림 9초"), ("error", "로그인 실패"))
    found = difference(side(*run), side(*GOOD))
    assert [(kind.text, kind.offset, kind.count, kind.level) for kind in found.new] == [
        ("06:00:01 warn 느림 3초", 10, 2, "warn"), ("06:00:03 error 로그인 실패", 30, 1, "error"),
    ]  # fmt: skip
    assert [(kind.offset, kind.count) for kind in found.missing] == [(10, 2), (30, 1), (40, 1)]
    assert found.same == 1


def test_errors_are_counted_and_other_lines_are_not():
    one, ten = (
        side(("error", "재시도 1"), ("info", "a")),
        side(*[("error", f"재시도 {n}") for n in range(10)], ("info", "a")),
    )
    more = difference(ten, one)
    assert [(kind.count, kind.offset) for kind in more.new] == [(9, 0)]
    assert (more.missing, more.same) == ([], 2)
    fewer = difference(one, ten)
    assert (fewer.new, [kind.count for kind in fewer.missing], fewer.same) == ([], [9], 2)


def test_the_code_that_a_line_names_is_a_difference():
    found = difference(side(("info", "status=500")), side(("info", "status=200")))
    assert (len(found.new), len(found.missing)) == (1, 1)


def test_more_than_can_be_told_is_cut_and_said():
    def word(number):
        return "".join(chr(ord("a") + int(digit)) for digit in str(number))

    found = difference(side(*[("info", f"x {word(n)}") for n in range(KINDS_SHOWN + 5)]), side())
    assert (len(found.new), found.cut) == (KINDS_SHOWN, True)


def test_nothing_against_nothing():
    assert difference(side(), side()).same == 0
