"""공시정보 스크래핑: logs in to a disclosure site, follows its pages, reads every document, writes JSON and CSV."""

from __future__ import annotations

import csv
import json
import logging
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from http import HTTPStatus
from http.cookiejar import CookieJar
from pathlib import Path

from batmon.samples.kindscrap_site import PASSWORD, USER, disclosure_site
from batmon.samples.options import Options, parse
from batmon.samples.worklog import close_log, open_log, today

COLUMNS = ("접수번호", "접수일시", "회사명", "시장구분", "공시제목", "금액(원)", "이사회결의일")
REQUESTS = 42
"""How many pages a run fetches, by which its pace is divided."""


class LoginError(Exception):
    """The site did not let us in."""


class ListPage(HTMLParser):
    """One page of the list: the addresses of its documents, and of the next page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.documents: list[str] = []
        self.next_page = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of links."""
        given = dict(attrs)
        href = given.get("href") or ""
        if tag == "a" and given.get("class") == "title":
            self.documents.append(href)
        elif tag == "a" and given.get("rel") == "next":
            self.next_page = href


class DocumentPage(HTMLParser):
    """One disclosure: its title and the pairs of its definition list, as ``fields``."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._inside = ""
        self._name = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the base class's
        """Remember where the text that follows is."""
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the base class's
        """Text between elements means nothing."""
        self._inside = ""

    def handle_data(self, data: str) -> None:
        """Take a title, a name or a value."""
        if self._inside == "h1":
            self.fields["공시제목"] = data.strip()
        elif self._inside == "dt":
            self._name = data.strip()
        elif self._inside == "dd":
            self.fields[self._name] = data.strip()


class Scraper:
    """A session with the site; waits ``pause`` seconds before each page, as one does with other people's servers."""

    def __init__(self, url: str, *, pause: float, timeout: float | None) -> None:
        self._url = url
        self._pause = pause
        self._timeout = timeout
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
        )

    def fetch(self, path: str, form: dict[str, str] | None = None) -> str:
        """The page at ``path``, after sending ``form`` to it if there is one."""
        time.sleep(self._pause)
        data = None if form is None else urllib.parse.urlencode(form).encode()
        address = urllib.parse.urljoin(self._url, path)
        with self._opener.open(address, data, self._timeout) as answer:
            return str(answer.read().decode("utf-8"))

    def log_in(self, user: str, password: str) -> None:
        """Begin a session.

        Raises:
            LoginError: user or password is wrong.
        """
        self.fetch("/login")
        try:
            self.fetch("/login", {"user": user, "password": password})
        except urllib.error.HTTPError as error:
            if error.code == HTTPStatus.UNAUTHORIZED:
                raise LoginError("비밀번호가 올바르지 않습니다 (HTTP 401)") from error
            raise

    def disclosures(self, log: logging.Logger) -> Iterator[dict[str, str]]:
        """Every disclosure of the list, page after page."""
        path = "/disclosures?page=1"
        number = 0
        while path:
            number += 1
            page = ListPage(self.fetch(path))
            log.info("목록 %d페이지: %d건", number, len(page.documents))
            for document in page.documents:
                yield DocumentPage(self.fetch(document)).fields
            path = page.next_page


def write(folder: Path, rows: list[dict[str, str]]) -> Path:
    """Write the rows as JSON and as CSV that Excel opens; the CSV's path."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / f"disclosures_{today()}"
    part = stem.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(rows, ensure_ascii=False, indent=1), "utf-8")
    part.replace(stem.with_suffix(".json"))
    with part.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return part.replace(stem.with_suffix(".csv"))


def scrape(options: Options, log: logging.Logger) -> None:
    """One whole run."""
    with disclosure_site(silent=options.hang) as site:
        log.info("공시정보 수집 시작")
        log.info("접속: %s", site.url)
        scraper = Scraper(site.url, pause=options.pace / REQUESTS, timeout=None if options.hang else 30.0)
        time.sleep(options.pace / 4)
        scraper.log_in(USER, "expired-2025" if options.fail else PASSWORD)
        log.info("로그인 성공: %s", USER)
        rows = list(scraper.disclosures(log))
    target = write(Path("output"), rows)
    log.info("공시정보 %d건 수집, 저장: %s", len(rows), target.as_posix())
    log.info("공시정보 수집 완료")


def main(argv: Sequence[str] | None = None) -> int:
    """Run once in the working folder; 0 when all is collected, 1 when something failed."""
    options = parse("kindscrap", "collect disclosures from a site", argv, pace=2.0)
    log = open_log(Path("logs/kindscrap.log"), rotate_at=1024 * 1024, keep=3)
    try:
        scrape(options, log)
    except LoginError as error:
        log.exception("로그인 실패: %s", error)  # noqa: TRY401 - the line has to say it, as such programs' lines do
        return 1
    except Exception:
        log.exception("공시정보 수집 실패")
        return 1
    finally:
        close_log(log)
    return 0


if __name__ == "__main__":
    sys.exit(main())
