"""Expectation suites: what must be true of a table, as it stands in YAML."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from flows.common.settings import CHECKOUT
from flows.contracts.model import Contract
from flows.parsing.codes import SEEDS

# These would hide failing rows, or are stated beside the kwargs and nowhere else.
FORBIDDEN_KWARGS = tuple("mostly result_format catch_exceptions meta severity notes id".split())
# Great Expectations has harmless defaults for these: a rule that leaves them out asks nothing.
ASKS_BY = {
    "expect_column_values_to_be_in_set": ("value_set",),
    "expect_column_values_to_not_be_in_set": ("value_set",),
    "expect_column_values_to_match_regex": ("regex",),
    "expect_column_values_to_not_match_regex": ("regex",),
    "expect_column_values_to_be_between": ("min_value", "max_value"),
    "expect_column_value_lengths_to_be_between": ("min_value", "max_value"),
}
COLUMN_KWARGS = ("column", "column_A", "column_B")
SUITES = CHECKOUT / "expectations"
FILE_CHECKS_FILE = "file_checks.yml"
SEVERITIES = ("critical", "warning", "info")
EFFECTS = ("none", "provisional")
# What is found in a file, by the name under which `file_checks.yml` says what it leads to. Of these
# the rows are quarantined; whatever else is found takes no row out of the figures.
OF_ROWS = tuple(
    """
    unreadable_cell more_cells_than_captions fewer_cells_than_captions odd_quotes
    another_encoding one_cell_alone unlisted_total unclear_row merged_amount other_table
    exact_duplicate conflicting_key
    """.split()
)
PARSING_FINDINGS = (
    "required_column",
    *OF_ROWS,
    *"""
    hidden_row fraction_of_fen equal_sheets quarantine_limit own_total part_above_whole
    totals_row_missing attachment_missing blank_amount
    """.split(),
)
# What a file has that the last one of its table had not.
DRIFT_FINDINGS = tuple(
    """
    new_column missing_column renamed_caption changed_type other_unit other_year row_count_far
    swapped_columns sums_far sums_out_of_scale unit_far part_of_period same_file_twice
    older_file_again
    """.split()
)
FINDINGS = (*PARSING_FINDINGS, *DRIFT_FINDINGS)
CODES = re.compile(r"\$([a-z]\w*)(?:\.([a-z]\w*))?")  # a list of codes that the product knows


@dataclass(frozen=True)
class Notes:
    """What is asked, why it matters and how to resolve it, for the office and the engineer."""

    what: str
    why: str
    resolve: str


@dataclass(frozen=True)
class Rule:
    """One expectation: with an effect it quarantines rows, or keeps them and doubts the table.

    What is checked while a file is read is a rule, too, by the name of what is found.
    """

    type: str
    kwargs: Mapping[str, Any] = field(hash=False)
    severity: str
    effect: str | None
    notes: Notes
    keeps_rows: bool = False  # it is about aggregates, or about the file as it was read

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the rule names."""
        single = [self.kwargs[key] for key in COLUMN_KWARGS if key in self.kwargs]
        return tuple(map(str, [*single, *self.kwargs.get("column_list", ())]))

    @property
    def column(self) -> str | None:
        """The column, or the columns of a rule on several, as they are shown."""
        return ", ".join(self.columns) or None

    @property
    def is_row_rule(self) -> bool:
        """Whether the rule quarantines rows."""
        return self.effect is not None and not self.keeps_rows

    @property
    def makes_doubt(self) -> bool:
        """Whether figures are doubtful where it fails, though no row is taken out of them."""
        return self.effect == "provisional" and self.keeps_rows


@dataclass(frozen=True)
class Suite:
    """What must be true of one table."""

    name: str
    aggregates: Mapping[str, str] = field(hash=False)
    rules: tuple[Rule, ...]
    file_checks: Mapping[str, Rule] = field(hash=False)


def load_suite(path: Path, checks_of_all: Path | None = None) -> Suite:
    """Read a suite, and what stands in `checks_of_all` for every table that is read from a file.

    Raises SuiteError where it is missing, empty or unclear.
    """
    raw = _read_suite_file(path)
    if isinstance(raw, dict) and "reading" in raw:
        raise SuiteError(f"{path}: the suite's key reading is called file_checks now")
    raw = _take_keys(raw, f"{path}: the suite", ("name", "rules"), ("aggregates", "file_checks"))
    name, rules = raw["name"], raw["rules"]
    if not isinstance(rules, list) or not rules:
        raise SuiteError(f"{path}: the suite has no rules")
    aggregates = raw.get("aggregates") or {}
    if not isinstance(aggregates, dict) or not all(isinstance(v, str) for v in aggregates.values()):
        raise SuiteError(f"{path}: aggregates must give one SQL expression a name")
    for_all = _load_file_checks(checks_of_all) if checks_of_all else {}
    return Suite(
        name=str(name),
        aggregates=aggregates,
        rules=tuple(
            _rule(f"{path}: rule {n}", entry, aggregates) for n, entry in enumerate(rules, start=1)
        ),
        file_checks=_merge_file_checks(str(path), raw.get("file_checks") or {}, for_all),
    )


def _rule(where: str, raw: Any, aggregates: Mapping[str, str]) -> Rule:
    kind = raw.get("type") if isinstance(raw, dict) else None
    where = f"{where} ({kind})" if kind else where
    raw = _take_keys(raw, where, ("type", "kwargs", "severity", "notes"), ("effect",))
    kwargs = _take_keys(raw["kwargs"], f"{where} kwargs", (), raw["kwargs"])
    if forbidden := sorted(set(FORBIDDEN_KWARGS) & set(kwargs)):
        raise SuiteError(f"{where} must not use {forbidden[0]} among its kwargs")
    rule = Rule(str(raw["type"]), kwargs, *_read_severity(where, raw))
    if not rule.columns:
        raise SuiteError(f"{where} names no column; what is counted of a table is an aggregate")
    asks_by = ASKS_BY.get(rule.type, ())
    if asks_by and all(kwargs.get(key) is None for key in asks_by):
        raise SuiteError(f"{where} asks nothing: it states no {' or '.join(asks_by)}")
    return replace(rule, keeps_rows=aggregates.keys() >= set(rule.columns))


class SuiteError(ValueError):
    """A suite that cannot be relied upon; the sentence names the file and the rule."""


class Suites:
    """The suites of one run: each file is read once, and stays as it was then."""

    def __init__(self, folder: Path | None = None) -> None:
        """Read suites below a folder, those of this checkout if none is named."""
        self.folder = folder or SUITES
        self._loaded: dict[str, Suite | SuiteError] = {}
        self._digests: dict[str, str] = {}

    def load(self, contract: Contract) -> Suite:
        """Give the suite of a source table; raises SuiteError where it is missing or unclear."""
        if contract.name not in self._loaded:
            try:
                suite = load_suite(self.path(contract), self.folder / FILE_CHECKS_FILE)
                self._loaded[contract.name] = suite
            except SuiteError as error:
                self._loaded[contract.name] = error
        found = self._loaded[contract.name]
        if isinstance(found, SuiteError):
            raise found
        return found

    def digest(self, contract: Contract) -> str:
        """Hash all that the suite of a source table says, with the codes of its lists."""
        if contract.name not in self._digests:
            texts = map(_text_or_bytes, (self.path(contract), self.folder / FILE_CHECKS_FILE))
            digests = [sha256(text).hexdigest() for text in texts]
            self._digests[contract.name] = "\n".join(digests)
        return self._digests[contract.name]

    def rule_names(self, contract: Contract) -> set[str]:
        """Name the rules on the files of a table; none where its suite is unclear."""
        try:
            suite = self.load(contract)
        except SuiteError:  # told where a file is validated
            return set()
        return {*suite.file_checks, *(rule.type for rule in suite.rules)}

    def path(self, contract: Contract) -> Path:
        """Say where the suite of a source table stands: its own, else that of all registers."""
        own = self.folder / contract.system / f"{contract.table}.yml"
        return self.folder / "registers.yml" if contract.sign_off and not own.is_file() else own


def _text_or_bytes(path: Path) -> bytes:
    """Read a suite with its lists filled in; one that is unclear as it stands, or as nothing."""
    try:
        return suite_text(path).encode()
    except SuiteError:
        return path.read_bytes() if path.exists() else b""


NOTES = tuple(entry.name for entry in fields(Notes))


class _Loader(yaml.CSafeLoader):
    """A YAML loader that refuses a key given twice, which would drop rules in silence."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Make a mapping of different keys."""
        keys = [str(key.value) for key, _ in node.value]
        if twice := sorted({key for key in keys if keys.count(key) > 1}):
            raise yaml.constructor.ConstructorError(
                None, None, f"{twice[0]} stands twice", node.start_mark
            )
        return super().construct_mapping(node, deep)


def suite_text(path: Path) -> str:
    """Read a suite with the lists that it names filled in.

    `$staff_posts` stands for the codes of that seed, `$staff_posts.is_teacher_or_principal` for
    those of which the column says true: as a list that YAML, conditions and SQL all understand.
    """

    def codes(found: re.Match[str]) -> str:
        name, column = found.groups()
        seed = SEEDS / f"{name}.csv"
        if not seed.is_file():
            raise SuiteError(f"{path}: there is no list of codes {seed.name} for {found[0]}")
        with seed.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        if column and column not in rows[0]:
            raise SuiteError(f"{path}: the list {seed.name} has no column {column} for {found[0]}")
        key = next(iter(rows[0]))
        return str([row[key] for row in rows if not column or row[column] == "true"])

    try:
        return CODES.sub(codes, path.read_text("utf-8"))
    except OSError as error:
        raise SuiteError(f"{path}: the suite cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise SuiteError(f"{path}: the suite is no readable YAML: it is not UTF-8") from None


def _read_suite_file(path: Path) -> Any:
    """Read the YAML of a suite; raises SuiteError where it cannot be read."""
    try:
        return yaml.load(suite_text(path), _Loader)
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
        raise SuiteError(f"{path}: the suite is no readable YAML: {problem}") from None


def _take_keys(
    raw: Any, where: str, required: Sequence[str], optional: Sequence[str]
) -> dict[str, Any]:
    """Check that something written is a mapping of known keys, with those that are required."""
    if not isinstance(raw, dict):
        raise SuiteError(f"{where} is empty or no mapping")
    if unknown := sorted(set(map(str, raw)) - set(required) - set(optional)):
        raise SuiteError(f"{where} knows no key {unknown[0]}")
    if missing := [key for key in required if raw.get(key) in (None, "")]:
        raise SuiteError(f"{where} does not state its {missing[0]}")
    return raw


def _read_severity(where: str, raw: Mapping[str, Any]) -> tuple[str, str | None, Notes]:
    """Read severity, effect and notes."""
    if raw["severity"] not in SEVERITIES:
        raise SuiteError(f"{where} has a severity other than {', '.join(SEVERITIES)}")
    if "effect" in raw and raw["effect"] not in EFFECTS:
        raise SuiteError(f"{where} has an effect other than {', '.join(EFFECTS)}")
    notes = _take_keys(raw["notes"], f"{where} notes", NOTES, ())
    return raw["severity"], raw.get("effect"), Notes(**{key: str(notes[key]) for key in NOTES})


def _load_file_checks(path: Path) -> dict[str, dict[str, Any]]:
    """Read what each thing found while reading leads to in every table that says nothing else."""
    raw = _take_keys(_read_suite_file(path), str(path), FINDINGS, ())
    _merge_file_checks(str(path), raw, {})
    return raw


def _merge_file_checks(
    where: str, own: Any, for_all: Mapping[str, Mapping[str, Any]]
) -> dict[str, Rule]:
    """Lay a suite's own words over those for every table, word by word, notes too."""
    if not isinstance(own, dict):
        raise SuiteError(f"{where}: file_checks must give rules by name")
    if unknown := sorted(set(map(str, own)) - set(FINDINGS)):
        raise SuiteError(f"{where}: file_checks knows no {unknown[0]}, only {', '.join(FINDINGS)}")
    rules = {}
    for name in (name for name in FINDINGS if name in own or name in for_all):
        place, base = f"{where}: file_checks {name}", for_all.get(name, {})
        raw = {
            **base,
            **_take_keys(own.get(name, {}), place, (), ("severity", "effect", "notes")),
        }
        if base and isinstance(raw["notes"], dict):
            raw["notes"] = {**base["notes"], **raw["notes"]}
        said = _read_severity(place, _take_keys(raw, place, ("severity", "notes"), ("effect",)))
        rules[name] = Rule(name, {}, *said, keeps_rows=name not in OF_ROWS)
    return rules
