"""The channels that a configuration names, ready to send."""

from __future__ import annotations

from collections.abc import Mapping

from batmon.config.channels import (
    AlimtalkConfig,
    AppriseConfig,
    ChannelConfig,
    ServiceNowConfig,
    SlackConfig,
    SmsConfig,
    WebhookConfig,
)
from batmon.config.settings import Config
from batmon.notify.alimtalk import AlimtalkChannel
from batmon.notify.apprise import AppriseChannel
from batmon.notify.channel import Channel
from batmon.notify.email import EmailChannel
from batmon.notify.http import Clock, utc_now
from batmon.notify.servicenow import ServiceNowChannel
from batmon.notify.slack import SlackChannel
from batmon.notify.sms import SmsChannel
from batmon.notify.webhook import WebhookChannel


def build(config: Config, *, now: Clock = utc_now) -> Mapping[str, Channel]:
    """Name -> channel; none of them connects before it is used. Close each of them at the end."""
    channels: dict[str, Channel] = {}
    if config.email is not None:
        channels["email"] = EmailChannel(config.email, now=now)
    numbers = {one.name: SmsChannel(one, now=now) for one in config.channels if isinstance(one, SmsConfig)}
    for one in config.channels:
        channels[one.name] = numbers.get(one.name) or _channel(one, numbers, now)
    return channels


def _channel(config: ChannelConfig, numbers: Mapping[str, SmsChannel], now: Clock) -> Channel:
    match config:
        case SlackConfig():
            return SlackChannel(config, now=now)
        case WebhookConfig():
            return WebhookChannel(config, now=now)
        case AlimtalkConfig():
            return AlimtalkChannel(config, numbers.get(config.fallback), now=now)
        case ServiceNowConfig():
            return ServiceNowChannel(config, now=now)
        case AppriseConfig():
            return AppriseChannel(config)
    raise TypeError(f"no channel is made of {type(config).__name__}")
