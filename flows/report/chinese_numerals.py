"""Numbers written in Chinese characters."""

from decimal import Decimal

DIGITS = {character: number for number, character in enumerate("零一二三四五六七八九")}
DIGITS |= {"〇": 0, "两": 2, "俩": 2}
TENS = {"十": 10, "百": 100, "千": 1000}
SCALES = {"万": 10**4, "亿": 10**8}
NUMERALS = "".join([*DIGITS, *TENS])


def read_chinese(text: str) -> Decimal | None:
    """Read 三, 十二, 一百零五, 两万三千, 二〇二三; None where it is no number."""
    if not text or any(character not in {*DIGITS, *TENS, *SCALES} for character in text):
        return None
    if all(character in DIGITS for character in text):
        return Decimal("".join(str(DIGITS[character]) for character in text))
    total = section = 0
    digit: int | None = None
    for character in text:
        if character in DIGITS:
            digit = DIGITS[character]
        elif character in TENS:
            section += (1 if digit is None else digit) * TENS[character]
            digit = None
        else:
            total = (total + section + (digit or 0) or 1) * SCALES[character]
            section, digit = 0, None
    return Decimal(total + section + (digit or 0))


def write_chinese(number: int) -> str:
    """Write a number from 1 to 99: 十, 二十一."""
    tens, ones = divmod(number, 10)
    head = "十" if tens == 1 else f"{NUMERALS[tens]}十" if tens else ""
    return head + (NUMERALS[ones] if ones else "")
