"""What the page says of a year that was signed."""

from pathlib import Path

from page_parts import manifest, page, release, tables

from flows.common.settings import Workspace
from flows.releases.release import year_folder
from flows.releases.signing import figures_of, keep_version
from flows.releases.tables import ReleaseTables

SIGNED = {"signed_by": "区教育局局长", "signed_on": "2024-03-15"}


def sign(root: Path) -> None:
    """Sign a release whose 4.1 was another number."""
    given = tables()
    for row in given["report_figures"]:
        if row["figure_id"] == "4.1":
            row["text"] = "2000万元"
    first = release(root, given, manifest(release="00000-0123456789ab"), sealed=True)
    figures = figures_of(ReleaseTables.load(first.folder))
    keep_version(first.folder.parent, SIGNED | {"release": first.name, "figures": figures}, {})


def test_a_page_shows_the_version_that_holds_and_what_moved_since(tmp_path: Path) -> None:
    sign(tmp_path)
    html = page(release(tmp_path, tables(), manifest(release="00001-0123456789ab")))
    assert "第1版，2024-03-15由区教育局局长签发（00000-0123456789ab）；此后1个数字有变动。" in html
    assert "签发后的变动" in html
    assert 'data-label="签发时">2000万元</td>' in html
    assert 'data-label="本次">2069万元</td>' in html


def test_a_page_of_a_year_that_is_not_signed_says_nothing_of_it(tmp_path: Path) -> None:
    assert "签发" not in page(release(tmp_path, tables(), manifest()))


def test_a_page_does_not_compare_with_what_was_changed(tmp_path: Path) -> None:
    sign(tmp_path)
    (year_folder(Workspace(tmp_path), 2023) / "signed/0001/signed.json").write_text("{}")
    html = page(release(tmp_path, tables(), manifest(release="00001-0123456789ab")))
    assert "签发的内容被改动或不完整，未作比较。" in html
    assert "2000万元" not in html
