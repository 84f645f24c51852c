"""config.toml, environment and flags -> ``Config``; each later one of the three wins, and all problems come at once."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from batmon import config_place
from batmon.config.alerts import check_dependencies, read_alerts
from batmon.config.calendars import read_calendars
from batmon.config.channel_reading import read_channels
from batmon.config.duties import DUTIES, Surroundings, read_duties
from batmon.config.email import read_email
from batmon.config.http import read_http
from batmon.config.lines import Place, locate
from batmon.config.machine import host_name, local_timezone
from batmon.config.packs import OpenPack, open_packs
from batmon.config.programs import read_program
from batmon.config.reports import read_reports
from batmon.config.section import Problems, Section
from batmon.config.settings import CaptureConfig, Config, Demo, LogsConfig, RecordConfig, SshConfig
from batmon.config.step_channels import unknown_channels
from batmon.config.toml_file import config_error, parse, read_text
from batmon.config.values import database_url, listen_address, similar, timezone
from batmon.config.variables import Variables
from batmon.errors import ConfigError
from batmon.model import Program
from batmon.places import SOCKET_PATH_LIMIT, default_state

ENVIRONMENT: Mapping[str, tuple[str, str]] = {
    "BATMON_STATE": ("paths", "state"),
    "BATMON_DATABASE_URL": ("database", "url"),
    "BATMON_SSH_ENABLED": ("ssh", "enabled"),
    "BATMON_SSH_LISTEN": ("ssh", "listen"),
    "BATMON_LANGUAGE": ("ui", "language"),
    "BATMON_NODE": ("node", "name"),
}
"""Environment variable -> the key that it overrides. An empty variable counts as absent."""

LANGUAGES = ("auto", "ko", "en")
_DISPLAY = re.compile(r"[A-Za-z0-9._/-]*:\d{1,5}(\.\d{1,3})?")


def find_config(explicit: str | None, environ: Mapping[str, str], cwd: Path) -> Path | None:
    """The configuration file to use, absolute; None when there is none. See ``config_place.find``."""
    found = config_place.find(explicit, environ, str(cwd))
    return None if found is None else Path(found)


def load(
    path: Path | None,
    environ: Mapping[str, str],
    overrides: Mapping[str, str] | None = None,
    *,
    shown: str | None = None,
) -> Config:
    """The configuration of the file ``path`` (None: defaults only), of the environment and of flags.

    ``overrides`` maps a dotted key that ``ENVIRONMENT`` has (``"paths.state"``, ``"ssh.listen"``) to the text of a
    flag. ``shown`` is how messages call the file; absent, its path, from the working folder where it lies below that.

    Raises:
        ConfigError: something is wrong; ``problems`` has all of it, and ``str()`` lists it, one a line.
    """
    name = shown or _short(path)
    text = "" if path is None else read_text(path, name)
    data = parse(text, name)
    outside = _lay_over(data, environ, overrides or {})
    problems = Problems(name, locate(text), outside)
    packs, unreadable = open_packs(path.absolute().parent / "packs", _short) if path is not None else ([], [])
    config = _read(Section(problems, data), problems, environ, path, packs)
    found = [*problems.in_order(), *(one for pack in packs for one in pack.problems.in_order()), *unreadable]
    found = found or unknown_channels(config)
    if found:
        raise config_error(tuple(found))
    return config


def prepare_folders(config: Config) -> None:
    """Make the state folder (0700) and the programs' folders that lie below it.

    Raises:
        ConfigError: one of them cannot be made.
    """
    folders = [program.base_dir for program in config.programs if program.base_dir.is_relative_to(config.state)]
    try:
        config.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"the folder {error.filename} cannot be made: {error.strerror}",
            hint="name another state folder with [paths] state, BATMON_STATE or --state",
        ) from error


def _short(path: Path | None) -> str:
    if path is None:
        return "defaults"
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _lay_over(data: dict[str, Any], environ: Mapping[str, str], overrides: Mapping[str, str]) -> dict[Place, str]:
    """Put the environment's and the flags' texts into ``data``; which place was given by whom."""
    outside: dict[Place, str] = {}
    places = {".".join(place): place for place in ENVIRONMENT.values()}
    given = [(place, environ[name], name) for name, place in ENVIRONMENT.items() if environ.get(name)]
    given += [(places[key], value, "command line") for key, value in overrides.items()]
    for (table, key), value, source in given:
        inner = data.setdefault(table, {})
        if isinstance(inner, dict):
            inner[key] = value
            outside[(table, key)] = source
    return outside


def _read(
    root: Section, problems: Problems, environ: Mapping[str, str], path: Path | None, packs: Sequence[OpenPack]
) -> Config:
    folder = path.absolute().parent if path is not None else Path.cwd()
    variables = Variables(environ, folder)
    state = _state(root, variables, folder)
    variables.define("state", str(state))
    node_table = root.section("node")
    node = node_table.text("name", "", _node_name) or host_name(environ)
    node_zone = node_table.text("timezone", None, timezone)
    node_table.finish()
    database = root.section("database")
    url = database.text("url", None, lambda text: database_url(variables.expand(text)))
    database.finish()
    ui = root.section("ui")
    language = ui.text("language", "auto", _language)
    ui.finish()
    ssh = _ssh(root.section("ssh"))
    http = read_http(root.section("http"), variables)
    logs = _logs(root.section("logs"))
    capture = _capture(root.section("capture"), variables)
    record = _record(root.section("record"), variables)
    reports = read_reports(root.section("reports"), variables)
    zoned = any(part.has(key) for part in (root, *(pack.root for pack in packs)) for key in ("programs", *DUTIES))
    machine_zone = node_zone or (local_timezone(environ) if zoned else None)

    def zone(table: Section) -> str:
        if machine_zone is None:
            table.problems.add(
                table.place, '"timezone" is missing', "this machine's own is not known; set it here or in [node]"
            )
        return machine_zone or "UTC"

    tables = root.sections("programs")
    programs = [read_program(table, variables, node=node, state=state, zone=zone, reports=reports) for table in tables]
    names = _names(tables, problems)
    calendars = read_calendars(root, tables)
    shown_zone = machine_zone or local_timezone(environ) or "UTC"
    around = Surroundings(variables, node, zone, shown_zone, folder / "sql")
    duties, probe_tables = read_duties(root, packs, around, names)
    demo_table = root.section("demo")
    demo = _demo(demo_table, programs, names) if root.has("demo") else None
    email_table = root.section("email")
    email = read_email(email_table, variables) if root.has("email") else None
    channels = read_channels(root.sections("channels"), variables)
    alerts = read_alerts(root, email, channels, zone=shown_zone)
    check_dependencies([*tables, *probe_tables], {*names, *(probe.name for probe in duties.probes)})
    root.finish()
    return Config(
        state=state,
        node=node,
        source=None if path is None else path.absolute(),
        database_url=url,
        ssh=ssh,
        http=http,
        logs=logs,
        capture=capture,
        record=record,
        language=language,
        timezone=shown_zone,
        programs=tuple(program for program in programs if program is not None),
        probes=duties.probes,
        spare_probes=duties.spare,
        demo=demo,
        email=email,
        channels=channels,
        alerts=alerts,
        calendars=calendars,
        reports=reports,
        automations=duties.automations,
        events=duties.events,
        inboxes=duties.inboxes,
        packs=tuple(opened.pack for opened in packs),
    )


def _state(root: Section, variables: Variables, folder: Path) -> Path:
    """From flag or environment relative to the working folder, from the file relative to the file."""
    paths = root.section("paths")
    if root.problems.is_outside(("paths", "state")):
        variables = Variables({}, Path.cwd())
    state = paths.text("state", None, variables.path) or folder / default_state()
    paths.finish()
    return state


def _ssh(table: Section) -> SshConfig:
    usual = SshConfig()
    host, port = table.text("listen", (usual.host, usual.port), listen_address)
    ssh = SshConfig(
        enabled=table.flag("enabled", default=usual.enabled),
        host=host,
        port=port,
        max_sessions=table.whole("max_sessions", usual.max_sessions, low=1, high=1000),
        max_unauthenticated=table.whole("max_unauthenticated", usual.max_unauthenticated, low=1, high=1000),
    )
    table.finish()
    return ssh


def _logs(table: Section) -> LogsConfig:
    logs = LogsConfig(unpacked_mb=table.whole("unpacked_mb", LogsConfig().unpacked_mb, low=1, high=1 << 20))
    table.finish()
    return logs


def _capture(table: Section, variables: Variables) -> CaptureConfig:
    usual = CaptureConfig()
    capture = CaptureConfig(
        enabled=table.flag("enabled", default=usual.enabled),
        display=table.text("display", usual.display, _display),
        xauthority=table.text("xauthority", usual.xauthority, variables.path),
    )
    table.finish()
    return capture


def _record(table: Section, variables: Variables) -> RecordConfig:
    usual = RecordConfig()
    record = RecordConfig(
        enabled=table.flag("enabled", default=usual.enabled),
        socket=table.text("socket", usual.socket, lambda text: _socket(variables.path(text))),
        group=table.text("group", usual.group, str.strip),
        spools=tuple(Path(text) for text in table.texts("spools", (), lambda text: str(variables.path(text)))),
    )
    if record.group and not table.has("socket"):
        table.bad(
            "group", "others cannot reach the socket in the state folder", "name a socket in a folder they may enter"
        )
    table.finish()
    return record


def _socket(path: Path) -> Path:
    if len(os.fsencode(path)) >= SOCKET_PATH_LIMIT:
        raise ValueError(f"{path}: a socket's path is shorter than {SOCKET_PATH_LIMIT} bytes")
    return path


def _names(tables: list[Section], problems: Problems) -> list[str]:
    """Every program's name as written, valid or not; a name that comes twice is noted."""
    first: dict[str, Section] = {}
    for table in tables:
        name = table.peek("name")
        if not isinstance(name, str) or not name:
            continue
        if name in first:
            line = problems.line((*first[name].place, "name"))
            table.bad("name", f"the name {name!r} is taken", f"it is the name of {first[name].label} on line {line}")
        first.setdefault(name, table)
    return list(first)


def _demo(table: Section, programs: list[Program | None], names: list[str]) -> Demo | None:
    usual = Demo()
    whole = {program.name: program for program in programs if program is not None}

    def known(text: str) -> str:
        if text not in names:
            near = similar(text, names)
            raise ValueError(f"no program is called {text!r}" + (f'; did you mean "{near}"?' if near else ""))
        if text in whole and not whole[text].rerun:
            raise ValueError(f"{text} has no rerun command to start it with")
        if text in whole and whole[text].rerun_params:
            raise ValueError(f"the rerun command of {text} needs parameters, and the demo has none")
        return text

    enabled = table.flag("enabled", default=True)
    demo = Demo(
        every=table.duration("every", usual.every, positive=True),
        grace=table.duration("grace", usual.grace, positive=True),
        max_runtime=table.duration("max_runtime", usual.max_runtime, positive=True),
        failing=table.text("failing", "", known),
        late=table.text("late", "", known),
        hanging=table.text("hanging", "", known),
    )
    table.finish()
    minutes, rest = divmod(demo.every, timedelta(minutes=1))
    if rest or not 1 <= minutes <= 60 or 60 % minutes:
        table.bad("every", "must be whole minutes that divide an hour", 'such as "1m", "2m", "5m" or "15m"')
    for key, value in (("grace", demo.grace), ("max_runtime", demo.max_runtime)):
        if value >= demo.every:
            table.bad(key, "must be shorter than demo.every")
    if len(set(demo.programs)) < len(demo.programs):
        table.problems.add(table.place, "failing, late and hanging must be three different programs")
    return demo if enabled else None


def _language(text: str) -> str:
    if text not in LANGUAGES:
        raise ValueError(f"{text!r} is not a language of the console; use {', '.join(LANGUAGES)}")
    return text


def _display(text: str) -> str:
    if not _DISPLAY.fullmatch(text):
        raise ValueError(f'{text!r} is not an X display; write it as ":0"')
    return text


def _node_name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > 50 or not name.isprintable():
        raise ValueError(f"{text!r}: a node's name has 1 to 50 printable characters")
    return name
