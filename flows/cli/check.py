"""What `ziping sources check` prints: what would become of a file, and of all files together."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flows.cli.check_details import totals_sentences
from flows.cli.quarantine import problem_lines
from flows.common.clock import day_of
from flows.common.console import make_console, say
from flows.common.masking import MASK
from flows.common.parquet import rows_at
from flows.common.settings import Workspace
from flows.common.text import many, place_of_rows, plain_caption
from flows.contracts.loading import contract_named
from flows.contracts.model import Contract
from flows.landing.problems import problems_of
from flows.landing.profile import captions_by_sheet, units_held
from flows.onboarding.dry_run.candidate_files import arriving, holds_many
from flows.onboarding.dry_run.dry_run import Tried, try_files
from flows.onboarding.dry_run.staging_model import model_name, try_staging
from flows.onboarding.dry_run.suite import suite_faults
from flows.parsing.result import Reading
from flows.parsing.unpivot import items_of
from flows.quality.waivers import waived_sentence
from flows.runs.context import Night, open_night

FIRST_ROWS = 5
KINDS_SAID = {  # of rows that are no data, where their name alone says little
    "columns_row": "numbers of the columns", "other_sheet": "on a sheet that is not read",
    "label": "a title or a note", "subset": "part of the row above",
}  # fmt: skip


def print_check(workspace: Workspace, name: str, path: Path) -> bool:
    """Print what would become of a file, or of those in a folder or an archive; True if accepted.

    Nothing is landed or kept. Cells that identify persons are masked.
    """
    night = open_night(workspace, None, None)
    contract = contract_named(night.contracts, name)
    with TemporaryDirectory() as folder:
        scratch = Path(folder)
        (scratch / "files").mkdir()
        found, remarks = arriving(night, contract, path, scratch / "inbox")
        tried = try_files(night, contract, found, scratch / "files")
        if not holds_many(path):
            _print_file(tried[0], contract)
        elif tried:
            _print_members(tried, contract)
        for remark in [*remarks, *_of_period(night, tried)]:
            say(f"! {remark}")
        faults = _print_models(night, contract, tried, scratch / "staging")
    left = "; what stands above after ! would be left" if holds_many(path) and remarks else ""
    return _print_end(tried, faults, contract, left)


def _of_period(night: Night, tried: Sequence[Tried]) -> Iterator[str]:
    """Tell of files whose period no open year needs."""
    owed = {one.key for one in night.owed()}
    years = ", ".join(map(str, night.years))
    for period in sorted({one.delivery.period for one in tried if one.delivery.key not in owed}):
        if period:
            yield f"no open year ({years}) needs the period {period}: it would land and not count"


def _print_file(one: Tried, contract: Contract) -> None:
    outcome = one.verdict.outcome
    say(f"{contract.name} {contract.title}: {one.delivery.name}")
    say(f"period: {one.delivery.period or 'is said neither by the name nor by a cell'}")
    for line in _captions(one, contract):
        say(line)
    if one.reading:
        say(f"rows: {_account(outcome)}")
        if "long" in contract.meta["read"]:
            say("  each row of data is one row for each caption that becomes rows")
        by_kind: dict[tuple[str, str], list[int]] = defaultdict(list)
        for sheet, number, kind in one.account:
            by_kind[sheet, kind].append(number)
        for (sheet, kind), numbers in by_kind.items():
            if kind != "exact_duplicate":  # told with what is set aside
                say(f"  {place_of_rows(sheet, numbers)}: {KINDS_SAID.get(kind, kind)}")
        for sentence in totals_sentences(one.reading, contract):
            say(f"totals: {sentence}")
        for sentence in _of_words(one.reading, contract):
            say(sentence)
    if one.landed_at:
        say(f"this file landed on {day_of(one.landed_at)}, and would not land again")
    if one.last:
        say(f"compared with {one.last.name}, period {one.last.period}, the last that was accepted")
    elif one.delivery.period:
        say("compared with no other file: none of this table was accepted before it")
    problems = problems_of(contract, one.verdict) if one.reading else []
    for line in problem_lines(problems):
        say(line)
    for entry in outcome["waived"]:
        say(f"waived: {waived_sentence({**entry, **_named(one, contract)})}")
    _print_first_rows(one, contract)


def _of_words(reading: Reading, contract: Contract) -> Iterator[str]:
    """Say which patterns of the contract met no row, and how many cells a sign stands in."""
    for word, kind in (("groups", "group"), ("subsets", "subset"), ("footer", "note")):
        if word in contract.meta["read"] and not reading.skipped[kind]:
            yield f"{word}: no row of the file meets the pattern"
    for (name, sign), count in sorted(reading.emptied.items()):
        column = next(column for column in contract.columns if column.name == name)
        meaning = (column.means or {}).get(sign, "as the contract says")
        yield f"means: {many(count, 'cell')} of {name} with {sign}: {meaning}"


def _named(one: Tried, contract: Contract) -> dict[str, str]:
    return {"title": contract.title, "period": one.delivery.period}


def _account(outcome: Mapping[str, Any]) -> str:
    kinds = ", ".join(
        f"{KINDS_SAID.get(kind, kind)} {count}" for kind, count in outcome["skipped"].items()
    )
    fate = "would be landed" if outcome["accepted"] else "without fault"
    return (
        f"{outcome['rows_read']:,} read = {outcome['rows_landed']:,} {fate} + "
        f"{outcome['rows_quarantined']:,} set aside + {outcome['rows_skipped']:,} skipped"
        + (f" ({kinds})" if kinds else "")
    )


def captions_used(contract: Contract, captions: Sequence[str]) -> dict[str, str]:
    """Say of captions that are no column what the contract uses them for."""
    read = contract.meta["read"]
    others = {
        read.get("unit_column"): "says the unit of each row",
        read.get("totals", {}).get("column"): "says which rows are totals",
    }
    return {captions[place]: "becomes rows" for place, *_ in items_of(contract, captions)} | {
        caption: use for caption, use in others.items() if caption in captions
    }


def _captions(one: Tried, contract: Contract) -> Iterator[str]:
    """Say which captions were taken for which column, which say something else, and the rest."""
    alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
    if one.reading is None:
        return
    of_columns = captions_by_sheet(one.reading, contract)
    for sheet, captions in one.reading.captions.items():
        names = {caption: name for name, caption in of_columns.get(sheet, {}).items()}
        uses = captions_used(contract, captions)
        written = {
            plain_caption(one): one for column in contract.columns for one in column.captions
        }
        taken = [f"{written.get(caption, caption)} → {names[caption]}"
                 for caption in captions if caption in names]  # fmt: skip
        lines = [", ".join(taken)]
        for use in dict.fromkeys(uses.values()):
            here = [caption for caption, its in uses.items() if its == use]
            lines.append(f"  {use}: {', '.join(here)}")
        other = [caption for caption in captions if caption and caption not in {*names, *uses}]
        if other:
            lines.append(f"  not declared, and not landed: {', '.join(other)}")
        alike[tuple(lines)].append(sheet)
    for (first, *rest), sheets in alike.items():
        named = f"sheet{'s' * (len(sheets) > 1)} {', '.join(sheets)}" if any(sheets) else "captions"
        yield f"{named}: {first}"
        yield from rest


def _print_members(tried: Sequence[Tried], contract: Contract) -> None:
    """Say of each file in a folder or an archive what would become of it, then of all together."""
    told: set[str] = set()
    for one in tried:
        outcome = one.verdict.outcome
        word = "accepted" if one.verdict.accepted else "rejected"
        say(f"{word}: {one.delivery.name}, period {one.delivery.period or 'unknown'}")
        if one.reading:
            say(f"  rows: {_account(outcome)}")
            for sentence in totals_sentences(one.reading, contract):
                say(f"  totals: {sentence}")
        for sentence in one.verdict.rejections:
            say(f"  {sentence}")
        problems = problems_of(contract, one.verdict) if one.reading else []
        for line in problem_lines(problems):
            if line not in told:
                say(f"  {line}")
        told |= {f"  {own.what} {own.resolve}" for own in problems}  # of all files once
    counts = ("rows_read", "rows_landed", "rows_quarantined", "rows_skipped")
    outcomes = [one.verdict.outcome for one in tried if one.verdict.accepted]
    sums = {name: sum(one[name] for one in outcomes) for name in counts}
    account = _account(sums | {"skipped": {}, "accepted": True})
    say(f"together {len(outcomes)} of {many(len(tried), 'file')} accepted, their rows: {account}")
    unit = contract.part_column
    if contract.in_parts and unit:
        held = [units_held(contract, one.verdict.rows, one.verdict.quarantine)
                for one in tried if one.reading and one.verdict.accepted]  # fmt: skip
        units = [name for one in held for name in one]
        twice = len(units) - len(set(units))
        say(
            f"those accepted hold the rows of {many(len(set(units)), 'unit')} ({unit.shown})"
            + (f"; {twice} of them more than once, and the newest file counts" if twice else "")
        )


def _print_first_rows(one: Tried, contract: Contract) -> None:
    from rich.table import Table

    if not one.reading or not one.verdict.outcome["rows_landed"]:
        return
    persons = {column.name for column in contract.columns if column.person}
    names = [column.name for column in contract.columns]
    count = min(FIRST_ROWS, one.verdict.outcome["rows_landed"])
    rows = rows_at(one.verdict.rows, range(count), [*names, "_row_number"])
    title = "as they would be landed" if one.verdict.accepted else "without fault"
    table = Table("row", *names, title=f"the first rows {title}")
    for row in rows.values():
        shown = [_shown(row[name], is_person=name in persons) for name in names]
        table.add_row(str(row["_row_number"]), *shown)
    make_console().print(table)


def _shown(value: Any, *, is_person: bool) -> str:
    if value is None:
        return ""
    return MASK if is_person else str(value)


def _print_models(
    night: Night, contract: Contract, tried: Iterable[Tried], scratch: Path
) -> list[str]:  # fmt: skip
    """Try suite and staging model against the contract; give what would end the night."""
    rows = [one.verdict.rows for one in tried if one.reading and one.verdict.accepted]
    faults = suite_faults(contract)
    scratch.mkdir()
    trial = try_staging(contract, night.contracts, rows, scratch)
    for sentence in faults:
        say(f"suite: {sentence}")
    for sentence in [*trial.faults, *trial.remarks]:
        say(f"staging: {sentence}")
    if trial.rows is not None:
        of = "" if rows else ", for nothing would be landed"
        say(f"staging: {model_name(contract)} has {many(trial.rows, 'row')}{of}")
    return [*faults, *trial.faults]


def _print_end(
    tried: Sequence[Tried], faults: Sequence[str], contract: Contract, left: str
) -> bool:  # fmt: skip
    """Print the verdict, which is the last line; True if all would count but what is `left`."""
    rejected = [one for one in tried if not one.verdict.accepted]
    unplaced = [one for one in tried if not one.delivery.period]
    if not tried:
        say(f"rejected: nothing in it is a file of {contract.name}")
        return False
    if len(tried) > 1 and (rejected or unplaced):
        count = len({id(one) for one in (*rejected, *unplaced)})
        say(f"rejected: {count} of {many(len(tried), 'file')}; the others are accepted{left}")
        return False
    for sentence in (sentence for one in rejected for sentence in one.verdict.rejections):
        say(f"rejected: {sentence}")
    if rejected:
        return False
    if unplaced:
        say("rejected: its period is not known, and it would be left in the inbox")
        return False
    if faults:
        say("accepted, but the night would fail by what suite or staging model say above")
        return False
    warned = dict.fromkeys(
        rule["type"] for one in tried for rule in one.verdict.outcome["results"]
        if not rule["success"] and rule["severity"] != "info"
    )  # fmt: skip
    say(
        f"accepted; told with it, as above: {', '.join(warned)}{left}"
        if warned
        else f"accepted{left}"
    )
    return True
