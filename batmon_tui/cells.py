"""Texts in the cells of a terminal, where a Korean character takes two."""

from __future__ import annotations

from rich.cells import cell_len, chop_cells, set_cell_size


def fit(text: str, width: int, *, right: bool = False) -> str:
    """``text`` in exactly ``width`` cells, cut with an ellipsis when it is longer; a wide character is never halved."""
    if width <= 0:
        return ""
    if cell_len(text) > width:
        return set_cell_size(text, width) if width == 1 else set_cell_size(_head(text, width - 1) + "…", width)
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


def _head(text: str, width: int) -> str:
    chopped = chop_cells(text, width)
    return chopped[0] if chopped else ""


def wrap(text: str, width: int, lines: int) -> list[str]:
    """``text`` over at most ``lines`` lines of ``width`` cells; the last one is cut with an ellipsis if need be."""
    pieces = [piece for part in text.split("\n") for piece in (chop_cells(part, width) or [""])]
    if len(pieces) > lines:
        pieces = [*pieces[: lines - 1], _head(pieces[lines - 1], width - 1) + "…"]
    return pieces
