"""What probes look at, one module a kind: each look is bounded in time and memory and comes back as a ``Sample``.

A look raises nothing that it could have said: what is wrong with the thing, or kept us from looking, is the sample's
``fault``. The kinds that ask BATMON's own database are in the store.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from importlib import import_module

from batmon.config.probes import Probe
from batmon.judge.probe import Sample

Look = Callable[[datetime], Awaitable[Sample]]
"""Looks once; it is given the moment it begins at."""


def _made_by(module: str, maker: str = "look_of") -> Callable[[Probe], Look]:
    """What makes the look of a probe; its module, and the libraries that it needs, are loaded with the first one."""

    def look_of(probe: Probe) -> Look:
        look: Look = getattr(import_module(f"{__name__}.{module}"), maker)(probe)
        return look

    return look_of


LOOKS: Mapping[str, Callable[[Probe], Look]] = {
    "http": _made_by("http"), "tcp": _made_by("tcp"), "disk": _made_by("disk"),
    "cpu": _made_by("machine", "look_of_cpu"), "memory": _made_by("machine", "look_of_memory"),
    "container": _made_by("container"), "certificate": _made_by("certificate"), "command": _made_by("command"),
}  # fmt: skip
"""Kind -> what makes the look of a probe; it may remember the look before."""

__all__ = ["LOOKS", "Look"]
