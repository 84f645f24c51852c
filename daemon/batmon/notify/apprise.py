"""The channel kind ``apprise``: every other service, over the library Apprise (the extra ``batmon[apprise]``)."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from batmon.config.channels import AppriseConfig
from batmon.errors import DeliveryFailed
from batmon.notify.message import Message, Sent

THREADS = 2
"""The library may wait for as long as its services like: no more than so many of its calls go on at a time."""
_TYPES = {"OK": "success", "WARNING": "warning", "ERROR": "failure"}


class AppriseChannel:
    """All services of one channel; a message counts as sent when every one of them has taken it."""

    kind = "apprise"

    def __init__(self, config: AppriseConfig) -> None:
        self.name = config.name
        self._config = config
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="apprise")
        self._busy = 0
        self._services: Any = None

    async def send(self, message: Message) -> Sent:
        """Hand it to the services.

        Raises:
            DeliveryFailed: one of them did not take it, or the library is not there.
        """
        if self._busy >= THREADS:
            raise DeliveryFailed("Apprise is still busy with messages before", permanent=False)
        loop = asyncio.get_running_loop()
        self._busy += 1
        call = self._threads.submit(self._send, message)
        call.add_done_callback(lambda done: self._freed(loop, done))
        try:
            async with asyncio.timeout(self._config.timeout.total_seconds()):
                taken = await asyncio.wrap_future(call)
        except TimeoutError:
            raise DeliveryFailed("Apprise gave no answer in time", permanent=False, sent_nothing=False) from None
        if not taken:
            count = len(self._config.urls)
            words = "the service" if count == 1 else f"one of {count} services"
            raise DeliveryFailed(f"Apprise could not deliver to {words}", permanent=False, sent_nothing=count == 1)
        return Sent(detail="taken")

    async def close(self) -> None:
        """Let go of the threads; what they are waiting for is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _freed(self, loop: asyncio.AbstractEventLoop, done: Future[bool]) -> None:
        """Called in the library's thread, or in ours when the call was cancelled before it began."""
        del done
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._one_less)

    def _one_less(self) -> None:
        self._busy -= 1

    def _send(self, message: Message) -> bool:
        if self._services is None:
            self._services = _services(self._config)
        kind = "success" if message.event == "resolved" else _TYPES.get(message.status, "info")
        title = message.title or message.subject
        text = f"{message.text}\n{message.link}" if message.link and message.link not in message.text else message.text
        return bool(self._services.notify(body=text, title=title, notify_type=kind, body_format="text"))


def _services(config: AppriseConfig) -> Any:
    try:
        import apprise  # noqa: PLC0415 - an extra that need not be installed, and half a second where it is
    except ImportError:
        raise DeliveryFailed(
            "the library Apprise is not installed", permanent=True, hint="pip install 'batmon[apprise]'"
        ) from None
    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its lines may hold keys
    services = apprise.Apprise()
    for number, url in enumerate(config.urls):
        if not services.add(url.reveal()):
            raise DeliveryFailed(
                f"Apprise does not understand urls[{number}] of the channel {config.name}", permanent=True
            )
    return services
