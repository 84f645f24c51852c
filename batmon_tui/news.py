"""What there is for the person at the console: unread entries of the bell, and what happened since the last visit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from batmon.errors import BadRequest, BatmonError

if TYPE_CHECKING:
    from batmon_tui.link import Link
    from batmon_tui.view import View

LOOK_EVERY = 10
"""Seconds between two looks for unread entries."""
LEVELS = ("urgent", "attention", "info")
SIGNS: Mapping[str, str] = {"urgent": "◉", "attention": "◍", "info": "◌"}
"""Circles that are one cell wide in every terminal, told apart by their filling as well as by their colour."""
COLOURS: Mapping[str, str] = {"urgent": "error", "attention": "warning", "info": "success"}
_LOOKED_AT = 20


class News:
    """Asked for by ``look`` and ``arrive``; a daemon that does not know of them is not asked again."""

    def __init__(self) -> None:
        self.unread = 0
        self.level = ""
        """The gravest level among the latest unread entries; empty when there are none."""
        self.since: tuple[int, str] | None = None
        """How many incidents opened since the last visit, and when that was; None when there is nothing to tell."""
        self._knows = True

    def begin(self) -> None:
        """The daemon was found, perhaps another one than before."""
        self._knows = True

    async def look(self, link: Link) -> bool:
        """Ask how much is unread; whether that is other than before."""
        if not self._knows or not link.up:
            return False
        try:
            unread = int((await link.request("feed", limit=0))["unread"])
            if unread == self.unread:
                return False
            found = (await link.request("feed", limit=_LOOKED_AT, unread=True))["entries"] if unread else []
        except BatmonError as error:
            self._knows = not isinstance(error, BadRequest)
            return False
        self.unread, self.level = unread, (worst(found) or LEVELS[-1]) if unread else ""
        return True

    async def arrive(self, link: Link) -> bool:
        """Ask what happened since the last visit; whether there is anything to tell."""
        try:
            answer = await link.request("handover")
        except BatmonError:
            return False  # it is told on the page of the handover, whoever opens it
        opened = len(answer["opened"])
        self.since = (opened, str(answer["since"])) if opened else None
        return self.since is not None

    def words(self, view: View) -> str:
        """The line on the board about what happened since the last visit; empty when there is nothing to tell."""
        if self.since is None:
            return ""
        count, when = self.since
        return view.tr("board.handover.one" if count == 1 else "board.handover", n=count, when=view.brief(when))

    def seen(self) -> None:
        """The person has looked at what happened."""
        self.since = None


def worst(entries: Sequence[Mapping[str, Any]]) -> str:
    """The gravest level of the unread among some entries of the feed; empty when all were read."""
    found = {str(one["level"]) for one in entries if one["unread"]}
    return next((level for level in LEVELS if level in found), LEVELS[-1] if found else "")
