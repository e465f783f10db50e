"""What `ziping sources check` proposes to declare of a file, each as a line and where to put it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path

from flows.lib.column_guesses import ColumnGuess, guess_columns
from flows.lib.console import say
from flows.lib.contracts import Column, Contract
from flows.lib.declared_checks import declared_findings
from flows.lib.errors import Rejected
from flows.lib.glossary import known_captions
from flows.lib.headers import plain_caption
from flows.lib.observing import Observed, observe
from flows.lib.proposals import Proposal, label_of, propose, undeclared, unit_of
from flows.lib.reading import Reading
from flows.lib.suite_words import CHECKS

ALIKE = 0.6  # of the signs of two captions


def _declared(guesses: list[ColumnGuess], contract: Contract) -> list[ColumnGuess]:
    """Call the columns as the contract does; what it does not declare has its caption alone."""
    names = {
        plain_caption(caption): column for column in contract.columns for caption in column.captions
    }
    for guess in guesses:
        column = names.get(plain_caption(guess.caption))
        if column is None:
            guess.kind = guess.kind if guess.kind == "unit_of_row" else "serial"
            continue
        guess.name = column.name
        guess.kind = "person" if column.person else guess.kind
        guess.kind = "amount" if column.role == "amount" else guess.kind
        guess.meta |= {"role": column.role} if column.role else {}
    return guesses


def _renamed(observed: Observed, contract: Contract) -> Iterator[Proposal]:
    """Propose captions that are like those of a column that was not found."""
    captions = observed.sheets[0].captions
    declared = {plain_caption(one) for column in contract.columns for one in column.captions}
    missing = [column for column in contract.columns if column.captions
               and not any(plain_caption(one) in captions for one in column.captions)]  # fmt: skip
    others = [one for one in captions if one and one not in declared]
    for column in missing:
        likeness = {one: _likeness(column, one) for one in others}
        best = max(others, key=lambda one: likeness[one], default=None)
        if best and likeness[best] >= ALIKE:
            value = [*column.captions, label_of(best)]
            why = f"the file has no {column.shown}, but a caption that is like it"
            yield Proposal(f"column {column.name}", "captions", value, why)


def _likeness(column: Column, caption: str) -> float:
    plain = [plain_caption(one) for one in column.captions]
    inside = any(len(one) > 1 and (one in caption or caption in one) for one in plain)
    ratios = [SequenceMatcher(None, one, caption).ratio() for one in plain]
    return max(*ratios, ALIKE if inside and len(caption) > 1 else 0.0)


def _of_columns(guesses: list[ColumnGuess], contract: Contract) -> Iterator[Proposal]:
    """Propose what a column's cells suggest: an id of persons, a code's length and proof."""
    for guess in guesses:
        column = next((one for one in contract.columns if one.name == guess.name), None)
        if column is None:
            continue
        place = f"column {column.name}"
        if guess.kind == "person" and not column.person:
            yield Proposal(place, "person", True, "its cells look like ids of persons")
        for ask in guess.asks if column.length is None else ():
            if ask[0].isdigit() and "shorter" in ask:
                yield Proposal(place, "length", int(re.findall(r"than (\d+)", ask)[0]), ask)


def suggested_checks(rows: Path, reading: Reading, contract: Contract) -> list[Proposal]:
    """Propose the checks that find something in the typed rows of a file."""
    read = contract.meta["read"] | {"checks": list(CHECKS)}
    asking = replace(contract, meta={**contract.meta, "read": read})
    places: dict[str, str] = {}
    for one in declared_findings(rows, reading, asking):
        if one.rule == "repeated_amount" and not contract.column_of_role("amount"):
            continue  # a year, a number of classes: that many have the same
        place = " ".join(filter(None, (one.sheet, f"row {one.row_number}", one.column)))
        places.setdefault(one.rule, f"{one.rule}: {place}")
    why = "; ".join(places.values())
    return [Proposal("read", "checks", list(places), why, is_sure=False)] if places else []


def proposals_for(
    path: Path, name: str, contract: Contract, checks: Iterable[Proposal] = ()
) -> list[Proposal]:
    """List what the contract might say of a file and does not; raises Rejected."""
    observed = observe(path, name, contract)
    guesses = guess_columns(observed, known_captions([contract]), unit_of(observed)[0])
    guesses = _declared(guesses, contract)
    found = undeclared([*propose(observed, guesses), *checks], contract.meta)
    return [*found, *_renamed(observed, contract), *_of_columns(guesses, contract)]


def print_proposals(
    path: Path, name: str, contract: Contract, checks: Iterable[Proposal] = ()
) -> None:
    """Print each proposal as the exact line, and where in the contract it belongs."""
    try:
        proposals = proposals_for(path, name, contract, checks)
    except Rejected as error:
        say(f"nothing can be proposed: {error}")
        return
    for one in proposals:
        place = {"table": "meta:", "read": "read:"}.get(one.place, f"{one.place}, in its meta:")
        say(f"proposed for {contract.name}, {place}")
        say(f"    {one.line}")
        say(f"    because {one.why}")
