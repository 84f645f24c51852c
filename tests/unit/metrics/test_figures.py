"""What is made of counts: rates, and that any split of a period adds up; programs side by side."""

from dataclasses import fields, replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batmon.metrics.durations import bucket, merged
from batmon.metrics.figures import IncidentTotals, ProgramFigures, Totals, Worth, change, total
from batmon.metrics.overall import Overall, worst_first

RUN = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["good", "failed", "missed", "unfinished"]),
        "rerun": st.booleans(),
        "excused": st.booleans(),
        "processed": st.integers(0, 10_000),
        "seconds": st.none() | st.integers(0, 100_000),
    }
)


def counted(runs):
    """The totals of some runs, counted one by one."""
    found = Totals()
    for run in runs:
        good, ended = run["status"] == "good", run["status"] in ("good", "failed")
        rerun = run["rerun"] and run["status"] != "missed"
        timed = good and run["seconds"] is not None
        found += Totals(
            succeeded=int(good),
            failed=int(run["status"] == "failed"),
            missed=int(run["status"] == "missed"),
            unfinished=int(run["status"] == "unfinished"),
            reruns=int(ended and rerun),
            reruns_succeeded=int(good and rerun),
            excused=int(run["excused"] and not rerun and run["status"] in ("failed", "missed")),
            processed=run["processed"] if good else 0,
            timed=int(timed),
            seconds=float(run["seconds"]) if timed else 0.0,
            histogram={bucket(run["seconds"]): 1} if timed else {},
        )
    return found


@given(st.lists(RUN, max_size=60), st.lists(st.integers(0, 60), max_size=4))
def test_any_split_adds_up_and_rates_are_those_of_the_runs(runs, cuts):
    whole = counted(runs)
    places = sorted({0, len(runs), *(cut for cut in cuts if cut <= len(runs))})
    assert total(counted(runs[start:end]) for start, end in pairwise(places)) == whole
    ended = [run for run in runs if run["status"] in ("good", "failed")]
    good = [run for run in ended if run["status"] == "good"]
    assert (whole.runs, whole.success_rate) == (len(ended), len(good) / len(ended) if ended else None)
    due = [
        run for run in runs
        if (run["status"] == "missed" and not run["excused"])
        or (run["status"] == "failed" and not run["rerun"] and not run["excused"])
        or (run["status"] == "good" and not run["rerun"])
    ]  # fmt: skip
    kept = [run for run in due if run["status"] == "good"]
    assert (whole.due, whole.kept) == (len(due), len(kept))
    assert whole.availability == (len(kept) / len(due) if due else None)
    assert whole.availability is None or 0 <= whole.availability <= 1
    assert sum(whole.histogram.values()) == whole.timed
    times = [run["seconds"] for run in good if run["seconds"] is not None]
    assert whole.mean_seconds == (sum(times) / len(times) if times else None)


def test_nothing_makes_no_figures():
    none = Totals()
    assert (none.success_rate, none.availability, none.mean_seconds, none.quantile(0.5)) == (None, None, None, None)
    without = IncidentTotals()
    assert (without.completion_rate, without.mttr_hours, without.mtta_hours, without.mtbf_hours(3600)) == (None,) * 4
    assert total([]) == none


def test_excused_failures_alone_leave_nothing_due():
    assert Totals(failed=2, excused=2).availability is None


def test_the_figures_of_incidents():
    some = IncidentTotals(
        opened=3, resolved=2, open_at_end=2, acknowledged=2, repair_seconds=7200, acknowledge_seconds=1800,
        outage_seconds=3600, longest_seconds=3000, errors_opened=2,
    )  # fmt: skip
    assert (some.completion_rate, some.mttr_hours, some.mtta_hours) == (0.5, 1, 0.25)
    assert some.mtbf_hours(86400) == 11.5
    assert some.mtbf_hours(1800) == 0
    both = some + replace(some, longest_seconds=4000)
    assert both.longest_seconds == 4000
    for one in fields(IncidentTotals):
        if one.name != "longest_seconds":
            assert getattr(both, one.name) == 2 * getattr(some, one.name)


@pytest.mark.parametrize(
    ("now", "before", "grown"),
    [(120, 100, 0.2), (0, 10, -1), (5, 0, None), (None, 3, None), (3, None, None), (2.5, 5, -0.5)],
)
def test_change_is_a_share_of_what_was(now, before, grown):
    assert change(now, before) == grown


def program(name, **given):
    return ProgramFigures(program=name, title=name, **given)


def test_a_promise_is_kept_by_no_less():
    figures = program("a", target=0.9, totals=Totals(succeeded=9, failed=1))
    assert (figures.availability, figures.met) == (0.9, True)
    assert replace(figures, target=0.91).met is False
    assert replace(figures, target=None).met is None
    assert replace(figures, totals=Totals()).met is None
    recorded = replace(figures, scheduled=False, before=figures.totals)
    assert (recorded.availability, recorded.availability_before, recorded.met) == (None, None, None)


def test_what_was_spared_is_worth_what_is_configured():
    figures = program(
        "a",
        worth=Worth(minutes_per_item=6, hourly_cost=30000),
        totals=Totals(processed=20),
        before=Totals(processed=10),
    )
    assert (figures.saved_hours, figures.saved_money) == (2, 60000)
    assert (figures.saved_hours_before, figures.saved_money_before) == (1, 30000)
    assert figures.without_before().saved_hours_before == 0


def test_the_worst_come_first():
    every = [
        program("nothing"),
        program("fine", totals=Totals(succeeded=3)),
        program("outage", totals=Totals(succeeded=3), incidents=IncidentTotals(outage_seconds=60)),
        program("failed", totals=Totals(succeeded=9, failed=1)),
        program("recorded", scheduled=False, totals=Totals(succeeded=1, failed=1)),
        program("missed by little", target=0.99, totals=Totals(succeeded=9, failed=1)),
        program("missed by much", target=0.99, totals=Totals(succeeded=1, failed=9)),
        program("met", target=0.5, totals=Totals(succeeded=3)),
        program("warned", incidents=IncidentTotals(opened=1)),
    ]
    assert [one.program for one in worst_first(every)] == [
        "missed by much", "missed by little", "recorded", "failed", "outage", "fine", "met", "warned", "nothing",
    ]  # fmt: skip


def test_all_together_are_the_sums_and_rates_of_those_with_a_schedule():
    one = program(
        "a",
        target=0.9,
        worth=Worth(minutes_per_item=60, hourly_cost=10),
        totals=Totals(succeeded=8, failed=2, processed=5),
        before=Totals(succeeded=1),
        incidents=IncidentTotals(errors_opened=1, outage_seconds=3600, longest_seconds=3600),
        watched_seconds=36000.0,
    )
    other = program(
        "b",
        scheduled=False,
        worth=Worth(minutes_per_item=30),
        totals=Totals(succeeded=90, processed=2, histogram={3: 90}),
        incidents=IncidentTotals(errors_opened=1, longest_seconds=60),
        watched_seconds=36000.0,
    )
    both = Overall([one, other])
    assert (both.totals.runs, both.availability, both.availability_before) == (100, 0.8, 1)
    assert both.totals.histogram == merged([one.totals.histogram, other.totals.histogram])
    assert (both.saved_hours, both.saved_money, both.saved_hours_before) == (6, 50, 0)
    assert both.mtbf_hours == (72000 - 3600) / 2 / 3600
    assert both.mtbf_hours_before is None
    assert both.incidents.longest_seconds == 3600
    assert (both.targets, both.missed_targets) == (1, 1)
    assert Overall([]).availability is None
