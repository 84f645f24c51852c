"""How runs that succeeded and yet are suspicious show on the board, in Korean and small: the figures must be seen."""

import pytest
from stage import NOW, Stage, at, until

from batmon_tui.app import BatmonApp
from batmon_tui.widgets.board_view import BoardView

HELD = {"samples": 12, "scope": "weekday", "weekday": 2, "clock": "06:00"}
ROWS = {
    "kindscrap": ("WARNING", "unusual_output", {"start": at("00:00:00"), "processed": 0, "usual": 1180, **HELD}),
    "fund_mail": ("WARNING", "unusual_time", {"start": at("00:00:00"), "duration_sec": 8, "usual_sec": 41, **HELD}),
    "invoice": ("WARNING", "too_short", {"start": at("12:00:00"), "duration_sec": 3, "min_runtime_sec": 20}),
    "auto_esafe": ("ERROR", "failed", {"start": at("09:30:00"), "line": "로그인 실패", "failures": 3}),
}


def screen_text(app):
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


@pytest.mark.parametrize(
    ("size", "seen"),
    [
        ((80, 24), ["0건 (평소 1,180건)", "8초 걸림 (평소 41초)", "3초 걸림 (최소 20초)", "3회 연속 실패: 로그인"]),
        ((120, 40), ["0건 (평소 1,180건)", "8초 걸림 (평소 41초)", "3초 걸림 (최소 20초)", "3회 연속 실패: 로그인"]),
    ],
)
async def test_the_figures_are_on_the_board(tmp_path, size, seen):
    stage = Stage(tmp_path, language="ko")
    for name, (status, reason, facts) in ROWS.items():
        stage.rows[name] |= {"status": status, "reason": reason, "facts": facts}
    await stage.start()
    app = BatmonApp(stage.connect, "ko", now=lambda: NOW)
    try:
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: len(app.screen_stack[0].query_one(BoardView).keys) == 8, "the board")
            text = screen_text(app)
            await pilot.press("down", "down")
            await until(pilot, lambda: "평소 41초의 20% (수요일" in screen_text(app), "the sentence below the board")
            await app.link.close()
    finally:
        await stage.stop()
    assert [words for words in seen if words not in text] == [], text
