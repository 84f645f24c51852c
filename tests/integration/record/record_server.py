"""A server of the record protocol on a real socket: answers, is silent, refuses, or says nonsense."""

import json
import socket
import threading
from contextlib import suppress
from pathlib import Path

PATIENCE_SEC = 20.0


class RecordServer:
    """``ops`` are what it was told, in order; ``manner`` is how it answers from now on."""

    def __init__(self, address, *, manner="answer"):
        self.address = str(address)
        self.manner = manner
        self.ops = []
        self.first_lines = []
        self.closed = 0
        self.accepted = 0
        self._changed = threading.Condition()
        self._channels = []
        if self.address.endswith(".json"):
            self._listener = socket.create_server(("127.0.0.1", 0))
            named = {"port": self._listener.getsockname()[1], "token": "t0ken"}
            Path(self.address).write_text(json.dumps(named), "utf-8")
        else:
            Path(self.address).parent.mkdir(parents=True, exist_ok=True)
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(self.address)
            self._listener.listen(128)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                channel, _ = self._listener.accept()
            except OSError:
                return
            with self._changed:
                self._channels.append(channel)
                self.accepted += 1
                self._changed.notify_all()
            threading.Thread(target=self._serve, args=(channel,), daemon=True).start()

    def _serve(self, channel):
        with suppress(OSError), channel, channel.makefile("rb") as lines:
            for line in lines:
                op = json.loads(line)
                with self._changed:
                    (self.first_lines if "token" in op else self.ops).append(op)
                    self._changed.notify_all()
                if "token" not in op:
                    self._answer(channel, op["seq"])
        with self._changed:
            self.closed += 1
            self._changed.notify_all()

    def _answer(self, channel, seq):
        if self.manner == "answer":
            channel.sendall(json.dumps({"seq": seq, "ok": True, "log_id": 4711}).encode() + b"\n")
        elif self.manner == "refuse":
            error = {"code": "bad_request", "message": "no such thing", "hint": ""}
            channel.sendall(json.dumps({"seq": seq, "error": error}).encode() + b"\n")
        elif self.manner == "nonsense":
            channel.sendall(b"HTTP/1.1 400 Bad Request\n")
        elif self.manner == "busy":
            error = {"code": "refused", "message": "512 programs record here already", "hint": ""}
            channel.sendall(json.dumps({"seq": 0, "error": error}).encode() + b"\n")
            channel.shutdown(socket.SHUT_RDWR)

    def until(self, wanted):
        """Wait until ``wanted(self)`` is true."""
        with self._changed:
            assert self._changed.wait_for(lambda: wanted(self), PATIENCE_SEC), (self.ops, self.closed)

    def drop(self):
        """Close every connection, as a daemon that ends does."""
        with self._changed:
            channels, self._channels = self._channels, []
        for channel in channels:
            with suppress(OSError):
                channel.shutdown(socket.SHUT_RDWR)

    def stop(self):
        """Be gone, like a daemon that was killed: its socket stays, and refuses."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()

    def remove(self):
        """Be gone, and take the socket away."""
        self.stop()
        with suppress(FileNotFoundError):
            Path(self.address).unlink()
