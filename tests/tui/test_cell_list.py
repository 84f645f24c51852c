"""A list of cells: what is cut ends with an ellipsis, also beside a scrollbar."""

from rich.cells import cell_len
from stage import until
from textual.app import App

from batmon_tui.widgets.columns import CellList


class OneList(App):
    def compose(self):
        yield CellList()


async def test_a_cut_cell_ends_with_an_ellipsis_when_a_scrollbar_takes_its_last_column():
    app = OneList()
    async with app.run_test(size=(40, 10)) as pilot:
        rows = app.query_one(CellList)
        rows.show_cells(
            ["name", "why"], [(str(n), (" ", ""), (f"bot{n:02}", "아주 긴 이유 " * 9), "") for n in range(40)]
        )
        await until(pilot, lambda: rows.show_vertical_scrollbar, "the scrollbar")
        shown = rows.render_line(3).text
        assert cell_len(shown) == rows.scrollable_content_region.width < 40
    assert shown.rstrip().endswith("…")
