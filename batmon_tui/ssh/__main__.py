"""``python -m batmon_tui.ssh --state DIR --listen HOST:PORT``: the console process, as the daemon starts it.

Prints ``{"listening": "127.0.0.1:8022"}`` once it accepts, logs JSON lines to standard error, and exits 0 on SIGTERM
when all terminals are restored.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from batmon.errors import BatmonError
from batmon_tui.ssh import environment
from batmon_tui.ssh.logs import to_stderr
from batmon_tui.ssh.settings import Settings

log = logging.getLogger("batmon_tui.ssh")


def parse(argv: list[str]) -> Settings:
    """The settings that the command line gives; wrong usage ends the process with code 2."""
    usual = Settings(state=Path())
    parser = argparse.ArgumentParser(prog="python -m batmon_tui.ssh", description="BATMON's console over SSH.")
    parser.add_argument("--state", type=Path, required=True, help="the daemon's state folder")
    parser.add_argument("--listen", default=f"{usual.host}:{usual.port}", metavar="HOST:PORT", help="port 0: any")
    parser.add_argument("--language", choices=("auto", "ko", "en"), default=usual.language)
    parser.add_argument("--app", default=usual.app, metavar="MODULE:NAME", help="the Textual app to show")
    for name, kind, words in (
        ("max-sessions", int, "people at a time"),
        ("sessions-per-worker", int, "sessions in one process"),
        ("max-unauthenticated", int, "connections that have not logged in"),
        ("max-unauthenticated-per-address", int, "the same from one address"),
        ("max-keys", int, "keys that one connection may try"),
        ("login-timeout", float, "seconds to log in"),
        ("stall-limit", float, "seconds that a client may not read"),
        ("silent-limit", float, "seconds without a word after which a worker is killed, more than 5"),
        ("recycle-after", int, "connections after which a worker is replaced"),
        ("keepalive", float, "seconds between questions to a silent client, cut off after three"),
    ):
        parser.add_argument(f"--{name}", type=kind, default=getattr(usual, name.replace("-", "_")), help=words)
    parser.add_argument("--one-process", action="store_true", help="fork no workers")
    given = vars(parser.parse_args(argv))
    host, _, port = given.pop("listen").rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        parser.error("--listen needs HOST:PORT")
    for name, value in given.items():
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value <= 0:
            parser.error(f"--{name.replace('_', '-')} must be more than 0")
    fork = not given.pop("one_process") and hasattr(os, "fork")
    return Settings(host=host.strip("[]"), port=int(port), fork=fork, **given)


def main(argv: list[str] | None = None) -> int:
    """Run the console; the process's exit code."""
    settings = parse(sys.argv[1:] if argv is None else argv)
    to_stderr()
    environment.prepare(os.environ)
    try:
        return _serve(settings)
    except BatmonError as error:
        log.error("%s", error, extra={"hint": error.hint})
        return 1
    except KeyboardInterrupt:
        return 0


def _serve(settings: Settings) -> int:
    # Textual reads the environment when it is imported, so nothing that needs it may be imported before this.
    from batmon_tui.ssh import hostkey, serving, workers  # noqa: PLC0415
    from batmon_tui.ssh.listening import listen  # noqa: PLC0415
    from batmon_tui.ssh.screens import find_app  # noqa: PLC0415

    hostkey.load_or_make(settings.host_key)
    listeners = listen(settings.host, settings.port)
    make_app = find_app(settings.app)
    serving.warm_up(make_app)
    if not settings.fork:
        return serving.run(serving.alone(settings, make_app, listeners))
    return workers.Parent(
        settings, listeners, lambda control: serving.run(serving.work(settings, make_app, control))
    ).run()


if __name__ == "__main__":
    sys.exit(main())
