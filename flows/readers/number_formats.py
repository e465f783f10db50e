"""What the format of a cell says of its number: percent, zeros in front, another unit, nothing."""

import re
from decimal import Decimal, InvalidOperation
from operator import eq, ge, gt, le, lt, ne
from typing import Any, NamedTuple

# What stands in a format and is no digit: "万元", \\., !., _), * , [Red].
LITERAL = re.compile(r'"([^"]*)"?|[\\!](.)')
FILLER = re.compile(r"[_*].")
CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)(-?[0-9.]+)\]")
COMPARES = dict(zip(("<", "<=", ">", ">=", "=", "<>"), (lt, le, gt, ge, eq, ne), strict=True))
BRACKETS = re.compile(r"\[[^\]]*\]")
SECTION = re.compile(r'(?:"[^"]*"?|[\\!_*].|[^;])*')
ZEROS = re.compile("0{2,}")
UNIT = re.compile("(人民币)?([十百千]?[万亿]|[百千]|[KkMm])?(元|圆)?")
TIMES = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 10**8, "k": 1_000, "m": 10**6}
DIGITS = "0#?"
# What our readers say of text that is struck out, of a number that is shown to nobody.
STRUCK, HIDDEN = "#STRUCK!", "#HIDDEN!"


class Section(NamedTuple):
    """What one section of a format does to a number."""

    is_percent: bool
    zeros: int  # as many digits are written at least, where nothing else is
    scale: Decimal  # by which the number is divided before it is shown
    unit: Decimal | None  # how many units the word behind it is
    is_empty: bool


def _read_unit(text: str) -> Decimal | None:
    """Say how much a word behind a number is: 万元 is 10000; None where it is no unit of money."""
    word = "".join(text.split())
    found = UNIT.fullmatch(word)
    if not word or not found:
        return None
    unit = Decimal(1)
    for sign in (found[2] or "").lower():
        unit *= TIMES[sign]
    return unit


def _section(text: str) -> Section:
    plain, literals = "", []
    text = FILLER.sub("", BRACKETS.sub("", text))
    place, point = 0, None
    for literal in LITERAL.finditer(text):
        plain += text[place : literal.start()]
        place = literal.end()
        written = literal[1] if literal[1] is not None else literal[2]
        if written == "." and any(sign in DIGITS for sign in plain):
            point = len(plain)  # 0!.0, shows 123456 as 12.3: no point of decimals
        else:
            literals.append(written)
    plain += text[place:]
    signs = plain.strip()
    last = max((signs.rfind(sign) for sign in DIGITS), default=-1)
    behind = signs[last + 1 :] if last >= 0 else ""
    words = "".join(literals) + "".join(re.findall("[\u3400-\u9fff]", plain))
    scale = Decimal(1000) ** (len(behind) - len(behind.lstrip(",")))
    whole = signs.partition(".")[0].rstrip("%")
    if "." in signs and last > signs.index("."):
        scale *= Decimal(1000) ** (len(whole) - len(whole.rstrip(",")))
    if point is not None:
        scale *= Decimal(10) ** sum(sign in DIGITS for sign in plain[point:])
    zeros = len(signs) if ZEROS.fullmatch(signs) and not words else 0
    return Section("%" in plain, zeros, scale, _read_unit(words), not text.strip())


def _sections(form: str) -> list[str]:
    parts, place = [], 0
    while place <= len(form):
        found = SECTION.match(form, place)
        parts.append(found[0] if found else "")
        place += len(parts[-1]) + 1
    return parts


def _section_for(form: str, number: Decimal) -> str:
    """Choose the section by which a number is shown: by its conditions, or by its sign."""
    parts = _sections(form)
    conditions = [CONDITION.search(part) for part in parts]
    if any(conditions):
        for part, condition in zip(parts, conditions, strict=True):
            if condition is None or COMPARES[condition[1]](number, Decimal(condition[2])):
                return part
        return ""
    if len(parts) == 1:
        return parts[0]
    if number < 0:
        return parts[1]
    return parts[2] if number == 0 and len(parts) > 2 else parts[0]


def is_telling(form: str) -> bool:
    """Say whether a format says more of a number than how many digits of it are shown."""
    if form in ("", "General", "@"):
        return False
    try:
        sections = [_section(part) for part in _sections(form)]
    except InvalidOperation:
        return False
    empty = len(sections) > 1 and any(section.is_empty for section in sections[:2])
    return empty or any(
        section.is_percent or section.zeros or section.scale != 1 or section.unit is not None
        for section in sections
    )


def percent_text(number: Any) -> str | None:
    """Write a number that is shown as percent as it is shown; None where it is none."""
    try:
        return f"{Decimal(str(number)) * 100:f}%"
    except InvalidOperation:
        return None


def as_shown(cell: Any, form: str) -> Any:
    """Give a number as its format tells it; any other cell stays.

    Percent becomes a text with its sign, a code its zeros in front. What is shown in another unit
    than it is kept in says so, and what is shown to nobody is no number.
    """
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return cell
    try:
        number = Decimal(f"{cell:.15g}")
        section = _section(_section_for(form, number))
    except (InvalidOperation, ValueError):
        return cell
    if section.is_percent:
        return percent_text(number)
    if section.zeros and number == int(number):
        return f"{int(number):0{section.zeros + (number < 0)}d}"
    if section.is_empty and number and ";" in form:
        return HIDDEN
    if section.unit is not None:
        return shown_in_unit(number, section.unit / section.scale)
    return shown_in_unit(number, None) if section.scale != 1 and number else cell


def shown_in_unit(number: Decimal, times: Decimal | None) -> str:
    """Write a number with the yuan of the unit in which a sheet shows it, if it says which."""
    return f"#{number:f}×{'?' if times is None else f'{times.normalize():f}'}"
