"""Reading a sample by the contract draft for it, which shows what its look alone does not."""

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from flows.common.files import hash_file
from flows.contracts.delivery import Delivery, LandedFile
from flows.contracts.model import Contract
from flows.landing.load import parse_into
from flows.onboarding.inference.columns import NUMBERS
from flows.onboarding.scaffold.draft import Draft
from flows.parsing.result import ParseResult

MOST_NAMED = 5
Load = Callable[[Draft], Contract]


def complete_draft(path: Path, name: str, draft: Draft, load: Load) -> tuple[Draft, ParseResult]:
    """Read a sample as it would be landed, without ids; complete the draft by what that shows."""
    parsed = _read(path, name, load(_with_check(draft, _list_numbers(draft))))
    if _retype_columns(draft, parsed):
        parsed = _read(path, name, load(_with_check(draft, _list_numbers(draft))))
    return _judge_totals(draft, parsed), parsed


def _read(path: Path, name: str, contract: Contract) -> ParseResult:
    file = LandedFile(hash_file(path), path.stat().st_size, name)
    delivery = Delivery(contract.name, "", "", (file,), "", "a sample")
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.parquet"
        return parse_into(rows, path, delivery, contract, lambda _id: "", None)


def _retype_columns(draft: Draft, parsed: ParseResult) -> bool:
    """Take columns as text that mostly cannot be read as inferred, and ask of those that seldom."""
    odd = Counter(row.column for row in parsed.quarantined if row.rule == "unreadable_cell")
    has_changed = False
    for column in draft.declared:
        count = odd[column.name]
        if 2 * count > parsed.landed + count:
            column.questions.append(f"most of its cells are no {column.data_type}, so it is text")
            column.data_type, column.kind = "string", "text"
            for word in ("precision", "percent", "role", "unit"):
                column.meta.pop(word, None)
            has_changed = True
        elif count and not any("quarantined" in question for question in column.questions):
            question = f"{count} rows of the sample are quarantined: no {column.data_type}"
            column.questions.append(question)
    return has_changed


def _list_numbers(draft: Draft) -> list[str]:
    """List the columns that totals may be the sums of: the amounts, else all numbers."""
    amounts = [column.name for column in draft.declared if column.kind == "amount"]
    return amounts or [column.name for column in draft.declared if column.kind in NUMBERS]


def _with_check(draft: Draft, names: Sequence[str], verdict: str = "") -> Draft:
    """Give a draft whose totals are compared with the sums of these columns."""
    has_amounts = any(column.kind == "amount" for column in draft.declared)
    listed = list(names) if len(names) > 1 else "".join(names)
    check = {"check": "all_amounts" if has_amounts else listed} if names else {}
    suggestions = tuple(
        replace(each, value=each.value | check, why=f"{each.why}{verdict}")
        if each.word == "totals"
        else each
        for each in draft.suggestions
    )
    return replace(draft, suggestions=suggestions)


def _judge_totals(draft: Draft, parsed: ParseResult) -> Draft:
    """Say whether the totals of a sample agree, and keep the columns of which they are the sums.

    Amounts are always checked. Of other numbers, such as rates, a total may be no sum at all.
    """
    names, count = _list_numbers(draft), parsed.skipped["total"]
    compared = {name.partition(" ")[0] for found in parsed.compared.values() for name in found}
    odd: dict[str, set[int]] = {name: set() for name in names}
    for finding in parsed.findings:
        name = finding.column.partition(" ")[0]
        if finding.rule == "own_total" and name in odd:
            odd[name].add(finding.row_number)
    if not any(column.kind == "amount" for column in draft.declared):
        # A number of which one total of many is misprinted is a sum still.
        names = [name for name in names if name in compared and 2 * len(odd[name]) < count]
    differing = sorted(set().union(*(odd[name] for name in names)))
    return _with_check(draft, names, f"; {_describe(draft, names, differing, count)}")


def _describe(draft: Draft, checked: Sequence[str], differing: Sequence[int], count: int) -> str:
    """Say whether the sums agree, and in which rows they do not."""
    if not count:
        return "but no row was read as one: why?"
    if not checked:
        return "no column's sums are these totals, so none is checked"
    if not differing:
        return "the sums of these columns agree"
    shown = ", ".join(map(str, differing[:MOST_NAMED]))
    if len(differing) > MOST_NAMED:
        shown += f" and {len(differing) - MOST_NAMED} more"
    flags = ", ".join(column.name for column in draft.declared if column.kind == "boolean")
    hint = f" Do they leave rows out, as by unless: {flags}?" if flags else ""
    return f"rows {shown} do NOT agree with the sums of the rows: why?{hint}"
