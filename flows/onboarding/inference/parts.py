"""Telling files that each hold one unit of a table, by what they, their names and others say."""

import re
from collections.abc import Sequence
from itertools import takewhile

from flows.common.text import squeezed
from flows.onboarding.inference.columns import ColumnGuess
from flows.onboarding.inference.inspect import Observed
from flows.onboarding.inference.period import DATES, bounded, stem_of
from flows.onboarding.inference.preamble import said_above
from flows.onboarding.inference.proposals import Proposal

JOINTS = r"\s_\-—–,.+()（）"
UNLESS = "Else take parts and its role: unit away"


def said_once(observed: Observed) -> dict[str, str]:
    """Find what a file says of all its rows: a column with one text alone, a label above."""
    found = {}
    captions = observed.sheets[0].captions
    for place, caption in enumerate(captions):
        cells = [cell for sheet in observed.sheets for cell in sheet.cells(place)]
        texts = {squeezed(cell) for cell in cells}
        if caption and captions.count(caption) == 1 and len(cells) > 1 and len(texts) == 1:
            found[caption] = texts.pop() or ""
    for label, text in said_above(observed).items():
        found[squeezed(label) or ""] = squeezed(text) or ""
    return {said: text for said, text in found.items() if len(text) > 1 or text.isalpha()}


def said_in_name(observed: Observed) -> dict[str, str]:
    """Find what a file says of all its rows and its name says, too: which unit it is of."""
    stem = squeezed(stem_of(observed.name)) or ""
    return {
        said: text
        for said, text in said_once(observed).items()
        if not DATES.fullmatch(text) and len(text) > 1 and re.search(bounded(text), stem)
    }


def differing(files: Sequence[Observed]) -> dict[str, str]:
    """Find what each of several files says once and no two alike; none of one file."""
    said = [said_once(one) for one in files]
    return {
        word: text
        for word, text in (said[0] if len(files) > 1 else {}).items()
        if all(word in one for one in said) and len({one[word] for one in said}) == len(said)
    }


def guess_parts(
    observed: Observed, files: Sequence[Observed], columns: Sequence[ColumnGuess]
) -> tuple[list[Proposal], list[ColumnGuess]]:
    """Propose `parts` and the unit, and a column for it where none of those guessed says it.

    `files` are those of a folder or an archive that are like the sample, if it is of one.
    """
    found = differing(files) or said_in_name(observed)
    said = sorted(
        (one for one in columns if one.is_landed and squeezed(one.caption) in found),
        key=lambda one: one.kind not in ("code", "code_name"),
    )
    unit = next((one for one in columns if one.meta.get("role") == "unit"), None)
    new: list[ColumnGuess] = []
    if unit in said or (unit and _holds_others(files, unit)):
        said = [unit] if unit else []
    elif unit:
        return [], []
    elif not said:
        said = new = _of_label(found) or _of_name(files)
    if not said:
        return [], []
    said[0].meta["role"] = "unit"
    how = f"{len(files)} files are alike" if len(files) > 1 else "the file's name and rows say one"
    why = f"{how}: does each hold another {said[0].caption}? {UNLESS}"
    return [Proposal("table", "parts", True, why)], new


def _holds_others(files: Sequence[Observed], unit: ColumnGuess) -> bool:
    """Say whether no two files hold one unit."""
    units = [
        {squeezed(cell) for sheet in one.sheets for cell in sheet.cells(unit.place)}
        for one in files
        if unit.place >= 0
    ]
    return len(units) > 1 and sum(map(len, units)) == len(set().union(*units))


def _of_label(found: dict[str, str]) -> list[ColumnGuess]:
    return [ColumnGuess(-1, label, "text", "unit_name", meta={"above": [label]},
                        asks=["give it an English name"])
            for label in found][:1]  # fmt: skip


def _common(texts: Sequence[str]) -> str:
    """Give what all texts begin with."""
    alike = takewhile(lambda signs: len(set(signs)) == 1, zip(*texts, strict=False))
    return "".join(signs[0] for signs in alike)


def _of_name(files: Sequence[Observed]) -> list[ColumnGuess]:
    """Take the unit from the names of files, where these differ by more than a date."""
    stems = [stem_of(one.name) for one in files]
    if len(stems) < 2 or len({DATES.sub("", stem) for stem in stems}) < len(stems):
        return []
    # From one sign to another: 甲园 and 乙园 end alike.
    before = re.sub(f"[^{JOINTS}]*$", "", _common(stems))
    behind = _common([stem[len(before) :][::-1] for stem in stems])[::-1]
    behind = re.sub(f"^[^{JOINTS}]*", "", behind)
    pattern = f"^{re.escape(before)}(.+){re.escape(behind)}\\."
    pattern = re.sub("20[0-9]{2}", "20[0-9]{2}", pattern)
    ask = "the files' names alone say it: is it the unit? Give it an English name"
    return [ColumnGuess(-1, "文件名", "text", "unit_name", meta={"file_name": pattern}, asks=[ask])]
