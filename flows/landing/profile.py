"""What a file looked like, and which units it holds: the next one is compared with it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flows.common.masking import without_ids
from flows.common.parquet import ask, quoted
from flows.contracts.model import Column, Contract
from flows.parsing.columns import is_code_name
from flows.parsing.headers import find_positions
from flows.parsing.result import ParseResult
from flows.parsing.unpivot import find_items

CONTENT = "_content"
MOST_UNITS = 5_000  # of more of them a file says nothing one by one
Units = dict[str, dict[str, dict[str, str]]]  # unit, member, measure
UnitRows = dict[str, list[int]]  # of each unit the rows landed and the rows quarantined


def captions_by_sheet(parsed: ParseResult, contract: Contract) -> dict[str, dict[str, str]]:
    """Say by sheet what the file calls the contract's columns."""
    return {
        sheet: {
            name: without_ids(captions[place])
            for name, place in find_positions(captions, contract.columns).items()
        }
        for sheet, captions in parsed.captions.items()
    }


def profile_questions(contract: Contract) -> dict[str, str]:
    """Name in SQL what a profile says of a file's rows: years of its days, and its content."""
    said_once = {
        column.name
        for column in contract.columns
        if column.preamble or column.sheet_name or column.file_name
    }
    names = [quoted(column.name) for column in contract.columns if column.name not in said_once]
    days = [column.name for column in contract.columns if column.data_type == "date"]
    questions = {name: f"histogram(year({quoted(name)}))" for name in days}
    questions |= {
        f"{word}:{name}": f"{word}({quoted(name)})::varchar"
        for name in days
        for word in ("min", "max")
    }
    return questions | {CONTENT: f"concat(count(*), ':', sum(hash({', '.join(names)})::hugeint))"}


def _items(contract: Contract, captions: Sequence[str]) -> dict[int, str]:
    """Name the items of captions that become rows, each measure of several by itself."""
    is_of_several = bool(contract.read.long and contract.read.long.values)
    return {
        place: f"{item} {value}" if is_of_several else item
        for place, item, value in find_items(contract, captions)
    }


def describe_profile(
    parsed: ParseResult, answers: Mapping[str, Any], contract: Contract
) -> dict[str, Any]:
    """Describe a file: captions in their order, those that no column takes, units, years, content.

    `items` gives what captions become rows, by what these rows are called; `years` of each column
    of days the year of most of them and their share of all rows in percent, `days` the first and
    the last of them; `content` names the rows without what the file says once for all of them.
    """
    items = {sheet: _items(contract, captions) for sheet, captions in parsed.captions.items()}
    taken = {
        sheet: {*find_positions(captions, contract.columns).values(), *items[sheet]}
        for sheet, captions in parsed.captions.items()
    }
    others = {
        without_ids(caption)
        for sheet, captions in parsed.captions.items()
        for place, caption in enumerate(captions)
        if caption and place not in taken[sheet]
    }
    unreadable = Counter(row.column for row in parsed.quarantined if row.rule == "unreadable_cell")
    return {
        "layout": [without_ids(caption) for caption in next(iter(parsed.captions.values()), ())],
        "other_captions": sorted(others),
        "items": {
            without_ids(item): without_ids(parsed.captions[sheet][place])
            for sheet, found in items.items()
            for place, item in found.items()
        },
        "stated_units": sorted(set(parsed.units.values())),
        "unreadable": dict(sorted(unreadable.items())),
        "years": {
            name: _most(years, int(answers[CONTENT].partition(":")[0]))
            for name, years in answers.items()
            if isinstance(years, Mapping) and years
        },
        "days": {
            name: [answers[f"min:{name}"], answers[f"max:{name}"]]
            for name, years in answers.items()
            if isinstance(years, Mapping) and years
        },
        "content": answers[CONTENT],
    }


def _most(years: Mapping[int, int], rows: int) -> list[int]:
    year, count = max(years.items(), key=lambda entry: entry[1])
    return [int(year), 100 * count // rows]


def is_counted(column: Column, contract: Contract) -> bool:
    """Whether a column holds whole numbers that are added up: persons, classes, but no years."""
    return (
        column.data_type in ("int", "bigint")
        and column.role is None
        and column.name not in contract.key
        and column.from_long != "name"
        and not is_code_name(column.name)
        and column.name.split("_")[-1] not in ("year", "month", "day", "row", "number")
    )


def sum_by_unit(rows: Path, contract: Contract) -> Units:
    """Say of each unit and member how many rows it has, what its amounts and counts add up to."""
    unit, member = (contract.column_of_role(role) for role in ("unit", "member"))
    if unit is None:
        return {}
    measures = [
        column.name
        for column in contract.columns
        if column.role == "amount" or is_counted(column, contract)
    ]
    sums = "".join(f", sum({quoted(name)})::varchar as {quoted(name)}" for name in measures)
    found: Units = {}
    table = ask(
        rows,
        f"""
        select {quoted(unit.name)} as _unit, {quoted(member.name) if member else "''"} as _member,
            count(*)::varchar as _rows{sums}
        from landed where {quoted(unit.name)} is not null group by all order by all
        """,
    )
    if table.num_rows > MOST_UNITS:
        return {}
    for row in table.to_pylist():
        name, of = row.pop("_unit"), row.pop("_member")
        kept = {measure: text for measure, text in row.items() if text is not None}
        found.setdefault(str(name), {})[str(of or "")] = kept
    return found


def held_by_part(column: Column) -> str:
    """Say in SQL of which part a row is: of a column's value, or of the month of a day."""
    text = f"cast({quoted(column.name)} as varchar)"
    return f"substr({text}, 1, 7)" if column.data_type == "date" else text


def units_held(contract: Contract, rows: Path, quarantine: Path) -> UnitRows:
    """Count the rows of each unit in a part as it was read; empty for a table not in parts.

    Of rows in quarantine the unit alone is known: where parts are told by another column, they
    stay with their file.
    """
    import pyarrow.parquet as pq

    column = contract.part_column
    if not contract.in_parts or column is None or not rows.exists():
        return {}
    landed = ask(
        rows, f"select {held_by_part(column)} as unit, count(*) as n from landed group by 1"
    )
    counts: UnitRows = {
        unit: [n, 0]
        for unit, n in zip(*landed.to_pydict().values(), strict=True)
        if unit is not None
    }
    if column == contract.column_of_role("unit"):
        # A row counts once, however many rules it breaks.
        quarantined = pq.read_table(quarantine, columns=["unit", "sheet", "row_number"])
        for row in quarantined.group_by(["unit", "sheet", "row_number"]).aggregate([]).to_pylist():
            if row["unit"] is not None:
                counts.setdefault(row["unit"], [0, 0])[1] += 1
    return dict(sorted(counts.items()))
