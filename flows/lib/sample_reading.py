"""Reading a sample by what is proposed for it, which shows what its look alone does not."""

import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from flows.lib.cell_shapes import number_of
from flows.lib.cells import squeezed
from flows.lib.contracts import Contract
from flows.lib.durable import hash_file
from flows.lib.errors import Rejected
from flows.lib.landing import read_into
from flows.lib.new_entry import Draft
from flows.lib.observing import Observed
from flows.lib.proposals import Proposal, label_of
from flows.lib.proposed_checks import all_findings, suggested_checks, without_check
from flows.lib.proposed_totals import NUMBERS
from flows.lib.reading import Reading
from flows.lib.store import Delivery, LandedFile
from flows.lib.summed_in_rows import RULE, Summed, summed_in_rows
from flows.lib.text_files import find_encoding

MOST_NAMED = 5
Load = Callable[[Draft], Contract]


def tried(sample: Path, draft: Draft, observed: Observed, load: Load) -> tuple[Draft, Reading]:
    """Read a sample as it would be landed, without ids; complete the draft by what that shows."""
    if words := _how_written(sample, load(draft), observed):
        draft = replace(draft, proposals=(*words, *draft.proposals))
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.parquet"
        draft, reading = _added_up(sample, draft, observed, load, rows)
        if _retyped(draft, reading):
            draft, reading = _added_up(sample, draft, observed, load, rows)
        contract = load(draft)
        findings = all_findings(rows, reading, contract)
        summed = summed_in_rows(rows, findings, contract)
        known = _totals_of(draft)
        is_told = summed.column and known.get("column", summed.column) == summed.column
        if is_told:
            draft = _with_labels(draft, observed, summed)
            last = reading.last_row
            draft, reading = _added_up(sample, draft, observed, load, rows)
            contract = load(draft)
            findings = all_findings(rows, reading, contract)
            if observed.kind == "text" and last in summed.totals:
                why = "its last row is a total; a file cut short would lack it"
                said = Proposal("read", "ends_with_totals", True, why)
                draft = replace(draft, proposals=(*draft.proposals, said))
        checks = suggested_checks(findings, contract)
    if not summed.units and (is_told or not summed.totals):
        checks = without_check(checks, RULE)
    return replace(draft, proposals=(*draft.proposals, *checks)), reading


def _retyped(draft: Draft, reading: Reading) -> bool:
    """Take columns as text that mostly cannot be read as guessed, and ask of those that seldom."""
    odd = Counter(one.column for one in reading.set_aside if one.rule == "unreadable_cell")
    changed = False
    for guess in draft.landed:
        count = odd[guess.name]
        if 2 * count > reading.landed + count:
            guess.asks.append(f"most of its cells are no {guess.data_type}, so it is text")
            guess.data_type, guess.kind = "string", "text"
            for word in ("precision", "percent", "role", "unit"):
                guess.meta.pop(word, None)
            changed = True
        elif count and not any("set aside" in ask for ask in guess.asks):
            guess.asks.append(f"{count} rows of the sample are set aside: no {guess.data_type}")
    return changed


def _how_written(sample: Path, contract: Contract, observed: Observed) -> list[Proposal]:
    """Propose to state encoding and delimiter where the captions do not tell them."""
    if observed.dialect is None:
        return []
    dialect, words = observed.dialect, []
    try:
        encoding, delimiter = find_encoding(sample, contract)
    except Rejected:
        encoding, delimiter = "", dialect.delimiter
    captions = [one for column in contract.columns for one in column.captions]
    # Where captions are ASCII the bytes of this one file may tell it, and those of the next not.
    is_by_chance = not dialect.mark and not observed.is_ascii and "".join(captions).isascii()
    if encoding.removesuffix("-sig") != dialect.encoding or is_by_chance:
        why = "the captions do not tell the encoding; other files must have the same"
        words.append(Proposal("read", "encoding", dialect.encoding, why))
    if delimiter != dialect.delimiter:
        why = "the captions do not tell the delimiter"
        words.append(Proposal("read", "delimiter", dialect.delimiter, why))
    return words


def _read(sample: Path, name: str, contract: Contract, rows: Path) -> Reading:
    file = LandedFile(hash_file(sample), sample.stat().st_size, name)
    delivery = Delivery(contract.name, "", "", (file,), "", "a sample")
    return read_into(rows, sample, delivery, contract, lambda _id: "", None)


def _totals_of(draft: Draft) -> Mapping[str, Any]:
    return next((one.value for one in draft.proposals if one.word == "totals"), {})


def _with_totals(draft: Draft, value: Mapping[str, Any], why: str) -> Draft:
    """Give a draft with its totals as they are said now; the word keeps its place."""
    said = Proposal("read", "totals", dict(value), why)
    if not _totals_of(draft):
        return replace(draft, proposals=(*draft.proposals, said))
    return replace(
        draft, proposals=tuple(said if one.word == "totals" else one for one in draft.proposals)
    )


def _with_labels(draft: Draft, observed: Observed, summed: Summed) -> Draft:
    """Add the labels of totals that all rows showed; their rows in what was looked at are none."""
    known, column = _totals_of(draft), str(summed.column)
    labels = list(dict.fromkeys([*known.get("labels", ()), *map(label_of, summed.labels)]))
    words = {squeezed(label) for label in summed.labels}
    (guess,) = (one for one in draft.columns if one.name == column)
    guess.members = tuple(one for one in guess.members if squeezed(one) not in words)
    for sheet in observed.sheets:
        texts = [squeezed(cell) for cell in sheet.cells(guess.place)]
        found = [row for text, row in zip(texts, sheet.data, strict=True) if text in words]
        sheet.data = [row for text, row in zip(texts, sheet.data, strict=True) if text not in words]
        sheet.totals = sorted([*sheet.totals, *found], key=lambda row: row[0])
    value = {**known, "column": column, "labels": labels}
    return _with_totals(draft, value, f"{len(summed.totals)} rows are sums of others; ")


def _added_up(
    sample: Path, draft: Draft, observed: Observed, load: Load, rows: Path
) -> tuple[Draft, Reading]:
    """Read a sample and have all its numbers added up: those that its totals agree with are kept.

    Amounts are always checked, and it is said of them where they do not agree.
    """
    totals = _totals_of(draft)
    names = [one.name for one in draft.landed if one.kind in NUMBERS]
    contract = load(draft)
    if not totals or "unless" in totals or not names:
        return draft, _read(sample, observed.name, contract, rows)
    asking = contract.reading_with(totals={**totals, "check": names})
    reading = _read(sample, observed.name, asking, rows)
    differing = {
        name: sorted({one.row_number for one in reading.findings
                      if one.rule == "own_total" and one.column.partition(" ")[0] == name})
        for name in names
    }  # fmt: skip
    amounts = [one.name for one in draft.landed if one.kind == "amount"]
    # A rate has no sum at all; a number of which one total is misprinted has one.
    most = reading.skipped["total"] / 2
    checked = [name for name in names if len(differing[name]) < most or not differing[name]]
    checked = amounts or [name for name in checked if _is_stated(observed, draft, name)]
    value = {word: one for word, one in totals.items() if word != "check"}
    if checked:
        named = checked if len(checked) > 1 else checked[0]
        value["check"] = "all_amounts" if amounts else named
    why = f"{_seen(draft)}; {_verdict(checked, differing, is_read=most > 0)}"
    return _with_totals(draft, value, why), reading


def _seen(draft: Draft) -> str:
    """Say again how the totals rows were known, without what was thought of their sums."""
    why = next(one.why for one in draft.proposals if one.word == "totals")
    return why.rsplit("; ", 1)[0]


def _is_stated(observed: Observed, draft: Draft, name: str) -> bool:
    """Say whether some totals row has a number in a column; those found by rows alone all have."""
    places = [one.place for one in draft.columns if one.name == name]
    places += [place for place, one in (draft.long.spread if draft.long else {}).items()
               if one == name]  # fmt: skip
    rows = [row for sheet in observed.sheets for _, row in sheet.totals]
    stated = [number_of(row[place]) for row in rows for place in places if place < len(row)]
    return not rows or any(number is not None for number in stated)


def _verdict(
    checked: Sequence[str], differing: Mapping[str, Sequence[int]], *, is_read: bool
) -> str:
    """Say whether the sums agree, and in which rows they do not."""
    if not is_read:
        return "but no row was read as one: why?"
    if not checked:
        return "no column's sums are these totals, so none is checked"
    odd = sorted({row for name in checked for row in differing[name]})
    if not odd:
        return "the sums of these columns agree"
    shown = ", ".join(map(str, odd[:MOST_NAMED])) + f" and {len(odd) - MOST_NAMED} more" * (
        len(odd) > MOST_NAMED
    )
    return f"rows {shown} do NOT agree with the sums of the rows: why?"
