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


def letters(place: int) -> str:
    """Name a column as spreadsheets do."""
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(place))


def lists_of(fields: Sequence[Field]) -> dict[int, tuple[str, ...]]:
    """Give by column the lists that stand in a sheet of their own."""
    return {
        place: one.choices
        for place, one in enumerate(fields)
        if len(",".join(one.choices)) > LONGEST_LIST or "," in "".join(one.choices)
    }


def rule_at(one: Field, first: int, place: int, lists: Sequence[int]) -> dict[str, Any]:
    """Make the rule of a column's cells, with what is said before and after one is broken."""
    cell = f"{letters(place)}{first + 1}"
    signs = "".join(f"“{sign}”表示{meaning}。" for sign, meaning in one.signs_in_words)
    asked = f"{one.need}：{one.type_words}"
    unit = f"，单位：{one.unit}" if one.unit else ""
    message = f"{asked}{unit}。{signs}"[:255]
    words = {
        "input_title": one.caption[:32],
        "input_message": message,
        "error_title": "填写不合要求",
        "error_message": f"“{one.caption[:60]}”{asked}{unit}。{signs}请改正后再继续。"[:255],
        "error_type": "stop" if one.is_closed or not one.choices else "warning",
    }
    return _condition(one, cell, place, lists) | words


def _condition(one: Field, cell: str, place: int, lists: Sequence[int]) -> dict[str, Any]:
    column = one.column
    if one.choices:
        if place not in lists:
            return {"validate": "list", "source": list(one.choices)}
        letter = letters(lists.index(place))
        return {"validate": "list", "source": f"={CODES}!${letter}$1:${letter}${len(one.choices)}"}
    if column.percent == "written":
        return _own(one, f'RIGHT({cell},1)="%"', cell)
    if column.data_type == "string":
        if one.digits:
            return _own(one, f"AND(LEN({cell})={one.digits},ISNUMBER(VALUE({cell})))", cell)
        return _own(one, f"LEN({cell})={column.length}", cell) if column.length else {
            "validate": "any"
        }  # fmt: skip
    if one.signs:
        return _own(one, f"ISNUMBER({cell})", cell)
    if column.data_type == "date":
        return {"validate": "date", "criteria": ">=", "value": FIRST_DAY}
    is_whole = not column.data_type.startswith("decimal")
    least, most = _bounds(one)
    return {
        "validate": "integer" if is_whole else "decimal", "criteria": "between",
        "minimum": float(least), "maximum": float(most),
    }  # fmt: skip


def _own(one: Field, formula: str, cell: str) -> dict[str, Any]:
    """Ask by a formula, which a sign that stands for no value passes."""
    signs = [f'{cell}="{sign}"' for sign in one.signs]
    return {"validate": "custom", "value": f"=OR({','.join([formula, *signs])})"}


def _bounds(one: Field) -> tuple[Decimal, Decimal]:
    kind = one.column.data_type
    if kind.startswith("decimal"):
        precision, scale = decimal_shape(kind)
        most = Decimal(10) ** min(precision - scale, 15) - 1
    else:
        most = LARGEST[kind]
    least = -most if one.least is None else one.least
    return least, most if one.most is None else one.most
