import pytest
from hypothesis import given
from hypothesis import strategies as st

from batmon.config.sql_text import first_word, parse

NOTHING_INSIDE = [
    "'it is :row.id'",
    "'it''s :row.id'",
    r"E'a \' :row.id'",
    r"e'\\'",
    '":row.id"',
    '"a"":row.id"',
    "$$ :row.id ' $$",
    "$tag$ $$ :row.id $tag$",
    "/* :row.id /* nested :x */ ' */",
    "-- :row.id '\n",
    "now()::date",
    "x::text::int",
    "a[1:2]",
    "f(a := 1)",
    "12:30",
    "U&'d\\0061t :x'",
    "foo$bar",
    "B'1' X'1F'",
]


@pytest.mark.parametrize("text", NOTHING_INSIDE)
def test_no_parameter_is_found_where_none_is(text):
    sql = parse(f"SELECT 1 {text} , :row.email")
    assert sql.names == ("row.email",)
    assert sql.numbered == f"SELECT 1 {text} , $1"


def test_each_occurrence_is_a_parameter_of_its_own():
    sql = parse("UPDATE t SET a = :row.a WHERE b = :이름 AND a=:row.a::int;  -- the end\n")
    assert sql.names == ("row.a", "이름", "row.a")
    assert sql.numbered == "UPDATE t SET a = $1 WHERE b = $2 AND a=$3::int"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("  -- nothing\n ; ", "empty"),
        ("SELECT 1; DELETE FROM users", "one statement"),
        ("SELECT 1;\n'x'", "line 2"),
        ("SELECT 'open", "no end"),
        ("SELECT $$ open", "no end"),
        ("SELECT 1 /* open /* */", "no end"),
        ('SELECT "open', "no end"),
        ("SELECT $1", "parameters have names"),
    ],
)
def test_what_is_no_single_statement_is_refused(text, said):
    with pytest.raises(ValueError, match=said):
        parse(text)


@pytest.mark.parametrize(
    ("text", "word"),
    [("SELECT 1", "select"), (" /* a /* b */ */ -- c\n ((With x", "with"), ("'x'", "'"), ("-- only", "")],
)
def test_the_first_word(text, word):
    assert first_word(text) == word


def test_a_comment_at_its_end_does_not_swallow_what_is_put_around_it():
    assert parse(":n > 3 -- often").wrapped("SELECT (", ")").numbered == "SELECT ($1 > 3 -- often\n)"


PIECES = st.lists(
    st.one_of(
        st.sampled_from(NOTHING_INSIDE),
        st.sampled_from([":row.email", ":n", ":old.상태"]),
        st.sampled_from([" ", "\n", ", ", "(", ")", " = ", "SELECT", " AND ", "1.5", "::jsonb"]),
        st.text(alphabet=":'\";$-/*a1 \n\\E.", max_size=6),
    ),
    max_size=12,
)


@given(PIECES)
def test_text_is_never_lost_and_parameters_stand_where_they_were_written(pieces):
    text = "".join(pieces)
    try:
        sql = parse(text)
    except ValueError:
        return
    again = sql.with_parameters([f":{name}" for name in sql.names])
    assert text.startswith(again)
    assert not text[len(again) :].replace(";", "").strip() or text[len(again) :].startswith(";")


@given(st.text(max_size=60), st.sampled_from(["'", '"', "$$", "$q$", "/*"]))
def test_whatever_stands_in_quotes_is_not_touched(inside, quote):
    end = {"/*": "*/"}.get(quote, quote)
    for sign in ("'", '"', "$", "/", "*"):
        inside = inside.replace(sign, "")
    sql = parse(f"SELECT {quote}{inside}{end}, :x")
    assert sql.names == ("x",)
    assert sql.pieces[0] == f"SELECT {quote}{inside}{end}, "
