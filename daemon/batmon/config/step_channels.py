"""Whether the channels that steps name are there; known only when the whole configuration has been read."""

from __future__ import annotations

from collections.abc import Iterator

from batmon.config.automations import all_steps
from batmon.config.settings import Config
from batmon.config.steps import MessageStep, Step
from batmon.config.values import similar
from batmon.errors import Problem

EMAIL = "email"
"""The channel that is always known: whether mail can be sent is said where it is owed."""


def unknown_channels(config: Config) -> list[Problem]:
    """A problem for each step that names a channel which is not configured."""
    known = {EMAIL, *(channel.name for channel in config.channels)}
    return [
        Problem(f"{step.place}.channel", None, "", f"no channel is called {step.channel!r}", _hint(step.channel, known))
        for step in _steps(config)
        if isinstance(step, MessageStep) and step.channel not in known
    ]


def _steps(config: Config) -> Iterator[Step]:
    of_duties = [
        *(automation.steps for automation in config.automations),
        *(rule.steps for rule in config.events),
        *(action.steps for inbox in config.inboxes for action in inbox.actions),
    ]
    for steps in of_duties:
        yield from all_steps(steps)


def _hint(name: str, known: set[str]) -> str:
    near = similar(name, known)
    return f'did you mean "{near}"?' if near else f"known are {', '.join(sorted(known))}"
