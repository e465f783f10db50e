"""What a template asks of each column: from its contract how to write, from its suite what."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from flows.common.settings import Settings
from flows.contracts.model import Column, Contract
from flows.parsing.codes import titled_codes
from flows.parsing.columns import decimal_shape, is_code_name
from flows.parsing.values import UNITS_OF_YUAN
from flows.quality.suite import Rule, Suite

NEEDED, EXPECTED, SOMETIMES, FREE = "必填", "应填", "视情况必填", "选填"
UNIT = "元"  # in which a template asks for amounts where the file may choose
MEANINGS = {"missing": "没有数据", "not_applicable": "不适用", "suppressed": "不公开", "zero": "0"}
PERCENTS = {
    "points": "百分数，只写百分号前的数，如 12.5",
    "share": "百分数，如 12.5%",
    "written": "百分数，写明百分号，如 12.5%",
}
NULLS_IN_SQL = re.compile(r"filter\s*\(((?:\w+ is null(?:\s+or\s+)?)+)\)")
OF_DIGITS = re.compile(r"\^\[0-9\]\{([0-9]+)\}(?:\\Z|\$)")


@dataclass(frozen=True)
class Field:
    """One column of a template: what may be written into it, and what is said of it."""

    caption: str
    column: Column
    need: str
    choices: tuple[str, ...] = ()
    digits: int | None = None  # of a code
    least: Decimal | None = None
    most: Decimal | None = None
    unit: str = ""
    notes: tuple[str, ...] = ()

    @property
    def placeholders(self) -> dict[str, str]:
        """What stands for no number, and what it means in words."""
        return {sign: MEANINGS[meaning] for sign, meaning in self.column.means.items()}

    @property
    def type_words(self) -> str:
        """Say how a cell is written."""
        column = self.column
        if self.choices:
            return "从下拉列表选择"
        if column.attachment:
            return "文件名（含扩展名），多个以分号分隔"
        if column.percent:
            return PERCENTS[column.percent]
        if column.data_type == "date":
            return "年月，如 2023-09" if column.precision else "日期，如 2023-09-01"
        if column.data_type.startswith("decimal"):
            return f"数字，最多 {decimal_shape(column.data_type)[1]} 位小数"
        if column.data_type != "string":
            return "整数"
        length = self.digits or column.length
        size = f"，{length} 位" if length else ""
        return f"代码{size}，开头的 0 要保留" if is_code_name(column.name) or size else "文本"


class Form(NamedTuple):
    """A template to be written: of which table, for which year, and under which name it is sent."""

    contract: Contract
    fields: tuple[Field, ...]
    settings: Settings
    year: int
    stamp: str  # the period as the name says it
    sent_name: str
    sheet: str
    may_be_empty: bool


def may_be_empty(suite: Suite) -> bool:
    """Say whether a file without a row says something: no rule asks for one."""
    return not any(
        not rule.is_row_rule
        and rule.severity == "critical"
        and (rule.kwargs.get("min_value") or 0) > 0
        for rule in suite.rules
        if any(suite.aggregates.get(name) == "count(*)" for name in rule.columns)
    )


def unit_line(contract: Contract) -> str | None:
    """Say the unit that stands above the columns: the contract's, or the one in which we ask."""
    unit = contract.read.unit
    return UNIT if unit == "in_sheet" else unit


def list_fields(contract: Contract, suite: Suite) -> list[Field]:
    """List what a template of a source table asks for, in the contract's order."""
    fields = [
        _make_field(column, contract, suite) for column in contract.columns if column.captions
    ]
    if caption := contract.read.unit_column:
        amounts = (place for place, field in enumerate(fields) if field.column.role == "amount")
        notes = ("金额以此列所写的单位计。",)
        column = Column(name=caption, data_type="string")
        unit = Field(caption, column, NEEDED, tuple(UNITS_OF_YUAN), notes=notes)
        fields.insert(next(amounts, 0), unit)
    return fields


def _make_field(column: Column, contract: Contract, suite: Suite) -> Field:
    rules = [rule for rule in suite.rules if column.name in rule.columns]
    plain = [rule for rule in rules if "row_condition" not in rule.kwargs and rule.is_row_rule]
    bounds = _find_kwargs(plain, "expect_column_values_to_be_between")
    regex = str(_find_kwargs(plain, "expect_column_values_to_match_regex").get("regex", ""))
    of_digits = OF_DIGITS.fullmatch(regex)
    return Field(
        column.shown,
        column,
        _find_need(column, contract, suite),
        _list_choices(column, plain),
        int(of_digits[1]) if of_digits else None,
        _read_bound(bounds.get("min_value")),
        _read_bound(bounds.get("max_value")),
        _find_unit(column, contract) if column.role == "amount" else "",
        tuple(_list_notes(column, rules, suite)),
    )


def _find_kwargs(rules: list[Rule], kind: str) -> Mapping[str, Any]:
    return next((rule.kwargs for rule in rules if rule.type == kind), {})


def _read_bound(bound: Any) -> Decimal | None:
    return Decimal(str(bound)) if isinstance(bound, int | float) else None


def _find_need(column: Column, contract: Contract, suite: Suite) -> str:
    not_null = [
        rule
        for rule in suite.rules
        if rule.type == "expect_column_values_to_not_be_null" and column.name in rule.columns
    ]
    is_always = any("row_condition" not in rule.kwargs for rule in not_null)
    if column.name in contract.key or column.role == "unit" or is_always:
        return NEEDED
    for _, sql in _list_unwanted(suite):
        if (nulls := NULLS_IN_SQL.search(sql)) and f"{column.name} is null" in nulls[1]:
            return EXPECTED
    return SOMETIMES if not_null else FREE


def _find_unit(column: Column, contract: Contract) -> str:
    if column.unit:
        return column.unit
    if caption := contract.read.unit_column:
        return f"见“{caption}”列"
    return unit_line(contract) or ""


def _list_choices(column: Column, plain: list[Rule]) -> tuple[str, ...]:
    """List what may be chosen, as offices write it; nothing else is taken then."""
    taken = _find_kwargs(plain, "expect_column_values_to_be_in_set").get("value_set")
    listed = list(map(str, taken or ()))
    choices = listed
    if column.values:
        ways = _choose_ways(column.values)
        choices = [way for value, way in ways.items() if not listed or value in listed]
    elif column.data_type == "boolean":
        choices = ["是", "否"]
    elif column.code_list:
        codes = [code for code in titled_codes(column.code_list) if not listed or code[0] in listed]
        choices = ["-".join(code) if column.take == "code" else code[0] for code in codes]
    signs = [sign for sign in column.means if choices and sign not in choices]
    return (*choices, *signs)


def _choose_ways(values: Mapping[str, str]) -> dict[str, str]:
    """Choose one way of writing each value: its own name, else the first that is a word."""
    ways: dict[str, list[str]] = {}
    for written, value in values.items():
        ways.setdefault(str(value), []).append(str(written))
    return {
        value: value
        if value in written
        else next((way for way in written if not way.isascii()), written[0])
        for value, written in ways.items()
    }


def _list_unwanted(suite: Suite) -> Iterator[tuple[Rule, str]]:
    """Give the rules that want no row of a kind, with the SQL that counts those rows."""
    for rule in suite.rules:
        if not rule.is_row_rule and rule.kwargs.get("max_value") == 0:
            yield from ((rule, suite.aggregates.get(name, "")) for name in rule.columns)


def _list_notes(column: Column, rules: list[Rule], suite: Suite) -> Iterator[str]:
    """Say what must be true of a column, in the words that stand with its rules."""
    yield from dict.fromkeys(rule.notes.what for rule in rules)
    if column.person:
        return  # what is counted of it concerns its pseudonym
    for rule, sql in _list_unwanted(suite):
        if re.search(rf"\b{column.name}\b", sql):
            yield rule.notes.what
