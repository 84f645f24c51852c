"""Rules, inboxes and their steps: what is read, and what is wrong with its place."""

from pathlib import Path

import pytest

from batmon.config import ConfigError, load
from batmon.config.steps import CodeStep, CounterStep, FeedStep, IfStep, MessageStep, SqlStep, StopStep
from batmon.model import Role

ROOT = Path(__file__).parents[3]
HEAD = '[node]\ntimezone = "Asia/Seoul"\n'
EVENT = '[[events]]\nname = "e"\ntable = "users"\non = "insert"\n'
INBOX = '[[inboxes]]\nname = "i"\nquery = "SELECT 1"\n'


@pytest.fixture
def read(tmp_path):
    def read(text):
        (tmp_path / "config.toml").write_text(HEAD + text, "utf-8")
        return load(tmp_path / "config.toml", {"BATMON_STATE": str(tmp_path)}, shown="config.toml")

    return read


def problems(read, text):
    with pytest.raises(ConfigError) as caught:
        read(text)
    return [str(problem) for problem in caught.value.problems]


def commented_example():
    """The example in the reference configuration, without its comment signs."""
    whole = (ROOT / "config.toml").read_text("utf-8")
    begin = whole.index("# [[events]]")
    lines = whole[begin : whole.index("# -----", begin)].splitlines()
    return "\n".join(line.removeprefix("# ").removeprefix("#") for line in lines)


def test_the_example_in_the_reference_works_as_it_stands(read):
    config = read(commented_example())
    (rule,), (inbox,) = config.events, config.inboxes
    assert [type(step) for step in rule.steps] == [MessageStep, CounterStep, IfStep, CodeStep, SqlStep]
    assert rule.columns == ("id", "name", "email")
    branch = rule.steps[2]
    assert [type(step) for step in (*branch.then, *branch.otherwise)] == [FeedStep, StopStep]
    assert inbox.actions[0].asks == ("answer",)
    assert inbox.actions[0].role is Role.OPERATOR


def test_the_example_shows_every_key():
    text = commented_example()
    for key in ("language", "level", "confusable", "expect", "as", "add", "per", "asks", "role", "columns", "when"):
        assert f"{key} = " in text


def test_sql_may_lie_in_a_file(read, tmp_path):
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql" / "x.sql").write_text("-- what it does\nSELECT :row.id AS id;\n", "utf-8")
    (rule,) = read(EVENT + '[[events.steps]]\ndo = "sql"\nfile = "x.sql"\nas = "x"\n').events
    assert rule.steps[0].sql.names == ("row.id",)
    assert rule.steps[0].sql.place == str(tmp_path / "sql" / "x.sql")


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ('do = "sqll"', 'config.toml:8: events[0].steps[0].do: \'sqll\' is not known here; did you mean "sql"?'),
        ('do = "sql"\nsql = "SELECT :rwo.id"', "config.toml:9: events[0].steps[0].sql: :rwo.id: nothing is called"),
        ('do = "sql"\nsql = "SELECT :rwo.id"', 'did you mean "row"?'),
        ('do = "sql"\nsql = "DROP TABLE users"', "the SQL begins with 'drop'; allowed is SELECT,"),
        ('do = "sql"\nsql = "COMMIT"', "the SQL begins with 'commit'"),
        ('do = "sql"\nsql = "SELECT 1; SELECT 2"', "one statement"),
        ('do = "sql"', '"sql" is missing, or "file"'),
        ('do = "sql"\nfile = "../config.toml"', "does not lie below"),
        ('do = "sql"\nfile = "no.sql"', "cannot be read: No such file"),
        ('do = "sql"\nsql = "SELECT 1"\nexpcet = "one"', 'unknown key; did you mean "expect"?'),
        ('do = "sql"\nsql = "SELECT 1"\nas = "now"', "a name that every step knows already"),
        ('do = "feed"\ntitle = "{{ row.name"', "not a Jinja2 expression"),
        ('do = "feed"\ntitle = "{{ rows.name }}"', "{{ rows }}: nothing is called 'rows' here"),
        ('do = "feed"\ntitle = "x"\nlevel = "high"', "use urgent, attention, info"),
        ('do = "email"\nto = "admins"', '"template" is missing'),
        ('do = "email"\ntemplate = "x"', '"to" is missing'),
        ('do = "email"\nto = "admins"\ntemplate = "../x"', "is not a template's name"),
        ('do = "email"\nto = "admins"\ntemplate = "x"\ndata = { n = "{{ x }}" }', "nothing is called 'x' here"),
        ('do = "notify"\nto = "admins"\ntemplate = "x"', '"channel" is missing'),
        ('do = "counter"', '"name" is missing'),
        ('do = "counter"\nname = "x"\nper = "week"', "'week' is not known here"),
        ('do = "code"\nformat = "HDH{year}"\ntable = "t"\ncolumn = "c"\nas = "x"', "there is only one such code"),
        ('do = "code"\nformat = "{letter:3}"\ntable = "t"\ncolumn = "c"\nas = "x"', "known are {year}"),
        ('do = "code"\nformat = "{letters:3}"\ntable = "t;drop"\ncolumn = "c"\nas = "x"', "is not a table's name"),
        ('do = "if"\nwhen = ":row.n > 1"', 'neither "then" nor "else" has a step'),
        ('do = "if"\nwhen = "1); DROP TABLE x; --"\nthen = [{ do = "stop" }]', "one statement"),
        ('do = "if"\nwhen = "true"\nthen = [{ do = "stopp" }]', "then[0].do: 'stopp' is not known here; did you mean"),
        ('do = "command"\ncommand = ["ls"]', "'command' is not known here"),
        ("sql = 'x'", '"do" is missing'),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_step_is_said_with_its_place(read, step, said):
    found = problems(read, EVENT + "[[events.steps]]\n" + step + "\n")
    assert any(said in one for one in found), found


def test_names_are_known_after_the_step_that_makes_them_and_not_before(read):
    steps = '[[events.steps]]\ndo = "feed"\ntitle = "{{ n }}"\n[[events.steps]]\ndo = "counter"\nname = "c"\nas = "n"\n'
    assert any("nothing is called 'n' here" in one for one in problems(read, EVENT + steps))
    first, second = steps.split("[[events.steps]]\n")[1:]
    read(EVENT + f"[[events.steps]]\n{second}[[events.steps]]\n{first}")


def test_a_channel_that_is_not_there_is_said_with_its_place(read):
    then = '{ do = "notify", channel = "emali", to = "x", template = "x" }'
    step = f'[[events.steps]]\ndo = "if"\nwhen = "true"\nthen = [{then}]\n'
    (problem,) = problems(read, EVENT + step)
    assert problem == (
        "config.toml:10: events[0].steps[0].then[0].channel: no channel is called 'emali'; did you mean \"email\"?"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[events]]\nname = "e"\n', '"table" is missing'),
        (EVENT, '"steps" is missing; write [[events.steps]] once for each step'),
        (EVENT.replace('"e"', '"No Way"'), "a name has up to 40 small letters"),
        (EVENT.replace("users", "public.events"), "an event of it would be an event again"),
        (EVENT.replace("insert", "delete"), "'delete' is not known here"),
        (EVENT + 'when = "OLD.x = 1"\n', "there is no OLD for a row that is inserted"),
        (EVENT + 'when = "NEW.x = :row.x"\n', "a condition has no parameters"),
        (EVENT + 'when = "NEW.x = \'"\n', "has no end"),
        (EVENT + 'columns = ["a b"]\n', "'a b' is not a column's name"),
        (EVENT + 'timezone = "Seoul"\n', 'did you mean "Asia/Seoul"?'),
        (INBOX.replace("SELECT 1", "DELETE FROM x"), "begins with 'delete'; allowed is SELECT, WITH, VALUES, TABLE"),
        (INBOX.replace("1", ":row.id"), "nothing is called 'row' here"),
        (INBOX + '[[inboxes.actions]]\nname = "a"\nrole = "viewer"\n', "'viewer' cannot act here"),
        (INBOX + INBOX, "the name 'i' is taken"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_rule_or_an_inbox_is_said(read, text, said):
    found = problems(read, text)
    assert any(said in one for one in found), found
