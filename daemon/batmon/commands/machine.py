"""The grammar of the commands that only make sense on the machine itself: starting, attaching, installing."""

from collections.abc import Coroutine
from typing import Annotated, Any

import typer

from batmon.commands import foreground, pack, service
from batmon.commands.options import Json
from batmon.commands.record_verbs import add_record_verbs
from batmon.commands.verbs import Command

Action = Coroutine[Any, Any, int]
Pack = Annotated[str, typer.Argument(metavar="PACK", show_default=False, hidden=True)]
ServiceUser = Annotated[str | None, typer.Option(metavar="NAME", help="as whom it runs (root only)")]


def add_machine_commands(app: typer.Typer) -> None:
    """Add them to ``app``; the context's object is the LocalSession."""
    app.command("up", cls=Command)(_up)
    app.command("daemon", cls=Command)(_daemon)
    app.command("tui", cls=Command)(_tui)
    add_record_verbs(app, Command)
    configurations = typer.Typer(help="The configuration.", no_args_is_help=True)
    configurations.command("check", cls=Command)(_config_check)
    configurations.command("show", cls=Command)(_config_show)
    app.add_typer(configurations, name="config")
    packs = typer.Typer(help="Duties that come with BATMON: configuration, SQL and templates.", no_args_is_help=True)
    packs.command("list", cls=Command)(_pack_list)
    packs.command("install", cls=Command)(_pack_install)
    packs.command("remove", cls=Command)(_pack_remove)
    app.add_typer(packs, name="pack")
    services = typer.Typer(help="The daemon as a service of this machine.", no_args_is_help=True)
    services.command("show", cls=Command)(_service_show)
    services.command("install", cls=Command)(_service_install)
    services.command("uninstall", cls=Command)(_service_uninstall)
    app.add_typer(services, name="service")


def _up(
    context: typer.Context,
    *,
    once: Annotated[
        bool, typer.Option("--once", help="end after the first verdicts, and stop what was started")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="leave the daemon running at the end")] = False,
) -> Action:
    """Start everything and open the console.

    Without a terminal: wait until the sample programs have run, print the verdicts, stay until Ctrl+C.
    """
    from batmon.commands.up import up  # noqa: PLC0415 - the configuration is slow to import, and most verbs only ask the daemon

    return up(context.obj, once=once, keep=keep)


def _daemon(context: typer.Context) -> int:
    """Watch, headless, in the foreground until SIGTERM or Ctrl+C."""
    return foreground.daemon(context.obj)


def _tui(
    context: typer.Context,
    where: Annotated[
        str | None, typer.Argument(metavar="[ssh://USER@HOST:PORT]", show_default=False, hidden=True)
    ] = None,
    *,
    identity: Annotated[str | None, typer.Option(metavar="FILE", help="private key for ssh")] = None,
) -> int:
    """Open the console, here or over SSH.

    Without an address it is the console of this machine's daemon.
    """
    return foreground.tui(context.obj, where, identity=identity)


def _config_check(context: typer.Context, *, as_json: Json = False) -> Action:
    """Say every problem of the configuration with its file, line and key."""
    from batmon.commands.configuration import config_check  # noqa: PLC0415 - see _up, and the templates of messages

    return config_check(context.obj, as_json=as_json)


def _config_show(context: typer.Context) -> Action:
    """Print the configuration that holds, defaults filled in."""
    from batmon.commands.configuration import config_show  # noqa: PLC0415 - see _up

    return config_show(context.obj)


def _pack_list(context: typer.Context, *, as_json: Json = False) -> Action:
    """Show the packs that there are, and which are installed here."""
    return pack.listed(context.obj, as_json=as_json)


def _pack_install(
    context: typer.Context,
    name: Pack,
    *,
    force: Annotated[
        bool, typer.Option("--force", help="replace files that were changed here; yours become .old")
    ] = False,
) -> Action:
    """Copy a pack beside the configuration; what was changed there stays."""
    return pack.install(context.obj, name, force=force)


def _pack_remove(context: typer.Context, name: Pack) -> Action:
    """Have an installed pack not be read any more; nothing is deleted."""
    return pack.remove(context.obj, name)


def _service_show(context: typer.Context, *, user: ServiceUser = None) -> Action:
    """Print the systemd unit, or the NSSM commands on Windows."""
    return service.show(context.obj, user=user)


def _service_install(context: typer.Context, *, user: ServiceUser = None) -> Action:
    """Install and start the daemon as a service (systemd)."""
    return service.install(context.obj, user=user)


def _service_uninstall(context: typer.Context) -> Action:
    """Stop the service and take it away (systemd)."""
    return service.uninstall(context.obj)
