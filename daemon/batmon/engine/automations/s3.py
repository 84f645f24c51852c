"""Files into a bucket of a store that speaks S3, over aiohttp: whole, or large ones in parts."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import aiohttp
from yarl import URL

from batmon.config.outside_steps import S3Place
from batmon.engine.automations.sigv4 import EMPTY_SHA256, encoded_path, encoded_query, signed_headers
from batmon.errors import BatmonError

log = logging.getLogger(__name__)

PART_BYTES = 16 * 1024 * 1024
"""Held in memory; a file that is not longer goes in one piece."""
MOST_PARTS = 10_000
TRIES = 3
AGAIN_SEC = 1.0
CONNECT_SEC = 15.0
ANSWER_SEC = 300.0
"""For one part, sent and answered."""
MOST_ANSWER = 4 * 1024 * 1024
PAGES = 1_000

Query = Sequence[tuple[str, str]]


class S3Failed(BatmonError):
    """The store cannot be reached, or refused; the message has its own words and never a secret."""

    code = "s3"


@dataclass(frozen=True, slots=True)
class Stored:
    """An object; ``key`` is its name in the bucket."""

    key: str
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class Bucket:
    """A bucket, while ``opened`` is entered."""

    def __init__(self, place: S3Place, session: aiohttp.ClientSession, now: Callable[[], datetime]) -> None:
        self._place = place
        self._session = session
        self._now = now
        parts = urlsplit(place.endpoint)
        self._scheme = parts.scheme
        self._host = parts.netloc if place.path_style else f"{place.bucket}.{parts.netloc}"

    async def put(self, file: Path, key: str) -> None:
        """Store a file under ``key``, and see that all of it is there.

        Raises:
            S3Failed: it is not.
            OSError: the file cannot be read.
        """
        size = (await asyncio.to_thread(file.stat)).st_size
        stream = await asyncio.to_thread(file.open, "rb")
        try:
            if size <= PART_BYTES:
                await self._ask("PUT", key, body=await asyncio.to_thread(stream.read))
            else:
                await self._put_parts(stream, size, key)
        finally:
            await asyncio.to_thread(stream.close)
        stored = (await self._ask("HEAD", key)).headers.get("content-length", "")
        if stored != str(size):
            raise S3Failed(f"{self._at(key)} holds {stored or 'no'} bytes of {size}")

    async def listed(self, prefix: str) -> list[Stored]:
        """The objects whose keys begin with ``prefix``."""
        found: list[Stored] = []
        token = ""
        for _ in range(PAGES):
            query = [("list-type", "2"), ("prefix", prefix), *([("continuation-token", token)] if token else [])]
            root = _parsed((await self._ask("GET", "", query)).body, self._at(prefix))
            found += [_stored(entry, self._at(prefix)) for entry in root.iter() if _tag(entry) == "Contents"]
            token = _text(root, "NextContinuationToken")
            if not token:
                return found
        return found

    async def delete(self, key: str) -> None:
        """Remove an object; one that is not there is fine."""
        await self._ask("DELETE", key)

    async def _put_parts(self, stream: IO[bytes], size: int, key: str) -> None:
        upload = _text(_parsed((await self._ask("POST", key, [("uploads", "")])).body, self._at(key)), "UploadId")
        if not upload:
            raise S3Failed(f"{self._at(key)}: the store gave no id for an upload in parts")
        try:
            part_bytes = max(PART_BYTES, -(-size // MOST_PARTS))
            parts: list[str] = []
            while block := await asyncio.to_thread(stream.read, part_bytes):
                query = [("partNumber", str(len(parts) + 1)), ("uploadId", upload)]
                parts.append((await self._ask("PUT", key, query, block)).headers.get("etag", ""))
            listed = "".join(
                f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(etag)}</ETag></Part>"
                for number, etag in enumerate(parts, start=1)
            )
            whole = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
            self._whole(key, await self._ask("POST", key, [("uploadId", upload)], whole))
        except BaseException:
            await self._abort(key, upload)
            raise

    def _whole(self, key: str, answer: _Answer) -> None:
        """See that the parts were put together: it may be a 200 that says it failed after all."""
        if _tag(_parsed(answer.body, self._at(key))) == "Error":
            raise S3Failed(f"{self._at(key)}: {_said(answer)}")

    async def _abort(self, key: str, upload: str) -> None:
        """Parts that are not put together would be kept, and paid for, for ever."""
        try:
            async with asyncio.timeout(CONNECT_SEC):
                await self._once("DELETE", key, [("uploadId", upload)], b"")
        except (S3Failed, TimeoutError) as error:
            log.warning("parts of an upload that failed may be left at %s: %s", self._at(key), error)

    async def _ask(self, method: str, key: str, query: Query = (), body: bytes = b"") -> _Answer:
        for number in range(1, TRIES):
            try:
                answer = await self._once(method, key, query, body)
            except S3Failed as error:
                log.info("will try again: %s", error)
            else:
                if answer.status < 500 and answer.status != 429:
                    return self._good(method, key, answer)
            await asyncio.sleep(AGAIN_SEC * number)
        return self._good(method, key, await self._once(method, key, query, body))

    def _good(self, method: str, key: str, answer: _Answer) -> _Answer:
        if 200 <= answer.status < 300 or (method == "DELETE" and answer.status == 404):
            return answer
        hint = "are access_key, secret_key and region right, and may they write there?" if answer.status == 403 else ""
        raise S3Failed(f"{method} {self._at(key)}: HTTP {answer.status}: {_said(answer)}", hint=hint)

    async def _once(self, method: str, key: str, query: Query, body: bytes) -> _Answer:
        place = self._place
        path = f"/{place.bucket}/{key}" if place.path_style else f"/{key}"
        digest = await asyncio.to_thread(lambda: hashlib.sha256(body).hexdigest()) if body else EMPTY_SHA256
        headers = signed_headers(
            method, self._host, path, query, digest,
            access_key=place.access_key.reveal(), secret_key=place.secret_key.reveal(), region=place.region,
            now=self._now(),
        )  # fmt: skip
        address = f"{self._scheme}://{self._host}{encoded_path(path)}" + (f"?{encoded_query(query)}" if query else "")
        try:
            async with self._session.request(
                method, URL(address, encoded=True), headers=headers, data=body or None, allow_redirects=False
            ) as answer:
                said = await _body(answer)
                return _Answer(answer.status, {name.lower(): value for name, value in answer.headers.items()}, said)
        except (aiohttp.ClientError, OSError, ValueError) as error:  # a timeout of aiohttp's is an OSError too
            raise S3Failed(f"{method} {self._at(key)}: {error or type(error).__name__}") from error

    def _at(self, key: str) -> str:
        return f"s3://{self._place.bucket}/{key} at {self._place.endpoint}"


@asynccontextmanager
async def opened(place: S3Place, now: Callable[[], datetime]) -> AsyncIterator[Bucket]:
    """The bucket, to be used."""
    limits = aiohttp.ClientTimeout(total=ANSWER_SEC, connect=CONNECT_SEC)
    async with aiohttp.ClientSession(timeout=limits, auto_decompress=False) as session:
        yield Bucket(place, session, now)


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    """All of an answer, which comes in pieces."""
    body = bytearray()
    while piece := await answer.content.read(MOST_ANSWER):
        body += piece
        if len(body) > MOST_ANSWER:
            raise ValueError(f"the answer is longer than {MOST_ANSWER:,} bytes")
    return bytes(body)


def _parsed(body: bytes, where: str) -> ET.Element:
    """An answer; one with a document type, which could make entities, is refused."""
    if b"<!DOCTYPE" in body:
        raise S3Failed(f"{where}: the answer is not one of S3")
    try:
        text = body.decode("utf-8-sig")  # in another encoding a document type would not be found
        return ET.fromstring(text)  # noqa: S314 - without a document type there are no entities to expand
    except (ET.ParseError, ValueError) as error:
        raise S3Failed(f"{where}: the answer is not one of S3: {error}") from error


def _stored(entry: ET.Element, where: str) -> Stored:
    values = {_tag(child): child.text or "" for child in entry}
    try:
        modified = datetime.fromisoformat(values.get("LastModified", "1970-01-01T00:00:00Z"))
        return Stored(values["Key"], int(values.get("Size", "0")), modified.astimezone(UTC))
    except (LookupError, ValueError, OverflowError) as error:
        raise S3Failed(f"{where}: the answer is not one of S3: {error!r}") from error


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(root: ET.Element, tag: str) -> str:
    return next((element.text or "" for element in root.iter() if _tag(element) == tag), "")


def _said(answer: _Answer) -> str:
    """The code and message of an error, or the beginning of whatever it is."""
    try:
        root = _parsed(answer.body, "")
    except S3Failed:
        return answer.body[:200].decode(errors="replace").strip() or "no words"
    return ": ".join(part for part in (_text(root, "Code"), _text(root, "Message")) if part)[:300] or "no words"
