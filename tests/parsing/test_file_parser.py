"""Reading a file: its header, unit and totals, and an account of every row in it."""

import io
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from parsing_parts import CAPTIONS, DETAIL, as_csv, contract, read

from flows.common.errors import Rejected
from flows.contracts.model import Contract, contract_from_json
from flows.parsing.file_parser import read_file
from flows.parsing.result import ParseResult

NAMES = ("voucher_no", "unit_code", "stage", "amount_yuan", "paid_on", "is_deleted")


def read_sheets(wanted: Contract, **sheets: Sequence[Sequence[Any]]) -> ParseResult:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return read(buffer.getvalue(), wanted)


def rows_of(parsed: ParseResult) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in NAMES) for row in parsed.table().to_pylist()]


def numbers_of(parsed: ParseResult) -> list[int]:
    numbers: list[int] = parsed.table()["_row_number"].to_pylist()
    return numbers


def amounts_of(parsed: ParseResult) -> list[Decimal]:
    amounts: list[Decimal] = parsed.table()["amount_yuan"].to_pylist()
    return amounts


def accounted(parsed: ParseResult) -> int:
    """Count the rows of which the reading gives an account: landed, quarantined, skipped."""
    quarantined = {(row.sheet, row.row_number) for row in parsed.quarantined}
    return parsed.landed + len(quarantined) + sum(parsed.skipped.values())


@settings(max_examples=60, deadline=None)
@given(
    st.permutations(range(len(CAPTIONS))),
    st.lists(st.sampled_from(["样例区支付明细(样例数据)", "", "单位:元", "2023年"]), max_size=30),
    st.sampled_from(",\t;|"),
    st.sampled_from(["\r\n", "\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]),
)
def test_the_header_is_found_below_any_titles_with_columns_in_any_order(
    order: list[int], titles: list[str], delimiter: str, end: str, encoding: str
) -> None:
    def mixed(row: Sequence[str]) -> list[str]:
        return [row[place] for place in order]

    padding = [""] * (len(CAPTIONS) - 1)
    rows = [[title, *padding] for title in titles]
    text = as_csv([*rows, mixed(CAPTIONS), mixed(DETAIL)], delimiter, end)
    parsed = read(text.encode(encoding))
    expected = read(as_csv([CAPTIONS, DETAIL]))
    assert rows_of(parsed) == rows_of(expected)
    assert numbers_of(parsed) == [len(titles) + 2]
    assert parsed.skipped["title"] == len(titles)
    assert accounted(parsed) == len(titles) + 2


def test_a_title_without_any_delimiter_does_not_hide_the_tabs_below() -> None:
    text = "样例区支付明细(样例数据)\n" + as_csv([CAPTIONS, DETAIL], "\t", "\n")
    assert len(rows_of(read(text))) == 1


KINDS = ("data", "data", "data", "blank", "total", "header", "twice", "unreadable", "footer")


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(KINDS), max_size=25))
@example(["data", "blank", "unreadable", "data"])  # 待核 below a gap is no header
def test_every_row_of_a_file_is_accounted_for(kinds: list[str]) -> None:
    rows: list[Sequence[str]] = [CAPTIONS]
    expected: Counter[str] = Counter({"title": 0, "header": 1})
    landed, quarantined, last = [], [], None
    for kind in kinds:
        number = len(rows) + 1
        if kind == "twice" and last is None:
            kind = "data"
        fresh = (f"V{number}", *DETAIL[1:])
        made: dict[str, Sequence[str]] = {
            "data": fresh,
            "blank": ["", "　"],
            "total": ["合 计", "", "", "", "", ""],
            "header": CAPTIONS,
            "twice": last or fresh,
            "unreadable": (f"V{number}", "205101-甲", "初中", "待核", "20230901", "否"),
            "footer": ["填表人:——  审核人:——"],
        }
        rows.append(made[kind])
        if expected["note"] or kind == "footer":
            expected["note"] += 1
        elif kind == "data":
            landed.append(number)
            last = fresh
        elif kind == "unreadable":
            quarantined.append(number)
        else:
            expected["exact_duplicate" if kind == "twice" else kind] += 1
    parsed = read(as_csv(rows))
    assert numbers_of(parsed) == landed
    assert [row.row_number for row in parsed.quarantined] == quarantined
    assert +parsed.skipped == +expected
    assert accounted(parsed) == len(rows)


def test_an_unreadable_row_keeps_what_can_be_read_of_it() -> None:
    broken = ("V2", "205102-乙", "大学", "7.50", "2023-02-30", "否")
    parsed = read(as_csv([CAPTIONS, DETAIL, broken]))
    assert len(rows_of(parsed)) == 1
    assert [(row.row_number, row.column, row.rule) for row in parsed.quarantined] == [
        (3, "stage", "unreadable_cell"),
        (3, "paid_on", "unreadable_cell"),
    ]
    assert {(row.unit, row.member, row.amount) for row in parsed.quarantined} == {
        ("205102", None, Decimal("7.50"))
    }


def test_a_row_is_a_duplicate_only_if_all_its_cells_are_the_same() -> None:
    other = (*DETAIL[:3], "1,234.51", *DETAIL[4:])
    parsed = read(as_csv([CAPTIONS, DETAIL, other, DETAIL, DETAIL]))
    assert numbers_of(parsed) == [2, 3]
    assert [
        (finding.rule, finding.row_number, finding.detail, finding.amount)
        for finding in parsed.findings
    ] == [
        ("exact_duplicate", 4, "= 2: 1234.50元", Decimal("1234.50")),
        ("exact_duplicate", 5, "= 2: 1234.50元", Decimal("1234.50")),
    ]


def test_equal_rows_are_all_counted_where_no_key_says_that_they_are_one() -> None:
    """Four payments of one sum on one day are four payments."""
    unkeyed = contract().model_copy(update={"key": ()})
    parsed = read(as_csv([CAPTIONS, DETAIL, DETAIL, DETAIL, DETAIL]), unkeyed)
    assert numbers_of(parsed) == [2, 3, 4, 5]
    assert parsed.findings == []
    without_number = ("", *DETAIL[1:])
    assert numbers_of(read(as_csv([CAPTIONS, without_number, without_number]))) == [2, 3]


def test_numbers_that_differ_are_no_duplicates_whatever_python_hashes() -> None:
    assert hash(-1.0) == hash(-2.0)
    wanted = contract()
    rows = [("V1", "205101", "小学", amount, "20230901", "否") for amount in (-1, -2, -1)]
    parsed = read_sheets(wanted, 明细=[CAPTIONS, *rows])
    assert amounts_of(parsed) == [Decimal(-1), Decimal(-2)]
    assert parsed.skipped["exact_duplicate"] == 1


def test_the_files_own_total_is_compared_with_its_detail() -> None:
    deleted = ("V2", "205101-甲", "小学", "99.00", "20230901", "是")
    right = ("合计", "", "", "1,234.50", "", "")
    wrong = ("合计", "", "", "1,333.50", "", "")
    assert read(as_csv([CAPTIONS, DETAIL, deleted, right])).findings == []
    (finding,) = read(as_csv([CAPTIONS, DETAIL, deleted, wrong])).findings
    assert (finding.rule, finding.row_number, finding.column) == ("own_total", 4, "amount_yuan")


def test_a_group_total_counts_its_group_and_the_last_total_everything() -> None:
    def detail(number: str, amount: str) -> tuple[str, ...]:
        return (number, "205101", "小学", amount, "20230901", "否")

    def total(label: str, amount: str) -> tuple[str, ...]:
        return (label, "", "", amount, "", "")

    rows = [CAPTIONS, detail("1", "10"), detail("2", "20"), total("小计", "30"), detail("3", "5")]
    assert read(as_csv([*rows, total("小计", "5"), total("合计", "35")])).findings == []
    (finding,) = read(as_csv([*rows, total("小计", "35"), total("合计", "35")])).findings
    assert finding.row_number == 6


def test_a_row_that_cannot_be_read_leaves_the_total_unjudged() -> None:
    broken = ("V2", "205101", "小学", "待核", "20230901", "否")
    total = ("合计", "", "", "5,000.00", "", "")
    assert read(as_csv([CAPTIONS, DETAIL, broken, total])).findings == []


def test_a_file_that_must_end_with_totals_and_does_not_is_found() -> None:
    wanted = contract(ends_with_totals=True)
    total = ("合计", "", "", "1,234.50", "", "")
    assert read(as_csv([CAPTIONS, DETAIL, total]), wanted).findings == []
    (finding,) = read(as_csv([CAPTIONS, DETAIL]), wanted).findings
    assert (finding.rule, finding.row_number) == ("totals_row_missing", 2)


def test_totals_are_known_where_the_column_of_their_label_is_not_in_the_file() -> None:
    totals = {"column": "序号", "labels": ["合计"], "check": "amount_yuan"}
    total = ("合计", "", "", "1,234.50", "", "")
    with_numbers = [("序号", *CAPTIONS), ("1", *DETAIL), ("合计", "", "", "", "1,234.50", "", "")]
    for rows in ([CAPTIONS, DETAIL, total], with_numbers):
        parsed = read(as_csv(rows), contract(totals=totals))
        assert parsed.skipped["total"] == 1
        assert numbers_of(parsed) == [2]
        assert parsed.findings == []


@pytest.mark.parametrize(("unit", "yuan"), [("元", "1.5"), ("万元", "15000"), ("千元", "1500")])
@pytest.mark.parametrize("form", ["单位:{}", "金额单位：{}", "（单位： {}）", "计量单位:({})"])
def test_the_unit_stands_in_a_cell_above_the_header(unit: str, yuan: str, form: str) -> None:
    detail = (*DETAIL[:3], "1.5", *DETAIL[4:])
    rows = [["标题"], ["", "", "", form.format(unit)], CAPTIONS, detail]
    parsed = read(as_csv(rows), contract(unit="in_sheet"))
    assert amounts_of(parsed) == [Decimal(yuan)]


def test_amounts_without_a_unit_are_not_guessed() -> None:
    with pytest.raises(Rejected, match="单位"):
        read(as_csv([["标题"], CAPTIONS, DETAIL]), contract(unit="in_sheet"))


def test_a_lost_column_is_named_as_the_office_knows_it() -> None:
    rows = [[*row[:2], *row[3:]] for row in (CAPTIONS, DETAIL)]
    with pytest.raises(Rejected, match="学段"):
        read(as_csv(rows))


def test_a_caption_that_stands_twice_is_not_chosen_by_chance() -> None:
    rows = [(*CAPTIONS, "支付金额"), (*DETAIL, "9.00")]
    with pytest.raises(Rejected, match="支付金额"):
        read(as_csv(rows))


def test_columns_that_the_contract_does_not_declare_are_not_read() -> None:
    identity = "519900199001010019"
    parsed = read(as_csv([(*CAPTIONS, "身份证号"), (*DETAIL, identity)]))
    assert identity not in str(vars(parsed))
    assert rows_of(parsed) == rows_of(read(as_csv([CAPTIONS, DETAIL])))


def test_sheets_are_read_one_after_the_other_with_their_names() -> None:
    other = ("V2", *DETAIL[1:])
    parsed = read_sheets(contract(), 一月=[["标题"], CAPTIONS, DETAIL], 二月=[CAPTIONS, other])
    assert list(zip(parsed.table()["_sheet"].to_pylist(), numbers_of(parsed), strict=True)) == [
        ("一月", 3),
        ("二月", 2),
    ]


def test_a_merged_header_of_two_rows_is_joined(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append([*CAPTIONS[:3], "教育事业费", None, *CAPTIONS[4:]])
    sheet.append([None, None, None, "其中:人员经费", "其中:公用经费", None, None])
    sheet.append([*DETAIL[:3], 1, 2, *DETAIL[4:]])
    for area in ("A1:A2", "B1:B2", "C1:C2", "D1:E1", "F1:F2", "G1:G2"):
        sheet.merge_cells(area)
    book.save(tmp_path / "kept")
    entry = contract(header_rows=2).as_json()
    entry["columns"][3]["captions"] = ["教育事业费/其中：公用经费"]
    parsed = read_file(tmp_path / "kept", contract_from_json(entry))
    assert amounts_of(parsed) == [Decimal(2)]
    assert accounted(parsed) == 3


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b" \r\n\r\n", "empty"),
        (b"\xff\xfe" + "凭证号".encode("utf-16-le"), "column not found"),
        (b"PK\x03\x04 torn", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "no workbook"),
        (as_csv([CAPTIONS]).encode() + b"V1\r\n", "as many delimiters"),
        (b"a,b\0c\r\n", "binary"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(content: bytes, word: str) -> None:
    with pytest.raises(Rejected, match=word) as caught:
        read(content)
    assert "\n" not in str(caught.value)


def test_rows_are_numbered_by_the_line_on_which_they_begin() -> None:
    broken_line = ("V1", "205101-样例\n一小", *DETAIL[2:])
    parsed = read(as_csv([CAPTIONS, broken_line, ("V2", *DETAIL[1:])]))
    assert numbers_of(parsed) == [2, 4]


def test_the_sign_off_is_taken_from_the_block_above() -> None:
    entry = contract().as_json()
    entry["sign_off"] = {"office": "填报单位", "date": "填报日期"}
    block = [["标题"], ["填报单位：", "样例区教育局"], ["填报日期:", "2024-01-08"], []]
    parsed = read(as_csv([*block, CAPTIONS, DETAIL]), contract_from_json(entry))
    assert parsed.sign_off == {"office": "样例区教育局", "date": "2024-01-08"}
