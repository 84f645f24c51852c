"""Jinja2 expressions in the texts of steps, in the sandbox of the templates and with their filters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import jinja2

from batmon.notify.filters import filters
from batmon.notify.sandbox import Environment, whole


def rendered(text: str, values: Mapping[str, Any], timezone: ZoneInfo, language: str) -> str:
    """``text`` with its expressions replaced; values are data and never expressions themselves.

    Raises:
        ValueError: an expression cannot be understood, or does not fit ``values``.
    """
    if "{" not in text:
        return text
    try:
        return whole(_compiled(text, timezone, language), dict(values))
    except jinja2.TemplateError as error:
        raise ValueError(f"{text!r:.120}: {error.message or error}") from error
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise ValueError(f"{text!r:.120}: {error}") from error


@lru_cache(maxsize=500)
def _compiled(text: str, timezone: ZoneInfo, language: str) -> jinja2.Template:
    environment = Environment(escape=False, loader=None, filters=filters(timezone, language))
    environment.finalize = _nothing_for_none
    return environment.from_string(text)


def _nothing_for_none(value: Any) -> Any:
    return "" if value is None else value
