"""SFTP on the wire: what is written can be read by others, what is read may be anything."""

import asyncio
import struct

import pytest
from asyncssh.packet import SSHPacket
from asyncssh.sftp import SFTPAttrs, SFTPName
from hypothesis import given
from hypothesis import strategies as st

from batmon.errors import DaemonUnreachable, NotFound, Refused
from batmon_tui.ssh import sftp_packets as wire
from batmon_tui.ssh.sftp import SftpServer, absolute, in_words, status_of
from batmon_tui.ssh.sftp_packets import Attributes, Body, Kind, Malformed, Status

ENTRY = {"name": "한글.log", "kind": "file", "size": 2**40, "modified": "2026-11-21T06:00:00.5+00:00", "readable": True}


def test_another_implementation_reads_names_and_attributes():
    its = Attributes.of_entry(ENTRY)
    packet = SSHPacket(wire.names(7, [(ENTRY["name"], its)])[4:])
    assert (packet.get_byte(), packet.get_uint32(), packet.get_uint32()) == (Kind.NAME, 7, 1)
    name = SFTPName.decode(packet, 3)
    assert name.filename.decode() == ENTRY["name"]
    assert name.longname.decode() == "-r--r--r--    1 batmon   batmon   1099511627776 Nov 21  2026 한글.log"
    assert (name.attrs.size, name.attrs.permissions, name.attrs.mtime) == (2**40, 0o100444, 1795240800)
    decoded = SFTPAttrs.decode(SSHPacket(its.encoded()), 3)
    assert decoded.atime == decoded.mtime


@pytest.mark.parametrize(
    ("entry", "mode"),
    [
        ({"kind": "dir"}, 0o040555), ({"kind": "file"}, 0o100444), ({"kind": "link", "readable": False}, 0o120777),
        ({"kind": "other", "readable": False}, 0o010000), ({"kind": "file", "readable": False}, 0o100000),
    ],
)  # fmt: skip
def test_what_may_not_be_read_has_no_bits_for_it(entry, mode):
    assert Attributes.of_entry({**ENTRY, **entry}).mode == mode


@pytest.mark.parametrize(
    ("moment", "seconds"),
    [(None, 0), ("1969-12-31T00:00:00+00:00", 0), ("2500-01-01T00:00:00+00:00", 2**32 - 1)],
)
def test_moments_that_32_bits_do_not_hold(moment, seconds):
    assert wire.seconds(moment) == seconds


@given(st.binary(max_size=200))
def test_fields_of_any_bytes_are_read_or_refused(data):
    body = Body(data)
    try:
        while True:
            assert len(body.text()) <= len(data)
    except Malformed:
        pass


@given(st.text())
def test_paths_come_as_they_were_sent(path):
    try:
        sent = path.encode()
    except UnicodeEncodeError:
        sent = path.encode(errors="backslashreplace")
    assert Body(wire.string(sent)).path().encode(errors="surrogateescape") == sent


def test_paths_begin_at_the_root_and_keep_what_the_daemon_has_to_refuse():
    for given_path, meant in (("", "/"), (".", "/"), ("a//b/./c/", "/a/b/c"), ("/../x", "/../x"), ("a/..", "/a/..")):
        assert absolute(given_path) == meant


def test_the_daemons_errors_in_the_protocols_words():
    assert status_of(NotFound("x")) is Status.NO_SUCH_FILE
    assert status_of(Refused("x")) is Status.PERMISSION_DENIED
    assert status_of(DaemonUnreachable("x")) is Status.FAILURE
    assert in_words(Refused("no", hint="ask an admin")) == "no (ask an admin)"


class Nobody:
    """A tree that must not be asked anything."""

    async def close(self):
        pass


class Sink:
    def __init__(self):
        self.sent = b""

    def write(self, data):
        self.sent += data

    async def drain(self):
        pass


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=12)), max_size=8))
def test_requests_that_are_no_requests_are_each_answered(requests):
    """Kinds that would ask the tree need more than such a body; all others are told what they are."""
    asking = {Kind.OPEN, Kind.LSTAT, Kind.STAT, Kind.OPENDIR}
    requests = [(kind, body) for kind, body in requests if kind not in asking]

    async def serve():
        reader, sink = asyncio.StreamReader(), Sink()
        reader.feed_data(b"\0\0\0\5\1\0\0\0\3")
        for number, (kind, body) in enumerate(requests):
            reader.feed_data(struct.pack("!IBI", len(body) + 5, kind, number) + body)
        reader.feed_eof()
        assert await SftpServer(Nobody(), reader, sink).run() == 0
        return sink.sent

    sent, numbers = asyncio.run(serve()), []
    while sent:
        size, _, number = struct.unpack_from("!IBI", sent)
        numbers.append(number)
        sent = sent[4 + size :]
    assert numbers[1:] == list(range(len(requests)))
