"""The SSH server: algorithms, logins, limits, and the sessions that are live in this process."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import logging
import socket
from collections.abc import Callable
from functools import partial

import asyncssh
from asyncssh.kex import get_kex_algs

from batmon import __version__
from batmon.gate.client import GateClient
from batmon.gate.keyring import KeyRing
from batmon.places import gate_address
from batmon_tui.ssh import hostkey
from batmon_tui.ssh.auth import Attempts, Person, judge_key, utc_now
from batmon_tui.ssh.login_trail import LoginTrail
from batmon_tui.ssh.screens import MakeApp
from batmon_tui.ssh.session import ConsoleSession
from batmon_tui.ssh.settings import Settings

log = logging.getLogger(__name__)

KEX = ("mlkem768x25519-sha256", "curve25519-sha256", "curve25519-sha256@libssh.org")
CIPHERS = ("aes256-gcm@openssh.com", "aes128-gcm@openssh.com", "aes256-ctr", "aes192-ctr", "aes128-ctr")
MACS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com")
CLIENT_SIGNATURES = (
    "ssh-ed25519", "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "sk-ecdsa-sha2-nistp256@openssh.com",
    "rsa-sha2-256", "rsa-sha2-512",
)  # fmt: skip

SESSIONS_PER_CONNECTION = 10
SEND_BUFFER = 64 * 1024
"""Bytes that the system keeps for the network: what a slow client gets is at most that much out of date."""

RECEIVE_WINDOW = 64 * 1024
KEEPALIVE_COUNT = 3

SHOWN_OUT_WITHIN = 2.0
"""Seconds that an app has to restore the terminal of somebody who may not stay; what it may do ended before that."""

LOOK_EVERY = 2.0
"""Seconds between two looks whether those who are inside may still be."""

STOP_WITHIN = 3.0
"""Seconds that apps have to end when the server stops; everything after that adds three more at most."""

FEW_SESSIONS = 2
"""Live sessions at which a full collection is cheap enough (13 ms each)."""

MANY_ENDED = 20
"""Apps that have ended since the last full collection after which it comes anyway: each holds 3 to 5 MB until then."""


class ConsoleServer:
    """Serves connections that were accepted elsewhere. ``take`` them; ``stop`` restores every terminal."""

    def __init__(
        self,
        settings: Settings,
        make_app: MakeApp,
        *,
        on_login: Callable[[int], None],
        on_gone: Callable[[int], None],
        on_sessions: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.settings = settings
        self.make_app = make_app
        self.ring = KeyRing(settings.authorized_keys)
        self.stopping = False
        self.on_login = on_login
        self._on_gone = on_gone
        self._on_sessions = on_sessions
        self._sessions: set[ConsoleSession] = set()
        self._uncollected = 0
        self._connections: dict[int, asyncssh.SSHServerConnection] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._visitors: dict[int, Visitor] = {}
        self._looking: asyncio.TimerHandle | None = None
        self.trail = LoginTrail(self._speak_for_ourselves)
        self._options = options(settings, hostkey.load_or_make(settings.host_key))

    @property
    def connections(self) -> int:
        """Connections that are open, logged in or not."""
        return len(self._tasks)

    @property
    def sessions(self) -> int:
        """Sessions that are live."""
        return len(self._sessions)

    def take(self, sock: socket.socket, number: int) -> None:
        """Serve a connection; ``number`` is how ``on_login`` and ``on_gone`` call it."""
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        task = asyncio.get_running_loop().create_task(
            self._serve(sock, number), name=f"connection {number}", context=contextvars.Context()
        )
        self._tasks[number] = task

    async def stop(self) -> None:
        """End every session so that its terminal is restored, then every connection."""
        self.stopping = True
        if self._looking is not None:
            self._looking.cancel()
        for session in list(self._sessions):
            session.leave("BATMON: the console was stopped on the server.")
        await self._ended(STOP_WITHIN)
        for session in list(self._sessions):
            session.abort()
        await self._ended(1.0)
        # A client that is told to disconnect drops what it has not shown yet; without channels it leaves by itself.
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=1.0)
        for connection in list(self._connections.values()):
            connection.close()
        if self._tasks:
            _, late = await asyncio.wait(list(self._tasks.values()), timeout=0.5)
            for connection in list(self._connections.values()):
                connection.abort()
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self.trail.close()

    async def _ended(self, within: float) -> None:
        if self._sessions:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(within):
                    await asyncio.gather(*(session.wait_ended() for session in self._sessions))

    def session_began(self, session: ConsoleSession) -> None:
        """Count a session."""
        self._sessions.add(session)
        self._on_sessions(len(self._sessions))

    def session_ended(self, session: ConsoleSession) -> None:
        """Count it no more; with few left, or after many, collect what they leave behind."""
        self._sessions.discard(session)
        self._on_sessions(len(self._sessions))
        self._uncollected += session.has_shown
        if len(self._sessions) <= FEW_SESSIONS or self._uncollected >= MANY_ENDED:
            self._uncollected = 0
            asyncio.get_running_loop().call_later(0.5, gc.collect)

    def connected(self, number: int, connection: asyncssh.SSHServerConnection) -> None:
        """asyncssh has begun to speak with a client."""
        self._connections[number] = connection

    def logged_in(self, number: int, visitor: Visitor) -> None:
        """Somebody has come in."""
        self._visitors[number] = visitor
        self.on_login(number)
        if self._looking is None:
            self._look()

    def _look(self) -> None:
        """Show those out whose key was taken away, has expired or was limited since they came in."""
        for visitor in list(self._visitors.values()):
            visitor.leave_if_unwanted()
        loop = asyncio.get_running_loop()
        self._looking = loop.call_later(LOOK_EVERY, self._look) if self._visitors else None

    async def _speak_for_ourselves(self) -> GateClient:
        return await GateClient.connect(gate_address(str(self.settings.state)), client=f"console {__version__}")

    async def _serve(self, sock: socket.socket, number: int) -> None:
        try:
            connection = await asyncssh.run_server(
                sock, options=self._options, server_factory=partial(Visitor, self, number)
            )
            await connection.wait_closed()
        except (OSError, asyncssh.Error) as error:
            log.debug("connection %d: %s", number, error)
        except Exception:
            log.exception("connection %d failed", number)
        finally:
            sock.close()
            self._connections.pop(number, None)
            self._visitors.pop(number, None)
            self._tasks.pop(number, None)
            self._on_gone(number)


class Visitor(asyncssh.SSHServer):
    """One connection: who it is, and what it may open. Forwarding of any kind is refused, by asyncssh's defaults."""

    def __init__(self, server: ConsoleServer, number: int) -> None:
        self._server = server
        self._number = number
        self._connection: asyncssh.SSHServerConnection
        self._peer = ""
        self._user: str | None = None
        self._attempts = Attempts(server.settings.max_keys)
        self._person: Person | None = None
        self._logged_in = False
        self._last_refused = ("", "")
        self._open: list[ConsoleSession] = []

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """A client is there; nothing is known of it but its address."""
        self._connection = conn
        peer = conn.get_extra_info("peername")
        self._peer = str(peer[0]) if peer else ""
        self._server.connected(self._number, conn)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        if self._logged_in:
            log.info("logout", extra={"user": self._user, "peer": self._peer, "why": str(exc or "")})
        else:
            log.info("left without a login", extra={"user": self._user, "peer": self._peer, "why": str(exc or "")})
            if self._user is not None:
                key, why = self._last_refused
                self._server.trail.refused(self._user, self._peer, key, why or "no key was shown")

    def begin_auth(self, username: str) -> bool:
        """A login begins, for one name: a second one on the same connection ends it."""
        if self._user not in (None, username):
            raise asyncssh.DisconnectError(asyncssh.DISC_PROTOCOL_ERROR, "one user name for each connection")
        self._user = username
        return True

    def public_key_auth_supported(self) -> bool:
        """The only way in."""
        return True

    def validate_ca_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Certificates are not taken, and count as tries."""
        self._count(username, key.get_fingerprint())
        return False

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Whether this key, if the client has it, lets ``username`` in."""
        fingerprint = key.get_fingerprint()
        # Only the key that is checked last can be the one whose signature is: asyncssh does both in one step.
        self._person = None
        self._count(username, fingerprint)
        verdict = judge_key(self._server.ring, username, fingerprint, self._peer, utc_now())
        if verdict.person is None:
            self._refused(username, fingerprint, verdict.why)
        self._person = verdict.person
        return self._person is not None

    def auth_completed(self) -> None:
        """The signature was right."""
        if self._person is None:
            log.critical("a login without a key is not served", extra={"user": self._user, "peer": self._peer})
            self._connection.abort()
            return
        self._logged_in = True
        log.info(
            "login",
            extra={"user": self._person.user, "key": self._person.fingerprint, "peer": self._peer},
        )
        self._server.trail.came_in(self._person)
        self._server.logged_in(self._number, self)

    def leave_if_unwanted(self) -> None:
        """End every session and then the connection, if this key would not come in now as it did."""
        if self._person is None:
            return
        verdict = judge_key(self._server.ring, self._person.user, self._person.fingerprint, self._peer, utc_now())
        if verdict.person == self._person:
            return
        why = verdict.why or "the key's limits have changed"
        log.warning("shown out", extra={"user": self._person.user, "peer": self._peer, "why": why})
        self._person = None  # no new session begins
        for session in self._open:
            session.leave(f"BATMON: you may not stay: {why}")
        asyncio.get_running_loop().call_later(SHOWN_OUT_WITHIN, self._connection.abort)

    def session_requested(self) -> ConsoleSession | bool:
        """A channel is asked for."""
        live = [session for session in self._open if not session.ended]
        if self._person is None or self._server.stopping or len(live) >= SESSIONS_PER_CONNECTION:
            return False
        session = ConsoleSession(self._server, self._person)
        self._open = [*live, session]
        return session

    def _count(self, username: str, fingerprint: str) -> None:
        if self._attempts.too_many(fingerprint):
            self._refused(username, fingerprint, "too many keys were tried")
            raise asyncssh.DisconnectError(asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, "too many keys were tried")

    def _refused(self, username: str, fingerprint: str, why: str) -> None:
        self._last_refused = (fingerprint, why)
        log.warning("refused", extra={"user": username, "key": fingerprint, "peer": self._peer, "why": why})


def options(settings: Settings, key: asyncssh.SSHKey) -> asyncssh.SSHServerConnectionOptions:
    """What asyncssh is to do and above all not to do: most of it is on by default."""
    known = {name.decode() for name in get_kex_algs()}  # mlkem needs a recent enough OpenSSL or liboqs
    return asyncssh.SSHServerConnectionOptions(
        config=None,
        server_host_keys=[key],
        send_server_host_keys=False,
        server_version="BATMON",
        kex_algs=[name for name in KEX if name in known],
        encryption_algs=list(CIPHERS),
        mac_algs=list(MACS),
        compression_algs=["none"],
        signature_algs=list(CLIENT_SIGNATURES),
        public_key_auth=True,
        password_auth=False,
        kbdint_auth=False,
        host_based_auth=False,
        gss_host=None,
        gss_kex=False,
        gss_auth=False,
        agent_forwarding=False,
        x11_forwarding=False,
        allow_scp=False,
        allow_pty=True,
        line_editor=False,
        encoding=None,
        window=RECEIVE_WINDOW,
        login_timeout=settings.login_timeout,
        keepalive_interval=settings.keepalive,
        keepalive_count_max=KEEPALIVE_COUNT,
        tcp_keepalive=True,
        rdns_lookup=False,
    )
