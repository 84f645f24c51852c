"""Programs side by side: which needs a look first, and what all of them come to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from batmon.metrics.figures import IncidentTotals, ProgramFigures, Totals, total


def worst_first(programs: Iterable[ProgramFigures]) -> list[ProgramFigures]:
    """Those that missed their target most come first, then those that had failures; what had nothing comes last."""
    return sorted(programs, key=_goodness)


def _goodness(one: ProgramFigures) -> tuple[int, float, float, float, str, str]:
    share = one.availability if one.availability is not None else one.totals.success_rate
    outage = one.incidents.outage_seconds
    ends = (share if share is not None else 1.0, -outage, one.title.casefold(), one.program)
    if one.met is False:
        return (0, (one.availability or 0.0) - (one.target or 0.0), *ends)
    if (share is not None and share < 1) or outage:
        return (1, 0.0, *ends)
    return (3 if share is None and not one.incidents.opened else 2, 0.0, *ends)


@dataclass(frozen=True)
class Overall:
    """All of some programs, over a period and the one before: counts are added up, rates are made of the sums."""

    programs: Sequence[ProgramFigures]

    @cached_property
    def totals(self) -> Totals:
        """Of all of them."""
        return total(one.totals for one in self.programs)

    @cached_property
    def before(self) -> Totals:
        """Of all of them, over the period before."""
        return total(one.before for one in self.programs)

    @cached_property
    def incidents(self) -> IncidentTotals:
        """Of all of them; the longest outage is that of one program."""
        return sum((one.incidents for one in self.programs), IncidentTotals())

    @cached_property
    def incidents_before(self) -> IncidentTotals:
        """Of all of them, over the period before."""
        return sum((one.incidents_before for one in self.programs), IncidentTotals())

    @cached_property
    def scheduled(self) -> Totals:
        """Of those with a schedule: what availability and what is due are made of."""
        return total(one.totals for one in self.programs if one.scheduled)

    @cached_property
    def scheduled_before(self) -> Totals:
        """Of the same, over the period before."""
        return total(one.before for one in self.programs if one.scheduled)

    @property
    def availability(self) -> float | None:
        """Of those with a schedule."""
        return self.scheduled.availability

    @property
    def availability_before(self) -> float | None:
        """Of the same, over the period before."""
        return self.scheduled_before.availability

    @property
    def mtbf_hours(self) -> float | None:
        """Mean time between failures of all of them."""
        return self.incidents.mtbf_hours(sum(one.watched_seconds for one in self.programs))

    @property
    def mtbf_hours_before(self) -> float | None:
        """That of the period before."""
        return self.incidents_before.mtbf_hours(sum(one.watched_seconds_before for one in self.programs))

    @property
    def saved_hours(self) -> float:
        """Each program's with what its own items are worth."""
        return sum(one.saved_hours for one in self.programs)

    @property
    def saved_hours_before(self) -> float:
        """Those of the period before."""
        return sum(one.saved_hours_before for one in self.programs)

    @property
    def saved_money(self) -> float:
        """Each program's with what its own hours cost."""
        return sum(one.saved_money for one in self.programs)

    @property
    def saved_money_before(self) -> float:
        """That of the period before."""
        return sum(one.saved_money_before for one in self.programs)

    @property
    def targets(self) -> int:
        """How many have a target and had something due."""
        return sum(one.met is not None for one in self.programs)

    @property
    def missed_targets(self) -> int:
        """How many of those missed it."""
        return sum(one.met is False for one in self.programs)
