"""Everything of one daemon that tells people something: channels, templates, the workers and what they deliver."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from zoneinfo import ZoneInfo

from batmon.config import Config
from batmon.engine.tasks import Tasks
from batmon.engine.telling.answers import NotifyAnswers
from batmon.engine.telling.delivery import Delivery
from batmon.engine.telling.sending import Sender
from batmon.gate.verbs import Verb
from batmon.notify.build import build
from batmon.notify.samples import sample
from batmon.notify.templates import Templates
from batmon.store import Store
from batmon.store.notifications import Notifications
from batmon.store.workers import Workers

DRAIN_SEC = 10.0
"""How long deliveries and other jobs may take to end when the daemon stops."""


class Notifying:
    """Made before the gate opens; other rooms give ``workers`` their jobs before ``start``."""

    def __init__(self, config: Config, store: Store, *, timezone: str, now: Callable[[], datetime]) -> None:
        self._config = config
        self._now = now
        self.templates = Templates(config.source.parent if config.source else None, ZoneInfo(timezone))
        self.notifications = Notifications(store)
        self.workers = Workers(store.url)
        self.sender = Sender(build(config, now=now), self.templates)
        self.delivery = Delivery(self.notifications, self.workers, self.sender, node=config.node, now=now)

    async def start(self, tasks: Tasks, down: AsyncExitStack) -> None:
        """Deliver from now until ``down`` is left."""
        down.push_async_callback(self.sender.close)
        down.push_async_callback(self.workers.stop, DRAIN_SEC)
        tasks.keep("jobs", self.workers.keep())
        tasks.keep("deliveries", self.delivery.keep())

    def verbs(self) -> dict[str, Verb]:
        """What the gate answers about it."""
        email = self._config.email
        answers = NotifyAnswers(
            notifications=self.notifications,
            delivery=self.delivery,
            channels=self.sender.channels,
            templates=self.templates,
            sample=sample,
            admins=() if email is None else email.admins,
            place={"node": self._config.node},
            now=self._now,
        )
        return answers.verbs()
