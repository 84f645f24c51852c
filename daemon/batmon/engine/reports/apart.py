"""Makes one report in a process of its own: it computes for seconds, and needs memory that is given back only so.

Run as ``python -m batmon.engine.reports.apart``: a pickled ``Order`` on stdin, which stays open for as long as the
parent wants the report, and lines of JSON on stdout: steps, then one answer. The child asks the database itself.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import pickle
import signal
import struct
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from batmon.errors import BatmonError, ReportError, Sentence
from batmon.refusals import because
from batmon.report.asked import Asked, Form, ReportSettings

log = logging.getLogger(__name__)

LONGEST_SEC = 900.0
"""A report that takes longer is given up."""
MEMORY = 2 << 30
"""Bytes that the child may have, where the system can hold it to that."""
NICENESS = 10
"""The child computes when nobody else wants to."""
LINE_BYTES = 4 << 20
TEXT_BYTES = 256 << 10
"""Of what is in a report as Markdown, to be looked at."""
_SAID_BYTES = 16_000
"""Of what it says on stderr, the end."""
_LENGTH = struct.Struct("!I")

Step = str
Told = Callable[[Step], None]
"""Hears of each step: ``collecting``, ``writing``."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made, in which format, and the file that it is written to, which is not there yet."""

    url: str = field(repr=False)
    asked: Asked
    settings: ReportSettings
    form: Form
    file: str


@dataclass(frozen=True, slots=True)
class Made:
    """A file that is whole.

    ``summary``: the document's; ``figures``: its key figures as name and words; ``markdown``: what is in it, up to
    where it is ``cut``.
    """

    title: str
    size: int
    sha256: str
    summary: Mapping[str, Any]
    figures: tuple[tuple[str, str], ...]
    markdown: str
    cut: bool


async def make_apart(order: Order, told: Told, *, seconds: float = LONGEST_SEC) -> Made:
    """Have a child make it. When this is cancelled the child ends; what it has written so far may be left.

    Raises:
        ReportError: it could not be made, or takes more than ``seconds``.
    """
    try:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", __name__, limit=LINE_BYTES, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
    except OSError as error:
        raise ReportError(because("report-not-started", why=error.strerror or error)) from error
    assert child.stdin is not None and child.stdout is not None and child.stderr is not None  # noqa: S101, PT018 - pipes
    saying = asyncio.create_task(_end_of(child.stderr), name="words of a report")
    try:
        async with asyncio.timeout(seconds):
            content = pickle.dumps(order)
            with suppress(ConnectionError):  # why it has ended is said below
                child.stdin.write(_LENGTH.pack(len(content)) + content)
                await child.stdin.drain()
            answer = await _answer(child.stdout, told)
            if answer is None:
                raise ReportError(_died(await child.wait(), await saying))
    except TimeoutError:
        if seconds < 60:
            raise ReportError(because("report-too-slow-by-seconds", seconds=seconds)) from None
        raise ReportError(because("report-too-slow", minutes=seconds / 60)) from None
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        child.stdin.close()
        await child.wait()
        saying.cancel()
    if "wrong" in answer:
        raise ReportError(Sentence(*answer["sentence"]))
    figures = tuple((str(name), str(words)) for name, words in answer["figures"])
    facts = (answer["title"], answer["size"], answer["sha256"], answer["summary"])
    return Made(*facts, figures, answer["markdown"], answer["cut"])


async def _answer(stdout: asyncio.StreamReader, told: Told) -> dict[str, Any] | None:
    """The child's last word; None if it ended without one."""
    while True:
        try:
            line = await stdout.readuntil(b"\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return None
        said: dict[str, Any] = json.loads(line)
        if "step" not in said:
            return said
        told(said["step"])


async def _end_of(stream: asyncio.StreamReader) -> str:
    """The end of what is said there, once nothing more is."""
    kept = b""
    while piece := await stream.read(_SAID_BYTES):
        kept = (kept + piece)[-_SAID_BYTES:]
    return kept.decode(errors="replace").strip()


def _died(code: int, said: str) -> Sentence:
    """Why a child that gave no answer has ended."""
    if said:
        log.error("a report ended without an answer: %s", said)
    if code < 0:
        name = signal.Signals(-code).name if -code in {int(one) for one in signal.Signals} else str(-code)
        return because("report-was-ended", signal=name)
    return because("report-ended", code=code)


async def make(order: Order, told: Told) -> dict[str, Any]:
    """The same, here and now: the answer.

    Raises:
        BatmonError: it could not be made.
        OSError: its file could not be written.
    """
    from batmon.engine.reports.making import compose  # noqa: PLC0415 - the daemon does not need what it stands on
    from batmon.report import markdown  # noqa: PLC0415 - see above
    from batmon.report.render import render  # noqa: PLC0415 - see above
    from batmon.store import Store  # noqa: PLC0415 - see above

    told("collecting")
    os.umask(0o077)
    tempfile.tempdir = str(Path(order.file).parent)  # where it is removed with everything if we are ended
    store = await Store.beside(order.url)
    try:
        document = await compose(store, order.settings, order.asked)
        told("writing")
        file = Path(order.file)
        fonts = {"font": order.settings.font, "bold_font": order.settings.bold_font}
        await asyncio.to_thread(render, document, order.form, file, **fonts)  # its data's rows come over this loop
    finally:
        await store.close()
    sha256, size = await asyncio.to_thread(_kept, file)
    text, cut = _shortened(markdown.text(document))
    return {
        "title": document.title,
        "size": size,
        "sha256": sha256,
        "summary": dict(document.summary),
        "figures": _figures(document),
        "markdown": text,
        "cut": cut,
    }


def _shortened(text: str) -> tuple[str, bool]:
    """As many lines as fit ``TEXT_BYTES``, and whether some were left out."""
    whole = text.encode(errors="replace")
    if len(whole) <= TEXT_BYTES:
        return whole.decode(), False
    return whole[:TEXT_BYTES].rpartition(b"\n")[0].decode(errors="ignore"), True


def _kept(file: Path) -> tuple[str, int]:
    """SHA-256 and size of a file, once all of it is on the disk."""
    with file.open("rb+") as written:
        os.fsync(written.fileno())
        digest = hashlib.file_digest(written, "sha256")
        return digest.hexdigest(), written.tell()


def _figures(document: Any) -> list[tuple[str, str]]:
    """The key figures of the document's first block of such, as name and words."""
    from batmon.report.document import Figures  # noqa: PLC0415 - only the child
    from batmon.report.values import shown  # noqa: PLC0415 - see above

    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, Figures):
                return [
                    (one.title, shown(one.value, one.kind, document.language, document.timezone, document.currency))
                    for one in block.items
                ]
    return []


def main() -> None:
    """The child: read an order, say each step and then the answer, and end."""
    out = _own_stdout()
    order = _order(sys.stdin.buffer)
    _bound()

    def say(value: Mapping[str, Any]) -> None:
        with suppress(BrokenPipeError):
            out.write(json.dumps(value, default=str, ensure_ascii=False) + "\n")
            out.flush()

    try:
        answer = asyncio.run(make(order, lambda step: say({"step": step})))
    except BatmonError as error:
        wrong = error.sentence
    except MemoryError:
        wrong = because("report-memory", size=MEMORY >> 30)
    except OSError as error:
        wrong = because("report-unwritable", why=error.strerror or error)
    except Exception as error:  # noqa: BLE001 - its words must reach the daemon, the rest its log
        traceback.print_exc()
        wrong = because("report-fault", why=f"{type(error).__name__}: {str(error)[:500]}")
    else:
        say(answer)
        return
    say({"wrong": wrong.text, "hint": wrong.hint, "sentence": wrong.parts()})


def _own_stdout() -> TextIO:
    """Standard output for answers alone: whatever a library prints goes to stderr."""
    sys.stdout.flush()
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace", newline="\n")
    os.dup2(2, 1)
    return out


def _order(stdin: BinaryIO) -> Order:
    """The order; from then on this process ends when its parent closes stdin, or is gone."""
    (length,) = _LENGTH.unpack(stdin.read(_LENGTH.size))
    order: Order = pickle.loads(stdin.read(length))  # noqa: S301 - the daemon that started us wrote it

    def end_with_parent() -> None:
        os.read(0, 1)  # not through a buffer, whose lock the interpreter wants when it ends
        os._exit(1)

    threading.Thread(target=end_with_parent, name="parent", daemon=True).start()
    return order


def _bound() -> None:
    """See to it that this process neither goes on for ever, nor takes all memory, nor holds others up."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 2 * LONGEST_SEC)
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    with suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 - not on Windows

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


if __name__ == "__main__":
    main()
