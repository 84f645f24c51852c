"""What is hidden, what stays, and that hiding twice hides no more."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batmon.notify.mask import mask, mask_keys

HIDDEN = [
    ("login as kim.cheolsu@example.co.kr failed", "login as ki***@example.co.kr failed"),
    ("a@example.com", "a***@example.com"),
    ("전화 010-1234-5678 로", "전화 010-****-5678 로"),
    ("01012345678", "010****5678"),
    ("+82 10-1234-5678", "+82 10-****-5678"),
    ("02-123-4567", "02-***-4567"),
    ("주민번호 900101-1234567", "주민번호 900101-1******"),
    ("주민번호 9001011234567", "주민번호 9001011******"),
    ("카드 4111-1111-1111-1111", "카드 4111-11**-****-1111"),
    ("카드 4111111111111111", "카드 411111******1111"),
    ("password=hunter2 user=kim", "password=*** user=kim"),
    ("PASSWORD: hunter2", "PASSWORD: ***"),
    ("비밀번호: 가나다라", "비밀번호: ***"),
    ('{"api_key": "abc def", "n": 1}', '{"api_key": ***, "n": 1}'),
    ("db_password='a b c' next", "db_password=*** next"),
    ("Authorization: Bearer abc.def.ghi", "Authorization: ***"),
    ("sent bearer abcdef123456", "sent bearer ***"),
    ("postgresql://batmon:s3cr3t@db/batmon", "postgresql://batmon:***@db/batmon"),
    ("https://x.example/?token=abc123&a=1", "https://x.example/?token=***&a=1"),
    ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_1", "jwt ***"),
    ("ghp_" + "a" * 36, "***"),
    ("xoxb-1234567890-abc", "***"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "***"),
    ("-----BEGIN PRIVATE KEY-----\nMIIE", "***"),
]
KEPT = [
    "2026-11-21 06:00:12 ERROR 로그인 실패: 비밀번호가 올바르지 않습니다",
    "run 4711 took 12.345 s, 1,234 items",
    "order 1234567890123456 is unknown",
    "HTTP 401 at https://kind.krx.co.kr:443/disclosure?page=2",
    "uuid 7b7c5f0a-3c57-5d0e-9c0f-0b6d2b1f4a11",
    "10.0.0.12 port 5432, version 3.11.7-200",
    'File "main.py", line 200, in run_batch',
    "2026-02-03 20261121060012",
]


@pytest.mark.parametrize(("text", "shown"), HIDDEN)
def test_hidden(text, shown):
    assert mask(text) == shown


@pytest.mark.parametrize("text", KEPT)
def test_what_is_nobodys_stays(text):
    assert mask(text) == text


@settings(max_examples=100)
@given(st.lists(st.sampled_from([text for text, _ in HIDDEN] + KEPT) | st.text(max_size=30), max_size=5).map(" ".join))
def test_hiding_twice_hides_no_more(text):
    assert mask(mask(text)) == mask(text)


@settings(max_examples=100)
@given(
    st.sampled_from(["password=", "passwd: ", "token=", "비밀번호=", "api-key: ", '"secret": "']),
    st.text(st.sampled_from("abcXYZ0189_!$%@./+한글"), min_size=1, max_size=40),
    st.text(max_size=20),
)
def test_no_secret_after_its_name_survives(name, secret, before):
    written = f"{name}{secret}" + ('"' if name.endswith('"') else "")
    shown = mask(f"{before} {written}").removeprefix(mask(before))
    assert len(secret) < 4 or secret not in shown


@settings(max_examples=100)
@given(st.from_regex(r"[a-z]{4,10}", fullmatch=True), st.sampled_from(["example.com", "mail.example.co.kr"]))
def test_no_address_survives(local, domain):
    assert local not in mask(f"mail to <{local}@{domain}>, please")


def test_only_what_stands_below_the_keys_is_masked():
    data = {"line": "a@example.com", "row": {"email": "a@example.com"}, "list": [{"why": ["password=x", 3, None]}]}
    shown = mask_keys(data, frozenset({"line", "why"}))
    assert shown == {"line": "a***@example.com", "row": {"email": "a@example.com"},
                     "list": [{"why": ["password=***", 3, None]}]}  # fmt: skip


@pytest.mark.parametrize("piece", ["=", "password", "1 ", "a@", "://a:", "ey", "a.", "-----BEGIN PRIVATE KEY", '"\\'])
def test_long_lines_take_no_time(piece):
    began = time.perf_counter()
    mask(piece * (40_000 // len(piece)))
    assert time.perf_counter() - began < 2
