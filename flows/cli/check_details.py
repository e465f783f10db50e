"""Saying of a file's own totals which were compared with the sums of its rows, and why not."""

from collections.abc import Iterator

from flows.common.text import many, place_of_rows
from flows.contracts.model import Contract
from flows.parsing.result import Reading

MOST_NAMED = 6


def totals_sentences(reading: Reading, contract: Contract) -> Iterator[str]:
    """Say how many totals agree, which differ, and why others were not compared."""
    rows = reading.skipped.get("total", 0)
    compared = {place: names for place, names in reading.compared.items() if names}
    differing: dict[tuple[str, int], list[str]] = {}
    for one in reading.findings:
        if one.rule == "own_total":
            differing.setdefault((one.sheet, one.row_number), []).append(one.column)
    agreeing = [place for place in compared if place not in differing]
    unlisted = {(row.sheet, row.row_number) for row in reading.set_aside
                if row.rule == "unlisted_total"}  # fmt: skip
    for sheet in dict.fromkeys(sheet for sheet, _ in sorted(unlisted)):
        where = place_of_rows(sheet, [number for own, number in unlisted if own == sheet])
        yield f"{where} may be totals, are none that the contract declares, and are set aside"
    if not (rows or compared or unlisted):
        if any(column.is_number for column in contract.columns):
            yield _nothing(contract)
        return
    if agreeing:
        names = dict.fromkeys(name for place in agreeing for name in compared[place])
        shown = ", ".join(list(names)[:MOST_NAMED]) + ", …" * (len(names) > MOST_NAMED)
        verb = "agrees" if len(agreeing) == 1 else "agree"
        yield (
            f"{many(len(agreeing), 'row')} {verb} with the sums of "
            f"{many(len(names), 'column')} ({shown})"
        )
    for (sheet, number), columns in differing.items():
        yield f"{place_of_rows(sheet, [number])} is not the sum of its rows in {', '.join(columns)}"
    if left := [place for place, names in reading.compared.items() if not names]:
        for sheet in dict.fromkeys(sheet for sheet, _ in left):
            where = place_of_rows(sheet, [number for own, number in left if own == sheet])
            yield f"{where} not compared, because {_why_not(reading, contract)}"


def _nothing(contract: Contract) -> str:
    if "totals" not in contract.meta["read"]:
        return (
            "nothing was compared: the contract declares none, so a totals row would land as data, "
            "or be set aside where it is the sum of the rows above it"
        )
    totals = contract.meta["read"]["totals"]
    labels = ", ".join(map(str, totals["labels"]))
    return f"nothing was compared: no cell in the column {totals['column']} says {labels}"


def _why_not(reading: Reading, contract: Contract) -> str:
    check = contract.meta["read"].get("totals", {}).get("check", "all_amounts")
    amounts = any(column.role == "amount" for column in contract.columns)
    if check == "all_amounts" and not amounts:
        return "no column has `role: amount`: name in `totals.check` the columns that add up"
    if any(row.rule == "unreadable_cell" for row in reading.set_aside):
        return "a cell of their rows, or of their own, cannot be read"
    return "they hold no number in the columns that are checked"
