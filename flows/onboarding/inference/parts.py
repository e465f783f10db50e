"""What a file says once for all its rows, and so whether it holds one unit of a table in parts."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from flows.common.text import strip_whitespace
from flows.onboarding.inference.cells import list_texts
from flows.onboarding.inference.columns import InferredColumn
from flows.onboarding.inference.glossary import Meaning, find_meaning, name_column
from flows.onboarding.inference.inspect import InspectedFile
from flows.onboarding.inference.period import split_at_dates

KINDS = ("code", "text", "stage")  # of columns that a label above the header may fill
UNITS_OF_NUMBERS = ("单位", "計量單位", "计量单位", "金额单位")  # 单位:万元


def read_labels(inspected: InspectedFile) -> dict[str, str]:
    """Read labels above the first header, and what is said behind or right of each."""
    found = {}
    for _, row in inspected.sheets[0].preamble:
        texts = list(dict.fromkeys(text for _, text in list_texts(row)))
        for text, following in pairwise([*texts, ""]):
            label, colon, rest = text.partition(":")
            value = rest.strip() or ("" if ":" in following else following)
            if colon and value:
                found[label.strip()] = value
    return found


def infer_preamble_columns(
    inspected: InspectedFile, known: Mapping[str, Meaning], taken: Sequence[str]
) -> list[InferredColumn]:
    """Suggest a column for each label whose meaning is known and that no caption says, too."""
    columns: list[InferredColumn] = []
    for label in read_labels(inspected):
        meaning = find_meaning(strip_whitespace(label) or "", known)
        names = [*taken, *(column.name for column in columns)]
        if label in UNITS_OF_NUMBERS or not meaning or meaning.kind not in KINDS:
            continue
        if meaning.name not in names:
            name = name_column(label, -1, meaning, names, is_code=False)
            meta = {"preamble": [label]}
            columns.append(InferredColumn(-1, label, meaning.kind, name, meta=meta))
    return columns


def _find_constants(inspected: InspectedFile) -> dict[str, str]:
    """Find what a file says of all its rows: a column with one text alone, a label above."""
    found = {}
    captions = inspected.sheets[0].captions
    for place, caption in enumerate(captions):
        cells = inspected.cells(place)
        texts = set(map(strip_whitespace, cells))
        if caption and captions.count(caption) == 1 and len(cells) > 1 and len(texts) == 1:
            found[caption] = texts.pop() or ""
    for label, text in read_labels(inspected).items():
        found[strip_whitespace(label) or ""] = strip_whitespace(text) or ""
    return {label: text for label, text in found.items() if len(text) > 1 or text.isalpha()}


def infer_parts(
    files: Sequence[InspectedFile], columns: Sequence[InferredColumn]
) -> tuple[InferredColumn | None, str]:
    """Find the column that says which unit each of several files holds, and what is asked.

    It is one of those known, or one for a label above the header, and gets the role of the unit.
    """
    if len(files) < 2:
        return None, ""
    own, *others = map(_find_constants, files)
    different = [
        label
        for label, text in own.items()
        if len({text, *(other.get(label, text) for other in others)}) == len(files)
    ]
    declared = [column for column in columns if column.is_declared]
    known = [column for column in declared if column.meta.get("role") == "unit"]
    candidates = [column for column in declared if strip_whitespace(column.caption) in different]
    candidates.sort(key=lambda column: column.kind not in ("code", "code_name"))
    labels = [label for label in read_labels(files[0]) if strip_whitespace(label) in different]
    question = f"{len(files)} files are alike: does each hold another"
    if known:
        unit = known[0] if known[0] in candidates or _are_disjoint(files, known[0]) else None
    elif candidates:
        unit = candidates[0]
    else:
        unit = _name_unit(labels[0]) if labels else None
    if unit is None:
        names = {tuple(split_at_dates(Path(file.name).stem)) for file in files}
        if known or len(names) < len(files):
            return None, ""
        hint = "Then parts: true, and the column that says the unit gets role: unit"
        return None, f"{question} unit, as their names may say? {hint}"
    unit.meta["role"] = "unit"
    return unit, f"{question} {unit.caption}? Else take parts and its role: unit away"


def _name_unit(label: str) -> InferredColumn:
    meta, question = {"preamble": [label]}, "give it an English name"
    return InferredColumn(-1, label, "text", "unit_name", meta=meta, questions=[question])


def _are_disjoint(files: Sequence[InspectedFile], unit: InferredColumn) -> bool:
    """Say whether no two files hold one unit."""
    units = [
        set(map(strip_whitespace, file.cells(unit.place))) for file in files if unit.place >= 0
    ]
    return len(units) > 1 and sum(map(len, units)) == len(set().union(*units))
