"""``batmon user add|list|remove``: who may come in over SSH, with which key and role."""

from __future__ import annotations

from typing import Any

from batmon.commands.session import DONE, Session
from batmon.commands.table import table
from batmon.gate.keyring import parse_expiry, parse_key


async def user_add(
    session: Session, name: str, *, key: str, role: str, from_patterns: list[str], expires: str | None
) -> int:
    """Let ``name`` in with the public key in the file ``key`` (``-``: standard input)."""
    key_line, _, comment = parse_key(await session.read_file(key))
    args: dict[str, Any] = {"name": name, "role": role, "key": f"{key_line} {comment}".rstrip()}
    if from_patterns:
        args["from"] = [part.strip() for pattern in from_patterns for part in pattern.split(",")]
    if expires:
        args["expires_at"] = parse_expiry(expires).isoformat()
    gate = await session.gate()
    added = await gate.request("user.add", **args)
    session.out(f"{name} {role} {added['fingerprint']}")
    return DONE


async def user_list(session: Session, *, as_json: bool) -> int:
    """Print every key, with whose it is and what it may do."""
    gate = await session.gate()
    users = (await gate.request("user.list"))["users"]
    if as_json:
        session.out_json(users)
        return DONE
    rows = [(u["name"], u["role"], u["fingerprint"], _limits(u), u["comment"] or "") for u in users]
    for line in table(("name", "role", "key", "limits", "comment"), rows, session.width):
        session.out(line)
    if not users:
        session.err("nobody yet: batmon user add NAME --key FILE.pub --role viewer|operator|admin")
    return DONE


async def user_remove(session: Session, name: str, *, fingerprint: str | None) -> int:
    """Let ``name`` in no longer, with any key or with that one only."""
    gate = await session.gate()
    args = {"name": name} | ({"fingerprint": fingerprint} if fingerprint else {})
    removed = (await gate.request("user.remove", **args))["removed"]
    session.err(f"{removed} key{'' if removed == 1 else 's'} of {name} removed")
    return DONE


def _limits(user: dict[str, Any]) -> str:
    limits = [f"from {','.join(user['from'])}"] if user.get("from") else []
    if user.get("expires_at"):
        limits.append(f"until {user['expires_at'][:10]}")
    return ", ".join(limits) or "-"
