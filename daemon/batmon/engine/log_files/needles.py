"""What a client looks for in a log: checked, with words for what is wrong. Pure."""

from __future__ import annotations

from batmon.errors import BadRequest
from batmon.evidence.find import Needle
from batmon.gate.arguments import Args
from batmon.refusals import because

LEVELS = ("error", "warn", "info", "debug")


def needle(args: Args) -> Needle:
    """What ``log.find`` looks for.

    Raises:
        BadRequest: not exactly one of ``text`` and ``level``, or a wrong one.
    """
    text, level = args.get("text"), args.get("level")
    if (text is None) == (level is None):
        raise BadRequest(because("text-or-level"))
    if level is not None:
        if level not in LEVELS:
            raise BadRequest(because("must-be-one-of", key="level", known="error, warn, info, debug"))
        return Needle(level=level)
    if not isinstance(text, str) or not text or len(text) > 1000:
        raise BadRequest(because("text-too-long", key="text", most=1000))
    ignore_case = args.get("ignore_case") is True
    if args.get("regex") is not True:
        return Needle(text=text, ignore_case=ignore_case)
    return Needle(regex=text, ignore_case=ignore_case)
