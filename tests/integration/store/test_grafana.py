"""The example dashboard: Grafana's own model reads it, and every query in it runs on a real database."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from batmon.model import Origin, Program, Run, RunStatus
from batmon.store.statistics import Statistics

FILE = Path(__file__).parents[3] / "docs" / "grafana" / "batmon.json"
DASHBOARD = json.loads(FILE.read_text("utf-8"))
PANELS = {panel["title"]: panel for panel in DASHBOARD["panels"]}
NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
OF_AN_IMPORT = {"__inputs", "__elements", "__requires", "id"}
"""What Grafana reads when a file is imported and its model of a dashboard does not have."""
MACROS = {
    "$__timeFrom()": f"'{(NOW - timedelta(days=30)).isoformat()}'",
    "$__timeTo()": f"'{NOW.isoformat()}'",
    "${program:sqlstring}": "'kindscrap','fund''s'",
}


def written(query):
    """The query as Grafana would send it."""
    for macro, said in MACROS.items():
        query = query.replace(macro, said)
    assert "$" not in query
    return query


def test_grafanas_model_reads_all_of_it():
    read = json.loads(JSONEncoder().encode(Dashboard.from_json(DASHBOARD)))
    assert DASHBOARD.keys() - read.keys() == OF_AN_IMPORT
    assert [panel["title"] for panel in read["panels"]] == list(PANELS)
    for panel, same in zip(DASHBOARD["panels"], read["panels"], strict=True):
        assert same["targets"] == panel["targets"]
        assert same["gridPos"] == panel["gridPos"]
        assert same["fieldConfig"]["defaults"].keys() >= panel["fieldConfig"]["defaults"].keys()


def test_its_panels_do_not_lie_on_one_another_and_are_declared():
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for at in [panel["gridPos"]]
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) == 23
    declared = {one["id"] for one in DASHBOARD["__requires"] if one["type"] == "panel"}
    assert declared == {panel["type"] for panel in DASHBOARD["panels"]}


@pytest.fixture
async def reader(store, database_url, tmp_path):
    """A connection to a database that holds some runs."""
    programs = [
        Program(name=name, base_dir=tmp_path, schedule=("0 6 * * *",), node="n") for name in ("kindscrap", "fund's")
    ]
    await store.register("n", programs, NOW)
    runs = [
        Run(
            run_id=uuid4(), program=name, status=status, start_time=NOW - timedelta(days=day, hours=1),
            end_time=NOW - timedelta(days=day), processed_count=60, origin=Origin.RECORD,
        )
        for name, status, day in (
            ("kindscrap", RunStatus.SUCCESS, 1), ("kindscrap", RunStatus.SUCCESS, 2),
            ("kindscrap", RunStatus.FAILED, 3), ("fund's", RunStatus.MISSED, 1),
        )
    ]  # fmt: skip
    await store.put_runs(runs, [])
    while await Statistics(store).settle_some(NOW):
        pass
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def test_every_panel_shows_something(reader):
    for title, panel in PANELS.items():
        (target,) = panel["targets"]
        rows = await reader.fetch(written(target["rawSql"]))
        assert rows, title
        assert any(value is not None for value in rows[0].values()), title
        if panel["type"] in ("timeseries", "status-history"):
            assert isinstance(rows[0]["time"], datetime), title


async def test_the_figures_are_right(reader):
    async def one(title):
        return await reader.fetchval(written(PANELS[title]["targets"][0]["rawSql"]))

    assert await one("Success rate") == pytest.approx(2 / 3)
    assert await one("Availability") == pytest.approx(2 / 4)
    assert (await one("Runs"), await one("Failed"), await one("Missed")) == (3, 1, 1)
    assert await one("Hours saved") == pytest.approx(2 * 60 * 5 / 60)


async def test_the_variable_offers_the_programs(reader):
    (variable,) = DASHBOARD["templating"]["list"]
    assert [row[0] for row in await reader.fetch(variable["query"])] == ["fund's", "kindscrap"]
