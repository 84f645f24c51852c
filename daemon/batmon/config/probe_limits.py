"""The keys ``warn`` and ``crit`` of a probe: a figure with the unit that its kind is measured in."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta

from batmon.config.section import Section
from batmon.config.values import duration, size

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%")
_DAY_SEC = 86_400.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits in ``unit``; see ``judge.probe.Rule``."""

    warn: float | None = None
    crit: float | None = None
    unit: str = ""
    below: bool = False
    lasting: timedelta = timedelta(0)


DEFAULTS = {
    "http": Limits(warn=3.0, unit="s"),  # an answer that takes longer than 3 s is told to the administrators
    "tcp": Limits(warn=3.0, unit="s"),
    "database": Limits(warn=1.0, unit="s"),
    "disk": Limits(warn=15.0, crit=5.0, unit="%", below=True),
    "cpu": Limits(warn=90.0, unit="%", lasting=timedelta(minutes=5)),
    "memory": Limits(warn=90.0, crit=97.0, unit="%", lasting=timedelta(minutes=5)),
    "container": Limits(warn=2.0),
    "certificate": Limits(warn=14.0, crit=3.0, unit="d", below=True),
    "automations": Limits(crit=0.0),  # one that fails is told at once
    "mail": Limits(warn=10.0, unit="%"),  # more than 10 % failures are told to the administrators
    "command": Limits(),
}
"""Kind -> its limits when none are configured."""

FORMS = {
    "http": '"3s"', "tcp": '"3s"', "database": '"1s"', "disk": '"10%" or "20GB"', "cpu": '"90%"', "memory": '"90%"',
    "container": "3", "certificate": '"14d"', "automations": "0", "mail": '"10%"',
}  # fmt: skip
"""Kind -> how a limit of it is written."""


def read_limits(table: Section, kind: str) -> Limits:
    """The limits that a probe's table gives; each that is absent is the kind's own, ``"off"`` is none."""
    usual = DEFAULTS.get(kind, Limits())
    warn, crit = _limit(table, "warn", kind), _limit(table, "crit", kind)
    units = {given[1] for given in (warn, crit) if given is not None and given[0] is not None}
    if len(units) > 1:
        table.bad("crit", "has another unit than warn", "write both alike")
        return usual
    unit = units.pop() if units else usual.unit
    if unit != usual.unit:  # free bytes instead of per cent: the usual figures mean nothing there
        usual = replace(usual, warn=None, crit=None, unit=unit)
    found = replace(usual, warn=usual.warn if warn is None else warn[0], crit=usual.crit if crit is None else crit[0])
    if found.warn is None or found.crit is None:
        return found
    wrong = found.crit > found.warn if found.below else found.crit < found.warn
    if wrong and warn is not None and crit is not None:
        table.bad("crit", "is less severe than warn", f"it must be {'less' if found.below else 'more'} than warn")
    elif wrong:  # one was given, and the usual other one lies on its wrong side
        found = replace(found, warn=None) if warn is None else replace(found, crit=None)
    return found


def _limit(table: Section, key: str, kind: str) -> tuple[float | None, str] | None:
    """A limit and its unit, (None, "") for one that is switched off; None when it is not given."""
    unit = DEFAULTS.get(kind, Limits()).unit
    if kind == "command":
        if table.has(key):
            table.bad(key, "a command says itself how it is", "0 OK, 1 WARNING, 2 ERROR, 3 UNKNOWN as its exit code")
            table.text(key, None, str)
        return None
    value = table.peek(key)
    if kind in ("container", "automations") and type(value) is int:
        return float(table.whole(key, 0, low=0, high=1_000_000)), unit

    def parse(text: str) -> tuple[float | None, str]:
        return (None, "") if text.strip() == "off" else _parsed(text, kind)

    return table.text(key, None, parse)


def _parsed(text: str, kind: str) -> tuple[float, str]:
    unit = DEFAULTS[kind].unit if kind in DEFAULTS else ""
    if unit in ("s", "d"):
        seconds = duration(text).total_seconds()
        if seconds <= 0:
            raise ValueError(f"{text!r} must be more than 0")
        return (seconds if unit == "s" else seconds / _DAY_SEC), unit
    if unit == "%":
        percent = _PERCENT.fullmatch(text.strip())
        if percent is not None and float(percent[1]) <= 100:
            return float(percent[1]), "%"
        if kind == "disk":
            return float(size(text)), "B"
    raise ValueError(
        f'{text!r} is no limit of a {kind or "probe"}; write it as {FORMS.get(kind, "a figure")}, or "off"'
    )
