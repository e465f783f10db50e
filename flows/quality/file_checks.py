"""Checks on a whole file: counted twice, in a wrong column, of another year than its period."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from flows.common.parquet import ask, quoted
from flows.contracts.model import Contract
from flows.parsing.columns import is_code_name
from flows.parsing.result import Finding, Reading

FEWEST_REPEATED = 4  # units that carry one and the same amount
LEAST_AMOUNT = 1000  # smaller ones add up by chance
SAME_SHARE = Decimal("0.8")  # of the rows of two sheets
CODE = "[0-9A-Za-z._/-]*[0-9][0-9A-Za-z._/-]*"
TOTALS_WITHIN_TOTALS = 6
YEARS_AS = ("int", "bigint", "string")
# Columns of these names say the year of a row; in another, built_year, it is one of many.
YEAR_NAMES = re.compile(
    r"(?:(?:school|fiscal|financial|budget|calendar|report|reporting|statistical|of)_)?year"
)
MOST = 50  # percent of the rows


def measures_of(contract: Contract) -> list[str]:
    """Name the columns that are added up: amounts, those with totals, or else all numbers."""
    read = contract.meta["read"]
    amounts = [column.name for column in contract.columns if column.role == "amount"]
    stated = read.get("totals", {}).get("check", "all_amounts")
    checked = [stated] if isinstance(stated, str) else list(stated)
    item = read.get("long", {}).get("name")
    numbers = [column.name for column in contract.columns
               if column.is_number and column.name != item]  # fmt: skip
    return amounts or (numbers if checked == ["all_amounts"] else checked)


def declared_findings(rows: Path, reading: Reading, contract: Contract) -> list[Finding]:
    """Look in the typed rows of a file for what its contract asks to be looked for."""
    declared, found = contract.checks, []
    if "group_total_as_unit" in declared:
        found += _group_totals(rows, contract)
    if "repeated_amount" in declared:
        within = declared["repeated_amount"].get("within")
        for name in measures_of(contract):
            found += _repeated(rows, contract, name, within)
    if "same_rows" in declared:
        found += _same_sheets(rows, reading, contract)
    elif len(reading.captions) > 1 and not contract.drops_copies:
        equal = _same_sheets(rows, reading, contract)
        found += [replace(finding, rule="equal_sheets") for finding in equal]
    if "swapped_columns" in declared:
        found += _swapped(rows, contract, declared["swapped_columns"])
    return found


def _item(contract: Contract) -> str:
    """Give in SQL which item of a long table a row is of."""
    long = contract.meta["read"].get("long")
    return quoted(long["name"]) if long else "''"


def _group_totals(rows: Path, contract: Contract) -> list[Finding]:
    """Find rows that equal the sum of those right below or above them, in every measure.

    One measure, or small ones, may meet such a sum by chance: then three parts are needed, else
    two. A total of totals shows when those below it are left out, so it is looked for again.
    """
    names = measures_of(contract)
    found: dict[int, Finding] = {}
    for _ in range(TOTALS_WITHIN_TOTALS if names else 0):
        fresh = list(_totals_but(rows, contract, names, list(found)))
        found |= dict(fresh)
        if not fresh:
            break
    return [found[place] for place in sorted(found)]


def _totals_but(
    rows: Path, contract: Contract, names: list[str], known: list[int]
) -> Iterator[tuple[int, Finding]]:
    places = range(len(names))
    amounts = ", ".join(f"coalesce({quoted(name)}, 0) as a{k}" for k, name in enumerate(names))
    known_places = ", ".join(map(str, [-1, *known]))
    filled = " + ".join(f"(a{k} <> 0)::integer" for k in places)
    large = " + ".join(f"(abs(a{k}) >= {LEAST_AMOUNT})::integer" for k in places)
    sums = ", ".join(f"sum(a{k}) over below as s{k}" for k in places)
    zeros = ", ".join(f"0 as s{k}" for k in places)
    parts = {
        "after.place > total.place and after.parts - total.parts >= least": (
            f"after.s{k} = total.s{k} + total.a{k}" for k in places
        ),
        "after.place < total.place and total.parts - after.parts - 1 >= least": (
            f"after.s{k} = total.s{k} - total.a{k} - total.a{k}" for k in places
        ),
    }
    joins = " union ".join(
        "select total.place, total._sheet, total._row_number from summed as total "
        "join points as after on after._sheet = total._sheet and after.item = total.item "
        f"and {' and '.join(sums)} and {where} where total.filled > 0"
        for where, sums in parts.items()
    )
    table = ask(
        rows,
        f"""
        with cells as (
            select file_row_number as place, _sheet, _row_number, {_item(contract)} as item,
                {amounts}
            from landed where file_row_number not in ({known_places})
        ),
        summed as (
            select *, {filled} as filled, if({large} > 1, 2, 3) as least, {sums},
                sum(({filled} > 0)::integer) over below as parts
            from cells
            window below as (partition by _sheet, item order by place rows unbounded preceding)
        ),
        points as (
            select place, _sheet, item, parts, {", ".join(f"s{k}" for k in places)} from summed
            union all
            select distinct -1 as place, _sheet, item, 0 as parts, {zeros} from summed
        )
        {joins} order by place
        """,
    )
    for row in table.to_pylist():
        column = ", ".join(names)
        yield (
            row["place"],
            Finding("group_total_as_unit", row["_sheet"], row["_row_number"], column),
        )


def _repeated(rows: Path, contract: Contract, name: str, within: str | None) -> Iterator[Finding]:
    """Find an amount that stands at most units of a sheet, or at all units of most owners.

    An owner is what `within` names: a district among several, for example.
    """
    column = contract.column_of_role("unit")
    unit = quoted(column.name) if column else "file_row_number"
    amount, item = quoted(name), _item(contract)
    if within:
        wanted = f"""
            select _sheet, count(*) filter (is_one) as times, count(*) as among,
                min(first) filter (is_one) as first
            from (
                select _sheet, {item} as item, min(_row_number) as first,
                    count(distinct {amount}) = 1 and max({amount}) <> 0 as is_one
                from landed where {amount} is not null
                group by _sheet, {item}, {quoted(within)} having count(distinct {unit}) > 1
            ) group by _sheet, item
            having times > 1 and 2 * times > among
        """
    else:
        wanted = f"""
            select _sheet, times, among, first from (
                select _sheet, item, amount, count(*) as times, min(first) as first,
                    sum(count(*)) over (partition by _sheet, item) as among
                from (
                    select _sheet, {item} as item, {unit} as unit, {amount} as amount,
                        min(_row_number) as first
                    from landed group by all
                ) group by _sheet, item, amount
            ) where amount <> 0 and times >= {FEWEST_REPEATED} and 2 * times > among
        """
    for row in ask(rows, f"{wanted} order by _sheet, first").to_pylist():
        detail = f"{row['times']}/{row['among']}"
        yield Finding("repeated_amount", row["_sheet"], row["first"], name, detail)


def _same_sheets(rows: Path, reading: Reading, contract: Contract) -> Iterator[Finding]:
    """Find sheets that hold the rows of another, whatever is said above them or in their names.

    Rows that are wholly equal were left out while reading, as duplicates, and are counted as such.
    """
    into = contract.meta["read"].get("groups", {}).get("into")
    own = [one.name for one in contract.columns
           if (one.captions or one.from_long) and one.name != into]  # fmt: skip
    key = ", ".join(map(quoted, own))
    table = ask(
        rows,
        f"""
        with different as (
            select _sheet, hash({key}) as row_hash, min(file_row_number) as place,
                min(_row_number) as first
            from landed group by all
        ),
        counted as (select _sheet, count(*) as number from different group by _sheet),
        shared as (
            select one._sheet as sheet, other._sheet as other, count(*) as number,
                min(one.first) as first
            from different as one join different as other
            on one.row_hash = other.row_hash and other.place < one.place
                and other._sheet <> one._sheet
            group by all
        )
        select sheet, other, first from shared
        join counted as mine on mine._sheet = sheet join counted as others on others._sheet = other
        where shared.number > 1
            and shared.number >= {SAME_SHARE} * greatest(mine.number, others.number)
        order by sheet, other
        """,
    )
    told = set()
    for row in table.to_pylist():
        if row["sheet"] not in told:
            told.add(row["sheet"])
            yield Finding("same_rows", row["sheet"], row["first"], "", f"= {row['other']}")
    counts = ask(rows, "select _sheet, count(*) as number from landed group by _sheet").to_pylist()
    landed = {row["_sheet"]: row["number"] for row in counts}
    left_out = [one for one in reading.findings if one.rule == "exact_duplicate"]
    for sheet, number in Counter(one.sheet for one in left_out).items():
        if number > 1 and number >= SAME_SHARE * (number + landed.get(sheet, 0)):
            first = min(one.row_number for one in left_out if one.sheet == sheet)
            yield Finding("same_rows", sheet, first, "")


def _swapped(rows: Path, contract: Contract, words: Mapping[str, str]) -> Iterator[Finding]:
    """Find two columns of which each holds mostly what the contract says of the other.

    Where it names none, a column of codes and one of names, told by what they are called.
    """
    pairs = [tuple(words.values())] if words else _codes_and_names(contract)
    for one, other in pairs:
        if "larger" in words:
            larger, smaller = quoted(words["larger"]), quoted(words["smaller"])
            right, wrong = f"{larger} > {smaller}", f"{larger} < {smaller}"
        else:
            codes, names = words.get("codes", one), words.get("names", other)
            is_code = [f"regexp_full_match(trim({quoted(text)}), '{CODE}')"
                       for text in (codes, names)]  # fmt: skip
            right = f"{is_code[0]} and not {is_code[1]}"
            wrong = f"{is_code[1]} and not {is_code[0]}"
        first = ask(
            rows,
            f"""
            select _sheet, _row_number from landed where {wrong} and (
                select count(*) filter ({wrong}) > count(*) filter ({right}) from landed
            ) order by file_row_number limit 1
            """,
        )
        for row in first.to_pylist():
            place = row["_sheet"], row["_row_number"]
            yield Finding("swapped_columns", *place, f"{one}, {other}")


def _codes_and_names(contract: Contract) -> list[tuple[str, ...]]:
    texts = [one.name for one in contract.columns if one.data_type == "string" and not one.person]
    names = [name for name in texts if name.endswith("_name")]
    codes = [name for name in texts if is_code_name(name)]
    return [(code, name) for code in codes for name in names
            if code.rpartition("_")[0] == name.rpartition("_")[0]]  # fmt: skip


def year_questions(contract: Contract) -> dict[str, str]:
    """Name in SQL what is asked of a file's rows: how often a column of years says each year."""
    said = r"regexp_extract({}::varchar, '^((19|20)[0-9]{{2}})', 1)"
    names = [one.name for one in contract.columns
             if YEAR_NAMES.fullmatch(one.name) and one.data_type in YEARS_AS]  # fmt: skip
    return {name: f"histogram({said.format(quoted(name))})" for name in names}


def other_years(reading: Reading, answers: Mapping[str, Any], period: str) -> list[Finding]:
    """Find sheets whose titles name other years alone, and columns of years with another one."""
    wanted = _years_of(period)
    if not wanted:
        return []
    found = []
    for sheet, titles in reading.years.items():
        if titles and not wanted & {year for _, year in titles}:
            number, year = titles[-1]
            found.append(Finding("other_year", sheet, number, "", f"{period} → {year}"))
    for name, counts in answers.items():
        if other := _most(counts or {}, wanted):
            found.append(Finding("other_year", "", 0, name, f"{period} → {other}"))
    return found


def _years_of(period: str) -> set[int]:
    """Name the years of a period; of a span those between its ends too."""
    years = [int(year) for year in re.findall(r"(?<![0-9])(?:19|20)[0-9]{2}", period)]
    return set(range(min(years), max(years) + 1)) if years else set()


def _most(counts: Mapping[str, int], wanted: set[int]) -> str:
    """Name the year of most rows, where it is none of those wanted."""
    year = max(counts, key=lambda one: counts[one], default="")
    is_most = year and 100 * counts[year] > MOST * sum(counts.values())
    return year if is_most and int(year) not in wanted else ""
