"""Whether a delivery is fit: a function of its bytes, contract and suite, cached beside its rows."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.lib.cells import decimal_shape
from flows.lib.contracts import Contract
from flows.lib.durable import build_folder, hash_file, write_json
from flows.lib.errors import Rejected
from flows.lib.parsing import Reading, SetAside, amount_of, read_file
from flows.lib.person_key import PersonKey
from flows.lib.settings import CHECKOUT
from flows.lib.store import Delivery, Store
from flows.lib.suites import Rule, RuleResult, Suite

if TYPE_CHECKING:
    import pyarrow as pa

SUITES = CHECKOUT / "expectations"
DEFAULT_LIMIT = {"rows": 0.001, "amount": 0.01}
PLACES_SHOWN = 20
# What a cached reading rests on beside bytes, contract and suite: an edit reads all files anew.
READING_MODULES = (
    "acceptance.py", "cells.py", "expecting.py", "parsing.py", "sheets.py", "suites.py",
)  # fmt: skip
READING_LIBRARIES = ("great-expectations", "pandas", "pyarrow", "python-calamine", "duckdb")
ROWS, QUARANTINE, OUTCOME = "rows.parquet", "quarantine.parquet", "outcome.json"


@lru_cache(maxsize=1)
def parser_version() -> str:
    """Hash the code and the libraries that a cached reading rests on."""
    digest = sha256()
    for name in READING_MODULES:
        digest.update((Path(__file__).parent / name).read_bytes())
    for library in READING_LIBRARIES:
        digest.update(f"{library} {version(library)}".encode())
    return digest.hexdigest()


def suite_path(contract: Contract) -> Path:
    """Say where the suite of a source table stands."""
    return SUITES / contract.system / f"{contract.table}.yml"


def cache_key(delivery: Delivery, contract: Contract, key_id: str) -> str:
    """Name a cached reading by everything that it follows from."""
    path = suite_path(contract)
    suite = path.read_bytes() if path.exists() else b""
    parts = [delivery.id, delivery.district_code, delivery.period, contract.fingerprint]
    parts += [sha256(suite).hexdigest(), parser_version(), key_id]
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
        return Acceptance(folder, json.loads((folder / OUTCOME).read_text("utf-8")))
    except (OSError, ValueError):
        return None


def arrow_type(data_type: str) -> "pa.DataType":
    """Translate a contract's type."""
    import pyarrow as pa

    if data_type.startswith("decimal"):
        return pa.decimal128(*decimal_shape(data_type))
    types = {"date": pa.date32(), "boolean": pa.bool_(), "int": pa.int32(), "bigint": pa.int64()}
    return types.get(data_type, pa.string())


def _as_table(reading: Reading, contract: Contract, delivery: Delivery, file_id: str) -> "pa.Table":
    import pyarrow as pa

    count = len(reading.row_numbers)
    arrays = {
        column.name: pa.array(reading.columns[column.name], arrow_type(column.data_type))
        for column in contract.columns
    }
    arrays["district_code"] = pa.array([delivery.district_code] * count, pa.string())
    arrays["period"] = pa.array([delivery.period] * count, pa.string())
    arrays["_file_id"] = pa.array([file_id] * count, pa.string())
    arrays["_sheet"] = pa.array(reading.sheets, pa.string())
    arrays["_row_number"] = pa.array(reading.row_numbers, pa.int64())
    return pa.table(arrays)


class Judgement:
    """Collects what the gate of one delivery finds, without any value of a row."""

    def __init__(self, contract: Contract, suite: Suite, file_id: str) -> None:
        """Take the contract, the suite and the file whose rows are judged."""
        self.contract, self.suite, self.file_id = contract, suite, file_id
        self.results: list[dict[str, Any]] = []
        self.rejections: list[str] = []
        self.quarantine: list[dict[str, Any]] = []

    def note(
        self, rule: Rule, *, places: list[dict[str, Any]], success: bool, raised: bool = False
    ) -> None:
        """Keep one rule's result, with the first places where it failed."""
        self.results.append(
            {
                "type": rule.type,
                "column": rule.column,
                "severity": rule.severity,
                "effect": rule.effect,
                "success": success,
                "raised": raised,
                "failed_count": len(places),
                "notes": vars(rule.notes),
                "places": places[:PLACES_SHOWN],
            }
        )

    def of_reading(self, reading: Reading) -> None:
        """Judge what the file itself showed while it was read."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for finding in reading.findings:
            found[finding.rule].append(
                {"sheet": finding.sheet, "row": finding.row_number, "column": finding.column}
            )
        for row in reading.set_aside:
            found[row.rule].append(
                {"sheet": row.sheet, "row": row.row_number, "column": row.column}
            )
            self.set_aside(row, self.suite.reading[row.rule].effect or "provisional")
        for finding in reading.findings:
            if finding.rule == "exact_duplicate":
                self.set_aside(
                    SetAside(
                        finding.sheet, finding.row_number, "", finding.rule, None, None, None
                    ),
                    "none",
                )
        for name, rule in self.suite.reading.items():
            places = found.pop(name, [])
            as_rule = Rule(name, {}, rule.severity, rule.effect, rule.notes)
            self.note(as_rule, places=places, success=not places)
            if places and rule.severity == "critical":
                self.rejections.append(f"{rule.notes.what}: {_place_text(places)}")
        for name, places in found.items():
            self.rejections.append(f"the suite has no word on {name}: {_place_text(places)}")

    def of_rows(self, results: Iterable[RuleResult], table: "pa.Table") -> set[int]:
        """Set the rows aside that break a row rule; give their positions."""
        taken: set[int] = set()
        sheets, numbers = table["_sheet"], table["_row_number"]
        unit, member = (self.contract.column_of_role(role) for role in ("unit", "member"))
        amounts = [column.name for column in self.contract.columns if column.role == "amount"]
        for result in results:
            rule, places = result.rule, []
            for position in result.failed_positions:
                sheet, number = sheets[position].as_py(), numbers[position].as_py()
                places.append({"sheet": sheet, "row": number, "column": rule.column})
                values = {name: table[name][position].as_py() for name in amounts}
                self.set_aside(
                    SetAside(
                        sheet,
                        number,
                        rule.column or "",
                        rule.type,
                        table[unit.name][position].as_py() if unit else None,
                        table[member.name][position].as_py() if member else None,
                        amount_of(values, amounts),
                    ),
                    rule.effect or "provisional",
                )
            taken.update(result.failed_positions)
            self.note(rule, places=places, success=result.success, raised=result.raised)
            if result.raised:
                self.rejections.append(f"the rule {rule.type} on {rule.column} could not be run")
        return taken

    def of_table(self, results: Iterable[RuleResult]) -> None:
        """Judge the delivery as a whole."""
        for result in results:
            rule = result.rule
            self.note(rule, places=[], success=result.success, raised=result.raised)
            if result.raised:
                self.rejections.append(f"the rule {rule.type} on {rule.column} could not be run")
            elif not result.success and rule.severity == "critical":
                self.rejections.append(f"{rule.notes.what} {rule.notes.resolve}")

    def set_aside(self, row: SetAside, effect: str) -> None:
        """Put a row into quarantine; it keeps what is readable of its keys and amount."""
        self.quarantine.append(
            {
                "file_id": self.file_id,
                "sheet": row.sheet,
                "row_number": row.row_number,
                "column_name": row.column,
                "rule": row.rule,
                "effect": effect,
                "unit": row.unit,
                "member": row.member,
                "amount": row.amount,
            }
        )

    def of_limit(self, rows_of_data: int, readable_amount: Decimal) -> None:
        """Reject a delivery of which more is set aside than its contract allows."""
        limit = DEFAULT_LIMIT | dict(self.contract.meta.get("quarantine_limit", {}))
        counted = {
            (row["sheet"], row["row_number"]): row["amount"]
            for row in self.quarantine
            if row["effect"] != "none"
        }
        amount = sum((abs(value) for value in counted.values() if value is not None), Decimal(0))
        over_rows = len(counted) > Decimal(str(limit["rows"])) * rows_of_data
        over_amount = amount > Decimal(str(limit["amount"])) * readable_amount
        if counted and (over_rows or over_amount):
            places = [{"sheet": sheet, "row": row} for sheet, row in counted]
            self.rejections.append(
                f"{len(counted)} of {rows_of_data} rows would be set aside, more than the "
                f"quarantine_limit allows: {_place_text(places)}"
            )
            for result in self.results:
                if result["type"] == "quarantine_limit":
                    result |= {"success": False, "failed_count": len(counted)}


def _place_text(places: list[dict[str, Any]]) -> str:
    shown = [
        " ".join(
            part
            for part in (
                f"sheet {place['sheet']}" if place.get("sheet") else "",
                f"row {place['row']}" if place.get("row") else "",
                f"column {place['column']}" if place.get("column") else "",
            )
            if part
        )
        or "the whole file"
        for place in places[:3]
    ]
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    return "; ".join(shown) + more


def _aggregates(suite: Suite, landed: "pa.Table") -> dict[str, Any]:
    import duckdb

    if not suite.aggregates:
        return {}
    columns = ", ".join(f"{sql} as {name}" for name, sql in suite.aggregates.items())
    with duckdb.connect() as connection:
        connection.register("landed", landed)
        cursor = connection.execute(f"select {columns} from landed")
        names = [description[0] for description in cursor.description or ()]
        return dict(zip(names, cursor.fetchone() or (), strict=True))


def _judge(
    reading: Reading, contract: Contract, suite: Suite, delivery: Delivery
) -> tuple[Judgement, "pa.Table"]:
    import pyarrow as pa
    import pyarrow.compute as pc

    from flows.lib.suites import judge_rows, judge_table

    judgement = Judgement(contract, suite, delivery.files[0].sha256)
    judgement.of_reading(reading)
    table = _as_table(reading, contract, delivery, delivery.files[0].sha256)
    taken = judgement.of_rows(judge_rows(suite, table), table)
    kept = pa.array([position not in taken for position in range(table.num_rows)], pa.bool_())
    landed = table.filter(kept)
    judgement.of_table(judge_table(suite, _aggregates(suite, landed)))
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


def accept(
    store: Store, cache: Path, delivery: Delivery, contract: Contract, key: PersonKey
) -> Acceptance:
    """Read and judge a delivery, or find the verdict of an earlier night."""
    found = cached(cache, delivery, contract, key.id)
    if found and found.is_sound:
        return found
    import pyarrow as pa
    import pyarrow.parquet as pq

    from flows.lib.suites import SuiteError, load_suite

    store.verify([delivery])
    outcome: dict[str, Any] = {
        "suite": contract.name,
        "title": contract.title,
        "district_code": delivery.district_code,
        "period": delivery.period,
        "original_name": delivery.name,
        "file_id": delivery.files[0].sha256,
    }
    tables: dict[str, pa.Table] = {}
    try:
        suite = load_suite(suite_path(contract))
        reading = read_file(store.path(delivery.files[0].sha256), contract, key.pseudonym)
        judgement, landed = _judge(reading, contract, suite, delivery)
    except (Rejected, SuiteError) as error:
        outcome |= {
            "accepted": False, "rejections": [str(error)], "results": [], "skipped": {},
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
            "rejections": judgement.rejections,
            "results": judgement.results,
            "rows_read": landed.num_rows + len(set_aside) + skipped,
            "rows_landed": landed.num_rows,
            "rows_quarantined": len(set_aside),
            "rows_duplicated": duplicates,
            "rows_skipped": skipped,
            "skipped": dict(reading.skipped),
            "sign_off": reading.sign_off,
        }

    def fill(folder: Path) -> None:
        for name, table in tables.items():
            pq.write_table(table, folder / name, compression="zstd")
        outcome["files"] = {name: hash_file(folder / name) for name in tables}
        write_json(folder / OUTCOME, outcome)

    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / cache_key(delivery, contract, key.id)
    build_folder(folder, fill)
    return Acceptance(folder, outcome)


def rejection_sentence(delivery: Delivery, acceptance: Acceptance) -> str:
    """Say in one sentence why a delivery is not in force."""
    reasons = "; ".join(re.sub(r"\s+", " ", reason) for reason in acceptance.rejections)
    return f"{delivery.source} {delivery.period}: {delivery.name} rejected: {reasons}"
