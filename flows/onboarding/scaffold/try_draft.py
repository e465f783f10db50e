"""Reading a sample by what is proposed for it, which shows what its look alone does not."""

import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from flows.common.errors import Rejected
from flows.common.files import hash_file
from flows.contracts.delivery import Delivery, LandedFile
from flows.contracts.model import Contract
from flows.landing.load import read_into
from flows.onboarding.inference.inspect import Observed
from flows.onboarding.inference.patterns import number_of
from flows.onboarding.inference.proposals import TOTALS_SEEN, Proposal
from flows.onboarding.scaffold.draft import Draft
from flows.parsing.result import Reading
from flows.readers.dialect import find_dialect

MOST_NAMED = 5
NUMBERS = ("amount", "count", "number")
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
    return draft, reading


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
        found = find_dialect(sample, contract)
        encoding, delimiter = found.encoding, found.delimiter
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
    return replace(
        draft,
        proposals=tuple(
            said if proposal.word == "totals" else proposal for proposal in draft.proposals
        ),
    )


def _added_up(
    sample: Path, draft: Draft, observed: Observed, load: Load, rows: Path
) -> tuple[Draft, Reading]:
    """Read a sample and have all its numbers added up: those that its totals agree with are kept.

    Amounts are always checked, and it is said of them where they do not agree; where they agree
    only without the rows of a flag, such as those deleted, the flag is named.
    """
    totals = _totals_of(draft)
    names = [guess.name for guess in draft.landed if guess.kind in NUMBERS]
    contract = load(draft)
    if not totals or not names:
        return draft, _read(sample, observed.name, contract, rows)
    words = {word: value for word, value in totals.items() if word not in ("check", "unless")}
    amounts = [guess.name for guess in draft.landed if guess.kind == "amount"]
    flags = [guess.name for guess in draft.landed if guess.kind == "boolean"]

    def compare(said: Mapping[str, Any]) -> tuple[Reading, dict[str, list[int]]]:
        asking = contract.reading_with(totals={**said, "check": names})
        found = _read(sample, observed.name, asking, rows)
        return found, {name: _rows_that_differ(found, name) for name in names}

    reading, differing = compare(words)
    for flag in flags:
        if not any(differing[name] for name in amounts):
            break
        with_flag = compare({**words, "unless": flag})
        if not any(with_flag[1][name] for name in amounts):
            words["unless"], (reading, differing) = flag, with_flag
    # A rate has no sum at all; a number of which one total is misprinted has one.
    most = reading.skipped["total"] / 2
    checked = [name for name in names if len(differing[name]) < most or not differing[name]]
    checked = amounts or [name for name in checked if _is_stated(observed, draft, name)]
    value = dict(words)
    if checked:
        named = checked if len(checked) > 1 else checked[0]
        value["check"] = "all_amounts" if amounts else named
    why = f"{TOTALS_SEEN}; {_verdict(checked, differing, is_read=most > 0)}"
    return _with_totals(draft, value, why), reading


def _rows_that_differ(reading: Reading, name: str) -> list[int]:
    """List the totals rows that are not the sum of a column."""
    return sorted(
        {finding.row_number for finding in reading.findings
         if finding.rule == "own_total" and finding.column.partition(" ")[0] == name}
    )  # fmt: skip


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
