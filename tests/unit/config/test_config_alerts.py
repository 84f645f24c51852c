"""[alerts], [[routes]], [[maintenance]], and what programs say of their incidents."""

from datetime import UTC, datetime, timedelta

import pytest

from batmon.config import load
from batmon.errors import ConfigError

EMAIL = """
[email]
host = "mail.example.com"
sender = "batmon@example.com"
admins = ["ops@example.com", "kim@example.com"]
"""
SLACK = '[[channels]]\nname = "ops-slack"\nkind = "slack"\nurl = "https://hooks.slack.com/services/T0/B0/secret"\n'
NODE = '[node]\nname = "seoul-01"\ntimezone = "Asia/Seoul"\n'


def read(tmp_path, text):
    (tmp_path / "config.toml").write_text(NODE + text, "utf-8")
    return load(tmp_path / "config.toml", {})


def problems(tmp_path, text):
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    return [(one.key, one.message, one.hint) for one in caught.value.problems]


def program(tmp_path, name, extra=""):
    (tmp_path / name).mkdir(exist_ok=True)
    return f"[[programs]]\nname = '{name}'\nschedule = '0 6 * * *'\nbase_dir = '{tmp_path / name}'\n{extra}\n"


def test_without_any_of_it_the_admins_are_told_at_once(tmp_path):
    alerts = read(tmp_path, EMAIL).alerts
    (rung,) = alerts.admins.ladder
    assert (rung.after, rung.targets) == (timedelta(0), (("email", "ops@example.com"), ("email", "kim@example.com")))
    assert (alerts.routes, alerts.maintenance, alerts.remind) == ((), (), timedelta(hours=4))


def test_without_a_mail_server_nobody_is(tmp_path):
    assert read(tmp_path, "").alerts.admins.ladder == ()


def test_a_route_is_a_ladder_of_resolved_targets(tmp_path):
    text = """
[alerts]
group_wait = "0s"
remind = "0s"
[[routes]]
name = "finance"
programs = ["kind*"]
tags = "finance"
ladder = [ { to = ["admins"] }, { after = "30m", to = ["ops-slack", "lee@example.com"] } ]
remind = "2h"
language = "ko"
[[routes]]
to = "ops-slack"
remind = "0s"
"""
    alerts = read(tmp_path, EMAIL + SLACK + text).alerts
    assert alerts.remind is None
    finance, rest = alerts.routes
    assert (finance.name, finance.programs, finance.tags) == ("finance", ("kind*",), ("finance",))
    assert [rung.after for rung in finance.ladder] == [timedelta(0), timedelta(minutes=30)]
    assert finance.ladder[1].targets == (("ops-slack", ""), ("email", "lee@example.com"))
    assert (finance.remind, finance.language) == (timedelta(hours=2), "ko")
    assert (rest.name, rest.remind, rest.ladder[0].targets) == ("route 2", timedelta(0), (("ops-slack", ""),))


def test_windows_by_cron_and_by_date(tmp_path):
    text = """
[[maintenance]]
schedule = "0 1 * * 0"
duration = "4h"
tags = ["finance"]
[[maintenance]]
name = "new year"
start = "2026-12-31 22:00"
end = 2027-01-01T09:00:00+09:00
timezone = "UTC"
"""
    weekly, once = read(tmp_path, text).alerts.maintenance
    assert (weekly.name, weekly.schedule, weekly.duration) == ("window 1", ("0 1 * * 0",), timedelta(hours=4))
    assert weekly.timezone == "Asia/Seoul"
    assert once.start == datetime(2026, 12, 31, 22, 0, tzinfo=UTC)
    assert once.end == datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "key", "part"),
    [
        ("[alerts]\ngroup_wiat = '1s'", "alerts.group_wiat", "unknown key"),
        ("[alerts]\nflapping_low = 40.0", "alerts.flapping_low", "must be lower"),
        ("[alerts]\ndashboard_url = 'batmon'", "alerts.dashboard_url", "is not an address"),
        ("[alerts]\nlanguage = 'de'", "alerts.language", "is not a language"),
        ("[[routes]]\nprograms = ['x']", "routes[0]", 'a route has either "to" or "ladder"'),
        ("[[routes]]\nto = ['admins']\nladder = [{ to = ['admins'] }]", "routes[0]", "either"),
        ("[[routes]]\nto = ['ops-slck']", "routes[0].to[0]", "neither an e-mail address nor a channel"),
        ("[[routes]]\nto = []", "routes[0].to", "names nobody"),
        (
            "[[routes]]\nladder = [{ after = '1h', to = 'admins' }, { after = '1h', to = 'admins' }]",
            "routes[0].ladder",
            "later",
        ),
        ("[[routes]]\nladder = [{ after = '1h' }]", "routes[0].ladder[0]", '"to" is missing'),
        ("[[maintenance]]\nprograms = ['x']", "maintenance[0]", "schedule and duration, or start and end"),
        ("[[maintenance]]\nschedule = '0 1 * * *'", "maintenance[0]", "schedule and duration"),
        ("[[maintenance]]\nschedule = '0 1 * *'\nduration = '1h'", "maintenance[0].schedule", "fields"),
        ("[[maintenance]]\nschedule = '0 1 * * *'\nduration = '40d'", "maintenance[0].duration", "longer than 31 days"),
        ("[[maintenance]]\nstart = '2026-01-02'\nend = '2026-01-01'", "maintenance[0].end", "later one"),
        ("[[maintenance]]\nstart = 'soon'\nend = '2026-01-01'", "maintenance[0].start", "is no date and time"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path, text, key, part):
    found = problems(tmp_path, EMAIL + SLACK + text)
    assert any(one[0] == key and part in f"{one[1]} {one[2]}" for one in found), found


def test_what_a_program_says_of_its_incidents(tmp_path):
    extra = "tags = ['finance', 'night']\ndepends_on = 'database'\nalert_after = 3"
    config = read(tmp_path, program(tmp_path, "kindscrap", extra) + program(tmp_path, "database"))
    kind = config.programs[0]
    assert (kind.tags, kind.depends_on, kind.alert_after) == (("finance", "night"), ("database",), 3)


def test_a_program_may_depend_on_a_probe(tmp_path):
    probe = "[[probes]]\nname = 'db'\nkind = 'tcp'\nhost = 'localhost'\nport = 5432\n"
    assert read(tmp_path, program(tmp_path, "kindscrap", "depends_on = ['db']") + probe).programs[0].depends_on == (
        "db",
    )


def test_depending_on_nothing_that_is_there_is_refused_with_a_hint(tmp_path):
    text = program(tmp_path, "kindscrap", "depends_on = ['databse']") + program(tmp_path, "database")
    assert problems(tmp_path, text) == [
        ("programs[0].depends_on", "nothing is called 'databse'", 'did you mean "database"?')
    ]


def test_depending_on_itself_through_others_is_refused(tmp_path):
    text = "".join(
        program(tmp_path, name, f"depends_on = ['{other}']")
        for name, other in (("one", "two"), ("two", "three"), ("three", "one"))
    )
    (problem,) = problems(tmp_path, text)
    assert problem[:2] == ("programs[0].depends_on", "depends on itself: one -> two -> three -> one")


@pytest.mark.parametrize("tag", ["", "a*b", "x" * 51, "a\nb"])
def test_a_tag_is_a_word(tmp_path, tag):
    found = problems(tmp_path, program(tmp_path, "kindscrap", f"tags = [{tag!r}]".replace("'", '"')))
    assert found[0][0] == "programs[0].tags[0]"
