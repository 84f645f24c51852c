"""The operation password: right, wrong, locked, and all that again after a restart."""

import asyncio
import os
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from batmon.errors import BadRequest, GateError, Refused
from batmon.gate.password import LOCK, TRIES, OperationPassword


class Clock:
    def __init__(self):
        self.at = datetime(2026, 11, 21, tzinfo=UTC)

    def __call__(self):
        return self.at


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make(tmp_path, clock):
    def made() -> OperationPassword:
        password = OperationPassword(tmp_path / "operation.json", now=clock)
        password._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # the real one takes 0.2 s
        return password

    return made


async def test_without_a_password_nothing_is_allowed(make):
    with pytest.raises(Refused) as caught:
        await make().check("x", "kim", "local")
    assert "batmon password set" in caught.value.hint
    assert not await make().is_set()


async def test_right_and_wrong(make, tmp_path):
    await make().set("올바른 비밀번호")
    await make().check("올바른 비밀번호", "kim", "local")
    with pytest.raises(Refused, match="wrong"):
        await make().check("틀린 비밀번호", "kim", "local")
    stored = (tmp_path / "operation.json").read_text()
    assert "argon2id" in stored
    assert "비밀번호" not in stored
    assert (tmp_path / "operation.json").stat().st_mode & 0o777 == 0o600


async def test_five_failures_lock_that_person_over_restarts(make, clock):
    await make().set("right-password")
    for _ in range(TRIES):
        with pytest.raises(Refused):
            await make().check("wrong", "kim", "10.0.0.1")
    with pytest.raises(Refused, match="locked") as caught:
        await make().check("right-password", "kim", "10.9.9.9")  # from elsewhere, and right
    assert "300 s" in caught.value.hint
    await make().check("right-password", "lee", "10.0.0.1")  # nobody else is locked
    clock.at += LOCK - timedelta(seconds=1)
    with pytest.raises(Refused, match="locked"):
        await make().check("right-password", "kim", "local")
    clock.at += timedelta(seconds=1)
    await make().check("right-password", "kim", "local")


async def test_success_forgets_failures_and_so_does_a_new_password(make):
    password = make()
    await password.set("right-password")
    for _ in range(2):
        for _ in range(TRIES - 1):
            with pytest.raises(Refused, match="wrong"):
                await password.check("wrong", "kim", "local")
        await password.check("right-password", "kim", "local")
    for _ in range(TRIES):
        with pytest.raises(Refused):
            await password.check("wrong", "kim", "local")
    await password.set("another-password")
    await password.check("another-password", "kim", "local")


async def test_tries_at_the_same_moment_count_one_by_one(make):
    password = make()
    await password.set("right-password")
    tries = [password.check("wrong", "kim", "local") for _ in range(TRIES)]
    await asyncio.gather(*tries, return_exceptions=True)
    with pytest.raises(Refused, match="locked"):
        await password.check("right-password", "kim", "local")


async def test_too_short_too_long(make):
    for bad in ("", "short", "x" * 2000):
        with pytest.raises(BadRequest):
            await make().set(bad)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"hash": "x"}', '{"hash": "x", "failures": {"kim": 3}}'])
async def test_a_damaged_file_lets_nobody_through(make, tmp_path, text):
    (tmp_path / "operation.json").write_text(text)
    with pytest.raises(GateError):
        await make().check("x", "kim", "local")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
async def test_a_file_that_others_can_write_opens_nothing(make, tmp_path):
    await make().set("correct horse")
    (tmp_path / "operation.json").chmod(0o666)
    with pytest.raises(GateError, match="can be written by others"):
        await make().check("correct horse", "kim", "local")
    await make().set("another horse")
    await make().check("another horse", "kim", "local")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no FIFOs")
async def test_a_fifo_in_its_place_holds_nobody_up(make, tmp_path):
    os.mkfifo(tmp_path / "operation.json")
    with pytest.raises(GateError, match="no file of ours"):
        await make().check("correct horse", "kim", "local")


async def test_a_hash_that_would_eat_the_memory_is_not_computed(make, tmp_path):
    await make().set("correct horse")
    path = tmp_path / "operation.json"
    path.write_text(path.read_text().replace("m=8,", "m=4194304,"))
    with pytest.raises(GateError, match="too much memory"):
        await make().check("correct horse", "kim", "local")


async def test_a_clock_that_was_set_back_locks_nobody_for_longer(make, clock):
    await make().set("correct horse")
    clock.at += timedelta(days=30)
    for _ in range(TRIES):
        with pytest.raises(Refused):
            await make().check("wrong horse", "kim", "local")
    clock.at -= timedelta(days=30)
    with pytest.raises(Refused, match="locked"):
        await make().check("correct horse", "kim", "local")
    clock.at += LOCK
    await make().check("correct horse", "kim", "local")
