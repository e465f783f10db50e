"""The yearly forms of schools as they are sent: a workbook each, by the names of either era."""

from pathlib import Path

import pytest
from reading_parts import found, sheet, workbook

from flows.contracts.loading import load_contracts
from flows.parsing.file_parser import read_file

CONTRACT = load_contracts()["schools.annual_forms"]
BETWEEN = ("26-30", "31-35", "36-40", "41-45", "46-50", "51-55", "56-60", "61-65")
BANDS = " | ".join(["25人及以下", *(f"{band}人" for band in BETWEEN), "66人及以上"])
COVER = "教育事业统计报表 | .\n学校(机构)标识码:2151000123 | ."


def form(name: str, code: str) -> str:
    """Write the form of one stage of a school: two grades, a subset of them, a note."""
    return f"""
        {name}班数、班额情况 | . | . | . | . | . | . | . | . | . | . | . | .
        学校(机构)名称:样例学校 | . | . | {code}:2151000123 | 单位:班
        指标名称 | 代码 | 班数 | 班额 | . | . | . | . | . | . | . | . | .
        . | . | . | {BANDS}
        甲 | 乙 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11
        总计 | 01 | 7 | . | . | . | . | 3 | . | . | 2 | 1 | 1
        一年级 | 02 | 4 | - | - | - | - | 3 | - | - | - | 1 | -
        二年级 | 03 | 3 | . | . | . | . | . | . | . | 2 | . | 1
        #复式班 | 04 | 1 | . | . | . | . | 1 | . | . | . | . | .
        注:复式班是其中数。 | . | . | . | . | . | . | . | . | . | . | . | .
    """


@pytest.mark.parametrize(
    ("primary", "junior", "code"),
    [
        ("教基2106", "教基2107_初中", "学校(机构)标识码"),
        ("基础基212", "基础基213", "学校标识码"),  # before 2021
    ],
)
def test_forms_of_both_eras_land_alike(
    tmp_path: Path, primary: str, junior: str, code: str
) -> None:
    sheets = {"封面": COVER} | {name: form(name, code) for name in (primary, junior)}
    path = workbook(tmp_path / "kept", **{name: sheet(text) for name, text in sheets.items()})
    parsed = read_file(path, CONTRACT)
    assert found(parsed) == []
    names = ("school_code", "stage", "grade", "classes", "classes_41_45", "classes_56_60",
             "classes_61_65", "classes_66_and_more")  # fmt: skip
    landed = [
        tuple(row[name] for name in names) for table in parsed.tables for row in table.to_pylist()
    ]
    assert landed == [
        ("2151000123", stage, *row)
        for stage in ("普通小学", "普通初中")
        for row in (("一年级", 4, 3, 0, 1, 0), ("二年级", 3, None, 2, None, 1))
    ]
