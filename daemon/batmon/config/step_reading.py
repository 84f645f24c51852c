"""``[[....steps]]`` -> steps, in order; what is wrong with any of them is noted with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from batmon.config.section import Section
from batmon.config.step_texts import (
    Reading,
    expression,
    one_of,
    read_expression,
    read_name,
    read_sql,
    table_name,
    value_name,
)
from batmon.config.steps import (
    LEVELS,
    CodeStep,
    CounterStep,
    FeedStep,
    IfStep,
    MessageStep,
    SqlStep,
    Step,
    StopStep,
)

DEEPEST = 8
"""How many ``if`` may stand inside one another."""
_COUNTER = re.compile(r"[^\x00-\x1f\x7f]{1,100}")
_TEMPLATE = re.compile(r"[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)?")
_CODE_PART = re.compile(r"\{(year|month|day|letters|digits|any)(?::(\d{1,2}))?\}")
_COLUMN = re.compile(r"[^\W\d][\w$]{0,62}")


def read_steps(table: Section, reading: Reading, key: str = "steps", *, required: bool = True) -> tuple[Step, ...]:
    """The steps of an array of tables, in order; what is wrong with any of them is noted with its place."""
    if required and not table.peek(key):
        table.problems.add(table.place, f'"{key}" is missing', f"write [[{_header(table)}.{key}]] once for each step")
    steps, _ = _in_order(table, reading, key)
    return steps


def _in_order(table: Section, reading: Reading, key: str) -> tuple[tuple[Step, ...], frozenset[str]]:
    """The steps, and the names that are known after them."""
    steps: list[Step] = []
    for element in table.sections(key):
        step, reading = _step(element, reading)
        if step is not None:
            steps.append(step)
    return tuple(steps), reading.names


def _step(table: Section, reading: Reading) -> tuple[Step | None, Reading]:
    table.require("do")
    kinds = {**_KINDS, **reading.more}
    kind = one_of(table, "do", "", ("if", *kinds))
    step: Step | None = None
    if kind == "if":
        step, reading = _if(table, reading)
    elif kind:
        step = kinds[kind](table, reading)
        name = getattr(step, "name", "")
        reading = reading.knowing(name) if name else reading
    if kind:
        table.finish()
    return step, reading


def _place(table: Section) -> str:
    return table.problems.where(table.place)


def _sql(table: Section, reading: Reading) -> Step:
    return SqlStep(
        place=_place(table),
        sql=read_sql(table, reading, file_key="file"),
        name=read_name(table),
        expect=one_of(table, "expect", "any", ("any", "some", "one")),
    )


def _message(table: Section, reading: Reading, channel: str) -> Step:
    table.require("template")
    return MessageStep(
        place=_place(table),
        channel=channel,
        to=table.texts("to", (), lambda text: expression(text, reading)),
        template=table.text("template", "", _template),
        data=_data(table, reading),
        language=one_of(table, "language", "", ("ko", "en")),
    )


def _email(table: Section, reading: Reading) -> Step:
    table.require("to")
    return _message(table, reading, "email")


def _notify(table: Section, reading: Reading) -> Step:
    table.require("channel")
    return _message(table, reading, table.text("channel", "", str.strip))


def _feed(table: Section, reading: Reading) -> Step:
    table.require("title")
    return FeedStep(
        place=_place(table),
        level=one_of(table, "level", "info", LEVELS),
        title=read_expression(table, reading, "title"),
        text=read_expression(table, reading, "text"),
        inbox=table.text("inbox", "", str.strip),
    )


def _counter(table: Section, _reading: Reading) -> Step:
    table.require("name")
    return CounterStep(
        place=_place(table),
        counter=table.text("name", "", _counter_name),
        add=table.whole("add", 1, low=-1_000_000_000, high=1_000_000_000),
        per=one_of(table, "per", "ever", ("day", "ever")),
        name=read_name(table),
    )


def _code(table: Section, _reading: Reading) -> Step:
    table.require("format", "table", "column", "as")
    return CodeStep(
        place=_place(table),
        format=table.text("format", "", _code_format),
        table=table.text("table", "", table_name),
        column=table.text("column", "", _column_name),
        name=read_name(table),
        confusable=table.flag("confusable", default=True),
    )


def _if(table: Section, reading: Reading) -> tuple[Step | None, Reading]:
    """Names of both branches are known afterwards: which branch was taken is known only then."""
    when = read_sql(table, reading, "when", allowed=())
    if reading.depth >= DEEPEST:
        table.bad("do", f"more than {DEEPEST} conditions inside one another")
        return None, reading
    inner = replace(reading, depth=reading.depth + 1)
    then, after_then = _in_order(table, inner, "then")
    otherwise, after_else = _in_order(table, inner, "else")
    if not then and not otherwise:
        table.problems.add(table.place, 'neither "then" nor "else" has a step')
    step = IfStep(place=_place(table), when=when, then=then, otherwise=otherwise)
    return step, replace(reading, names=after_then | after_else)


def _stop(table: Section, _reading: Reading) -> Step:
    return StopStep(place=_place(table))


_KINDS: Mapping[str, Callable[[Section, Reading], Step | None]] = {
    "sql": _sql,
    "email": _email,
    "notify": _notify,
    "feed": _feed,
    "counter": _counter,
    "code": _code,
    "stop": _stop,
}


def _data(table: Section, reading: Reading) -> dict[str, Any]:
    def checked(value: Any) -> Any:
        if isinstance(value, str):
            return expression(value, reading)
        if isinstance(value, list):
            return [checked(one) for one in value]
        if isinstance(value, dict):
            return {key: checked(one) for key, one in value.items()}
        if isinstance(value, bool | int | float):
            return value
        raise ValueError("a template is given texts, numbers, true, false, arrays and tables of them")

    found = {}
    for key, value in table.table("data").items():
        try:
            value_name(key)
            found[key] = checked(value)
        except ValueError as error:
            table.problems.add((*table.place, "data", key), str(error))
    return found


def _counter_name(text: str) -> str:
    if not _COUNTER.fullmatch(text.strip()):
        raise ValueError("a counter's name has 1 to 100 characters")
    return text.strip()


def _template(text: str) -> str:
    if not _TEMPLATE.fullmatch(text):
        raise ValueError(f'{text!r} is not a template\'s name; write it as "welcome" or "hdh/welcome"')
    return text


def _code_format(text: str) -> str:
    rest = _CODE_PART.sub("", text)
    if "{" in rest or "}" in rest:
        raise ValueError(f"{text!r}: known are {{year}}, {{month}}, {{day}}, {{letters:3}}, {{digits:3}} and {{any:6}}")
    if not any(kind in {"letters", "digits", "any"} for kind, _ in _CODE_PART.findall(text)):
        raise ValueError(f"{text!r}: without {{letters:n}}, {{digits:n}} or {{any:n}} there is only one such code")
    return text


def _column_name(text: str) -> str:
    if not _COLUMN.fullmatch(text):
        raise ValueError(f"{text!r} is not a column's name")
    return text


def _header(table: Section) -> str:
    return ".".join(str(part) for part in table.place if isinstance(part, str))
