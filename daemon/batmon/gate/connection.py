"""One client's connection to the gate: who it is, and one answer for each of its requests."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import os
from typing import TYPE_CHECKING, Any

from batmon.errors import BadRequest, BatmonError, NeedsRole, Refused
from batmon.gate import frames
from batmon.gate.address import peer_uid, user_name
from batmon.gate.frames import CANCELLED, LINE_LIMIT, PROTOCOL, Cancel, Failure, Item, Ok, Request
from batmon.gate.sanitize import clean_value
from batmon.gate.verbs import Caller, Done, Verb
from batmon.model import Role
from batmon.refusals import because

if TYPE_CHECKING:
    from batmon.gate.server import GateServer

log = logging.getLogger(__name__)

IN_FLIGHT = 64
"""Requests that one connection may have open."""

HELLO_WITHIN = 10.0
"""Seconds that a connection has to say who it is."""


class Connection:
    """One client of the gate."""

    def __init__(self, server: GateServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._sending = asyncio.Lock()
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._ending: set[int] = set()
        self._caller: Caller | None = None
        self._uid: int | None = None

    @property
    def person(self) -> str:
        """Whom the console speaks for on this connection; empty for the local user, and before hello."""
        return self._caller.user if self._caller is not None and self._caller.key else ""

    def abort(self) -> None:
        """Drop the connection now, whatever is unsent."""
        self._writer.transport.abort()

    async def turn_away(self, error: BatmonError) -> None:
        """Say why and drop the connection."""
        await self._send_failure(0, error)
        self._writer.close()

    async def serve(self) -> None:
        """Answer this client until it leaves."""
        try:
            self._check_peer()
            async with asyncio.timeout(HELLO_WITHIN):
                await self._hello()
            while (line := await self._line()) is not None:
                await self._take(line)
        except Refused as error:
            await self._send_failure(0, error)
        finally:
            await self._leave()

    async def _leave(self) -> None:
        """End what this client began, but let actions finish."""
        ended = [task for task in self._tasks.values() if not self._server.is_action(task)]
        for task in ended:
            task.cancel()
        self._writer.close()
        await asyncio.gather(*ended, return_exceptions=True)
        try:
            async with asyncio.timeout(1):
                await self._writer.wait_closed()
        except TimeoutError:
            self.abort()
        except ConnectionError:
            pass

    def _check_peer(self) -> None:
        """See that the other end is this user or root, where the kernel can say."""
        self._uid = peer_uid(self._writer.get_extra_info("socket"))
        if self._uid is not None and self._uid not in (0, os.geteuid()):
            raise Refused(because("strange-uid", uid=self._uid))

    async def _line(self) -> bytes | None:
        """The next line; None at the end. A line over the limit ends the connection: where it ends is unknown."""
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.IncompleteReadError:
            return None
        except asyncio.LimitOverrunError:
            await self._send_failure(0, BadRequest(because("line-too-long", most=LINE_LIMIT)))
            return None
        return line

    async def _take(self, line: bytes) -> None:
        """Begin what a line asks, or say what is wrong with it."""
        try:
            frame = frames.decode_request(line)
        except BadRequest as error:
            await self._send_failure(frames.usable_id(line), error)
            return
        if isinstance(frame, Cancel):
            await self._stop(frame.id)
        elif frame.id in self._tasks:
            await self._send_failure(frame.id, BadRequest(because("id-in-use", number=frame.id)))
        elif len(self._tasks) >= IN_FLIGHT:
            await self._send_failure(frame.id, BadRequest(because("too-many-requests", most=IN_FLIGHT)))
        else:
            self._begin(frame)

    async def _stop(self, number: int) -> None:
        """Stop a request whose end is not on its way yet; an action that has begun goes on to its end."""
        await asyncio.sleep(0)  # a task that never ran could not say that it was cancelled
        task = self._tasks.get(number)
        if task is None or number in self._ending or self._server.is_action(task):
            return
        self._ending.add(number)
        task.cancel()

    def _begin(self, request: Request) -> None:
        task = asyncio.create_task(self._answer(request), name=f"gate-{request.verb[:40]}-{request.id}")
        self._tasks[request.id] = task
        verb = self._server.verbs.get(request.verb)
        if verb is not None and verb.written_down and verb.answer is not None:
            self._server.keep(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.pop(request.id, None)
            self._ending.discard(request.id)
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error("%s died", task.get_name(), exc_info=error)
                self.abort()

        task.add_done_callback(ended)

    async def _answer(self, request: Request) -> None:
        """Answer one request, whatever happens, with exactly one end."""
        try:
            end = await self._run(request)
        except asyncio.CancelledError:
            if request.id not in self._ending:
                raise
            end = frames.encode(Failure(request.id, CANCELLED, "stopped as asked"))
        except ConnectionError:
            return
        except BatmonError as error:
            end = frames.encode(frames.failure(request.id, error))
        except Exception:
            log.exception("verb %s failed", request.verb[:60])
            failed = BatmonError(because("failed-inside", verb=request.verb[:60]))
            end = frames.encode(frames.failure(request.id, failed))
        self._ending.add(request.id)
        with contextlib.suppress(ConnectionError):
            await self._write(end)

    async def _run(self, request: Request) -> bytes:
        """Do what is asked, if its role allows that, and write down what has to be: the line of the ok frame."""
        server = self._server
        if self._caller is None:
            raise BadRequest(because("hello-first"))
        caller = self._caller
        verb = server.verbs.get(request.verb)
        if verb is None:
            raise BadRequest(because("no-verb", verb=request.verb[:60]))
        try:
            caller = self._allowed(caller, verb, request.verb)
        except Refused as error:
            async with server.refusing(caller.user):
                await server.write_down(caller, request.verb, request.args, "refused", str(error))
            raise
        outcome, detail = "failed", "ended by the client"
        try:
            if verb.answer is not None:
                async with server.room_for(caller, verb):
                    answer = await verb.answer(caller, request.args)
            else:
                answer = await self._stream(request, caller, verb)
            outcome, detail = "done", _told(request.args, answer)
        except Refused as error:
            outcome, detail = "refused", str(error)
            raise
        except Exception as error:
            detail = str(error) or type(error).__name__
            raise
        finally:
            if verb.written_down:
                await server.write_down(caller, request.verb, request.args, outcome, detail)
            elif outcome == "refused":
                async with server.refusing(caller.user):
                    await server.write_down(caller, request.verb, request.args, outcome, detail)
        return _line(Ok, request.id, answer)

    async def _stream(self, request: Request, caller: Caller, verb: Verb) -> dict[str, Any]:
        """Send the items of a stream; what its ok frame holds. A key that goes away takes its streams along."""
        if verb.stream is None:
            raise RuntimeError(f"{request.verb} is not a stream")
        items = verb.stream(caller, request.args)
        try:
            async for item in items:
                self._allowed(caller, verb, request.verb)
                if isinstance(item, Done):
                    return item.value
                await self._write(_line(Item, request.id, item))
        finally:
            close = getattr(items, "aclose", None)
            if close is not None:
                await close()
        return {}

    def _allowed(self, caller: Caller, verb: Verb, name: str) -> Caller:
        """The caller with the role that the key has now.

        Raises:
            Refused: the key is gone, expired or not for this address, or its role is not enough.
        """
        if caller.key:
            caller = self._looked_up(caller.user, caller.key, caller.peer)
        if not caller.role.allows(verb.role):
            raise NeedsRole(because("needs-role", verb=name, role=verb.role, user=caller.user, own=caller.role))
        return caller

    def _looked_up(self, user: str, key: str, peer: str) -> Caller:
        entry = self._server.keyring.find(user, key)
        if entry is None:
            raise Refused(because("no-such-key", user=user))
        if why := entry.refusal(self._server.now(), peer):
            raise Refused(because("key-refused", why=why))
        return Caller(user, entry.role, peer, key)

    async def _hello(self) -> None:
        """The first request: who is there. Leaves ``_caller`` set, or raises Refused, which ends the connection."""
        line = await self._line()
        if line is None:
            raise ConnectionResetError("left without a word")
        request: Request | Cancel | None = None
        try:
            request = frames.decode_request(line)
            if not isinstance(request, Request) or request.verb != "hello":
                raise BadRequest(because("hello-first"))
            if request.args.get("protocol") != PROTOCOL:
                asked = request.args.get("protocol")
                raise BadRequest(because("other-protocol", protocol=PROTOCOL, asked=asked))
            self._caller = caller = self._introduced(request.args)
        except BatmonError as error:
            if isinstance(error, Refused) and isinstance(request, Request):
                await self._write_down_stranger(request.args, error)
            await self._send_failure(frames.usable_id(line), error)
            raise ConnectionResetError("hello was refused") from error
        answer = {"protocol": PROTOCOL, **self._server.greeting(), "user": caller.user, "role": caller.role.value}
        await self._write(_line(Ok, request.id, answer))

    async def _write_down_stranger(self, args: dict[str, Any], error: Refused) -> None:
        """The audit trail hears of a person who was not let in, under the name and address that were given."""
        person = args.get("as")
        said = person if isinstance(person, dict) else {}
        stranger = Caller(str(said.get("user", ""))[:64], Role.VIEWER, str(said.get("peer", "local"))[:64], "")
        await self._server.write_down(stranger, "hello", {}, "refused", str(error))

    def _introduced(self, args: dict[str, Any]) -> Caller:
        if self._server.token is not None:
            shown = args.get("token")
            if not isinstance(shown, str) or not hmac.compare_digest(
                shown.encode(errors="replace"), self._server.token.encode()
            ):
                raise Refused(because("wrong-token"))
        person = args.get("as")
        if person is None:
            return Caller(user_name(self._uid), Role.ADMIN, "local", "")
        if not isinstance(person, dict):
            raise BadRequest(because("as-object"))
        user, key, peer = person.get("user"), person.get("key"), person.get("peer", "")
        if not (isinstance(user, str) and user and isinstance(key, str) and key and isinstance(peer, str)):
            raise BadRequest(because("as-texts"))
        caller = self._looked_up(user, key, peer)
        self._server.admit(user)
        return caller

    async def _send_failure(self, number: int, error: BatmonError) -> None:
        with contextlib.suppress(ConnectionError):
            await self._write(frames.encode(frames.failure(number, error)))

    async def _write(self, line: bytes) -> None:
        """Send one line, and wait until the reader on the other side keeps up.

        A whole line enters the buffer or none, so that a cancelled sender leaves no half line.
        """
        async with self._sending:
            self._writer.write(line)
            await self._writer.drain()


def _told(args: dict[str, Any], answer: dict[str, Any]) -> str:
    """What the audit trail says of something that was done: how it was asked, and what came of it. No secrets."""
    said = (
        "email", "recipient", "role", "from", "to", "period", "expires_at", "force", "params", "note", "why", "until",
        "for_sec", "format", "cron",
    )  # fmt: skip
    asked = {key: args[key] for key in said if args.get(key)}
    came = {key: answer[key] for key in ("fingerprint", "run_id", "stopped", "removed", "path") if key in answer}
    return ", ".join(f"{key}: {value}" for key, value in (asked | came).items())


def _line(kind: type[Item | Ok], number: int, value: dict[str, Any]) -> bytes:
    return frames.encode(kind(number, clean_value(frames.plain(value))))
