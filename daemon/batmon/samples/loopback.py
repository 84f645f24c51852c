"""A small HTTP server on this machine's loopback, in a thread of its own: the other side of the samples."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

BODY_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asked for; ``form`` is the body of a POST."""

    method: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    cookies: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered."""

    status: int
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


def shipped(folder: str) -> Traversable:
    """A folder of files that the package brings along."""
    return files("batmon.samples") / "files" / folder


class Site:
    """Serves ``answer`` at ``url`` while entered; with ``silent`` it takes every request and never answers."""

    def __init__(self, answer: Callable[[Request], Reply], *, silent: bool = False) -> None:
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(answer, silent))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="site", daemon=True)

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self, answer: Callable[[Request], Reply], silent: bool) -> type[BaseHTTPRequestHandler]:
        closing = self._closing

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._reply()

            def do_POST(self) -> None:
                self._reply()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
                """Say nothing: the program's own log is the one to read."""

            def _reply(self) -> None:
                if silent:
                    closing.wait()
                    return
                reply = answer(self._request())
                self.send_response(reply.status)
                self.send_header("Content-Type", reply.content_type)
                self.send_header("Content-Length", str(len(reply.body)))
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            def _request(self) -> Request:
                parts = urlsplit(self.path)
                length = min(int(self.headers.get("Content-Length") or 0), BODY_LIMIT)
                cookies = SimpleCookie(self.headers.get("Cookie"))
                return Request(
                    method=self.command,
                    path=unquote(parts.path),
                    query=_single(parts.query),
                    form=_single(self.rfile.read(length).decode("utf-8", "replace")),
                    cookies={name: morsel.value for name, morsel in cookies.items()},
                )

        return Handler


def _single(query: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
