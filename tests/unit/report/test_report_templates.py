"""Reports as documents: what the first page says, what is counted up, and that no size or name is too odd."""

import re
import string
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from batmon.metrics.definitions import DEFINITIONS
from batmon.metrics.figures import IncidentTotals, Totals
from batmon.metrics.periods import Period
from batmon.report import json_text, markdown, templates
from batmon.report.document import Chart, Figures, Findings, Heatmap, Kind, Paragraph, Table
from batmon.report.gathered import Cell
from batmon.report.projection import fitted
from batmon.report.sections import days, overview, programs, savings, sla
from batmon.report.sections.capacity import CapacityFigures, growth, time_budget, whole_months
from batmon.report.wording import LANGUAGES, Wording
from tests import report_documents
from tests.report_documents import HOSTILE, MONTH, QUARTER, WEEK, gathered

KOREAN = Wording("ko")
ENGLISH = Wording("en")


def paragraphs(section):
    """What a section says in sentences."""
    return [block.text for block in section.blocks if isinstance(block, Paragraph)]


def figures(section):
    """A section's key figures by their key."""
    return {one.key: one for block in section.blocks if isinstance(block, Figures) for one in block.items}


def tables(section):
    """A section's tables by their key."""
    return {block.key: block for block in section.blocks if isinstance(block, Table)}


def rows(table):
    """Its rows by the columns' keys."""
    return [dict(zip((column.key for column in table.columns), row, strict=True)) for row in table.rows]


def of(**changes):
    """Made-up figures of a week with these changed."""
    return replace(gathered(data_rows=None), **changes)


def program(found, number=0, **changes):
    """One of its programs with these figures."""
    return replace(found.programs[number], **changes)


def test_both_languages_have_the_same_words_with_the_same_values():
    def values(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert LANGUAGES["ko"].keys() == LANGUAGES["en"].keys()
    assert {key: values(text) for key, text in LANGUAGES["ko"].items()} == {
        key: values(text) for key, text in LANGUAGES["en"].items()
    }
    assert all(re.search("[가-힣]", text) for key, text in LANGUAGES["ko"].items() if key not in {"p50", "p95"})
    assert not any(re.search("[가-힣]", text) for text in LANGUAGES["en"].values())


def test_no_word_of_a_defined_figure_is_said_twice():
    assert not {one.key for one in DEFINITIONS} & (LANGUAGES["ko"].keys() - {"change"})


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("size", [0, 1, 12, 200])
def test_every_shipped_report_can_be_made_of_any_number_of_programs(language, size):
    for made in report_documents.documents(size, language=language):
        assert markdown.text(made)
        json_text.text(made)
        assert sum(section.summary for section in made.sections) >= 1


def test_an_empty_period_says_so():
    for made in report_documents.documents(3, empty=True):
        assert markdown.text(made)
    found = gathered(programs=3, empty=True)
    assert paragraphs(overview.overview(found, KOREAN)) == ["2026-11-14 ~ 2026-11-20 기간에 실행된 작업이 없습니다."]
    assert figures(overview.overview(found, KOREAN))["success_rate"].value is None


def test_hostile_names_stay_what_they_are():
    made = report_documents.weekly(len(HOSTILE), hostile=True)
    table = next(block for section in made.sections for block in section.blocks
                 if isinstance(block, Table) and block.key == "programs")  # fmt: skip
    assert {row[0] for row in table.rows} == {name or "(이름 없음)" for name in HOSTILE}
    assert "{" not in HOSTILE[0]
    braces = of(programs=(program(gathered(), title="{runs} {0} {x.y}", totals=Totals(failed=9)),))
    assert any("{runs} {0} {x.y}" in text for text in paragraphs(overview.overview(braces, KOREAN)))


def test_the_headline_compares_with_the_week_before():
    found = of()
    one = program(found, totals=Totals(succeeded=97, failed=3, missed=2), before=Totals(succeeded=90, failed=10))
    found = replace(found, programs=(replace(one, title="수집", target=None),), incident_totals=IncidentTotals())
    told = paragraphs(overview.overview(found, KOREAN))
    assert told[0].startswith(
        "총 100건을 실행하여 97건이 성공하고 3건이 실패하였습니다(성공률 97.0%). 미실행은 2건입니다. "
        "성공률은 전주(90.0%) 대비 7.0%p 상승하였습니다. 일정 대비 가용률은 95.1%입니다."
    )
    assert told[1] == "개선: 수집 실패·미실행 10건 → 5건."
    english = paragraphs(overview.overview(found, ENGLISH))[0]
    assert "The success rate rose by 7.0 points from 90.0% in the week before." in english


def test_what_got_worse_is_named_the_worst_first():
    base = gathered(programs=5)
    faults = [(0, 2), (4, 1), (9, 1), (1, 0), (7, 0)]
    found = replace(
        base,
        programs=tuple(
            program(base, number, title=f"p{number}", totals=Totals(succeeded=20, failed=now),
                    before=Totals(succeeded=20, failed=before))
            for number, (now, before) in enumerate(faults)
        ),
    )  # fmt: skip
    told = paragraphs(overview.overview(found, ENGLISH))
    assert told[1] == (
        "Worse than before: p2 (1 → 9 failed or missed), p4 (0 → 7 failed or missed), p1 (1 → 4 failed or missed) "
        "and 1 more."
    )
    assert told[2] == "Better than before: p0 (2 → 0 failed or missed)."


def test_the_first_week_has_nothing_to_get_worse_from():
    base = gathered(programs=1)
    found = replace(base, programs=(program(base, totals=Totals(succeeded=5, failed=5), before=Totals()),))
    assert len(paragraphs(overview.overview(found, KOREAN))) == 1
    assert figures(overview.overview(found, KOREAN))["failed"].before is None


def test_programs_without_a_schedule_are_no_part_of_availability():
    base = gathered(programs=2)
    found = replace(
        base,
        programs=(
            program(base, 0, scheduled=True, totals=Totals(succeeded=9, failed=1)),
            program(base, 1, scheduled=False, totals=Totals(succeeded=0, failed=50)),
        ),
    )
    assert figures(overview.overview(found, KOREAN))["availability"].value == pytest.approx(0.9)
    shown = programs.availability_chart(found, KOREAN)
    chart = shown.blocks[0]
    assert isinstance(chart, Chart)
    assert chart.labels == (found.programs[0].title,)


def test_the_sum_of_all_programs_is_made_of_their_counts():
    found = gathered(programs=30)
    table = tables(programs.program_table(found, KOREAN))["programs"]
    total = dict(zip((column.key for column in table.columns), table.total, strict=True))
    every = rows(table)
    for key in ("runs", "succeeded", "failed", "missed", "processed"):
        assert total[key] == sum(row[key] for row in every)
    assert total["saved_hours"] == pytest.approx(sum(row["saved_hours"] for row in every))
    assert total["success_rate"] == pytest.approx(total["succeeded"] / total["runs"])


def test_departments_and_bots_add_up_to_the_same():
    section = savings.savings_section(gathered(programs=30), KOREAN)
    found = tables(section)
    departments, bots = found["savings_by_department"], found["savings_by_bot"]
    for key in ("saved_hours", "saved_money", "processed"):
        parts = [sum(row[key] for row in rows(table)) for table in (departments, bots)]
        assert parts[0] == pytest.approx(parts[1]) == pytest.approx(figures(section)[key].value)
    assert "부서 미지정" in [row["department"] for row in rows(departments)]


def test_savings_are_said_in_words_on_the_first_page():
    base = gathered("rpa_savings", MONTH, programs=2, hourly_cost=20_000.0)
    one = program(base, 0, title="가", totals=Totals(succeeded=1, processed=600), before=Totals(processed=1200))
    found = replace(base, programs=(one, program(base, 1, totals=Totals(), before=Totals())))
    said = (
        "600건을 처리하여 업무 시간 50.0시간을 절감하였습니다. 금액으로 환산하면 1,000,000원입니다. "
        "절감 시간은 전월(100.0시간) 대비 50.0% 감소하였습니다. 절감 시간이 많은 봇: 가 50.0시간."
    )
    assert paragraphs(savings.savings_section(found, KOREAN, summary=True)) == [said]
    assert paragraphs(savings.savings_section(found, KOREAN)) == []


def test_a_long_name_does_not_fill_the_headline():
    base = gathered(programs=1)
    long = program(base, title="긴 이름 " * 100, totals=Totals(failed=5), before=Totals(succeeded=5))
    told = paragraphs(overview.overview(replace(base, programs=(long,)), KOREAN))
    assert all(len(text) < 400 for text in told)


def test_a_house_without_hourly_costs_is_told_so():
    found = gathered(programs=3, hourly_cost=0.0)
    assert figures(savings.savings_section(found, KOREAN))["saved_money"].note == "시간당 비용이 설정되지 않았습니다."
    assert "saved_money" not in figures(overview.overview(found, KOREAN))
    quiet = figures(savings.savings_section(gathered(programs=3, empty=True), KOREAN))["saved_money"]
    assert (quiet.value, quiet.note) == (0, "")


def test_lost_days_are_those_of_each_program():
    lost = tuple(Cell(name, date(2026, 10, 3), 18, 2, 0, 20, 18) for name in ("a", "b"))
    found = replace(gathered("monthly_sla", MONTH, programs=2), lost=lost)
    told = figures(sla.sla_headline(found, KOREAN))["lost_days"]
    assert (told.title, told.value, told.note) == ("미이행 발생일", 2, "프로그램별 일수의 합")


def test_targets_tell_the_days_on_which_they_were_lost():
    base = gathered("monthly_sla", MONTH, programs=2)
    kept = program(base, 0, program="a", title="A", target=0.9, scheduled=True, totals=Totals(succeeded=95, failed=5))
    lost = program(base, 1, program="b", title="B", target=0.99, scheduled=True, totals=Totals(succeeded=95, failed=5))
    found = replace(base, programs=(kept, lost), lost=(Cell("b", date(2026, 10, 3), 18, 2, 0, 20, 18),))
    first, second = rows(tables(sla.target_table(found, KOREAN))["targets"])
    assert (first["program"], first["met"], first["lost_days"]) == ("B", "미달", "10-03 (18/20)")
    assert (second["program"], second["met"], second["lost_days"]) == ("A", "달성", "")
    assert paragraphs(sla.sla_headline(found, KOREAN)) == [
        "가용률 목표가 있는 프로그램 2개 중 1개가 목표를 달성하고 1개가 미달하였습니다. 미달: B 95.0%."
    ]


def test_nobody_is_told_of_targets_that_nobody_set():
    base = gathered("monthly_sla", MONTH, programs=2)
    found = replace(base, programs=tuple(replace(one, target=None) for one in base.programs), lost=())
    assert paragraphs(sla.sla_headline(found, ENGLISH)) == ["No program has an availability target."]


@pytest.mark.parametrize(
    ("period", "step", "first", "count"),
    [
        (WEEK, "day", date(2026, 11, 14), 7),
        (QUARTER, "week", date(2026, 7, 1), 14),
        (Period(date(2025, 1, 1), date(2025, 12, 31)), "month", date(2025, 1, 1), 12),
        (Period(date(2025, 1, 15), date(2026, 1, 14)), "month", date(2025, 1, 15), 13),
    ],
)
def test_long_periods_are_drawn_by_weeks_and_months(period, step, first, count):
    assert days.step_of(period) == step
    columns = days.starts(period)
    assert columns[0] == first
    assert len(columns) == count
    assert all(period.start <= one <= period.end for one in columns)
    assert sum(1 for day in period if days.column(day, period, step) not in columns) == 0


def test_bars_of_weeks_hold_every_run_of_the_quarter():
    daily = tuple((day, Totals(succeeded=3, failed=1, missed=2)) for day in QUARTER)
    chart = days.runs_chart(replace(gathered(period=QUARTER), daily=daily), KOREAN).blocks[0]
    assert [sum(one.values) for one in chart.series] == [3 * QUARTER.days, QUARTER.days, 2 * QUARTER.days]


def test_a_heatmap_has_those_with_most_faults_first_and_says_how_many_are_left_out():
    found = gathered(programs=200)
    block = days.heatmap(found, KOREAN).blocks[0]
    assert isinstance(block, Heatmap)
    assert len(block.rows) == days.MOST_ROWS
    assert "200개 중" in block.note
    assert days.heatmap(replace(found, cells=()), KOREAN) is None


def test_more_findings_than_the_first_page_holds_come_later():
    base = gathered(programs=4)
    found = replace(base, findings=base.findings * 4)
    parts = [part for part in templates.weekly_ops(found, KOREAN) if part is not None]
    held = {part.key: len(block.items) for part in parts for block in part.blocks if isinstance(block, Findings)}
    assert held == {"insights": 4, "more_insights": 4}
    assert next(part for part in parts if part.key == "insights").summary


def test_every_figure_of_a_report_is_explained_at_its_end():
    known = {one.key for one in DEFINITIONS}
    for made in report_documents.documents(5):
        explained = {one.key for one in made.definitions}
        shown = {one.key for section in made.sections for block in section.blocks if isinstance(block, Figures)
                 for one in block.items}  # fmt: skip
        assert shown & known <= explained
        assert {"period", "success_rate"} & known <= explained | {"success_rate"}
    assert "target" in {one.key for one in report_documents.monthly(5).definitions}


def test_the_five_figures_of_service_requests_have_their_names():
    made = report_documents.weekly(5)
    found = gathered(programs=5)
    assert made.summary["period"] == {"start": "2026-11-14", "end": "2026-11-20"}
    assert made.summary["sr_total"] == found.incident_totals.opened
    assert made.summary["completion_rate"] == round(found.incident_totals.completion_rate * 100, 1)
    titles = [one.title for one in overview.incident_figures(found.incident_totals, IncidentTotals(), KOREAN)]
    assert [title.split()[0] for title in titles] == ["신규", "완료", "미처리", "완료율", "평균"]


# Capacity


def test_a_line_through_months_is_not_moved_by_one_odd_month():
    line = fitted([100, 110, 120, 1000, 140, 150])
    assert line.slope == pytest.approx(10, abs=1)
    assert line.at(6) == pytest.approx(160, abs=3)
    assert fitted([1, 2, 3]) is None
    exact = fitted([5, 7, 9, 11])
    assert (exact.start, exact.slope, exact.distance) == (5, 2, 0)
    assert fitted([4, 3, 2, 1]).at(50) == 0


def test_too_few_months_are_not_projected():
    base = gathered("capacity_plan", QUARTER)
    table = tables(growth(replace(base, months=base.months[-3:]), KOREAN))["growth"]
    assert len(table.rows) == 3
    assert "전망하지 않습니다" in table.note
    whole = tables(growth(base, KOREAN))["growth"]
    assert [row[0] for row in whole.rows][-3:] == ["2026-10 전망", "2026-11 전망", "2026-12 전망"]
    assert re.search(r"총 실행 시간: 월 [+-][\d,]+\.\d시간, 평균 오차", whole.note)


def test_a_month_that_is_not_over_is_no_part_of_a_trend():
    asked = replace(gathered("capacity_plan", QUARTER).asked, now=datetime(2026, 9, 15, tzinfo=UTC))
    table = tables(growth(replace(gathered("capacity_plan", QUARTER), asked=asked), KOREAN))["growth"]
    assert [row[0] for row in table.rows][-4:] == ["2026-08", "2026-09 전망", "2026-10 전망", "2026-11 전망"]


def test_a_month_is_over_when_it_is_over_on_the_clocks_of_the_readers():
    base = gathered("capacity_plan", QUARTER)
    asked = replace(base.asked, now=datetime(2026, 9, 30, 15, 30, tzinfo=UTC))  # half past midnight in Seoul
    assert whole_months(replace(base, asked=asked))[-1].month.start == date(2026, 9, 1)
    earlier = replace(base.asked, now=datetime(2026, 9, 30, 14, 30, tzinfo=UTC))
    assert whole_months(replace(base, asked=earlier))[-1].month.start == date(2026, 8, 1)


def test_the_same_rate_is_called_the_same():
    base = gathered(programs=1)
    same = program(base, totals=Totals(succeeded=90, failed=10), before=Totals(succeeded=900, failed=100))
    told = paragraphs(overview.overview(replace(base, programs=(same,)), KOREAN))[0]
    assert "성공률은 전주(90.0%) 대비 변동이 없습니다." in told


@pytest.mark.parametrize(
    ("period", "than"),
    [
        (WEEK, "전주"), (MONTH, "전월"), (Period(date(2026, 11, 1), date(2026, 11, 20)), "전월"), (QUARTER, "전 분기"),
        (Period(date(2025, 1, 1), date(2025, 12, 31)), "전년"),
        (Period(date(2026, 11, 3), date(2026, 11, 12)), "이전 기간"),
    ],
)  # fmt: skip
def test_what_a_period_is_compared_with_has_a_name(period, than):
    assert KOREAN.than(period) == than


def test_time_budgets_show_who_is_nearest_to_the_end():
    base = gathered("capacity_plan", QUARTER, programs=2)
    one, other = base.programs
    extra = CapacityFigures(budgets={one.program: 10_000.0, other.program: other.totals.quantile(0.95) * 2})
    found = rows(tables(time_budget(base, extra, KOREAN))["time_budget"])
    assert [row["program"] for row in found] == [other.title, one.title]
    assert found[0]["used"] == pytest.approx(0.5)
    column = next(one for one in tables(time_budget(base, extra, KOREAN))["time_budget"].columns if one.key == "used")
    assert column.kind is Kind.PERCENT
    assert column.limits == (0.7, 0.9)
