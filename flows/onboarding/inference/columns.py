"""Inferring of each column its name, its type, and what a person must decide."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flows.common.text import normalize_width, strip_whitespace
from flows.onboarding.inference.cells import (
    CODE_NAME,
    NO_VALUES,
    PERCENT,
    count_decimals,
    find_placeholders,
    is_day,
    is_year,
    read_number,
)
from flows.onboarding.inference.glossary import (
    LEVEL,
    WHOLES,
    Meaning,
    find_meaning,
    name_column,
)
from flows.onboarding.inference.inspect import InspectedFile
from flows.parsing.codes import LISTS, code_list, is_credit_code, is_identity
from flows.parsing.preamble import find_unit_in_caption
from flows.parsing.values import BOOLEANS, UNITS_OF_YUAN, holds_number, person_id

MOST = 0.9  # so many cells of a column must be of a kind for it to be that kind
CODE_CAPTION = re.compile(
    r"(码|编号|邮编|代号|文号|号|标识)$|(^|[_ ])(id|code|no)$|^(zip|post(al)?)[_ ]?(code)?$",
    re.IGNORECASE,
)
MONEY_CAPTION = re.compile(r"(金额|经费|费用?|款|支出|收入|资金|工资|津贴|补助|单价|总价)$")
PERSON_CAPTION = re.compile(r"姓名|联系人|联系方式|电话|手机|住址|家长|监护人")
DATE_CAPTION = re.compile(r"(日期|时间|年月|date)$", re.IGNORECASE)
MONTH = re.compile(r"[12][0-9]{3}[-/.年][0-9]{1,2}月?")
SCHOOL_YEAR = "20[0-9]{2}[-–/](?:20)?[0-9]{2}"  # 2011-12 is no month
RENDERED = re.compile(r"\{[{%#]")  # by dbt, wherever it stands
SHORTEST_CODE = 5  # of digits alone: a shorter one may have lost its zeros
NOT_DECLARED = {
    "serial": "a serial number",
    "person_name": "names or addresses of persons, which no figure needs",
    "row_total": "by its caption the sum of the columns beside it, which would count twice",
    "beside_long": "a number beside columns that become rows, which each would repeat",
}
NUMBERS = ("amount", "count", "number")


@dataclass
class InferredColumn:
    """One column of a sample: what would be declared of it, and what is asked of a person."""

    place: int
    caption: str
    kind: str  # one of the glossary's, or boolean, percent, year, code_name, row_total, beside_long
    name: str
    data_type: str = "string"
    meta: dict[str, Any] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)
    length: int | None = None  # of its codes, where all are equally long

    @property
    def is_declared(self) -> bool:
        """Whether it is declared; serial numbers and names of persons are not."""
        return self.kind not in NOT_DECLARED


def follows(text: str) -> bool:
    """Say whether of two years, 2006-07 or 200607, the second is the next."""
    digits = re.sub("[^0-9]", "", text)
    return (int(digits[:4]) + 1) % 100 == int(digits[-2:])


def _are_mostly(texts: Sequence[Any], holds: Callable[[Any], Any], share: float = MOST) -> bool:
    return bool(texts) and sum(map(bool, map(holds, texts))) >= share * len(texts)


def _is_person(text: str) -> bool:
    plain = text.upper().removeprefix("G")
    return is_identity(plain) or (len(plain) == 15 and len(person_id(plain) or "") == 18)


def _infer_kind(cells: Sequence[Any], caption: str, meaning: Meaning | None) -> str:
    """Tell the kind of a column by its cells, and by its caption where they leave it open."""
    expected = meaning.kind if meaning else ""
    signs = NO_VALUES.keys() | find_placeholders(cells)
    whole = [cell for cell in cells if (text := strip_whitespace(cell)) and text not in signs]
    texts = [strip_whitespace(cell) or "" for cell in whole]
    if expected in ("person", *NOT_DECLARED):
        return expected
    if _are_mostly(texts, _is_person, 0.5):
        return "person"
    if PERSON_CAPTION.search(caption):
        return "person_name"
    if not texts:
        return expected or "text"
    if set(texts) <= UNITS_OF_YUAN.keys():
        return "unit_of_row"
    if {text.upper() for text in texts} <= BOOLEANS.keys() - {"0", "1"} and expected != "code":
        return "boolean"
    if _are_mostly(texts, PERCENT.fullmatch):
        return "percent"
    if all(re.fullmatch(SCHOOL_YEAR, text) and follows(text) for text in texts):
        return "text"
    is_dated = expected == "date" or bool(DATE_CAPTION.search(caption))
    are_numbers = _are_mostly(whole, holds_number)
    if _are_mostly(whole, is_day) and (is_dated or not are_numbers):
        return "date"
    if are_numbers:
        return _infer_kind_of_numbers(texts, caption, expected)
    if _are_mostly(texts, CODE_NAME.fullmatch):
        return "code_name"
    return expected if expected in ("code", "stage") else "text"


def _infer_kind_of_numbers(texts: Sequence[str], caption: str, expected: str) -> str:
    """Tell codes from numbers by a zero in front or by the caption.

    What a caption means elsewhere is no more than a hint: the file's own cells decide.
    """
    digits = [text for text in texts if text.isdigit()]
    has_zeros = any(len(text) > 1 and text.startswith("0") for text in digits)
    if has_zeros or (expected == "code" and len(digits) == len(texts)):
        return "code"
    if expected in ("amount", "number") or (expected == "count" and len(digits) == len(texts)):
        return expected
    if CODE_CAPTION.search(caption):
        return "code"
    return "year" if all(map(is_year, texts)) else "number"


def _set_type(column: InferredColumn, cells: Sequence[Any], unit: str | None) -> None:
    """Set the type, and what must be declared for the cells to be read as it."""
    texts = [text for cell in cells if (text := strip_whitespace(cell)) and text not in NO_VALUES]
    match column.kind:
        case "person":
            column.meta["person"] = True
            column.questions.append(
                "person: true makes a pseudonym of each id; is it an id of persons?"
            )
        case "boolean" | "date":
            column.data_type = column.kind
            if column.kind == "date" and any(map(MONTH.fullmatch, texts)):
                column.meta["precision"] = "month"
        case "percent":
            column.data_type, column.meta["percent"] = "decimal(9,4)", "written"
        case "code_name":
            column.meta["take"] = "code"
        case "amount":
            column.data_type, column.meta["role"] = "decimal(18,2)", "amount"
            if own := find_unit_in_caption(column.caption):
                column.meta["unit"] = own
            elif unit not in UNITS_OF_YUAN:
                column.meta["unit"] = "元"
                column.questions.append(
                    "nothing says the unit of the amounts: 元, 千元, 万元 or 亿元?"
                )
        case "count" | "number" | "year":
            _set_number(column, cells)
        case "code":
            _set_code(column, texts)


def _set_number(column: InferredColumn, cells: Sequence[Any]) -> None:
    numbers = [abs(number) for cell in cells if (number := read_number(cell)) is not None]
    if decimals := count_decimals(cells):
        column.data_type = f"decimal(18,{min(max(decimals, 2), 8)})"
    else:
        column.data_type = "int" if max(numbers, default=0) < 2**31 else "bigint"
    signs = NO_VALUES.keys() | find_placeholders(cells)
    odd = sum(
        not holds_number(cell) for cell in cells if (strip_whitespace(cell) or "-") not in signs
    )
    if odd:
        column.questions.append(f"{odd} cells hold no number: their rows would be quarantined")


def _set_code(column: InferredColumn, texts: Sequence[str]) -> None:
    lengths = [len(text) for text in texts]
    if not lengths:
        return
    usual = max(set(lengths), key=lengths.count)
    are_digits = all(map(str.isdigit, texts))
    shorter = [text for text in texts if len(text) < usual and text.isdigit()]
    if _are_mostly(texts, is_credit_code):
        column.meta |= {"length": 18, "check": "credit_code"}
    if are_digits and set(lengths) == {usual}:
        column.length = usual
    if shorter and lengths.count(usual) > len(lengths) / 2 and usual > 3:
        column.questions.append(
            f"{len(shorter)} codes are shorter than {usual} signs: zeros that a spreadsheet took? "
            "They come back only by `length` with `check` or `code_list`; else ask for text cells"
        )
    elif (
        are_digits
        and not any(text.startswith("0") for text in texts)
        and (usual < SHORTEST_CODE or len(set(lengths)) > 1)
    ):
        column.questions.append(
            f"its codes have {min(lengths)} to {max(lengths)} digits and none begins with 0: did a "
            "spreadsheet take zeros away? Compare with another export, or ask for text cells"
        )
    for name in LISTS:
        if set(texts) <= code_list(name):
            column.meta["code_list"] = name


def infer_column(
    place: int,
    caption: str,
    text: str,
    cells: Sequence[Any],
    known: Mapping[str, Meaning],
    taken: Sequence[str],
    unit: str | None,
) -> InferredColumn:
    """Infer a column from its caption, as it is compared and as it is written, and its cells."""
    meaning = find_meaning(caption, known)
    kind = _infer_kind(cells, text, meaning)  # blanks part English words
    is_money = (
        unit in UNITS_OF_YUAN or find_unit_in_caption(caption) or MONEY_CAPTION.search(caption)
    )
    if kind == "number" and is_money and not (meaning and meaning.kind == "count"):
        kind = "amount"
    name = name_column(text, place, meaning, taken, is_code=kind in ("code", "code_name"))
    column = InferredColumn(place, text, kind, name)
    if column.is_declared:
        column.meta["captions"] = [text]
        if not meaning and name.startswith("column_"):
            column.questions.append(
                "give it an English name, with its unit: class_count, paid_yuan"
            )
        _set_type(column, cells, unit)
        if not any(map(normalize_width, cells)):
            column.questions.append("it is empty in this sample: is it needed, and of which type?")
    return column


def infer_columns(
    inspected: InspectedFile,
    known: Mapping[str, Meaning],
    unit: str | None,
    left_out: Sequence[int] = (),
    names: Sequence[str] = (),
) -> list[InferredColumn]:
    """Infer each column of a file; a caption that stands twice is none of its own.

    `unit` is what the file says of its amounts, `left_out` the columns that become rows, `names`
    what is called so already.
    """
    first = inspected.sheets[0]
    columns: list[InferredColumn] = []
    for place, caption in enumerate(first.captions):
        cells = inspected.cells(place)
        is_twice = caption and first.captions.count(caption) > 1
        is_blank = not caption and not any(map(normalize_width, cells))
        if place in left_out or is_twice or is_blank or RENDERED.search(caption):
            continue
        taken = [*names, *(column.name for column in columns)]
        text = first.texts[place] or f"column {place + 1}"
        columns.append(infer_column(place, caption, text, cells, known, taken, unit))
    _set_roles(columns)
    _leave_row_totals(columns)
    return columns


def _leave_row_totals(columns: Sequence[InferredColumn]) -> None:
    """Leave out the amount that its caption calls the total of others: it would count twice."""
    amounts = [column for column in columns if column.kind == "amount"]
    wholes = [column for column in amounts if re.split(LEVEL, column.caption)[-1] in WHOLES]
    if sum("其中" not in column.caption for column in amounts) >= 2 + len(wholes):
        for column in wholes:
            column.kind = "row_total"


def _set_roles(columns: Sequence[InferredColumn]) -> None:
    """Say which column names the unit, and which the member, where the glossary knows it."""
    codes = [column for column in columns if column.name in ("school_code", "unit_code")]
    for column in codes[:1]:
        column.meta["role"] = "unit"
    stages = [column for column in columns if column.kind == "stage"]
    for column in stages[:1]:
        column.meta["role"] = "member"
