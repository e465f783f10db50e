"""`ziping new-source`: from a sample file the contract, the suite, the staging model, a fixture."""

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from flows.lib.cells import UNITS_OF_YUAN
from flows.lib.column_guesses import ColumnGuess, guess_columns
from flows.lib.console import say
from flows.lib.contracts import Contract, load_contracts
from flows.lib.durable import hash_file
from flows.lib.errors import Rejected, WrongUse, ZipingError
from flows.lib.glossary import known_captions, reserved_words
from flows.lib.ids import without_ids
from flows.lib.landing import read_into
from flows.lib.new_entry import ASK, Draft, entry_text, staging_files
from flows.lib.new_fixture import fixture_of
from flows.lib.new_suite import suite_text
from flows.lib.observing import Observed, observe
from flows.lib.period_guesses import file_pattern, guess_period, said_in_name, title_of
from flows.lib.proposals import Proposal, propose, unit_of
from flows.lib.proposing import suggested_checks
from flows.lib.reading import Reading
from flows.lib.settings import CHECKOUT
from flows.lib.store import Delivery, LandedFile
from flows.lib.text_files import find_encoding
from flows.lib.wide_tables import guess_long, leave_beside

NEW_SYSTEM = """version: 2

sources:
  - name: {system}
    description: {ask}
    schema: landing
    tables:
"""


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
    twice = {one for one in first.texts if one and first.texts.count(one) > 1}
    asks += [f"stands twice in the header and cannot be declared: {one}" for one in sorted(twice)]
    rendered = [one for one in first.texts if re.search(r"\{[{%#]", one)]
    asks += [f"dbt would render this caption: have it renamed: {one}" for one in rendered]
    return Draft(
        system, table, title or title_of(observed, varying.values()),
        (file_pattern(observed.name, varying.values()),),
        guess_period(observed, guesses), tuple(proposals), tuple(guesses),
        long, tuple(asks),
    )  # fmt: skip


def _parts(guesses: Sequence[ColumnGuess], varying: Mapping[int, str]) -> list[Proposal]:
    """Propose that each file holds one unit, where the sample's name and all its rows say one."""
    said = [one for one in guesses if one.place in varying and one.is_landed]
    unit = next((one for one in guesses if one.meta.get("role") == "unit"), None)
    if not said or (unit and unit not in said):
        return []
    unit = unit or said[0]
    unit.meta["role"] = "unit"
    why = f"the file's name and all its rows say one {unit.caption}: is each file of another?"
    return [Proposal("table", "parts", True, why)]


def _with_entry(path: Path, system: str, draft: Draft) -> str:
    """Put the entry behind the last table of its system; what stands in the file stays as it is."""
    if not path.exists():
        text = NEW_SYSTEM.format(system=system, ask=f"What {system} sends.")
        return text + entry_text(draft, 6)
    text = path.read_text("utf-8")
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    tables = next(
        (node for node in _tables_of(root, system) if isinstance(node, yaml.SequenceNode)), None
    )
    if tables is None or not tables.value or tables.flow_style:
        raise ZipingError(f"{path.name}: no list of tables of {system} was found to add to")
    lines = text.splitlines(keepends=True)
    end = _last_line(tables.value[-1]) + 1
    if not any(line.strip() and not line.lstrip().startswith("#") for line in lines[end:]):
        end = len(lines)
    if not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    indent = tables.value[0].start_mark.column - 2
    return "".join([*lines[:end], "\n", entry_text(draft, indent), *lines[end:]])


def _tables_of(root: Any, system: str) -> Sequence[Any]:
    sources = [value for key, value in root.value if key.value == "sources"]
    return [
        value
        for source in (sources[0].value if sources else ())
        if any(key.value == "name" and one.value == system for key, one in source.value)
        for key, value in source.value
        if key.value == "tables"
    ]


def _last_line(node: Any) -> int:
    """Find the last line of a node, from 0; a block ends where its last part does."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style:
        mark = node.end_mark
        return int(mark.line - (mark.column == 0))
    parts = [one for pair in node.value for one in (pair if isinstance(pair, tuple) else (pair,))]
    return max(map(_last_line, parts), default=int(node.start_mark.line))


def _loaded(path: Path, text: str, name: str) -> Contract:
    """Load the file as it would be; raises ZipingError where it is no contract."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.parent.name / path.name
        copy.parent.mkdir()
        copy.write_text(text, "utf-8")
        return load_contracts(Path(folder))[name]


def _read_words(sample: Path, contract: Contract, observed: Observed) -> list[Proposal]:
    """Propose to state encoding and delimiter where the captions do not tell them."""
    if observed.dialect is None:
        return []
    dialect, words = observed.dialect, []
    try:
        encoding, delimiter = find_encoding(sample, contract)
    except Rejected:
        encoding, delimiter = "", dialect.delimiter
    if encoding.removesuffix("-sig") != dialect.encoding:
        why = "the captions do not tell the encoding; other files must have the same"
        words.append(Proposal("read", "encoding", dialect.encoding, why))
    if delimiter != dialect.delimiter:
        why = "the captions do not tell the delimiter"
        words.append(Proposal("read", "delimiter", dialect.delimiter, why))
    return words


def _tried(sample: Path, contract: Contract) -> tuple[Reading, list[Proposal]]:
    """Read the sample as it would be landed, without ids; propose what its rows suggest."""
    file = LandedFile(hash_file(sample), sample.stat().st_size, sample.name)
    delivery = Delivery(contract.name, "", "", (file,), "", "a sample")
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.parquet"
        reading = read_into(rows, sample, delivery, contract, lambda _id: "", None)
        return reading, suggested_checks(rows, reading, contract)


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
    contract = _loaded(path, _with_entry(path, system, draft), name)
    if words := _read_words(sample, contract, observed):
        draft = replace(draft, proposals=(*words, *draft.proposals))
        contract = _loaded(path, _with_entry(path, system, draft), name)
    reading, checks = _tried(sample, contract)
    if checks:
        draft = replace(draft, proposals=(*draft.proposals, *checks))
        contract = _loaded(path, _with_entry(path, system, draft), name)
    sql, described = staging_files(draft)
    suffix, fixture = fixture_of(observed, draft)
    files: dict[Path, str | bytes] = {
        path: _with_entry(path, system, draft),
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
