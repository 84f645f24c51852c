"""A document written as a file: one way in for every format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from batmon.report.asked import Form
from batmon.report.document import Document

SUFFIX: Mapping[Form, str] = {"excel": ".xlsx", "pdf": ".pdf", "md": ".md", "json": ".json"}
"""How the names of its files end."""


def render(
    document: Document, form: Form, path: Path, *, font: Path | None = None, bold_font: Path | None = None
) -> None:
    """Write ``document`` to ``path``, which is replaced; a writer that fails may leave half a file there.

    Each writer is imported when it is asked for: openpyxl and reportlab take long, and nobody needs both. ``font`` and
    ``bold_font`` are for PDF; None: the best that the system has.

    Raises:
        ReportError: there is no font for a PDF.
        OSError: the file cannot be written.
    """
    if form == "excel":
        from batmon.report.workbook import write  # noqa: PLC0415 - openpyxl takes 0.2 s to import

        write(document, path)
    elif form == "pdf":
        from batmon.report import pdf  # noqa: PLC0415 - reportlab takes 0.2 s to import

        pdf.write(document, path, font=font, bold_font=bold_font)
    elif form == "md":
        from batmon.report import markdown  # noqa: PLC0415 - only the writer that is asked for

        path.write_text(markdown.text(document), encoding="utf-8", newline="\n")
    else:
        from batmon.report import json_text  # noqa: PLC0415 - only the writer that is asked for

        path.write_text(json_text.text(document), encoding="utf-8", newline="\n")
