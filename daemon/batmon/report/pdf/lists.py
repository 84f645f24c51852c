"""Findings, timelines, facts and lines word for word in the PDF: texts that go on on the next page where they must."""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.lib.colors import Color

from batmon.report.document import Definition, Facts, Finding, Findings, Kind, Lines, Moment, Timeline
from batmon.report.pdf.book import Book
from batmon.report.pdf.pieces import Look, Paint, Piece, gap, text_pieces
from batmon.report.pdf.style import ACCENT, BODY_SIZE, HAIR, INK, MUTED, SHADE, SMALL_SIZE, TABLE_SIZE, TONES
from batmon.report.pdf.words import TONE_WORDS, WORDS
from batmon.report.values import label

INDENT = 12.0
TEXT_LINES = 30
EVIDENCE_LINES = 3
MOST_EVIDENCE = 12
MOST_MOMENTS = 500
MOST_LINES = 400
LINE_PARTS = 4
"""A line word for word goes on at most so often."""
LINE_SIZE = 7.4
LINE_LEADING = 10.4
TIME_WIDTH = 96.0
NAME_WIDTH = 130.0
FACT_SIZE = TABLE_SIZE + 0.4
FACT_LINES = 8


def findings_pieces(findings: Findings, look: Look, width: float) -> list[Piece]:
    """The findings under one another, or the words that there are none."""
    if not findings.items:
        return text_pieces(look.faces.plain, findings.empty, BODY_SIZE, width, colour=MUTED) if findings.empty else []
    return [piece for one in findings.items for piece in _finding(one, look, width)]


def _finding(finding: Finding, look: Look, width: float) -> list[Piece]:
    """A finding with its evidence, a bar in its colour at the left and the colour's word before the title."""
    faces, room = look.faces, width - INDENT
    colour = TONES[finding.tone]
    word = TONE_WORDS[look.language][finding.tone]
    title = " · ".join(one for one in (word, finding.program, finding.title) if one)
    pieces = [
        *text_pieces(faces.bold, title, BODY_SIZE, room, colour=colour, most=3, keep=True),
        *text_pieces(faces.plain, finding.text, BODY_SIZE - 0.6, room, most=TEXT_LINES),
    ]
    if finding.evidence:
        pieces[-1].keep = True
    for one in finding.evidence[:MOST_EVIDENCE]:
        lines = text_pieces(faces.plain, one, SMALL_SIZE + 0.4, room - 10, colour=MUTED, indent=10, most=EVIDENCE_LINES)
        lines[0] = _over(lines[0], _dash(look))
        pieces += lines
    if len(finding.evidence) > MOST_EVIDENCE:
        more = label("more", look.language, count=len(finding.evidence) - MOST_EVIDENCE)
        pieces += text_pieces(faces.plain, more, SMALL_SIZE + 0.4, room - 10, colour=MUTED, indent=10)
    return [*(_barred(one, colour) for one in pieces), gap(9)]


def _dash(look: Look) -> Paint:
    def paint(book: Book, x: float, top: float) -> None:
        book.setFillColor(MUTED)
        look.faces.plain.draw(book, x + 2, top - 8.2, "–", SMALL_SIZE + 0.4)

    return paint


def _over(piece: Piece, more: Paint) -> Piece:
    """The piece with something else drawn on it."""
    inner = piece.paint

    def paint(book: Book, x: float, top: float) -> None:
        inner(book, x, top)
        more(book, x, top)

    return Piece(piece.height, paint, piece.keep)


def _barred(piece: Piece, colour: Color) -> Piece:
    """The piece moved in, with a bar at its left."""
    inner, height = piece.paint, piece.height

    def paint(book: Book, x: float, top: float) -> None:
        book.setFillColor(colour)
        book.rect(x, top - height, 2.4, height, stroke=0, fill=1)
        inner(book, x + INDENT, top)

    return Piece(height, paint, piece.keep)


def timeline_pieces(timeline: Timeline, look: Look, width: float) -> list[Piece]:
    """Times at the left, a dot each on a line from first to last, what happened at the right."""
    pieces: list[Piece] = []
    shown = timeline.items[:MOST_MOMENTS]
    for at, moment in enumerate(shown):
        pieces += _moment(moment, look, width, first=at == 0, last=at == len(shown) - 1)
    if len(shown) < len(timeline.items):
        more = label("more", look.language, count=len(timeline.items) - len(shown))
        pieces += text_pieces(look.faces.plain, more, SMALL_SIZE, width, colour=MUTED, indent=TIME_WIDTH + 16)
    return pieces


def _moment(moment: Moment, look: Look, width: float, *, first: bool, last: bool) -> list[Piece]:
    faces = look.faces
    indent = TIME_WIDTH + 16
    room = width - indent
    colour = TONES[moment.tone] if moment.tone else INK
    title = f"{moment.title} · {moment.by}" if moment.by else moment.title
    when = WORDS[look.language]["unknown_time"] if moment.at is None else look.say(moment.at, Kind.TIME)
    when = faces.plain.cut(when, TABLE_SIZE, TIME_WIDTH - 4)
    lines = text_pieces(faces.bold, title, TABLE_SIZE + 0.6, room, colour=colour, most=3)
    if moment.text:
        lines[-1].keep = True
        lines += text_pieces(faces.plain, moment.text, TABLE_SIZE, room, most=8)
    lines = [_moved(one, indent) for one in lines]

    def mark(book: Book, x: float, top: float) -> None:
        book.setFillColor(MUTED)
        faces.plain.draw(book, x, top - 8.6, when, TABLE_SIZE)
        book.setFillColor(TONES[moment.tone] if moment.tone else ACCENT)
        book.circle(x + TIME_WIDTH + 4, top - 6, 2.6, stroke=0, fill=1)

    space = Piece(0.0 if last else 5.0, lambda _book, _x, _top: None)
    found = [_lined(one, first and at == 0, last) for at, one in enumerate([*lines, space])]
    found[0] = _over(found[0], mark)
    if not last:
        found[-2].keep = True
    return found


def _moved(piece: Piece, right: float) -> Piece:
    inner = piece.paint
    return Piece(piece.height, lambda book, x, top: inner(book, x + right, top), piece.keep)


def _lined(piece: Piece, is_first: bool, in_last: bool) -> Piece:
    """The piece with the line that joins the dots; below the last dot there is none."""
    inner, height = piece.paint, piece.height

    def paint(book: Book, x: float, top: float) -> None:
        if not in_last:
            book.setStrokeColor(HAIR)
            book.setLineWidth(0.9)
            book.line(x + TIME_WIDTH + 4, top - (6 if is_first else 0), x + TIME_WIDTH + 4, top - height)
        inner(book, x, top)

    return Piece(height, paint, piece.keep)


def line_pieces(lines: Lines, look: Look, width: float) -> list[Piece]:
    """Lines word for word on a shade; the marked ones are bold, behind a bar."""
    mono, bold = look.faces.mono, look.faces.bold
    marked = frozenset(lines.marked)
    pieces: list[Piece] = []
    for at, line in enumerate(lines.lines[:MOST_LINES]):
        face = bold if at in marked else mono
        parts = face.chop(line, LINE_SIZE, width - 2 * INDENT, LINE_PARTS)
        pieces += [_code(part, at in marked, look, width) for part in parts]
    if len(lines.lines) > MOST_LINES:
        words = WORDS[look.language]["more_lines"].format(total=f"{len(lines.lines):,}", shown=f"{MOST_LINES:,}")
        pieces += text_pieces(look.faces.plain, words, SMALL_SIZE, width, colour=MUTED)
    return pieces


def _code(text: str, marked: bool, look: Look, width: float) -> Piece:
    face = look.faces.bold if marked else look.faces.mono

    def paint(book: Book, x: float, top: float) -> None:
        book.setFillColor(SHADE)
        book.rect(x, top - LINE_LEADING - 0.2, width, LINE_LEADING + 0.4, stroke=0, fill=1)
        if marked:
            book.setFillColor(TONES["bad"])
            book.rect(x, top - LINE_LEADING - 0.2, 2.4, LINE_LEADING + 0.4, stroke=0, fill=1)
        book.setFillColor(INK)
        face.draw(book, x + INDENT - 3, top - 7.8, text, LINE_SIZE)

    return Piece(LINE_LEADING, paint)


def fact_pieces(facts: Facts, look: Look, width: float) -> list[Piece]:
    """Names at the left, values beside them, a fine line between."""
    widest = max((look.faces.plain.width(name[:60], FACT_SIZE) for name, _, _ in facts.items), default=0.0)
    left = min(widest, NAME_WIDTH) + 14
    return [_named(name, look.say(value, kind), look, width, left=left) for name, value, kind in facts.items]


def definition_pieces(definitions: Sequence[Definition], look: Look, width: float) -> list[Piece]:
    """What each figure means; a figure that bears its key leads here."""
    widest = max((look.faces.bold.width(one.title[:60], FACT_SIZE) for one in definitions), default=0.0)
    left = min(widest, NAME_WIDTH) + 14
    pieces = []
    for one in definitions:
        piece = _named(one.title, one.text, look, width, left=left, strong=True)
        key = f"term-{one.key}"
        pieces.append(_over(piece, lambda book, _x, _top, key=key: book.place(key)))  # type: ignore[misc]
    return pieces


def _named(name: str, text: str, look: Look, width: float, *, left: float, strong: bool = False) -> Piece:
    """A name, its text ``left`` of it, and a fine line below."""
    plain, naming = look.faces.plain, look.faces.bold if strong else look.faces.plain
    names = naming.wrap(name, FACT_SIZE, left - 14, 3)
    texts = plain.wrap(text, FACT_SIZE, width - left, FACT_LINES)
    leading = FACT_SIZE * 1.36
    height = max(len(names), len(texts)) * leading + 5

    def paint(book: Book, x: float, top: float) -> None:
        for face, lines, start, colour in ((naming, names, x, INK if strong else MUTED), (plain, texts, x + left, INK)):
            book.setFillColor(colour)
            y = top - 2.5 - 0.5 * leading - 0.36 * FACT_SIZE
            for line in lines:
                face.draw(book, start, y, line, FACT_SIZE)
                y -= leading
        book.setStrokeColor(HAIR)
        book.setLineWidth(0.4)
        book.line(x, top - height, x + width, top - height)

    return Piece(height, paint)
