"""The channels that a configuration names, ready to send; what a kind of them needs is loaded with the first one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

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
from batmon.notify.channel import Channel, Clock, utc_now

if TYPE_CHECKING:
    from batmon.notify.sms import SmsChannel


def build(config: Config, *, now: Clock = utc_now) -> Mapping[str, Channel]:
    """Name -> channel; none of them connects before it is used. Close each of them at the end."""
    channels: dict[str, Channel] = {}
    if config.email is not None:
        from batmon.notify.email import EmailChannel

        channels["email"] = EmailChannel(config.email, now=now)
    numbers = {one.name: _sms(one, now) for one in config.channels if isinstance(one, SmsConfig)}
    for one in config.channels:
        channels[one.name] = numbers.get(one.name) or _channel(one, numbers, now)
    return channels


def _channel(config: ChannelConfig, numbers: Mapping[str, SmsChannel], now: Clock) -> Channel:
    match config:
        case SlackConfig():
            from batmon.notify.slack import SlackChannel

            return SlackChannel(config, now=now)
        case WebhookConfig():
            from batmon.notify.webhook import WebhookChannel

            return WebhookChannel(config, now=now)
        case AlimtalkConfig():
            from batmon.notify.alimtalk import AlimtalkChannel

            return AlimtalkChannel(config, numbers.get(config.fallback), now=now)
        case ServiceNowConfig():
            from batmon.notify.servicenow import ServiceNowChannel

            return ServiceNowChannel(config, now=now)
        case AppriseConfig():
            from batmon.notify.apprise import AppriseChannel

            return AppriseChannel(config)
    raise TypeError(f"no channel is made of {type(config).__name__}")


def _sms(config: SmsConfig, now: Clock) -> SmsChannel:
    from batmon.notify.sms import SmsChannel

    return SmsChannel(config, now=now)
