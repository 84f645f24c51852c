"""``[[channels]]`` -> a ``ChannelConfig`` of the named kind each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from batmon.config.addresses import phone
from batmon.config.channels import (
    ALIMTALK_URL,
    MESSAGE_EVENTS,
    PLACEHOLDERS,
    SMS_URL,
    AlimtalkConfig,
    AppriseConfig,
    ChannelConfig,
    ServiceNowConfig,
    SlackConfig,
    SmsConfig,
    WebhookConfig,
)
from batmon.config.email import existing
from batmon.config.secrets import Secret, read_secret
from batmon.config.section import Section
from batmon.config.values import similar
from batmon.config.variables import Variables

_COMMON = ("name", "kind", "timeout", "ca_file", "proxy")
_KEYS: Mapping[str, tuple[str, ...]] = {
    "slack": ("url", "url_file"),
    "webhook": ("url", "url_file", "secret", "secret_file", "headers"),
    "alimtalk": ("url", "appkey", "appkey_file", "secret_key", "secret_key_file", "sender_key", "sender_key_file",
                 "template_code", "template_codes", "variables", "resend_from", "fallback", "to"),
    "sms": ("url", "appkey", "appkey_file", "secret_key", "secret_key_file", "sender", "long", "to"),
    "servicenow": ("url", "username", "password", "password_file", "token", "token_file", "table", "fields", "notes",
                   "resolved_state", "close_code", "close_notes"),
    "apprise": ("urls",),
}  # fmt: skip
_NAME = re.compile(r"[\w-]{1,50}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OURS = frozenset(
    {"connection", "content-length", "content-type", "host", "transfer-encoding", "webhook-id", "webhook-signature",
     "webhook-timestamp"}
)  # fmt: skip
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def read_channels(tables: list[Section], variables: Variables) -> tuple[ChannelConfig, ...]:
    """The channels that nothing is wrong with; the others are noted."""
    found: dict[str, ChannelConfig] = {}
    names: dict[str, Section] = {}
    for table in tables:
        channel = _read(table, variables)
        name = table.peek("name")
        if isinstance(name, str) and name in names:
            table.bad("name", f"the name {name!r} is taken", f"it is the name of {names[name].label}")
        elif isinstance(name, str):
            names[name] = table
            if channel is not None:
                found[name] = channel
    for name, channel in found.items():
        if isinstance(channel, AlimtalkConfig) and channel.fallback:
            _check_fallback(names[name], channel.fallback, found, names)
    return tuple(found.values())


def _read(table: Section, variables: Variables) -> ChannelConfig | None:
    before = len(table.problems)
    table.require("name", "kind")
    kind = table.text("kind", "", _kind)
    common: dict[str, Any] = {
        "name": table.text("name", "-", _name),
        "timeout": table.duration("timeout", ChannelConfig(name="-").timeout, positive=True),
        "ca_file": table.text("ca_file", None, lambda text: existing(variables.path(text))),
        "proxy": table.text("proxy", None, lambda text: Secret(_url(variables.expand(text), schemes=("http",)))),
    }
    if not kind:
        _finish_without_kind(table)
        return None
    table.require(*_REQUIRED[kind])
    channel = _READERS[kind](table, variables, common)
    elsewhere = {f"channels of the kind {other}": keys for other, keys in _KEYS.items() if other != kind}
    table.finish(elsewhere)
    return channel if len(table.problems) == before else None


def _slack(table: Section, variables: Variables, common: dict[str, Any]) -> ChannelConfig:
    return SlackConfig(url=_secret_url(table, variables, safe=True), **common)


def _webhook(table: Section, variables: Variables, common: dict[str, Any]) -> ChannelConfig:
    texts = table.text_table("headers", _header, lambda text: _header_value(variables.expand(text)))
    return WebhookConfig(
        url=_secret_url(table, variables, safe=False),
        secret=read_secret(table, variables, "secret"),
        headers=MappingProxyType({name: Secret(value) for name, value in texts.items()}),
        **common,
    )


def _alimtalk(table: Section, variables: Variables, common: dict[str, Any]) -> ChannelConfig:
    return AlimtalkConfig(
        url=table.text("url", ALIMTALK_URL, lambda text: _url(variables.expand(text), safe=True)),
        appkey=_needed_secret(table, variables, "appkey"),
        secret_key=_needed_secret(table, variables, "secret_key"),
        sender_key=_needed_secret(table, variables, "sender_key"),
        template_code=table.text("template_code", "", _filled),
        template_codes=table.text_table("template_codes", _event, _filled),
        variables=table.text_table("variables", _filled, _pattern),
        resend_from=table.text("resend_from", "", phone),
        fallback=table.text("fallback", "", str.strip),
        to=table.texts("to", (), phone),
        **common,
    )


def _sms(table: Section, variables: Variables, common: dict[str, Any]) -> ChannelConfig:
    return SmsConfig(
        url=table.text("url", SMS_URL, lambda text: _url(variables.expand(text), safe=True)),
        appkey=_needed_secret(table, variables, "appkey"),
        secret_key=_needed_secret(table, variables, "secret_key"),
        sender=table.text("sender", "", phone),
        long=table.flag("long", default=True),
        to=table.texts("to", (), phone),
        **common,
    )


def _servicenow(table: Section, variables: Variables, common: dict[str, Any]) -> ChannelConfig:
    channel = ServiceNowConfig(
        url=table.text("url", "", lambda text: _url(variables.expand(text), safe=True)),
        username=table.text("username", "", variables.expand),
        password=read_secret(table, variables, "password"),
        token=read_secret(table, variables, "token"),
        table=table.text("table", "incident", _column),
        fields=table.text_table("fields", _column, _pattern),
        notes=table.text("notes", "work_notes", _column),
        resolved_state=table.text("resolved_state", "6", _filled),
        close_code=table.text("close_code", "Solution provided", _filled),
        close_notes=table.text("close_notes", "{title}", _pattern),
        **common,
    )
    if bool(channel.username) != (channel.password is not None) or bool(channel.username) == bool(channel.token):
        table.problems.add(
            table.place, "it needs a login", "either username and password (or password_file), or token (or token_file)"
        )
    return channel


def _apprise(table: Section, variables: Variables, common: dict[str, Any]) -> ChannelConfig:
    texts = table.texts("urls", (), lambda text: _apprise_url(variables.expand(text)))
    if table.has("urls") and not texts and isinstance(table.peek("urls"), list):
        table.bad("urls", "names no service", 'such as "ntfy://topic"')
    if find_spec("apprise") is None:
        table.bad("kind", "the library Apprise is not installed", "pip install 'batmon[apprise]'")
    return AppriseConfig(urls=tuple(map(Secret, texts)), **common)


_READERS: Mapping[str, Callable[[Section, Variables, dict[str, Any]], ChannelConfig]] = {
    "slack": _slack, "webhook": _webhook, "alimtalk": _alimtalk, "sms": _sms, "servicenow": _servicenow,
    "apprise": _apprise,
}  # fmt: skip
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "slack": (), "webhook": (), "alimtalk": ("template_code",), "sms": ("sender",), "servicenow": ("url",),
    "apprise": ("urls",),
}  # fmt: skip


def _finish_without_kind(table: Section) -> None:
    """Every key of every kind counts as known where it is not known which are meant."""
    for key in dict.fromkeys(key for keys in _KEYS.values() for key in keys):
        table.know(key)
    table.finish()


def _check_fallback(
    table: Section, fallback: str, channels: Mapping[str, ChannelConfig], names: Mapping[str, Section]
) -> None:
    if fallback not in names:
        near = similar(fallback, names)
        table.bad("fallback", f"no channel is called {fallback!r}", f'did you mean "{near}"?' if near else "")
    elif fallback in channels and not isinstance(channels[fallback], SmsConfig):
        table.bad("fallback", f"{fallback} is no sms channel", 'name one with kind = "sms"')


def _needed_secret(table: Section, variables: Variables, key: str) -> Secret:
    before = len(table.problems)
    secret = read_secret(table, variables, key)
    if secret is None and len(table.problems) == before:
        table.problems.add(table.place, f'"{key}" is missing', f'"${{env:NAME}}", or {key}_file')
    return secret or Secret("")


def _secret_url(table: Section, variables: Variables, *, safe: bool) -> Secret:
    before = len(table.problems)
    secret = _needed_secret(table, variables, "url")
    if len(table.problems) == before:
        try:
            _url(secret.reveal(), safe=safe)
        except ValueError as error:
            table.bad("url", str(error))
    return secret


def _url(text: str, *, schemes: tuple[str, ...] = ("https", "http"), safe: bool = False) -> str:
    """An address of a server, whose words stand in no error: it may hold a key. ``safe`` asks for TLS beyond this
    machine."""
    try:
        parts = urlsplit(text.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("not an address of a server; write https://host/path") from None
    if parts.scheme not in schemes or not host or not text.isprintable() or " " in text.strip():
        raise ValueError(f"not an address that begins with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    if safe and parts.scheme == "http" and host not in _LOOPBACK:
        raise ValueError("its keys would cross the network in clear text; write https://")
    return text.strip()


def _apprise_url(text: str) -> str:
    if "://" not in text or not text.isprintable():
        raise ValueError('not a URL of Apprise; write for example "ntfy://topic"')
    if find_spec("apprise") is not None:
        import logging  # noqa: PLC0415 - as below

        import apprise  # noqa: PLC0415 - an extra, and half a second where it is

        logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its lines may hold keys
        if apprise.Apprise.instantiate(text) is None:
            raise ValueError(f"Apprise does not understand this URL of the kind {text.partition('://')[0]!r:.40}")
    return text


def _name(text: str) -> str:
    if text in {"admins", "email"}:
        raise ValueError(f"{text!r} has a meaning of its own in every `to`")
    if not _NAME.fullmatch(text):
        raise ValueError(f"{text!r:.80}: a channel's name has 1 to 50 letters, digits, '-' and '_'")
    return text


def _kind(text: str) -> str:
    if text not in _KEYS:
        near = "in [email]" if text == "email" else similar(text, _KEYS)
        ask = "mail has a section of its own: [email]" if text == "email" else f'did you mean "{near}"?'
        raise ValueError(f"{text!r:.40} is no kind of channel ({', '.join(_KEYS)})" + (f"; {ask}" if near else ""))
    return text


def _event(text: str) -> str:
    if text not in MESSAGE_EVENTS:
        raise ValueError(f"{text!r:.40} is none of {', '.join(MESSAGE_EVENTS)}")
    return text


def _header(text: str) -> str:
    if not _HEADER.fullmatch(text):
        raise ValueError(f"{text!r:.80} is not the name of a header")
    if text.lower() in _OURS:
        raise ValueError(f"the header {text} is set by BATMON itself")
    return text


def _header_value(text: str) -> str:
    if not text.isascii() or not text.isprintable():
        raise ValueError("a header's value has printable ASCII characters only")
    return text


def _column(text: str) -> str:
    if not _COLUMN.fullmatch(text):
        raise ValueError(f"{text!r:.80} is not the name of a table or column")
    return text


def _filled(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("expected one line of text")
    return text.strip()


def _pattern(text: str) -> str:
    for name in _PLACEHOLDER.findall(text):
        if name not in PLACEHOLDERS:
            near = similar(name, PLACEHOLDERS)
            ask = f'did you mean "{{{near}}}"?' if near else "known: " + ", ".join(f"{{{one}}}" for one in PLACEHOLDERS)
            raise ValueError(f"unknown placeholder {{{name:.40}}}; {ask}")
    return text
