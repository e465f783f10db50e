"""Landing a delivery: its rows typed into Parquet as they are read, judged, and filtered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from flows.common.parquet import ask, count_rows, first_rows, quoted, rows_at, take_out, writing
from flows.contracts.delivery import Delivery
from flows.contracts.model import Contract
from flows.landing.profile import describe_profile, profile_questions, sum_by_unit
from flows.parsing.attachments import known_names
from flows.parsing.columns import Pseudonym
from flows.parsing.file_parser import read_file
from flows.parsing.result import ParseResult, RowLogEntry, describe_copy, make_schema
from flows.quality.delivery_report import DeliveryReport
from flows.quality.file_checks import find_equal_sheets, list_measures, other_years, year_questions
from flows.quality.rules import (
    UNIQUENESS,
    RuleResult,
    compute_aggregates,
    run_row_rules_on_files,
    run_table_rules,
)
from flows.quality.suite import Suite
from flows.quality.waivers import Waiver

ROWS, QUARANTINE = "rows.parquet", "quarantine.parquet"


@dataclass(frozen=True)
class ParsedFile:
    """A delivery whose rows have been read into a folder."""

    folder: Path
    delivery: Delivery
    parsed: ParseResult
    waivers: Sequence[Waiver] = ()

    @property
    def rows(self) -> Path:
        """Its typed rows."""
        return self.folder / ROWS


@dataclass(frozen=True)
class Landing:
    """What became of a delivery's rows."""

    parsed: ParseResult
    judgement: DeliveryReport
    row_count: int
    sums: dict[str, Decimal]  # of what landed, by each column of decimals
    profile: dict[str, Any]  # what the next file is compared with


def judge_files(files: Sequence[ParsedFile], contract: Contract, suite: Suite) -> list[Landing]:
    """Judge the rows of files of one table, and what was found while parsing them."""
    if not files:
        return []
    absolute = {name: f"coalesce(sum(abs({quoted(name)})), 0)" for name in contract.amounts}
    for file in files:
        _leave_out_duplicates(file.rows, file.parsed, contract)
        file.parsed.findings += find_equal_sheets(file.rows, file.parsed, contract)
    paths = [file.rows for file in files]
    readable = [sum(row.values(), Decimal(0)) for row in first_rows(paths, absolute)]
    title_years = first_rows(paths, year_questions(contract))
    profiles = first_rows(paths, profile_questions(contract))
    reports = []
    for file, years in zip(files, title_years, strict=True):
        file.parsed.findings += other_years(file.parsed, years, file.delivery.period)
        file_id = file.delivery.files[0].sha256
        reports.append(DeliveryReport(contract, suite, file_id, file.waivers))
        reports[-1].add_findings(file.parsed)
    row_results = _judge_rows(paths, contract, suite)
    for file, report, results in zip(files, reports, row_results, strict=True):
        _take_broken(file.rows, report, results)
    table_results = run_table_rules(suite, compute_aggregates(suite, paths))
    for file, report in zip(files, reports, strict=True):
        report.add_blank_amounts(_blank_amounts(file.rows, contract))
    landed_sums = first_rows(paths, _sum_questions(contract))
    landings = []
    for place, (file, report) in enumerate(zip(files, reports, strict=True)):
        report.add_table_results(table_results[place])
        broken = {(row.sheet, row.row_number) for row in file.parsed.quarantined}
        report.check_quarantine_limit(file.parsed.landed + len(broken), readable[place])
        _write_quarantine(file.folder / QUARANTINE, report.quarantine)
        profile = describe_profile(file.parsed, profiles[place], contract)
        profile |= {
            "by_unit": sum_by_unit(file.rows, contract),
            "units_in_quarantine": sorted(
                {row["unit"] or "" for row in report.quarantine if row["effect"] != "none"}
            ),
        }
        count = count_rows(file.rows)
        landings.append(Landing(file.parsed, report, count, landed_sums[place], profile))
    return landings


def _sum_questions(contract: Contract) -> dict[str, str]:
    decimals = [
        column.name for column in contract.columns if column.data_type.startswith("decimal")
    ]
    names = dict.fromkeys([*decimals, *list_measures(contract)])
    return {name: f"coalesce(sum({quoted(name)}), 0)" for name in names}


def parse_into(
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

    schema = with_delivery(make_schema(contract.columns).empty_table()).schema
    with writing(target, schema) as write:
        parsed = read_file(
            path,
            contract,
            pseudonym,
            name=delivery.name,
            sink=lambda table: write(with_delivery(table)),
            row_log=row_log,
            attachments=known_names(delivery.attachments) if contract.has_attachments else None,
        )
    pa.default_memory_pool().release_unused()  # a hundred MB, which judging needs
    return parsed


def _take_broken(rows: Path, report: DeliveryReport, results: list[RuleResult]) -> None:
    """Leave in the file the rows that break no rule."""
    taken = {position for result in results for position in result.failed_positions}
    columns = [report.contract.column_of_role(role) for role in ("unit", "member")]
    keys = [column.name for column in columns if column]
    failed = rows_at(rows, taken, [*keys, *report.contract.amounts, "_sheet", "_row_number"])
    take_out(rows, report.add_row_results(results, failed))


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


def _judge_rows(paths: Sequence[Path], contract: Contract, suite: Suite) -> list[list[RuleResult]]:
    """Run the suite's row rules, and that on the contract's key where none of them says it."""
    key, rule = contract.key, suite.file_checks.get("conflicting_key")
    says_so = any(
        own.is_row_rule
        and own.type in UNIQUENESS
        and set(own.columns) == set(key)
        and not {"row_condition", "ignore_row_if"} & own.kwargs.keys()
        for own in suite.rules
    )
    if not key or rule is None or says_so:
        return run_row_rules_on_files(suite, paths)
    is_single = len(key) == 1
    kind = f"expect_{'column_values' if is_single else 'compound_columns'}_to_be_unique"
    kwargs: dict[str, Any] = {"column": key[0]} if is_single else {"column_list": list(key)}
    named = replace(rule, kwargs=kwargs, effect=rule.effect or "provisional")
    own_rules = (*suite.rules, replace(named, type=kind))
    judged = run_row_rules_on_files(replace(suite, rules=own_rules), paths)
    return [[*results, replace(of_key, rule=named)] for *results, of_key in judged]


def _leave_out_duplicates(rows: Path, parsed: ParseResult, contract: Contract) -> None:
    """Leave rows out that share the key of an earlier one and say the same in every column.

    What the contract does not declare, a serial number for example, does not make two of them.
    """
    if not contract.drops_copies or contract.read.long:
        return
    names = ", ".join(quoted(column.name) for column in contract.columns)
    has_key = f"{quoted(contract.key[0])} is not null"
    amounts = list(map(quoted, contract.amounts))
    copies = ask(
        rows,
        f"""
        with duplicates as (
            select hash({names}) as row_hash from landed where {has_key}
            group by row_hash having count(*) > 1
        )
        select place, _sheet, _row_number, first_sheet, first_row, amount from (
            select file_row_number as place, _sheet, _row_number,
                {" + ".join(amounts) or "null"} as amount,
                first_value(_sheet) over same as first_sheet,
                first_value(_row_number) over same as first_row,
                row_number() over same as copy
            from landed where {has_key} and hash({names}) in (select row_hash from duplicates)
            window same as (partition by {names} order by file_row_number)
        ) where copy > 1 order by place
        """,
    ).to_pylist()
    for row in copies:
        sheet, number = row["_sheet"], row["_row_number"]
        parsed.skip(sheet, number, "exact_duplicate")
        found = describe_copy(sheet, number, row["first_sheet"], row["first_row"], row["amount"])
        parsed.findings.append(found)
    parsed.landed -= len(copies)
    take_out(rows, {row["place"] for row in copies})


def _write_quarantine(path: Path, rows: list[dict[str, Any]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = "file_id sheet row_number column_name rule effect unit member amount detail".split()
    types = {"row_number": pa.int64(), "amount": pa.decimal128(38, 2)}
    schema = pa.schema([(name, types.get(name, pa.string())) for name in names])
    # A contract may declare a unit's code as a number.
    keys = [
        {name: None if row[name] is None else str(row[name]) for name in ("unit", "member")}
        for row in rows
    ]
    entries = [row | key for row, key in zip(rows, keys, strict=True)]
    pq.write_table(pa.Table.from_pylist(entries, schema), path, compression="zstd")
