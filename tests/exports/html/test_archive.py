"""Tests of the page over all years and releases."""

from pathlib import Path

import page_parts as parts
from page_parts import Reader, manifest, tables

from flows.common.settings import Workspace
from flows.exports.html.archive import write_archive

COUNTS = ["5项有标准：达标2项，未达标1项，无法判定2项。"]


def test_every_year_and_release_is_linked_and_the_current_one_marked(tmp_path: Path) -> None:
    summary = {"counts": COUNTS, "open": [], "changes": ["与上次发布相比变动1项：4.1 经费。"]}
    first = parts.release(tmp_path, tables(), manifest(has_gaps=True), sealed=True)
    previous = {"release": first.name, "manifest_sha256": first.published_hash}
    says = manifest(release="00002-0123456789ab", previous=previous, has_gaps=False)
    newest = parts.release(tmp_path, tables(), says | {"summary": summary}, sealed=True)
    older = manifest(evaluation_year=2022, title="样例区2022年", has_gaps=False)
    parts.release(tmp_path, tables(), older, sealed=True, year=2022)
    (newest.folder.parent / "current").symlink_to(newest.name)
    workspace = Workspace(tmp_path)
    write_archive(workspace)
    text = (workspace.warehouse / "index.html").read_text("utf-8")
    read = Reader(text)
    links = [link for link in read.values("href") if not link.startswith("#")]
    assert links == [
        "releases/2023/00002-0123456789ab/index.html",
        "releases/2023/00001-0123456789ab/index.html",
        "releases/2022/00001-0123456789ab/index.html",
    ]
    year = "".join(read.rows["year-2023"].split())
    assert year.startswith(f"样例区2023年教育职责自评数据（样例数据）{COUNTS[0]}")
    assert "第2次当前00002" in year
    assert "第1次数据不全00001" in year
    assert "与上次发布相比变动1项：4.1经费。" in year
    assert str(tmp_path) not in text


def test_a_damaged_manifest_does_not_stop_the_page(tmp_path: Path) -> None:
    release = parts.release(tmp_path, tables(), manifest())
    (release.folder / "manifest.json").write_text("{", "utf-8")
    write_archive(Workspace(tmp_path))
    assert "releases/2023/00001-0123456789ab/index.html" in (
        tmp_path / "warehouse" / "index.html"
    ).read_text("utf-8")


def test_without_a_release_it_says_so(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.warehouse.mkdir()
    write_archive(workspace)
    assert "还没有发布。" in (workspace.warehouse / "index.html").read_text("utf-8")
