"""``batmon --help`` names every verb once, in a group, on one line."""

import subprocess
import sys

from batmon.commands.grouped_help import GROUPS


def test_each_verb_is_in_one_group_and_its_help_fits_the_line():
    command = [sys.executable, "-m", "batmon", "--help"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, env={"COLUMNS": "80"}).stdout
    sections = {title: said.partition(f"\n{title}:\n")[2].partition("\n\n")[0].splitlines() for title in GROUPS}
    assert {title: tuple(line.split()[0] for line in lines) for title, lines in sections.items()} == GROUPS
    assert "\nMore:\n" not in said
    assert not [line for lines in sections.values() for line in lines if line.endswith("...")]
