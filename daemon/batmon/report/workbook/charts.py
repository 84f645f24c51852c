"""Native charts of a workbook: drawn by Excel from cells, which stand on a sheet of their own."""

from __future__ import annotations

from math import ceil, floor
from typing import Any

from openpyxl.chart import BarChart, LineChart, Reference, Series
from openpyxl.chart._chart import ChartBase
from openpyxl.chart.data_source import AxDataSource, NumData, NumVal, StrData, StrRef, StrVal
from openpyxl.chart.layout import Layout, ManualLayout
from openpyxl.chart.marker import Marker
from openpyxl.chart.series import SeriesLabel
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.drawing.text import CharacterProperties, Font, Paragraph, ParagraphProperties, RegularTextRun

from batmon.report import palette
from batmon.report.document import Chart, Kind
from batmon.report.document import Series as Line
from batmon.report.values import known
from batmon.report.workbook.cells import DAY_SECONDS, Put, Sheet, Value, fitting, harmless
from batmon.report.workbook.style import BODY, FONTS, HEAD, NAME, Shapes, Styles
from batmon.words import Language

Place = tuple[int, int, int, int]
"""Where a chart lies: its first column and row, and those after its last, counted from 0."""
LABEL_CHARS = 40
"""Of an axis."""
TICKS = 8
"""As many labels an axis of time shows at most."""
DOTTED = 14
"""A line of as many values at most shows each as a dot."""
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
"""Seconds between two lines of an axis of durations."""


class ChartSheet:
    """The sheet of what charts are drawn from: a block for each, one under the other."""

    def __init__(self, sheet: Sheet, styles: Styles, shapes: Shapes, language: Language) -> None:
        self._sheet = sheet
        self._styles = styles
        self._shapes = shapes
        self._font = FONTS[language]
        self._rows = 0
        sheet.sheet_view.showGridLines = False
        sheet.sheet_properties.tabColor = palette.LINE
        for letter, width in (("A", 32), *((letter, 16) for letter in "BCDEFGHI")):
            sheet.column_dimensions[letter].width = width

    def drawn(self, chart: Chart, place: Place) -> ChartBase:
        """A chart for any sheet, with its values written here."""
        first = self._write(chart)
        last = first + len(chart.labels) - 1
        made: Any = LineChart() if chart.shape == "line" else _bars(chart)
        for index, line in enumerate(chart.series):
            made.series.append(self._series(chart, index, line, first, last))
        self._dress(made, chart)
        made.anchor = TwoCellAnchor(
            "oneCell", AnchorMarker(place[0], 0, place[1], 0), AnchorMarker(place[2], 0, place[3], 0)
        )
        drawn: ChartBase = made
        return drawn

    def _write(self, chart: Chart) -> int:
        """Its labels and values; the row of the first, counted from 1."""
        number = self._styles.number
        body, shapes = number(BODY), self._shapes
        value_style = number(shapes.styled(BODY, chart.kind))
        encode = shapes.encoder(chart.kind)
        head, right = number(HEAD), number(shapes.styled(HEAD, Kind.COUNT))
        self._append([(fitting(chart.title), number(NAME))])
        self._append([(None, head), *((fitting(one.title), right) for one in chart.series)])
        first = self._rows + 1
        for index, name in enumerate(chart.labels):
            values: list[Put] = [(encode(one.values[index]), value_style) for one in chart.series]
            self._append([(_short(name), body), *values])
        self._append([])
        return first

    def _append(self, row: list[Put]) -> None:
        self._sheet.append(row)
        self._rows += 1

    def _series(self, chart: Chart, index: int, line: Line, first: int, last: int) -> Any:
        column = index + 2
        values = Reference(self._sheet, min_col=column, min_row=first, max_row=last)
        names = Reference(self._sheet, min_col=1, min_row=first, max_row=last)
        made: Any = Series(values)
        head = Reference(self._sheet, min_col=column, min_row=first - 1)
        made.tx = SeriesLabel(strRef=StrRef(f=str(head), strCache=_texts([fitting(line.title)])))
        made.cat = AxDataSource(strRef=StrRef(f=str(names), strCache=_texts([_short(one) for one in chart.labels])))
        made.val.numRef.numCache = _numbers(
            [self._shapes.encoder(chart.kind)(value) for value in line.values], self._shapes.format(chart.kind)
        )
        colour = palette.series_colour(index, line.tone)
        if chart.shape == "line":
            made.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=colour, w=25_400, cap="rnd"))
            dots = len(chart.labels) <= DOTTED
            made.marker = Marker(symbol="circle" if dots else "none", size=5 if dots else None)
            if dots:
                made.marker.graphicalProperties = GraphicalProperties(
                    solidFill=colour, ln=LineProperties(solidFill=palette.PAPER)
                )
            made.smooth = False
        else:
            made.graphicalProperties = GraphicalProperties(solidFill=colour, ln=LineProperties(noFill=True))
            made.invertIfNegative = False
        return made

    def _dress(self, made: Any, chart: Chart) -> None:
        """Titles, axes and lines: openpyxl's own axes are hidden unless they are told not to be."""
        made.title = _title(harmless(" ".join(chart.title.split()))[:120], self._font)
        made.roundedCorners = False
        made.display_blanks = "gap"
        made.graphical_properties = GraphicalProperties(
            solidFill=palette.PAPER, ln=LineProperties(solidFill=palette.LINE, w=9525)
        )
        made.plot_area.graphicalProperties = GraphicalProperties(noFill=True, ln=LineProperties(noFill=True))
        made.x_axis.delete = made.y_axis.delete = False
        made.x_axis.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=palette.LINE))
        made.y_axis.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
        made.y_axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill=palette.LINE, w=6350))
        made.x_axis.txPr = made.y_axis.txPr = _text(self._font, 800)
        made.x_axis.majorTickMark = made.y_axis.majorTickMark = "none"
        made.x_axis.tickLblPos = "low"
        made.x_axis.noMultiLvlLbl = True
        made.y_axis.number_format = self._shapes.format(chart.kind)
        made.y_axis.crosses = "max" if chart.shape == "rows" else "autoZero"
        _scale(made, chart)
        if chart.shape == "rows":
            made.x_axis.scaling.orientation = "maxMin"
        elif len(chart.labels) > TICKS:
            made.x_axis.tickLblSkip = made.x_axis.tickMarkSkip = ceil(len(chart.labels) / TICKS)
        if len(chart.series) > 1:
            made.legend.position = "b"
            made.legend.txPr = _text(self._font, 800)
        else:
            made.legend = None


def _bars(chart: Chart) -> BarChart:
    made = BarChart()
    made.type = "bar" if chart.shape == "rows" else "col"
    made.gapWidth = 45
    if chart.shape == "bars":
        made.grouping, made.overlap = "clustered", -5
    else:
        made.grouping, made.overlap = "stacked", 100
    return made


def _scale(made: Any, chart: Chart) -> None:
    """Where the axis of values begins and ends, and its step, where Excel's own choice reads badly."""
    values = [found for one in chart.series for value in one.values if (found := known(value)) is not None]
    least, most = min(values, default=0.0), max(values, default=0.0)
    if chart.kind is Kind.PERCENT and least >= 0 and most <= 1:
        begin = floor(least * 20) / 20 if chart.shape == "line" else 0.0
        begin = min(begin, 0.95)
        made.y_axis.scaling.min, made.y_axis.scaling.max = begin, 1.0
        made.y_axis.majorUnit = (1.0 - begin) / 5
    elif chart.kind is Kind.SECONDS and most > 0:
        step = next((one for one in _STEPS if most / one <= 6), 86_400 * ceil(most / 86_400 / 6))
        made.y_axis.scaling.min = 0
        made.y_axis.majorUnit = step / DAY_SECONDS
    elif chart.kind is Kind.COUNT and most <= 5:
        made.y_axis.scaling.min, made.y_axis.majorUnit = 0, 1
    elif least >= 0 and chart.shape != "line":
        made.y_axis.scaling.min = 0


def _title(text: str, font: str) -> Title:
    look = CharacterProperties(
        sz=1050, b=True, solidFill=palette.INK, latin=Font(typeface=font), ea=Font(typeface=font)
    )
    paragraph = Paragraph(pPr=ParagraphProperties(defRPr=look), r=[RegularTextRun(rPr=look, t=text)])
    made = Title(tx=Text(rich=RichText(p=[paragraph])), overlay=False)
    made.layout = Layout(manualLayout=ManualLayout(xMode="edge", yMode="edge", x=0.015, y=0.025))
    return made


def _text(font: str, size: int) -> RichText:
    look = CharacterProperties(sz=size, solidFill=palette.MUTED, latin=Font(typeface=font), ea=Font(typeface=font))
    paragraph = Paragraph(pPr=ParagraphProperties(defRPr=look), r=[], endParaRPr=CharacterProperties())
    return RichText(p=[paragraph])


def _short(text: str) -> str:
    fitted = fitting(" ".join(text.split()))
    return fitted if len(fitted) <= LABEL_CHARS else f"{fitted[: LABEL_CHARS - 1]}…"


def _texts(labels: list[str]) -> StrData:
    return StrData(ptCount=len(labels), pt=[StrVal(idx=index, v=one) for index, one in enumerate(labels)])


def _numbers(values: list[Value], form: str) -> NumData:
    points = [NumVal(idx=index, v=value) for index, value in enumerate(values) if isinstance(value, (int, float))]
    return NumData(formatCode=form, ptCount=len(values), pt=points)
