"""``batmon password set``: the operation password, which a re-run and a stop ask for."""

from __future__ import annotations

from batmon.commands.session import DONE, Session
from batmon.errors import Refused
from batmon.refusals import because


async def password_set(session: Session, *, password_file: str | None) -> int:
    """Ask for a new operation password twice, or take it from the file or BATMON_PASSWORD, and set it."""
    gate = await session.gate()
    if password_file:
        new = await session.one_line(password_file, "--password-file")
    elif given := session.environ.get("BATMON_PASSWORD"):
        new = given
    else:
        new = await session.ask_password("New operation password: ")
        if new != await session.ask_password("The same again: "):
            raise Refused(because("passwords-differ"))
    await gate.request("password.set", new=new)
    session.err("the operation password is set")
    return DONE
