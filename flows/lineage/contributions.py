"""What adds up to a numerator or denominator, as tables that may be printed and handed out.

No row tells of a person: where a source lists persons, its rows are counted by file and school,
schools of few persons together. Of a part of the pupils or staff (funded, boarders, trained) the
schools are not told at all: beside the number of everybody the rest could be solved.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from flows.common.masking import MASK
from flows.contracts.model import Column, Contract
from flows.lineage.disclosure import covered, measures_of_persons, schools_of_few
from flows.lineage.raw_cells import FactRow, RawRows
from flows.lineage.recompute import Recomputation

LIBRARY, SCHOOL = "schools.schools", "school_code"
TERMS = {"spring": "春季学期", "autumn": "秋季学期"}
TOGETHER = "其余单位（含人数过少的，合并列示）"
Counted = dict[str, tuple[int, Decimal]]  # by unit: rows, and what they add up to


class Listing(NamedTuple):
    """A table of what contributes; its total is that of all rows, listed or not."""

    title: str
    captions: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    total: Decimal
    note: str


def listings(
    recomputation: Recomputation, files: Mapping[str, int], most: int
) -> tuple[list[Listing], int]:
    """List what contributes, at most so many rows one by one; say how many these were."""
    found, used = _tables(recomputation, files, most)
    return [_without_empty_columns(one) for one in found], used


def _without_empty_columns(table: Listing) -> Listing:
    """Leave out what has nothing to say, for example the sheet of a CSV."""
    last = len(table.captions) - 1
    kept = [
        column
        for column in range(last + 1)
        if column == last or any(row[column] not in ("", None) for row in table.rows)
    ]
    return table._replace(
        captions=tuple(table.captions[column] for column in kept),
        rows=[tuple(row[column] for column in kept) for row in table.rows],
    )


def _tables(
    recomputation: Recomputation, files: Mapping[str, int], most: int
) -> tuple[list[Listing], int]:
    rows, raw = recomputation.own_rows, recomputation.raw
    contract = _contract(recomputation)
    if recomputation.described["trace"] == "school_entitlements":
        return [_entitlements(recomputation)], 0
    has_persons = recomputation.measure in measures_of_persons()
    if has_persons or any(column.person for column in contract.columns):
        return [_persons(recomputation, contract, files)], 0
    found = []
    if len(rows) > most:
        counted = _by_unit(raw, contract, rows)
        found.append(_units(recomputation, contract, files, counted, "按单位汇总"))
    if most:
        found.append(_row_by_row(recomputation, contract, files, most))
    return found, min(len(rows), most)


def _contract(recomputation: Recomputation) -> Contract:
    manifest = recomputation.raw.release.manifest
    return recomputation.raw.contracts[manifest["facts"][recomputation.fact]["source"]]


def _sum(rows: Iterable[FactRow]) -> Decimal:
    return sum((row.measure for row in rows), Decimal(0))


def _amount_caption(recomputation: Recomputation) -> str:
    unit = recomputation.described.get("unit")
    return f"计入\n（{unit}）" if unit else "计入"


def school_names(raw: RawRows) -> dict[str, str]:
    """Name the schools as the library of the release does, each by its last row."""
    names: dict[str, str] = {}
    for file_id, one in raw.sources.items():
        if one["source"] == LIBRARY:
            codes, titles = raw.columns(file_id, (SCHOOL, "school_name"))[1]
            names |= dict(zip(codes, titles, strict=True))
    return names


def _by_unit(
    raw: RawRows, contract: Contract, rows: Iterable[FactRow]
) -> dict[tuple[str, str], Counted]:
    """Count the rows of each unit, by file and sheet."""
    unit = contract.column_of_role("unit")
    counted: dict[tuple[str, str], Counted] = defaultdict(dict)
    for row in rows:
        name = str(row.keys.get(SCHOOL) or raw.cells(row, unit.name)[0]) if unit else ""
        units = counted[row.file_id, row.sheet]
        count, total = units.get(name, (0, Decimal(0)))
        units[name] = count + 1, total + row.measure
    return counted


def _units(
    recomputation: Recomputation,
    contract: Contract,
    files: Mapping[str, int],
    counted: Mapping[tuple[str, str], Counted],
    title: str,
) -> Listing:
    unit = contract.column_of_role("unit")
    own = recomputation.own_rows
    is_school = (own and own[0].keys.get(SCHOOL)) or (unit and unit.name == SCHOOL)
    names = school_names(recomputation.raw) if is_school else {}
    rows = [
        (files[file_id], sheet, code, names.get(code, ""), count, total)
        for (file_id, sheet), units in counted.items()
        for code, (count, total) in sorted(units.items())
    ]
    caption = "学校标识码" if names else _caption(unit) if unit else "单位"
    return Listing(
        title,
        ("文件\n序号", "工作表", caption, "名称", "行数", _amount_caption(recomputation)),
        rows,
        _sum(recomputation.own_rows),
        "",
    )


def _persons(recomputation: Recomputation, contract: Contract, files: Mapping[str, int]) -> Listing:
    """Count persons by file, and by school where it is everybody whom the school has."""
    rows, trace = recomputation.own_rows, recomputation.described["trace"]
    if trace is None:
        counted = _by_unit(recomputation.raw, contract, rows)
        for place, units in counted.items():
            counted[place] = few_together(units)
        note = "涉及个人的来源只列到文件和学校，不列个人所在的行；人数过少的学校合并列示。"
        return _units(recomputation, contract, files, counted, "按学校汇总")._replace(note=note)
    sums: dict[Hashable, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[files[row.file_id], TERMS.get(str(row.keys.get("term")), "")] += row.measure
    hidden = covered(sums)
    shown = [
        (*place, MASK if place in hidden else total)
        for place, total in sums.items() if isinstance(place, tuple)
    ]  # fmt: skip
    return Listing(
        "按文件汇总",
        ("文件\n序号", "学期", _amount_caption(recomputation)),
        shown,
        _sum(rows),
        "只列到文件：分学校列示，会与在校人数相减推算出个别人。",
    )


def few_together(units: Counted) -> Counted:
    """Take the units of few persons together with one that is larger."""
    hidden = covered({unit: Decimal(count) for unit, (count, _) in units.items()})
    shown = {unit: one for unit, one in units.items() if unit not in hidden}
    if hidden:
        ones = [units[str(unit)] for unit in hidden]
        shown[TOGETHER] = sum(one[0] for one in ones), sum((one[1] for one in ones), Decimal(0))
    return shown


def _entitlements(recomputation: Recomputation) -> Listing:
    """List each school with what it was owed and paid."""
    names, hidden = school_names(recomputation.raw), schools_of_few(recomputation)
    rows = []
    for row in recomputation.own_rows:
        code = row.keys["school_code"]
        amounts = (row.keys["entitled_yuan"], row.keys["allocated_yuan"])
        shown = (MASK, MASK) if code in hidden else amounts
        rows.append((code, names.get(code, ""), *shown, row.measure))
    return Listing(
        "逐校",
        ("学校标识码", "学校名称", "应拨\n（元）", "已拨\n（元）", _amount_caption(recomputation)),
        rows,
        _sum(recomputation.own_rows),
        "人数过少的学校不列金额。" if hidden else "",
    )


def _row_by_row(
    recomputation: Recomputation, contract: Contract, files: Mapping[str, int], most: int
) -> Listing:
    """List rows with their place in the file and the cells that the contract declares."""
    rows = recomputation.own_rows
    names = [column.name for column in contract.columns]
    captions = tuple(
        _caption(column) + ("\n（元）" if column.role == "amount" else "")
        for column in contract.columns
    )
    in_order = sorted(rows, key=lambda row: (files[row.file_id], row.sheet, row.row_number))
    naming = [n for n, column in enumerate(contract.columns) if column.attachment]
    shown = []
    for row in in_order[:most]:
        cells = list(map(_cell, recomputation.raw.cells(row, *names)))
        for n in naming:
            documents = recomputation.raw.documents(row, contract.columns[n])
            cells[n] = "\n".join(f"{name} {(digest or '')[:12]}" for name, digest in documents)
        shown.append((files[row.file_id], row.sheet, row.row_number, *cells, row.measure))
    more = len(rows) - len(shown)
    note = f"只列前 {len(shown)} 行，另有 {more} 行未列；合计是全部 {len(rows)} 行的。"
    return Listing(
        "逐行",
        ("文件\n序号", "工作表", "行号", *captions, _amount_caption(recomputation)),
        shown,
        _sum(rows),
        note if more else "",
    )


def _caption(column: Column) -> str:
    """Say what an office calls a column, where a system has a name of its own for it too."""
    if column.captions:
        return column.captions[-1 if column.captions[0].isascii() else 0]
    return "据工作表名" if column.sheet_name else "据文件名" if column.file_name else column.shown


def _cell(content: Any) -> Any:
    if isinstance(content, bool):
        return "是" if content else "否"
    return content if content is None or isinstance(content, Decimal) else str(content)
