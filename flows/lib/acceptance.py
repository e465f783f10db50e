"""Whether a delivery is fit: follows from bytes, contract and suite, and is cached."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.lib.codes import LISTS, SEEDS
from flows.lib.contracts import Contract
from flows.lib.durable import build_folder, hash_file
from flows.lib.errors import Rejected
from flows.lib.headers import HeaderMissing, positions_of
from flows.lib.ids import without_ids
from flows.lib.judgement import Judgement, rule_outcome
from flows.lib.libraries import library_versions
from flows.lib.own_modules import modules_below
from flows.lib.parsing import read_file
from flows.lib.parts import units_held
from flows.lib.person_key import PersonKey
from flows.lib.reading import Reading
from flows.lib.sealed import read_sealed, write_sealed
from flows.lib.settings import CHECKOUT
from flows.lib.store import Delivery, Store
from flows.lib.suites import Suite

if TYPE_CHECKING:
    import pyarrow as pa

SUITES = CHECKOUT / "expectations"
# What a cached reading rests on beside bytes, contract and suite; the second runs apart.
READING_ROOTS = ("acceptance", "reader_process")
ROWS, QUARANTINE, OUTCOME = "rows.parquet", "quarantine.parquet", "outcome.json"


@lru_cache(maxsize=1)
def parser_version() -> str:
    """Hash the code and the libraries that a cached reading rests on."""
    digest = sha256()
    for path in modules_below(*READING_ROOTS):
        digest.update(path.read_bytes())
    for name in LISTS.values():
        digest.update((SEEDS / name).read_bytes())
    digest.update(repr(library_versions()).encode())
    return digest.hexdigest()


def suite_path(contract: Contract) -> Path:
    """Say where the suite of a source table stands."""
    return SUITES / contract.system / f"{contract.table}.yml"


def readings_path() -> Path:
    """Say where stands what each thing found while reading leads to in every table."""
    return SUITES / "reading.yml"


def cache_key(delivery: Delivery, contract: Contract, key_id: str) -> str:
    """Name a cached reading by everything that it follows from."""
    suite = [
        sha256(path.read_bytes()).hexdigest() if path.exists() else ""
        for path in (suite_path(contract), readings_path())
    ]
    parts = [delivery.id, delivery.district_code, delivery.period, contract.fingerprint]
    parts += [*suite, parser_version(), key_id]
    return sha256("\n".join(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Acceptance:
    """The verdict on a delivery, with its typed rows where it was accepted."""

    folder: Path
    outcome: Mapping[str, Any]

    @property
    def accepted(self) -> bool:
        """Whether the delivery may come into force."""
        return bool(self.outcome["accepted"])

    @property
    def rejections(self) -> list[str]:
        """Why not, one sentence each."""
        return list(self.outcome["rejections"])

    @property
    def rows(self) -> Path:
        """The landed rows as Parquet."""
        return self.folder / ROWS

    @property
    def quarantine(self) -> Path:
        """The rows set aside, as Parquet."""
        return self.folder / QUARANTINE

    @cached_property
    def is_sound(self) -> bool:
        """Whether the cached files still are what was written (Parquet would not notice)."""
        return all(
            (self.folder / name).exists() and hash_file(self.folder / name) == digest
            for name, digest in self.outcome["files"].items()
        )


def cached(cache: Path, delivery: Delivery, contract: Contract, key_id: str) -> Acceptance | None:
    """Find the verdict of an earlier night; None where there is none or it is damaged."""
    folder = cache / cache_key(delivery, contract, key_id)
    try:
        outcome = read_sealed(folder / OUTCOME)
    except (OSError, ValueError):
        return None
    # A folder that was given another's name holds the verdict on other bytes.
    return Acceptance(folder, outcome) if outcome["cache_key"] == folder.name else None


def _as_table(reading: Reading, delivery: Delivery, file_id: str) -> "pa.Table":
    """Add to the typed rows which delivery they are of, before where they stand in it."""
    import pyarrow as pa

    table = reading.table()
    place = table.num_columns - 2
    known = {"district_code": delivery.district_code, "period": delivery.period}
    for name, text in (known | {"_file_id": file_id}).items():
        table = table.add_column(place, name, pa.repeat(pa.scalar(text), table.num_rows))
        place += 1
    return table


def _judge(
    reading: Reading, contract: Contract, suite: Suite, delivery: Delivery
) -> tuple[Judgement, "pa.Table"]:
    import pyarrow as pa
    import pyarrow.compute as pc

    from flows.lib.suites import aggregates_of, judge_rows, judge_table

    judgement = Judgement(contract, suite, delivery.files[0].sha256)
    judgement.of_reading(reading)
    table = _as_table(reading, delivery, delivery.files[0].sha256)
    taken = judgement.of_rows(judge_rows(suite, table), table)
    kept = pa.array([position not in taken for position in range(table.num_rows)], pa.bool_())
    landed = table.filter(kept)
    judgement.of_table(judge_table(suite, aggregates_of(suite, landed)))
    amounts = [column.name for column in contract.columns if column.role == "amount"]
    readable = sum(
        (pc.sum(pc.abs(table[name])).as_py() or Decimal(0) for name in amounts), Decimal(0)
    )
    broken = {(row.sheet, row.row_number) for row in reading.set_aside}
    judgement.of_limit(table.num_rows + len(broken), readable)
    return judgement, landed


def _quarantine_table(rows: list[dict[str, Any]]) -> "pa.Table":
    import pyarrow as pa

    text = pa.string()
    schema = pa.schema(
        [
            ("file_id", text), ("sheet", text), ("row_number", pa.int64()),
            ("column_name", text), ("rule", text), ("effect", text),
            ("unit", text), ("member", text), ("amount", pa.decimal128(38, 2)),
        ]
    )  # fmt: skip
    return pa.Table.from_pylist(rows, schema)


def read_and_judge(
    path: Path, delivery: Delivery, contract: Contract, key: PersonKey
) -> tuple[Reading, Judgement, "pa.Table"]:
    """Read the bytes of a delivery and judge them; nothing is written.

    Raises Rejected where the file cannot be read, SuiteError where there is no suite to judge by.
    """
    from flows.lib.suites import load_suite

    suite = load_suite(suite_path(contract), readings_path())
    reading = read_file(path, contract, key.pseudonym, name=delivery.name)
    judgement, landed = _judge(reading, contract, suite, delivery)
    return reading, judgement, landed


def _with_emptiness(reading: Reading, rejections: list[str]) -> list[str]:
    """Tell a file that came without a row from one whose rows are bad."""
    if rejections and not reading.landed and not reading.set_aside:
        return ["it came without a single row, and nothing is counted as 0 for it", *rejections]
    return rejections


def _captions(reading: Reading, contract: Contract) -> dict[str, dict[str, str]]:
    """Say by sheet what the file calls the contract's columns."""
    return {
        sheet: {
            name: without_ids(captions[place])
            for name, place in positions_of(captions, contract.columns).items()
        }
        for sheet, captions in reading.captions.items()
    }


def _missing_columns(contract: Contract, error: Exception) -> list[dict[str, Any]]:
    """Give the result of the rule on captions, for a file in which some are missing."""
    if not isinstance(error, HeaderMissing) or not error.missing:
        return []
    from flows.lib.suites import Rule, load_suite

    rule = load_suite(suite_path(contract), readings_path()).reading["required_column"]
    places = [{"sheet": "", "row": None, "column": name} for name in error.missing]
    as_rule = Rule("required_column", {}, rule.severity, rule.effect, rule.notes)
    return [rule_outcome(as_rule, places, success=False, raised=False)]


def accept(
    store: Store, cache: Path, delivery: Delivery, contract: Contract, key: PersonKey
) -> Acceptance:
    """Read and judge a delivery, or find the verdict of an earlier night."""
    found = cached(cache, delivery, contract, key.id)
    if found and found.is_sound:
        return found
    import pyarrow as pa
    import pyarrow.parquet as pq

    from flows.lib.suite_words import SuiteError

    store.verify([delivery])
    outcome: dict[str, Any] = {
        "cache_key": cache_key(delivery, contract, key.id),
        "suite": contract.name,
        "title": contract.title,
        "district_code": delivery.district_code,
        "period": delivery.period,
        "original_name": delivery.name,
        "file_id": delivery.files[0].sha256,
        "key_id": key.id,
    }
    tables: dict[str, pa.Table] = {}
    try:
        path = store.path(delivery.files[0].sha256)
        reading, judgement, landed = read_and_judge(path, delivery, contract, key)
    except (Rejected, SuiteError) as error:
        outcome |= {
            "accepted": False, "rejections": [str(error)], "skipped": {}, "captions": {},
            "results": _missing_columns(contract, error),
            "rows_read": 0, "rows_landed": 0, "rows_quarantined": 0, "rows_skipped": 0,
            "sign_off": {},
        }  # fmt: skip
    else:
        set_aside = {(row["sheet"], row["row_number"]) for row in judgement.quarantine}
        duplicates = reading.skipped.pop("exact_duplicate", 0)
        skipped = sum(reading.skipped.values())
        tables = {ROWS: landed, QUARANTINE: _quarantine_table(judgement.quarantine)}
        outcome |= {
            "accepted": not judgement.rejections,
            "rejections": _with_emptiness(reading, judgement.rejections),
            "results": judgement.results,
            "rows_read": landed.num_rows + len(set_aside) + skipped,
            "rows_landed": landed.num_rows,
            "rows_quarantined": len(set_aside),
            "rows_duplicated": duplicates,
            "rows_skipped": skipped,
            "skipped": dict(reading.skipped),
            "captions": _captions(reading, contract),
            "sign_off": reading.sign_off,
        }

    def fill(folder: Path) -> None:
        for name, table in tables.items():
            pq.write_table(table, folder / name, compression="zstd")
        outcome["units"] = units_held(contract, folder / ROWS, folder / QUARANTINE)
        outcome["files"] = {name: hash_file(folder / name) for name in tables}
        write_sealed(folder / OUTCOME, outcome)

    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = cache / outcome["cache_key"]
    build_folder(folder, fill)
    return Acceptance(folder, outcome)


def rejection_sentence(delivery: Delivery, acceptance: Acceptance) -> str:
    """Say in one sentence why a delivery is not in force."""
    reasons = "; ".join(re.sub(r"\s+", " ", reason) for reason in acceptance.rejections)
    return f"{delivery.source} {delivery.period}: {delivery.name} rejected: {reasons}"
