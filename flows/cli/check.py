"""What `ziping sources check` prints: what would become of a file, and of all files together."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flows.cli.quarantine import describe_problems
from flows.common.clock import day_of
from flows.common.console import make_console, say
from flows.common.masking import MASK
from flows.common.parquet import rows_at
from flows.common.settings import Workspace
from flows.common.text import many, place_of_rows, plain_caption
from flows.contracts.loading import find_contract
from flows.contracts.model import Contract
from flows.landing.problems import list_problems
from flows.landing.profile import captions_by_sheet, units_held
from flows.onboarding.dry_run.candidate_files import find_candidates, holds_many
from flows.onboarding.dry_run.definitions import (
    find_models,
    find_suite_problems,
    model_name,
    try_staging_model,
)
from flows.onboarding.dry_run.dry_run import FileTrial, try_files
from flows.parsing.result import ParseResult
from flows.parsing.unpivot import find_items
from flows.quality.waivers import waived_sentence
from flows.runs.context import RunContext, make_context

FIRST_ROWS = 5
MOST_NAMED = 6
ROW_TYPES = {  # of rows that are no data, where their name alone says little
    "columns_row": "numbers of the columns",
    "other_sheet": "on a sheet that is not read",
    "label": "a title or a note",
    "subset": "part of the row above",
}


def print_check(workspace: Workspace, name: str, path: Path) -> bool:
    """Print what would become of a file, or of those in a folder or an archive; True if accepted.

    Nothing is landed or kept. Cells that identify persons are masked.
    """
    run = make_context(workspace, None, None)
    contract = find_contract(run.contracts, name)
    with TemporaryDirectory() as folder:
        scratch = Path(folder)
        (scratch / "files").mkdir()
        candidates, notices = find_candidates(run, contract, path, scratch / "inbox")
        trials = try_files(run, contract, candidates, scratch / "files")
        if not holds_many(path):
            _print_file(trials[0], contract)
        elif trials:
            _print_members(trials, contract)
        for notice in [*notices, *_describe_unneeded(run, trials)]:
            say(f"! {notice}")
        problems = _print_definitions(run, contract, trials, scratch / "staging")
    left = "; what stands above after ! would be skipped" if holds_many(path) and notices else ""
    return _print_end(trials, problems, contract, left)


def _describe_unneeded(run: RunContext, trials: Sequence[FileTrial]) -> Iterator[str]:
    """Tell of files whose period no open year needs."""
    needed = {expected.key for expected in run.expected()}
    years = ", ".join(map(str, run.years))
    periods = {trial.delivery.period for trial in trials if trial.delivery.key not in needed}
    for period in sorted(periods - {""}):
        yield f"no open year ({years}) needs the period {period}: it would land and not count"


def _print_file(trial: FileTrial, contract: Contract) -> None:
    details, delivery = trial.outcome.details, trial.delivery
    say(f"{contract.name} {contract.title}: {delivery.name}")
    say(f"period: {delivery.period or 'is said neither by the name nor by a cell'}")
    if trial.parsed:
        for line in _describe_captions(trial.parsed, contract):
            say(line)
        say(f"rows: {_describe_counts(details)}")
        if contract.read.long:
            say("  each row of data is one row for each caption that becomes rows")
        by_type: dict[tuple[str, str], list[int]] = defaultdict(list)
        for sheet, number, row_type in trial.row_log:
            by_type[sheet, row_type].append(number)
        for (sheet, row_type), numbers in by_type.items():
            if row_type != "exact_duplicate":  # told with what is quarantined
                say(f"  {place_of_rows(sheet, numbers)}: {ROW_TYPES.get(row_type, row_type)}")
        for sentence in _describe_totals(trial.parsed, contract):
            say(f"totals: {sentence}")
        for sentence in _describe_patterns(trial.parsed, contract):
            say(sentence)
    if trial.landed_at:
        say(f"this file landed on {day_of(trial.landed_at)}, and would not land again")
    if last := trial.last:
        say(f"compared with {last.name}, period {last.period}, the last that was accepted")
    elif delivery.period:
        say("compared with no other file: none of this table was accepted before it")
    problems = list_problems(contract, trial.outcome) if trial.parsed else []
    for line in describe_problems(problems):
        say(line)
    named = {"title": contract.title, "period": delivery.period}
    for entry in details["waived"]:
        say(f"waived: {waived_sentence({**entry, **named})}")
    _print_first_rows(trial, contract)


def _describe_counts(details: Mapping[str, Any]) -> str:
    types = ", ".join(
        f"{ROW_TYPES.get(row_type, row_type)} {count}"
        for row_type, count in details["skipped"].items()
    )
    fate = "would be landed" if details["accepted"] else "without fault"
    return (
        f"{details['rows_read']:,} read = {details['rows_landed']:,} {fate} + "
        f"{details['rows_quarantined']:,} quarantined + {details['rows_skipped']:,} skipped"
        + (f" ({types})" if types else "")
    )


def _describe_captions(parsed: ParseResult, contract: Contract) -> Iterator[str]:
    """Say which captions were taken for which column, which say something else, and the rest."""
    sheets: dict[tuple[str, ...], list[str]] = defaultdict(list)
    by_sheet = captions_by_sheet(parsed, contract)
    written = {
        plain_caption(caption): caption
        for column in contract.columns
        for caption in column.captions
    }
    for sheet, captions in parsed.captions.items():
        names = {caption: name for name, caption in by_sheet.get(sheet, {}).items()}
        uses = _find_uses(contract, captions)
        taken = (
            f"{written.get(caption, caption)} → {names[caption]}"
            for caption in captions
            if caption in names
        )
        lines = [", ".join(taken)]
        for use in dict.fromkeys(uses.values()):
            listed = (caption for caption in captions if uses.get(caption) == use)
            lines.append(f"  {use}: {', '.join(listed)}")
        if other := [caption for caption in captions if caption and caption not in {*names, *uses}]:
            lines.append(f"  not declared, and not landed: {', '.join(other)}")
        sheets[tuple(lines)].append(sheet)
    for (first, *rest), named in sheets.items():
        where = f"sheet{'s' if len(named) > 1 else ''} {', '.join(named)}"
        yield f"{where if any(named) else 'captions'}: {first}"
        yield from rest


def _find_uses(contract: Contract, captions: Sequence[str]) -> dict[str, str]:
    """Say of captions that are no column what the contract uses them for."""
    others = {contract.read.unit_column: "says the unit of each row"}
    if totals := contract.read.totals:
        others[totals.column] = "says which rows are totals"
    uses = {captions[place]: "becomes rows" for place, *_ in find_items(contract, captions)}
    return uses | {caption: others[caption] for caption in captions if caption in others}


def _describe_totals(parsed: ParseResult, contract: Contract) -> Iterator[str]:
    """Say how many totals agree, which differ, and why others were not compared."""
    compared = {place: names for place, names in parsed.compared.items() if names}
    unlisted = [
        (row.sheet, row.row_number) for row in parsed.quarantined if row.rule == "unlisted_total"
    ]
    for where in _places_by_sheet(unlisted):
        yield f"{where} may be totals, are none that the contract declares, and are quarantined"
    if not (parsed.skipped.get("total") or compared or unlisted):
        if any(column.is_number for column in contract.columns):
            yield f"nothing was compared: {_why_no_totals(contract)}"
        return
    differing: dict[tuple[str, int], list[str]] = defaultdict(list)
    for finding in parsed.findings:
        if finding.rule == "own_total":
            differing[finding.sheet, finding.row_number].append(finding.column)
    if agreeing := [place for place in compared if place not in differing]:
        names = list(dict.fromkeys(name for place in agreeing for name in compared[place]))
        shown = ", ".join([*names[:MOST_NAMED], *["…"] * (len(names) > MOST_NAMED)])
        verb = "agrees" if len(agreeing) == 1 else "agree"
        of = f"{many(len(names), 'column')} ({shown})"
        yield f"{many(len(agreeing), 'row')} {verb} with the sums of {of}"
    for (sheet, number), columns in differing.items():
        yield f"{place_of_rows(sheet, [number])} is not the sum of its rows in {', '.join(columns)}"
    for where in _places_by_sheet(place for place, names in parsed.compared.items() if not names):
        yield f"{where} not compared, because {_why_not_compared(parsed, contract)}"


def _places_by_sheet(places: Iterable[tuple[str, int]]) -> Iterator[str]:
    rows: dict[str, list[int]] = defaultdict(list)
    for sheet, number in places:
        rows[sheet].append(number)
    return (place_of_rows(sheet, numbers) for sheet, numbers in rows.items())


def _why_no_totals(contract: Contract) -> str:
    totals = contract.read.totals
    if totals is None:
        return (
            "the contract declares none, so a totals row would land as data, or be quarantined "
            "where it is the sum of the rows above it"
        )
    return f"no cell in the column {totals.column} says {', '.join(totals.labels)}"


def _why_not_compared(parsed: ParseResult, contract: Contract) -> str:
    if not contract.summed:
        return "no column has `role: amount`: name in `totals.check` the columns that add up"
    if any(row.rule == "unreadable_cell" for row in parsed.quarantined):
        return "a cell of their rows, or of their own, cannot be read"
    return "they hold no number in the columns that are checked"


def _describe_patterns(parsed: ParseResult, contract: Contract) -> Iterator[str]:
    """Say which patterns of the contract met no row, and how many cells a sign stands in."""
    for word, row_type in (("groups", "group"), ("subsets", "subset"), ("footer", "note")):
        if getattr(contract.read, word) and not parsed.skipped[row_type]:
            yield f"{word}: no row of the file meets the pattern"
    meanings = {column.name: column.means for column in contract.columns}
    for (name, sign), count in sorted(parsed.emptied.items()):
        meaning = meanings[name].get(sign, "as the contract says")
        yield f"means: {many(count, 'cell')} of {name} with {sign}: {meaning}"


def _print_members(trials: Sequence[FileTrial], contract: Contract) -> None:
    """Say of each file in a folder or an archive what would become of it, then of all together."""
    printed: set[str] = set()
    for trial in trials:
        word = "accepted" if trial.outcome.accepted else "rejected"
        say(f"{word}: {trial.delivery.name}, period {trial.delivery.period or 'unknown'}")
        if trial.parsed:
            say(f"  rows: {_describe_counts(trial.outcome.details)}")
            for sentence in _describe_totals(trial.parsed, contract):
                say(f"  totals: {sentence}")
        for message in trial.outcome.rejections:
            say(f"  {message.english}")
        problems = list_problems(contract, trial.outcome) if trial.parsed else []
        for line in describe_problems(problems):
            if line not in printed:
                say(f"  {line}")
        printed |= {
            f"  {problem.what} {problem.resolve}" for problem in problems
        }  # of all files once
    accepted = [trial for trial in trials if trial.outcome.accepted]
    counts = ("rows_read", "rows_landed", "rows_quarantined", "rows_skipped")
    sums = {name: sum(trial.outcome.details[name] for trial in accepted) for name in counts}
    shown = _describe_counts(sums | {"skipped": {}, "accepted": True})
    say(f"together {len(accepted)} of {many(len(trials), 'file')} accepted, their rows: {shown}")
    if contract.in_parts and (column := contract.part_column):
        units = [
            unit
            for trial in accepted
            if trial.parsed
            for unit in units_held(contract, trial.outcome.rows, trial.outcome.quarantine)
        ]
        twice = len(units) - len(set(units))
        more = f"; {twice} of them more than once, and the newest file counts" if twice else ""
        count = many(len(set(units)), "unit")
        say(f"those accepted hold the rows of {count} ({column.shown}){more}")


def _print_first_rows(trial: FileTrial, contract: Contract) -> None:
    from rich.table import Table

    count = min(FIRST_ROWS, trial.outcome.details["rows_landed"]) if trial.parsed else 0
    if not count:
        return
    names = [column.name for column in contract.columns]
    rows = rows_at(trial.outcome.rows, range(count), [*names, "_row_number"])
    title = "as they would be landed" if trial.outcome.accepted else "without fault"
    table = Table("row", *names, title=f"the first rows {title}")
    for row in rows.values():
        shown = (
            "" if row[column.name] is None else MASK if column.person else str(row[column.name])
            for column in contract.columns
        )
        table.add_row(str(row["_row_number"]), *shown)
    make_console().print(table)


def _print_definitions(
    run: RunContext, contract: Contract, trials: Iterable[FileTrial], scratch: Path
) -> list[str]:
    """Try suite and staging model against the contract; give what would end the run."""
    rows = [trial.outcome.rows for trial in trials if trial.parsed and trial.outcome.accepted]
    problems = find_suite_problems(contract, run.suites)
    for problem in problems:
        say(f"suite: {problem}")
    name, models = model_name(contract), find_models(contract)
    if name not in models:
        use = f"{', '.join(models)} would read the rows, and no model is tried"
        use = use if models else "the rows would land, and nothing use them"
        say(f"staging: there is no {name}.sql: {use}")
        return problems
    scratch.mkdir()
    model = try_staging_model(contract, run.contracts, rows, scratch)
    for problem in model.problems:
        say(f"staging: {problem}")
    if model.rows is not None:
        why = "" if rows else ", for nothing would be landed"
        say(f"staging: {name} has {many(model.rows, 'row')}{why}")
    return [*problems, *model.problems]


def _print_end(
    trials: Sequence[FileTrial], problems: Sequence[str], contract: Contract, left: str
) -> bool:
    """Print the verdict, which is the last line; True if all would count but what is `left`."""
    rejected = [trial for trial in trials if not trial.outcome.accepted]
    failed = [trial for trial in trials if not (trial.outcome.accepted and trial.delivery.period)]
    if not trials:
        say(f"rejected: nothing in it is a file of {contract.name}")
    elif failed and len(trials) > 1:
        count = f"{len(failed)} of {many(len(trials), 'file')}"
        say(f"rejected: {count}; the others are accepted{left}")
    elif rejected:
        for message in rejected[0].outcome.rejections:
            say(f"rejected: {message.english}")
    elif failed:
        say("rejected: its period is not known, and it would be left in the inbox")
    elif problems:
        say("accepted, but a run would fail by what suite or staging model say above")
    else:
        warned = dict.fromkeys(
            result["type"]
            for trial in trials
            for result in trial.outcome.details["results"]
            if not result["success"] and result["severity"] != "info"
        )
        with_warnings = f" with warnings, as above: {', '.join(warned)}" if warned else ""
        say(f"accepted{with_warnings}{left}")
        return True
    return False
