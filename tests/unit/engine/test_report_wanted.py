"""What people ask of a report, in their words: periods, formats, names of files, and what cannot be."""

from datetime import UTC, date, datetime

import pytest

from batmon.engine.reports.making import templates
from batmon.engine.reports.wanted import Usual, Wanted, checked, day, run_words
from batmon.errors import BadRequest, NotFound

KNOWN = templates(None)
NOW = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)  # the 21st in Seoul
SEOUL = Usual("ko", "Asia/Seoul", "here")


def made(template="weekly_ops", **wanted):
    return checked(Wanted(template=template, **wanted), KNOWN, SEOUL, NOW)


def period(*args, **wanted):
    found = made(*args, **wanted).asked.period
    return str(found.start), str(found.end)


def test_days_are_those_of_the_readers():
    assert period() == ("2026-11-14", "2026-11-20")
    assert period(timezone="UTC") == ("2026-11-13", "2026-11-19")


def test_what_is_asked_for_is_so_far_and_what_a_schedule_makes_is_whole():
    assert period("monthly_sla") == ("2026-11-01", "2026-11-21")
    assert period("monthly_sla", complete=True) == ("2026-10-01", "2026-10-31")
    assert period("capacity_plan", complete=True) == ("2026-07-01", "2026-09-30")
    slot = datetime(2026, 10, 1, 0, 0, tzinfo=UTC)
    assert period("monthly_sla", complete=True, as_of=slot) == ("2026-09-01", "2026-09-30")


def test_named_and_chosen_days():
    assert period(period="last-month") == ("2026-10-01", "2026-10-31")
    assert period(period="2026-11") == ("2026-11-01", "2026-11-21")
    assert period(start=date(2026, 11, 3), end=date(2026, 11, 5)) == ("2026-11-03", "2026-11-05")
    assert period(start=date(2026, 11, 3), end=date(2026, 12, 31)) == (
        "2026-11-03",
        "2026-11-21",
    )  # nothing is known of later
    assert period(start=date(2026, 11, 3)) == ("2026-11-03", "2026-11-21")
    assert period(end=date(2026, 11, 10)) == ("2026-11-03", "2026-11-10")


def test_files_are_called_after_what_they_are_about():
    assert made().stem == "weekly_ops_2026-11-14_2026-11-20"
    assert made("incident_rca", incident_id=17).stem == "incident_rca_incident_17"
    run = "0f8c2a10-7d1c-4c1b-9f43-0a4b8f1f2e11"
    assert made("batch_run", run=run).stem == "batch_run_0f8c2a10"
    assert made("batch_run", run=run).asked.period is None


def test_the_usual_format_language_and_rows():
    assert (made().form, made().asked.language, made().asked.data) == ("excel", "ko", True)
    assert made(form="pdf").asked.data is False
    assert made("incident_rca").form == "pdf"
    assert made(language="en").title == KNOWN["weekly_ops"].titles["en"]
    for template in KNOWN.values():
        assert {"md", "json"} <= set(template.all_formats)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"form": "docx"}, "docx"),
        ({"template": "capacity_plan", "form": "pdf"}, "formats: excel, md, json"),
        ({"start": date(2026, 11, 5), "end": date(2026, 11, 3)}, "cannot end"),
        ({"start": date(2026, 12, 1)}, "has not begun"),
        ({"start": date(1976, 1, 1)}, "days"),
        ({"start": date(1, 1, 1)}, "years"),
        ({"period": "2027"}, "has not begun"),
        ({"period": "fortnight"}, "no period"),
        ({"period": "month", "end": date(2026, 11, 3)}, "days beside it"),
        ({"language": "fr"}, "ko or en"),
        ({"timezone": "Seoul"}, "Asia/Seoul"),
        ({"run": "7"}, "not about one run"),
        ({"incident_id": 7}, "not about one incident"),
        ({"template": "batch_run"}, "about one run"),
        ({"template": "batch_run", "run": "7", "period": "month"}, "no period"),
        ({"programs": ("a",) * 101}, "101"),
        ({"programs": (" ",)}, "no name or pattern"),
    ],
    ids=str,
)
def test_what_cannot_be_is_said(wanted, words):
    with pytest.raises(BadRequest) as caught:
        made(**wanted)
    assert words in f"{caught.value} {caught.value.hint}"


def test_an_unknown_template_is_told_which_was_meant():
    with pytest.raises(NotFound) as caught:
        made("wekly_ops")
    assert "'weekly_ops'" in caught.value.hint
    with pytest.raises(NotFound) as caught:
        made("zzz")
    assert "capacity_plan, handover" in caught.value.hint
    with pytest.raises(NotFound):
        made("x" * 100_000)


@pytest.mark.parametrize("text", ["2026-13-01", "yesterday", 7, ["2026-01-01"], "2026-01-01T00:00"])
def test_what_is_no_day_is_refused(text):
    with pytest.raises(BadRequest, match="no day"):
        day(text, "from")
    assert day(None, "from") is day("", "from") is None


def test_a_run_is_an_id_or_a_log_id():
    assert run_words("17") == "17"
    assert run_words("0F8C2A10-7D1C-4C1B-9F43-0A4B8F1F2E11") == "0f8c2a10-7d1c-4c1b-9f43-0a4b8f1f2e11"
    for text in ("../x", "9" * 30, "-1", "run"):
        with pytest.raises(BadRequest):
            run_words(text)
