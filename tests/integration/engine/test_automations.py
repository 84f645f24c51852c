"""Automations as the configuration says them, on a real database: when, once, and what is seen of it."""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from batmon.engine.automations import automations as engine
from batmon.errors import NotFound, RunningAlready
from batmon.notify.templates import Templates
from tests.integration.automation_world import Clock, World, ended, statuses

COUNT = """
[[automations]]
name = "count"
schedule = "0 0 * * *"
{more}
[[automations.steps]]
do = "sql"
sql = "INSERT INTO counted (slot, day, yesterday) VALUES (:slot::timestamptz, :today::date, :yesterday::date)"
"""


@pytest.fixture
async def world(tmp_path, store, database_url, owner_url):
    made = World(tmp_path, store, database_url, owner_url)
    await made.fetch("CREATE TABLE counted (slot timestamptz, day date, yesterday date)")
    await made.fetch("GRANT ALL ON counted TO batmon_app")
    return made


def command(code, **keys):
    """A step that runs Python."""
    more = "".join(f"\n{key} = {json.dumps(value)}" for key, value in keys.items())
    return f'\n[[automations.steps]]\ndo = "command"\ncommand = {json.dumps([sys.executable, "-c", code])}{more}\n'


def automation(name, keys="", steps=""):
    """A table of an automation that is not due in the life of a test."""
    return f'\n[[automations]]\nname = "{name}"\nschedule = "0 0 1 1 *"\n{keys}\n{steps}'


def sql(text, **keys):
    more = "".join(f"\n{key} = {json.dumps(value)}" for key, value in keys.items())
    return f'\n[[automations.steps]]\ndo = "sql"\nsql = {json.dumps(text)}{more}\n'


async def test_a_slot_is_executed_at_its_time_with_the_days_around_it(world):
    world.clock = Clock("2025-12-09T23:59:59.9+09:00")
    async with world.running(COUNT.format(more="")) as automations:
        assert await world.logs() == []
        assert automations.next_due("count") == datetime(2025, 12, 9, 15, tzinfo=UTC)
        world.clock.at = datetime(2025, 12, 9, 15, 0, 0, 40_000, tzinfo=UTC)
        automations._scheduler._earlier.set()  # the clock was moved by hand
        rows = await world.until(ended)
    (row,) = rows
    assert (row["job_name"], row["status"], row["error_message"], row["trigger"]) == ("count", "success", None, "cron")
    assert row["slot"] == datetime(2025, 12, 9, 15, tzinfo=UTC)
    assert row["execution_time"] == world.clock.at
    assert row["duration_ms"] == 0
    assert row["node"] == "here"
    (counted,) = await world.fetch("SELECT * FROM counted")
    assert counted["slot"] == row["slot"]
    assert (str(counted["day"]), str(counted["yesterday"])) == ("2025-12-10", "2025-12-09")


async def test_what_fails_is_undone_and_the_admins_and_the_bell_are_told_in_the_same_transaction(world):
    steps = sql("INSERT INTO counted (slot) VALUES (:slot::timestamptz)") + sql("SELECT 1 / 0")
    async with world.running(automation("broken", 'title = "깨진 작업"', steps)) as automations:
        await automations.run_now("broken", "kim")
        (row,) = await world.until(ended)
    assert row["status"] == "failed"
    assert "division by zero" in row["error_message"]
    assert row["trigger"] == "manual"
    assert row["started_by"] == "kim"
    assert row["slot"] is None
    assert await world.fetch("SELECT * FROM counted") == []
    (owed,) = await world.fetch(
        "SELECT channel, recipient, template, language, data, automation_log_id FROM notifications"
    )
    assert (owed["channel"], owed["recipient"], owed["template"]) == ("email", "ops@example.com", "automation_failed")
    assert owed["language"] == "ko"
    assert owed["automation_log_id"] == row["id"]
    data = json.loads(owed["data"])
    assert data["job_name"] == "broken"
    mail = Templates(None, ZoneInfo("Asia/Seoul")).render("automation_failed", "ko", data)
    assert mail.subject == "[BATMON] 자동화 실패: 깨진 작업"
    assert "division by zero" in mail.text
    assert "division by zero" in data["error"]
    (entry,) = await world.fetch("SELECT level, title FROM feed_entries")
    assert (entry["level"], entry["title"]) == ("urgent", "자동화 실패: 깨진 작업")


async def test_failures_in_a_row_are_told_once(world):
    await world.fetch("CREATE SEQUENCE tries")
    await world.fetch("GRANT ALL ON tries TO batmon_app")
    steps = sql("SELECT 1 / (CASE WHEN nextval('tries') IN (1, 2, 4) THEN 0 ELSE 1 END)")
    told = []
    async with world.running(automation("moody", steps)) as automations:
        for number in range(1, 5):
            await automations.run_now("moody", "kim")
            await world.until(lambda rows, number=number: ended(rows) and len(rows) == number)
            told.append(len(await world.fetch("SELECT FROM notifications")))
    assert told == [1, 1, 1, 2]
    assert len(await world.fetch("SELECT FROM feed_entries")) == 2


async def test_where_a_probe_looks_after_automations_its_incident_tells(world):
    world.watched = True
    async with world.running(automation("broken", sql("SELECT 1 / 0"))) as automations:
        await automations.run_now("broken", "kim")
        (row,) = await world.until(ended)
    assert row["status"] == "failed"
    assert await world.fetch("SELECT FROM notifications") == []


async def test_it_is_tried_again_and_what_was_wrong_before_is_kept(world):
    await world.fetch("CREATE SEQUENCE tries")
    await world.fetch("GRANT ALL ON tries TO batmon_app")
    steps = sql("SELECT 1 / (CASE WHEN nextval('tries') < 3 THEN 0 ELSE 1 END)")
    async with world.running(automation("third", 'retries = 2\nretry_after = "20ms"', steps)) as automations:
        await automations.run_now("third", "kim")
        (row,) = await world.until(ended)
    assert row["status"] == "success"
    assert row["attempt"] == 3
    assert row["error_message"] is None
    assert [one["attempt"] for one in row["attempts"]] == [1, 2]
    assert all("division by zero" in one["error"] for one in row["attempts"])
    assert await world.fetch("SELECT * FROM notifications") == []


async def test_what_is_tried_again_after_midnight_is_about_the_day_on_which_it_was_asked_for(world):
    world.clock = Clock("2025-12-09T23:59:50+09:00")
    steps = sql("INSERT INTO counted (slot, day) SELECT :slot::timestamptz, :today::date WHERE 1 / :retried::int = 1")
    steps = sql("SELECT (count(*))::int AS n FROM automation_logs WHERE attempts <> '[]'", **{"as": "tried"}) + steps
    tables = automation("late", 'retries = 1\nretry_after = "0s"', steps.replace(":retried", ":tried.n"))
    async with world.running(tables) as automations:
        begun = automations._lead

        async def later(lead):
            await begun(lead)
            world.clock.at += timedelta(minutes=1)

        automations._lead = later
        await automations.run_now("late", "kim")
        (row,) = await world.until(ended)
    assert row["status"] == "success", row["error_message"]
    (counted,) = await world.fetch("SELECT slot, day FROM counted")
    assert counted["slot"] == datetime(2025, 12, 9, 14, 59, 50, tzinfo=UTC)
    assert str(counted["day"]) == "2025-12-09"


async def test_after_the_last_retry_it_has_failed(world):
    keys = 'retries = 1\nretry_after = "20ms"'
    async with world.running(automation("never", keys, sql("SELECT 1 / 0"))) as automations:
        await automations.run_now("never", "kim")
        (row,) = await world.until(ended)
    assert row["status"] == "failed"
    assert row["attempt"] == 2
    assert len(row["attempts"]) == 2
    assert len(await world.fetch("SELECT * FROM notifications")) == 1


@pytest.mark.parametrize(
    ("catch_up", "expected"),
    [("none", ["skipped"] * 26), ("last", ["skipped"] * 25 + ["success"]), ("all", ["success"] * 26)],
)
async def test_down_for_26_hours(world, catch_up, expected):
    world.clock = Clock("2025-12-09T12:30:00+09:00")
    tables = COUNT.format(more=f'catch_up = "{catch_up}"').replace("0 0 * * *", "0 * * * *")
    async with world.running(tables):
        assert await world.logs() == []
    world.clock.at += timedelta(hours=26)
    async with world.running(tables):
        rows = await world.until(lambda rows: len(rows) == 26 and ended(rows))
    assert statuses(rows) == expected
    first = datetime(2025, 12, 9, 4, tzinfo=UTC)
    assert [row["slot"] for row in rows] == [first + timedelta(hours=number) for number in range(26)]
    done = [row["slot"] for row in await world.fetch("SELECT slot FROM counted ORDER BY ctid")]
    assert done == [row["slot"] for row in rows if row["status"] == "success"], "each once, and in order"
    if catch_up == "none":
        assert "not caught up" in rows[0]["error_message"]
    async with world.running(tables):
        assert len(await world.logs()) == 26


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-03-29", ["00:30+01:00", "01:30+01:00", "03:00+02:00", "03:30+02:00"]),
        ("2026-10-25", ["00:30+02:00", "01:30+02:00", "02:30+02:00", "03:30+01:00"]),
    ],
)
async def test_on_the_days_of_the_change_a_fixed_time_is_executed_once(world, day, expected):
    tables = "".join(
        COUNT.format(more='catch_up = "all"\ntimezone = "Europe/Berlin"')
        .replace("0 0 * * *", f"30 {hour} * * *")
        .replace('"count"', f'"at_{hour}"')
        for hour in range(4)
    )
    world.clock = Clock(f"{day}T00:10:00+01:00") if "03-29" in day else Clock(f"{day}T00:10:00+02:00")
    async with world.running(tables):
        pass
    world.clock.at += timedelta(hours=6)
    async with world.running(tables):
        rows = await world.until(lambda rows: len(rows) == 4 and ended(rows))
    berlin = ZoneInfo("Europe/Berlin")
    assert sorted(row["slot"].astimezone(berlin).isoformat()[11:16] + row["slot"].astimezone(berlin).isoformat()[19:]
                  for row in rows) == expected  # fmt: skip
    days = await world.fetch("SELECT day, yesterday FROM counted")
    assert {str(row["day"]) for row in days} == {day}


async def test_an_execution_that_takes_too_long_is_ended_with_all_that_it_started(world, tmp_path):
    pids = tmp_path / "pids"
    code = (
        "import subprocess, sys, os, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)\n"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        "print('working', flush=True)\n"
        "time.sleep(600)"
    )
    async with world.running(automation("slow", 'timeout = "2s"', command(code))) as automations:
        await automations.run_now("slow", "kim")
        (row,) = await world.until(ended)
    assert row["status"] == "failed"
    assert "2 seconds" in row["error_message"]
    import psutil  # noqa: PLC0415

    for pid in map(int, pids.read_text().split()):
        assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


async def test_sql_that_takes_too_long_is_cancelled(world):
    async with world.running(automation("sleeping", 'timeout = "300ms"', sql("SELECT pg_sleep(60)"))) as automations:
        await automations.run_now("sleeping", "kim")
        (row,) = await world.until(ended)
        assert row["status"] == "failed"
        left = (
            "SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND state = 'active'"
            " AND pid <> pg_backend_pid() AND datname = current_database()"
        )
        async with asyncio.timeout(10):
            while await world.fetch(left):
                await asyncio.sleep(0.02)


async def test_a_command_is_given_values_without_a_shell_and_its_output_is_kept(world):
    steps = sql("SELECT 'a b; echo $HOME' AS word", **{"as": "found"})
    code = "import os, sys; print(sys.argv[1:], os.environ['WORD'], os.getcwd())"
    step = command(code).replace(json.dumps(code) + "]", json.dumps(code) + ', "{{ found.word }}"]')
    step += 'env = { WORD = "{{ found.word }}" }\n'
    async with world.running(automation("argv", "", steps + step)) as automations:
        await automations.run_now("argv", "kim")
        (row,) = await world.until(ended)
    assert row["status"] == "success", row["error_message"]
    assert row["output"] == f"['a b; echo $HOME'] a b; echo $HOME {world.folder}"


async def test_a_command_that_fails_says_so_and_undoes_the_sql_before_it(world):
    steps = sql("INSERT INTO counted (slot) VALUES (now())") + command("print('no disk'); raise SystemExit(3)")
    async with world.running(automation("exits", "", steps)) as automations:
        await automations.run_now("exits", "kim")
        (row,) = await world.until(ended)
    assert row["status"] == "failed"
    assert "ended with 3: no disk" in row["error_message"]
    assert row["output"] == "no disk"
    assert await world.fetch("SELECT * FROM counted") == []


async def test_output_is_bounded_and_a_child_that_stays_behind_holds_nothing_up(world):
    code = (
        "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(20)']);"
        " print('x' * 300_000); print('the end')"
    )
    async with world.running(automation("much", "", command(code))) as automations:
        await automations.run_now("much", "kim")
        (row,) = await world.until(ended)
        assert row["status"] == "success"
        assert len(row["output"]) == 8000
        assert row["output"].endswith("xx\nthe end")
        from batmon.engine.automations.command_step import end_leftovers  # noqa: PLC0415

        assert await end_leftovers(str(row["holder"])) == 1


async def test_one_that_runs_is_not_run_twice_unless_it_may_queue(world, tmp_path):
    go = tmp_path / "go"
    wait = command(f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.02)")
    tables = automation("alone", "", wait) + automation("queued", 'overlap = "queue"', wait)
    async with world.running(tables) as automations:
        for name in ("alone", "queued"):
            await automations.run_now(name, "kim")
        await world.until(lambda rows: statuses(rows) == ["running"] * 2)
        with pytest.raises(RunningAlready):
            await automations.run_now("alone", "lee")
        await automations.run_now("queued", "lee")
        await automations.run_now("queued", "park")
        await world.until(lambda rows: statuses(rows) == ["running", "running", "queued", "queued"])
        go.touch()
        rows = await world.until(ended)
    assert statuses(rows) == ["success"] * 4
    queued = [row for row in rows if row["job_name"] == "queued"]
    assert [row["started_by"] for row in sorted(queued, key=lambda row: row["execution_time"])] == [
        "kim",
        "lee",
        "park",
    ]


async def test_a_slot_that_comes_while_one_runs_is_skipped(world, tmp_path):
    go = tmp_path / "go"
    wait = command(f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.02)")
    world.clock = Clock("2025-12-09T23:59:30+09:00")
    tables = automation("each_minute", "", wait).replace("0 0 1 1 *", "* * * * *")
    async with world.running(tables) as automations:
        for expected in (["running"], ["running", "skipped"]):
            world.clock.at += timedelta(minutes=1)
            automations._scheduler._earlier.set()
            await world.until(lambda rows, expected=expected: statuses(rows) == expected)
        go.touch()
        rows = await world.until(ended)
    assert statuses(rows) == ["success", "skipped"]
    assert "had not ended" in rows[1]["error_message"]


async def test_a_pause_is_seen_by_every_daemon_and_nothing_is_caught_up_with(world):
    world.clock = Clock("2025-12-09T12:30:00+09:00")
    tables = COUNT.format(more='catch_up = "all"').replace("0 0 * * *", "0 * * * *")
    async with world.running(tables, "here") as here, world.running(tables, "there") as there:
        assert await here.stored.pause("count", paused=True, by="kim", why="migration", now=world.clock())
        world.clock.at += timedelta(hours=3)
        there._scheduler._earlier.set()
        assert await world.logs() == []
        await there.run_now("count", "kim")
        await world.until(ended)
        await there.stored.pause("count", paused=False, by="kim", why="", now=world.clock())
        world.clock.at += timedelta(hours=1)
        here._scheduler._earlier.set()
        rows = await world.until(lambda rows: len(rows) == 2 and ended(rows))
    assert [row["trigger"] for row in rows] == ["manual", "cron"]


async def test_what_is_due_while_the_daemon_is_up_in_two_places_is_executed_once(world):
    world.clock = Clock("2025-12-09T12:30:00+09:00")
    names = [f"job_{number}" for number in range(30)]
    tables = "".join(
        COUNT.format(more="").replace('"count"', f'"{name}"').replace("0 0 * * *", "0 * * * *") for name in names
    )
    async with world.running(tables, "here") as here, world.running(tables, "there") as there:
        for hours in (1, 2, 3):
            world.clock.at += timedelta(hours=1)
            here._scheduler._earlier.set()
            there._scheduler._earlier.set()
            rows = await world.until(lambda rows, hours=hours: len(rows) == 30 * hours and ended(rows))
    assert set(statuses(rows)) == {"success"}
    assert len(await world.fetch("SELECT * FROM counted")) == 90


async def test_an_event_is_owed_in_the_transaction_that_fires_it(world):
    from batmon.store.automations import automations_owed  # noqa: PLC0415

    steps = sql("INSERT INTO counted (slot, day) VALUES (now(), :incident.day::date)")
    tables = f'[[automations]]\nname = "on_open"\non = "incident.opened"\n{steps}'
    async with world.running(tables):
        async with world.store.connection() as connection:
            undone = connection.transaction()
            await undone.start()
            assert await automations_owed(connection, "incident.opened", {"day": "2025-01-01"}) == 1
            await undone.rollback()
            async with connection.transaction():
                assert await automations_owed(connection, "incident.opened", {"day": "2025-12-09"}) == 1
                assert await automations_owed(connection, "incident.resolved", {}) == 0
        (row,) = await world.until(ended)
    assert row["status"] == "success"
    assert row["trigger"] == "event"
    assert row["started_by"] == "incident.opened"
    assert [str(one["day"]) for one in await world.fetch("SELECT day FROM counted")] == ["2025-12-09"]


async def test_what_waits_of_an_automation_that_is_removed_is_not_left_waiting(world, monkeypatch):
    monkeypatch.setattr(engine, "GRACE_SEC", 0.1)
    wait = command("import time; time.sleep(600)")
    async with world.running(automation("gone", 'overlap = "queue"', wait)) as automations:
        await automations.run_now("gone", "kim")
        await automations.run_now("gone", "kim")
        await world.until(lambda rows: statuses(rows) == ["running", "queued"])
    async with world.running(automation("other", "", sql("SELECT 1"))) as automations:
        rows = await world.until(ended)
        assert "gone" not in automations.configured
    assert statuses(rows) == ["skipped"] * 2


async def test_what_is_not_configured_here_cannot_be_run_here(world):
    async with world.running(automation("elsewhere", 'node = "there"', sql("SELECT 1"))) as automations:
        with pytest.raises(NotFound, match="elsewhere"):
            await automations.run_now("elsewhere", "kim")
        with pytest.raises(NotFound):
            await automations.run_now("nothing", "kim")
