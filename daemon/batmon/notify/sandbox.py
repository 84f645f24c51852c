"""Jinja2 kept inside bounds: no way to Python's insides, no endless work, no giant texts, nothing undefined."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.filters import do_round
from jinja2.runtime import Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment

MOST_STEPS = 20_000
"""How many numbers ``range`` hands out in one rendering, over all loops."""
MOST_TURNS = 100_000
"""How often loops go round and something is called in one rendering."""
LONGEST = 512 * 1024
"""Characters of one rendered text."""
_METHODS = frozenset(
    {"capitalize", "changed", "count", "cycle", "date", "endswith", "get", "index", "isoformat", "items", "keys",
     "lower", "lstrip", "rstrip", "split", "splitlines", "startswith", "strip", "time", "title", "upper", "values"}
)  # fmt: skip
"""What may be called on a value; the others can build texts of any length, or lead elsewhere."""
_KEPT = 200
_LONG_FILTERS = ("attr", "batch", "center", "format", "indent", "pprint", "slice", "xmlattr")
_COUNTED = "counted"
_DIGITS = 15
_turns: ContextVar[int] = ContextVar("turns that are left of the rendering that goes on here")


class Environment(ImmutableSandboxedEnvironment):
    """A sandbox for templates that people write and data that strangers write."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(
        self, *, escape: bool, loader: jinja2.BaseLoader | None, filters: dict[str, Callable[..., Any]]
    ) -> None:
        super().__init__(
            autoescape=escape,
            undefined=jinja2.StrictUndefined,
            finalize=_nothing_for_none,
            trim_blocks=True,
            lstrip_blocks=True,
            loader=loader,
            auto_reload=True,
            cache_size=_KEPT,
        )
        for name in _LONG_FILTERS:
            self.filters.pop(name, None)
        self.globals = {}
        self.filters.update({**filters, "round": _rounded, _COUNTED: _counted})

        self._compiled: OrderedDict[str, jinja2.Template] = OrderedDict()
        self._lock = threading.Lock()

    def compiled(self, source: str) -> jinja2.Template:
        """The template of a text; those used last are kept. It may be called from several threads."""
        with self._lock:
            template = self._compiled.pop(source, None) or self.from_string(source)
            self._compiled[source] = template
            if len(self._compiled) > _KEPT:
                self._compiled.popitem(last=False)
            return template

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        """As ever, each loop's turns being counted."""
        tree = super()._parse(source, name, filename)
        for loop in tree.find_all(nodes.For):
            loop.iter = nodes.Filter(loop.iter, _COUNTED, [], [], None, None, lineno=loop.iter.lineno)
        return tree

    def call(self, context: Any, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Calls are counted: macros and loops may call themselves."""
        _take_turn()
        return super().call(context, obj, *args, **kwargs)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What a row holds comes before what every mapping has: a column may be called ``items``."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Plain values, and the few methods above."""
        if not super().is_safe_attribute(obj, attr, value):
            return False
        return not callable(value) or attr in _METHODS or isinstance(value, Macro)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """No ``format``: its widths make texts of any length."""
        if super().wrap_str_format(value) is not None:
            raise SecurityError("str.format is not for templates; write {{ ... }} or ~")
        return None

    def call_binop(self, context: jinja2.runtime.Context, operator: str, left: Any, right: Any) -> Any:
        """Only numbers are multiplied and divided, and no power is taken."""
        numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
        if operator == "**" or not numbers or (operator == "*" and max(abs(left), abs(right)) > 10**15):
            raise SecurityError(f"{operator!r} is for numbers of an ordinary size")
        return super().call_binop(context, operator, left, right)


@jinja2.pass_context  # so that it is not tried out while the template is read
def _counted(_context: jinja2.runtime.Context, items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        _take_turn()
        yield item


def _take_turn() -> None:
    left = _turns.get(MOST_TURNS)
    if left <= 0:
        raise SecurityError(f"the loops and calls take more than {MOST_TURNS} steps")
    _turns.set(left - 1)


def _rounded(value: float, precision: int = 0, method: Any = "common") -> float:
    return do_round(value, min(max(precision, -_DIGITS), _DIGITS), method)


def _nothing_for_none(value: Any) -> Any:
    return "" if value is None else value


def whole(template: jinja2.Template, data: dict[str, Any]) -> str:
    """The rendered text.

    Raises:
        jinja2.TemplateError: it does not fit its data, or does more than it may.
    """
    parts: list[str] = []
    length = 0
    turns = _turns.set(MOST_TURNS)
    try:
        for part in template.generate({**data, "range": _bounded_range()}):
            length += len(part)
            if length > LONGEST:
                raise SecurityError(f"the text is longer than {LONGEST} characters")
            parts.append(part)
    finally:
        _turns.reset(turns)
    return "".join(parts)


def _bounded_range() -> Callable[..., Iterator[int]]:
    left = MOST_STEPS

    def bounded(*numbers: int) -> Iterator[int]:
        nonlocal left
        steps = range(*numbers)
        if len(steps) > left:
            raise SecurityError(f"the loops take more than {MOST_STEPS} steps")
        left -= len(steps)
        return iter(steps)

    return bounded
