from __future__ import annotations

import pytest
import pytest_asyncio
from stage import Stage
from textual.css.stylesheet import Stylesheet


@pytest.fixture(scope="session", autouse=True)
def _style_sheets_are_parsed_once():
    """Each app takes the rules that an earlier one read from the same text with the same colours.

    Textual keeps them for one app, which uses them for many widgets and changes none. Reading them takes a fifth of
    the time of an app in a test.
    """
    known = {}
    parse = Stylesheet._parse_rules

    def rules(sheet, css, **place):
        key = (css, *place.items(), *sheet._variables.items())
        if key not in known:
            known[key] = parse(sheet, css, **place)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", rules)
        yield


@pytest_asyncio.fixture
async def stage(tmp_path):
    stage = Stage(tmp_path)
    await stage.start()
    yield stage
    await stage.stop()


@pytest.fixture(autouse=True)
def _colours(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
