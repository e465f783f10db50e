"""What a file says once for all its rows, and so whether it holds one unit of a table in parts."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise, takewhile

from flows.common.text import squeezed
from flows.onboarding.inference.cells import list_texts
from flows.onboarding.inference.columns import InferredColumn
from flows.onboarding.inference.glossary import Meaning, find_meaning, name_column
from flows.onboarding.inference.inspect import InspectedFile
from flows.onboarding.inference.period import DATES, bounded, stem_of

KINDS = ("code", "text", "stage")  # of columns that a label above the header may fill
UNITS_OF_NUMBERS = ("单位", "計量單位", "计量单位", "金额单位")  # 单位:万元
JOINTS = r"\s_\-—–,.+()（）"


def read_labels(inspected: InspectedFile) -> dict[str, str]:
    """Read labels above the first header, and what is said behind or right of each."""
    found = {}
    for _, row in inspected.sheets[0].preamble:
        texts = list(dict.fromkeys(text for _, text in list_texts(row)))
        for text, following in pairwise([*texts, ""]):
            label, colon, rest = text.partition(":")
            said = rest.strip() or ("" if ":" in following else following)
            if colon and said:
                found[label.strip()] = said
    return found


def infer_preamble_columns(
    inspected: InspectedFile, known: Mapping[str, Meaning], taken: Sequence[str]
) -> list[InferredColumn]:
    """Suggest a column for each label whose meaning is known and that no caption says, too."""
    columns: list[InferredColumn] = []
    for label in read_labels(inspected):
        meaning = find_meaning(squeezed(label) or "", known)
        names = [*taken, *(column.name for column in columns)]
        if label in UNITS_OF_NUMBERS or not meaning or meaning.kind not in KINDS:
            continue
        if meaning.name not in names:
            name = name_column(label, -1, meaning, names, is_code=False)
            meta = {"above": [label]}
            columns.append(InferredColumn(-1, label, meaning.kind, name, meta=meta))
    return columns


def _find_said_once(inspected: InspectedFile) -> dict[str, str]:
    """Find what a file says of all its rows: a column with one text alone, a label above."""
    found = {}
    captions = inspected.sheets[0].captions
    for place, caption in enumerate(captions):
        cells = inspected.cells(place)
        texts = set(map(squeezed, cells))
        if caption and captions.count(caption) == 1 and len(cells) > 1 and len(texts) == 1:
            found[caption] = texts.pop() or ""
    for label, text in read_labels(inspected).items():
        found[squeezed(label) or ""] = squeezed(text) or ""
    return {label: text for label, text in found.items() if len(text) > 1 or text.isalpha()}


def find_unit(files: Sequence[InspectedFile]) -> dict[str, str]:
    """Find what the first file says of all its rows and no two files alike, by what says it.

    Of one file alone it is what its name says, too.
    """
    said, *others = map(_find_said_once, files)
    if not others:
        stem = squeezed(stem_of(files[0].name)) or ""
        return {
            label: text
            for label, text in said.items()
            if not DATES.fullmatch(text) and len(text) > 1 and re.search(bounded(text), stem)
        }
    return {
        label: text
        for label, text in said.items()
        if all(label in other for other in others)
        and len({text, *(other[label] for other in others)}) == len(files)
    }


def infer_unit(
    files: Sequence[InspectedFile], columns: Sequence[InferredColumn]
) -> tuple[str, list[InferredColumn]]:
    """Say why files may be parts of one table, and give a column for the unit if none says it.

    The column of the unit gets its role. Files that hold no unit each give an empty text.
    """
    found = find_unit(files)
    candidates = [
        column for column in columns if column.is_declared and squeezed(column.caption) in found
    ]
    candidates.sort(key=lambda column: column.kind not in ("code", "code_name"))
    unit = next((column for column in columns if column.meta.get("role") == "unit"), None)
    new: list[InferredColumn] = []
    if unit and (unit in candidates or _are_disjoint(files, unit)):
        candidates = [unit]
    elif unit:
        return "", []
    elif not candidates:
        candidates = new = _take_label(found) or _take_file_name(files)
    if not candidates:
        return "", []
    candidates[0].meta["role"] = "unit"
    how = f"{len(files)} files are alike" if len(files) > 1 else "the file's name and rows say one"
    return f"{how}: does each hold another {candidates[0].caption}?", new


def _are_disjoint(files: Sequence[InspectedFile], unit: InferredColumn) -> bool:
    """Say whether no two files hold one unit."""
    units = [set(map(squeezed, file.cells(unit.place))) for file in files if unit.place >= 0]
    return len(units) > 1 and sum(map(len, units)) == len(set().union(*units))


def _take_label(labels: Mapping[str, str]) -> list[InferredColumn]:
    question = "give it an English name"
    return [
        InferredColumn(
            -1, label, "text", "unit_name", meta={"above": [label]}, questions=[question]
        )
        for label in labels
    ][:1]


def _common_start(texts: Sequence[str]) -> str:
    alike = takewhile(lambda signs: len(set(signs)) == 1, zip(*texts, strict=False))
    return "".join(signs[0] for signs in alike)


def _take_file_name(files: Sequence[InspectedFile]) -> list[InferredColumn]:
    """Take the unit from the names of files, where these differ by more than a date."""
    stems = [stem_of(file.name) for file in files]
    if len(stems) < 2 or len({DATES.sub("", stem) for stem in stems}) < len(stems):
        return []
    # From one sign to another: 甲园 and 乙园 end alike.
    before = re.sub(f"[^{JOINTS}]*$", "", _common_start(stems))
    behind = _common_start([stem[len(before) :][::-1] for stem in stems])[::-1]
    behind = re.sub(f"^[^{JOINTS}]*", "", behind)
    pattern = f"^{re.escape(before)}(.+){re.escape(behind)}\\."
    meta = {"file_name": re.sub("20[0-9]{2}", "20[0-9]{2}", pattern)}
    question = "the files' names alone say it: is it the unit? Give it an English name"
    return [InferredColumn(-1, "文件名", "text", "unit_name", meta=meta, questions=[question])]
