"""Guessing of each column what it is called, of which type it is, and what a person must decide."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flows.common.text import half_width, squeezed
from flows.onboarding.inference.glossary import Meaning, meaning_of, name_for, unit_in
from flows.onboarding.inference.inspect import Observed, ObservedSheet
from flows.onboarding.inference.patterns import (
    CODE_NAME,
    NO_VALUES,
    PERCENT,
    decimals_of,
    is_day,
    is_number,
    is_year,
    number_of,
    signs_among,
)
from flows.onboarding.inference.times import follows
from flows.parsing.codes import LISTS, code_list, is_credit_code, is_identity
from flows.parsing.values import BOOLEANS, UNITS_OF_YUAN, person_id

MOST = 0.9  # so many cells of a column must be of a kind for it to be that kind
MOST_MEMBERS = 16  # different texts of a column that is a list of kinds
CODE_CAPTION = re.compile(
    r"(码|编号|邮编|代号|文号|号|标识)$|(^|[_ ])(id|code|no)$|^(zip|post(al)?)[_ ]?(code)?$",
    re.IGNORECASE,
)
MONEY_CAPTION = re.compile(r"(金额|经费|费用?|款|支出|收入|资金|工资|津贴|补助|单价|总价)$")
PERSON_CAPTION = re.compile(r"姓名|联系人|联系方式|电话|手机|住址|家长|监护人")
SHORTEST_CODE = 5  # of digits alone: a shorter one may have lost its zeros
DATE_CAPTION = re.compile(r"(日期|时间|年月|date)$", re.IGNORECASE)
SCHOOL_YEAR = "20[0-9]{2}[-–/](?:20)?[0-9]{2}"  # 2011-12 is no month
NEVER_LANDED = ("serial", "person_name", "row_total", "beside_long")


@dataclass
class ColumnGuess:
    """One column of a sample: what would be declared of it, and what is asked of a person."""

    place: int
    caption: str
    kind: str
    name: str
    data_type: str = "string"
    meta: dict[str, Any] = field(default_factory=dict)
    asks: list[str] = field(default_factory=list)
    members: tuple[str, ...] = ()  # the few different texts, where it has few
    length: int | None = None  # of its codes, where all are equally long

    @property
    def is_landed(self) -> bool:
        """Whether it is declared; serial numbers and names of persons are not."""
        return self.kind not in NEVER_LANDED


def _share(texts: Sequence[Any], holds: Any) -> float:
    return sum(map(bool, map(holds, texts))) / len(texts) if texts else 0.0


def _is_person(text: str) -> bool:
    plain = text.upper().removeprefix("G")
    return is_identity(plain) or (len(plain) == 15 and len(person_id(plain) or "") == 18)


def _is_serial(cells: Sequence[Any]) -> bool:
    texts = [text for cell in cells if (text := half_width(cell))]
    return len(texts) > 2 and texts == [str(number) for number in range(1, len(texts) + 1)]


def _kind_of_cells(cells: Sequence[Any], caption: str, meaning: Meaning | None) -> str:
    """Tell the kind of a column by its cells, and by its caption where they leave it open."""
    said = meaning.kind if meaning else ""
    signs = NO_VALUES.keys() | signs_among(cells)
    whole = [cell for cell in cells if (text := squeezed(cell)) and text not in signs]
    texts = [squeezed(cell) or "" for cell in whole]
    if said in ("person", *NEVER_LANDED) or _share(texts, _is_person) > 0.5:
        return said if said in ("person", *NEVER_LANDED) else "person"
    if PERSON_CAPTION.search(caption):
        return "person_name"
    if _is_serial(cells) and not meaning:
        return "serial"
    if not texts:
        return said or "text"
    if set(texts) <= UNITS_OF_YUAN.keys():
        return "unit_of_row"
    if {text.upper() for text in texts} <= BOOLEANS.keys() - {"0", "1"} and said != "code":
        return "boolean"
    if _share(texts, PERCENT.fullmatch) >= MOST:
        return "percent"
    is_dated = said == "date" or bool(DATE_CAPTION.search(caption))
    is_plain_number = _share(whole, is_number) >= MOST
    if all(re.fullmatch(SCHOOL_YEAR, text) and follows(text) for text in texts):
        return "text"
    if _share(whole, is_day) >= MOST and (is_dated or not is_plain_number):
        return "date"
    if is_plain_number:
        return _kind_of_numbers(texts, caption, said)
    if _share(texts, CODE_NAME.fullmatch) >= MOST:
        return "code_name"
    return said if said in ("code", "stage") else "text"


def _kind_of_numbers(texts: Sequence[str], caption: str, said: str) -> str:
    """Tell codes from numbers: a zero in front, a caption says so, or one length of many digits.

    What a caption means elsewhere is no more than a hint: the file's own cells decide.
    """
    digits = [text for text in texts if text.isdigit()]
    has_zeros = any(len(text) > 1 and text.startswith("0") for text in digits)
    if has_zeros or (said == "code" and len(digits) == len(texts)):
        return "code"
    if said in ("amount", "number") or (said == "count" and len(digits) == len(texts)):
        return said
    is_long = len(digits) == len(texts) and min(map(len, digits)) >= 6
    if CODE_CAPTION.search(caption) or (
        is_long and len(set(map(len, digits))) == 1 and len(set(digits)) == len(digits) > 3
    ):  # fmt: skip
        return "code"
    if all(is_year(text) for text in texts):
        return "year"
    return "number"


def _typed(guess: ColumnGuess, cells: Sequence[Any], unit: str | None) -> None:
    """Set the type, and what must be declared for the cells to be read as it."""
    texts = [text for cell in cells if (text := squeezed(cell)) and text not in NO_VALUES]
    match guess.kind:
        case "person":
            guess.meta["person"] = True
            guess.asks.append("person: true makes a pseudonym of each id; is it an id of persons?")
        case "boolean" | "date":
            guess.data_type = guess.kind
            if guess.kind == "date" and any(re.fullmatch(r"[12][0-9]{3}[-/.年][0-9]{1,2}月?", text)
                                            for text in texts):  # fmt: skip
                guess.meta["precision"] = "month"
        case "percent":
            guess.data_type, guess.meta["percent"] = "decimal(9,4)", "written"
        case "code_name":
            guess.meta["take"] = "code"
        case "amount":
            _amount(guess, unit)
        case "count" | "number" | "year":
            _number(guess, cells)
        case "code":
            _code(guess, texts)
    if guess.kind in ("text", "stage") and not guess.name.endswith("_name"):
        _members(guess, [text for cell in cells if (text := half_width(cell))])


def _amount(guess: ColumnGuess, unit: str | None) -> None:
    guess.data_type, guess.meta["role"] = "decimal(18,2)", "amount"
    own = unit_in(guess.caption)
    if own:
        guess.meta["unit"] = own
    elif unit not in UNITS_OF_YUAN:
        guess.meta["unit"] = "元"
        guess.asks.append("nothing says the unit of the amounts: 元, 千元, 万元 or 亿元?")


def _number(guess: ColumnGuess, cells: Sequence[Any]) -> None:
    decimals = max(decimals_of(cells), *map(_decimals_written, cells), 0)
    numbers = [abs(number) for cell in cells if (number := number_of(cell)) is not None]
    if decimals:
        guess.data_type = f"decimal(18,{min(max(decimals, 2), 8)})"
    else:
        guess.data_type = "int" if max(numbers, default=0) < 2**31 else "bigint"
    signs = NO_VALUES.keys() | signs_among(cells)
    filled = [cell for cell in cells if (squeezed(cell) or "-") not in signs]
    odd = sum(not is_number(cell) for cell in filled)
    if odd:
        guess.asks.append(f"{odd} cells hold no number: their rows would be set aside")


def _decimals_written(cell: Any) -> int:
    """Count the decimals of a number as it is written: 4500.00 has two, which the next may need."""
    found = re.fullmatch(r"[^.]*[0-9]\.([0-9]+)", squeezed(cell) or "")
    return len(found[1]) if found and isinstance(cell, str) else 0


def _code(guess: ColumnGuess, texts: Sequence[str]) -> None:
    lengths = [len(text) for text in texts]
    if not lengths:
        return
    usual = max(set(lengths), key=lengths.count)
    if _share(texts, is_credit_code) >= MOST:
        guess.meta |= {"length": 18, "check": "credit_code"}
    shorter = [text for text in texts if len(text) < usual and text.isdigit()]
    if not shorter and lengths.count(usual) == len(lengths) and all(map(str.isdigit, texts)):
        guess.length = usual
    if shorter and lengths.count(usual) > len(lengths) / 2 and usual > 3:
        guess.asks.append(
            f"{len(shorter)} codes are shorter than {usual} signs: zeros that a spreadsheet took? "
            "They come back only by `length` with `check` or `code_list`; else ask for text cells"
        )
    elif all(map(str.isdigit, texts)) and not any(text.startswith("0") for text in texts) and (
        usual < SHORTEST_CODE or len(set(lengths)) > 1
    ):  # fmt: skip
        guess.asks.append(
            f"its codes have {min(lengths)} to {max(lengths)} digits and none begins with 0: did a "
            "spreadsheet take zeros away? Compare with another export, or ask for text cells"
        )
    for name in LISTS:
        if set(texts) <= code_list(name):
            guess.meta["code_list"] = name


def _members(guess: ColumnGuess, texts: Sequence[str]) -> None:
    """Keep the few texts of a column that repeats them; a text that stands rarely may be a name."""
    different = sorted(set(texts))
    if 1 < len(different) <= MOST_MEMBERS and len(texts) >= 4 * len(different):
        guess.members = tuple(different)


def guess_column(
    place: int, caption: str, text: str, cells: Sequence[Any], known: Mapping[str, Meaning],
    taken: Sequence[str], unit: str | None,
) -> ColumnGuess:  # fmt: skip
    """Guess a column from its caption, as it is compared and as it is written, and its cells."""
    meaning = meaning_of(caption, known)
    kind = _kind_of_cells(cells, caption, meaning)
    is_money = unit in UNITS_OF_YUAN or unit_in(caption) or MONEY_CAPTION.search(caption)
    if kind == "number" and is_money and not (meaning and meaning.kind == "count"):
        kind = "amount"
    name = name_for(text, place, meaning, taken, is_code=kind in ("code", "code_name"))
    guess = ColumnGuess(place, text, kind, name)
    if guess.is_landed:
        guess.meta["captions"] = [text]
        if not meaning and name.startswith("column_"):
            guess.asks.append("give it an English name, with its unit: class_count, paid_yuan")
        _typed(guess, cells, unit)
        if not any(half_width(cell) for cell in cells):
            guess.asks.append("it is empty in this sample: is it needed, and of which type?")
    return guess


def guess_columns(
    observed: Observed, known: Mapping[str, Meaning], unit: str | None,
    left_out: Sequence[int] = (), names: Sequence[str] = (),
) -> list[ColumnGuess]:  # fmt: skip
    """Guess each column of a file; a caption that stands twice is none of its own.

    `unit` is what the file says of its amounts, `left_out` the columns that become rows, `names`
    what is called so already.
    """
    first = observed.sheets[0]
    sheets = [sheet for sheet in observed.sheets if sheet.captions == first.captions]
    guesses: list[ColumnGuess] = []
    for place, caption in enumerate(first.captions):
        cells = [cell for sheet in sheets for cell in sheet.cells(place)]
        if place in left_out or (caption and first.captions.count(caption) > 1):
            continue
        if not caption and not any(map(half_width, cells)):
            continue
        if re.search(r"\{[{%#]", caption):
            continue  # dbt would render it
        taken = [*names, *(guess.name for guess in guesses)]
        text = first.texts[place] or f"column {place + 1}"
        guesses.append(guess_column(place, caption, text, cells, known, taken, unit))
    _roles(guesses)
    if unit in UNITS_OF_YUAN:
        _leave_row_totals(guesses, sheets)
    return guesses


def _leave_row_totals(guesses: Sequence[ColumnGuess], sheets: Sequence[ObservedSheet]) -> None:
    """Leave out a column that is the sum of a row's amounts: it would be counted twice."""
    amounts = [one.place for one in guesses if one.kind == "amount"]
    rows = [row for sheet in sheets for _, row in sheet.data]
    for guess in guesses:
        others = [place for place in amounts if place != guess.place]
        if guess.kind not in ("amount", "number") or len(others) < 2:
            continue
        sums = [(_cell(row, guess.place), [_cell(row, place) for place in others]) for row in rows]
        whole = [(own, sum(filter(None, parts))) for own, parts in sums if own is not None]
        if whole and all(abs(own - parts) <= Decimal("0.01") for own, parts in whole):
            guess.kind = "row_total"
            return


def _cell(row: Sequence[Any], place: int) -> Decimal | None:
    return number_of(row[place]) if place < len(row) else None


def _roles(guesses: Sequence[ColumnGuess]) -> None:
    """Say which column names the unit, and which the member, where the glossary knows it."""
    codes = [one for one in guesses if one.name in ("school_code", "unit_code")]
    for guess in codes[:1]:
        guess.meta["role"] = "unit"
    stages = [one for one in guesses if one.kind == "stage"]
    for guess in stages[:1]:
        guess.meta["role"] = "member"
