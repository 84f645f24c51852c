"""Previews of files that want to read others, to leave something behind, or to fill the memory."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import os
import struct
import sys
import zipfile
import zlib

import openpyxl
import psutil
import pytest

from batmon.engine.files import previewing
from batmon.engine.files.previewing import Previewing

SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@pytest.fixture
def look(tmp_path):
    made = Previewing(asyncio.to_thread)

    async def look(name, data, **args):
        (tmp_path / name).write_bytes(data)
        with (tmp_path / name).open("rb", buffering=0) as file:
            return await made.preview(file, name, made.wanted(args), "auto")

    return look


def book(**parts):
    """A workbook with other parts."""
    plain = openpyxl.Workbook()
    plain.active["A1"] = "x"
    held = io.BytesIO()
    plain.save(held)
    made = io.BytesIO()
    with zipfile.ZipFile(held) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, parts.get(name.rpartition("/")[2].partition(".")[0], source.read(name)))
    return made.getvalue()


def sheet(cell, before=""):
    return (
        f'<?xml version="1.0"?>{before}<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="str">'
        f"<v>{cell}</v></c></row></sheetData></worksheet>"
    )


@pytest.mark.parametrize("where", ["sheet1", "workbook", "sharedStrings", "styles"])
async def test_no_entity_of_xml_reads_a_file(look, tmp_path, where):
    secret = tmp_path / "secret"
    secret.write_text("geheim")
    entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}"><!ENTITY % p SYSTEM "{secret.as_uri()}"> %p;]>'
    parts = {
        "sheet1": sheet("&e;", entity),
        "workbook": f'<?xml version="1.0"?>{entity}<workbook xmlns="{MAIN}"><sheets>&e;</sheets></workbook>',
        "sharedStrings": f'<?xml version="1.0"?>{entity}<sst xmlns="{MAIN}"><si><t>&e;</t></si></sst>',
        "styles": f'<?xml version="1.0"?>{entity}<styleSheet xmlns="{MAIN}">&e;</styleSheet>',
    }
    shown = await look("book.xlsx", book(**{where: parts[where]}))
    assert "geheim" not in json.dumps(shown)


async def test_a_billion_laughs(look):
    entities = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(12))
    shown = await look("book.xlsx", book(sheet1=sheet("&l12;", f'<!DOCTYPE x [<!ENTITY l0 "ha">{entities}]>')))
    assert shown["kind"] == "hex"
    assert shown["why"]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP", b"iTXt"])
async def test_texts_in_a_picture_that_unpack_to_much(look, kind):
    packed = zlib.compress(b"A" * 200_000_000)
    head = b"a\0\1\0\0\0" if kind == b"iTXt" else b"a\0\0"
    picture = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)) + chunk(kind, head + packed)
    )
    shown = await look("a.png", picture + chunk(b"IDAT", zlib.compress(b"\0\0\0\0")) + chunk(b"IEND", b""))
    assert shown["kind"] in ("hex", "image")


async def test_a_process_sees_nothing_of_the_daemons_environment_and_may_write_nothing(look, monkeypatch, tmp_path):
    """The same process as for a preview, with a question of ours in the place of one."""
    monkeypatch.setenv("BATMON_DATABASE_URL", "postgresql://kim:geheim@host/db")
    monkeypatch.setenv("PGPASSWORD", "geheim")
    question = (
        "import json, os, sys\nfrom batmon.previews.__main__ import limit\nlimit()\n"
        "try:\n    os.write(os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT), b'x')\n    wrote = True\n"
        "except OSError:\n    wrote = False\n"
        "print(json.dumps({'kind': 'json', 'nodes': [{'value': sorted(os.environ)}, {'value': wrote}]}))"
    )
    real = asyncio.create_subprocess_exec

    async def asked(program, *words, **how):
        assert words[:3] == ("-P", "-m", "batmon.previews")
        return await real(program, "-P", "-c", question, words[3], str(tmp_path / "written"), **how)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", asked)
    shown = await look("a.json", b"{}")
    names = shown["nodes"][0]["value"]
    assert set(names) <= {*previewing._KEPT_VARIABLES, "LC_CTYPE"}
    assert shown["nodes"][1]["value"] is False
    assert not (tmp_path / "written").exists() or (tmp_path / "written").read_text() == ""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it looks for the process in /proc")
async def test_who_goes_away_leaves_no_process(look):
    pack = gzip.compress(b"\0" * 100_000_000)
    task = asyncio.create_task(look("a.tar.gz", pack * 20))
    me = psutil.Process(os.getpid())

    def previews():
        return [child for child in me.children() if "batmon.previews" in " ".join(child.cmdline())]

    async with asyncio.timeout(10):
        while not (found := previews()) and not task.done():
            await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert found
    assert not previews()
    assert not any(child.status() == psutil.STATUS_ZOMBIE for child in me.children())
