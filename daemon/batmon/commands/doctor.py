"""``batmon doctor``: what is wrong with an installation, and how to mend it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Protocol

from batmon.commands.session import DONE, FAILED, Session
from batmon.commands.table import cells
from batmon.errors import BatmonError, ConfigError

CONFIG_CHECK = "batmon config check says all of it"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: ``status`` is ``ok`` or ``problem``; a problem has a remedy."""

    name: str
    status: str
    message: str
    remedy: str = ""


class Inspected(Protocol):
    """What can be found out on the machine itself, beside what the daemon says."""

    state: str
    config: str | None
    findings: list[Finding]


def ok(name: str, message: str) -> Finding:
    """It is as it should be."""
    return Finding(name, "ok", message)


def problem(name: str, message: str, remedy: str) -> Finding:
    """It is not, and this mends it."""
    return Finding(name, "problem", message, remedy)


async def doctor(session: Session, *, as_json: bool) -> int:
    """Look at everything and print it; 0 if all is well, else 1. Over SSH only the daemon is asked."""
    said, findings = await _daemon(session)
    report: dict[str, Any] = {"database_url": said.get("database_url"), "state": None, "config": None, "daemon": said}
    inspect = getattr(session, "inspect", None)
    if inspect is not None:
        inspected: Inspected = await inspect(said)
        findings = [*inspected.findings, *findings]
        report |= {"state": inspected.state, "config": inspected.config}
    report["checks"] = [asdict(finding) for finding in findings]
    if as_json:
        session.out_json(report)
    else:
        _print(session, findings)
    return DONE if all(finding.status == "ok" for finding in findings) else FAILED


async def _daemon(session: Session) -> tuple[dict[str, Any], list[Finding]]:
    try:
        gate = await session.gate()
        said = await gate.request("doctor")
    except ConfigError:
        return {}, [problem("daemon", "where it would answer is not known without the configuration", CONFIG_CHECK)]
    except BatmonError as error:
        return {}, [problem("daemon", str(error), error.hint or "batmon daemon")]
    found = [ok("daemon", f"{gate.hello.get('version')} on {gate.hello.get('node')}, {said.get('programs')} programs")]
    found += _statistics(said.get("statistics"))
    remedy = "the daemon's log has the details"
    return said, found + [problem("daemon", str(text), remedy) for text in said.get("problems", ())]


def _statistics(said: dict[str, Any] | None) -> list[Finding]:
    """How far the runs are counted; nothing where the daemon cannot say."""
    if said is None:
        return []
    if said["until"] is None:
        return [ok("statistics", "all runs are counted")]
    words = f"all runs after {said['until']} are counted, what is older follows ({said['programs']} programs)"
    return [ok("statistics", words)]


def _print(session: Session, findings: list[Finding]) -> None:
    wide = max(cells(finding.name) for finding in findings)
    for finding in findings:
        good = finding.status == "ok"
        mark = "ok     " if good else "PROBLEM"
        if session.colour:
            mark = f"\x1b[{32 if good else 31}m{mark}\x1b[0m"
        session.out(f"{mark}  {finding.name:<{wide}}  {finding.message}")
        if finding.remedy:
            session.out(f"{'':<9}{'':<{wide}}  -> {finding.remedy}")
