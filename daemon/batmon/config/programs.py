"""One ``[[programs]]`` table -> ``Program``."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from batmon.config.reports import MOST_COST, ReportsConfig, read_target, short_line
from batmon.config.section import Section
from batmon.config.values import encoding, program_name, regex, similar, size, timestamp_format, timezone
from batmon.config.variables import Variables, without_nul
from batmon.errors import ModelError
from batmon.model import LogPatterns, Program

LOG_KEYS = ("started", "succeeded", "failed", "processed", "timestamp_format")
PROGRAM_KEYS = (
    "name", "title", "node", "schedule", "timezone", "grace", "max_runtime", "scheduler", "base_dir", "logs",
    "encoding", "files", "keep_logs", "keep_logs_size", "compress_logs", "rerun", "rerun_params", "env",
    "minutes_per_item", "min_runtime", "baseline", "calendar", "tags", "depends_on", "alert_after",
    "department", "hourly_cost", "availability_target",
)  # fmt: skip

_PLACEHOLDER = re.compile(r"(?<!\$)\{([A-Za-z_][A-Za-z0-9_]*)\}")


def cron(text: str) -> str:
    """A cron expression of five fields, blanks made single."""
    from batmon.judge.schedule import check_expression  # noqa: PLC0415 - croniter costs 49 ms; clients need no schedule

    expression = " ".join(text.split())
    problem = check_expression(expression)
    if problem is not None:
        raise ValueError(problem)
    return expression


def read_program(
    table: Section,
    variables: Variables,
    *,
    node: str,
    state: Path,
    zone: Callable[[Section], str],
    reports: ReportsConfig,
) -> Program | None:
    """The program that the table describes; None when something is wrong with it (it is noted).

    ``node`` is this machine's, whose programs must have their folder, unless it is below ``state`` and so is made for
    them; ``zone`` gives the time zone of a program that names none, ``reports`` what its work is worth.
    """
    before = len(table.problems)
    table.require("name", "schedule", "base_dir")
    defaults = Program(name="-", base_dir=variables.path("."))
    name = table.text("name", "-", program_name)
    program_node = table.text("node", node, _stripped)
    base_dir = table.text("base_dir", None, variables.path)
    if base_dir is not None and program_node == node and not base_dir.is_relative_to(state) and not base_dir.is_dir():
        table.bad("base_dir", *_folder_problem(base_dir))
    rerun = table.texts("rerun", (), without_nul(variables.expand), single=False)
    params = table.text_table("rerun_params", _parameter_name, regex)
    _check_placeholders(table, rerun, params)
    values: dict[str, Any] = {
        "title": table.text("title", "", _stripped) or name,
        "schedule": table.texts("schedule", (), cron),
        "timezone": table.text("timezone", "", timezone) or zone(table),
        "grace": table.duration("grace", defaults.grace),
        "max_runtime": table.duration("max_runtime", defaults.max_runtime, positive=True),
        "scheduler": table.text("scheduler", "", _stripped),
        "logs": table.texts("logs", defaults.logs, variables.pattern),
        "encoding": table.text("encoding", "auto", encoding),
        "files": _file_folders(table, base_dir, variables),
        "keep_logs": table.duration("keep_logs", timedelta(0), positive=True) or None,
        "keep_logs_size": table.text("keep_logs_size", None, size),
        "compress_logs": table.duration("compress_logs", timedelta(0), positive=True) or None,
        "env": table.text_table("env", _variable_name, without_nul(variables.expand)),
        "minutes_per_item": table.number("minutes_per_item", defaults.minutes_per_item, low=0, high=100_000),
        "department": table.text("department", "", short_line),
        "hourly_cost": table.number("hourly_cost", reports.hourly_cost, low=0, high=MOST_COST),
        "availability_target": read_target(table, reports.availability_target),
        "min_runtime": table.duration("min_runtime", timedelta(0), positive=True) or None,
        "baseline": table.flag("baseline", default=defaults.baseline),
        "calendar": table.text("calendar", "", _stripped),
        "tags": table.texts("tags", (), tag),
        "depends_on": table.texts("depends_on", (), _stripped),
        "alert_after": table.whole("alert_after", defaults.alert_after, low=1, high=100),
        "patterns": _patterns(table.section("log")),
    }
    if values["min_runtime"] is not None and values["min_runtime"] >= values["max_runtime"]:
        table.bad("min_runtime", "must be shorter than max_runtime")
    table.finish({"[programs.log]": LOG_KEYS})
    if base_dir is None or len(table.problems) > before:
        return None
    try:
        return Program(name=name, node=program_node, base_dir=base_dir, rerun=rerun, rerun_params=params, **values)
    except ModelError as error:
        table.problems.add(table.place, str(error))
        return None


def tag(text: str) -> str:
    """A word by which silences, maintenance windows and routes name programs together."""
    word = text.strip()
    if not word or len(word) > 50 or not word.isprintable() or set(word) & set("*?[]"):
        raise ValueError(f"{text!r:.80}: a tag has 1 to 50 printable characters, none of * ? [ ]")
    return word


def _file_folders(table: Section, base_dir: Path | None, variables: Variables) -> tuple[Path, ...]:
    """The folders beside ``base_dir`` that people may look into; relative ones begin at ``base_dir``."""

    def folder(text: str) -> str:
        expanded = variables.expand(text)
        if not expanded.strip() or "\0" in expanded:
            raise ValueError("a path may not be empty")
        return os.path.normpath((base_dir or Path()) / (variables.path(text) if text.startswith("~") else expanded))

    return tuple(map(Path, table.texts("files", (), folder)))


def _patterns(table: Section) -> LogPatterns:
    patterns = LogPatterns(
        started=table.texts("started", (), regex),
        succeeded=table.texts("succeeded", (), regex),
        failed=table.texts("failed", (), regex),
        processed=table.text("processed", None, _counting),
        timestamp_format=table.text("timestamp_format", None, timestamp_format),
    )
    table.finish({"[[programs]], above [programs.log]": PROGRAM_KEYS})
    return patterns


def _counting(text: str) -> str | None:
    if "count" not in re.compile(regex(text)).groupindex:
        raise ValueError(f"'{text}' has no group named \"count\"; write for example '(?P<count>\\d+)건'")
    return text


def _check_placeholders(table: Section, rerun: tuple[str, ...], params: dict[str, str]) -> None:
    """Refuse a placeholder without a parameter, a parameter without a placeholder, and a program that is not fixed."""
    used: set[str] = set()
    for index, part in enumerate(rerun):
        for found in _PLACEHOLDER.findall(part):
            used.add(found)
            place = (*table.place, "rerun", index)
            if index == 0:
                table.problems.add(place, f"{{{found}}}: the program to start cannot be a parameter")
            elif found not in params:
                near = similar(found, params)
                hint = f'did you mean "{{{near}}}"?' if near else f'declare it: rerun_params = {{ {found} = "regex" }}'
                table.problems.add(place, f"{{{found}}} is no parameter of this program", hint)
    for name in params.keys() - used:
        place = (*table.place, "rerun_params", name)
        table.problems.add(place, f"the parameter is not used in rerun; write {{{name}}} where its value belongs")
    if isinstance(table.peek("rerun"), list) and (not rerun or not rerun[0]) and len(rerun) < 2:
        table.bad("rerun", "the command is empty", 'write program and arguments, as in ["python", "main.py"]')


def _folder_problem(folder: object) -> tuple[str, str]:
    text = str(folder)
    if not text.isprintable():
        return f"folder {text!r} does not exist", "in \"...\" a backslash begins an escape; write the path in '...'"
    return f"folder {text} does not exist", "create it, or correct the path"


def _stripped(text: str) -> str:
    return text.strip()


def _parameter_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        raise ValueError("a parameter's name has letters, digits and _ only")
    return text


def _variable_name(text: str) -> str:
    if not text or "=" in text or "\0" in text:
        raise ValueError("an environment variable's name may not be empty or hold '='")
    return text
