"""Which processes work in which folders: how a program that somebody else started is found without its help."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import psutil

from batmon.evidence.processes import ProcessIdentity


def working_in(folders: Iterable[Path]) -> Mapping[Path, tuple[ProcessIdentity, ...]]:
    """The processes whose working directory is one of ``folders`` or lies below it, oldest first.

    Processes that we may not ask (other users', when not root) are left out. Costs about 50 us a process; blocks.
    """
    wanted = {str(folder): folder for folder in folders}
    found: dict[Path, list[ProcessIdentity]] = {folder: [] for folder in wanted.values()}
    for process in psutil.process_iter():
        try:
            place = process.cwd()
            if not place:
                continue
            for text, folder in wanted.items():
                if place == text or place.startswith((f"{text}/", f"{text}\\")):
                    found[folder].append(ProcessIdentity(process.pid, process.create_time()))
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess, OSError):
            continue
    return {folder: tuple(sorted(processes, key=lambda one: one.created)) for folder, processes in found.items()}
