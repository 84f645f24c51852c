"""A board with probes beside programs, told by the daemon's own functions so that the shapes are the true ones."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from stage import NOW, Stage

from batmon.config.probe_targets import (
    CertificateTarget,
    ContainerTarget,
    DiskTarget,
    HttpTarget,
    MachineTarget,
    MailTarget,
)
from batmon.config.probes import Probe
from batmon.config.secrets import Secret
from batmon.engine.probes.rows import config_json, look_json, probe_row, strip
from batmon.gate.server import Verb
from batmon.judge.probe import Rule, Sample, judge
from batmon.model import Program, Role
from batmon.store import StoredState

MINUTE = timedelta(minutes=1)
TEN_SEC = timedelta(seconds=10)
SITE = HttpTarget(Secret("https://pay.example.com/health?key=secret"))


def _probe(name, title, target, rule) -> Probe:
    return Probe(
        Program(name, Path(), title=title, node="seoul-01", timezone="Asia/Seoul", logs=(), probe=True), rule, target
    )


def _looks(*values, every=MINUTE, **more) -> list[Sample]:
    """Samples, newest first, of values told oldest first."""
    last = NOW - timedelta(seconds=7)
    found = []
    for index, value in enumerate(reversed(values)):
        at = last - every * index
        if isinstance(value, Sample):
            found.append(value)
        else:
            seconds = value if more.get("timed", True) else 0.02
            facts = more.get("facts") or {}
            found.append(Sample(at, seconds, value=float(value), facts=facts))
    return found


def probes() -> list[tuple[Probe, list[Sample]]]:
    """Each with its looks, newest first."""
    api = _probe("api-pay", "결제 API", SITE, Rule("http", MINUTE, TEN_SEC, warn=3.0, crit=8.0, unit="s"))
    quick = [0.21, 0.19, 0.24, 0.2, 0.22, 0.3, 0.21, 0.2, 0.19, 0.23] * 2
    slow = _looks(*quick, 0.4, 0.9, 1.6, 2.2, 4.2)
    site = _probe("homepage", "홈페이지", SITE, Rule("http", MINUTE, TEN_SEC, warn=3.0, unit="s"))
    down = _looks(*quick)
    status = {"expected": "200-399"}
    down.insert(0, Sample(NOW - timedelta(seconds=20), 0.3, fault="status", detail="502 Bad Gateway", facts=status))
    disk = _probe("disk-var", "디스크", DiskTarget(Path("/var")), Rule("disk", MINUTE, TEN_SEC, 15, 5, "%", below=True))
    cpu = _probe("cpu", "CPU", MachineTarget(), Rule("cpu", MINUTE, TEN_SEC, warn=90, unit="%", lasting=5 * MINUTE))
    certificate = _probe(
        "cert-pay", "결제 인증서", CertificateTarget("pay.example.com"),
        Rule("certificate", timedelta(hours=1), TEN_SEC, 14, 3, "d", below=True),
    )  # fmt: skip
    mail = _probe("batmon-mail", "메일 발송", MailTarget(), Rule("mail", MINUTE, TEN_SEC, warn=10, unit="%"))
    web = _probe("container-web", "웹 컨테이너", ContainerTarget("web"), Rule("container", MINUTE, TEN_SEC, warn=2))
    engine = Sample(NOW - timedelta(seconds=9), 0.01, fault="denied", blind=True, detail="/var/run/docker.sock")
    return [
        (api, slow),
        (site, down),
        (disk, _looks(*[44.0] * 29, 43.0, timed=False, facts={"free": 46_000_000_000})),
        (cpu, _looks(12, 20, 15, 18, 40, 30, 22, 12, 10, 97, timed=False)),
        (certificate, _looks(15, 14, 13, 12, every=timedelta(days=1), timed=False)),
        (mail, _looks(0, 0, 2, 12.5, timed=False, facts={"total": 120, "failed": 15})),
        (web, [engine, *_looks(0, 0, 0, timed=False)]),
    ]


def row_of(probe: Probe, samples: list[Sample]) -> dict:
    """The probe's row as the daemon shows it."""
    verdict = judge(probe.name, probe.rule, samples, now=NOW)
    state = StoredState(
        probe.name, "seoul-01", verdict.status, verdict.reason, _over_the_gate(verdict.facts), samples[0].at,
        samples[0].at, None, verdict.deadline, NOW, NOW, None, None, strip(probe.rule, samples[:30]), "",
        log_seen=False, version=1,
    )  # fmt: skip
    planned = samples[0].at + probe.rule.every
    return dict(probe_row(probe, state, samples, planned=planned, doubt=None))


def _over_the_gate(facts):
    return {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in facts.items()}


class ProbeStage(Stage):
    """The stage with three programs and seven probes."""

    def __init__(self, state: Path, **more) -> None:
        super().__init__(state, **more)
        kept = ("kindscrap", "fund_mail", "auto_esafe")
        self.rows = {name: self.rows[name] | {"incident": None, "probe": ""} for name in kept}
        self.probes = {probe.name: (probe, samples) for probe, samples in probes()}
        for name, (probe, samples) in self.probes.items():
            self.rows[name] = row_of(probe, samples)
            self.runs[name] = [look_json(probe, sample) for sample in samples]
        self.logs = {**self.logs, "probe.look": Verb(Role.OPERATOR, answer=self._look)}

    async def _look(self, _caller, args):
        self.asked.append(("look", args))
        return {"row": self.rows[args["program"]]}

    async def _program(self, caller, args):
        known = self.probes.get(args["name"])
        if known is None:
            return await super()._program(caller, args)
        return {"row": self.rows[args["name"]], "config": config_json(known[0]), "recent": self.runs[args["name"]]}
