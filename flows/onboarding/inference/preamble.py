"""Guessing what cells above a header say of the whole sheet, such as the code of its school."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from flows.common.text import squeezed
from flows.onboarding.inference.columns import ColumnGuess
from flows.onboarding.inference.glossary import Meaning, meaning_of, name_for
from flows.onboarding.inference.inspect import Observed
from flows.onboarding.inference.patterns import filled

KINDS = ("code", "text", "stage")
UNITS_OF_NUMBERS = ("单位", "計量單位", "计量单位", "金额单位")  # 单位:万元


def said_above(observed: Observed) -> dict[str, str]:
    """Read labels above the first header, and what is said right of each."""
    return dict(_labelled(observed))


def _labelled(observed: Observed) -> Iterator[tuple[str, str]]:
    for _, row in observed.sheets[0].above:
        texts = list(dict.fromkeys(text for _, text in filled(row)))
        for text, following in pairwise([*texts, ""]):
            label, colon, rest = text.partition(":")
            if colon and rest.strip():
                yield label.strip(), rest.strip()
            elif colon and following and ":" not in following:
                yield label.strip(), following


def guess_above(
    observed: Observed, known: Mapping[str, Meaning], taken: Sequence[str]
) -> list[ColumnGuess]:
    """Propose a column for each label whose meaning is known and that no caption says, too."""
    guesses: list[ColumnGuess] = []
    for label in said_above(observed):
        if label in UNITS_OF_NUMBERS:
            continue
        meaning = meaning_of(squeezed(label) or "", known)
        names = [*taken, *(one.name for one in guesses)]
        if meaning and meaning.kind in KINDS and meaning.name not in names:
            name = name_for(label, -1, meaning, names, is_code=False)
            guesses.append(ColumnGuess(-1, label, meaning.kind, name, meta={"above": [label]}))
    return guesses
