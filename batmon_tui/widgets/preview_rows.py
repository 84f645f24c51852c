"""A file's preview as rows of pieces, by kind. Pure: the shapes are those of ``Preview`` in docs/gate.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len

from batmon_tui.board import GAP
from batmon_tui.cells import fit
from batmon_tui.view import View
from batmon_tui.widgets.files_view import size_in_words
from batmon_tui.widgets.lines import Piece

Preview = Mapping[str, Any]

INDENT = 2
WIDEST_COLUMN = 40
_JSON = {"string": "lines--ok", "number": "lines--running", "bool": "lines--warning", "null": "lines--quiet"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its pieces at full length, and for JSON how deep it lies and whether others lie below it."""

    pieces: tuple[Piece, ...]
    depth: int = 0
    folds: bool = False


def heading(preview: Preview, rows: Sequence[Row], view: View) -> tuple[Piece, ...]:
    """The line above the rows; empty for text."""
    kind = preview["kind"]
    if kind == "table":
        return tuple(_cells(preview["columns"], _widths(rows)))
    if kind == "database":
        return ((view.tr("preview.col.table") + "  " + view.tr("preview.col.rows"), ""),)
    if kind == "archive":
        return ((view.tr("files.col.size").rjust(9) + "  " + view.tr("files.col.name"), ""),)
    return ()


def rows_of(preview: Preview, view: View, before: Sequence[Row] = ()) -> list[Row]:
    """The rows of one page; ``before`` are those of the pages before it, whose columns they keep."""
    match preview["kind"]:
        case "text":
            return [Row(((line["text"] + _cut(line, view), ""),)) for line in preview["lines"]]
        case "table":
            return _table(preview, before)
        case "json":
            return [_json(node) for node in preview["nodes"]]
        case "database":
            return _database(preview, view)
        case "archive":
            return [_member(member) for member in preview["members"]]
        case "hex":
            return [_hex(line) for line in preview["lines"]]
    return []


def facts(preview: Preview, view: View) -> str:
    """What is to be said of the file above its rows: format, size, encoding, what is cut."""
    said = [str(preview.get("format") or preview["kind"]), size_in_words(int(preview["size"]))]
    said += [view.moment(preview["modified"])] if preview.get("modified") else []
    if preview.get("encoding"):
        said.append(str(preview["encoding"]))
    if preview["kind"] == "image":
        said.append(f"{preview['width']:,} × {preview['height']:,}")
    if preview.get("sheets"):
        said.append(view.tr("preview.sheet", name=preview.get("sheet") or "–", n=len(preview["sheets"])))
    if preview.get("table"):
        said.append(str(preview["table"]))
    problem = preview.get("problem")
    if problem:
        said.append(f"{problem['message']} ({problem['line']}:{problem['column']})")
    said += [str(preview[key]) for key in ("why", "cut") if preview.get(key)]
    return " · ".join(" ".join(part.split()) for part in said)


def shown(rows: Sequence[Row], folded: set[int]) -> list[int]:
    """The numbers of the rows that are not hidden below a folded one."""
    found, hidden_below = [], None
    for number, row in enumerate(rows):
        if hidden_below is not None and row.depth > hidden_below:
            continue
        hidden_below = row.depth if number in folded else None
        found.append(number)
    return found


def _cut(line: Mapping[str, Any], view: View) -> str:
    return " " + view.tr("log.cut", count=f"{line['cut']:,}") if line.get("cut") else ""


def _table(preview: Preview, before: Sequence[Row]) -> list[Row]:
    told = [[_cell(value) for value in row] for row in preview["rows"]]
    widths = _widths(before)
    if not widths:
        count = max([len(preview["columns"]), *(len(row) for row in told)])
        names = [str(name) for name in preview["columns"]]
        widths = [
            min(WIDEST_COLUMN, max([1, *(cell_len(row[n]) for row in (names, *told) if n < len(row))]))
            for n in range(count)
        ]
    return [Row(tuple(_cells(row, widths, preview["rows"][n]))) for n, row in enumerate(told)]


def _cells(texts: Sequence[Any], widths: Sequence[int], values: Sequence[Any] = ()) -> list[Piece]:
    pieces: list[Piece] = []
    for number, width in enumerate(widths):
        text = str(texts[number]) if number < len(texts) else ""
        value = values[number] if number < len(values) else None
        figure = isinstance(value, int | float) and not isinstance(value, bool)
        pieces.append((fit(text, width, right=figure) + " " * GAP, "lines--quiet" if number % 2 else ""))
    return pieces


def _widths(rows: Sequence[Row]) -> list[int]:
    return [cell_len(text) - GAP for text, _ in rows[0].pieces] if rows else []


def _cell(value: Any) -> str:
    return "" if value is None else " ".join(str(value).split())


def _json(node: Mapping[str, Any]) -> Row:
    depth, kind = int(node["depth"]), str(node["type"])
    key = f"{node['key']}: " if node.get("key") is not None else ""
    pad = " " * (INDENT * depth)
    if kind in ("object", "array"):
        signs = "{}" if kind == "object" else "[]"
        count = int(node.get("count") or 0)
        return Row(
            ((pad, ""), (key, "lines--strong"), (f"{signs[0]}{count:,}{signs[1]}", "lines--quiet")), depth, count > 0
        )
    return Row(((pad, ""), (key, "lines--strong"), (_scalar(kind, node.get("value")), _JSON.get(kind, ""))), depth)


def _scalar(kind: str, value: Any) -> str:
    """A value as JSON writes it."""
    if kind == "string":
        return f'"{" ".join(str(value).split())}"'
    return {"True": "true", "False": "false", "None": "null"}.get(str(value), str(value))


def _database(preview: Preview, view: View) -> list[Row]:
    found = []
    for table in preview["tables"]:
        count = view.tr("preview.many") if table.get("rows") is None else f"{table['rows']:,}"
        sql = " ".join(str(table.get("sql") or "").split())
        found.append(
            Row(((f"{table['name']}  ", "lines--strong"), (f"{count}  ", "lines--running"), (sql, "lines--quiet")))
        )
    return found


def _member(member: Mapping[str, Any]) -> Row:
    size = size_in_words(int(member.get("size") or 0)) if member.get("kind") != "dir" else ""
    return Row(((size.rjust(9) + "  ", "lines--quiet"), (str(member["name"]), "")))


def _hex(line: Mapping[str, Any]) -> Row:
    return Row(
        (
            (f"{int(line['offset']):08x}  ", "lines--quiet"),
            (f"{line['hex']:<48}  ", ""),
            (str(line["text"]), "lines--ok"),
        )
    )
