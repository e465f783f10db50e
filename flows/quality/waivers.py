"""The waivers: known cases that an office lets through, each with reason, owner and expiry."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from flows.common.labels import RULE_TITLES
from flows.contracts.delivery import Delivery
from flows.contracts.model import Contract

WAIVERS = "registers.waivers"
SHORTEST_SUM = 8  # signs of a sha256 that name a file; fewer could name another
RULE_CODE = re.compile(r"[a-z][a-z_]+")
LAST_DAYS = 30
A_YEAR = timedelta(days=366)
# What could not be read cannot be let through, and a copy of a row is counted once.
NEVER = tuple(
    """
    required_column unreadable_cell more_cells_than_captions fewer_cells_than_captions
    odd_quotes another_encoding one_cell_alone unlisted_total unclear_row merged_amount
    other_table exact_duplicate blank_amount
    """.split()
)
Place = Mapping[str, Any]


@dataclass(frozen=True)
class Waiver:
    """One row of the register; what it leaves empty it says of all."""

    number: str
    source: str
    of_period: str | None
    rule: str
    column_name: str | None
    file: str | None
    sheet: str | None
    row: int | None
    reason: str
    owner: str
    valid_from: date
    expires_on: date
    unit: str | None = None

    @property
    def last_day(self) -> date:
        """The last day on which it holds: at most a year after the first."""
        return min(self.expires_on, self.valid_from + A_YEAR)

    def is_open(self, day: date) -> bool:
        """Whether it lets anything through on a day."""
        return self.valid_from <= day <= self.last_day

    def is_for(self, delivery: Delivery) -> bool:
        """Whether it speaks of a delivery: its table, its period, its file."""
        return (
            self.source == delivery.source
            and self.of_period in (None, delivery.period)
            and (self.file is None or self._names(delivery))
        )

    def _names(self, delivery: Delivery) -> bool:
        named, own = str(self.file).lower(), delivery.files[0]
        names = {own.shown_name.lower(), Path(own.shown_name).name.lower()}
        is_sum = len(named) >= SHORTEST_SUM and own.sha256.startswith(named)
        return named in names or is_sum

    def covers(self, contract: Contract, rule: str, place: Place) -> bool:
        """Whether it speaks of what a rule found at a place of a file.

        No waiver speaks of what cannot be read, or of a rule on a column that identifies persons.
        """
        persons = {column.name for column in contract.columns if column.person}
        if rule in NEVER or persons & set((place.get("column") or "").split(", ")):
            return False
        return (
            self.rule == rule
            and self.unit in (None, place.get("unit"))
            and self.sheet in (None, place.get("sheet"))
            and self.row in (None, place.get("row"))
            and (self.column_name is None or self._is_on(contract, place.get("column") or ""))
        )

    def _is_on(self, contract: Contract, columns: str) -> bool:
        """Whether the columns of a rule are called so, by us or in a caption of the files."""
        names = columns.split(", ")
        own = {column.name: {column.name, *column.captions} for column in contract.columns}
        called = {columns}.union(*(own.get(name, {name}) for name in names if len(names) == 1))
        return self.column_name in called

    def as_json(self) -> dict[str, Any]:
        """Give it as it stands in what a night leaves behind."""
        days = {"valid_from": str(self.valid_from), "expires_on": str(self.last_day)}
        return asdict(self) | days


def state_of(entry: Mapping[str, Any], day: date) -> str:
    """Say how a waiver that a night left stands on a day; `ending` in its last month."""
    first, last = (date.fromisoformat(entry[name]) for name in ("valid_from", "expires_on"))
    if day < first:
        return "not_yet"
    if day > last:
        return "expired"
    return "ending" if (last - day).days < LAST_DAYS else "open"


def waivers_in(rows: Path) -> list[Waiver]:
    """Read the register from its landed rows; its suite has quarantined what is ill-formed."""
    import pyarrow.parquet as pq

    names = list(Waiver.__dataclass_fields__)
    listed = []
    for row in pq.read_table(rows, columns=names).to_pylist():
        # As the list of quarantine has it, the rule's Chinese name stands before its code.
        codes = RULE_CODE.findall(row["rule"])
        listed.append(Waiver(**row | {"rule": codes[-1] if codes else row["rule"]}))
    return listed


def write_key(waivers: Sequence[Waiver]) -> str:
    """Name waivers by all that they say: a verdict follows from them."""
    return (
        json.dumps([waiver.as_json() for waiver in waivers], ensure_ascii=False) if waivers else ""
    )


def waived_entries(cases: Iterable[tuple[Waiver, Place]]) -> list[dict[str, Any]]:
    """Say of each waiver how many rows it let through; of a finding on the file, none."""
    rows: dict[Waiver, set[tuple[Any, Any]]] = {}
    for waiver, place in cases:
        own = rows.setdefault(waiver, set())
        if place.get("row"):
            own.add((place.get("sheet"), place["row"]))
    return [waiver.as_json() | {"rows": len(own)} for waiver, own in rows.items()]


def waived_sentence(entry: Mapping[str, Any]) -> str:
    """Say in Chinese what a waiver let through, why, on whose word and until when."""
    rule = RULE_TITLES.get(entry["rule"], entry["rule"])
    column = f"（{entry['column_name']}）" if entry["column_name"] else ""
    what = f"放行{entry['rows']}行" if entry["rows"] else "放行整份文件"
    return (
        f"{entry['number']}：{entry['title']}（{entry['period']}）“{rule}”{column}{what}；"
        f"理由：{entry['reason']}；责任：{entry['owner']}；{entry['expires_on']}止"
    )
