"""What docs/probes.md and config.toml say of probes is what the code does."""

import re
import tomllib
from pathlib import Path

import pytest

from batmon.config import load
from batmon.config.probe_limits import DEFAULTS
from batmon.config.probe_targets import TARGETS
from batmon.config.section import Problems, Section
from batmon.config.variables import Variables

ROOT = Path(__file__).resolve().parents[2]
PROBES = (ROOT / "docs" / "probes.md").read_text("utf-8")


def documented():
    """Kind -> the keys in the first column of the table below its heading."""
    found = {}
    for heading, text in re.findall(r"^### ([\w, ]+)\n(.*?)(?=^#|\Z)", PROBES, re.MULTILINE | re.DOTALL):
        keys = {key for row in re.findall(r"^\| (`.+?`) \|", text, re.MULTILINE) for key in re.findall(r"`(\w+)`", row)}
        found.update(dict.fromkeys(heading.split(", "), keys))
    return found


def test_every_key_of_every_kind_is_documented(tmp_path):
    asked = {}
    for kind, read in TARGETS.items():
        table = Section(Problems("x", {}, {}), {"zzzzzz": 1}, ("probes", 0))
        read(table, Variables({}, tmp_path))
        asked[kind] = set(table._known)
    assert documented() == asked


@pytest.mark.parametrize("kind", DEFAULTS)
def test_the_usual_limits_are_as_they_are_documented(kind):
    sections = re.findall(r"^### ([\w, ]+)\n(.*?)(?=^#|\Z)", PROBES, re.MULTILINE | re.DOTALL)
    text = next(text for heading, text in sections if kind in heading.split(", "))
    usual = DEFAULTS[kind]
    said = dict(re.findall(r"`(warn|crit) = \"?([\d.]+)", text.partition("| key")[0]))
    for key in ("warn", "crit"):
        limit = getattr(usual, key)
        if limit is not None:
            assert float(said[key]) == limit, key


def test_the_commented_probes_of_the_reference_can_be_used(tmp_path):
    text = (ROOT / "config.toml").read_text("utf-8")
    examples = re.findall(r"^# \[\[probes\]\]\n(?:# .*\n)+", text, re.MULTILINE)
    assert len(examples) >= 7
    written = re.sub(r"^# ?", "", "".join(examples), flags=re.MULTILINE)
    (tmp_path / "config.toml").write_text(written, "utf-8")
    probes = load(tmp_path / "config.toml", {"TZ": "Asia/Seoul", "BATMON_NODE": "seoul-01"}).probes
    assert [probe.name for probe in probes] == [table["name"] for table in tomllib.loads(written)["probes"]]
