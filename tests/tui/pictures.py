"""``python -m tests.tui.pictures FOLDER``: the pictures of README.md (en) and docs/README.ko.md (ko), taken anew.

The real console at a real gate, with the stories that the snapshot tests tell.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import re
import sys
import tempfile
import uuid
from collections.abc import Awaitable, Callable
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widgets import Input

from batmon_tui.screens import opening
from batmon_tui.screens.incident import IncidentScreen
from batmon_tui.screens.program import ProgramScreen
from batmon_tui.screens.statistics import StatisticsScreen
from batmon_tui.widgets.board_view import BoardView
from batmon_tui.widgets.log_paper import LogPaper
from batmon_tui.widgets.runs_view import RunsView
from tests.tui import log_stage
from tests.tui.incidents_stage import IncidentsOnStage
from tests.tui.log_stage import LogServer
from tests.tui.stage import Stage, at, until
from tests.tui.statistics_stage import StatisticsOnStage

SIZE = (110, 28)
WIDE = (120, 28)
LANGUAGES = ("en", "ko")
_TRAPS = re.compile(r"\s*\[/?(?:b|red)\]|\s*\x1b\[31m")
"""Markup and control characters in the story, there for the tests to trip over and not for a picture."""

_FONT_FROM_AFAR = re.compile(r"\s*@font-face \{.*?\n    \}", re.DOTALL)
_TEXT = re.compile(r'<text class="([^"]+)" x="([^"]+)" y="([^"]+)" textLength="[^"]+"([^>]*)>([^<]+)</text>')
_FONTS = 'Fira Code, "DejaVu Sans Mono", Menlo, Consolas, D2Coding, "Noto Sans Mono CJK KR", monospace'
_CELL = 12.2
"""Width of a character cell in the units of the picture."""

Steps = Callable[[Any, Pilot[None]], Awaitable[None]]


def without_traps(value: Any) -> Any:
    """The same strings, lists and objects without what only tests want."""
    if isinstance(value, str):
        return _TRAPS.sub("", value)
    if isinstance(value, list):
        return [without_traps(one) for one in value]
    if isinstance(value, dict):
        return {key: without_traps(one) for key, one in value.items()}
    return value


async def board(app: Any, pilot: Pilot[None]) -> None:
    """The board, faults first."""
    await until(pilot, lambda: len(app.screen_stack[0].query_one(BoardView).keys) == 8, "the board")


async def program(app: Any, pilot: Pilot[None]) -> None:
    """The page of the program that failed."""
    await board(app, pilot)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, ProgramScreen) and app.screen.ready, "the page")
    await until(pilot, lambda: len(app.screen.query_one(RunsView).keys) == 31, "its runs")


async def rerun(app: Any, pilot: Pilot[None]) -> None:
    """The question before a re-run, of a program that runs already."""
    await board(app, pilot)
    await pilot.press("colon", *"rerun backup-db", "enter")
    await until(pilot, lambda: bool(app.screen.query("#force")), "the dialog")


async def log(app: Any, pilot: Pilot[None]) -> None:
    """The log at the error of the run that failed."""
    await board(app, pilot)
    app.open_log("kindscrap", str(uuid.UUID(int=4711)))
    await until(pilot, lambda: bool(app.screen.query(LogPaper)), "the log")
    paper = app.screen.query_one(LogPaper)
    await until(pilot, lambda: bool(paper.window.lines), "its lines")
    await pilot.press("e")
    await until(pilot, lambda: paper.current is not None and paper.current.level == "error", "the error")


async def incident(app: Any, pilot: Pilot[None]) -> None:
    """The page of the incident that the program's failure opened."""
    await board(app, pilot)
    opening.incident(app, 12)
    await until(pilot, lambda: isinstance(app.screen, IncidentScreen) and app.screen.ready, "the page")
    await until(pilot, lambda: bool(app.screen.listed.keys), "its rows")


async def statistics(app: Any, pilot: Pilot[None]) -> None:
    """Programs by days, the worst first; the cursor on a day that failed."""
    await board(app, pilot)
    opening.statistics(app)
    await until(pilot, lambda: isinstance(app.screen, StatisticsScreen) and app.screen.known.complete, "the figures")
    page = app.screen
    await until(pilot, lambda: bool(page.heat.keys) and not page.known.without_days(page.in_sight()), "the days")
    await pilot.press("left")
    await until(pilot, lambda: page.in_full is not None, "the program")


class IncidentsWithoutTraps(IncidentsOnStage):
    """The same story, for people."""

    async def _incident(self, caller: Any, args: Any) -> Any:
        answer = without_traps(await super()._incident(caller, args))
        first = {**answer["first"]["facts"], "start": at("21:00:00", 1), "failures": 1}
        return {**answer, "first": {**answer["first"], "facts": first}}


PICTURES = {
    "board": board,
    "program": program,
    "log": log,
    "rerun": rerun,
    "incident": incident,
    "statistics": statistics,
}


def aligned(svg: str) -> str:
    """The picture with runs of narrow characters and single wide ones at their cells, and no font fetched from afar.

    As exported, the length of a text counts characters and not cells, so Korean would be squeezed into half its room.
    """

    def split(found: re.Match[str]) -> str:
        style, x, y, rest, text = found.groups()
        at, parts = float(x), []
        for cells, characters in groupby(html.unescape(text), key=cell_len):
            run = [html.escape(one).replace("\xa0", "&#160;") for one in characters]
            width = cells * _CELL
            if cells == 1:
                whole = f'x="{at:g}" textLength="{len(run) * width:g}"'
                parts.append(f'<text class="{style}" y="{y}" {whole}{rest}>{"".join(run)}</text>')
            else:
                each = "".join(f'<tspan x="{at + n * width:g}">{one}</tspan>' for n, one in enumerate(run))
                parts.append(f'<text class="{style}" y="{y}" font-size="22"{rest}>{each}</text>')
            at += len(run) * width
        return "".join(parts)

    return _TEXT.sub(split, _FONT_FROM_AFAR.sub("", svg).replace("Fira Code, monospace", _FONTS))


async def take(app: Any, steps: Steps, size: tuple[int, int]) -> str:
    """The screen as SVG after ``steps``."""
    async with app.run_test(size=size) as pilot:
        await steps(app, pilot)
        for box in app.screen.query(Input):
            box.cursor_blink = False
        await pilot.pause()
        return aligned(app.export_screenshot(title="BATMON", simplify=True))


async def picture(steps: Steps, language: str, state: Path) -> str:
    """One picture, with a stage of its own below ``state``."""
    logs, incidents = log_stage.story(LogServer(state / "kindscrap")).answers().verbs(), IncidentsWithoutTraps()
    incidents.opened = []  # nothing happened since the last visit, so that the board is the board alone
    stage = Stage(state, logs={**logs, **incidents.verbs(), **StatisticsOnStage().verbs()})
    stage.rows, stage.runs = without_traps(stage.rows), without_traps(stage.runs)
    await stage.start()
    try:
        return await take(stage.app(language), steps, WIDE if steps is program else SIZE)
    finally:
        await stage.stop()


def main() -> None:
    """Write every picture in both languages."""
    parser = argparse.ArgumentParser(prog="python -m tests.tui.pictures", description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        for name, steps in PICTURES.items():
            with tempfile.TemporaryDirectory() as state:
                svg = asyncio.run(picture(steps, language, Path(state)))
            path = folder / f"{name}.{language}.svg"
            path.write_text(svg, "utf-8")
            sys.stdout.write(f"{path}  {len(svg.encode()) // 1024} KB\n")


if __name__ == "__main__":
    main()
