"""Errors in log lines, each with its trace, told once however the lines come in."""

# ruff: noqa: E501 - a line of a log is read best on one line
import json
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batmon.judge.error_entries import Trace, signature_of_words
from batmon.judge.logscan import Scanner, run_id_of
from batmon.judge.scan_state import ScanState
from batmon.model import Program, RunStatus
from tests.unit.judge.test_logscan import lines

PYTHON = """\
2026-11-21 06:00:00,001 - INFO - 공시정보 수집 작업 시작
2026-11-21 06:00:01,001 - ERROR - 주문 17 처리 중 오류
2026-11-21 06:00:02,001 - ERROR - 수집 실패
Traceback (most recent call last):
  File "C:\\batch\\kindscrap\\main.py", line 88, in main
    session.login(user, password)
  File "C:\\batch\\kindscrap\\site.py", line 31, in login
    driver.find_element(By.ID, "x").click()
  File "C:\\Python311\\Lib\\site-packages\\selenium\\webdriver.py", line 742, in find_element
    return self.execute()
selenium.common.exceptions.NoSuchElementException: Message: no such element: {"selector":"#row17"}
  (Session info: chrome=131.0.6778.86)
Stacktrace:
#0 0x55d1f2c8 <unknown>
2026-11-21 06:00:03,001 - ERROR - 주문 18 처리 중 오류
"""
KIND = 'selenium.common.exceptions.NoSuchElementException: Message: no such element: {"selector":"#row<n>"} @ site.py:login'
PROGRAM = Program(name="kindscrap", base_dir=Path("/srv"), timezone="Asia/Seoul")


def scanned(text, cuts=()):
    """The net count of each template, the last state of each run, and every occurrence."""
    scanner, state, every, runs, all_lines = Scanner(PROGRAM), ScanState(), [], {}, lines(text)
    for start, end in zip((0, *cuts), (*cuts, len(all_lines)), strict=True):
        result = scanner.scan(state, all_lines[start:end], "/srv/a.log")
        state = ScanState.from_json(json.loads(json.dumps(result.state.to_json())))
        every += result.errors
        runs.update({run.run_id: run for run in result.runs})
    net = Counter()
    for one in every:
        net[one.signature.template] += one.times
    return {key: count for key, count in net.items() if count}, list(runs.values()), every


def test_each_error_is_told_once_and_one_with_a_trace_by_its_exception_and_place():
    net, (run,), every = scanned(PYTHON)
    assert net == {"주문 <n> 처리 중 오류": 2, KIND: 1}
    assert run.status is RunStatus.FAILED
    trace = next(one for one in every if one.signature.template == KIND)
    assert run.signature == trace.signature.id
    assert run_id_of("kindscrap", *trace.run) == run.run_id
    assert trace.sample.startswith("selenium.common")


@given(st.sets(st.integers(min_value=1, max_value=15)))
def test_it_adds_up_to_the_same_however_the_lines_are_cut(cuts):
    whole, _, _ = scanned(PYTHON)
    net, runs, _ = scanned(PYTHON, tuple(sorted(cuts)))
    assert net == whole
    assert {run.signature for run in runs} == {run.signature for run in scanned(PYTHON)[1]}


def test_a_trace_that_comes_later_takes_back_what_was_told_without_it():
    _, _, every = scanned(PYTHON, (3,))
    assert [(one.signature.template, one.times) for one in every[:4]] == [
        ("주문 <n> 처리 중 오류", 1), ("수집 실패", 1), ("수집 실패", -1), (KIND, 1),
    ]  # fmt: skip


def test_a_trace_without_an_error_line_above_it_is_an_error():
    net, (run,), _ = scanned(
        "2026-11-21 06:00:00 INFO 작업 시작\n2026-11-21 06:00:01 INFO 3페이지\n"
        'Traceback (most recent call last):\n  File "/srv/b.py", line 3, in <module>\n    go()\nValueError: bad 17\n'
    )
    assert net == {"ValueError: bad <n> @ b.py:<module>": 1}
    assert run.signature


def test_a_trace_that_was_caught_and_tried_again_is_none():
    net, _, _ = scanned(
        "2026-11-21 06:00:00 INFO 작업 시작\n2026-11-21 06:00:01 WARNING 다시 시도합니다\n"
        'Traceback (most recent call last):\n  File "/srv/b.py", line 3, in go\n    go()\nValueError: bad\n'
    )
    assert net == {}


@pytest.mark.parametrize(
    ("text", "template"),
    [
        (
            (
                "2026-11-21 06:00:01 ERROR [main] job failed\n"
                "org.springframework.dao.DataAccessException: cannot read row 17\n"
                "\tat org.springframework.jdbc.core.JdbcTemplate.query(JdbcTemplate.java:12)\n"
                "Caused by: java.sql.SQLException: ORA-00942: table or view does not exist\n"
                "\tat java.sql.Driver.run(Driver.java:1)\n\tat com.example.batch.OrderDao.load(OrderDao.java:71)\n"
                "\tat com.example.batch.Main.main(Main.java:9)\n"
            ),
            "java.sql.SQLException: ORA-00942: table or view does not exist @ OrderDao.java:OrderDao.load",
        ),
        (
            (
                "2026-11-21 06:00:01 ERROR 작업 실패\n"
                "System.NullReferenceException: Object reference not set to an instance of an object.\n"
                "   at System.String.Trim() in C:\\w\\String.cs:line 3\n"
                "   at Rpa.Login.Run(String user) in C:\\src\\Rpa\\Login.cs:line 41\n"
            ),
            "System.NullReferenceException: Object reference not set to an instance of an object. @ Login.cs:Login.Run",
        ),
        (
            (
                "2026-11-21 06:00:01 ERROR 작업 실패\n"
                "System.IO.IOException: 파일을 열 수 없습니다\n   위치: Rpa.Login.Run(String user) 파일 C:\\src\\Login.cs:줄 41\n"
            ),
            "System.IO.IOException: 파일을 열 수 없습니다 @ Login.cs:Login.Run",
        ),
        (
            (
                "2026-11-21 06:00:01 ERROR failed\nTypeError: Cannot read properties of undefined (reading 'click')\n"
                "    at Object.login (/app/src/site.js:31:9)\n    at async main (/app/src/index.js:4:1)\n"
            ),
            "TypeError: Cannot read properties of undefined (reading 'click') @ site.js:Object.login",
        ),
    ],
)
def test_traces_of_other_languages(text, template):
    net, _, _ = scanned(text)
    assert net == {template: 1}


def test_the_same_exception_from_another_place_is_another_kind():
    one, other = (
        signature_of_words(
            f'Traceback (most recent call last):\n  File "a.py", line {n}, in {name}\n    x\nKeyError: 1', ""
        )
        for n, name in ((3, "login"), (9, "search"))
    )
    assert one.id != other.id
    moved = signature_of_words(
        'Traceback (most recent call last):\n  File "/x/a.py", line 77, in login\nKeyError: 2', ""
    )
    assert moved == one


def test_what_a_record_says():
    assert signature_of_words("", "  ") is None
    assert signature_of_words("first\n로그인 3번 실패\n\n", "").template == "로그인 <n>번 실패"
    assert signature_of_words("first\nlast", "메시지 17").template == "메시지 <n>"


def test_what_is_remembered_of_an_error_stays_small():
    huge = (
        "2026-11-21 06:00:01 ERROR "
        + "가나 " * 50_000
        + "\n"
        + "\n".join(f"\tat com.example.{'x' * 5000}.C{n}.m(C{n}.java:{n})" for n in range(500))
    )
    result = Scanner(PROGRAM).scan(ScanState(), lines(huge), "/srv/a.log")
    assert len(json.dumps(result.state.to_json())) < 20_000
    assert sum(one.times for one in result.errors) == 1


@pytest.mark.parametrize(
    "text", ["\tat " + "a." * 50_000, "a." * 50_000 + "Error", " " * 100_000 + "at x", '  File "' + "x" * 100_000]
)
def test_no_line_of_a_trace_takes_long(text):
    began = time.process_time()
    for python in (False, True):
        trace = Trace(python=python)
        for _ in range(20):
            trace.take(text)
    assert time.process_time() - began < 0.1
