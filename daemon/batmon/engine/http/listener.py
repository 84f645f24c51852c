"""A small HTTP server for other programs, off unless ``[http]`` says otherwise; it only reads.

``/metrics`` is for Prometheus and its like, ``/api/v1/batmon/check`` says of each program what the verb ``check`` says.
It listens on loopback; elsewhere only whoever shows the token is answered. No page of a browser can read it: a ``Host``
that is a name of somebody else's is refused (DNS rebinding), and no answer allows another origin.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from batmon.config.http import HttpConfig, is_loopback
from batmon.engine.http.open_metrics import OPEN_METRICS, PLAIN, Family, text
from batmon.errors import BatmonError, NotFound
from batmon.gate.sanitize import clean_value

if TYPE_CHECKING:
    from aiohttp import web

log = logging.getLogger(__name__)

AGAIN_SEC = 10.0
"""After which the address is tried again that somebody else has."""
IDLE_SEC = 10.0
"""A connection on which nothing is asked for so long is ended."""
MOST_CONNECTIONS = 50
AT_ONCE = 2
"""Answers that are being made: each takes connections of the database, which the judgements need too."""
LONGEST_LINE = 8190
_HOST = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[^\[\]:/@]+))(?::[0-9]+)?")
_HEADERS = {
    "Server": "batmon", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}  # fmt: skip

Check = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""The verb ``check`` of somebody who may only look."""
Handler = Callable[["web.Request"], Awaitable["web.StreamResponse"]]
Measure = Callable[[], Awaitable[Callable[[], list[Family]]]]
"""Reads what is needed, and gives what makes the metrics of it, in a thread."""


class HttpListener:
    """Answers at the address of ``[http]``; ``problem`` says why it cannot, empty otherwise."""

    def __init__(self, config: HttpConfig, *, check: Check, measure: Measure) -> None:
        self._config = config
        self._check = check
        self._measure = measure
        self._room = asyncio.Semaphore(AT_ONCE)
        self.problem = ""
        self.port = 0
        """The port that it listens at; 0 while it does not."""

    async def keep(self) -> None:
        """Listen for ever; while the address cannot be had, it is tried again."""
        from aiohttp import web  # noqa: PLC0415 - 12 MB that a daemon without it does not need

        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._guarded(request, handler)

        application = web.Application(client_max_size=0, middlewares=[guarded])
        application.router.add_get("/metrics", self._metrics)
        application.router.add_get("/api/v1/batmon/check", self._checked)
        silent = logging.Logger("no request", logging.CRITICAL + 1)  # noqa: LOG001 - hears what strangers send, for nobody
        runner = web.AppRunner(
            application, access_log=None, logger=silent, keepalive_timeout=IDLE_SEC, max_line_size=LONGEST_LINE,
            max_field_size=LONGEST_LINE, handle_signals=False, shutdown_timeout=1.0, handler_cancellation=True,
        )  # fmt: skip
        await runner.setup()
        try:
            while True:
                await self._listen(runner)
                await asyncio.sleep(AGAIN_SEC)
        finally:
            await runner.cleanup()

    async def _listen(self, runner: web.AppRunner) -> None:
        """Listen until cancelled; return when the address cannot be had."""
        answering = runner.server
        assert answering is not None  # noqa: S101 - setup() made it

        def connection() -> asyncio.Protocol:
            return _Full() if len(answering.connections) >= MOST_CONNECTIONS else answering()

        config = self._config
        try:
            server = await asyncio.get_running_loop().create_server(connection, config.host, config.port)
        except OSError as error:
            said = f"nothing listens at http://{config.host}:{config.port}: {error.strerror or error}"
            if said != self.problem:
                log.error("%s", said)
            self.problem = said
            return
        async with server:
            self.problem, self.port = "", server.sockets[0].getsockname()[1]
            log.info("figures and verdicts for other programs", extra={"host": config.host, "port": self.port})
            try:
                await server.serve_forever()
            finally:
                self.port = 0

    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The answer, or why there is none, as JSON."""
        from aiohttp import web  # noqa: PLC0415 - loaded already

        try:
            refused = self._refused(request.headers)
            if refused:
                more = {"WWW-Authenticate": "Bearer"} if refused[0] == 401 else {}
                return web.json_response({"error": refused[1]}, status=refused[0], headers=_HEADERS | more)
            async with self._room:
                answer = await handler(request)
        except web.HTTPException as error:
            said = {404: "there are /metrics and /api/v1/batmon/check", 405: "only GET is answered"}
            return web.json_response(
                {"error": said.get(error.status, error.reason)}, status=error.status, headers=_HEADERS
            )
        except BatmonError as error:
            status = 404 if isinstance(error, NotFound) else 503
            return web.json_response({"error": str(error), "hint": error.hint}, status=status, headers=_HEADERS)
        except Exception:
            log.exception("a request cannot be answered", extra={"path": request.path[:200]})
            said_so = {"error": "this cannot be answered; the daemon's log has the details"}
            return web.json_response(said_so, status=500, headers=_HEADERS)
        answer.headers.update(_HEADERS)
        return answer

    def _refused(self, headers: Mapping[str, str]) -> tuple[int, str] | None:
        """Why somebody with these headers is not answered: status and words."""
        token = self._config.token
        if token is not None:
            shown = headers.get("Authorization", "").encode("utf-8", "surrogateescape")
            if not hmac.compare_digest(shown, f"Bearer {token.reveal()}".encode()):
                return 401, "the token is missing or wrong; send Authorization: Bearer TOKEN"
            return None
        host = headers.get("Host", "")
        if not is_loopback(_without_port(host)):
            return 403, "only this machine is answered, by its address 127.0.0.1, [::1] or localhost"
        return None

    async def _metrics(self, request: web.Request) -> web.Response:
        from aiohttp import web  # noqa: PLC0415 - loaded already

        make = await self._measure()
        wants = "application/openmetrics-text" in request.headers.get("Accept", "")
        said = await asyncio.to_thread(lambda: text(make(), open_metrics=wants))
        return web.Response(body=said.encode(), headers={"Content-Type": OPEN_METRICS if wants else PLAIN})

    async def _checked(self, request: web.Request) -> web.Response:
        """The document's answer: of each service its name, status, message, last log line and last run."""
        from aiohttp import web  # noqa: PLC0415 - loaded already

        asked: dict[str, Any] = {"language": "en" if request.query.get("language") == "en" else "ko"}
        if "program" in request.query:
            asked["programs"] = request.query.getall("program")
        found = clean_value(await self._check(asked))
        answer = {
            "status": found["status"],
            "checked_at": found["checked_at"],
            "node": found["node"],
            "services": [_service(program) for program in found["programs"]],
        }
        body = json.dumps(answer, ensure_ascii=False).encode()
        return web.Response(body=body, headers={"Content-Type": "application/json; charset=utf-8"})


class _Full(asyncio.Protocol):
    """Ends a connection that is one too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


def _service(program: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the document's ``ServiceStatus``, and when it last ran."""
    last = program["last_run"]
    kept = ("name", "title", "status", "message", "last_log", "base_dir", "scheduler", "retry_program")
    return {
        **{key: program[key] for key in kept},
        "last_run": None if last is None else last["start_time"],
        "last_run_status": None if last is None else last["status"],
        "next_due": program["next_due"],
    }


def _without_port(host: str) -> str:
    """The name or address in a ``Host`` header; empty if it is none."""
    found = _HOST.fullmatch(host)
    return (found["six"] or found["name"]) if found else ""
