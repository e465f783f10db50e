"""`ziping new-source`: from a sample file the contract, the suite and the staging model."""

import fnmatch
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from flows.common.errors import WrongUse
from flows.common.masking import without_ids
from flows.common.settings import CHECKOUT
from flows.contracts.loading import load_contracts
from flows.contracts.model import Contract
from flows.contracts.safety import WORDS_OF_SQL
from flows.onboarding.inference.columns import RENDERED, infer_columns
from flows.onboarding.inference.glossary import collect_meanings
from flows.onboarding.inference.inspect import ROWS_INSPECTED, ROWS_OF_THE_END, InspectedFile
from flows.onboarding.inference.parts import infer_parts, infer_preamble_columns
from flows.onboarding.inference.period import infer_file_pattern, infer_period, infer_title
from flows.onboarding.inference.suggestions import (
    Suggestion,
    escape_label,
    find_unit_of_amounts,
    suggest_words,
)
from flows.onboarding.inference.unpivot import (
    ask_of_other_times,
    infer_unpivoting,
    leave_beside,
)
from flows.onboarding.scaffold.draft import (
    QUESTION,
    Draft,
    insert_entry,
    load_contract,
    write_staging_model,
)
from flows.onboarding.scaffold.read_sample import complete_draft
from flows.onboarding.scaffold.sample_files import Sample, open_sample
from flows.onboarding.scaffold.suite import write_suite
from flows.parsing.result import ParseResult
from flows.parsing.values import UNITS_OF_YUAN


@dataclass(frozen=True)
class NewSource:
    """What was written for a new source, and what is to be said of it."""

    questions: Mapping[Path, int]  # by file, below the checkout: how many lines are to be decided
    parsed: ParseResult  # of the sample, by the draft
    notices: tuple[str, ...]


def _split_name(name: str, contracts: Mapping[str, Contract]) -> tuple[str, str]:
    """Take system and table from a name; raises WrongUse where it cannot be one."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*", name):
        raise WrongUse("--name must be system.table in small letters, for example staffing.guards")
    if name in contracts:
        raise WrongUse(f"{name} is there already: `ziping sources check {name} FILE` tries a file")
    system, table = name.split(".")
    if table in WORDS_OF_SQL:
        raise WrongUse(f"{table} is a word of SQL: take another name")
    return system, table


def draft_contract(
    sample: Sample, system: str, table: str, title: str, contracts: Mapping[str, Contract]
) -> Draft:
    """Draft a contract for a file that was inspected."""
    inspected = sample.inspected
    # What the other tables of the system call a column goes before what the rest do.
    by_system = sorted(contracts.values(), key=lambda contract: contract.system == system)
    known = collect_meanings(by_system)
    unit, _ = find_unit_of_amounts(inspected)
    unpivoting = infer_unpivoting(inspected, known, unit)
    unpivoted = unpivoting.names if unpivoting else {}
    taken = [unpivoting.time.name, *unpivoted.values()] if unpivoting else []
    left_out = (*unpivoted, *unpivoting.left_out) if unpivoting else ()
    columns = infer_columns(inspected, known, unit, left_out, taken)
    if unpivoting:
        leave_beside(columns)
    names = [*taken, *(column.name for column in columns)]
    preamble = infer_preamble_columns(inspected, known, names)
    of_unit, question = infer_parts(sample.files, [*columns, *preamble])
    suggestions = suggest_words(inspected, columns, unpivoted)
    if of_unit:
        suggestions.insert(0, Suggestion("parts", True, question, is_of_table=True))
        preamble += [of_unit] if of_unit not in (*columns, *preamble) else []
    sheets = [sheet.name for sheet in inspected.same_sheets]
    if others := [sheet.name for sheet in inspected.sheets if sheet.name not in sheets]:
        pattern = f"^({'|'.join(map(escape_label, sheets))})$"
        named = ", ".join(map(without_ids, others))
        why = f"these sheets hold other tables, each a source of its own, if any: {named}"
        suggestions.append(Suggestion("sheets", pattern, why))
    title = title or infer_title(inspected)
    file_names = [file.name for file in sample.files]
    has_years = unpivoting is not None
    return Draft(
        system,
        table,
        title,
        infer_file_pattern(file_names, sample.container, title),
        infer_period(inspected, columns, sample.container, has_years=has_years),
        tuple(suggestions),
        tuple(columns),
        tuple(preamble),
        unpivoting,
        (
            *_ask_of_file(inspected, unit),
            *ask_of_other_times(inspected, left_out),
            *([] if of_unit or not question else [question]),
        ),
    )


def _ask_of_file(inspected: InspectedFile, unit: str | None) -> Iterator[str]:
    """Ask of a file what no word of the contract stands for."""
    if unit and unit not in UNITS_OF_YUAN:
        yield f"the file says 单位:{unit}, which is no money: name the columns by it"
    if inspected.other_sheets:
        names = ", ".join(map(without_ids, inspected.other_sheets))
        yield f"these sheets hold no table like it and are passed over: {names}"
    if (count := len(inspected.same_sheets)) > 1:
        yield (
            f"{count} sheets are alike and all are read. Does a sheet's name say something? "
            'Then a column: config: |meta: |sheet_name: "^(.+)$"||; else name them in read.sheets'
        )
    if not all(sheet.is_whole for sheet in inspected.sheets):
        yield (
            f"the file is long: columns and words were told by its first {ROWS_INSPECTED} rows and "
            f"its last {ROWS_OF_THE_END}. Which columns make the key?"
        )
    texts = inspected.sheets[0].texts
    for text in sorted({text for text in texts if text and texts.count(text) > 1}):
        yield f"stands twice in the header and cannot be declared: {text}"
    for text in filter(RENDERED.search, texts):
        yield f"dbt would render this caption: have it renamed: {text}"


def write_new_source(path: Path, name: str, title: str, checkout: Path = CHECKOUT) -> NewSource:
    """Write all that a new source needs for a sample; nothing is landed.

    The entry is loaded and the sample read by it before anything is written. Of a folder or an
    archive it is the first of the files that are most alike. Raises WrongUse, Rejected.
    """
    staging = checkout / "dbt_project" / "models" / "staging"
    contracts = load_contracts(staging)
    system, table = _split_name(name, contracts)
    entries = staging / system / f"_{system}__sources.yml"
    before = entries.read_text("utf-8") if entries.exists() else ""
    with open_sample(path) as sample:
        draft, parsed = complete_draft(
            sample.path,
            sample.inspected.name,
            draft_contract(sample, system, table, title, contracts),
            lambda draft: load_contract(entries, insert_entry(entries, system, draft), name),
        )
    sql, described = write_staging_model(draft)
    files = {
        entries: insert_entry(entries, system, draft),
        entries.with_name(f"stg_{system}__{table}.sql"): sql,
        entries.with_name(f"stg_{system}__{table}.yml"): described,
        checkout / "expectations" / system / f"{table}.yml": write_suite(draft, sample.inspected),
    }
    if there := [file for file in list(files)[1:] if file.exists()]:
        raise WrongUse(f"{there[0].relative_to(checkout)} is there already: move it away")
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    counts = {
        file.relative_to(checkout): text.count(QUESTION.strip()) for file, text in files.items()
    }
    counts[entries.relative_to(checkout)] -= before.count(QUESTION.strip())
    notices = list(sample.notices)
    if not before:
        notices.append(f"{system} is a new system: its files are dropped in raw/inbox/{system}/")
    notices += [
        f"the file's name also fits {other.name}: change one pattern, or name in both the "
        "`sheets` that they read"
        for other in contracts.values()
        if other.system == system
        and any(fnmatch.fnmatch(sample.inspected.name, each) for each in other.file_patterns)
    ]
    return NewSource(counts, parsed, tuple(notices))
