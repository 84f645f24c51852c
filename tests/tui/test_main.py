from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(("language", "words"), [("en", "needs a terminal"), ("ko", "터미널이 필요합니다")])
def test_without_a_terminal_it_says_so_and_ends(language, words):
    ended = subprocess.run(
        [sys.executable, "-m", "batmon_tui", "--language", language],
        capture_output=True, text=True, encoding="utf-8", stdin=subprocess.DEVNULL, check=False, timeout=20,
    )  # fmt: skip
    assert ended.returncode == 2
    assert words in ended.stderr
    assert ended.stdout == ""
