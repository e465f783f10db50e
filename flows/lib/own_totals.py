"""A file's own totals against the sum of its detail."""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

OWN_TOTAL_TOLERANCE = Decimal(1)  # printed totals may be off by their last digit
GROUP_LABEL = "小计"


class OwnTotals:
    """Sums of the detail rows since the last group total, and of the whole sheet."""

    def __init__(self, rules: Mapping[str, Any], amounts: list[str]) -> None:
        """Take the contract's word on totals, and its columns of amounts."""
        check = rules.get("check")
        self.columns = amounts if check == "all_amounts" else [check] if check else []
        self.sums: dict[str, Counter[str]] = {"group": Counter(), "whole": Counter()}
        self.is_whole = True  # no amount so far was unreadable
        self.found_whole = False

    def add(self, sums: Mapping[str, Decimal], *, is_whole: bool) -> None:
        """Add the sums of some rows, and whether all their amounts could be read."""
        self.is_whole = self.is_whole and is_whole
        for name in self.columns:
            for scope in self.sums.values():
                scope[name] += sums.get(name, 0)  # type: ignore[assignment]

    def differing(self, label: str | None, stated: Mapping[str, Any]) -> list[str]:
        """Name the columns in which a totals row differs from its detail; begin a new group."""
        scope = "group" if label == GROUP_LABEL else "whole"
        self.found_whole = self.found_whole or scope == "whole"
        found = [
            name
            for name in self.columns
            if self.is_whole
            and stated.get(name) is not None
            and abs(stated[name] - self.sums[scope][name]) > OWN_TOTAL_TOLERANCE
        ]
        self.sums["group"].clear()
        return found
