"""A stage for the file browser: a real folder of a program, and the daemon's real answers about it at a real gate."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

from openpyxl import Workbook
from PIL import Image, ImageDraw

from batmon.engine.files.answers import TreeAnswers
from batmon.engine.log_files.answers import LogAnswers
from batmon.model import Program
from tests.tui.stage import NOW, Stage

LONG_AGO = NOW.timestamp() - 3 * 86400


def fill(folder: Path) -> None:
    """What a program leaves: one file of each kind, and some that must not be opened."""
    out = folder / "수집결과"
    out.mkdir(parents=True)
    (folder / "logs").mkdir()
    (folder / "logs" / "kindscrap.log").write_text(
        "2026-03-04 06:00:00 INFO 공시정보 수집 시작\n" * 40
        + "2026-03-04 06:00:12 INFO 수집결과/보고서.xlsx에 저장했습니다\n"
    )
    (folder / "config.json").write_text(
        json.dumps(
            {"계정": ["user1@example.com", "user2@example.com"], "재시도": 3, "사용": True, "비고": None},
            ensure_ascii=False,
        )
    )
    rows = "\n".join(f"00{n},회사{n},{n * 1250},2026-03-0{n % 9 + 1}" for n in range(1, 120))
    (out / "공시목록.csv").write_bytes(f"번호,회사명,금액,공시일\n{rows}\n".encode("cp949"))
    book = Workbook()
    sheet = book.active
    sheet.title = "요약"
    sheet.append(["봇", "건수", "성공률"])
    sheet.append(["kindscrap", 100, 0.5])
    book.create_sheet("상세").append(["계정", "오류"])
    book.save(out / "보고서.xlsx")
    image = Image.new("RGB", (320, 160), "#11151a")
    pen = ImageDraw.Draw(image)
    pen.ellipse((20, 20, 140, 140), fill="#6cb2eb")
    pen.rectangle((180, 40, 300, 120), fill="#ff6b6b")
    image.save(out / "화면.png")
    with sqlite3.connect(out / "state.db") as database:
        database.execute("CREATE TABLE 공시 (id integer primary key, 제목 text)")
        database.executemany("INSERT INTO 공시 (제목) VALUES (?)", [(f"공시 {n}",) for n in range(30)])
    database.close()
    (out / "덤프.bin").write_bytes(bytes(range(256)) * 8)
    (out / "[b]red\x1b[31m.txt").write_text("[b]not bold[/b]\n")
    (out / "passwd").symlink_to("/etc/passwd")
    os.mkfifo(out / "fifo")
    for path in sorted(folder.rglob("*")):
        os.utime(path, (LONG_AGO, LONG_AGO), follow_symlinks=False)


def files_stage(state: Path, **more) -> Stage:
    """The console's stage, whose program kindscrap has files."""
    folder = state / "kindscrap"
    folder.mkdir()
    fill(folder)
    program = Program(name="kindscrap", base_dir=folder, logs=("logs/*.log",), timezone="Asia/Seoul")
    programs = {"kindscrap": program}

    async def no_runs(*_):
        return []

    async def no_run(_):
        return None

    logs = LogAnswers(programs=lambda: programs, runs_near=no_runs, find_run=no_run).verbs()
    return Stage(state, logs={**logs, **TreeAnswers(programs=lambda: programs, state=state).verbs()}, **more)
