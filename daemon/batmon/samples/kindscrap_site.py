"""The disclosure site that kindscrap scrapes: a log-in form, lists in pages, one document for each disclosure."""

from __future__ import annotations

import re
import secrets

from batmon.samples.loopback import Reply, Request, Site, shipped

USER = "scraper"
PASSWORD = "kind-2026"  # noqa: S105 - of a site that exists only while the sample runs
_WRONG = "<html><body><p class='error'>비밀번호가 올바르지 않습니다</p></body></html>"
_NUMBER = re.compile(r"/disclosures/(\d{14})")


def disclosure_site(*, silent: bool = False) -> Site:
    """The site, for one run: who has logged in is known by a cookie."""
    pages = shipped("kind")
    session = secrets.token_hex(16)

    def page(name: str) -> Reply:
        file = pages / name
        return Reply(200, file.read_bytes()) if file.is_file() else Reply(404)

    def answer(request: Request) -> Reply:
        if request.path == "/login":
            if request.method == "GET":
                return page("login.html")
            if (request.form.get("user"), request.form.get("password")) != (USER, PASSWORD):
                return Reply(401, _WRONG.encode())
            cookie = {"Set-Cookie": f"session={session}; HttpOnly", "Location": "/disclosures?page=1"}
            return Reply(302, headers=cookie)
        if request.cookies.get("session") != session:
            return Reply(401, _WRONG.encode())
        if request.path == "/disclosures":
            number = request.query.get("page", "1")
            return page(f"list-{number}.html") if number.isdigit() else Reply(404)
        found = _NUMBER.fullmatch(request.path)
        return page(f"{found[1]}.html") if found else Reply(404)

    return Site(answer, silent=silent)
