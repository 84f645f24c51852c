# ruff: noqa: E501 - a line of a log is read best on one line
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batmon.judge.signature import TEMPLATE_CHARS, mask, signature, signature_id
from tests.unit.judge.error_corpus import corpus, grouping_accuracy


def test_lines_of_one_kind_get_one_template_and_others_another():
    lines = corpus("error_lines.txt")
    assert len(lines) >= 150
    assert grouping_accuracy([(kind, mask(text)) for kind, text in lines]) == 1.0


def test_kinds_that_the_masks_were_not_made_with():
    lines = corpus("error_lines_unseen.txt")
    assert len(lines) >= 50
    assert grouping_accuracy([(kind, mask(text)) for kind, text in lines]) >= 0.95


def test_kinds_that_lie_near_each_other():
    lines = corpus("error_lines_near.txt")
    assert len(lines) >= 60
    assert grouping_accuracy([(kind, mask(text)) for kind, text in lines]) >= 0.93


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ("전체 1,204건 중 3개 처리 실패, 2번째 시도 (12.5%)", "전체 <n>건 중 <n>개 처리 실패, <n>번째 시도 (<n>)"),
        ("주문 ORD-20261120-0001 저장 실패", "주문 ORD-<n> 저장 실패"),
        ("2026-11-21 06:00:12.345에 시작한 작업", "<time>에 시작한 작업"),
        ("11월 21일(토) 자료 없음", "<time> 자료 없음"),
        ("request 550e8400-e29b-41d4-a716-446655440000 rejected", "request <id> rejected"),
        ("object at 0x7f2b3c4d5e60", "object at <hex>"),
        ("COMException (0x800A03EC)", "COMException (0x800A03EC)"),
        ("cannot reach 10.0.3.17:5432", "cannot reach <n>"),
        ("cannot reach fe80::1ff:fe23:4567:890a", "cannot reach <n>"),
        ("GET https://u:p@Dart.fss.or.kr:443/a/b?c=1 failed", "GET <url dart.fss.or.kr> failed"),
        ("GET http://10.0.3.17:8080/x failed", "GET <url <n>> failed"),
        ("cannot open C:\\Program Files\\RPA bot\\out 1\\a.xlsx now", "cannot open <path> now"),
        ("cannot open \\\\nas01\\공유\\a.xlsx now", "cannot open <path> now"),
        ("cannot open '/data/2026/a b.csv'", "cannot open '<path>'"),
        ("mail to kim.ms@example.co.kr bounced", "mail to <mail> bounced"),
        ("결과_20261121.xlsx 저장 실패", "<file> 저장 실패"),
        ("config.json is missing", "config.json is missing"),
        ("took 1시간 12분 30초", "took <dur>"),
        ("Timeout 30000ms exceeded", "Timeout <dur> exceeded"),
        ("HTTP 404 and HTTP 503", "HTTP 404 and HTTP 503"),
        ("404 rows failed", "<n> rows failed"),
        ("종료 코드 137로 끝남", "종료 코드 137로 끝남"),
        ("ORA-00942: table or view does not exist", "ORA-00942: table or view does not exist"),
        ("KeyError: 'price'", "KeyError: 'price'"),
        ("KeyError: '20261121'", "KeyError: '<n>'"),
        ("'조회' 버튼을 찾을 수 없습니다", "'조회' 버튼을 찾을 수 없습니다"),
        ("고객 '홍길동'을 찾을 수 없습니다", "고객 '<str>'을 찾을 수 없습니다"),
        ("can't read, won't write", "can't read, won't write"),
        ("File site.py:31:9 is wrong", "File site.py:<n> is wrong"),
        ("  white \t space  ", "white space"),
        ("", ""),
    ],
)
def test_what_varies_is_masked_and_what_names_the_fault_is_kept(text, template):
    assert mask(text) == template


def test_the_id_is_made_from_the_template_and_does_not_change():
    found = signature("로그인 실패: 비밀번호가 올바르지 않습니다 (시도 1/3)")
    assert found.template == "로그인 실패: 비밀번호가 올바르지 않습니다 (시도 <n>/<n>)"
    assert found.id == signature_id(found.template) == "f247711a47f506d2"


def test_the_place_of_an_exception_is_part_of_its_kind():
    one = signature("", exception="KeyError: 'price'", frame="site.py:login")
    other = signature("", exception="KeyError: 'price'", frame="site.py:search")
    assert one.template == "KeyError: 'price' @ site.py:login"
    assert one.id != other.id
    long = signature("", exception="x " * 500, frame="site.py:login")
    assert len(long.template) <= TEMPLATE_CHARS
    assert long.template.endswith("@ site.py:login")


def test_nothing_at_all_is_a_kind_too():
    assert signature("").template == "…"


HOSTILE = [
    "a" * 100_000, "1" * 100_000, "'" * 100_000, '"a' * 50_000, "/" * 100_000, "\\" * 100_000, "/a" * 50_000,
    "C:\\" + "a b\\" * 25_000, "a_" * 50_000, "1:" * 50_000, "::" * 50_000, "@" * 100_000, "a@" * 50_000,
    "a." * 50_000, "(" * 100_000, "(1" * 50_000, "1 " * 50_000, "1초" * 50_000, "https://" * 12_500, "=" * 100_000,
    "a=" * 50_000, "<n>, " * 20_000, "'a', " * 20_000, "가" * 100_000, "가1" * 50_000, "\ud800" * 100_000, "\0" * 100_000,
    "0x" * 50_000, "-" * 100_000, "--- [" * 20_000, ")=(" * 30_000, "error 1 " * 12_500, "a.pdf" * 20_000, "(a)" * 30_000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:8]))
def test_no_line_takes_long(text):
    began = time.process_time()
    assert len(mask(text)) <= TEMPLATE_CHARS
    assert time.process_time() - began < 0.05


@given(st.text(max_size=300))
def test_any_text_has_a_template_and_its_template_says_nothing_that_varies(text):
    template = mask(text)
    assert len(template) <= TEMPLATE_CHARS
    assert mask(text) == template
    assert len(signature(text).id) == 16
