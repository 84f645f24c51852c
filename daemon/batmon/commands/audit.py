"""``batmon audit``: who did what, who was refused."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from batmon.commands.session import DONE, Session
from batmon.commands.table import moment, table


async def audit(session: Session, *, limit: int, as_json: bool) -> int:
    """Print the latest ``limit`` entries of the audit trail, newest first."""
    gate = await session.gate()
    entries = (await gate.request("audit", limit=limit))["entries"]
    if as_json:
        session.out_json(entries)
        return DONE
    zone = ZoneInfo(str(gate.hello.get("timezone") or "UTC"))
    keys = ("actor", "role", "peer", "action", "target", "outcome", "detail")
    rows = [(moment(entry["at"], zone), *(str(entry.get(key) or "") for key in keys)) for entry in entries]
    for line in table((f"at ({zone.key})", *keys), rows, session.width):
        session.out(line)
    return DONE
