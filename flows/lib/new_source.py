"""`ziping new-source`: from a sample file the contract, the suite, the staging model, a fixture."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from flows.lib.adding_entries import loaded, with_entry
from flows.lib.cells import UNITS_OF_YUAN
from flows.lib.column_guesses import ColumnGuess, guess_columns
from flows.lib.console import say
from flows.lib.contracts import Contract, load_contracts
from flows.lib.errors import WrongUse
from flows.lib.glossary import known_captions, reserved_words
from flows.lib.ids import without_ids
from flows.lib.new_entry import ASK, Draft, staging_files
from flows.lib.new_fixture import fixture_of
from flows.lib.new_suite import suite_text
from flows.lib.observing import ROWS_LOOKED_AT, ROWS_OF_THE_END, Observed, observe
from flows.lib.period_guesses import file_pattern, guess_period, said_in_name, title_of
from flows.lib.proposals import Proposal, propose, unit_of
from flows.lib.sample_reading import tried
from flows.lib.settings import CHECKOUT
from flows.lib.wide_tables import guess_long, leave_beside


def _split(name: str, contracts: dict[str, Contract]) -> tuple[str, str]:
    """Take system and table from a name; raises WrongUse where it cannot be one."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*", name):
        raise WrongUse("--name must be system.table in small letters, for example staffing.guards")
    if name in contracts:
        raise WrongUse(f"{name} is there already: `ziping sources check {name} FILE` tries a file")
    system, table = name.split(".")
    if table in reserved_words():
        raise WrongUse(f"{table} is a word of SQL: take another name")
    return system, table


def draft_of(
    observed: Observed, system: str, table: str, title: str, contracts: dict[str, Contract]
) -> Draft:
    """Propose a contract for a file that was looked at."""
    unit, _ = unit_of(observed)
    known = known_captions(contracts.values())
    long = guess_long(observed, known, unit)
    spread = long.spread if long else {}
    taken = [long.time.name, *spread.values()] if long else []
    left_out = (*spread, *long.left_out) if long else ()
    guesses = guess_columns(observed, known, unit, left_out, taken)
    if long:
        leave_beside(guesses)
    varying = said_in_name(observed)
    proposals = [*_parts(guesses, varying), *propose(observed, guesses, spread)]
    asks = []
    if unit and unit not in UNITS_OF_YUAN:
        asks.append(f"the file says 单位:{unit}, which is no money: name the columns by it")
    if observed.other_sheets:
        names = ", ".join(map(without_ids, observed.other_sheets))
        asks.append(f"these sheets hold no table like it and are passed over: {names}")
    first = observed.sheets[0]
    alike = [sheet.name for sheet in observed.sheets if sheet.captions == first.captions]
    if len(alike) > 1:
        asks.append(
            f"{len(alike)} sheets are alike and all are read. Does a sheet's name say something? "
            'Then a column: config: |meta: |sheet_name: "^(.+)$"||; else name them in read.sheets'
        )
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
        system, table, title or title_of(observed, varying.values()),
        (file_pattern(observed.name, varying.values()),),
        guess_period(observed, guesses, has_years=long is not None), tuple(proposals),
        tuple(guesses), long, tuple(asks),
    )  # fmt: skip


def _parts(guesses: Sequence[ColumnGuess], varying: Mapping[int, str]) -> list[Proposal]:
    """Propose that each file holds one unit, where the sample's name and all its rows say one."""
    said = [one for one in guesses if one.place in varying and one.is_landed]
    unit = next((one for one in guesses if one.meta.get("role") == "unit"), None)
    if not said or (unit and unit not in said):
        return []
    unit = unit or said[0]
    unit.meta["role"] = "unit"
    why = (
        f"the file's name and all its rows say one {unit.caption}: does each file hold another? "
        "Else take parts and its role: unit away"
    )
    return [Proposal("table", "parts", True, why)]


def new_source(sample: Path, name: str, title: str, checkout: Path = CHECKOUT) -> list[Path]:
    """Write all that a new source needs, and give what was written; nothing is landed.

    The entry is loaded and the sample read by it before anything is written.
    """
    if not sample.is_file():
        raise WrongUse(f"{without_ids(str(sample))} is no file")
    staging = checkout / "dbt_project" / "models" / "staging"
    contracts = load_contracts(staging)
    system, table = _split(name, contracts)
    path = staging / system / f"_{system}__sources.yml"
    observed = observe(sample, sample.name)
    draft = draft_of(observed, system, table, title, contracts)
    draft, reading = tried(
        sample, draft, observed, lambda one: loaded(path, with_entry(path, system, one), name)
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
        if other.system == system and any(_fits(one, sample.name) for one in other.file_patterns):
            say(f"the file's name also fits {other.name}, which would take it: change one pattern")
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
