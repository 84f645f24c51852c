"""``python -m batmon_tui --address PATH | --ssh URL``: the console on this terminal."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from batmon import __version__
from batmon.errors import BatmonError
from batmon.gate.client import GateClient
from batmon.places import default_state, gate_address
from batmon_tui.locale import choose, tr


def main(arguments: Sequence[str] | None = None) -> int:
    """Show the console until it is left: 0, or 2 when it cannot be shown here."""
    parser = argparse.ArgumentParser(prog="batmon tui", description="The console of BATMON.")
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--address", help="the daemon's gate; without it the one of the usual state folder")
    place.add_argument("--ssh", metavar="URL", help="ssh://user@host:8022: the console of another machine")
    parser.add_argument("--identity", metavar="FILE", help="the key to log in with, with --ssh")
    parser.add_argument("--language", choices=("auto", "ko", "en"), default="auto")
    args = parser.parse_args(arguments)
    locale = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        sys.stderr.write(tr(choose(args.language, locale=locale), "main.no_terminal") + "\n")
        return 2

    async def connect() -> GateClient:
        if args.ssh:
            from batmon_tui.attach import connect_ssh  # noqa: PLC0415 - asyncssh is slow to import

            return await connect_ssh(args.ssh, args.identity)
        return await GateClient.connect(args.address or gate_address(default_state()), client=f"tui {__version__}")

    from batmon_tui.app import BatmonApp  # noqa: PLC0415 - Textual is slow to import, and wrong usage needs none of it

    try:
        app = BatmonApp(connect, language=args.language, locale=locale, remote=False)
        app.run()
    except BatmonError as error:
        sys.stderr.write(f"{error}\n" + (f"{error.hint}\n" if error.hint else ""))
        return 1
    return app.return_code or 0


if __name__ == "__main__":
    sys.exit(main())
