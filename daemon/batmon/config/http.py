"""``[http]`` -> ``HttpConfig``."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from batmon.config.secrets import Secret, read_secret
from batmon.config.section import Section
from batmon.config.values import listen_address
from batmon.config.variables import Variables

SHORTEST_TOKEN = 16
"""Characters: fewer could be guessed over a network."""


@dataclass(frozen=True, slots=True)
class HttpConfig:
    """Where other programs read figures and verdicts. ``port`` 0 means any free one.

    ``token`` None: whoever reaches the address may read, which only this machine may.
    """

    enabled: bool = False
    host: str = "127.0.0.1"
    port: int = 9464
    token: Secret | None = None

    @property
    def loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether ``host`` names this machine to itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_http(table: Section, variables: Variables) -> HttpConfig:
    """The section; what is wrong with it is noted."""
    usual = HttpConfig()
    host, port = table.text("listen", (usual.host, usual.port), listen_address)
    token = read_secret(table, variables, "token")
    found = HttpConfig(enabled=table.flag("enabled", default=usual.enabled), host=host, port=port, token=token)
    if token is not None and (len(token.reveal()) < SHORTEST_TOKEN or not token.reveal().isascii()):
        words = f"a token has {SHORTEST_TOKEN} ASCII characters or more"
        table.bad("token", words, "openssl rand -hex 32 makes a good one")
    if token is None and not found.loopback and not (table.has("token") or table.has("token_file")):
        table.bad(
            "listen",
            f"others reach {host}, and would read log lines without a word",
            'set token = "${env:BATMON_HTTP_TOKEN}", or listen at 127.0.0.1',
        )
    table.finish()
    return found
