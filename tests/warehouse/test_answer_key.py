"""The answer key against a district worked out by hand."""

from __future__ import annotations

import csv
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from answer_files import Heads, School, amount, code, day, keeper, read_guards, spans, text
from answer_key import annual, compute, full_months, growth
from answer_resources import difference_of_schools
from tiny_district import EXPECTED, SHORTFALLS, A
from tiny_files import write_tiny_district

FINANCE = Path("raw/inbox/finance")


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny district, not to be changed by a test."""
    workspace = tmp_path_factory.mktemp("tiny")
    write_tiny_district(workspace)
    return workspace


@pytest.fixture
def copy(district: Path, tmp_path: Path) -> Path:
    """The tiny district, free to be changed."""
    return Path(shutil.copytree(district, tmp_path / "copy"))


def test_hand_computed_figures(district: Path) -> None:
    """Every figure comes out as worked out by hand in tiny_district.EXPECTED."""
    result = compute(district)
    assert {key: result.get(key, "absent") for key in EXPECTED} == EXPECTED
    assert result["shortfalls"] == SHORTFALLS


@pytest.mark.parametrize(
    ("stage", "heads", "yuan"),
    [
        ("普通小学", Heads(86, 12, 0), 75_600),  # 100·720 + 12·300 = 72000 + 3600
        ("普通小学", Heads(640, 0, 3), 476_640),  # 637·720 + 3·6000 = 458640 + 18000
        ("普通初中", Heads(512, 320, 2), 587_400),  # 510·940 + 2·6000 + 320·300
        ("普通小学", Heads(0, 0, 0), 0),  # no pupils, no floor
        ("普通小学", Heads(60, 0, 1), 77_280),  # floor first: 99·720 + 6000
        ("普通小学", Heads(99, 0, 0), 72_000),  # 100·720
        ("普通小学", Heads(100, 0, 0), 72_000),
        ("普通小学", Heads(101, 0, 0), 72_720),
        ("特殊教育", Heads(6, 2, 6), 36_000),  # 6·6000, no boarders' money
        ("普通高中", Heads(300, 200, 1), 0),  # not of the compulsory stage
    ],
)
def test_entitlement_of_a_year(stage: str, heads: Heads, yuan: int) -> None:
    """The golden vectors of the entitlement by the standards of 2023."""
    assert annual(stage, heads, date(2023, 9, 1)) == yuan


def test_standards_rise_with_2023() -> None:
    """The old standards hold to the end of 2022."""
    heads = Heads(100, 10, 0)
    assert annual("普通小学", heads, date(2022, 12, 31)) == 67_000  # 100·650 + 10·200
    assert annual("普通小学", heads, date(2023, 1, 1)) == 75_000  # 100·720 + 10·300


def test_schools_differ_by_the_pupils_that_they_have() -> None:
    """The worked example of the supervision; by schools alone it would be 0.4888."""
    books = zip((279, 137, 935, 160, 402), (45, 37, 89, 76, 55), strict=True)
    schools = [(Decimal(has), pupils) for has, pupils in books]
    assert difference_of_schools(schools) == Decimal("0.5152566298")


def test_full_months() -> None:
    """Only full months count."""
    end = date(2024, 1, 1)
    assert full_months(date(2020, 3, 15), end) == 45  # to 2023-12-15
    assert full_months(date(2022, 9, 1), end) == 16
    assert full_months(date(2019, 1, 2), end) == 59


def test_normalisation() -> None:
    """Dirt in single cells."""
    assert text("\u3000２０５ 1０1 ") == "205101"
    assert code("２０５０２０２\uff0d小学教育") == "2050202"
    assert amount("\u3000\uff11,234\uff0e50 ") == Decimal("1234.50")
    assert amount("-1,000.00") == Decimal(-1000)
    days = {day(d) for d in ("20190512", "2019-05-12", "2019年5月12日", "\uff12019-5-12")}
    assert days == {date(2019, 5, 12)}
    assert day("合计") is None


def test_growth_without_base() -> None:
    """No growth without both inputs or on a base of zero."""
    assert growth(Decimal(5), None) is None
    assert growth(None, Decimal(5)) is None
    assert growth(Decimal(5), Decimal(0)) is None
    assert growth(Decimal(101), Decimal(100)) == 1


def test_missing_year_leaves_growth_open(copy: Path) -> None:
    """Without the funds of 2022 only what needs them is missing."""
    (copy / FINANCE / "教育经费统计_2022年_样例数据.xlsx").unlink()
    result = compute(copy)
    open_keys = ("4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "4.9")
    assert [result[key] for key in open_keys] == [None] * 7
    assert result["4.1"] == EXPECTED["4.1"]
    assert result["5.8"] == 75


def test_fall_is_not_met(copy: Path) -> None:
    """One falling stage makes 4.9 fail."""
    path = copy / FINANCE / "支付明细_2022年_样例数据.csv"
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"54,000.00"', b'"54,054.01"'))  # 2023: 54,054.00
    assert compute(copy)["4.9"] == "未达标"


def test_dirty_csv_gives_the_same(copy: Path) -> None:
    """Other encodings, column orders, blanks and full-width characters change nothing."""
    wide = {ord("0") + i: ord("\uff10") + i for i in range(10)} | {ord("-"): 0xFF0D}
    for path in sorted((copy / "raw" / "inbox").rglob("*.csv")):
        raw = path.read_bytes()
        utf8 = b"\xe5\xad\xa6" in raw  # 学 in UTF-8
        rows = list(csv.reader(raw.decode("utf-8-sig" if utf8 else "gb18030").splitlines()))
        dirty = [
            [f"\u3000{cell.translate(wide)} " if cell else "" for cell in row[::-1]] for row in rows
        ]
        encoding = "gb18030" if utf8 else "utf-8-sig"
        with path.open("w", encoding=encoding, newline="") as file:
            csv.writer(file).writerows(dirty)
    result = compute(copy)
    assert {key: result[key] for key in EXPECTED} == EXPECTED


@pytest.mark.parametrize(
    ("unit", "factor"), [("元", 10_000), ("千元", 10), ("亿元", Decimal("0.0001"))]
)
def test_unit_of_the_funds_file(copy: Path, unit: str, factor: Decimal | int) -> None:
    """Amounts as text in another unit give the same figures."""
    for path in sorted((copy / FINANCE).glob("教育经费统计*.xlsx")):
        book = openpyxl.load_workbook(path)
        sheet = book.worksheets[0]
        sheet.cell(row=2, column=9, value=f" 单位\uff1a{unit}")
        for row in range(5, sheet.max_row):
            for column in range(5, 10):
                value = Decimal(str(sheet.cell(row=row, column=column).value))
                sheet.cell(row=row, column=column, value=f"{value * factor:,f}")
        book.save(path)
    result = compute(copy)
    assert {key: result[key] for key in EXPECTED} == EXPECTED


def test_newest_file_wins(copy: Path) -> None:
    """Of two files of one year the last by name counts."""
    old = copy / FINANCE / "教育经费统计_2022年_样例数据.xlsx"
    shutil.copy(old, copy / FINANCE / "教育经费统计_2023年_样例数据_旧.xlsx")
    shutil.copy(old, copy / FINANCE / "教育经费统计_2023年_样例数据_旧_2.xlsx")
    assert compute(copy)["4.2"] == 0


def test_what_no_file_says_stays_open(copy: Path) -> None:
    """Without a file only what needs it is missing."""
    for path in (copy / "raw" / "inbox").rglob("*_2023*"):
        if path.name.startswith(("资金下达", "学生资助", "保安人员", "教育事业")):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    result = compute(copy)
    open_keys = [f"15.{part}" for part in (1, 2, 3, 4, 8)]
    open_keys += ["5.8", "16.1", "16.2", "22.1", "large_share/普通小学", "classes/普通初中"]
    assert [result[key] for key in open_keys] == [None] * 11
    assert {key: result[key] for key in ("15.5", "22.2", "5.1a")} == {
        key: EXPECTED[key] for key in ("15.5", "22.2", "5.1a")
    }


def test_a_merged_schools_money_is_its_successors() -> None:
    """Who was merged twice is found at the last school; who just ended stays itself."""
    schools = spans(
        (number, School("211", True, "", into), "2000-09-01", until)
        for number, into, until in (
            ("1", "2", "2021-08-31"), ("2", "3", "2023-08-31"), ("3", "", ""),
            ("4", "", "2020-08-31"),
        )
    )  # fmt: skip
    end = date(2023, 12, 31)
    assert [keeper(schools, number, end) for number in "12345"] == ["3", "3", "3", "4", "5"]
    assert keeper(schools, "1", date(2023, 8, 31)) == "2"


def test_a_guard_counts_once_and_only_on_the_last_day(copy: Path) -> None:
    """Of the ten contracts six persons' hold at the end of 2023."""
    contracts = read_guards(copy, 2023) or []
    assert (len(contracts), len({guard for guard, _, _, _ in contracts})) == (10, 8)
    assert compute(copy)["22.1"] == 6


def test_unit_code_changes_with_the_day(copy: Path) -> None:
    """A notice under a unit code that no longer holds reaches no school."""
    path = copy / FINANCE / "资金下达指标文_2023年_样例数据.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    (row,) = [row for row in sheet.iter_rows(min_row=4) if row[6].value == 1.8]
    row[1].value = "2023-07-01"
    book.save(path)
    short = [(A, Decimal(552_240), Decimal(534_240)), *SHORTFALLS]  # 18,000 less
    result = compute(copy)
    assert result["shortfalls"] == short
    assert result["schools_meeting"] == 2
    assert result["5.5a"] == 6000  # payments count within the whole district
