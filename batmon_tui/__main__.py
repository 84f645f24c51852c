"""``python -m batmon_tui --address PATH | --ssh URL``: the console on this terminal."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence

from batmon import __version__
from batmon.errors import BatmonError
from batmon.gate.client import GateClient
from batmon.places import default_state, gate_address
from batmon_tui.locale import choose, tr

CLIENT = f"tui {__version__}"
Connect = Callable[[], Awaitable[GateClient]]


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

    try:
        if args.ssh:
            return asyncio.run(_from_afar(args.ssh, args.identity, args.language, locale))
        address = args.address or gate_address(default_state())
        return asyncio.run(_show(lambda: GateClient.connect(address, client=CLIENT), args.language, locale))
    except BatmonError as error:
        sys.stderr.write(f"{error}\n" + (f"{error.hint}\n" if error.hint else ""))
        return 1
    except KeyboardInterrupt:
        return 130


async def _from_afar(url: str, identity: str | None, language: str, locale: str) -> int:
    """The console of another machine. Who that is and whether it lets us in is settled before the screen opens.

    Only this first time may ask about a key that is not known; connections after a loss ask nothing.
    """
    from batmon_tui.attach import ask_on_terminal, connect_ssh  # noqa: PLC0415 - asyncssh is slow to import

    first: list[GateClient] = [await connect_ssh(url, identity, trust=ask_on_terminal)]

    async def connect() -> GateClient:
        return first.pop() if first else await connect_ssh(url, identity)

    try:
        return await _show(connect, language, locale)
    finally:
        for client in first:
            await client.close()


async def _show(connect: Connect, language: str, locale: str) -> int:
    from batmon_tui.app import BatmonApp  # noqa: PLC0415 - Textual is slow to import, and wrong usage needs none of it

    app = BatmonApp(connect, language=language, locale=locale, remote=False)
    await app.run_async()
    return app.return_code or 0


if __name__ == "__main__":
    sys.exit(main())
