"""What probes look at, one module a kind: each look is bounded in time and memory and comes back as a ``Sample``.

A look raises nothing that it could have said: what is wrong with the thing, or kept us from looking, is the sample's
``fault``. The kinds that ask BATMON's own database are in the store.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from batmon.config.probes import Probe
from batmon.evidence.probes import certificate, command, container, disk, http, machine, tcp
from batmon.judge.probe import Sample

Look = Callable[[datetime], Awaitable[Sample]]
"""Looks once; it is given the moment it begins at."""

LOOKS: Mapping[str, Callable[[Probe], Look]] = {
    "http": http.look_of, "tcp": tcp.look_of, "disk": disk.look_of, "cpu": machine.look_of_cpu,
    "memory": machine.look_of_memory, "container": container.look_of, "certificate": certificate.look_of,
    "command": command.look_of,
}  # fmt: skip
"""Kind -> what makes the look of a probe; it may remember the look before."""

__all__ = ["LOOKS", "Look"]
