"""Rendering what people read, by the programs that may be on a machine."""

import math
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

MEDIA_BOX = re.compile(rb"/MediaBox\s*\[\s*0\s+0\s+([0-9.]+)\s+([0-9.]+)\s*\]")
ORIENTATIONS = {(595, 842): "portrait", (842, 595): "landscape"}  # of A4, in points


def print_workbooks(workbooks: Sequence[Path], folder: Path) -> list[Path]:
    """Print workbooks as PDF with LibreOffice."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("soffice (LibreOffice) is missing: the workbooks were not rendered")
    subprocess.run(
        [office, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless",
         "--convert-to", "pdf", "--outdir", str(folder), *map(str, workbooks)],
        capture_output=True, check=True, timeout=240,
    )  # fmt: skip
    return [folder / workbook.with_suffix(".pdf").name for workbook in workbooks]


def printed_pages(workbooks: Sequence[Path], folder: Path) -> list[list[str]]:
    """Print workbooks; give how each page lies."""
    printed = []
    for path in print_workbooks(workbooks, folder):
        content = path.read_bytes()
        boxes = [(round(float(w)), round(float(h))) for w, h in MEDIA_BOX.findall(content)]
        pages = content.count(b"/Type/Page/") + content.count(b"/Type /Page /")
        assert len(boxes) >= pages > 0, path.name
        printed.append([ORIENTATIONS[box] for box in boxes[:pages]])
    return printed


def printed_sizes(workbook: Path, folder: Path) -> list[float]:
    """Print a workbook; give the smallest text of each page, in points."""
    return sizes_in(print_workbooks([workbook], folder)[0])


def sizes_in(pdf: Path) -> list[float]:
    """Give the smallest text of each page of a PDF, in points."""
    sizes: list[float] = []
    for page in PdfReader(pdf).pages:
        found: list[float] = []

        def measure(text: str, matrix: Any, line: Any, _font: Any, size: float) -> None:
            if text.strip():
                found.append(size * math.hypot(*line[2:4]) * math.hypot(*matrix[2:4]))  # noqa: B023

        page.extract_text(visitor_text=measure)
        sizes.append(round(min(found), 1))
    return sizes


def print_page(page: Path, folder: Path) -> Path:
    """Print a page as PDF with Chromium."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("chromium is missing: the page was not printed")
    target = folder / "page.pdf"
    subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
         f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={target}", page.as_uri()],
        capture_output=True, check=True, timeout=240,
    )  # fmt: skip
    return target


def page_in_browser(page: Path, anchor: str, folder: Path) -> str:
    """Open a page from its file in Chromium, with no host to be found; give what it became."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("chromium is missing: the page was not opened")
    shown = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}",
         "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=20000", "--dump-dom",
         f"{page.as_uri()}{anchor}"],
        capture_output=True, text=True, check=True, timeout=240,
    )  # fmt: skip
    return shown.stdout
