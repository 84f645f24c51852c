"""A PDF of 20 pages and more beside reportlab's floor: the same words in the same places by bare ``drawString``."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from reportlab.pdfgen.canvas import Canvas

from batmon.report import pdf
from batmon.report.pdf import book
from batmon.report.pdf import page as pdf_page
from batmon.report.pdf.fonts import find_fonts, load
from tests.bench.figures import quantile, say, table, verdict
from tests.report_documents import monthly

PROGRAMS = 200
"""Makes a monthly report of about 20 pages."""
ROUNDS = 7
GOAL_SEC = 0.6
GOAL_MB = 100
IMPORTS = "from batmon.report import pdf"


def written(folder):
    """Write the report: the seconds that took, the process's memory, and how large the file is."""
    document = monthly(PROGRAMS)
    path = Path(folder) / "ours.pdf"
    began = time.process_time()
    pdf.write(document, path)
    took = time.process_time() - began
    return {"took": took, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "bytes": path.stat().st_size}


class Watched(book.Book):
    """Remembers what is written on each page: font, size, place, words."""

    pages = [[]]  # noqa: RUF012 - one document in one process

    def drawString(self, x, y, text, **more):  # noqa: N802 - reportlab's name
        self.pages[-1].append((self._fontname, self._fontsize, *self.absolutePosition(x, y), text))
        super().drawString(x, y, text, **more)

    def showPage(self):  # noqa: N802 - reportlab's name
        self.pages.append([])
        super().showPage()


def floor(folder):
    """The same words in the same fonts and places and nothing else: the seconds that took, and how much it was."""
    pdf_page.Book = Watched
    pdf.write(monthly(PROGRAMS), Path(folder) / "watched.pdf")
    pages = Watched.pages[:-1]
    fonts = find_fonts()
    load.cache_clear()
    began = time.process_time()
    for path in (fonts.regular, fonts.bold):
        load(path)
    canvas = Canvas(str(Path(folder) / "floor.pdf"), pageCompression=1)
    for page in pages:
        for name, size, x, y, text in page:
            canvas.setFont(name, size)
            canvas.drawString(x, y, text)
        canvas.showPage()
    canvas.save()
    took = time.process_time() - began
    return {"took": took, "pages": len(pages), "strings": sum(map(len, pages))}


def _run(code, *words):
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True, text=True)
    return time.perf_counter() - began, done.stdout


def _measure(name, folder):
    code = f"import sys, json; from tests.bench.pdf import {name}; print(json.dumps({name}(sys.argv[1])))"
    return [json.loads(_run(code, folder)[1]) for _ in range(ROUNDS)]


async def bench():
    """Print the table."""
    with tempfile.TemporaryDirectory(prefix="batmon-pdf-") as folder:
        ours, bare = _measure("written", folder), _measure("floor", folder)
        whole = [_run(IMPORTS)[0] for _ in range(ROUNDS)]
        python = [_run("pass")[0] for _ in range(ROUNDS)]
    rows = [
        (name, *(f"{pick(values):.3f}" for pick in (min, lambda them: quantile(them, 0.5), max)))
        for name, values in (
            ("our writer, process time", [one["took"] for one in ours]),
            ("floor: the same words by drawString", [one["took"] for one in bare]),
            ("interpreter and imports, wall time", whole),
            ("interpreter alone, wall time", python),
        )
    ]
    table(("seconds", "least", "p50", "most"), rows)
    typical, least = (quantile([one["took"] for one in them], 0.5) for them in (ours, bare))
    mb = max(one["mb"] for one in ours)
    say(
        f"\n{bare[0]['pages']} pages, {bare[0]['strings']:,} pieces of text, {ours[0]['bytes'] / 1024:.0f} kB;"
        f" {typical / least:.1f} x the floor."
    )
    share = 20 / bare[0]["pages"]
    say(f"Goal for 20 pages <= {GOAL_SEC} s: {verdict(typical * share, GOAL_SEC)} ({typical * share:.2f} s).")
    say(f"Goal <= {GOAL_MB} MB: {verdict(mb, GOAL_MB)} ({mb:.0f} MB).")
