"""A stage for the search over all logs: real files of programs on the board, searched by the daemon's own answers."""

from __future__ import annotations

import os
from pathlib import Path

from batmon.engine.log_files.search_answers import SearchAnswers
from batmon.model import Program
from tests.tui.log_stage import LogServer, story

NAMES = {"fund_mail": "fund_mail", "공시자료_수집기": "disclosures", "auto_esafe": "auto_esafe"}


def search_stage(folder: Path, *, more: int = 0):
    """The verbs about logs; ``more`` lines in one more file."""
    server = story(LogServer(folder / "kindscrap"))
    os.utime(server.log, (1_772_600_000, 1_772_600_000))
    programs = {"kindscrap": server.program}
    lines = {
        "fund_mail": [
            "2026-03-05 02:05:03 INFO 메일 4건 처리 완료",
            "2026-03-05 02:05:01 WARNING 로그인 느림 [/b] [red]",
        ],
        "공시자료_수집기": [f"2026-03-04 22:{minute:02}:00 INFO 로그인 시도 {minute}" for minute in range(0, 60, 7)],
        "auto_esafe": [
            "2026-03-04 18:30:41 INFO 문서 37건 다운로드 완료",
            f"2026-03-04 18:30:02 DEBUG {'https://esafe.example/문서/' * 8} 로그인 \x1b]52;c;aGk=\x07 \u202e끝",
            *(f"2026-03-04 18:31:00 INFO 로그인 {number}" for number in range(more)),
        ],
    }
    for number, (name, text) in enumerate(lines.items()):
        base = folder / NAMES[name]
        (base / "logs").mkdir(parents=True)
        path = base / "logs" / f"{NAMES[name]}.log"
        path.write_text("".join(f"{line}\n" for line in text), "utf-8")
        os.utime(path, (1_772_640_000 - number, 1_772_640_000 - number))
        programs[name] = Program(name=name, base_dir=base, logs=("logs/*.log",), timezone="Asia/Seoul")
    return server.answers().verbs() | SearchAnswers(programs=lambda: programs).verbs()
