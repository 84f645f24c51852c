"""What a step's SQL may not do is said when the configuration is read, with its place."""

import json

import pytest

from batmon.config import ConfigError, load

STEP = '[node]\ntimezone = "UTC"\n[[events]]\nname = "e"\ntable = "users"\non = "insert"\n[[events.steps]]\n'


def problem(tmp_path, step):
    (tmp_path / "config.toml").write_text(STEP + step, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "config.toml", {"BATMON_STATE": str(tmp_path)}, shown="config.toml")
    return " ".join(str(one) for one in caught.value.problems)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT set_config('search_path', 'x', false)", "set_config changes the session"),
        ("SELECT Pg_Try_Advisory_Lock(1)", "changes the session"),
        ("SELECT 1; DROP TABLE users", "a step has one statement"),
        ("SELECT 1 -- it's\n; DROP TABLE users", "a step has one statement"),
        ("SELECT $a$;$a$; DROP TABLE users", "a step has one statement"),
        ("DROP TABLE users", "the SQL begins with 'drop'"),
        ("/* SELECT */ SET ROLE postgres", "the SQL begins with 'set'"),
        ("((COMMIT))", "the SQL begins with 'commit'"),
        ("SELECT $1", "parameters have names"),
        ("SELECT 'open", "has no end"),
        ("SELECT :row.id, :passwd", "nothing is called 'passwd' here"),
    ],
)
def test_of_sql(tmp_path, sql, said):
    assert said in problem(tmp_path, f'do = "sql"\nsql = {json.dumps(sql)}\n')


def test_an_expression_that_is_nested_too_deeply(tmp_path):
    title = "{{ " + "(" * 500 + "1" + ")" * 500 + " }}"
    assert "nested too deeply" in problem(tmp_path, f'do = "feed"\ntitle = "{title}"\n')


@pytest.mark.parametrize("file", ["../config.toml", "/etc/passwd", "x\0.sql", ""])
def test_a_file_of_sql_lies_where_it_should(tmp_path, file):
    (tmp_path / "sql").mkdir()
    said = problem(tmp_path, f'do = "sql"\nfile = {json.dumps(file)}\n')
    assert "config.toml:" in said
    assert "root:" not in said
