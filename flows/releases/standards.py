"""Finding the standard in force on a day, from the rows of the seed as a release keeps them."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flows.contracts.periods import year_of

# A year's money is owed by the standard of its term; other values are judged at the year's end.
DAYS = {"spring": (3, 1), "autumn": (9, 1), "year_end": (12, 31)}


def standard_in_force(
    rows: Iterable[Mapping[str, Any]], standard_id: str, stage: str, district: str, day: date
) -> Mapping[str, Any] | None:
    """Find the row of the nearest authority that is valid on a day, the latest of these."""
    found = [
        row
        for row in rows
        if row["standard_id"] == standard_id
        and row["stage"] == stage
        and row["valid_from"] <= day
        and (row["valid_to"] is None or day <= row["valid_to"])
        and (row["region_code"] == "CN" or district.startswith(row["region_code"]))
    ]

    def nearness(row: Mapping[str, Any]) -> tuple[int, date]:
        return (0 if row["region_code"] == "CN" else len(row["region_code"]), row["valid_from"])

    return max(found, key=nearness, default=None)


def standards_of(
    rows: Iterable[Mapping[str, Any]], value: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    """Find the rows of the standard that stood on the days by which a value is judged."""
    rows, found = list(rows), []
    term = {"-06": "spring", "-12": "autumn"}.get(value["period"][-3:])
    for stage in (value["member"], "total"):
        for kind, day in DAYS.items():
            row = standard_in_force(
                rows,
                str(value["standard_id"]),
                str(stage),
                str(value["district_code"]),
                date(year_of(value["period"]), *day),
            )
            if row is None or row in found:
                continue
            if kind == "year_end" if row["applies_by"] != "term" else term in (None, kind):
                found.append(row)
    return found
