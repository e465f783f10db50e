"""What a cell of a template takes while it is filled in, and the sentence where it does not."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flows.forms.fields import Field
from flows.parsing.columns import decimal_shape

CODES = "代码"  # the hidden sheet of the lists that are too long to stand in a rule
LONGEST_LIST = 200  # characters
FIRST_DAY = date(1900, 1, 1)
LARGEST = {"int": Decimal(2**31 - 1), "bigint": Decimal(10**15 - 1)}


def name_column(place: int) -> str:
    """Name a column as spreadsheets do."""
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(place))


def find_long_lists(fields: Sequence[Field]) -> dict[int, tuple[str, ...]]:
    """Give by column the lists that stand in a sheet of their own."""
    return {
        place: field.choices
        for place, field in enumerate(fields)
        if len(",".join(field.choices)) > LONGEST_LIST or "," in "".join(field.choices)
    }


def write_cell_rule(field: Field, first: int, place: int, lists: Sequence[int]) -> dict[str, Any]:
    """Write the rule of a column's cells, with what is said before and after one is broken."""
    cell = f"{name_column(place)}{first + 1}"
    signs = "".join(f"“{sign}”表示{meaning}。" for sign, meaning in field.placeholders.items())
    asked = f"{field.need}：{field.type_words}" + (f"，单位：{field.unit}" if field.unit else "")
    return _write_condition(field, cell, place, lists) | {
        "input_title": field.caption[:32],
        "input_message": f"{asked}。{signs}"[:255],
        "error_title": "填写不合要求",
        "error_message": f"“{field.caption[:60]}”{asked}。{signs}请改正后再继续。"[:255],
    }


def _write_condition(field: Field, cell: str, place: int, lists: Sequence[int]) -> dict[str, Any]:
    column = field.column
    if field.choices:
        if place not in lists:
            return {"validate": "list", "source": list(field.choices)}
        letters = name_column(lists.index(place))
        source = f"={CODES}!${letters}$1:${letters}${len(field.choices)}"
        return {"validate": "list", "source": source}
    if column.percent == "written":
        return _write_formula(field, f'RIGHT({cell},1)="%"', cell)
    if column.data_type == "string":
        if field.digits:
            formula = f"AND(LEN({cell})={field.digits},ISNUMBER(VALUE({cell})))"
            return _write_formula(field, formula, cell)
        if column.length:
            return _write_formula(field, f"LEN({cell})={column.length}", cell)
        return {"validate": "any"}
    if field.placeholders:
        return _write_formula(field, f"ISNUMBER({cell})", cell)
    if column.data_type == "date":
        return {"validate": "date", "criteria": ">=", "value": FIRST_DAY}
    is_decimal = column.data_type.startswith("decimal")
    if is_decimal:
        precision, scale = decimal_shape(column.data_type)
        largest = Decimal(10) ** min(precision - scale, 15) - 1
    else:
        largest = LARGEST[column.data_type]
    return {
        "validate": "decimal" if is_decimal else "integer",
        "criteria": "between",
        "minimum": float(-largest if field.least is None else field.least),
        "maximum": float(largest if field.most is None else field.most),
    }


def _write_formula(field: Field, formula: str, cell: str) -> dict[str, Any]:
    """Ask by a formula, which a sign that stands for no value passes."""
    signs = [f'{cell}="{sign}"' for sign in field.placeholders]
    return {"validate": "custom", "value": f"=OR({','.join([formula, *signs])})"}
