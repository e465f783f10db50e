"""The page of a release as Chromium prints it."""

from pathlib import Path
from unicodedata import normalize

import pytest
from pypdf import PdfReader
from rendering import print_page, sizes_in

from flows.common.settings import Workspace


@pytest.mark.slow
def test_it_prints_on_six_pages_and_an_annex(first_night: Workspace, tmp_path: Path) -> None:
    page = first_night.releases / "2023" / "current" / "index.html"
    printed = print_page(page.resolve(), tmp_path)
    # A PDF has radicals where characters look like them.
    texts = [normalize("NFKC", sheet.extract_text()) for sheet in PdfReader(printed).pages]
    annex = next(number for number, text in enumerate(texts) if "与上次相比" in text)
    assert annex <= 6
    assert "ziping trace" not in "".join(texts)  # what folds out is not printed
    assert min(sizes_in(printed)) >= 9
