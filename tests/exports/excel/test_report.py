"""Tests of the workbook that officials read."""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from rendering import printed_sizes

from flows.common.excel import Cell, fit_widths
from flows.common.messages import message
from flows.exports.excel.report import write_workbook
from flows.releases.tables import ReleaseTables

FORMULA_LIKE = "=1+1"
SHA = "1234567890" * 6 + "1234"
VALUE = "数值\n（单位见右列）"
FIRST = 5  # the first row under the captions
EMPTY = message("file_empty").as_json()
SENT_BACK = {"source": "finance.education_funds", "period": "2023", "file": "经费2.xlsx",
             "reasons": [EMPTY]}  # fmt: skip
HEAD = {"district_code": "519900", "evaluation_year": 2023}


def indicator(indicator_id: str, **change: Any) -> dict[str, Any]:
    """Write a definition."""
    return {
        "indicator_id": indicator_id, "title_zh": f"指标{indicator_id}", "value_type": "money",
        "unit": "元", "decimals": 2, "formula": "sum", "multiplier": "1", "numerator": "int_x.yuan",
        "denominator": None, "components": "[]", "population": "全区公办教育机构",
        "standard_id": None, "data_class": "statistical", "owner_office": "财政局",
        "basis": "国办发〔2018〕82号", "definition_zh": "三项之和。", "definition_version": "01",
    } | change  # fmt: skip


def key(indicator_id: str, period: str = "2023") -> dict[str, Any]:
    """Write the key of a value."""
    return HEAD | {
        "indicator_id": indicator_id, "period": period, "dimension": "total", "member": "total",
    }  # fmt: skip


def value(indicator_id: str, period: str = "2023", **change: Any) -> dict[str, Any]:
    """Write a value."""
    return key(indicator_id, period) | {
        "state": "actual", "value": Decimal("20690193.5000000000"), "value_text": None,
        "unit": "元", "numerator": Decimal("20690193.5000000000"), "denominator": None,
        "standard_id": None, "standard_value": None, "judgement": "无标准", "margin": None,
        "reason": None, "missing_sources": None, "units_expected": 7, "units_received": 7,
        "quarantined_rows": 0, "quarantined_amount": Decimal("0.00"),
    } | change  # fmt: skip


def figure(number: int, indicator_id: str, text: str, **change: Any) -> dict[str, Any]:
    """Write a figure of the report."""
    return key(indicator_id) | {
        "figure_id": f"4.{number}", "part": 1, "order_no": number, "item_no": "4",
        "place": "一(二)4", "title": f"图{number}", "text": text, "publish": "public",
        "listing": "report",
    } | change  # fmt: skip


def evidence(indicator_id: str, period: str = "2023", **change: Any) -> dict[str, Any]:
    """Write a file that a value rests on."""
    return key(indicator_id, period) | {
        "role": "numerator", "file_id": SHA, "fact": "int_x", "source": "finance.education_funds",
        "original_name": f"{period}.xlsx", "sha256": SHA, "sheets": '["基层汇总"]', "row_count": 8,
        "measure_sum": Decimal("20690193.50"),
    } | change  # fmt: skip


def standard(region_code: str, amount: str, **change: Any) -> dict[str, Any]:
    """Write a row of the seed of standards, as CSV gives it."""
    return {
        "standard_id": "per_student", "region_code": region_code, "stage": "普通小学",
        "comparison": ">=", "value": amount, "unit": "元/生·年", "valid_from": date(2023, 1, 1),
        "valid_to": None, "applies_by": "term", "document": f"{amount}办法",
        "document_number": "1号", "certainty": "unverified",
    } | change  # fmt: skip


def release() -> dict[str, list[dict[str, Any]]]:
    """Write the tables of a small release with every kind of trouble."""
    increase = (
        '[{"id":"funds","weight":1,"year_offset":0},{"id":"funds","weight":-1,"year_offset":-1}]'
    )
    hidden: dict[str, Any] = {
        "unit": "人",
        "judgement": "无法判定",
        "reason": "涉及1至4人",
        "value": None,
        "numerator": None,
        "quarantined_rows": None,
        "quarantined_amount": None,
    }
    gone: dict[str, Any] = {
        "value": None,
        "numerator": None,
        "judgement": "无法判定",
        "reason": FORMULA_LIKE,
    }
    return {
        "report_figures": [
            figure(5, "exam", "不公开"),
            figure(1, "funds", "2069万元"),
            figure(2, "increase", "15万元", title=FORMULA_LIKE),
            figure(3, "few", "＊", part=2),
            figure(4, "gone", "数据缺失"),
            figure(6, "rate", "100%"),
            figure(7, "cut", "723.67元"),
            figure(8, "limit", "720元"),
            figure(9, "nobody", "不涉及"),
            figure(1, "funds", "别区", district_code="519901"),
        ],
        "report_values": [
            value("funds"),
            value("funds", "2022"),
            value("increase", value=Decimal("-146193.5"), judgement="未达标"),
            value("few", state="suppressed", **hidden),
            value("exam", state="withheld", **hidden),
            value(
                "gone", state="missing", missing_sources='["finance.education_funds 2023"]', **gone
            ),
            value(
                "rate",
                value=Decimal("99.9988"),
                margin=Decimal("-0.0012"),
                judgement="未达标",
                standard_value=Decimal(100),
                unit="%",
            ),
            value("cut", value=Decimal("723.6789")),
            value("limit", value=Decimal(720)),
            value("nobody", state="not_applicable", **gone | {"judgement": "不适用"}),
        ],
        "report_indicators": [
            indicator("few", value_type="count", decimals=0, standard_id="per_student"),
            indicator("funds"),
            indicator("increase", formula="difference", numerator=None, components=increase),
            indicator("gone"),
            indicator("exam"),
            indicator("rate", value_type="percent"),
            indicator("cut", formula="ratio", denominator="int_y.months", multiplier="12"),
            indicator("limit", formula="standard", numerator=None),
            indicator("nobody"),
        ],
        "report_evidence": [
            evidence("funds"),
            evidence("funds", "2022", measure_sum=Decimal("12345678901234567.89")),
        ],
        "standards": [
            standard("CN", "650"),
            standard("CN", "600", valid_from=date(2016, 1, 1), valid_to=date(2022, 12, 31)),
            standard("51", "720.00"),
            standard("CN", "940", stage="普通初中", certainty="verified"),
            standard("50", "9999"),
        ],
    }


def manifest(**change: Any) -> dict[str, Any]:
    """Write what the release says of itself."""
    delivery = {
        "source": "finance.education_funds", "title": "教育经费统计", "period": "2023",
        "original_name": FORMULA_LIKE, "sha256": SHA, "rows_landed": 8, "rows_quarantined": 1,
        "owner_office": "财政局", "received_at": "2024-01-31T18:30:00+00:00",
    }  # fmt: skip
    library = delivery | {
        "source": "schools.schools", "title": "学校代码库", "period": "standing",
        "original_name": "库.csv", "rows_landed": 3, "rows_quarantined": 0,
    }  # fmt: skip
    return HEAD | {
        "title": "样例区2023年教育职责自评数据", "district_title": "样例区", "release": "2023-0001",
        "is_sample": True, "deliveries": [delivery, library], "previous": None,
        "gaps": ["缺一份。"], "rejections": [SENT_BACK],
        "contracts": {one["source"]: {"title": one["title"]}
                      for one in (delivery, library)},
    } | change  # fmt: skip


def write(
    folder: Path, content: Mapping[str, Sequence[Mapping[str, Any]]], says: Mapping[str, Any]
) -> Path:
    """Write the workbook into a folder."""
    tables = {name: pa.Table.from_pylist(list(rows)) for name, rows in content.items()}
    folder.mkdir(exist_ok=True)
    write_workbook(ReleaseTables(folder, tables), says, folder)
    return folder / "report.xlsx"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Write the workbook."""
    return write(tmp_path, release(), manifest())


@pytest.fixture
def book(target: Path) -> Workbook:
    """Open the workbook."""
    return load_workbook(target)


def rows(sheet: Worksheet) -> Iterator[dict[str, Any]]:
    """Read a sheet by its captions."""
    captions = [str(cell.value) for cell in sheet[FIRST - 1]]
    for row in sheet.iter_rows(min_row=FIRST):
        yield dict(zip(captions, row, strict=True))


def figures(book: Workbook) -> dict[str, dict[str, Any]]:
    """Read the sheet of figures by figure."""
    return {row["图号"].value: row for row in rows(book["指标"])}


def numbers(book: Workbook) -> dict[str, dict[str, Any]]:
    """Read the sheet of numbers by figure."""
    return {row["图号"].value: row for row in rows(book["数值"])}


def test_same_input_gives_same_bytes(tmp_path: Path, target: Path) -> None:
    """Nothing of the clock or the machine enters the file."""
    assert write(tmp_path / "again", release(), manifest()).read_bytes() == target.read_bytes()


def test_sheets_and_order_of_figures(book: Workbook) -> None:
    """The sheets stand in their order, the figures in that of the report, of this district only."""
    assert book.sheetnames == [
        "说明", "指标", "定义", "缺失与待核", "收到的文件", "依据", "数值", "代码", "校验",
    ]  # fmt: skip
    assert book.active == book["说明"]
    assert list(figures(book)) == [
        "4.1", "4.2", "4.3.2", "4.4", "4.5", "4.6", "4.7", "4.8", "4.9",
    ]  # fmt: skip
    defined = [(row["指标编号"].value, row["版本"].value) for row in rows(book["代码"])]
    assert defined[:2] == [("funds", "01"), ("increase", "01")]


def test_no_sheet_has_more_than_seven_columns(book: Workbook) -> None:
    """What has more is printed too small to read."""
    assert {sheet.title: sheet.max_column for sheet in book if sheet.max_column > 7} == {}


def test_money_stays_a_number_in_yuan(book: Workbook) -> None:
    """The printed text stands on its sheet, the number in the base unit on that of numbers."""
    assert figures(book)["4.1"]["印出文字"].value == "2069万元"
    number = numbers(book)["4.1"][VALUE]
    assert (number.value, number.number_format) == (20690193.5, "#,##0.00")
    assert numbers(book)["4.2"][VALUE].value == -146193.5


def test_near_miss_shows_that_it_is_one(book: Workbook) -> None:
    """A value that rounds to its standard and misses it is shown with more decimals."""
    number = numbers(book)["4.6"][VALUE]
    assert (number.value, number.number_format) == (99.9988, "0.000000")
    row = figures(book)["4.6"]
    assert row["判定"].fill.start_color.rgb == "FFF8C9C9"
    assert row["标准与距离"].value == "标准 100.00%\n距标准 -0.001200个百分点"


def test_a_value_that_the_report_cuts_is_not_shown_rounded(book: Workbook) -> None:
    """723.6789 printed as 723.67 does not stand beside it as 723.68."""
    assert numbers(book)["4.7"][VALUE].number_format == "#,##0.0000"
    assert numbers(book)["4.8"][VALUE].number_format == "#,##0.00"


def test_long_numbers_are_never_scientific(book: Workbook) -> None:
    """A large sum carries a format that writes it out."""
    sums = [row["合计"] for row in rows(book["依据"]) if row["合计"].value]
    assert sums[2].value > 1e16
    assert {cell.number_format for cell in sums} == {"#,##0.00"}
    width = book["依据"].column_dimensions[sums[2].column_letter].width
    assert width > len("12,345,678,901,234,567.89")


@pytest.mark.parametrize(("label", "sign"), [("4.3.2", "＊"), ("4.5", "不公开")])
def test_hidden_values_show_no_number(book: Workbook, label: str, sign: str) -> None:
    """A suppressed or withheld value stands nowhere, nor do the rows that it rests on."""
    row = numbers(book)[label]
    assert row[VALUE].value == sign
    assert [row[name].value for name in ("分子", "分母", "距标准")] == [None, None, None]
    assert figures(book)[label]["印出文字"].hyperlink is None
    assert label not in {line["图号"].value for line in rows(book["依据"])}


def led_to(book: Workbook, cell: Any) -> dict[str, Any]:
    """Follow a link to the row in which it ends."""
    name, place = cell.hyperlink.location.split("!")
    sheet = book[name.strip("'")]
    line = sheet[place].row
    assert line >= FIRST, cell.hyperlink.location
    return list(rows(sheet))[line - FIRST]


def test_links_lead_to_definition_and_evidence_and_back(book: Workbook) -> None:
    """Each link ends in the row of the same indicator or figure; a difference has its inputs'."""
    names = {row["title"]: f"指标{row['indicator_id']}" for row in release()["report_figures"]}
    for label, row in figures(book).items():
        defined = led_to(book, row["图号"])
        assert defined["指标"].value == names[row["标题"].value]
        assert led_to(book, defined["图号"])["图号"].value == label
        if row["印出文字"].hyperlink and label != "4.8":
            evidence = led_to(book, row["印出文字"])
            assert evidence["图号"].value == label
            assert led_to(book, evidence["图号"])["图号"].value == label
        if row["状态"].hyperlink:
            gap = led_to(book, row["状态"])
            assert gap["图号"].value == label
            assert led_to(book, gap["图号"])["图号"].value == label
    linked = {label for label, row in figures(book).items() if row["印出文字"].hyperlink}
    assert linked == {"4.1", "4.2", "4.8", "4.9"}
    assert {label for label, row in figures(book).items() if row["状态"].hyperlink} == {
        "4.3.2", "4.4", "4.5",
    }  # fmt: skip
    files = [row["文件"].value for row in rows(book["依据"]) if row["图号"].value == "4.2"]
    assert files == ["2023.xlsx", "2022.xlsx"]


def test_what_is_not_run_rests_on_the_school_library_and_a_standard_on_its_definition(
    book: Workbook,
) -> None:
    """A figure without rows of its own leads to what shows it."""
    assert led_to(book, figures(book)["4.9"]["印出文字"])["文件"].value == "库.csv"
    limit = led_to(book, figures(book)["4.8"]["印出文字"])
    assert limit["指标"].value == "指标limit"


def test_definition_says_formula_and_standard_in_words(book: Workbook) -> None:
    """The nearest region's standard of the year is shown, and that it is not verified."""
    defined = {row["指标"].value: row for row in rows(book["定义"])}
    assert defined["指标increase"]["计算方法"].value == "本期 − 上期。依据：指标funds"
    few = defined["指标few"]
    assert few["标准"].value == (
        "普通小学 ≥720元/生·年（2023-01-01起）\n普通初中 ≥940元/生·年（2023-01-01起）\n标准待核"
    )
    basis = "国办发〔2018〕82号"
    assert few["文件及文号、依据"].value == f"《720.00办法》1号\n《940办法》1号\n{basis}"
    assert few["定义与口径"].value == "三项之和。\n口径：全区公办教育机构"
    assert defined["指标funds"]["标准"].value is None
    assert defined["指标cut"]["计算方法"].value == "分子 ÷ 分母 × 12"
    codes = {row["指标编号"].value: row for row in rows(book["代码"])}["cut"]
    told = [codes[name].value for name in ("分子", "分母", "乘数")]
    assert told == ["int_x.yuan", "int_y.months", "12"]


def test_missing_sheet_lists_figures_then_sentences(book: Workbook) -> None:
    """Everything that is not simply actual is there with its reason and its sources."""
    found = list(rows(book["缺失与待核"]))
    assert [row["状态"].value for row in found] == [
        "不公开(人数过少)", "数据缺失", "不得公开", "缺口", "退回",
    ]  # fmt: skip
    assert found[1]["缺失来源"].value == "教育经费统计 2023"
    assert found[1]["已报/应报\n（单位数）"].value == "7/7"
    assert found[3]["说明"].value == "缺一份。"


def test_nothing_missing_is_said(tmp_path: Path) -> None:
    """A whole release says that it is whole, and one that is no sample carries no mark."""
    tables = release()
    tables["report_figures"] = [figure(1, "funds", "2069万元")]
    whole = manifest(gaps=[], rejections=[], is_sample=False)
    book = load_workbook(write(tmp_path, tables, whole))
    assert [row["说明"].value for row in rows(book["缺失与待核"])] == [
        "没有缺失、待核或退回的数据。"
    ]
    assert all("样例数据" not in str(cell.value) for cell in book["指标"]["A"])


def test_text_is_never_a_formula(book: Workbook, target: Path) -> None:
    """What looks like a formula, a code or a hash stays text."""
    received = next(rows(book["收到的文件"]))
    assert received["收到"].value == "2024-02-01"  # by the clock of the country
    cells = [
        figures(book)["4.2"]["标题"],
        figures(book)["4.4"]["说明"],
        received["文件"],
    ]
    with zipfile.ZipFile(target) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        assert all(b"<f>" not in archive.read(name) for name in sheets)
        assert b"<t>=1+1</t>" in archive.read("xl/sharedStrings.xml")
    assert {cell.value for cell in cells} == {FORMULA_LIKE}
    sha = next(rows(book["校验"]))["sha256"]
    assert (sha.value, sha.data_type, sha.number_format) == (SHA, "s", "@")


def test_every_sheet_is_marked_and_set_up_for_print(book: Workbook) -> None:
    """Each sheet says 样例数据 in red, prints on A4 across one page wide, repeats its head."""
    for sheet in book:
        is_cover = sheet.title == "说明"
        assert sheet["A1"].value.startswith("样例区2023年教育职责自评数据")
        mark = sheet["A2" if is_cover else "A3"]
        assert (mark.value, mark.font.color.rgb, mark.font.name) == ("样例数据", "FFC00000", "黑体")
        assert sheet.oddHeader is not None
        assert sheet.oddHeader.right.text == "样例数据"
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        setup, footer = sheet.sheet_properties.pageSetUpPr, sheet.oddFooter
        assert setup is not None
        assert setup.fitToPage is True
        assert (sheet.page_setup.fitToWidth or 1) == 1
        assert sheet.page_setup.fitToHeight == 0
        assert footer is not None
        assert footer.left.text.endswith("样例区2023年教育职责自评数据　发布 2023-0001")
        assert footer.center.text.strip() == sheet.title
        assert footer.right.text.strip() == "第 &P 页，共 &N 页"
        if not is_cover:
            assert sheet["A2"].value.startswith("样例区（519900）　2023年　发布 2023-0001")
            assert sheet.print_title_rows == "$1:$4"
            assert sheet.freeze_panes == "C5"
            assert sheet.auto_filter.ref.startswith("A4:")


def test_fonts_are_those_of_every_office(book: Workbook) -> None:
    """Captions and titles stand in 黑体, texts and numbers in 宋体, remarks in 仿宋."""
    for sheet in book:
        fonts = {cell.font.name for row in sheet.iter_rows() for cell in row if cell.value}
        assert fonts <= {"宋体", "黑体", "仿宋"}
    assert book["指标"]["A4"].font.name == "黑体"
    assert figures(book)["4.1"]["标题"].font.name == "宋体"


def test_states_and_judgements_are_told_by_colour_and_by_word(book: Workbook) -> None:
    """Who prints without colour reads the word, the grave ones in heavy type."""
    gone = figures(book)["4.4"]
    for name, word in (("状态", "数据缺失"), ("判定", "无法判定")):
        assert (gone[name].value, gone[name].font.name) == (word, "黑体")
        assert gone[name].fill.start_color.rgb not in ("00000000", "FFFFFFFF")


def test_the_first_sheet_says_what_this_is(book: Workbook) -> None:
    """District, year, release, how many of each state, what is missing, how to read it."""
    texts = [str(cell.value) for row in book["说明"].iter_rows() for cell in row if cell.value]
    for wanted in (
        "样例区（519900）",
        "2023年",
        "2023-0001",
        "无（首次发布）",
        "缺一份。",
        "教育经费统计（2023）经费2.xlsx未通过检查，仍用上一份：文件是空的，请重新导出后重报",
    ):
        assert texts.count(wanted) == 1, wanted
    assert (
        "已有数 8 / 应报 9；实际 5，数据缺失 1，不涉及 1，不公开(人数过少) 1，不得公开 1" in texts
    )
    assert {"暂定", "部分上报", "标准待核", "无法判定"} <= set(texts)
    links = {cell.value: cell.hyperlink.location for row in book["说明"].iter_rows()
             for cell in row if cell.hyperlink}  # fmt: skip
    for name in book.sheetnames[1:]:
        assert links[name] == f"'{name}'!A1"


@pytest.mark.slow
def test_nothing_is_printed_below_nine_points(target: Path, tmp_path: Path) -> None:
    """LibreOffice prints the workbook on A4; what is smallest is measured in its PDF."""
    smallest = printed_sizes(target, tmp_path)
    assert min(smallest) >= 9, smallest


def test_columns_that_grow_together_leave_room_for_nine_points() -> None:
    number = [Cell(Decimal("123456789012.34"), "#,##0.00")]
    assert fit_widths([8, 100, 17], [[], [], []]) == [8, 100, 17]
    narrow, text, other = fit_widths([8, 100, 17], [number, [Cell("长")], number])
    assert narrow > 17
    assert other >= narrow  # a number is never shown as ###
    assert narrow + text + other == 125
