"""Numbers of persons and institutions with their check digits; the area 519900 is unassigned."""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import date

AREA = "519900"
PERSON_WEIGHTS = tuple(2 ** (17 - place) % 11 for place in range(17))
PERSON_CHECKS = "10X98765432"
CREDIT_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def person_check(digits: str) -> str:
    """Give the check digit of the first 17 digits of a person's number (ISO 7064 MOD 11-2)."""
    weighed = sum(int(digit) * weight for digit, weight in zip(digits, PERSON_WEIGHTS, strict=True))
    return PERSON_CHECKS[weighed % 11]


def person_number(taken: MutableMapping[date, int], born: date) -> str:
    """Issue the next number of a birthday."""
    taken[born] += 1
    digits = f"{AREA}{born:%Y%m%d}{taken[born]:03d}"
    return digits + person_check(digits)


def _organisation_check(digits: str) -> str:
    """Give the check sign of an organisation's eight digits (GB 11714)."""
    pairs = zip(digits, ORGANISATION_WEIGHTS, strict=True)
    rest = -sum(int(digit) * weight for digit, weight in pairs) % 11
    return "X" if rest == 10 else str(rest)


def credit_check(signs: str) -> str:
    """Give the check sign of the first 17 signs of a social credit code (GB 32100-2015)."""
    weighed = sum(CREDIT_SIGNS.index(sign) * 3**place for place, sign in enumerate(signs))
    return CREDIT_SIGNS[-weighed % 31]


def credit_code(is_public: bool, running_number: int) -> str:
    """Make the social credit code of a public or private institution."""
    organisation = f"{running_number:08d}"
    signs = f"{'12' if is_public else '52'}{AREA}{organisation}{_organisation_check(organisation)}"
    return signs + credit_check(signs)
