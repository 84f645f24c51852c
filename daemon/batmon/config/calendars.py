"""``[[calendars]]`` -> ``CalendarConfig``, and the ``Calendar`` that it stands for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from batmon.config.section import Section
from batmon.config.values import program_name, similar
from batmon.judge.calendar import Calendar, YearDay

_LEAP = 2024
"""A year that has every day of the year."""


@dataclass(frozen=True, slots=True)
class CalendarConfig:
    """Days on which nothing is due, by name. ``country`` empty: no public holidays.

    Days are written as ``2026-05-01``, or as ``05-01`` where they come every year.
    """

    name: str
    country: str = ""
    subdivision: str = ""
    company_days: tuple[str, ...] = ()
    working_days: tuple[str, ...] = ()
    weekend: bool = False


def read_calendars(root: Section, programs: Iterable[Section]) -> tuple[CalendarConfig, ...]:
    """Every calendar; that of a program that names one which is not there is noted."""
    found: dict[str, CalendarConfig] = {}
    for table in root.sections("calendars"):
        calendar = _read(table)
        if calendar.name in found:
            table.bad("name", f"the name {calendar.name!r} is taken", "each calendar has a name of its own")
        found.setdefault(calendar.name, calendar)
    for table in programs:
        check_calendar(table, found)
    return tuple(found.values())


def check_calendar(table: Section, known: Collection[str]) -> None:
    """Note a ``calendar`` of this table that is none of the ``known``."""
    name = table.peek("calendar")
    if isinstance(name, str) and name.strip() and name.strip() not in known:
        near = similar(name, known)
        hint = f'did you mean "{near}"?' if near else "describe it in a [[calendars]] table"
        table.bad("calendar", f"no calendar is called {name!r}", hint)


def _read(table: Section) -> CalendarConfig:
    table.require("name")
    calendar = CalendarConfig(
        name=table.text("name", "-", program_name),
        country=table.text("country", "", _country),
        subdivision=table.text("subdivision", "", str.strip),
        company_days=table.texts("company_days", (), _day),
        working_days=table.texts("working_days", (), _day),
        weekend=table.flag("weekend", default=False),
    )
    if calendar.subdivision and not calendar.country:
        table.bad("subdivision", "a subdivision belongs to a country", 'name that too, as in country = "DE"')
    elif calendar.subdivision:
        _check_subdivision(table, calendar)
    table.finish()
    return calendar


def _country(text: str) -> str:
    import holidays  # noqa: PLC0415 - 90 ms that only a calendar with a country needs

    code = text.strip().upper()
    known = holidays.list_supported_countries()
    if code not in known:
        near = similar(code, known) if len(code) == 2 else ""
        ask = f'did you mean "{near}"?' if near else 'write the two letters of ISO 3166, as in "KR"'
        raise ValueError(f"no holidays are known for the country {text!r}; {ask}")
    return code


def _check_subdivision(table: Section, calendar: CalendarConfig) -> None:
    import holidays  # noqa: PLC0415 - as above

    known = holidays.list_supported_countries().get(calendar.country, [])
    if calendar.subdivision not in known:
        hint = f"known: {', '.join(known)}" if known else "leave it out"
        table.bad("subdivision", f"{calendar.country} has no subdivision {calendar.subdivision!r}", hint)


def _day(text: str) -> str:
    _year_day(text)
    return text.strip()


def _year_day(text: str) -> YearDay:
    parts = text.strip().split("-")
    try:
        numbers = [int(part) for part in parts]
        if len(numbers) == 3:
            at = date(*numbers)
            return YearDay(at.month, at.day, at.year)
        at = date(_LEAP, *numbers)
        return YearDay(at.month, at.day)
    except (TypeError, ValueError):
        raise ValueError(f'{text!r} is no day; write "2026-05-01", or "05-01" for every year') from None


def calendar_of(config: CalendarConfig) -> Calendar:
    """The calendar; the public holidays of a year are worked out when somebody asks for that year."""

    def holidays_of(year: int) -> frozenset[date]:
        if not config.country:
            return frozenset()
        import holidays  # noqa: PLC0415 - as above

        found = holidays.country_holidays(config.country, subdiv=config.subdivision or None, years=year, expand=False)
        return frozenset(day for day in found if day.year == year)

    return Calendar(
        name=config.name,
        holidays_of=holidays_of,
        company_days=tuple(map(_year_day, config.company_days)),
        working_days=tuple(map(_year_day, config.working_days)),
        weekend=config.weekend,
    )


def calendars_of(configs: Iterable[CalendarConfig]) -> Mapping[str, Calendar]:
    """Each calendar by its name."""
    return {config.name: calendar_of(config) for config in configs}
