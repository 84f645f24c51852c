"""eSafe 문서 다운로드: downloads documents, proves each by its checksum, and lets only whole files appear."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from batmon.samples.auto_esafe_site import document_site
from batmon.samples.options import Options, parse
from batmon.samples.worklog import close_log, open_log, today

DAMAGED = "document-05.csv"


class ChecksumError(Exception):
    """What arrived is not what the manifest announced."""


@dataclass(frozen=True, slots=True)
class Document:
    """A line of the manifest: the file on the server, the document's own name, bytes, SHA-256 in hexadecimal."""

    file: str
    name: str
    size: int
    sha256: str


class Downloader:
    """Fetches from one server."""

    def __init__(self, url: str, *, timeout: float | None) -> None:
        self._url = url
        self._timeout = timeout
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def fetch(self, name: str) -> bytes:
        """The file as it arrives."""
        with self._opener.open(f"{self._url}/documents/{name}", None, self._timeout) as answer:
            return bytes(answer.read())

    def manifest(self) -> list[Document]:
        """What there is to download."""
        return [Document(**entry) for entry in json.loads(self.fetch("manifest.json"))["documents"]]

    def download(self, document: Document, folder: Path) -> Path:
        """Fetch, check and store one document; it appears under its name whole or not at all.

        Raises:
            ChecksumError: its size or its checksum is not the announced one.
        """
        data = self.fetch(document.file)
        found = hashlib.sha256(data).hexdigest()
        if (len(data), found) != (document.size, document.sha256):
            raise ChecksumError(
                f"체크섬 불일치: {document.name} (예상 {document.sha256[:12]} {document.size}바이트, "
                f"실제 {found[:12]} {len(data)}바이트)"
            )
        part = folder / f"{document.name}.{os.getpid()}.part"
        part.write_bytes(data)
        return part.replace(folder / document.name)


def download_all(options: Options, log: logging.Logger) -> None:
    """One whole run."""
    folder = Path("download") / today()
    folder.mkdir(parents=True, exist_ok=True)
    with document_site(silent=options.hang, damaged=DAMAGED if options.fail else "") as site:
        log.info("eSafe 문서 다운로드 시작")
        log.info("서버 접속: %s", site.url)
        server = Downloader(site.url, timeout=None if options.hang else 30.0)
        documents = server.manifest()
        log.info("대상 문서 %d개 확인", len(documents))
        for document in documents:
            time.sleep(options.pace / len(documents))
            server.download(document, folder)
            log.info("다운로드: %s (%d바이트)", document.name, document.size)
    log.info("총 %d건 다운로드, 체크섬 확인됨", len(documents))
    log.info("eSafe 문서 다운로드 완료")


def main(argv: Sequence[str] | None = None) -> int:
    """Run once in the working folder; 0 when all is downloaded, 1 when something failed. A CP949 log for each day."""
    options = parse("auto_esafe", "download documents and check them", argv, pace=3.0)
    log = open_log(Path(f"logs/esafe_{today()}.log"), encoding="cp949")
    try:
        download_all(options, log)
    except ChecksumError as error:
        log.exception("문서 다운로드 실패: %s", error)  # noqa: TRY401 - the line has to say it, as such programs' lines do
        return 1
    except Exception:
        log.exception("문서 다운로드 실패")
        return 1
    finally:
        close_log(log)
    return 0


if __name__ == "__main__":
    sys.exit(main())
