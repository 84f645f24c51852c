"""Whom a ``to`` means: ``admins``, an e-mail address, a channel, or ``channel:recipient``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from batmon.config.addresses import address, phone
from batmon.config.channels import PHONE_KINDS, ChannelConfig
from batmon.config.email import EmailConfig
from batmon.config.values import similar

ADMINS = "admins"
EMAIL = "email"


class Target(NamedTuple):
    """One recipient on one channel; ``recipient`` is empty where the channel has one place only."""

    channel: str
    recipient: str


def resolve(target: str, email: EmailConfig | None, channels: Sequence[ChannelConfig]) -> list[Target]:
    """Everybody whom ``target`` means, each once.

    Raises:
        ValueError: it means nobody; the sentence says what to write.
    """
    named = {channel.name: channel for channel in channels}
    written = target.strip()
    if written in {ADMINS, EMAIL}:
        return [Target(EMAIL, admin) for admin in dict.fromkeys(_mail(written, email).admins)]
    if written in named:
        return _places(named[written])
    prefix, colon, recipient = written.partition(":")
    if colon and prefix in named:
        return [_one(named[prefix], recipient)]
    if (colon and prefix == EMAIL) or "@" in written:
        found = address(recipient if colon and prefix == EMAIL else written)
        if email is None:
            raise ValueError(f"{found} cannot be reached: there is no [email] section")
        return [Target(EMAIL, found)]
    known = [ADMINS, EMAIL, *named]
    near = similar(prefix if colon else written, known)
    ask = f'did you mean "{near}"?' if near else f"known: {', '.join([ADMINS, *named])}, or an e-mail address"
    raise ValueError(f"{written!r:.80} is neither an e-mail address nor a channel; {ask}")


def resolve_all(
    targets: Sequence[str], email: EmailConfig | None, channels: Sequence[ChannelConfig]
) -> tuple[Target, ...]:
    """Everybody whom any of ``targets`` means, each once, in their order.

    Raises:
        ValueError: one of them means nobody.
    """
    return tuple(dict.fromkeys(found for target in targets for found in resolve(target, email, channels)))


def _mail(written: str, email: EmailConfig | None) -> EmailConfig:
    if email is None:
        raise ValueError(f'"{written}" are the admins of the [email] section, and there is none')
    if not email.admins:
        raise ValueError(f'"{written}" are the admins of the [email] section, and it names none (admins = [...])')
    return email


def _places(channel: ChannelConfig) -> list[Target]:
    if channel.kind not in PHONE_KINDS:
        return [Target(channel.name, "")]
    if not channel.to:
        raise ValueError(
            f'the channel {channel.name} names nobody; write "{channel.name}:+821012345678", '
            f'or to = ["+821012345678"] in the channel'
        )
    return [Target(channel.name, number) for number in dict.fromkeys(channel.to)]


def _one(channel: ChannelConfig, recipient: str) -> Target:
    written = recipient.strip()
    if channel.kind in PHONE_KINDS:
        return Target(channel.name, phone(written))
    if channel.kind != "webhook":
        raise ValueError(f'a {channel.kind} channel has one place only; write "{channel.name}" alone')
    if not written or not written.isprintable() or len(written) > 200:
        raise ValueError(f"{written!r:.80}: a recipient has 1 to 200 printable characters")
    return Target(channel.name, written)
