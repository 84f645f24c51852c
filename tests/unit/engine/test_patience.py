"""Asking a database that is away for a moment."""

import pytest

from batmon.engine import patience
from batmon.engine.patience import patient
from batmon.errors import StoreError, StoreUnavailable


class Away:
    """Fails so many times, then answers."""

    def __init__(self, times, error=StoreUnavailable):
        self.left, self.error, self.asked = times, error, 0

    async def ask(self, number, *, more=0):
        self.asked += 1
        if self.left:
            self.left -= 1
            raise self.error("not now")
        return number + more


async def test_it_asks_until_there_is_an_answer(monkeypatch):
    monkeypatch.setattr(patience, "AGAIN_SEC", 0)
    away = Away(3)
    assert await patient(away.ask, 1, more=2) == 3
    assert away.asked == 4


async def test_it_gives_up_in_the_end(monkeypatch):
    monkeypatch.setattr(patience, "AGAIN_SEC", 0)
    monkeypatch.setattr(patience, "PATIENCE_SEC", 0)
    away = Away(3)
    with pytest.raises(StoreUnavailable):
        await patient(away.ask, 1)
    assert away.asked == 1


async def test_another_error_is_told_at_once():
    away = Away(3, StoreError)
    with pytest.raises(StoreError):
        await patient(away.ask, 1)
    assert away.asked == 1
