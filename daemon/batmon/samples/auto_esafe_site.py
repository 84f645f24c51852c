"""The document server that auto_esafe downloads from: a manifest with checksums, and the documents."""

from __future__ import annotations

from batmon.samples.loopback import Reply, Request, Site, shipped


def document_site(*, silent: bool = False, damaged: str = "") -> Site:
    """The server; the file ``damaged`` arrives with its last bytes cut off, as after a broken transfer."""
    documents = shipped("esafe")

    def answer(request: Request) -> Reply:
        name = request.path.removeprefix("/documents/")
        if request.method != "GET" or "/" in name or name.startswith("."):
            return Reply(404)
        file = documents / name
        if not file.is_file():
            return Reply(404)
        body = file.read_bytes()
        return Reply(200, body[:-64] if name == damaged else body, "application/octet-stream")

    return Site(answer, silent=silent)
