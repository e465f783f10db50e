"""`ziping new-source`: from a sample file the contract, the suite, the staging model, a fixture."""

import re
from pathlib import Path

from flows.common.console import say
from flows.common.errors import WrongUse
from flows.common.masking import without_ids
from flows.common.settings import CHECKOUT
from flows.contracts.loading import load_contracts
from flows.contracts.model import Contract
from flows.contracts.schema import WORDS_OF_SQL
from flows.onboarding.inference.columns import guess_columns
from flows.onboarding.inference.glossary import known_captions
from flows.onboarding.inference.inspect import ROWS_LOOKED_AT, ROWS_OF_THE_END
from flows.onboarding.inference.parts import differing, guess_parts, said_in_name
from flows.onboarding.inference.period import file_pattern, guess_period, title_of
from flows.onboarding.inference.preamble import guess_above
from flows.onboarding.inference.proposals import Proposal, pattern_of, propose, unit_of
from flows.onboarding.inference.unpivot import guess_long, leave_beside
from flows.onboarding.scaffold.draft import ASK, Draft, staging_files
from flows.onboarding.scaffold.fixture import fixture_of
from flows.onboarding.scaffold.insert_entry import loaded, with_entry
from flows.onboarding.scaffold.sample_files import Sample, sample_of
from flows.onboarding.scaffold.suite import suite_text
from flows.onboarding.scaffold.try_draft import tried
from flows.parsing.values import UNITS_OF_YUAN


def _split(name: str, contracts: dict[str, Contract]) -> tuple[str, str]:
    """Take system and table from a name; raises WrongUse where it cannot be one."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*", name):
        raise WrongUse("--name must be system.table in small letters, for example staffing.guards")
    if name in contracts:
        raise WrongUse(f"{name} is there already: `ziping sources check {name} FILE` tries a file")
    system, table = name.split(".")
    if table in WORDS_OF_SQL:
        raise WrongUse(f"{table} is a word of SQL: take another name")
    return system, table


def draft_of(
    sample: Sample, system: str, table: str, title: str, contracts: dict[str, Contract]
) -> Draft:
    """Propose a contract for a file that was looked at."""
    observed = sample.observed
    unit, _ = unit_of(observed)
    known = known_captions(contracts.values())
    long = guess_long(observed, known, unit)
    spread = long.spread if long else {}
    taken = [long.time.name, *spread.values()] if long else []
    left_out = (*spread, *long.left_out) if long else ()
    guesses = guess_columns(observed, known, unit, left_out, taken)
    if long:
        leave_beside(guesses)
    above = guess_above(observed, known, [*taken, *(one.name for one in guesses)])
    parts, more = guess_parts(observed, sample.alike, [*guesses, *above])
    above += more
    proposals = [*parts, *propose(observed, guesses, spread)]
    varying = [*said_in_name(observed).values(), *differing(sample.alike).values()]
    title = title or title_of(observed, varying)
    alike = [one.name for one in sample.alike]
    asks = []
    if unit and unit not in UNITS_OF_YUAN:
        asks.append(f"the file says 单位:{unit}, which is no money: name the columns by it")
    if observed.other_sheets:
        names = ", ".join(map(without_ids, observed.other_sheets))
        asks.append(f"these sheets hold no table like it and are passed over: {names}")
    first = observed.sheets[0]
    sheets = [sheet.name for sheet in observed.sheets if sheet.captions == first.captions]
    if len(sheets) > 1:
        asks.append(
            f"{len(sheets)} sheets are alike and all are read. Does a sheet's name say something? "
            'Then a column: config: |meta: |sheet_name: "^(.+)$"||; else name them in read.sheets'
        )
    if others := [one.name for one in observed.sheets if one.name not in sheets]:
        names = ", ".join(map(without_ids, others))
        pattern = f"^({'|'.join(map(pattern_of, sheets))})$"
        why = f"these sheets hold other tables, each a source of its own, if any: {names}"
        proposals.append(Proposal("read", "sheets", pattern, why))
    if not all(sheet.is_whole for sheet in observed.sheets):
        asks.append(
            f"the file is long: columns and words were told by its first {ROWS_LOOKED_AT} rows and "
            f"its last {ROWS_OF_THE_END}, sums of rows by all. Which columns make the key?"
        )
    twice = {one for one in first.texts if one and first.texts.count(one) > 1}
    asks += [f"stands twice in the header and cannot be declared: {one}" for one in sorted(twice)]
    rendered = [one for one in first.texts if re.search(r"\{[{%#]", one)]
    asks += [f"dbt would render this caption: have it renamed: {one}" for one in rendered]
    return Draft(
        system, table, title,
        file_pattern([observed.name, *alike], varying, sample.container, title),
        guess_period(observed, guesses, sample.container, has_years=long is not None),
        tuple(proposals), tuple(guesses), long, tuple(asks), tuple(above),
    )  # fmt: skip


def new_source(path: Path, name: str, title: str, checkout: Path = CHECKOUT) -> list[Path]:
    """Write all that a new source needs, and give what was written; nothing is landed.

    The entry is loaded and the sample read by it before anything is written. Of a folder or an
    archive it is the first of the files that are most alike.
    """
    staging = checkout / "dbt_project" / "models" / "staging"
    contracts = load_contracts(staging)
    system, table = _split(name, contracts)
    with sample_of(path) as sample:
        for remark in sample.remarks:
            say(remark)
        return _written(sample, system, table, title, contracts, checkout)


def _written(
    sample: Sample, system: str, table: str, title: str, contracts: dict[str, Contract],
    checkout: Path,
) -> list[Path]:  # fmt: skip
    observed, name = sample.observed, f"{system}.{table}"
    path = checkout / "dbt_project" / "models" / "staging" / system / f"_{system}__sources.yml"
    draft, reading = tried(
        sample.path,
        draft_of(sample, system, table, title, contracts),
        observed,
        lambda one: loaded(path, with_entry(path, system, one), name),
    )
    sql, described = staging_files(draft)
    suffix, fixture = fixture_of(observed, draft)
    files: dict[Path, str | bytes] = {
        path: with_entry(path, system, draft),
        path.with_name(f"stg_{system}__{table}.sql"): sql,
        path.with_name(f"stg_{system}__{table}.yml"): described,
        checkout / "expectations" / system / f"{table}.yml": suite_text(draft, observed),
        checkout / "tests" / "fixtures" / "sources" / f"{system}__{table}{suffix}": fixture,
    }
    if there := [one for one in list(files)[1:] if one.exists()]:
        raise WrongUse(f"{there[0].relative_to(checkout)} is there already: move it away")
    before = path.read_text("utf-8") if path.exists() else ""
    for file, content in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    _tell(files, before, checkout)
    rows = len({(one.sheet, one.row_number) for one in reading.set_aside})
    say(f"of the sample {reading.landed} rows would be read, {rows} set aside, "
        f"{sum(reading.skipped.values())} skipped as titles, totals or notes")  # fmt: skip
    if not before:
        say(f"{system} is a new system: its files are dropped in raw/inbox/{system}/")
    for other in contracts.values():
        if other.system == system and any(_fits(one, observed.name) for one in other.file_patterns):
            say(
                f"the file's name also fits {other.name}: change one pattern, or name in both the "
                "`sheets` that they read"
            )
    say(f"next: ziping sources check {name} FILE")
    return list(files)


def _fits(pattern: str, name: str) -> bool:
    import fnmatch

    return fnmatch.fnmatch(name, pattern)


def _tell(files: dict[Path, str | bytes], before: str, checkout: Path) -> None:
    """Say what was written, and how much of it is to be decided; `before` is the old entries."""
    already = before.count(ASK.strip())
    for file, content in files.items():
        asks = content.count(ASK.strip()) - already if isinstance(content, str) else 0
        already = 0  # the entries come first
        decide = f": {asks} lines marked `# decide:` are for you" if asks else ""
        say(f"wrote {file.relative_to(checkout)}{decide}")
