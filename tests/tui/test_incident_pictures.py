"""The pages about incidents, the bell, the inbox, automations and the handover; looked at by people."""

import pytest
from stage import Stage, until

from batmon_tui.screens import opening
from batmon_tui.screens.form import FormDialog
from tests.tui.automations_stage import AutomationsOnStage
from tests.tui.inbox_stage import InboxOnStage
from tests.tui.incidents_stage import IncidentsOnStage
from tests.tui.test_pictures import StagedApp, _board

SIZES = [(80, 24), (120, 40)]
LARGE = (200, 60)


async def _listed(app, pilot):
    await until(pilot, lambda: getattr(app.screen, "answer", None) is not None and app.screen.ready, "the answer")
    await until(pilot, lambda: bool(app.screen.listed.keys), "its rows")
    await until(pilot, lambda: app.news.unread == 4, "the bell")


def _page(open_it):
    async def steps(app, pilot):
        await _board(app, pilot)
        open_it(app)
        await _listed(app, pilot)

    return steps


async def _handled(app, pilot):
    await _board(app, pilot)
    await until(pilot, lambda: app.news.unread == 4 and app.news.since is not None, "the news")


async def _ack(app, pilot):
    await _page(lambda app: opening.incident(app, 12))(app, pilot)
    await pilot.press("a")
    await until(pilot, lambda: isinstance(app.screen, FormDialog) and app.screen._there, "the dialog")


async def _silence(app, pilot):
    await _page(lambda app: opening.incident(app, 12))(app, pilot)
    await pilot.press("z")
    await until(pilot, lambda: isinstance(app.screen, FormDialog) and app.screen._there, "the dialog")


async def _answer(app, pilot):
    await _page(lambda app: opening.inbox(app, "support_tickets"))(app, pilot)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, FormDialog) and app.screen._there, "the dialog")


SCREENS = {
    "board": _handled,
    "incidents": _page(opening.incidents),
    "incident": _page(lambda app: opening.incident(app, 12)),
    "silences": _page(opening.silences),
    "ack": _ack,
    "silence": _silence,
    "bell": _page(opening.bell),
    "inboxes": _page(opening.inboxes),
    "inbox": _page(lambda app: opening.inbox(app, "support_tickets")),
    "answer": _answer,
    "automations": _page(opening.automations),
    "automation": _page(lambda app: opening.automation(app, "pending_items")),
    "handover": _page(opening.handover),
}  # fmt: skip


def _staged(tmp_path):
    incidents = IncidentsOnStage()
    stage = Stage(tmp_path, logs={**incidents.verbs(), **InboxOnStage().verbs(), **AutomationsOnStage().verbs()})
    for number in (12, 14, 15, 16):
        name = incidents.story[number]["program"]
        stage.rows[name] = {**stage.rows[name], "incident": incidents.row_of(number)}
    return stage


def _prepared(screen):
    async def prepare(pilot):
        await SCREENS[screen](pilot.app, pilot)
        for box in pilot.app.screen.query("Input, TextArea"):
            box.cursor_blink = False
        await pilot.pause()

    return prepare


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("screen", SCREENS)
def test_picture(  # noqa: PLR0917 - pytest hands them over by name
    snap_compare, tmp_path, monkeypatch, screen, language, size
):
    monkeypatch.chdir(tmp_path)
    app = StagedApp(_staged(tmp_path), language)
    assert snap_compare(app, terminal_size=size, run_before=_prepared(screen))


@pytest.mark.parametrize("screen", ["board", "incidents", "incident", "inbox"])
def test_picture_of_a_large_screen(snap_compare, tmp_path, monkeypatch, screen):
    monkeypatch.chdir(tmp_path)
    assert snap_compare(StagedApp(_staged(tmp_path), "ko"), terminal_size=LARGE, run_before=_prepared(screen))


@pytest.mark.parametrize("theme", ["batmon-light", "batmon-contrast"])
@pytest.mark.parametrize("screen", ["board", "incidents", "incident", "bell"])
def test_picture_of_a_theme(snap_compare, tmp_path, monkeypatch, screen, theme):
    async def prepare(pilot):
        await _prepared(screen)(pilot)
        pilot.app.theme = theme
        await pilot.pause()
        pilot.app.screen.tell_frame()
        pilot.app.screen.tell()
        await pilot.pause()

    monkeypatch.chdir(tmp_path)
    assert snap_compare(StagedApp(_staged(tmp_path), "en"), terminal_size=(120, 40), run_before=prepare)
