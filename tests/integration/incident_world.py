"""Programs that fail and recover on a real store, judged as the checker does it, under a clock that the test moves."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from batmon.config import load
from batmon.engine.incidents.alerting import Alerting
from batmon.engine.incidents.clock import IncidentClock
from batmon.engine.incidents.notices import Grouper
from batmon.model import Reason, Run, RunStatus, Status, Verdict
from batmon.store import Judgement
from batmon.store.incidents import Incidents
from batmon.store.notices import Notices
from batmon.store.notifications import Notifications

START = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
NODE = "seoul-01"
HEAD = f"""
[node]
name = "{NODE}"
timezone = "UTC"
[email]
host = "127.0.0.1"
security = "none"
sender = "batmon@example.com"
admins = ["ops@example.com"]
"""


async def whole_messages(store, **wanted):
    """The messages of a list, newest first, with what their templates are given."""
    notifications = Notifications(store)
    return [await notifications.find(one.id) for one in await notifications.listed(**wanted)]


class World:
    """One daemon's worth of incident handling. ``now`` is the clock."""

    def __init__(self, store, folder, text="", programs=("kindscrap",), extra=None):
        self.store, self.now = store, START
        tables = [HEAD, text]
        for name in programs:
            (folder / name).mkdir(exist_ok=True)
            more = (extra or {}).get(name, "")
            tables.append(
                f'[[programs]]\nname = "{name}"\nschedule = "0 6 * * *"\nbase_dir = "{folder / name}"\n{more}\n'
            )
        (folder / "config.toml").write_text("\n".join(tables), "utf-8")
        self.config = load(folder / "config.toml", {})
        self.programs = {program.name: program for program in self.config.programs}
        self.incidents = Incidents(store)
        self.second()
        self.runs = 0

    def second(self):
        """Another daemon on the same node, in the place of the one before."""
        self.alerting = Alerting(self.config, self.programs.values())
        self.clock = IncidentClock(self.incidents, self.alerting, node=NODE, now=lambda: self.now)
        self.grouper = Grouper(
            Notices(self.store), self.alerting, self.config.alerts, node=NODE, console="batmon tui",
            single=[channel.name for channel in self.config.channels if channel.kind == "servicenow"],
            now=lambda: self.now,
        )  # fmt: skip

    async def begin(self):
        self.states = await self.store.register(NODE, list(self.programs.values()), START)
        await self.clock.load(self.now)
        return self

    def later(self, **span):
        self.now += timedelta(**span)

    async def judge(self, name, status, reason, **facts):
        """The program is judged now; the incident as it stands then, if any was touched."""
        self.runs += 1
        bad = status is Status.ERROR
        run = Run(UUID(int=self.runs), name, RunStatus.FAILED if bad else RunStatus.SUCCESS, self.now, self.now)
        verdict = Verdict(status, reason, self.now, facts, last_run=run)
        before = self.states[name]
        change = self.alerting.weigh(self.programs[name], before, verdict, self.now)
        judgement = Judgement(
            program=name, node=NODE, expected_version=before.version, verdict=verdict, since=self.now,
            judged_until=self.now, runs=(run,), incident=change,
        )  # fmt: skip
        after = await self.store.commit(judgement)
        if after is None:
            self.states[name] = await self.store.state(name)
            return await self.judge(name, status, reason, **facts)
        self.states[name] = after
        self.alerting.committed(change, name)
        return change.outcome.incident if change is not None and change.outcome is not None else None

    async def fail(self, name="kindscrap", line="login failed", **facts):
        return await self.judge(name, Status.ERROR, Reason.FAILED, **{"line": line, "failures": 1, **facts})

    async def succeed(self, name="kindscrap"):
        return await self.judge(name, Status.OK, Reason.SUCCEEDED)

    async def look(self):
        """What the deadlines and the grouper do now."""
        await self.clock.look()
        await self.grouper.gather()

    async def messages(self):
        """What has been owed so far, oldest first: (event, recipient, names of programs)."""
        found = await whole_messages(self.store, limit=500)
        return [
            (one.data["event"], one.recipient, [program["name"] for program in one.data["programs"]])
            for one in reversed(found)
        ]

    async def timeline(self, incident):
        return [entry["kind"] for entry in await self.incidents.timeline(incident.id, 100)]
