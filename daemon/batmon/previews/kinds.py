"""What kind of file it is, by its first bytes and its name. Pure."""

from __future__ import annotations

HEAD_BYTES = 8192
"""Of a file, to tell its kind by."""

_IMAGES = {
    b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF87a": "gif", b"GIF89a": "gif", b"BM": "bmp",
}  # fmt: skip
_PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
_BY_NAME = {
    ".csv": ("table", "csv"), ".tsv": ("table", "csv"), ".json": ("json", "json"), ".geojson": ("json", "json"),
    ".jsonl": ("json", "jsonl"), ".ndjson": ("json", "jsonl"),
}  # fmt: skip
_WORKBOOKS = (".xlsx", ".xlsm")
_TARS = (".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_LOGS = (".log", ".txt", ".out", ".err")
_TEXT_CONTROLS = frozenset(b"\t\n\r\f\x1b\x08\x07")
_MOST_CONTROLS = 0.1


def kind_of(head: bytes, name: str) -> tuple[str, str]:
    """(kind, format), such as (``table``, ``csv``), of a file that begins with ``head`` (HEAD_BYTES are enough)."""
    small = name.lower()
    ending = small[small.rfind(".") :]
    for magic, image in _IMAGES.items():
        if head.startswith(magic) and (image != "bmp" or ending == ".bmp"):
            return "image", image
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image", "webp"
    if head.startswith(b"SQLite format 3\0"):
        return "database", "sqlite"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ("table", "xlsx") if ending in _WORKBOOKS else ("archive", "zip")
    for magic, packed in _PACKED.items():
        if head.startswith(magic):
            return ("archive", "tar") if small.endswith(_TARS) else ("packed", packed)
    if head[257:262] == b"ustar":
        return "archive", "tar"
    if not _is_text(head, is_log=any(part in small for part in _LOGS)):
        return "hex", ending[1:] if len(ending) < 12 and ending[1:].isalnum() else "bytes"
    return _BY_NAME.get(ending, ("text", "text"))


def _is_text(head: bytes, *, is_log: bool) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or not head:
        return True
    if is_log:  # a hole of NULs is what is left of a log that was truncated under its writer
        return True
    if b"\0" in head or head.startswith(b"%PDF-"):
        return False
    controls = sum(byte < 0x20 and byte not in _TEXT_CONTROLS for byte in head)
    return controls <= len(head) * _MOST_CONTROLS
