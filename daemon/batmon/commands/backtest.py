"""``batmon incident backtest PROGRAM``: how often a rule would have fired over the recorded history."""

# No `from __future__ import annotations`: typer reads the annotations of functions inside functions.

from collections.abc import Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from typer.core import TyperCommand

from batmon.commands.options import Json, Since
from batmon.commands.session import DONE, Session
from batmon.commands.table import moment, table
from batmon.moments import moment_of
from batmon.words import Language, duration, say

Shape = Mapping[str, Any]
_HEADS: Mapping[Language, tuple[str, ...]] = {
    "en": ("", "fired", "until", "run", "why"),
    "ko": ("", "발생", "해결", "실행", "이유"),
}


def add_backtest(incidents: typer.Typer, command: type[TyperCommand]) -> None:
    """Add the command to the group ``batmon incident``."""
    incidents.command("backtest", cls=command)(_backtest)


def _duration(text: str) -> float:
    from batmon.config.values import duration as read_duration  # noqa: PLC0415 - the configuration is slow to import

    try:
        return read_duration(text).total_seconds()
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _backtest(
    context: typer.Context,
    program: Annotated[str, typer.Argument(metavar="PROGRAM", show_default=False, hidden=True)],
    *,
    grace: Annotated[
        float | None, typer.Option(metavar="TIME", parser=_duration, help="with this grace, such as 10m")
    ] = None,
    max_runtime: Annotated[
        float | None, typer.Option(metavar="TIME", parser=_duration, help="with this longest run time, such as 1h")
    ] = None,
    min_runtime: Annotated[
        float | None, typer.Option(metavar="TIME", parser=_duration, help="with this shortest run time; 0s: none")
    ] = None,
    alert_after: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=1000, help="after so many failures in a row")
    ] = None,
    baseline: Annotated[
        bool | None, typer.Option("--baseline/--no-baseline", help="with or without unusual output and time")
    ] = None,
    since: Since = None,
    as_json: Json = False,
) -> Coroutine[Any, Any, int]:
    """Say how often a rule would have fired on the recorded runs.

    Replays the last 90 days, or from --since on, with the rule that holds and with what the options change. Signs: +
    fired only with the change, - only without it.
    """
    asked = {
        "grace_sec": grace, "max_runtime_sec": max_runtime, "min_runtime_sec": min_runtime,
        "alert_after": alert_after, "baseline": baseline,
    }  # fmt: skip
    return backtest(context.obj, program, asked, since=since, as_json=as_json)


async def backtest(
    session: Session, program: str, asked: Mapping[str, object], *, since: str | None, as_json: bool
) -> int:
    """Print what would have fired; ``asked`` are the arguments of ``incident.backtest``, None where nothing changes."""
    gate = await session.gate()
    zone = ZoneInfo(str(gate.hello.get("timezone") or "UTC"))
    args = {key: value for key, value in asked.items() if value is not None}
    if since is not None:
        args["since"] = moment_of(since, zone, datetime.now(UTC)).isoformat()
    found = await gate.request("incident.backtest", program=program, **args)
    if as_json:
        session.out_json(found)
        return DONE
    language: Language = "ko" if session.language == "ko" else "en"
    for line in _summary(found, language, zone, changed=bool(args.keys() - {"since"})):
        session.out(line)
    rows = _rows(found, language, zone)
    if rows:
        session.out("")
        for line in table(_HEADS[language], rows, session.width):
            session.out(line)
    _left_out(session, found, language)
    return DONE


def _summary(found: Shape, language: Language, zone: ZoneInfo, *, changed: bool) -> list[str]:
    korean = language == "ko"
    since, until = moment(found["since"], zone)[:16], moment(found["until"], zone)[:16]
    runs, slots = f"{found['runs']:,}", f"{found['slots']:,}"
    lines = [
        f"{found['program']}: {since} ~ {until}, 실행 {runs}회, 예정 {slots}회"
        if korean
        else f"{found['program']}: {since} to {until}, {runs} runs, due {slots} times"
    ]
    present, other = found["present"], found["changed"]
    lines.append(_fired("현재 규칙" if korean else "present rule", present, _settings(present, language), language))
    if changed:
        differing = {name: words for name, words in _settings(other, language).items()
                     if words != _settings(present, language)[name]}  # fmt: skip
        lines.append(_fired("바꾼 규칙" if korean else "changed rule", other, differing, language))
        difference = other["fired"] - present["fired"]
        if difference:
            more = abs(difference)
            lines.append(
                f"{more:,}회 {'더 많음' if difference > 0 else '더 적음'}"
                if korean
                else f"{more:,} {'more' if difference > 0 else 'fewer'}"
            )
    return lines


def _fired(name: str, rule: Shape, settings: Mapping[str, str], language: Language) -> str:
    words = ", ".join(f"{key} {value}" for key, value in settings.items())
    fired = f"{rule['fired']:,}"
    return f"{name}: {fired}회 발생 ({words})" if language == "ko" else f"{name}: fired {fired} times ({words})"


def _settings(rule: Shape, language: Language) -> dict[str, str]:
    """What decides, by the keys of the configuration."""

    def span(key: str) -> str:
        seconds = rule[key]
        return ("없음" if language == "ko" else "none") if seconds is None else duration(seconds, language)

    return {
        "grace": span("grace_sec"),
        "max_runtime": span("max_runtime_sec"),
        "min_runtime": span("min_runtime_sec"),
        "alert_after": str(rule["alert_after"]),
        "baseline": "true" if rule["baseline"] else "false",
    }


def _rows(found: Shape, language: Language, zone: ZoneInfo) -> list[Sequence[str]]:
    """The firings of both rules by time: those of the changed one, and what only the present one had."""
    more = {firing["at"] for firing in found["more"]}
    signed = [("+" if firing["at"] in more else " ", firing) for firing in found["changed"]["firings"]]
    signed += [("-", firing) for firing in found["fewer"]]
    rows: list[Sequence[str]] = []
    for sign, firing in sorted(signed, key=lambda one: datetime.fromisoformat(one[1]["at"])):
        at = datetime.fromisoformat(firing["at"])
        number = firing["log_id"] or firing["run_id"]
        rows.append(
            (
                sign,
                moment(firing["at"], zone),
                moment(firing["resolved_at"], zone),
                "-" if number is None else str(number),
                say(firing["reason"], firing["facts"], language, zone, at),
            )
        )
    return rows


def _left_out(session: Session, found: Shape, language: Language) -> None:
    shown = found["changed"]["firings"]
    if len(shown) < found["changed"]["fired"]:
        n = len(shown)
        session.err(f"가장 최근 {n}건만 표시합니다" if language == "ko" else f"only the latest {n} are shown")
    if found["cut"]:
        session.err(
            "기록이 너무 많아 가장 최근 실행만 재생했습니다"
            if language == "ko"
            else "there are too many runs: only the latest were replayed"
        )
