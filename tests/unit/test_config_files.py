"""The keys of a program about its files and the keeping of its logs."""

from datetime import timedelta
from pathlib import Path

import pytest

from batmon.config import ConfigError, load
from batmon.config.values import size


@pytest.fixture
def program(tmp_path):
    def program(keys: str):
        (tmp_path / "app").mkdir(exist_ok=True)
        text = f'[[programs]]\nname = "a"\nschedule = []\nbase_dir = "app"\ntimezone = "UTC"\n{keys}\n'
        (tmp_path / "config.toml").write_text(text, "utf-8")
        return load(tmp_path / "config.toml", {"OUT": "/srv/out"}).programs[0]

    return program


def test_nothing_is_shown_kept_or_compressed_unless_asked(program):
    found = program("")
    assert (found.files, found.keep_logs, found.keep_logs_size, found.compress_logs) == ((), None, None, None)


def test_folders_of_files_begin_at_base_dir(program, tmp_path):
    found = program('files = ["../out", "${env:OUT}/x", "reports", "~/share"]').files
    assert found == (tmp_path / "out", Path("/srv/out/x"), tmp_path / "app/reports", Path("~/share").expanduser())
    assert program('files = "../out"').files == (tmp_path / "out",)


def test_how_long_and_how_much(program):
    found = program('keep_logs = "90d"\nkeep_logs_size = "2GB"\ncompress_logs = "7d"')
    assert found.keep_logs == timedelta(days=90)
    assert found.keep_logs_size == 2 << 30
    assert found.compress_logs == timedelta(days=7)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ('files = [""]', "a path may not be empty"),
        ('files = ["${nope}"]', "unknown variable"),
        ('keep_logs = "0s"', "must be more than 0"),
        ("keep_logs = 90", "with a unit"),
        ('keep_logs_size = "2 apples"', "is not a size"),
        ('keep_logs_size = "0GB"', "of more than nothing"),
        ("keep_logs_size = 2", "expected a string"),
        ('compress_logs = "-7d"', "is negative"),
    ],
)
def test_what_cannot_be_used_is_said(program, keys, said):
    with pytest.raises(ConfigError, match=said):
        program(keys)


@pytest.mark.parametrize(
    ("text", "number"), [("1B", 1), ("1 KB", 1024), ("1.5 GiB", 3 << 29), ("500mb", 500 << 20), ("2TB", 2 << 40)]
)
def test_sizes(text, number):
    assert size(text) == number
