"""Who may come in: the file of keys, as OpenSSH would write it and as people would break it."""

import base64
import os
import struct
from datetime import UTC, datetime

import pytest

from batmon.errors import BadRequest, NotFound, Refused
from batmon.gate.keyring import KeyRing, fingerprint, parse_expiry, parse_line
from batmon.model import Role

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def key(seed: int, kind: str = "ssh-ed25519", comment: str = "kim@laptop") -> str:
    name = kind.encode()
    size = 32 if kind == "ssh-ed25519" else 300
    blob = struct.pack(">I", len(name)) + name + struct.pack(">I", size) + bytes([seed]) * size
    return f"{kind} {base64.b64encode(blob).decode()} {comment}".rstrip()


@pytest.fixture
def ring(tmp_path):
    return KeyRing(tmp_path / "authorized_keys")


def test_fingerprint_is_openssh_s():
    blob = base64.b64decode("AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl")
    assert fingerprint(blob) == "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"  # GitHub's published one


def test_add_find_remove(ring):
    entry = ring.add(
        "kim", Role.OPERATOR, key(1), from_patterns=("10.0.0.0/8",), expires_at=datetime(2027, 1, 1, tzinfo=UTC)
    )
    assert ring.find("kim", entry.fingerprint) == entry
    assert (entry.role, entry.comment, entry.from_patterns) == (Role.OPERATOR, "kim@laptop", ("10.0.0.0/8",))
    assert ring.find("lee", entry.fingerprint) is None
    assert ring.path.stat().st_mode & 0o777 == 0o600
    ring.add("kim", Role.VIEWER, key(2))
    assert ring.remove("kim", entry.fingerprint) == 1
    assert [e.role for e in ring.entries()] == [Role.VIEWER]
    assert ring.remove("kim") == 1
    assert ring.entries() == ()
    with pytest.raises(NotFound):
        ring.remove("kim")


def test_the_same_key_again_replaces(ring):
    ring.add("kim", Role.VIEWER, key(1))
    ring.add("kim", Role.ADMIN, key(1))
    assert [e.role for e in ring.entries()] == [Role.ADMIN]


def test_a_change_by_hand_is_seen_and_comments_stay(ring):
    entry = ring.add("kim", Role.VIEWER, key(1))
    ring.path.write_text("# mine\n" + ring.path.read_text().replace("viewer", "admin"))
    assert ring.find("kim", entry.fingerprint).role is Role.ADMIN
    ring.add("lee", Role.VIEWER, key(2))
    assert "# mine" in ring.path.read_text()
    ring.path.unlink()
    assert ring.entries() == ()


def test_a_broken_line_lets_nobody_in_and_is_named(ring):
    ring.path.write_text(f'{key(1)}\nname="kim",role="king" {key(2)}\nname="lee",role="viewer" {key(3)}\n')
    ring.path.chmod(0o600)
    assert [e.name for e in ring.entries()] == ["lee"]
    first, second = ring.problems()
    assert ":1:" in first
    assert "king" in second
    ring.remove("lee")
    assert "king" in ring.path.read_text()  # what we do not understand, we do not throw away


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_a_file_that_others_can_write_lets_nobody_in(ring):
    ring.add("kim", Role.ADMIN, key(1))
    ring.path.chmod(0o666)
    os.utime(ring.path, ns=(1, 1))
    assert ring.entries() == ()
    assert "chmod 600" in ring.problems()[0]


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "ssh-ed25519",
        "ssh-ed25519 !!!",
        "ssh-ed25519 AAAA",
        key(1).replace("ssh-ed25519", "ssh-rsa"),
        key(1, "ssh-dss"),
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        key(1) + "\n" + key(2),
        'command="sh" ' + key(1),
    ],
)
def test_what_is_not_one_public_key_is_refused(ring, bad):
    with pytest.raises(BadRequest):
        ring.add("kim", Role.VIEWER, bad)
    assert not ring.path.exists()


@pytest.mark.parametrize("name", ["", "a b", 'k"', "kim,lee", "-x", "../x", "k\nname", "x" * 65])
def test_names_cannot_escape_their_line(ring, name):
    with pytest.raises(BadRequest):
        ring.add(name, Role.VIEWER, key(1))


def test_a_pattern_cannot_escape_its_option(ring):
    with pytest.raises(BadRequest):
        ring.add("kim", Role.VIEWER, key(1), from_patterns=('10.0.0.1",role="admin',))


@pytest.mark.parametrize("pattern", ["10.0.0.300", "abc", "10.0.0.0/33", "", "server.example"])
def test_an_address_that_cannot_be_is_refused(ring, pattern):
    with pytest.raises(BadRequest, match="is not an address"):
        ring.add("kim", Role.VIEWER, key(1), from_patterns=(pattern,))
    assert ring.entries() == ()


@pytest.mark.parametrize("pattern", ["10.0.0.3", "!10.0.0.0/8", "10.0.*", "fe80::1", "2001:db8::/32"])
def test_addresses_networks_and_wildcards_are_taken(ring, pattern):
    assert ring.add("kim", Role.VIEWER, key(1), from_patterns=(pattern,)).from_patterns == (pattern,)


def test_options_in_any_order_and_a_comment_with_spaces():
    entry = parse_line(f'restrict,from="10.*,!10.0.0.7",role="admin",name="김철수" {key(1, comment="two words")}')
    assert (entry.name, entry.role, entry.comment) == ("김철수", Role.ADMIN, "two words")
    assert entry.refusal(NOW, "10.0.0.8") == ""
    assert "may not be used from" in entry.refusal(NOW, "10.0.0.7")
    assert entry.refusal(NOW, "192.168.0.1")
    assert entry.refusal(NOW, "not an address")
    assert entry.restricted
    assert parse_line(entry.line) == entry


@pytest.mark.parametrize("peer", ["10.1.2.3", "::ffff:10.1.2.3", "fe80::1%eth0"])
def test_from_knows_networks(peer):
    entry = parse_line(f'name="k",role="viewer",from="10.0.0.0/8,fe80::/10" {key(1)}')
    assert entry.refusal(NOW, peer) == ""


def test_expiry_is_enforced_to_the_second():
    entry = parse_line(f'name="k",role="viewer",expiry-time="20261121000000Z" {key(1)}')
    assert entry.refusal(datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC)) == ""
    assert "expired" in entry.refusal(NOW)


def test_expiry_forms():
    assert parse_expiry("20271231Z") == datetime(2027, 12, 31, tzinfo=UTC)
    assert parse_expiry("202712312359Z") == datetime(2027, 12, 31, 23, 59, tzinfo=UTC)
    assert parse_expiry("2027-12-31T00:00:00+09:00") == datetime(2027, 12, 30, 15, tzinfo=UTC)
    for bad in ("", "soon", "2027123", "20271331", "Z"):
        with pytest.raises(BadRequest):
            parse_expiry(bad)


def test_a_change_of_mode_alone_is_seen_at_once(ring):
    entry = ring.add("kim", Role.VIEWER, key(1))
    assert ring.find("kim", entry.fingerprint)
    ring.path.chmod(0o620)
    assert ring.find("kim", entry.fingerprint) is None
    assert "can be written by others" in ring.problems()[0]
    ring.path.chmod(0o600)
    assert ring.find("kim", entry.fingerprint) == entry


def test_two_changes_within_one_tick_of_the_clock_are_both_seen(ring):
    ring.add("kim", Role.VIEWER, key(1))
    text = ring.path.read_text()
    for _ in range(50):
        for name in ("lee", "kim"):
            with ring.path.open("r+") as file:
                file.write(text.replace("kim", name, 1))
            assert ring.entries()[0].name == name


def test_what_others_wrote_is_not_taken_over_by_an_admin_s_change(ring):
    ring.add("kim", Role.VIEWER, key(1))
    with ring.path.open("a") as file:
        file.write(f'name="mallory",role="admin" {key(2)}\n')
    ring.path.chmod(0o666)
    for change in (lambda: ring.add("lee", Role.VIEWER, key(3)), lambda: ring.remove("kim")):
        with pytest.raises(Refused, match="can be written by others"):
            change()
    assert ring.path.stat().st_mode & 0o777 == 0o666
    assert ring.entries() == ()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_lets_nobody_in(ring):
    ring.add("kim", Role.VIEWER, key(1))
    os.chown(ring.path, 65534, -1)
    assert ring.entries() == ()
    assert "belongs to uid 65534" in ring.problems()[0]


def test_a_fifo_in_its_place_lets_nobody_in_and_holds_nobody_up(ring):
    os.mkfifo(ring.path)
    assert ring.entries() == ()
    assert "not a regular file" in ring.problems()[0]


def test_an_unknown_address_matches_no_pattern(ring):
    entry = ring.add("kim", Role.VIEWER, key(1), from_patterns=("0.0.0.0/0",))
    assert entry.refusal(NOW, "10.0.0.1") == ""
    assert entry.refusal(NOW) == ""
    assert "unknown address" in entry.refusal(NOW, "")


def test_an_option_given_twice_lets_nobody_in(ring):
    ring.path.write_text(f'expiry-time="20200101",name="kim",role="viewer",expiry-time="20990101" {key(1)}\n')
    ring.path.chmod(0o600)
    assert ring.entries() == ()
    assert "expiry-time is given twice" in ring.problems()[0]
