"""SQL in named blocks: ``queries/*.sql`` as a mapping from name to statement."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Statement:
    """One block: its name, what its header says (with each parameter and unit), and the SQL."""

    name: str
    header: str
    sql: str


@cache
def statements() -> Mapping[str, Statement]:
    """Every named block, by name."""
    found: dict[str, Statement] = {}
    folder = resources.files("batmon.store") / "queries"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".sql"):
            continue
        for block in re.split(r"^-- name: ", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            name, _, rest = block.partition("\n")
            lines = rest.splitlines()
            header = [line for line in lines if line.startswith("--")]
            sql = "\n".join(line for line in lines if not line.startswith("--")).strip().rstrip(";")
            found[name.strip()] = Statement(name.strip(), "\n".join(header), sql)
    return found


def sql(name: str) -> str:
    """The SQL of the block ``name``; KeyError if there is none."""
    return statements()[name].sql
