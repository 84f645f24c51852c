"""Paths that log lines name, as programs here write them."""

from __future__ import annotations

import time

import pytest

from batmon_tui.widgets.named_paths import MOST, named_paths


@pytest.mark.parametrize(
    ("line", "first"),
    [
        (
            r"06:00:12 INFO 저장: C:\batch\kindscrap\수집결과\공시 목록.csv",
            r"C:\batch\kindscrap\수집결과\공시 목록.csv",
        ),
        ("06:00:12 INFO out/보고서.xlsx에 저장했습니다", "out/보고서.xlsx"),
        ('FileNotFoundError: [Errno 2] No such file: "/var/log/fund mail/a.log"', "/var/log/fund mail/a.log"),
        ("wrote /srv/batch/out/run-20261120.jsonl, 12 rows", "/srv/batch/out/run-20261120.jsonl"),
        ("다운로드 완료 (문서 37건) esafe_20261120.zip", "esafe_20261120.zip"),
        (r"\\server\share\결과.xlsx 복사", r"\\server\share\결과.xlsx"),
    ],
)
def test_the_path_is_found(line, first):
    assert named_paths(line)[0] == first


@pytest.mark.parametrize("line", ["06:00:12 INFO 100건 처리", "버전 1.2.3 시작", "success rate 99.5", ""])
def test_figures_are_no_paths(line):
    assert named_paths(line) == []


def test_a_hostile_line_takes_no_time():
    began = time.perf_counter()
    for line in ("/" * 100_000, "a." * 50_000, '"' * 100_000, "C:\\" * 30_000, ("x" * 400 + ".") * 200):
        assert len(named_paths(line)) <= MOST
    assert time.perf_counter() - began < 2
