import re
import string
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

import batmon.report
from batmon.judge.schedule_fit import WINDOW, misfits
from batmon.metrics.durations import bucket
from batmon.metrics.figures import Totals
from batmon.report.document import Finding, Findings, Paragraph
from batmon.report.drifts import fewer, may_drift, slower
from batmon.report.insights import ordered, repeated_failures, schedule_mismatch
from batmon.report.sections.insights import MOST, insights_section
from batmon.report.story_words_en import ENGLISH
from batmon.report.story_words_ko import KOREAN
from batmon.report.voice import Voice
from batmon.store.signatures import StoredSignature
from batmon.store.story import Failure

ENGLISH_VOICE, KOREAN_VOICE = Voice("en", "Asia/Seoul"), Voice("ko", "Asia/Seoul")
UNTIL = date(2026, 11, 20)
SEOUL = ZoneInfo("Asia/Seoul")
MORNING = datetime(2026, 11, 20, 6, tzinfo=SEOUL)
KIND = StoredSignature(
    id="a1", template="login failed <n>", sample="ERROR login failed 7 password=hunter2\x1b[2J", level="error",
    first_seen=MORNING - timedelta(days=40), last_seen=MORNING, count=12, programs=2, first_ever=MORNING,
)  # fmt: skip


def test_a_duration_near_ten_seconds_is_said_as_in_tables():
    assert [KOREAN_VOICE.span(seconds) for seconds in (9.94, 9.96, 10.0)] == ["9.9초", "10초", "10초"]


def days_of(figure):
    found = {}
    for number in range(84):
        seconds, processed = figure(number)
        found[UNTIL - timedelta(days=83 - number)] = Totals(
            succeeded=1, processed=round(processed), timed=1, seconds=seconds, histogram={bucket(seconds): 1}
        )
    return found


def failed(back, program="kindscrap", signature="a1", number=1):
    return Failure(program, UUID(int=number), number, MORNING - timedelta(days=back), signature)


def test_words_of_both_languages_have_the_same_keys_and_places_and_are_all_used():
    assert KOREAN.keys() == ENGLISH.keys()
    report = Path(batmon.report.__file__).parent
    files = [*report.rglob("*.py"), *report.parent.glob("engine/reports/*.py")]
    source = "".join(path.read_text("utf-8") for path in files if not path.name.startswith("story_words"))
    built = ("kind.", "ev.", "state.", "rel.", "open.", "fact.", "side.", "never", "moved")
    for key in KOREAN:
        places = [
            {name for _, name, _, _ in string.Formatter().parse(words[key]) if name} for words in (KOREAN, ENGLISH)
        ]
        assert places[0] == places[1], key
        assert re.search(rf"""["']{re.escape(key)}["']""", source) or key.startswith(built), f"{key} is said nowhere"


def test_a_failure_that_comes_back_on_other_days_is_told_with_its_evidence():
    failures = [failed(back, number=number) for number, back in enumerate((5, 3, 3, 0), 4710)]
    (one,) = repeated_failures(failures, {"a1": KIND}, {"kindscrap": "폐지수집"}, ENGLISH_VOICE)
    assert (one.program, one.tone, one.data["runs"], one.data["days"]) == ("폐지수집", "bad", 4, 3)
    assert one.text == "It failed 4 times on 3 days, each time by the same kind of error."
    line, on_days, runs, known = one.evidence
    assert line == "The line: ERROR login failed 7 password=***"
    assert on_days == "On 3 days: 11-15 (1), 11-17 (2), 11-20 (1)"
    assert runs == "Its latest runs: #4710, #4711, #4712, #4713"
    assert "2026-10-11 06:00" in known


@pytest.mark.parametrize(
    "failures",
    [
        [failed(1), failed(0)],
        [failed(0)] * 9,
        [failed(back, signature="") for back in range(7)],
        [failed(back, signature="forgotten") for back in range(7)],
    ],
    ids=["twice", "one night", "no kind", "forgotten"],
)
def test_what_is_no_repetition_is_not_told(failures):
    assert repeated_failures(failures, {"a1": KIND}, {}, ENGLISH_VOICE) == []


def test_one_cause_in_several_programs_is_told_once():
    failures = [failed(1), failed(0, "fundmail"), failed(0, "auto_esafe")]
    (one,) = repeated_failures(failures, {"a1": KIND}, {}, KOREAN_VOICE)
    assert one.program == ""
    assert one.text == "프로그램 3개가 2일 동안 3회, 같은 종류의 오류로 실패했습니다."
    assert "kindscrap (1)" in one.evidence[1]


def test_slower_says_what_was_usual_and_what_is_now():
    one = slower("kindscrap", days_of(lambda number: (60 * 1.5 ** (number / 83), 100)), UNTIL, ENGLISH_VOICE)
    assert one is not None
    assert one.text.startswith("A usual run took 1m 04s from 2026-08-29 to 2026-09-25 and 1m 24s from 2026-10-24")
    assert one.title == "Slower than before: +31%"
    assert one.evidence[0].startswith("Week by week from 2026-08-29 (medians): 1m 01s, 1m 03s, 1m 05s")
    assert (one.tone, one.data["explained_by_items"]) == ("warn", False)
    assert "Items of a run: 100 before, 100 now (+0%)" in one.evidence


@pytest.mark.parametrize(
    ("earlier", "said"),
    [
        (lambda _: None, "Little is known from before 2026-08-29: whether it moves like this by itself cannot be said"),
        (lambda _: 60.0, "From 2025-12-20 to 2026-08-29 it did not go that way and come back by itself"),
        (
            lambda number: 66.0 if -75 < number < -25 else 60.0,
            "From 2025-12-20 to 2026-08-29 it went that way by +10% at most and came back; now it goes further",
        ),
    ],
    ids=["unknown", "steady", "swung"],
)
def test_the_evidence_says_what_it_did_by_itself_before(earlier, said):
    days = days_of(lambda number: (60 * 1.5 ** (number / 83), 100))
    for number in range(-252, 0):
        if (seconds := earlier(number)) is not None:
            days[UNTIL - timedelta(days=83 - number)] = Totals(succeeded=1, timed=1, seconds=seconds)
    one = slower("kindscrap", days, UNTIL, ENGLISH_VOICE)
    assert one is not None
    assert one.evidence[2] == said
    assert may_drift(days, UNTIL)
    assert not may_drift(days_of(lambda _: (60, 100)), UNTIL)


def test_slower_because_there_is_more_to_do_says_so():
    grown = days_of(lambda number: (60 * 1.5 ** (number / 83), 100 * 1.5 ** (number / 83)))
    one = slower("kindscrap", grown, UNTIL, KOREAN_VOICE)
    assert one is not None
    assert (one.tone, one.data["explained_by_items"]) == ("muted", True)
    assert one.text.endswith("한 건에 걸리는 시간은 전과 비슷합니다.")


def test_seconds_and_single_items_are_no_matter():
    assert slower("x", days_of(lambda number: (2 + number / 40, 0)), UNTIL, ENGLISH_VOICE) is None
    assert slower("x", days_of(lambda number: (200 - number, 100)), UNTIL, ENGLISH_VOICE) is None
    assert fewer("x", days_of(lambda number: (60, 9 - number / 20)), UNTIL, ENGLISH_VOICE) is None
    assert fewer("x", days_of(lambda number: (60, 100 + number)), UNTIL, ENGLISH_VOICE) is None


def test_fewer_items_are_told_and_days_that_went_wrong_do_not_count():
    days = days_of(lambda number: (60, 400 - 2 * number))
    one = fewer("kindscrap", days, UNTIL, ENGLISH_VOICE)
    assert one is not None
    assert one.title.endswith("-30%")
    assert one.evidence[-1] == "Runs on such a day: 1 before, 1 now"
    steady = days_of(lambda _: (60, 400))
    failing = {
        day: Totals(succeeded=1, failed=1, processed=100) if number > 40 and number % 3 else totals
        for number, (day, totals) in enumerate(steady.items())
    }
    assert fewer("kindscrap", failing, UNTIL, ENGLISH_VOICE) is None


def test_a_mistaken_time_zone_is_told_in_words():
    dues = [MORNING - timedelta(days=back) for back in range(30)]
    odd = misfits(
        ("0 6 * * *",), "Asia/Seoul", [due + timedelta(hours=9) for due in dues], dues,
        since=MORNING - WINDOW, until=MORNING + timedelta(hours=12),
    )  # fmt: skip
    (one,) = schedule_mismatch("kindscrap", odd, ("0 6 * * *",), "Asia/Seoul", ENGLISH_VOICE)
    assert one.text == "It is due at 06:00 and started 9h later, 30 of 30 times."
    assert one.evidence[0] == "Configured: daily 06:00 (Asia/Seoul)"
    assert one.evidence[-2] == "Due 2026-11-20 06:00, started 2026-11-20 15:00"
    assert one.evidence[-1].startswith("The difference is a whole number of hours (9)")


def test_what_never_runs_at_all_is_told_once():
    dues = [day.replace(hour=hour) for day in (MORNING - timedelta(days=n) for n in range(30)) for hour in (6, 18)]
    odd = misfits(
        ("0 6,18 * * *",), "Asia/Seoul", [], dues, since=MORNING - WINDOW, until=MORNING + timedelta(hours=13)
    )
    (one,) = schedule_mismatch("kindscrap", odd, ("0 6,18 * * *",), "Asia/Seoul", KOREAN_VOICE)
    assert one.title == "예정 시각에 실행되지 않음: 06:00, 18:00"
    assert (one.data["hit"], one.tone) == (60, "bad")


def test_the_most_important_comes_first_and_what_is_left_out_is_counted():
    small = Finding(key="slower", title="", text="", data={"change": 0.2})
    big = Finding(key="slower", title="", text="", data={"change": 0.9})
    again = Finding(key="repeated_failures", title="", text="", data={"runs": 3})
    assert ordered([small, again, big]) == (again, big, small)
    section = insights_section(ordered([small] * (MOST + 2)), "en")
    assert isinstance(section.blocks[0], Findings)
    assert isinstance(section.blocks[1], Paragraph)
    assert section.blocks[1].text == "2 more are left out here: slower 2."
    (empty,) = insights_section((), "ko").blocks
    assert isinstance(empty, Findings)
    assert "없습니다" in empty.empty


def test_moments_are_on_the_readers_clocks():
    assert ENGLISH_VOICE.at(datetime(2026, 11, 20, 21, tzinfo=UTC)) == "2026-11-21 06:00"
