"""Text as people write it: half width, blanks, captions; how many there are, and in which rows."""

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

MOST_SPANS = 40
FULL_WIDTH: dict[int, int | None] = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
FULL_WIDTH |= dict.fromkeys((0x3000, 0xA0, 0x2007, 0x2009, 0x202F), 0x20)
# What nobody sees: control signs, and marks of direction and width that come with copied texts.
FULL_WIDTH |= dict.fromkeys({*range(0x20), *range(0x7F, 0xA0)} - {*b"\t\n\r"})
FULL_WIDTH |= dict.fromkeys(
    (0xAD, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065))
)
# Radicals, which look like the characters that they are part of: texts copied out of a PDF have
# them. Unicode knows what most are; those of its supplement stand here.
FULL_WIDTH |= {
    code: ord(usual)
    for code in (*range(0x2E80, 0x2FD6), *range(0xF900, 0xFAFF))
    if len(usual := unicodedata.normalize("NFKC", chr(code))) == 1 and usual != chr(code)
}
FULL_WIDTH |= str.maketrans(
    "\u2e81\u2e85\u2e86\u2e88\u2e89\u2e8a\u2e8b\u2e8c\u2e8d\u2e8e\u2e8f\u2e90\u2e92\u2e93\u2e94\u2e96"
    "\u2e98\u2e99\u2e9b\u2e9c\u2e9d\u2e9e\u2ea0\u2ea1\u2ea2\u2ea3\u2ea4\u2ea6\u2ea7\u2ea8\u2ea9\u2eaa"
    "\u2eab\u2eac\u2ead\u2eae\u2eaf\u2eb0\u2eb6\u2eb9\u2eba\u2ebb\u2ebc\u2ebd\u2ebe\u2ebf\u2ec0\u2ec1"
    "\u2ec2\u2ec3\u2ec4\u2ec5\u2ec6\u2ec7\u2ec8\u2ec9\u2eca\u2ecb\u2ecc\u2ecf\u2ed0\u2ed1\u2ed2\u2ed3"
    "\u2ed4\u2ed6\u2ed7\u2ed8\u2ed9\u2eda\u2edb\u2edc\u2edd\u2ede\u2edf\u2ee0\u2ee1\u2ee2\u2ee3\u2ee4"
    "\u2ee5\u2ee6\u2ee7\u2ee8\u2ee9\u2eea\u2eeb\u2eec\u2eed\u2eee\u2eef\u2ef0\u2ef1\u2ef2",
    "厂亻冂刀刂卜㔾小小兀尣尢巳幺彑忄"
    "扌攵旡日月歺民氵氺灬爫丬牛犭王疋"
    "目示礻竹糹纟羊耂肀聿月臼艹艹艹虎"
    "衤覀西见角角讠贝足车辶阝钅長镸长"
    "门阝雨青韦页风飞食食飠饣首马骨鬼"
    "鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀",
)
# Half a sign, as a system leaves it that cuts texts at a length: no encoding can write it.
FULL_WIDTH |= dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)
AS_TEXT = re.compile(r'="([^"]*)"')  # a formula that keeps zeros: ="001"
HAN = re.compile("[\u3400-\u9fff]")
FILE_NAME = re.compile(r"([^\s，。；：（）“”《》]+\.[A-Za-z][A-Za-z0-9]{1,4}(?![A-Za-z0-9]))")
NARROW_BRACKETS = re.compile(r" ?\(([^()]*)\) ?")
NARROW_SIGN = re.compile(r"(?<=[^\x00-\xff]) ?([,;:!?]) ?|([,;:!?]) ?(?=[^\x00-\xff])")
WIDE_SIGNS = str.maketrans(",;:!?", "，；：！？")


def many(count: int, noun: str) -> str:
    """Write a number of things."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def widen_punctuation(text: str) -> str:
    """Give a Chinese sentence the punctuation of Chinese; the names of files in it stay."""
    if not HAN.search(text):
        return text
    parts = FILE_NAME.split(text)
    for place in range(0, len(parts), 2):  # between the names
        wide = NARROW_BRACKETS.sub(r"（\1）", parts[place])
        parts[place] = NARROW_SIGN.sub(lambda found: found[0].strip().translate(WIDE_SIGNS), wide)
    return "".join(parts)


def place_of_rows(sheet: str, rows: Iterable[int]) -> str:
    """Name a sheet and rows of it: sheet 台账 rows 3, 8-11; empty for neither."""
    where = f"sheet {sheet}" if sheet else ""
    spans: list[list[int]] = []
    for row in sorted(set(rows)):
        if spans and row == spans[-1][1] + 1:
            spans[-1][1] = row
        else:
            spans.append([row, row])
    if not spans:
        return where
    shown = ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in spans[:MOST_SPANS])
    more = sum(b - a + 1 for a, b in spans[MOST_SPANS:])
    word = "rows" if spans[0][0] != spans[-1][1] else "row"
    return f"{where} {word} {shown}".strip() + (f" and {more:,} more" if more else "")


def normalize_width(cell: Any) -> str | None:
    """Give a cell's text in half width without outer blanks and unseen signs; empty is None."""
    if cell is None:
        return None
    if isinstance(cell, str):
        is_plain = cell.isascii() and cell.isprintable()
        text = (cell if is_plain else cell.translate(FULL_WIDTH)).strip()
        if text.startswith("=") and (formula := AS_TEXT.fullmatch(text)):
            text = formula[1].strip()
    elif isinstance(cell, float):
        text = str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else f"{cell:.15g}"
    else:
        text = str(cell)
    return text or None


def normalize_width_pattern(pattern: str) -> str:
    """Write a pattern as the texts are that it is compared with: as a file shows it, in half width.

    A sign that would then mean something in a pattern, such as a bracket, stays a sign.
    """
    written = ((sign, sign.translate(FULL_WIDTH)) for sign in pattern)
    return "".join(plain if plain == sign else re.escape(plain) for sign, plain in written)


def strip_whitespace(cell: Any) -> str | None:
    """Give a code's text: half width, no blanks at all."""
    if isinstance(cell, str) and cell.isascii() and cell.isalnum():
        return cell  # as most are: nothing to look for
    text = normalize_width(cell)
    return "".join(text.split()) or None if text else None


def plain(number: Any) -> str:
    """Write a number without an exponent and without trailing zeros."""
    if not isinstance(number, Decimal):
        return "—" if number is None else str(number)
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain_caption(cell: Any) -> str:
    """Normalise a caption: half width, no blanks, no quotes around it, é as one sign."""
    return unicodedata.normalize("NFC", (strip_whitespace(cell) or "").strip("\"'"))
