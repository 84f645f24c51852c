"""Rows that wait in a file come out as they went in."""

from datetime import UTC, date, datetime

from batmon.report.spool import Spool


def test_rows_come_back_in_order_as_often_as_they_are_asked_for():
    spool = Spool()
    rows = [("이름", number, None, 0.5, date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)) for number in range(2500)]
    for start in range(0, len(rows), 1000):
        spool.add(rows[start : start + 1000])
    spool.add([])
    assert spool.count == 2500
    assert list(spool.rows()) == rows
    first, second = spool.rows(), spool.rows()
    assert [next(first), next(second), next(second), next(first)] == [rows[0], rows[0], rows[1], rows[1]]
    spool.add([("later",)])
    assert list(spool.rows())[-1] == ("later",)


def test_nothing_gives_nothing():
    assert list(Spool().rows()) == []
