"""Codes that can be proved: check digits, and lists of codes with their source."""

import csv
from collections.abc import Callable
from functools import lru_cache

from flows.common.settings import CHECKOUT

SEEDS = CHECKOUT / "dbt_project" / "seeds"
LISTS = ("school_types", "urban_rural", "function_205", "project_purposes")  # each a seed
CREDIT_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, S, V, Z


def is_credit_code(text: str) -> bool:
    """Prove a 统一社会信用代码 of 18 signs (GB 32100-2015, mod 31)."""
    if len(text) != 18 or not set(text) <= set(CREDIT_SIGNS):
        return False
    total = sum(CREDIT_SIGNS.index(sign) * 3**place for place, sign in enumerate(text[:17]))
    return CREDIT_SIGNS[(31 - total % 31) % 31] == text[17]


@lru_cache
def titled_codes(name: str) -> tuple[tuple[str, str], ...]:
    """Read a list of codes that the product knows, with titles; its source stands with the seed."""
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return tuple((row[0], row[1]) for row in rows)


@lru_cache
def code_list(name: str) -> frozenset[str]:
    """Read the codes of a list alone."""
    return frozenset(code for code, _ in titled_codes(name))


def find_proof(check: str | None, listed: str | None) -> Callable[[str], bool] | None:
    """Give what proves a code: its check digit or its list; None where nothing does."""
    if check == "identity":
        return is_identity
    if check == "credit_code":
        return is_credit_code
    return code_list(listed).__contains__ if listed else None


def with_zeros(text: str, length: int, proves: Callable[[str], bool]) -> str | None:
    """Put back the zeros that a spreadsheet took from a code's front; None where none is proved."""
    if len(text) >= length or not text.isalnum():
        return None
    repaired = text.zfill(length)
    return repaired if proves(repaired) else None


def check_digit(digits: str) -> str:
    """Compute the last sign of a citizen's number from its 17 digits (GB 11643, MOD 11-2)."""
    return "10X98765432"[sum(int(d) * 2 ** (17 - n) for n, d in enumerate(digits)) % 11]


def is_identity(text: str) -> bool:
    """Prove a citizen's number of 18 signs (GB 11643, ISO 7064 MOD 11-2)."""
    digits = text[:17]
    is_whole = len(text) == 18 and digits.isascii() and digits.isdigit()
    return is_whole and check_digit(digits) == text[17]
