"""Rendering what people read, by the programs that may be on a machine."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

MEDIA_BOX = re.compile(rb"/MediaBox\s*\[\s*0\s+0\s+([0-9.]+)\s+([0-9.]+)\s*\]")
ORIENTATIONS = {(595, 842): "portrait", (842, 595): "landscape"}  # of A4, in points


def printed_pages(workbooks: Sequence[Path], folder: Path) -> list[list[str]]:
    """Print workbooks as PDF with LibreOffice; give how each page lies."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("soffice (LibreOffice) is missing: the workbooks were not rendered")
    subprocess.run(
        [office, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless",
         "--convert-to", "pdf", "--outdir", str(folder), *map(str, workbooks)],
        capture_output=True, check=True, timeout=240,
    )  # fmt: skip
    printed = []
    for workbook in workbooks:
        content = (folder / workbook.with_suffix(".pdf").name).read_bytes()
        boxes = [(round(float(w)), round(float(h))) for w, h in MEDIA_BOX.findall(content)]
        pages = content.count(b"/Type/Page/") + content.count(b"/Type /Page /")
        assert len(boxes) >= pages > 0, workbook.name
        printed.append([ORIENTATIONS[box] for box in boxes[:pages]])
    return printed


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
