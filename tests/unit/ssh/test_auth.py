import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from batmon.gate.keyring import KeyRing
from batmon.model import Role
from batmon_tui.ssh.auth import Attempts, judge_key

NOW = datetime(2026, 11, 21, tzinfo=UTC)
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"


@pytest.fixture
def ring(tmp_path):
    path = tmp_path / "authorized_keys"
    path.write_text("")
    path.chmod(0o600)
    return KeyRing(path)


def test_name_key_time_and_address_must_all_fit(ring):
    entry = ring.add("kim", Role.VIEWER, KEY, from_patterns=("10.0.0.0/8",), expires_at=NOW + timedelta(days=1))
    assert judge_key(ring, "kim", entry.fingerprint, "10.1.2.3", NOW).person.act_as == {
        "user": "kim", "key": entry.fingerprint, "peer": "10.1.2.3",
    }  # fmt: skip
    for user, fingerprint, peer, now in (
        ("lee", entry.fingerprint, "10.1.2.3", NOW),
        ("kim", "SHA256:other", "10.1.2.3", NOW),
        ("kim", entry.fingerprint, "192.168.0.1", NOW),
        ("kim", entry.fingerprint, "10.1.2.3", NOW + timedelta(days=2)),
    ):
        verdict = judge_key(ring, user, fingerprint, peer, now)
        assert verdict.person is None
        assert verdict.why


@pytest.mark.parametrize(
    ("options", "restricted"),
    [
        ('restrict,name="kim",role="viewer"', True),
        ('name="kim",role="viewer",Restrict', True),
        ('name="kim",role="viewer"', False),
        ('name="kim",role="viewer",from="10.0.0.1,restrict"', False),
    ],
)
def test_restrict_is_an_option_and_not_a_value(ring, options, restricted):
    ring.path.write_text(f"{options} {KEY} restrict\n")
    (entry,) = ring.entries()
    person = judge_key(ring, "kim", entry.fingerprint, "10.0.0.1", NOW).person
    assert person.restricted is restricted


def test_a_key_may_be_asked_about_and_shown_but_not_more():
    attempts = Attempts(2)
    assert [attempts.too_many(key) for key in "aabb"] == [False] * 4
    assert attempts.too_many("b")
    attempts = Attempts(2)
    assert [attempts.too_many(key) for key in "abc"] == [False, False, True]


def test_fingerprints_are_those_of_openssh(ring):
    entry = ring.add("kim", Role.VIEWER, KEY)
    shown = subprocess.run(["ssh-keygen", "-lf", "-"], input=KEY, capture_output=True, text=True, check=True).stdout
    assert entry.fingerprint in shown
