"""The workbook that an office fills in: for every source table, and read back as it is read."""

import csv
import io
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from nights import Said, ziping
from reading_parts import contract_of
from validating import land

from flows.common.errors import Rejected, WrongUse
from flows.common.files import hash_file
from flows.common.settings import Settings, Workspace
from flows.contracts.delivery import Delivery, LandedFile
from flows.contracts.loading import load_contracts
from flows.contracts.model import Contract
from flows.contracts.periods import period_of_year
from flows.extract.inbox.routing import match_contract
from flows.forms.cell_rules import find_long_lists, write_cell_rule
from flows.forms.fields import Field, list_fields, may_be_empty
from flows.forms.template import find_sent_name, why_no_template, write_checked
from flows.landing.load import ROWS, Landing
from flows.parsing.file_parser import read_file
from flows.parsing.preamble import read_sign_off
from flows.parsing.pseudonyms import PersonKey
from flows.quality.suite import Suite, Suites

CONTRACTS = load_contracts()
WITH = sorted(name for name, one in CONTRACTS.items() if why_no_template(one) is None)
SETTINGS = Settings(district_title="样例区")
KEY = PersonKey(b"k" * 32)
MOST_ROWS = 40


def written(contract: Contract, folder: Path) -> tuple[Path, str]:
    """Write a contract's template; give it and the name under which it is to be sent."""
    sent = find_sent_name(contract, SETTINGS, 2023, None)
    path = folder / f"{contract.table}.xlsx"
    write_checked(path, contract, SETTINGS, 2023, sent)
    return path, sent.name


def fields(contract: Contract) -> list[Field]:
    return list_fields(contract, Suites().load(contract))


def first_row(sheet: Any) -> int:
    return int("".join(filter(str.isdigit, sheet.freeze_panes)))


def as_typed(value: Any, field: Field) -> Any:
    """Write a landed value as a clerk would, from the list where there is one."""
    if isinstance(value, bool):
        value = "是" if value else "否"
    if field.column.values and value is not None:
        return next(way for way in field.choices if field.column.values.get(way, way) == value)
    if value is None or isinstance(value, date | str):
        return value
    return float(value / 10_000 if field.column.unit == "万元" else value)


def fill(path: Path, sent: str, rows: list[dict[str, Any]], contract: Contract) -> Path:
    """Type rows into a template and save it as it asks; what sums up is calculated."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    asked = fields(contract)
    for label in (cell for line in sheet.iter_rows(max_row=8) for cell in line):
        if label.value in [f"{text}：" for column in contract.columns for text in column.preamble]:
            name = next(c.name for c in contract.columns if f"{label.value[:-1]}" in c.preamble)
            sheet.cell(label.row, label.column + 1, rows[0][name])
    for number, row in enumerate(rows, start=first_row(sheet)):
        for place, one in enumerate(asked, start=1):
            sheet.cell(number, place, as_typed(row[one.column.name], one))
    for line in sheet.iter_rows():
        for cell in line:
            if isinstance(cell.value, str) and cell.value.startswith("=SUM("):
                kept = [row for row in rows if not row.get("is_deleted")]
                cell.value = float(sum(row[asked[cell.column - 1].column.name] for row in kept))
    target = path.with_name(f"filled.{path.name}")
    if sent.endswith(".csv"):
        text = io.StringIO()
        csv.writer(text).writerows(sheet.iter_rows(values_only=True))
        target.write_bytes(text.getvalue().encode("utf-8-sig"))
    else:
        book.save(target)
    return target


def judged(path: Path, contract: Contract, name: str) -> tuple[Landing, list[dict[str, Any]]]:
    """Land a file as a night does; give what became of it, and its rows."""
    file = LandedFile(hash_file(path), path.stat().st_size, name)
    period = period_of_year(contract, 2023)
    delivery = Delivery(contract.name, "519900", period, (file,), "2024-01-01T00:00:00", "inbox")
    suite = Suites().load(contract)
    with TemporaryDirectory() as folder:
        landing = land(path, delivery, contract, suite, KEY.pseudonym, Path(folder))
        return landing, pq.read_table(Path(folder) / ROWS).to_pylist()


def sample_rows(
    workspace: Workspace, contract: Contract
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Take rows of the sample's own file that nothing is wrong with: as written, and as landed."""
    for path in sorted((workspace.inbox / contract.system).iterdir()):
        places = match_contract(f"{contract.system}/{path.name}", CONTRACTS, ("519900",))
        if isinstance(places, str) or places[0].contract.name != contract.name:
            continue
        [place] = places
        if path.is_dir():  # each school sends its own
            path = min(path.iterdir())
        if place.period == period_of_year(contract, 2023):
            landed = judged(path, contract, path.name)[1][:MOST_ROWS]
            reread = read_file(path, contract).table().to_pylist()
            as_written = {where(row): row for row in reread}
            return [as_written[where(row)] for row in landed], landed
    made = [
        {field.column.name: a_value(field, number) for field in fields(contract)}
        for number in (1, 2)
    ]
    return made, made


def a_value(field: Field, number: int) -> Any:
    """Make a value of a column, for tables of which the sample has no file."""
    column = field.column
    if column.data_type == "boolean":
        return number == 1
    if field.choices:
        return (column.values or {}).get(field.choices[0], field.choices[0])
    if column.data_type == "date":
        return date(2023, 9, number)
    if column.data_type != "string":
        return number
    return str(number) * (field.digits or 1)


def where(row: dict[str, Any]) -> tuple[str, int]:
    return row["_sheet"], row["_row_number"]


def values(rows: list[dict[str, Any]], contract: Contract) -> list[list[Any]]:
    return [[row[column.name] for column in contract.columns] for row in rows]


@pytest.mark.parametrize("name", [one for one in WITH if not CONTRACTS[one].optional])
def test_a_filled_template_gives_the_rows_that_were_typed(
    name: str, first_night: Workspace, tmp_path: Path
) -> None:
    contract = CONTRACTS[name]
    rows, expected = sample_rows(first_night, contract)
    assert rows
    template, sent = written(contract, tmp_path)
    places = match_contract(f"{contract.system}/{sent}", CONTRACTS, ("519900",))
    assert not isinstance(places, str)
    [place] = places
    assert (place.contract.name, place.period) == (name, period_of_year(contract, 2023))
    filled = fill(template, sent, rows, contract)
    landing, landed = judged(filled, contract, sent)
    assert not landing.parsed.findings
    assert not landing.parsed.quarantined
    assert not landing.judgement.quarantine
    assert values(landed, contract) == values(expected, contract)


@pytest.mark.parametrize("name", WITH)
def test_an_unfilled_template_is_rejected(name: str, tmp_path: Path) -> None:
    contract = CONTRACTS[name]
    path, sent = written(contract, tmp_path)
    if any(column.preamble and column.required for column in contract.columns):
        with pytest.raises(Rejected, match="fill it in"):
            judged(path, contract, sent)
        return
    landing, landed = judged(path, contract, sent)
    assert not landed
    suite = Suites().load(contract)
    assert bool(landing.judgement.rejections) is not may_be_empty(suite)


def test_the_same_template_is_the_same_bytes(tmp_path: Path) -> None:
    contract = CONTRACTS["registers.counselling_rooms"]
    (tmp_path / "again").mkdir()
    first, _ = written(contract, tmp_path)
    second, _ = written(contract, tmp_path / "again")
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("name", sorted(set(CONTRACTS) - set(WITH)))
def test_a_table_that_no_clerk_can_fill_in_says_why(name: str, tmp_path: Path, said: Said) -> None:
    target = tmp_path / "template.xlsx"
    assert ziping("template", name, str(target), workspace=Workspace(tmp_path)) == 2
    assert f"{name}hasnotemplate:" in said()
    assert not target.exists()


def test_a_filled_template_is_never_written_over(tmp_path: Path, said: Said) -> None:
    target = tmp_path / "心理辅导室台账_2023-12-31.xlsx"
    name = "registers.counselling_rooms"
    assert ziping("template", name, str(target), workspace=Workspace(tmp_path)) == 0
    assert f"registers/{target.name}" in said()
    before = target.read_bytes()
    assert ziping("template", name, str(target), workspace=Workspace(tmp_path)) == 2
    assert "istherealready" in said()
    assert target.read_bytes() == before


def test_a_register_offers_lists_and_marks_what_is_required(tmp_path: Path) -> None:
    path, _ = written(CONTRACTS["registers.counselling_rooms"], tmp_path)
    sheet = openpyxl.load_workbook(path).worksheets[0]
    rules = {
        str(rule.sqref).partition(":")[0]: rule for rule in sheet.data_validations.dataValidation
    }
    first = first_row(sheet)
    assert rules[f"C{first}"].formula1 == '"是,否"'
    assert rules[f"E{first}"].formula1 == '"达标,未达标"'
    assert rules[f"A{first}"].formula1 == f"OR(AND(LEN(A{first})=10,ISNUMBER(VALUE(A{first}))))"
    assert rules[f"D{first}"].type == "date"
    marks = [sheet.cell(first - 2, place).value for place in range(1, 7)]
    assert marks == ["必填", "应填", "必填", "选填", "选填", "必填"]
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.print_title_rows == f"${first - 2}:${first - 1}"


def test_signs_long_lists_and_units_of_rows_are_asked_for(tmp_path: Path) -> None:
    contract = contract_of(
        {"name": "school_code", "data_type": "string", "captions": ["代码"], "role": "unit"},
        {
            "name": "function_code",
            "data_type": "string",
            "captions": ["功能"],
            "take": "code",
            "code_list": "function_205",
        },
        {
            "name": "paid_yuan",
            "data_type": "decimal(18,2)",
            "captions": ["金额"],
            "role": "amount",
            "means": {"-": "missing"},
        },
        read={"unit_column": "计量单位"},
    )
    code, function, unit, paid = list_fields(contract, Suite("s", {}, (), {}))
    assert (code.need, code.choices) == ("必填", ())
    assert "2050101-行政运行" in function.choices
    assert unit.caption == "计量单位"
    assert "万元" in unit.choices
    assert paid.unit == "见“计量单位”列"
    assert paid.placeholders == {"-": "没有数据"}
    asked = [code, function, unit, paid]
    lists = list(find_long_lists(asked))
    assert lists == [1]
    assert write_cell_rule(function, 9, 1, lists)["source"].startswith("=代码!$A$1:$A$")
    assert write_cell_rule(paid, 9, 3, lists)["value"] == '=OR(ISNUMBER(D10),D10="-")'


def test_a_sign_off_that_is_left_blank_is_not_taken_from_the_next_label() -> None:
    contract = CONTRACTS["registers.counselling_rooms"]
    above = [(4, ["填报单位：", "", "填报日期：", "2024-01-10", "签字人职务：", None])]
    assert read_sign_off(contract, above) == {"date": "2024-01-10"}


def test_an_empty_list_says_something_only_where_no_rule_asks_for_a_row() -> None:
    suites = {name: Suites().load(CONTRACTS[name]) for name in WITH}
    empty = {name for name, suite in suites.items() if may_be_empty(suite)}
    assert empty <= {"registers.waivers"}
    assert may_be_empty(Suite("s", {"row_count": "count(*)"}, (), {}))


@pytest.mark.parametrize(
    ("files", "period", "name"),
    [
        ("*经费*", {"kind": "calendar_year", "file_name": "(20[0-9]{2})年"}, "经费_2023年.xlsx"),
        ("*?公用*.csv", {"kind": "calendar_year", "stated": 2023}, "_公用_2023年.csv"),
        (
            "*班额*",
            {"kind": "calendar_year", "file_name": "-(20[0-9]{2})学年"},
            "班额_2022-2023学年.xlsx",
        ),
        ("*名册*", {"kind": "standing"}, "名册.xlsx"),
    ],
)
def test_the_name_of_a_template_is_one_that_the_inbox_takes(
    files: str, period: dict[str, Any], name: str
) -> None:
    pull = {"from": "inbox", "files": [files]}
    contract = contract_of(read={}, pull=pull, period=period)
    assert find_sent_name(contract, Settings(district="510000"), 2023, None).name == name


def test_a_period_that_no_name_can_say_is_told(tmp_path: Path) -> None:
    period = {"kind": "calendar_year", "file_name": "第(20[0-9]{2})号"}
    contract = contract_of(read={}, period=period)
    with pytest.raises(WrongUse, match="give FILE such a name"):
        find_sent_name(contract, SETTINGS, 2023, tmp_path / "经费.xlsx")
    given = find_sent_name(contract, SETTINGS, 2023, tmp_path / "经费第2023号.xlsx")
    assert given.name == "经费第2023号.xlsx"
