"""What an engine or a certificate says that nobody should say is a fault of the probe's sample, and no exception."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from batmon.config.probe_targets import CertificateTarget, ContainerTarget, HttpTarget
from batmon.config.secrets import Secret
from batmon.evidence.probes import certificate, container, http

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
RULE = SimpleNamespace(timeout=timedelta(seconds=10))


@pytest.mark.parametrize(
    "body",
    [
        b'{"State":' + b"[" * 200_000,
        b'{"State":{"Running":true},"RestartCount":1e400}',
        b"\xff",
        b"[]",
        b'{"State":[]}',
    ],
)
async def test_an_engine_that_answers_nonsense(tmp_path, body):
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(answer, tmp_path / "d.sock")
    look = container.look_of(SimpleNamespace(target=ContainerTarget("x", tmp_path / "d.sock"), rule=RULE))
    said = await look(NOW)
    assert (said.fault, said.blind) == ("protocol", True)
    server.close()


async def test_a_certificate_of_a_version_that_does_not_exist(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    signed = made.not_valid_before(NOW).not_valid_after(NOW + timedelta(days=9)).sign(key, hashes.SHA256())
    der = signed.public_bytes(serialization.Encoding.DER)
    file = tmp_path / "c.der"
    file.write_bytes(der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x05", 1))
    said = await certificate.look_of(SimpleNamespace(target=CertificateTarget(file=file), rule=RULE))(NOW)
    assert (said.fault, said.blind) == ("protocol", True)


async def test_what_is_secret_does_not_follow_a_redirect_to_another_host():
    asked = []

    async def other(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"content-length" in line), 0
        )
        asked.append(head + await reader.readexactly(length))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    there = await asyncio.start_server(other, "127.0.0.1", 0)
    elsewhere = b"http://127.0.0.1:%d/" % there.sockets[0].getsockname()[1]

    async def moved(reader, writer):
        await reader.readuntil(b"hush-body")
        writer.write(b"HTTP/1.1 307 Moved\r\nContent-Length: 0\r\nLocation: " + elsewhere + b"\r\n\r\n")
        writer.close()

    here = await asyncio.start_server(moved, "127.0.0.1", 0)
    target = HttpTarget(
        Secret(f"http://kim:hush-url@127.0.0.1:{here.sockets[0].getsockname()[1]}/"), method="POST",
        headers={"X-Key": Secret("hush-header")}, body=Secret("hush-body"),
    )  # fmt: skip
    said = await http.look_of(SimpleNamespace(target=target, rule=RULE))(NOW)
    assert (said.fault, len(asked)) == ("", 1)
    assert b"hush" not in asked[0]
    assert b"authorization" not in asked[0].lower()
    for server in (here, there):
        server.close()
