"""AWS Signature Version 4, as stores that speak S3 ask for it. Pure: the time comes in.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


def encoded_path(path: str) -> str:
    """The path as it stands in the request and in what is signed: every byte but unreserved ones and ``/`` encoded."""
    return quote(path, safe="/-._~")


def encoded_query(query: Sequence[tuple[str, str]]) -> str:
    """The query as it stands in both: encoded, then sorted."""
    pairs = sorted((quote(name, safe="-._~"), quote(value, safe="-._~")) for name, value in query)
    return "&".join(f"{name}={value}" for name, value in pairs)


def signed_headers(
    method: str,
    host: str,
    path: str,
    query: Sequence[tuple[str, str]],
    payload_sha256: str,
    *,
    access_key: str,
    secret_key: str,
    region: str,
    now: datetime,
    service: str = "s3",
    headers: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The headers of a request with its ``Authorization``; ``headers`` are more that are signed.

    ``path`` is not encoded yet. S3 also wants the payload's SHA-256 as a header, and so it is signed there.
    """
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    given = {name.lower(): " ".join(value.split()) for name, value in (headers or {}).items()}
    given |= {"host": host, "x-amz-date": stamp}
    if service == "s3":
        given["x-amz-content-sha256"] = payload_sha256
    names = sorted(given)
    signed = ";".join(names)
    request = "\n".join(
        (
            method,
            encoded_path(path),
            encoded_query(query),
            *(f"{name}:{given[name]}" for name in names),
            "",
            signed,
            payload_sha256,
        )
    )
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    text = "\n".join((ALGORITHM, stamp, scope, hashlib.sha256(request.encode()).hexdigest()))
    key = f"AWS4{secret_key}".encode()
    for part in (stamp[:8], region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    given["authorization"] = f"{ALGORITHM} Credential={access_key}/{scope},SignedHeaders={signed},Signature={signature}"
    return given
