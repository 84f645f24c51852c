"""What is wrong with the templates beside a configuration, and with the messages that its steps name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from batmon.config.automations import all_steps
from batmon.config.channels import PHONE_KINDS
from batmon.config.settings import Config
from batmon.config.steps import MessageStep, Step
from batmon.config.targets import ADMINS, EMAIL, resolve
from batmon.config.values import similar
from batmon.errors import Problem, TemplateError
from batmon.notify.template_files import LANGUAGES
from batmon.notify.templates import Templates


def problems(config: Config) -> tuple[Problem, ...]:
    """All of them: templates that cannot be read, and steps whose template, channel or recipient is not there."""
    templates = Templates(config.source.parent if config.source else None)
    names = templates.names()
    found = [*_templates(templates, names)]
    for step in _messages(config):
        place, _, key = step.place.partition(": ")
        file, line = _place(place)
        found += [Problem(file, line, key, message, hint) for message, hint in _message(step, config, names)]
    return tuple(found)


def _templates(templates: Templates, names: Sequence[str]) -> Iterator[Problem]:
    seen: set[Path] = set()
    for name in names:
        for language in LANGUAGES:
            try:
                seen |= templates.check_file(name, language, but=seen)
            except TemplateError as error:
                place, _, words = str(error).partition(": ")
                yield Problem(*_place(place), "", words, error.hint)


def _messages(config: Config) -> Iterator[MessageStep]:
    lists: list[tuple[Step, ...]] = [automation.steps for automation in config.automations]
    lists += [rule.steps for rule in config.events]
    lists += [action.steps for inbox in config.inboxes for action in inbox.actions]
    for steps in lists:
        yield from (step for step in all_steps(steps) if isinstance(step, MessageStep))


def _message(step: MessageStep, config: Config, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    if step.template not in names:
        yield f"there is no template {step.template!r}", _near(step.template, names)
    kinds = {channel.name: channel.kind for channel in config.channels}
    if step.channel != EMAIL and kinds.get(step.channel) not in PHONE_KINDS:
        return  # it has one place, whoever is named
    for to in step.to:
        if "{" in to:
            continue  # an expression: what it gives is known when it is done
        target = to if to == ADMINS or step.channel == EMAIL else f"{step.channel}:{to}"
        try:
            resolve(target, config.email, config.channels)
        except ValueError as error:
            yield str(error), ""


def _place(text: str) -> tuple[str, int | None]:
    """``file:12`` taken apart; the line is None where there is none."""
    file, _, line = text.rpartition(":")
    return (file, int(line)) if file and line.isdigit() else (text, None)


def _near(word: str, known: Collection[str]) -> str:
    near = similar(word, known)
    return f'did you mean "{near}"?' if near else ""
