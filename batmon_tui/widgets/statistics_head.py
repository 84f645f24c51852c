"""What stands above the statistics: the names of the views, and the period with what all programs came to in it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.widgets import Static

from batmon_tui import statistics_words
from batmon_tui.statistics import Statistics
from batmon_tui.view import View


class ViewLine(Static):
    """The names of the views; each can be clicked."""

    auto_links = False

    def show(self, views: Sequence[str], shown: str, program: str, view: View) -> None:
        """Show them, and the program that the view is about, if it is about one."""
        colours = self.app.theme_variables
        here, away = Style(bold=True, underline=True, color=colours["accent"]), Style(color=colours["quiet"])
        strong = Style(bold=True, color=colours["foreground"])
        line = Text(no_wrap=True, overflow="ellipsis")
        line.append(view.tr("stats.title"), strong)
        line.append("    ")
        for number, name in enumerate(views, start=1):
            click = Style.from_meta({"@click": f"screen.view('{name}')"})
            line.append(f"{number} {view.tr(f'stats.{name}')}", (here if name == shown else away) + click)
            line.append("   ")
        line.append(f" {program}" if program else "", strong)
        self.update(line, layout=False)


class PeriodLine(Static):
    """The period, and the figures of all programs together, bad news first, as far as they find room."""

    def show(self, known: Statistics, span: str, view: View) -> None:
        """Show what is known; ``span``: the words of the period, if it has any."""
        colours = self.app.theme_variables
        line = Text(no_wrap=True, overflow="ellipsis")
        dates = statistics_words.in_days(known.period) if known.period is not None else ""
        line.append(f"{span} {dates}".strip(), Style(bold=True, color=colours["accent"]))
        said = statistics_words.facts(known.total, len(known.programs), view) if known.total else ()
        room = self.app.size.width - 2
        for number, (words, bad) in enumerate(said):
            if line.cell_len + len(statistics_words.BETWEEN) + cell_len(words) > room:
                break
            line.append(statistics_words.BETWEEN if number else "   ", Style(color=colours["quiet"]))
            line.append(words, Style(bold=False, color=colours["error" if bad else "quiet"]))
        self.update(line, layout=False)
