"""Renders one message and hands it to its channel; what goes wrong with that is what it gives back, never raised."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from batmon.errors import DeliveryFailed, ModelError, TemplateError
from batmon.notify.channel import Channel
from batmon.notify.message import Attached, Message
from batmon.notify.templates import Rendered

log = logging.getLogger(__name__)

SEND_SEC = 120.0
"""No channel has longer for a message, whatever its own limits are."""
RENDER_SEC = 10.0
RENDERERS = 2
CLOSE_SEC = 3.0


class Renders(Protocol):
    """Templates, as far as sending needs them."""

    def render(self, template: str, language: str, data: Mapping[str, Any]) -> Rendered:
        """The texts of a message; raises TemplateError."""
        ...


@dataclass(frozen=True, slots=True)
class ToSend:
    """One message to one recipient on one channel; ``id`` is the same for each attempt at it."""

    id: UUID
    channel: str
    recipient: str
    template: str
    language: str
    data: Mapping[str, Any]
    at: datetime
    attachments: tuple[Attached, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it; ``error`` is empty if the other side took it."""

    seconds: float
    subject: str = ""
    error: str = ""
    permanent: bool = False
    uncertain: bool = False
    """It failed, but the other side may have taken it all the same."""
    retry_after: float | None = None
    reference: str = ""
    detail: str = ""


class Sender:
    """The channels of one daemon by name, and the templates that are rendered for them."""

    def __init__(self, channels: Mapping[str, Channel], templates: Renders) -> None:
        self.channels = channels
        self._templates = templates
        self._renderers = ThreadPoolExecutor(RENDERERS, thread_name_prefix="render")

    async def send(self, wanted: ToSend) -> Outcome:
        """Attempt it once; takes ``RENDER_SEC`` and ``SEND_SEC`` at most."""
        began = asyncio.get_running_loop().time()
        subject = ""

        def failed(error: str, *, permanent: bool, uncertain: bool = False, after: float | None = None) -> Outcome:
            seconds = asyncio.get_running_loop().time() - began
            return Outcome(seconds, subject, error, permanent, uncertain, after)

        channel = self.channels.get(wanted.channel)
        if channel is None:
            known = ", ".join(sorted(self.channels)) or "none"
            return failed(f"no channel is called {wanted.channel!r}; configured here: {known}", permanent=True)
        try:
            message = await self._message(wanted)
            subject = message.subject
        except (TemplateError, ModelError) as error:
            return failed(f"the message could not be written: {error}", permanent=True)
        except TimeoutError:
            return failed(f"the template {wanted.template} was not rendered in {RENDER_SEC:g} s", permanent=False)
        try:
            async with asyncio.timeout(SEND_SEC):
                sent = await channel.send(message)
        except DeliveryFailed as error:
            words = f"{error} ({error.hint})" if error.hint else str(error)
            uncertain = not error.sent_nothing
            return failed(words, permanent=error.permanent, uncertain=uncertain, after=error.retry_after)
        except TimeoutError:
            return failed(f"no answer within {SEND_SEC:g} s", permanent=False, uncertain=True)
        except Exception as error:  # what nobody expected of one channel stays with it: logged, shown and retried
            log.error("the channel %s failed unexpectedly", wanted.channel, exc_info=error)
            words = f"unexpected: {type(error).__name__}; the daemon's log has the details"
            return failed(words, permanent=False, uncertain=True)
        seconds = asyncio.get_running_loop().time() - began
        return Outcome(seconds, subject, reference=sent.reference, detail=sent.detail)

    async def close(self) -> None:
        """Let go of every channel."""
        self._renderers.shutdown(wait=False, cancel_futures=True)
        closing = (asyncio.wait_for(channel.close(), CLOSE_SEC) for channel in self.channels.values())
        for name, result in zip(self.channels, await asyncio.gather(*closing, return_exceptions=True), strict=True):
            if isinstance(result, Exception):
                log.warning("while closing the channel %s: %s", name, result or type(result).__name__)

    async def _message(self, wanted: ToSend) -> Message:
        render, loop = self._templates.render, asyncio.get_running_loop()
        async with asyncio.timeout(RENDER_SEC):
            rendered = await loop.run_in_executor(
                self._renderers, render, wanted.template, wanted.language, wanted.data
            )
        return replace(rendered.message(wanted.id, wanted.recipient, wanted.at), attachments=wanted.attachments)
