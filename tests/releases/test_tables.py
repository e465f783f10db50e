"""The one reader of what a release publishes."""

from pathlib import Path

import page_parts as parts
import pyarrow.parquet as pq
import pytest

from flows.releases.tables import ReleaseTables, key_of


def test_each_file_is_read_once_whatever_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = parts.release(tmp_path, parts.tables(), parts.manifest())
    read, plain = list[Path](), pq.read_table
    monkeypatch.setattr(pq, "read_table", lambda path: read.append(path) or plain(path))
    tables = ReleaseTables.load(release.folder)
    for _ in range(2):
        assert len(tables.printed) == len(tables.figures) == 11
        assert len(tables.values) == 12
        assert tables.standards
        assert tables.needs["rise"] == [(parts.FUNDS, 0)]
    assert sorted(path.stem for path in read) == sorted(
        Path(name).name for name in parts.tables() if not name.startswith("internal/")
    )


def test_a_figure_is_joined_with_its_value_its_parts_its_files_and_its_standards(
    tmp_path: Path,
) -> None:
    release = parts.release(tmp_path, parts.tables(), parts.manifest())
    tables = ReleaseTables.load(release.folder)
    assert [row["figure_id"] for row in tables.figures][:3] == ["4.1", "4.2", "4.3"]
    rise = tables.printed[1]
    assert (rise["text"], rise["judgement"]) == ("8.90%", "达标")
    assert [row["period"] for row in tables.parts_of(rise)] == ["2023", "2022"]
    assert [row["original_name"] for row in tables.evidence[key_of(tables.figures[0])]] == [
        "经费.xlsx"
    ]
    assert [row["standard_id"] for row in tables.standards_of(rise)] == ["only_rise"]
    assert tables.standards_of(tables.printed[0]) == []
