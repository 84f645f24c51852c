"""Each figure's meaning stands in the code and in docs/metrics.md, under the same key, in the same order and words."""

import re
from pathlib import Path

import pytest

from batmon.metrics.definitions import DEFINITIONS, meaning, meanings, title
from batmon.metrics.durations import bucket, merged
from batmon.metrics.figures import Totals, Worth

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "metrics.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", DOCUMENT, re.MULTILINE | re.DOTALL))


def test_every_figure_has_its_heading_and_every_heading_its_figure():
    assert list(SECTIONS) == [one.key for one in DEFINITIONS]


@pytest.mark.parametrize("one", DEFINITIONS, ids=lambda one: one.key)
def test_it_is_called_the_same_has_an_example_and_says_what_is_not_in_it(one):
    section = SECTIONS[one.key]
    assert f"**{one.titles['en']} · {one.titles['ko']}.**" in section
    assert "*Example.*" in section
    assert "*Not in it:*" in section
    for language in ("ko", "en"):
        assert one.titles[language].strip() == one.titles[language] != ""
        assert 5 <= len(one.texts[language]) <= 320
        assert one.texts[language].endswith((".", "다."))
    assert re.search("[가-힣]", one.texts["ko"])
    assert not re.search("[가-힣]", one.texts["en"])


def test_they_are_found_by_key():
    assert meaning("mttr").titles["en"] == title("mttr", "en")
    assert [one.key for one in meanings(["mttr", "runs", "mttr"])] == ["runs", "mttr"]
    with pytest.raises(KeyError):
        meanings(["mttr", "nonsense"])


def example(key):
    return re.search(r"\*Example\.\* (.*?)\n\n", SECTIONS[key], re.DOTALL)[1]


def test_the_examples_of_runs_are_what_the_code_makes_of_them():
    november = Totals(succeeded=28, failed=2, missed=1, reruns=1, reruns_succeeded=1, excused=1, processed=28 * 40)
    assert example("runs").endswith(f"= {november.runs} runs.")
    assert example("success_rate").endswith(f"= {november.success_rate:.1%}.".replace("%", " %"))
    assert example("due").endswith(f"= {november.due}.")
    assert example("kept").endswith(f"= {november.kept}.")
    assert example("availability") == f"{november.kept} / {november.due} = {november.availability:.1%}.".replace(
        "%", " %"
    )
    assert example("processed").endswith(f": {november.processed:,}.")
    worth = Worth(minutes_per_item=5, hourly_cost=30_000)
    assert example("saved_hours").endswith(f": {worth.hours(november.processed):.1f} hours.")
    assert example("saved_money").endswith(f": {worth.money(november.processed):,.0f}.")


def test_the_examples_of_durations_are_what_the_code_makes_of_them():
    four = Totals(timed=4, seconds=120.0, histogram=merged({bucket(seconds): 1} for seconds in (10, 10, 10, 90)))
    assert example("mean").startswith(f"10, 10, 10 and 90 seconds: {four.mean_seconds:.0f} seconds.")
    assert four.quantile(0.5) == pytest.approx(10, rel=0.025)
    assert Totals(histogram={bucket(50): 96, bucket(3600): 4}).quantile(0.95) < 60
    assert Totals(histogram={bucket(50): 94, bucket(3600): 6}).quantile(0.95) == pytest.approx(3600, rel=0.025)
