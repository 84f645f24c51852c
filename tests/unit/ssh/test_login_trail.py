"""What the daemon's audit trail is told of logins: in order, later if need be, and never a flood."""

import asyncio

import pytest

from batmon.errors import BadRequest, DaemonUnreachable
from batmon_tui.ssh import login_trail
from batmon_tui.ssh.auth import Person
from batmon_tui.ssh.login_trail import LoginTrail

KIM = Person("kim", "SHA256:k", "10.0.0.7", restricted=False)


class Daemon:
    """A daemon that is away, takes logins, or refuses them."""

    def __init__(self):
        self.away, self.refuses, self.said = 0, None, []

    async def connect(self):
        if self.away:
            self.away -= 1
            raise DaemonUnreachable("away")
        return self

    async def request(self, verb, **said):
        assert verb == "login"
        if said["user"] == self.refuses:
            raise BadRequest("no")
        self.said.append(said)

    async def close(self):
        pass


@pytest.fixture
def daemon(monkeypatch):
    monkeypatch.setattr(login_trail, "AGAIN_SEC", 0.01)
    return Daemon()


async def test_a_login_waits_until_the_daemon_is_back(daemon):
    daemon.away = 3
    trail = LoginTrail(daemon.connect)
    trail.came_in(KIM)
    trail.refused("lee", "10.0.0.8", "SHA256:l", "no such user with this key")
    await trail.close()
    told = [(s["user"], s["peer"], s["key"], s["outcome"], s["why"]) for s in daemon.said]
    assert told == [
        ("kim", "10.0.0.7", "SHA256:k", "done", ""),
        ("lee", "10.0.0.8", "SHA256:l", "refused", "no such user with this key"),
    ]
    assert daemon.said[0]["at"] < daemon.said[1]["at"]


async def test_refused_ones_are_told_one_by_one_up_to_a_limit_and_then_as_a_number(daemon):
    trail = LoginTrail(daemon.connect)
    for number in range(500):
        trail.refused(f"user{number}", "10.0.0.8", "", "no key was shown")
    trail.came_in(KIM)
    await trail.close()
    assert len(daemon.said) == login_trail.REFUSED_A_MINUTE + 2
    assert [s["user"] for s in daemon.said if s["outcome"] == "done"] == ["kim"]
    assert daemon.said[-1]["why"].startswith(f"{500 - login_trail.REFUSED_A_MINUTE} more in the last minute")


async def test_what_the_daemon_does_not_take_holds_nothing_up(daemon, caplog):
    daemon.refuses = "mal"
    trail = LoginTrail(daemon.connect)
    trail.refused("mal", "", "", "")
    trail.came_in(KIM)
    await trail.close()
    assert [s["user"] for s in daemon.said] == ["kim"]
    assert "does not take a login" in caplog.text


async def test_what_waits_is_bounded_and_an_end_does_not_wait_for_a_daemon_that_is_away(daemon):
    daemon.away = 10**9
    trail = LoginTrail(daemon.connect)
    for _ in range(3 * login_trail.WAITING):
        trail.came_in(KIM)
    assert len(trail._waiting) == login_trail.WAITING
    async with asyncio.timeout(5):
        await trail.close()
