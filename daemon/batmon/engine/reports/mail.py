"""The mails that a report goes with: who gets them, and what they are given."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from batmon.config.addresses import address
from batmon.engine.reports.reporting import Ready, Reporting
from batmon.errors import BadRequest, ReportError
from batmon.refusals import because
from batmon.store.notifications import EMAIL, MOST_ATTACHED, Attachment, Owed
from batmon.store.reports import Report

log = logging.getLogger(__name__)

TEMPLATE = "report_ready"
MOST_RECIPIENTS = 20
MOST_WAITING = 1 << 30
"""Bytes of files that wait in the database to be sent; with more, mails go without them and say where they are."""
LONGEST_ADDRESS = 320
"""Characters, with blanks around it: what was asked for is in the audit trail with every address."""
MEDIA_TYPES: Mapping[str, str] = {
    "excel": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "md": "text/markdown",
    "json": "application/json",
}


def addresses(given: object, key: str = "email") -> tuple[str, ...]:
    """E-mail addresses as somebody gave them: a text, with commas between several, or a list; each once.

    Raises:
        BadRequest: one of them is none, or there are too many.
    """
    parts = given.split(",") if isinstance(given, str) else given
    if parts is None:
        return ()
    if not isinstance(parts, list | tuple) or not all(isinstance(one, str) for one in parts):
        raise BadRequest(because("must-be-addresses", key=key))
    if len(parts) > MOST_RECIPIENTS:
        raise BadRequest(because("too-many-addresses", count=len(parts), most=MOST_RECIPIENTS))
    if any(len(one) > LONGEST_ADDRESS for one in parts):
        raise BadRequest(because("address-too-long", key=key, most=LONGEST_ADDRESS))
    return tuple(dict.fromkeys(_address(one) for one in parts if one.strip()))


def _address(written: str) -> str:
    try:
        return address(written)
    except ValueError as error:
        raise BadRequest(because("bad-address", address=written, why=error)) from None


async def mails_of(
    reporting: Reporting,
    ready: Ready,
    recipients: Sequence[str],
    *,
    language: str = "",
    key: str = "",
    automation_log_id: int | None = None,
) -> list[Owed]:
    """A mail to each of ``recipients`` with the report's file, or with where it is if that is too large.

    Nor does it go with the mails while too much waits to be sent.

    ``key``: what a mail to each is owed for at most once; empty: each is owed.

    Raises:
        ReportError: the file is gone, cannot be read, or is another one than was made.
    """
    if not recipients:
        return []
    report = ready.report
    file = await asyncio.to_thread(_attachment, reporting, report)
    files = () if file is None else (file,)
    if file is not None and len(file.data) * len(recipients) + await reporting.records.attached() > MOST_WAITING:
        log.warning("report %d is not attached: the files of other mails wait already", report.id)
        files = ()
    data = told(report, _name(report), ready.figures) | {"attached": bool(files), "too_large": file is None}
    return [
        Owed(
            channel=EMAIL,
            recipient=one,
            template=TEMPLATE,
            language=language or report.language,
            data=data,
            key=f"{key}:{one}" if key else "",
            automation_log_id=automation_log_id,
            attachments=files,
        )
        for one in recipients
    ]


def _attachment(reporting: Reporting, report: Report) -> Attachment | None:
    """A report's file; None if it is too large to go with a mail. Blocks."""
    data = reporting.shelf.read(report.path, MOST_ATTACHED)
    if data is None:
        return None
    file = Attachment(_name(report), MEDIA_TYPES[report.format], data)
    if file.sha256 != report.sha256:
        raise ReportError(because("report-file-changed", number=report.id))
    return file


def _name(report: Report) -> str:
    return report.path.rpartition("/")[2]


def told(report: Report, name: str, figures: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """What the template is given, but for whether the file is attached."""
    return {
        "id": report.id,
        "title": report.title,
        "period": "" if report.period is None else f"{report.period[0]} – {report.period[1]}",
        "figures": [list(pair) for pair in figures],
        "file": name,
        "size": report.size,
        "most": MOST_ATTACHED,
        "path": report.path,
        "node": report.node,
        "sha256": report.sha256,
        "by": report.by,
    }
