"""What the daemon answers at the gate about notifications: what is owed, what came of it, tests and previews."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from batmon.engine.telling.delivery import Delivery
from batmon.engine.telling.sending import RENDER_SEC, Renders, ToSend
from batmon.errors import BadRequest, NotFound, Refused, TemplateError
from batmon.gate.arguments import Args, maybe_moment, maybe_text, number
from batmon.gate.fitting import fitting
from batmon.gate.verbs import Caller, Verb
from batmon.model import Role
from batmon.notify.channel import Channel
from batmon.notify.mask import mask_start
from batmon.notify.visible import one_line
from batmon.refusals import because
from batmon.store.notifications import EMAIL, LoggedAttempt, Notification, Notifications

STATES = ("owed", "retrying", "sent", "failed")
LANGUAGES = ("ko", "en")
LISTED, MOST_LISTED = 50, 500
ATTEMPTS_TOLD = 200
TEST = "test"
"""The template of a test message."""
LONGEST_TEXT = 100_000
"""Characters that a preview shows of a text, and of its HTML."""
_LONGEST = 500
_PERSONAL = frozenset({"recipient", "subject", "error", "reference"})

Sample = Callable[[str, str, datetime], Mapping[str, Any]]
"""(template, language, now) -> data that shows what the template looks like."""


class NotifyAnswers:
    """The verbs ``notify.*``.

    ``admins``: a test mail that names no recipient goes to the first of them. ``place``: what a test message says of
    this daemon (``node``, ``console``, ``link``).
    """

    def __init__(
        self,
        *,
        notifications: Notifications,
        delivery: Delivery,
        channels: Mapping[str, Channel],
        templates: Renders,
        sample: Sample,
        admins: tuple[str, ...],
        place: Mapping[str, str],
        now: Callable[[], datetime],
    ) -> None:
        self._notifications = notifications
        self._delivery = delivery
        self._channels = channels
        self._templates = templates
        self._sample = sample
        self._admins = admins
        self._place = place
        self._now = now

    def verbs(self) -> dict[str, Verb]:
        """Verb name to what answers it: whoever may see incidents may see that people were told of them.

        Some of these people are customers: a viewer sees addresses, subjects and errors masked.
        """
        viewer, operator = Role.VIEWER, Role.OPERATOR
        return {
            "notify.list": Verb(viewer, answer=self.listed),
            "notify.show": Verb(viewer, answer=self.show),
            "notify.resend": Verb(operator, answer=self.resend),
            "notify.test": Verb(operator, answer=self.test),
            "notify.preview": Verb(viewer, answer=self.preview),
        }

    async def listed(self, caller: Caller, args: Args) -> Args:
        """A page of notifications, the last owed first."""
        state = args.get("state")
        if state is not None and state not in STATES:
            raise BadRequest(because("must-be-one-of", key="state", known=", ".join(STATES)))
        channel = maybe_text(args, "channel")
        limit = max(1, number(args, "limit", LISTED, MOST_LISTED))
        found = await self._notifications.listed(
            state=state,
            channel=channel,
            incident=None if args.get("incident") is None else number(args, "incident", 0),
            since=maybe_moment(args, "since"),
            before=None if args.get("before") is None else number(args, "before", 0),
            limit=limit + 1,
        )
        if channel is not None and not found and channel not in self._channels:
            raise self._no_channel(channel)
        fit = fitting([_seen_by(caller, shown(one)) for one in found[:limit]])
        return {
            "notifications": fit,
            "more": len(found) > len(fit),
            "counts": await self._notifications.counts(),
        }

    async def show(self, caller: Caller, args: Args) -> Args:
        """One notification with its attempts."""
        found = await self._found(args)
        attempts = await self._notifications.attempts(found.id, ATTEMPTS_TOLD)
        told = fitting([_seen_by(caller, _attempt(one)) for one in reversed(attempts)])
        return {"notification": _seen_by(caller, shown(found)), "attempts": told[::-1]}

    async def resend(self, _caller: Caller, args: Args) -> Args:
        """Owe a notification again that was sent, or that was given up."""
        found = await self._found(args)
        again = await self._notifications.resend(found.id, self._now())
        if again is None:
            raise Refused(because("owed-already", number=found.number))
        return {"notification": shown(again)}

    async def test(self, caller: Caller, args: Args) -> Args:
        """Send a test message over a channel now, and say what came of it."""
        name = args.get("channel")
        channel = self._channels.get(name) if isinstance(name, str) else None
        if channel is None:
            raise self._no_channel(name)
        recipient = args.get("recipient")
        if recipient is None:
            recipient = self._admins[0] if channel.name == EMAIL and self._admins else ""
        if (
            not isinstance(recipient, str)
            or len(recipient) > _LONGEST
            or not (recipient == "" or recipient.isprintable())
        ):
            raise BadRequest(because("recipient-of-one-line"))
        now = self._now()
        data = {
            "channel": channel.name,
            "by": caller.user,
            "at": now.isoformat(),
            "console": "",
            "link": "",
            **self._place,
        }
        wanted = ToSend(uuid.uuid4(), channel.name, recipient, TEST, _language(args), data, now)
        outcome = await self._delivery.test(wanted)
        return {
            "sent": not outcome.error,
            "channel": channel.name,
            "recipient": recipient,
            "message_id": str(wanted.id),
            "reference": outcome.reference,
            "detail": outcome.detail,
            "error": outcome.error,
            "permanent": outcome.permanent,
            "seconds": round(outcome.seconds, 3),
        }

    async def preview(self, _caller: Caller, args: Args) -> Args:
        """A template with sample data."""
        template = args.get("template")
        if not isinstance(template, str) or not template or len(template) > _LONGEST:
            raise BadRequest(because("must-be-template"))
        language = _language(args)
        given = args.get("data", {})
        if not isinstance(given, dict):
            raise BadRequest(because("must-be-object", key="data"))
        sample = self._sample(template, language, self._now())
        data = {**sample, **given}
        try:
            async with asyncio.timeout(RENDER_SEC):
                made = await asyncio.to_thread(self._templates.render, template, language, data)
        except TimeoutError:
            raise TemplateError(because("template-too-slow", template=one_line(template), seconds=RENDER_SEC)) from None
        except TemplateError as error:
            if sample or "is undefined" not in str(error):
                raise
            raise TemplateError(because("no-sample-data", why=error)) from error
        return {
            "template": template,
            "language": made.language,
            "subject": made.subject,
            "text": made.text[:LONGEST_TEXT],
            "html": None if made.html is None else made.html[:LONGEST_TEXT],
            "fields": [list(pair) for pair in made.fields],
        }

    def _no_channel(self, name: object) -> NotFound:
        known = ", ".join(sorted(self._channels)) or "there is none"
        return NotFound(because("no-channel", name=one_line(str(name))[:100], known=known))

    async def _found(self, args: Args) -> Notification:
        wanted = args.get("notification")
        found = None
        if isinstance(wanted, int) and not isinstance(wanted, bool):
            found = await self._notifications.find(wanted) if 0 < wanted < 2**63 else None
        else:
            try:
                found = await self._notifications.find(UUID(str(wanted)))
            except ValueError:
                raise BadRequest(because("must-be-id", key="notification", what="a notification")) from None
        if found is None:
            raise NotFound(because("no-notification", number=wanted))
        return found


def _seen_by(caller: Caller, row: dict[str, Any]) -> dict[str, Any]:
    """What a caller sees of a notification or an attempt; only who may act on them sees people's data."""
    if caller.role.allows(Role.OPERATOR):
        return row
    return {key: mask_start(value) if key in _PERSONAL else value for key, value in row.items()}


def shown(one: Notification) -> dict[str, Any]:
    """A notification as docs/gate.md has it."""
    return {
        "id": str(one.id),
        "number": one.number,
        "channel": one.channel,
        "recipient": one.recipient,
        "template": one.template,
        "language": one.language,
        "state": one.state,
        "attempts": one.attempts,
        "owed_at": one.owed_at.isoformat(),
        "due_at": one.due_at.isoformat() if one.state == "owed" else None,
        "sent_at": one.settled_at.isoformat() if one.state == "sent" and one.settled_at else None,
        "subject": one.subject,
        "error": one.error,
        "resent": one.round,
        "incidents": list(one.incident_ids),
        "event": one.event_id,
        "automation": one.automation_log_id,
        "attachments": one.attachments,
    }


def _attempt(one: LoggedAttempt) -> dict[str, Any]:
    return {
        "at": one.at.isoformat(),
        "status": one.status,
        "error": one.error,
        "permanent": one.permanent,
        "uncertain": one.uncertain,
        "subject": one.subject,
        "reference": one.reference,
        "seconds": one.seconds,
        "node": one.node,
    }


def _language(args: Args) -> str:
    language = args.get("language", "en")
    if language not in LANGUAGES:
        raise BadRequest(because("must-be-one-of", key="language", known="ko, en"))
    return str(language)
