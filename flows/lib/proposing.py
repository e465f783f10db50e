"""What `ziping sources check` proposes to declare of a file, each as a line and where to put it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from flows.lib.cells import squeezed
from flows.lib.column_guesses import ColumnGuess, guess_columns
from flows.lib.console import say
from flows.lib.contracts import Column, Contract
from flows.lib.errors import Rejected
from flows.lib.glossary import known_captions
from flows.lib.headers import plain_caption
from flows.lib.long_tables import items_of
from flows.lib.observing import ROWS_LOOKED_AT, ROWS_OF_THE_END, Observed, observe
from flows.lib.places import many
from flows.lib.proposals import WHY_MEANS, Proposal, label_of, propose, signs_of, unit_of
from flows.lib.proposed_checks import checks_and_totals, proposed_key
from flows.lib.reading import Reading
from flows.lib.suite_trial import states_unique
from flows.lib.text_files import find_encoding

ALIKE = 0.6  # of the signs of two captions
OF_THE_ROWS = ("key", "means")  # proposed of a contract otherwise than of a sample without one


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
        guess.name, guess.kind = column.name, _kind(guess.kind, column)
        guess.meta |= {"role": column.role} if column.role else {}
    return guesses


def _kind(guessed: str, column: Column) -> str:
    """Say of which kind a column is: its type says more than how its cells look."""
    if column.person:
        return "person"
    if column.role == "amount":
        return "amount"
    if column.data_type in ("date", "boolean"):
        return column.data_type
    if column.is_number:
        return guessed if guessed in ("percent", "year") else "number"
    return "text" if guessed in ("amount", "count", "number", "year") else guessed


def _encoding(path: Path, observed: Observed, contract: Contract) -> Iterator[Proposal]:
    """Propose to state the encoding where captions leave it open, as the text looks."""
    if observed.dialect is None or "encoding" in contract.meta["read"]:
        return
    try:
        find_encoding(path, contract)
    except Rejected as error:
        if "encoding" in str(error):
            why = "the captions do not tell it, and the words of the text look like this one"
            yield Proposal("read", "encoding", observed.dialect.encoding, why, is_sure=False)


def _renamed(observed: Observed, contract: Contract) -> Iterator[Proposal]:
    """Propose captions that are like those of a column that was not found."""
    captions = observed.sheets[0].captions
    declared = {plain_caption(one) for column in contract.columns for one in column.captions}
    missing = [column for column in contract.columns if column.captions
               and not any(plain_caption(one) in captions for one in column.captions)]  # fmt: skip
    used = {*declared, *captions_used(contract, captions)}
    others = [one for one in captions if one and one not in used]
    likely = sorted(
        ((_likeness(column, one), number, one) for number, column in enumerate(missing)
         for one in others),
        key=lambda found: -found[0],
    )  # fmt: skip
    taken: set[Any] = set()
    for likeness, number, caption in likely:
        if likeness < ALIKE or taken & {number, caption}:
            continue
        taken |= {number, caption}
        column = missing[number]
        value = [*column.captions, label_of(caption)]
        why = f"the file has no {column.shown}, and {caption} is like it: only if it means the same"
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


def _means(
    observed: Observed,
    guesses: Sequence[ColumnGuess],
    spread: Mapping[int, str],
    contract: Contract,
) -> Iterator[Proposal]:
    """Propose what signs in place of numbers say, where neither table nor column says it."""
    columns = {column.name: column for column in contract.columns}
    places = {guess.place: guess.name for guess in guesses if guess.name in columns} | dict(spread)
    lacking: dict[str, dict[str, str]] = {}
    for place, name in places.items():
        if (column := columns[name]).data_type == "string":
            continue
        said = {squeezed(one) for one in (*(column.means or ()), *(column.values or ()))}
        new = {sign: meaning for sign, meaning in signs_of(observed, place).items()
               if sign not in said}  # fmt: skip
        if new:
            lacking[name] = lacking.get(name, {}) | new
    of_table = contract.meta["read"].get("means", {})
    if len(lacking) == 1:
        [(name, new)] = lacking.items()
        own = {one: what for one, what in (columns[name].means or {}).items()
               if one not in of_table}  # fmt: skip
        yield Proposal(f"column {name}", "means", own | new, WHY_MEANS)
    elif lacking:
        together = dict(of_table)
        for new in lacking.values():
            together |= new
        yield Proposal("read", "means", together, f"{WHY_MEANS} ({', '.join(lacking)})")


def _is_said(word: str, contract: Contract) -> bool:
    """Say whether a contract says a word, in the table's words or in those of its columns."""
    meta, read = contract.meta, contract.meta["read"]
    if word in read or word in meta:
        return True
    amounts = [column for column in contract.columns if column.role == "amount"]
    numbers = [column for column in contract.columns if column.is_number]
    match word:
        case "unit" | "unit_column":
            in_other = bool({"unit", "unit_column"} & read.keys())
            return in_other or all(column.unit for column in amounts)  # also where there is none
        case "decimal" | "marks":
            return bool(numbers) and all(getattr(column, word) for column in numbers)
        case _:
            return False


def undeclared(proposals: Iterable[Proposal], contract: Contract) -> list[Proposal]:
    """Keep what a contract does not say yet; of totals and checks what they lack."""
    kept: dict[tuple[str, str], Proposal] = {}
    for one in proposals:
        said = kept[one.place, one.word].value if (one.place, one.word) in kept else None
        if said is None and one.place == "read":
            said = contract.meta["read"].get(one.word)
        value = one.value
        if said is not None and one.word == "totals":
            labels = {squeezed(label) for label in said["labels"]}
            more = [label for label in value["labels"] if squeezed(label) not in labels]
            value = {**said, "labels": [*said["labels"], *more]}
        elif said is not None and one.word == "checks":
            value = [*said, *(word for word in value if not _words([word]) <= _words(said))]
        elif said is not None or (one.place in ("read", "table") and _is_said(one.word, contract)):
            continue
        if value != said:
            kept[one.place, one.word] = replace(one, value=value)
    return list(kept.values())


def _words(checks: Iterable[str | Mapping[str, Any]]) -> set[str]:
    """Name checks, whether they take words of their own or not."""
    return {word for one in checks for word in ([one] if isinstance(one, str) else one)}


def proposals_for(
    path: Path, name: str, contract: Contract, landed: tuple[Path, Reading] | None = None
) -> tuple[list[Proposal], Observed]:
    """List what the contract might say of a file and does not; raises Rejected.

    `landed` are its typed rows and what was read with them, if it could be read.
    """
    observed = observe(path, name, contract)
    first = observed.sheets[0].captions
    spread = {place: value for place, _, value in items_of(contract, first)}
    known = known_captions([contract])
    guesses = guess_columns(observed, known, unit_of(observed)[0], tuple(spread))
    guesses = _declared(guesses, contract)
    found = [one for one in propose(observed, guesses, spread) if one.word not in OF_THE_ROWS]
    if landed:
        totals = {(sheet.name, number) for sheet in observed.sheets for number, _ in sheet.totals}
        found += checks_and_totals(*landed, contract, totals)
        if not states_unique(contract):
            found += proposed_key(landed[0], contract)
    found = undeclared(found, contract)
    found += [
        *_encoding(path, observed, contract),
        *_means(observed, guesses, spread, contract),
        *_renamed(observed, contract),
        *_of_columns(guesses, contract),
    ]
    return found, observed


def print_proposals(
    path: Path, name: str, contract: Contract, landed: tuple[Path, Reading] | None
) -> None:
    """Print each proposal as the exact line, and where in the contract it belongs."""
    try:
        proposals, observed = proposals_for(path, name, contract, landed)
    except Rejected:  # why it cannot be read the verdict says
        say("nothing can be proposed of it, for no header is seen in it")
        return
    for one in proposals:
        place = {"table": "meta:", "read": "read:"}.get(one.place, f"{one.place}, in its meta:")
        say(f"proposed for {contract.name}, {place}")
        say(f"    {one.line}")
        say(f"    because {one.why}")
    for sheet in observed.sheets:
        if not sheet.is_whole:
            of = f" of sheet {sheet.name}" if sheet.name else ""
            sums = "sums were looked for in all that would land" if landed else "no others"
            say(
                f"proposals follow from the first {many(ROWS_LOOKED_AT, 'row')}{of} and the last "
                f"{ROWS_OF_THE_END}; {sums}"
            )
