"""The channels beside email as frozen values, one class a kind. ``channel_reading`` makes them of ``[[channels]]``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from batmon.config.secrets import Secret

PLACEHOLDERS = ("title", "subject", "text", "status", "link", "recipient", "event", "correlation", "at")
"""What ``{...}`` may name in the variables of an Alimtalk template and in the fields of a ticket."""
MESSAGE_EVENTS = ("opened", "reminder", "escalated", "acknowledged", "resolved", "test", "plain")
PHONE_KINDS = frozenset({"alimtalk", "sms"})
"""The kinds whose recipients are telephone numbers."""

ALIMTALK_URL = "https://kakaotalk-bizmessage.api.nhncloudservice.com"
SMS_URL = "https://sms.api.nhncloudservice.com"

_NOTHING: Mapping[str, str] = MappingProxyType({})
_NO_SECRETS: Mapping[str, Secret] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelConfig:
    """What every kind has."""

    kind: str = field(default="", init=False)
    name: str
    timeout: timedelta = timedelta(seconds=15)
    """For one whole request."""
    ca_file: Path | None = None
    """Certificates to trust in the place of the system's."""
    proxy: Secret | None = None
    """``http://`` address of a proxy, which may hold a login."""
    to: tuple[str, ...] = ()
    """The telephone numbers that the channel's name alone stands for, where it has such recipients."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackConfig(ChannelConfig):
    """An incoming webhook of Slack, whose address is itself the key."""

    kind: str = field(default="slack", init=False)
    url: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookConfig(ChannelConfig):
    """Any place that takes JSON; signed when ``secret`` is given."""

    kind: str = field(default="webhook", init=False)
    url: Secret
    secret: Secret | None = None
    headers: Mapping[str, Secret] = field(default_factory=lambda: _NO_SECRETS)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlimtalkConfig(ChannelConfig):
    """Kakao Alimtalk over NHN Cloud's KakaoTalk Bizmessage."""

    kind: str = field(default="alimtalk", init=False)
    url: str = ALIMTALK_URL
    appkey: Secret
    secret_key: Secret
    sender_key: Secret
    template_code: str
    template_codes: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    """Event -> the code of the approved template for it, in the place of ``template_code``."""
    variables: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    """The template's variable -> what stands for it, with ``{title}`` and the other PLACEHOLDERS."""
    resend_from: str = ""
    """The registered number from which NHN Cloud sends a text message when Kakao cannot deliver; empty: it does not."""
    fallback: str = ""
    """The ``sms`` channel that is used when the message is refused for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsConfig(ChannelConfig):
    """Text messages over NHN Cloud SMS, sent by the registered number ``sender``."""

    kind: str = field(default="sms", init=False)
    url: str = SMS_URL
    appkey: Secret
    secret_key: Secret
    sender: str
    long: bool = True
    """Whether what does not fit 90 bytes goes as a long message (LMS); without it, it is cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceNowConfig(ChannelConfig):
    """Incidents in ServiceNow's Table API, as ``username`` with a password, or with an OAuth token."""

    kind: str = field(default="servicenow", init=False)
    url: str
    username: str = ""
    password: Secret | None = None
    token: Secret | None = None
    table: str = "incident"
    fields: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    """Column -> what it gets when the record is made, with ``{title}`` and the other PLACEHOLDERS."""
    notes: str = "work_notes"
    """The journal column that later messages are written to: ``work_notes`` or ``comments``."""
    resolved_state: str = "6"
    close_code: str = "Solution provided"
    close_notes: str = "{title}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppriseConfig(ChannelConfig):
    """Any service that the library Apprise knows, by its URLs, which hold the keys."""

    kind: str = field(default="apprise", init=False)
    urls: tuple[Secret, ...]
