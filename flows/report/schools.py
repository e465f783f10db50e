"""Which schools miss a standard, as far as a release knows it internally.

Only where rows of schools are counted, never where persons are.
"""

from collections.abc import Iterator

from flows.contracts.periods import year_of
from flows.releases.release import rows_of
from flows.releases.tables import ReleaseTables, Row

COUNTED_IN = ("所", "个", "班")  # a measure in another unit is of persons or of money


def schools_that_miss(tables: ReleaseTables, manifest: Row, value: Row) -> list[str]:
    """Name the schools because of which a value misses its standard; empty where none is known.

    They have a part that must not be there (large classes), or lack one that must (paid in full).
    """
    indicator = tables.indicators[value["indicator_id"]]
    part, whole = ((indicator[role] or "").split(".") for role in ("numerator", "denominator"))
    if len(part) != 2 or part[0] != whole[0]:
        return []
    measures = manifest["facts"].get(part[0], {}).get("measures", {})
    if not all(_is_counted(measures.get(name, {})) for name in (part[1], whole[1])):
        return []
    signs = {row["comparison"] for row in tables.standards_of(value)}
    sums: dict[str, list[int]] = {}
    for row in _rows_of_schools(tables, part[0], value):
        known = sums.setdefault(row["school_code"], [0, 0])
        for place, name in enumerate((part[1], whole[1])):
            known[place] += row[name] or 0
    missing = {
        school
        for school, (own, all_) in sums.items()
        if (own if signs == {"<="} else all_ - own) > 0
    }
    names = {row["school_code"]: row["school_name"] for row in _units(tables, value)}
    return [names.get(school) or school for school in sorted(missing)]


def _is_counted(measure: Row) -> bool:
    return measure.get("unit") in COUNTED_IN and not measure.get("is_of_persons")


def _rows_of_schools(tables: ReleaseTables, fact: str, value: Row) -> Iterator[Row]:
    path = tables.folder / "internal" / "facts" / f"{fact}.parquet"
    for row in rows_of(path) if path.is_file() else ():
        is_own = row["district_code"] == value["district_code"]
        is_of_stage = value["member"] in ("total", row.get("stage"))
        is_of_year = row["year"] == year_of(value["period"])
        if is_own and is_of_stage and is_of_year and row.get("school_code"):
            yield row


def _units(tables: ReleaseTables, value: Row) -> list[Row]:
    return [
        row
        for row in tables.internal_rows("int_units_expected")
        if row["district_code"] == value["district_code"] and row.get("school_code")
    ]
