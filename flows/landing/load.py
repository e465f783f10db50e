"""Landing a delivery: its rows typed into Parquet as they are read, judged, and filtered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from flows.common.parquet import ask, count_rows, first_rows, quoted, rows_at, take_out, writing
from flows.contracts.delivery import Delivery
from flows.contracts.model import Contract
from flows.landing.profile import profile_of, profile_questions, units_of
from flows.parsing.attachments import known_names
from flows.parsing.columns import Pseudonym
from flows.parsing.file_parser import read_file
from flows.parsing.result import ParseResult, RowLogEntry, copy_of, schema_of
from flows.quality.delivery_report import DeliveryReport
from flows.quality.file_checks import find_equal_sheets, measures_of, other_years, year_questions
from flows.quality.rules import (
    UNIQUENESS,
    RuleResult,
    compute_aggregates,
    run_row_rules_on_files,
    run_table_rules,
)
from flows.quality.suite import Rule, Suite
from flows.quality.waivers import Waiver

ROWS, QUARANTINE = "rows.parquet", "quarantine.parquet"


@dataclass(frozen=True)
class Read:
    """A delivery whose rows have been read into a folder."""

    folder: Path
    delivery: Delivery
    reading: ParseResult
    waivers: Sequence[Waiver] = ()

    @property
    def rows(self) -> Path:
        """Its typed rows."""
        return self.folder / ROWS


@dataclass(frozen=True)
class Landing:
    """What became of a delivery's rows."""

    reading: ParseResult
    judgement: DeliveryReport
    row_count: int
    sums: dict[str, Decimal]  # of what landed, by each column of decimals
    profile: dict[str, Any]  # what the next file is compared with


def land(
    path: Path,
    delivery: Delivery,
    contract: Contract,
    suite: Suite,
    pseudonym: Pseudonym,
    folder: Path,
    row_log: list[RowLogEntry] | None = None,
) -> Landing:
    """Read the bytes of a delivery into Parquet files of a folder and judge them.

    No more than some thousand rows are in memory at a time. Raises Rejected where the file cannot
    be read; what was written until then is of no use.
    """
    reading = read_into(folder / ROWS, path, delivery, contract, pseudonym, row_log)
    (landing,) = judge_landed([Read(folder, delivery, reading)], contract, suite)
    return landing


def judge_landed(many: Sequence[Read], contract: Contract, suite: Suite) -> list[Landing]:
    """Judge the rows of files of one table, and what was found while reading them."""
    if not many:
        return []
    amounts = [column.name for column in contract.columns if column.role == "amount"]
    absolute = {name: f"coalesce(sum(abs({quoted(name)})), 0)" for name in amounts}
    decimals = [one.name for one in contract.columns if one.data_type.startswith("decimal")]
    sums = {
        name: f"coalesce(sum({quoted(name)}), 0)"
        for name in dict.fromkeys([*decimals, *measures_of(contract)])
    }
    for one in many:
        _leave_out_copies(one.rows, one.reading, contract)
        one.reading.findings += find_equal_sheets(one.rows, one.reading, contract)
    paths = [one.rows for one in many]
    readable = [sum(row.values(), Decimal(0)) for row in first_rows(paths, absolute)]
    said = first_rows(paths, year_questions(contract))
    profiles = first_rows(paths, profile_questions(contract))
    judgements = []
    for one, years in zip(many, said, strict=True):
        one.reading.findings += other_years(one.reading, years, one.delivery.period)
        file_id = one.delivery.files[0].sha256
        judgements.append(DeliveryReport(contract, suite, file_id, one.waivers))
        judgements[-1].add_findings(one.reading)
    of_rows = _judged_rows(paths, contract, suite)
    for one, judgement, results in zip(many, judgements, of_rows, strict=True):
        _take_broken(one.rows, judgement, results, amounts)
    of_tables = run_table_rules(suite, compute_aggregates(suite, paths))
    for one, judgement in zip(many, judgements, strict=True):
        judgement.add_blank_amounts(_blank_amounts(one.rows, contract))
    landed_sums = first_rows(paths, sums)
    landings = []
    for place, (one, judgement) in enumerate(zip(many, judgements, strict=True)):
        judgement.add_table_results(of_tables[place])
        broken = {(row.sheet, row.row_number) for row in one.reading.set_aside}
        judgement.check_quarantine_limit(one.reading.landed + len(broken), readable[place])
        _write_quarantine(one.folder / QUARANTINE, judgement.quarantine)
        profile = profile_of(one.reading, profiles[place], contract)
        profile |= {
            "by_unit": units_of(one.rows, contract),
            "units_in_quarantine": sorted(
                {row["unit"] or "" for row in judgement.quarantine if row["effect"] != "none"}
            ),
        }
        count = count_rows(one.rows)
        landings.append(Landing(one.reading, judgement, count, landed_sums[place], profile))
    return landings


def read_into(
    target: Path,
    path: Path,
    delivery: Delivery,
    contract: Contract,
    pseudonym: Pseudonym,
    row_log: list[RowLogEntry] | None,
) -> ParseResult:
    """Read a file's rows into Parquet as they come, each with the delivery that it is of."""
    import pyarrow as pa

    known = {
        "district_code": delivery.district_code,
        "period": delivery.period,
        "_file_id": delivery.files[0].sha256,
    }

    def with_delivery(table: pa.Table) -> pa.Table:
        """Say it before where the row stands in the file."""
        for place, (name, text) in enumerate(known.items(), start=table.num_columns - 2):
            table = table.add_column(place, name, pa.repeat(pa.scalar(text), table.num_rows))
        return table

    schema = with_delivery(schema_of(contract.columns).empty_table()).schema
    with writing(target, schema) as write:
        reading = read_file(
            path,
            contract,
            pseudonym,
            name=delivery.name,
            sink=lambda table: write(with_delivery(table)),
            row_log=row_log,
            attachments=known_names(delivery.attachments) if contract.has_attachments else None,
        )
    pa.default_memory_pool().release_unused()  # a hundred MB, which judging needs
    return reading


def _take_broken(
    rows: Path, judgement: DeliveryReport, results: list[RuleResult], amounts: list[str]
) -> None:
    """Leave in the file the rows that break no rule."""
    taken = {position for result in results for position in result.failed_positions}
    columns = [judgement.contract.column_of_role(role) for role in ("unit", "member")]
    keys = [column.name for column in columns if column]
    failed = rows_at(rows, taken, [*keys, *amounts, "_sheet", "_row_number"])
    take_out(rows, judgement.add_row_results(results, failed))


def _blank_amounts(rows: Path, contract: Contract) -> list[dict[str, Any]]:
    """Find the empty cells of amounts in the rows that count; a deleted one counts nowhere."""
    amounts = [column.name for column in contract.columns if column.must_be_filled]
    if not amounts:
        return []
    unless = contract.read.totals.unless if contract.read.totals else None
    counts = f"not coalesce({quoted(unless)}, false)" if unless else "true"
    keys = [contract.column_of_role(role) for role in ("unit", "member")]
    unit, member = (quoted(column.name) if column else "null" for column in keys)
    is_blank = " or ".join(f"{quoted(name)} is null" for name in amounts)
    blanks = ", ".join(f"{quoted(name)} is null as {quoted(name)}" for name in amounts)
    found = ask(
        rows,
        f"select _sheet, _row_number, {unit} as unit_said, {member} as member_said, {blanks} "
        f"from landed where {counts} and ({is_blank}) order by file_row_number",
    )
    return [
        {"sheet": row["_sheet"], "row": row["_row_number"], "column": name, "is_of_row": True}
        | {"unit": row["unit_said"], "member": row["member_said"]}
        for row in found.to_pylist()
        for name in amounts
        if row[name]
    ]


def _judged_rows(many: Sequence[Path], contract: Contract, suite: Suite) -> list[list[RuleResult]]:
    """Run the suite's row rules, and that on the contract's key where none of them says it."""
    key, rule = contract.key, suite.file_checks.get("conflicting_key")
    says_so = any(
        set(one.columns) == set(key) and one.type in UNIQUENESS and one.is_row_rule
        and "row_condition" not in one.kwargs and "ignore_row_if" not in one.kwargs
        for one in suite.rules
    )  # fmt: skip
    if not key or rule is None or says_so:
        return run_row_rules_on_files(suite, many)
    one = len(key) == 1
    kind = f"expect_{'column_values' if one else 'compound_columns'}_to_be_unique"
    kwargs: dict[str, Any] = {"column": key[0]} if one else {"column_list": list(key)}
    as_rule = Rule(kind, kwargs, rule.severity, rule.effect or "provisional", rule.notes)
    named = replace(as_rule, type="conflicting_key")
    judged = run_row_rules_on_files(replace(suite, rules=(*suite.rules, as_rule)), many)
    return [[*results, replace(of_key, rule=named)] for *results, of_key in judged]


def _leave_out_copies(rows: Path, reading: ParseResult, contract: Contract) -> None:
    """Leave rows out that share the key of an earlier one and say the same in every column.

    What the contract does not declare, a serial number for example, does not make two of them.
    """
    if not contract.drops_copies or contract.read.long:
        return
    names = ", ".join(quoted(column.name) for column in contract.columns)
    has_key = f"{quoted(contract.key[0])} is not null"
    amounts = [quoted(column.name) for column in contract.columns if column.role == "amount"]
    copies = ask(
        rows,
        f"""
        with twins as (
            select hash({names}) as row_hash from landed where {has_key}
            group by row_hash having count(*) > 1
        )
        select place, _sheet, _row_number, twin_sheet, twin, amount from (
            select file_row_number as place, _sheet, _row_number,
                {" + ".join(amounts) or "null"} as amount,
                first_value(_sheet) over same as twin_sheet,
                first_value(_row_number) over same as twin,
                row_number() over same as copy
            from landed where {has_key} and hash({names}) in (select row_hash from twins)
            window same as (partition by {names} order by file_row_number)
        ) where copy > 1 order by place
        """,
    ).to_pylist()
    for row in copies:
        sheet, number = row["_sheet"], row["_row_number"]
        reading.skip(sheet, number, "exact_duplicate")
        found = copy_of(sheet, number, row["twin_sheet"], row["twin"], row["amount"])
        reading.findings.append(found)
    reading.landed -= len(copies)
    take_out(rows, {row["place"] for row in copies})


def _write_quarantine(path: Path, rows: list[dict[str, Any]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    text = pa.string()
    schema = pa.schema(
        [
            ("file_id", text), ("sheet", text), ("row_number", pa.int64()),
            ("column_name", text), ("rule", text), ("effect", text),
            ("unit", text), ("member", text), ("amount", pa.decimal128(38, 2)),
        ]
    )  # fmt: skip
    told = [row | {name: _as_text(row[name]) for name in ("unit", "member")} for row in rows]
    pq.write_table(pa.Table.from_pylist(told, schema), path, compression="zstd")


def _as_text(value: Any) -> str | None:
    """Write a key as text: a contract may declare a unit's code as a number."""
    return None if value is None else str(value)
