"""Chance from the seed: a generator for each table, and shares that add up to the last unit."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import accumulate, pairwise
from random import Random


def generator(seed: int, purpose: str) -> Random:
    """Make the generator of one purpose, so that a change in one table leaves the others alone."""
    return Random(f"{seed} {purpose}")


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Split a whole number in proportion to weights, without losing a unit."""
    whole = sum(weights)
    marks = [total * reached // whole for reached in accumulate(weights, initial=0)]
    return [after - before for before, after in pairwise(marks)]


def uneven(rng: Random, total: int, parts: int) -> list[int]:
    """Split a whole number into parts of which none is three times another."""
    return apportion(total, [rng.randrange(52_000, 150_000) for _ in range(parts)])


def between(rng: Random, low: Decimal, high: Decimal, digits: int) -> Decimal:
    """Draw a number with so many decimals, well inside an interval."""
    margin = (high - low) / 10
    steps = [int((bound).scaleb(digits)) for bound in (low + margin, high - margin)]
    return Decimal(rng.randint(min(steps), max(steps))).scaleb(-digits)


def about(rng: Random, amount: int, percent: int) -> int:
    """Draw a whole number at most so many percent away from an amount."""
    reach = percent * 10_000
    return amount * rng.randint(1_000_000 - reach, 1_000_000 + reach) // 1_000_000
