"""Previews over a real gate: each kind, its pages, and files that mean harm."""

from __future__ import annotations

import asyncio
import base64
import gzip
import io
import json
import os
import random
import sqlite3
import struct
import tarfile
import threading
import time
import zipfile
import zlib

import openpyxl
import pytest
from PIL import Image

from batmon.engine.files import previewing
from batmon.engine.files.tree import Tree
from batmon.errors import BadRequest, Refused
from batmon.previews.kinds import kind_of
from tests.integration.tree_world import TreeWorld


@pytest.fixture
def world(tmp_path):
    return TreeWorld(tmp_path)


@pytest.fixture
def look(world):
    """Write a file (bytes, or what writes it) and see its preview; or see that of a file that is there."""

    async def look(name, content=None, **args):
        path = world.base / name
        if callable(content):
            content(path)
        elif content is not None:
            path.write_bytes(content)
        async with asyncio.timeout(30), world.open() as client:
            shown = await client.request("tree.preview", path=f"/programs/kind/files/{name}", **args)
        assert shown["size"] == path.stat().st_size
        assert shown["path"] == f"/programs/kind/files/{name}"
        return shown

    return look


async def test_text_comes_in_pages_of_bytes(look):
    text = "".join(f"{number}번 줄\n" for number in range(1000))
    first = await look("notes.txt", text.encode())
    assert (first["kind"], first["lines"][0]["text"], len(first["lines"])) == ("text", "0번 줄", 200)
    second = await look("notes.txt", offset=first["next"], limit=5)
    assert [line["text"] for line in second["lines"]] == [f"{number}번 줄" for number in range(200, 205)]
    last = await look("notes.txt", offset=len(text.encode()) - 3)
    assert last["more"] is False


async def test_text_of_other_encodings(look):
    assert (await look("a.log", "수집 시작\n".encode("cp949")))["lines"][0]["text"] == "수집 시작"
    utf16 = "\ufeff수집\n완료\n".encode("utf-16-le")
    assert [line["text"] for line in (await look("b.txt", utf16))["lines"]] == ["수집", "완료"]
    assert (await look("empty.txt", b""))["lines"] == []


async def test_text_is_harmless_and_long_lines_are_cut(look):
    shown = await look("a.log", b"\x1b]52;c;aGk=\x07[/b]\n" + b"x" * 3_000_000 + b"\n")
    assert "\x1b" not in shown["lines"][0]["text"]
    assert shown["lines"][0]["text"].endswith("[/b]")
    assert all(len(line["text"]) <= 4096 for line in shown["lines"])
    assert shown["more"]


async def test_a_frame_holds_whatever_the_sanitizer_makes_of_it(look):
    shown = await look("a.log", (b"\x85" * 0 + "\u0085".encode() * 4000 + b"\n") * 500, limit=2000)
    assert shown["more"]
    assert shown["lines"]
    again = await look("a.log", offset=shown["next"], limit=1)
    assert again["lines"][0]["offset"] == shown["lines"][-1]["end"]


async def test_a_sparse_file_of_a_terabyte(look):
    def sparse(path):
        with path.open("wb") as file:
            file.write(b"begin\n")
            file.truncate(1 << 40)

    began = time.monotonic()
    assert (await look("huge.bin", sparse))["kind"] == "hex"
    shown = await look("huge.bin", offset=(1 << 40) - 16)
    assert shown["lines"][0]["offset"] == (1 << 40) - 16
    assert shown["more"] is False
    assert (await look("huge.log", sparse))["lines"][0]["text"] == "begin"
    assert (await look("huge.csv", sparse))["kind"] == "hex"
    assert time.monotonic() - began < 10


async def test_bytes_are_shown_as_such(look):
    shown = await look("x.pdf", b"%PDF-1.7\n" + bytes(range(256)))
    assert (shown["kind"], shown["format"]) == ("hex", "pdf")
    assert shown["lines"][0] == {"offset": 0, "hex": b"%PDF-1.7\n\0\1\2\3\4\5\6".hex(" "), "text": "%PDF-1.7........"}
    page = await look("x.pdf", offset=16, limit=2)
    assert [line["offset"] for line in page["lines"]] == [16, 32]
    assert page["next"] == 48
    assert (await look("notes.txt", b"abc", **{"as": "hex"}))["lines"][0]["hex"] == "61 62 63"


async def test_csv_of_two_encodings_and_delimiters(look):
    for encoding in ("utf-8-sig", "cp949"):
        text = "계좌;금액;비고\n" + "".join(f'{n};"1,0{n}";메모\n' for n in range(250))
        shown = await look("accounts.csv", text.encode(encoding))
        assert (shown["kind"], shown["format"], shown["delimiter"]) == ("table", "csv", ";")
        assert shown["columns"] == ["계좌", "금액", "비고"]
        assert shown["rows"][3] == ["3", "1,03", "메모"]
        assert shown["encoding"] == encoding.removesuffix("-sig")
        second = await look("accounts.csv", offset=shown["next"])
        assert second["rows"][0][0] == "100"
        last = await look("accounts.csv", offset=200)
        assert (len(last["rows"]), last["more"], last["next"]) == (50, False, None)
    tabs = await look("t.tsv", b"1\t2\n3\t4\n")
    assert (tabs["columns"], tabs["rows"]) == (["1", "2"], [["1", "2"], ["3", "4"]])


async def test_csv_that_means_harm(look):
    quote = await look("q.csv", b'a,b\n"' + b"x" * 3_000_000)
    assert quote["kind"] in ("table", "text")
    wide = await look("w.csv", b",".join([b"x"] * 100_000) + b"\n")
    assert len(wide["columns"]) == 200
    formulas = await look("f.csv", b'a,b\n=cmd|"/c calc"!A0,\x1b[31m\x00\n', **{"as": "table"})
    assert formulas["rows"][0][1] == "␛[31m␀"
    long = await look("l.csv", b"a,b\n" + b"1,2\n" * 3_000_000)
    assert "first 8 MiB" in long["cut"]


def book(path):
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "요약"
    sheet.append(["이름", "값"])
    for number in range(300):
        sheet.append([f"계좌 {number}", number / 2])
    workbook.create_sheet("둘째").append([True, None, "끝"])
    workbook.save(path)


async def test_a_workbook_by_sheets_and_pages(look):
    shown = await look("book.xlsx", book)
    assert (shown["kind"], shown["format"], shown["sheet"]) == ("table", "xlsx", "요약")
    assert [sheet["name"] for sheet in shown["sheets"]] == ["요약", "둘째"]
    assert shown["sheets"][0]["rows"] == 301
    assert shown["rows"][:2] == [["이름", "값"], ["계좌 0", 0]]
    assert shown["columns"] == ["A", "B"]
    page = await look("book.xlsx", offset=300)
    assert (page["rows"], page["more"]) == ([["계좌 299", 149.5]], False)
    other = await look("book.xlsx", sheet="둘째")
    assert other["rows"] == [[True, None, "끝"]]
    assert "no sheet" in (await look("book.xlsx", sheet="없음"))["why"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
async def test_workbooks_that_mean_harm(look):
    def bomb(path):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as parts:
            parts.writestr("[Content_Types].xml", "<x/>")
            with parts.open("xl/sharedStrings.xml", "w", force_zip64=True) as part:
                for _ in range(100):
                    part.write(b"<" * (1 << 20))

    def laughing(path):
        book(path)
        with zipfile.ZipFile(path, "a") as parts:
            entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
            parts.writestr("xl/workbook.xml", f'<!DOCTYPE x [<!ENTITY l0 "ha">{entities}]><workbook>&l11;</workbook>')

    bombed = await look("bomb.xlsx", bomb)
    assert bombed["kind"] == "hex"
    assert "would unpack" in bombed["why"]
    began = time.monotonic()
    for name, content in (
        ("laugh.xlsx", laughing),
        ("broken.xlsx", b"PK\x03\x04" + os.urandom(5000)),
        ("cut.xlsx", lambda path: (book(path), os.truncate(path, 3000))),
    ):
        shown = await look(name, content)
        assert shown["kind"] == "hex"
        assert shown["why"]
    assert time.monotonic() - began < 25


async def test_json_is_folded_and_paged(look):
    value = {"이름": "가", "list": [1.10, True, None, {"deep": [[]]}], "big": 12345678901234567890}
    shown = await look("a.json", json.dumps(value, ensure_ascii=False).replace("1.1,", "1.10,").encode())
    assert shown["kind"] == "json"
    assert shown["nodes"][0] == {"depth": 0, "type": "object", "count": 3}
    assert shown["nodes"][1] == {"depth": 1, "key": "이름", "type": "string", "value": "가"}
    assert shown["nodes"][3] == {"depth": 2, "type": "number", "value": "1.10"}
    assert shown["nodes"][-1] == {"depth": 1, "key": "big", "type": "number", "value": "12345678901234567890"}
    long = await look("b.json", json.dumps(list(range(3000))).encode())
    assert (len(long["nodes"]), long["next"]) == (500, 500)
    page = await look("b.json", offset=3000)
    assert [node["value"] for node in page["nodes"]] == ["2999"]
    lines = await look("c.jsonl", b'{"a": 1}\n{"a": 2}\n\n')
    assert [node["depth"] for node in lines["nodes"]] == [0, 1, 2, 1, 2]


async def test_json_that_is_none_is_text_with_the_place(look):
    shown = await look("bad.json", b'{"a": 1,\n  "b": }\n')
    assert shown["kind"] == "text"
    assert (shown["problem"]["line"], shown["problem"]["column"]) == (2, 8)
    assert shown["lines"][1]["text"] == '  "b": }'
    deep = await look("deep.json", b"[" * 100_000)
    assert deep["kind"] == "text"
    assert deep["why"] or deep["problem"]
    nested = await look("nested.json", b"[" * 900 + b"]" * 900)
    assert nested["kind"] in ("json", "text")
    digits = await look("digits.json", b"[" + b"9" * 100_000 + b"]")
    assert digits["nodes"][1]["value"].startswith("999")


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
async def test_a_picture_is_made_small(look, form):
    def paint(path):
        Image.effect_noise((1600, 900), 90).convert("RGB").save(path, form)

    shown = await look(f"x.{form.lower()}", paint)
    assert (shown["kind"], shown["format"]) == ("image", form.lower())
    assert (shown["width"], shown["height"]) == (1600, 900)
    with Image.open(io.BytesIO(base64.b64decode(shown["png"]))) as small:
        assert list(small.size) == shown["shown"]
        assert small.width <= 800
        assert small.height <= 600


async def test_a_small_picture_keeps_its_size(look):
    shown = await look("x.png", lambda path: Image.new("RGBA", (3, 2), (255, 0, 0, 128)).save(path))
    assert shown["shown"] == [3, 2]


def png_of(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


async def test_pictures_that_mean_harm(look):
    huge = await look("huge.png", png_of(60_000, 60_000))
    assert huge["kind"] == "hex"
    assert "points" in huge["why"]
    short = await look("short.png", png_of(500, 500))
    assert (short["kind"], bool(short["why"])) == ("hex", True)
    assert (await look("broken.jpg", b"\xff\xd8\xff" + os.urandom(900)))["why"]
    assert (await look("text.png", b"no picture"))["kind"] == "text"


def shop(path, *, wal=False):
    with sqlite3.connect(path) as connection:
        if wal:
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute('CREATE TABLE "주문 내역" (id INTEGER PRIMARY KEY, name TEXT, raw BLOB)')
        connection.executemany(
            'INSERT INTO "주문 내역" (name, raw) VALUES (?, ?)', [(f"이름 {n}", b"\0\1") for n in range(300)]
        )
        connection.execute('CREATE VIEW newest AS SELECT max(id) FROM "주문 내역"')
    connection.close()


async def test_a_database_by_tables_and_rows(look, world):
    for wal in (False, True):
        shown = await look("shop.db", lambda path, wal=wal: (path.unlink(missing_ok=True), shop(path, wal=wal)))
        before = (world.base / "shop.db").read_bytes()
        assert shown["kind"] == "database"
        tables = {table["name"]: table for table in shown["tables"]}
        assert (tables["주문 내역"]["rows"], tables["newest"]["type"]) == (300, "view")
        assert tables["주문 내역"]["sql"].startswith("CREATE TABLE")
        rows = await look("shop.db", table="주문 내역", offset=298)
        assert (rows["kind"], rows["format"], rows["columns"]) == ("table", "sqlite", ["id", "name", "raw"])
        assert rows["rows"] == [[299, "이름 298", "2 bytes: 00 01"], [300, "이름 299", "2 bytes: 00 01"]]
        assert (await look("shop.db", table="newest"))["rows"] == [[300]]
        assert ("cut" in rows) is wal
        assert (world.base / "shop.db").read_bytes() == before
        assert sorted(path.name for path in world.base.iterdir()) == ["logs", "shop.db"]
    assert "no table" in (await look("shop.db", table='x"; DROP TABLE y; --'))["why"]


async def test_a_large_database_is_read_in_its_place(look, world):
    def large(path):
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE t (x)")
            connection.executemany("INSERT INTO t VALUES (?)", ((os.urandom(1 << 20),) for _ in range(40)))
        connection.close()

    shown = await look("large.db", large)
    assert shown["tables"][0]["rows"] == 40
    assert (await look("large.db", table="t", offset=39))["rows"][0][0].startswith("1,048,576 bytes")
    assert sorted(path.name for path in world.base.iterdir()) == ["large.db", "logs"]


async def test_databases_that_mean_harm(look):
    def endless(path):
        with sqlite3.connect(path) as connection:
            connection.execute(
                "CREATE VIEW v AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x FROM c) SELECT max(x) FROM c"
            )
            connection.execute("CREATE VIEW w AS SELECT load_extension('/tmp/evil.so')")
            connection.execute("CREATE VIEW z AS SELECT hex(zeroblob(1000000000))")
        connection.close()

    began = time.monotonic()
    assert "too long" in (await look("evil.db", endless, table="v"))["why"]
    assert time.monotonic() - began < 10
    assert (await look("evil.db", table="w"))["why"]
    assert (await look("evil.db", table="z"))["why"]
    assert len((await look("evil.db"))["tables"]) == 3
    pages = random.Random(7)  # noqa: S311 - the same damage each time

    def damaged(path):
        shop(path)
        raw = bytearray(path.read_bytes())
        for place in range(100, len(raw), 37):
            raw[place] = pages.randrange(256)
        path.write_bytes(raw)

    assert (await look("damaged.db", damaged))["kind"] in ("hex", "database")
    assert (await look("head.db", b"SQLite format 3\0" + b"\xff" * 2000))["kind"] == "hex"


async def test_archives_are_listed(look):
    def packed(path):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as parts:
            for number in range(600):
                parts.writestr(f"../../폴더/{number}\x1b.txt", "x" * 100)

    shown = await look("a.zip", packed)
    assert (shown["kind"], len(shown["members"]), shown["next"]) == ("archive", 500, 500)
    assert shown["members"][0]["name"] == "../../폴더/0␛.txt"
    assert shown["members"][0]["size"] == 100
    assert len((await look("a.zip", offset=500))["members"]) == 100

    def tarred(path):
        with tarfile.open(path, "w:gz") as parts:
            for number in range(3):
                info = tarfile.TarInfo(f"d/{number}")
                info.size = 4
                parts.addfile(info, io.BytesIO(b"data"))

    members = (await look("a.tar.gz", tarred))["members"]
    assert [(one["name"], one["size"], one["kind"]) for one in members] == [(f"d/{n}", 4, "file") for n in range(3)]


async def test_archives_that_mean_harm(look):
    def bomb(path):
        with gzip.open(path, "wb", compresslevel=1) as parts:
            info = tarfile.TarInfo("zeros")
            info.size = 1 << 40
            parts.write(info.tobuf())
            for _ in range(2000):
                parts.write(bytes(1 << 20))

    began = time.monotonic()
    shown = await look("bomb.tar.gz", bomb)
    assert shown["members"][0]["name"] == "zeros" or shown["why"]
    assert (await look("cut.zip", b"PK\x03\x04" + b"\0" * 100))["why"]
    assert time.monotonic() - began < 30


async def test_a_compressed_log_is_text(look):
    shown = await look("app.log.1.gz", gzip.compress("수집 시작\n".encode("cp949") * 500))
    assert (shown["kind"], shown["format"], shown["lines"][0]["text"]) == ("text", "gzip", "수집 시작")
    page = await look("app.log.1.gz", offset=shown["next"], limit=1)
    assert page["lines"][0]["offset"] == shown["lines"][-1]["end"]
    bomb = await look("bomb.log.gz", gzip.compress(b"0" * (300 << 20), 1))
    assert "first 4 MiB" in bomb["cut"]
    half = gzip.compress(os.urandom(50_000).hex().encode())[:30_000]
    assert "any further" in (await look("half.log.gz", half))["cut"]


async def test_what_is_refused(world):
    (world.base / "a.txt").write_text("a")
    (world.base / "link").symlink_to("a.txt")
    async with world.open() as client:
        with pytest.raises(Refused, match="a link"):
            await client.request("tree.preview", path="/programs/kind/files/link")
        with pytest.raises(Refused, match="another file"):
            await client.request("tree.preview", path="/programs/kind/files/a.txt", id="1-2-3")
        for args in ({"as": "soup"}, {"offset": -1}, {"limit": "x"}, {"sheet": 7}, {"table": "x" * 2000}):
            with pytest.raises(BadRequest):
                await client.request("tree.preview", path="/programs/kind/files/a.txt", **args)


async def test_a_process_that_never_ends_is_ended(look, monkeypatch):
    monkeypatch.setattr(previewing, "DEADLINE_SEC", 0.01)
    shown = await look("a.csv", b"a,b\n1,2\n")
    assert (shown["kind"], shown["why"]) == ("text", "it takes too long to show")


def test_what_kind_it_is():
    assert kind_of(b"", "x") == ("text", "text")
    assert kind_of(b"PK\x03\x04", "x.docx") == ("archive", "zip")
    assert kind_of(b"\0" * 100 + b"late line\n", "app.log.1") == ("text", "text")
    assert kind_of(b"\x1f\x8b", "x.TGZ") == ("archive", "tar")
    assert kind_of(b"BMX", "x.txt") == ("text", "text")
    assert kind_of(b"\x01\x02\x03\x04", "x.weird name") == ("hex", "bytes")


async def test_a_file_that_is_opened_for_somebody_who_has_gone_is_closed(world, monkeypatch):
    (world.base / "a.txt").write_text("a")
    opened, asked, may = [], threading.Event(), threading.Event()
    real = Tree.open_file

    def open_file(*args):
        asked.set()
        assert may.wait(30)
        opened.append(real(*args))
        return opened[0]

    monkeypatch.setattr(Tree, "open_file", open_file)
    async with world.open() as client:
        asking = asyncio.create_task(client.request("tree.preview", path="/programs/kind/files/a.txt"))
        assert await asyncio.to_thread(asked.wait, 30)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert (await client.request("tree.list", path="/programs/kind/files"))["entries"]  # the gate has heard of it
        may.set()
        async with asyncio.timeout(30):
            while not opened or not opened[0].closed:
                await asyncio.sleep(0.01)
