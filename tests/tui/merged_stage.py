"""A stage for the page of all logs by time: the console at a gate, real log files of three programs."""

from __future__ import annotations

import gzip
import os
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

from batmon.engine.log_files.answers import LogAnswers
from batmon.model import Program
from batmon_tui.app import BatmonApp
from batmon_tui.screens.board import BoardScreen
from batmon_tui.widgets.board_view import BoardView
from tests.tui.stage import NOW, Stage, until

BEGIN = datetime(2026, 3, 5, 1, 0)  # noqa: DTZ001 - as the logs write it, in Seoul
NAMES = ("kindscrap", "fund_mail", "auto_esafe")


def write(folder: Path) -> dict[str, Program]:
    """70 minutes of three programs: one fails at 02:10 and leaves a traceback, one has a compressed past."""
    programs = {}
    for number, name in enumerate(NAMES):
        base = folder / name
        base.mkdir(parents=True)
        programs[name] = Program(name=name, base_dir=base, logs=("*.log",), timezone="Asia/Seoul")
        lines = []
        for minute in range(70):
            at = BEGIN + timedelta(minutes=minute, seconds=20 * number)
            lines.append(f"{at:%Y-%m-%d %H:%M:%S} INFO 메일 {minute}건 처리 [/b]\n")
        if name == "kindscrap":
            lines += [
                "2026-03-05 02:10:01 ERROR 로그인 실패: 비밀번호가 올바르지 않습니다\n",
                "Traceback (most recent call last):\n",
                '  File "main.py", line 88, in main\n',
                "LoginError: 비밀번호가 올바르지 않습니다\n",
                "2026-03-05 02:10:30 INFO 끝\n",
            ]
        old = base / "main.log.1.gz"
        old.write_bytes(gzip.compress("".join(lines[:30]).encode()))
        moment = (NOW - timedelta(minutes=45)).timestamp()
        os.utime(old, (moment, moment))
        now = base / "main.log"
        now.write_text("".join(lines[30:]), "utf-8")
        os.utime(now, (NOW.timestamp(), NOW.timestamp()))
    return programs


async def nobody(*_):
    return []


async def none(_):
    return None


@asynccontextmanager
async def console(folder: Path, language: str = "en", size: tuple[int, int] = (100, 30)):
    """The board, with the logs behind it."""
    programs = write(folder / "logs")
    answers = LogAnswers(programs=lambda: programs, runs_near=nobody, find_run=none)
    stage = Stage(folder, language=language, logs=answers.verbs())
    await stage.start()
    app = BatmonApp(stage.connect, language, now=lambda: NOW)
    try:
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: isinstance(app.screen, BoardScreen) and app.screen.ready, "the board")
            await until(pilot, lambda: len(app.screen.query_one(BoardView).keys) == 8, "its rows")
            yield app, pilot, programs
    finally:
        await stage.stop()
