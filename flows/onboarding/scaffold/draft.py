"""A contract draft: what is suggested for a sample, its text, and what it is inserted into."""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from flows.common.errors import ZipingError
from flows.common.masking import without_ids
from flows.contracts.loading import load_contracts
from flows.contracts.model import Contract
from flows.contracts.words import Units
from flows.onboarding.inference.columns import NOT_DECLARED, InferredColumn
from flows.onboarding.inference.suggestions import Suggestion, without_braces, write_flow
from flows.onboarding.inference.unpivot import Unpivoting

QUESTION = "# decide: "
UNITS_KNOWN = ("school_code", "unit_code")  # of which the model knows who must report
NEW_SYSTEM = """version: 2

sources:
  - name: {system}
    description: What {system} sends.
    schema: landing
    tables:
"""
FIRST_TABLE = re.compile(r"^ +tables:(?: *#.*)?\n(?: *(?:#.*)?\n)*( +)- ", re.MULTILINE)


@dataclass(frozen=True)
class Draft:
    """What is suggested for a new source table."""

    system: str
    table: str
    title: str
    files: tuple[str, str]  # the pattern of their names, and what is asked
    period: tuple[dict[str, Any], str]  # the words, and what is asked
    suggestions: tuple[Suggestion, ...]
    columns: tuple[InferredColumn, ...]  # of the header
    preamble: tuple[InferredColumn, ...] = ()  # what the sheet or the file says for all its rows
    unpivoting: Unpivoting | None = None
    questions: tuple[str, ...] = ()

    @property
    def declared(self) -> list[InferredColumn]:
        """The columns that are declared."""
        found = [*self.preamble, *(column for column in self.columns if column.is_declared)]
        if self.unpivoting:
            found += [self.unpivoting.time, *(column for column, _ in self.unpivoting.values)]
        return found

    def find_value(self, word: str) -> Any:
        """Give the value that is suggested for a word; None where none is."""
        return next((each.value for each in self.suggestions if each.word == word), None)

    @property
    def key(self) -> list[str]:
        """The columns that no two rows share: of a table in parts with the unit, and the time."""
        found = list(self.find_value("key") or ())
        if not found:
            return []
        if self.find_value("parts") and self.unit and self.unit not in found:
            found.insert(0, self.unit)
        return [*found, *([self.unpivoting.time.name] if self.unpivoting else [])]

    @property
    def unit(self) -> str | None:
        """The column that says who reports, if one is known."""
        units = (column.name for column in self.declared if column.meta.get("role") == "unit")
        return next(units, None)


def write_question(text: str) -> str:
    """Write what a person must decide as a comment: one line, without ids, nothing to render."""
    plain = re.sub(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+", " ", without_ids(text))
    return f"{QUESTION}{re.sub('[{}]', '|', plain)}"


def _write_read(draft: Draft) -> Iterator[str]:
    suggestions = [each for each in draft.suggestions if not each.is_of_table]
    if not draft.unpivoting and not any(each.is_sure for each in suggestions):
        yield "read: {}"
        for each in suggestions:
            yield write_question(f"read: {each.why}: {each.line}")
        return
    yield "read:"
    if draft.unpivoting:
        yield from ("  " + write_question(text) for text in draft.unpivoting.questions)
        yield f"  long: {write_flow(dict(draft.unpivoting.words))}"
    for each in suggestions:
        yield "  " + write_question(each.why if each.is_sure else f"{each.why} {each.line}")
        if each.is_sure:
            yield f"  {each.line}"


def _write_meta(draft: Draft) -> Iterator[str]:
    yield f"title: {write_flow(draft.title)}"
    pattern, question = draft.files
    yield write_question(question)
    yield f"pull: {write_flow({'from': 'inbox', 'files': [pattern]})}"
    period, question = draft.period
    if period["kind"] != "standing":
        question += " years: [-1, 0] where figures look back"
    yield write_question(question)
    yield f"period: {write_flow(period)}"
    yield from _write_read(draft)
    for each in draft.suggestions:
        if each.is_of_table:
            yield write_question(each.why)
            yield f"key: {write_flow(draft.key)}" if each.word == "key" else each.line
    if draft.unit in UNITS_KNOWN:
        yield write_question(
            f"must every unit report? Then units: (column: {draft.unit}, expected: …), one of "
            + ", ".join(get_args(Units.model_fields["expected"].annotation))
        )
    elif draft.unit is None:
        yield write_question("which column names the school or the budget unit? Give it role: unit")
    yield write_question(
        "which office owes it, and by when? year_offset counts from the period's year"
    )
    yield 'owed: {by: 待定, due: {month_day: "01-31", year_offset: 1}}'


def _write_columns(draft: Draft) -> Iterator[str]:
    for column in draft.declared:
        for question in column.questions:
            yield write_question(f"{column.caption}: {question}")
        yield f"- name: {column.name}"
        yield f"  data_type: {column.data_type}"
        yield f"  config: {write_flow({'meta': column.meta})}"
    for column in draft.columns:
        if why := NOT_DECLARED.get(column.kind):
            text = f"not declared, and so not landed: {column.caption} ({why})"
            yield write_question(text)
    yield from map(write_question, draft.questions)


def _write_entry(draft: Draft, indent: int) -> str:
    """Write the entry as it stands among the tables of its system, so many blanks in."""
    grain = " and ".join(draft.key) or "row of the file"
    lines = [
        f"- name: {draft.table}",
        f"  identifier: {draft.system}__{draft.table}",
        "  " + write_question("say what one row is"),
        f"  description: One row per {grain}.",
        "  config:",
        "    meta:",
        *(f"      {line}" for line in _write_meta(draft)),
        "  columns:",
        *(f"    {line}" for line in _write_columns(draft)),
    ]
    return "".join(f"{' ' * indent}{line}\n" for line in lines)


def insert_entry(path: Path, system: str, draft: Draft) -> str:
    """Write the file with the entry behind the last table of its system, which ends the file."""
    if not path.exists():
        return NEW_SYSTEM.format(system=system) + _write_entry(draft, 6)
    text = path.read_text("utf-8")
    first = FIRST_TABLE.search(text)
    if first is None:
        raise ZipingError(f"{path.name}: no list of tables of {system} was found to add to")
    return f"{text.rstrip()}\n\n{_write_entry(draft, len(first[1]))}"


def load_contract(path: Path, text: str, name: str) -> Contract:
    """Load the file as it would be; raises ZipingError where it is no contract."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.parent.name / path.name
        copy.parent.mkdir()
        copy.write_text(text, "utf-8")
        contracts = load_contracts(Path(folder))
    if name not in contracts:
        raise ZipingError(f"{path.name}: the tables of {name.split('.')[0]} do not end the file")
    return contracts[name]


def write_staging_model(draft: Draft) -> tuple[str, str]:
    """Write the staging model, which names every column, and its YAML."""
    kind = draft.period[0]["kind"]
    descriptions = {"district_code": "GB/T 2260 code of the district."}
    expressions = {}
    if kind != "standing":
        descriptions["period"] = "Period of the delivery."
        if all(column.name != "year" for column in draft.declared):
            descriptions["year"] = "Year of the period."
            text = "period" if kind == "calendar_year" else "substr(period, 1, 4)"
            expressions["year"] = f"cast({text} as int) as year"
    for column in draft.declared:
        descriptions[column.name] = without_braces(f"{column.caption}.")
    descriptions |= {
        "_file_id": "sha256 of the file.",
        "_sheet": "Sheet of the file.",
        "_row_number": "Row of the sheet.",
    }
    selected = ",\n    ".join(expressions.get(name, name) for name in descriptions)
    sql = (
        f"with\n\n{draft.table} as (\n\n"
        f"    select * from {{{{ source('{draft.system}', '{draft.table}') }}}}\n\n)\n\n"
        f"select\n    {selected}\nfrom {draft.table}\n"
    )
    description = without_braces(f"{draft.title}. One row per landed row.")
    lines = [
        "version: 2\n\nmodels:",
        f"  - name: stg_{draft.system}__{draft.table}",
        "    " + write_question("say what one row is"),
        f"    description: {write_flow(description)}",
        "    columns:",
    ]
    for name, text in descriptions.items():
        lines.append(f"      - {write_flow({'name': name, 'description': text})}")
    return sql, "\n".join(lines) + "\n"
