"""What a template or an expression may do is bounded, whoever wrote it and whatever it is given."""

import time
from zoneinfo import ZoneInfo

import pytest

from batmon.errors import TemplateError
from batmon.notify.expressions import rendered
from batmon.notify.mask import LONGEST, mask, mask_start
from batmon.notify.templates import Templates

UTC = ZoneInfo("UTC")


def made(text, **values):
    return rendered(text, values, UTC, "en")


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in row %}{% for b in row %}{% endfor %}{% endfor %}",
        "{% macro m(n) %}{% if n > 0 %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(40) }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% for a in [[1, 2]] * 1 recursive %}{% for b in row %}{{ loop(row) }}{% endfor %}{% endfor %}",
        "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{{ " + "(" * 400 + "1" + ")" * 400 + " }}",
        "{{ 'a' | batch(2000000000, 'x') | list }}",
        "{{ 'a' | slice(2000000000) | list }}",
        "{{ 'a'.__class__ }}", "{{ [''] | map(attribute='__class__') | map('attr', 'x') | list }}",
        "{{ '{0.__class__}'.format(1) }}", "{{ 'a' * 999999999 }}", "{{ 9 ** 999999999 }}", "{{ '%999999999d' % 1 }}",
    ],
)  # fmt: skip
def test_bombs_and_ways_out_are_refused_at_once(text):
    began = time.process_time()
    with pytest.raises(ValueError, match=r".+"):
        made(text, row="x" * 5000)
    assert time.process_time() - began < 5


def test_ordinary_loops_go_on_as_they_did():
    text = "{% for a in rows %}{{ loop.index }}/{{ loop.length }}{{ ',' if not loop.last }}{% else %}none{% endfor %}"
    assert made(text, rows=[7, 8, 9]) == "1/3,2/3,3/3"
    assert made(text, rows=[]) == "none"
    assert made("{% for k, v in row.items() if v %}{{ k }}{{ v }}{% endfor %}", row={"a": 1, "b": 0}) == "a1"
    assert made("{{ 2.567 | round(1) }} {{ 1.5 | round(999999999) }}") == "2.6 1.5"
    assert made("{% for n in range(20000) %}{% endfor %}ok") == "ok"


def test_a_column_may_be_called_like_a_method():
    row = {"items": "three pens", "values": 5, "update": "2026-11-21", "keys": None}
    assert made("{{ row.items }} {{ row.values }} {{ row.update }}{{ row.keys }}", row=row) == "three pens 5 2026-11-21"


@pytest.mark.parametrize("piece", ["a", "a.", "pass", "eyJ", "1-", "a@", "secret ", "://u:", "-----BEGIN "])
def test_masking_takes_as_long_as_the_text_is(piece):
    text = piece * (64 * 1024 // len(piece))
    began = time.process_time()
    mask(text)
    assert time.process_time() - began < 0.5


def test_of_a_long_text_the_beginning_is_masked_and_shown():
    text = "password=hunter2 " + "x" * 2 * LONGEST
    assert mask_start(text).startswith("password=*** xxx")
    assert len(mask_start(text)) <= LONGEST + 10
    assert mask_start("db.password: 'hunter 2' kimcs@example.com") == "db.password: *** ki***@example.com"


def test_a_template_that_goes_round_for_ever_is_a_clear_error(tmp_path):
    folder = tmp_path / "templates"
    folder.mkdir()
    text = "Subject: x\n\n{% for a in t %}{% for b in t %}{% endfor %}{% endfor %}"
    (folder / "mine.en.txt").write_text(text, "utf-8")
    with pytest.raises(TemplateError, match=r"mine\.en\.txt:3: the loops and calls take more than"):
        Templates(tmp_path).render("mine", "en", {"t": "x" * 5000})
