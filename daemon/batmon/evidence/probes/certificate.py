"""Days until a certificate expires: one that a TLS port shows, or those in a file; and whether it is to be believed."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from batmon.config.probe_targets import CertificateTarget
from batmon.config.probes import Probe
from batmon.evidence.probes.blocking import Busy, in_thread
from batmon.evidence.probes.faults import fault_of, is_local
from batmon.evidence.probes.names import connect
from batmon.evidence.probes.trust import context_for
from batmon.judge.probe import Sample

MOST_FILE = 4 << 20
_PEM = b"-----BEGIN CERTIFICATE-----"
_DAY = timedelta(days=1)


def look_of(probe: Probe) -> Callable[[datetime], Awaitable[Sample]]:
    """Look at the probe's certificate."""
    target = probe.target
    assert isinstance(target, CertificateTarget)  # noqa: S101 - its kind says so

    async def look(now: datetime) -> Sample:
        clock = asyncio.get_running_loop().time
        begun = clock()
        try:
            async with asyncio.timeout(probe.rule.timeout.total_seconds()):
                if target.file is not None:
                    fault, detail, ends = await _in_file(target.file)
                else:
                    fault, detail, ends = await _at_port(target)
        except (OSError, Busy, asyncio.IncompleteReadError) as error:
            fault, detail = fault_of(error)
            blind = target.file is not None or is_local(error)
            return Sample(now, clock() - begun, fault=fault, detail=detail, blind=blind)
        except ValueError as error:
            return Sample(
                now, clock() - begun, fault="protocol", detail=str(error)[:200], blind=target.file is not None
            )
        days = (ends - now) / _DAY
        if fault == "expired" and days < 0:
            fault = ""  # its figure says more
        return Sample(now, clock() - begun, value=days, fault=fault, detail=detail, facts={"expires_at": ends})

    return look


async def _in_file(file: Path) -> tuple[str, str, datetime]:
    return "", "", min(await in_thread(f"certificate {file}", lambda: _ends_in(file)))


def _ends_in(file: Path) -> list[datetime]:
    """When each certificate of the file ends. Blocks."""
    with file.open("rb") as opened:
        data = opened.read(MOST_FILE)
    try:
        found = x509.load_pem_x509_certificates(data) if _PEM in data else [x509.load_der_x509_certificate(data)]
    except x509.InvalidVersion as error:
        raise ValueError(str(error)) from error
    return [one.not_valid_after_utc for one in found]


async def _at_port(target: CertificateTarget) -> tuple[str, str, datetime]:
    """What is wrong with the certificate, if anything, and when it ends.

    One that is not believed is fetched once more without asking for belief: how long it lasts is to be known as well.
    """
    fault, detail = "", ""
    try:
        raw = await _shown(target, await _trust(target, verify=target.verify))
    except ssl.SSLCertVerificationError as error:
        fault, detail = fault_of(error)
        raw = await _shown(target, await _trust(target, verify=False))
    try:
        return fault, detail, x509.load_der_x509_certificate(raw).not_valid_after_utc
    except x509.InvalidVersion as error:
        raise ValueError(str(error)) from error


async def _trust(target: CertificateTarget, *, verify: bool) -> ssl.SSLContext:
    try:
        return await context_for(verify=verify, ca=target.ca)
    except OSError as error:
        raise ValueError(f"{target.ca}: {error.strerror or error}") from error


async def _shown(target: CertificateTarget, trust: ssl.SSLContext) -> bytes:
    name = target.server_name or target.host
    _, writer = await connect(target.host, target.port, ssl=trust, server_hostname=name)
    try:
        raw: bytes | None = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            writer.transport.abort()
    if raw is None:
        raise ValueError("no certificate")
    return raw
