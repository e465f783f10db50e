"""The contracts: what each source table promises of its files, columns and periods."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from flows.common.text import half_width_pattern, plain_caption

UNNAMED = re.compile("column([0-9]+)")  # a column without a caption, by its place


@dataclass(frozen=True)
class Column:
    """One column of a source table: where the file says it, and its type in the warehouse.

    The words are told in `contract.schema.json`.
    """

    name: str
    data_type: str
    captions: tuple[str, ...] = ()
    above: tuple[str, ...] = ()  # labels of the cell above the header that says it for the sheet
    sheet_name: str | None = None
    file_name: str | None = None
    from_long: str | None = None
    required: bool = True
    role: str | None = None  # unit, member or amount: what a quarantined row is counted by
    take: str | None = None  # code or name: the part of a `代码-名称` cell
    values: Mapping[str, str] | None = None  # written in the source -> kept in the warehouse
    person: bool = False  # identifies a person: replaced by a keyed pseudonym while landing
    unit: str | None = None  # the amount's unit where the sheet does not say it
    means: Mapping[str, str] | None = None  # - or NA -> missing, not_applicable, suppressed, zero
    decimal: str | None = None  # the sign before the decimals, a point if not said
    marks: str | None = None  # pattern of what is no part of the cell: footnote marks
    percent: str | None = None  # what a bare number is: points, share, or unreadable (written)
    length: int | None = None  # of a code; with check or code_list lost zeros are put back
    check: str | None = None  # identity or credit_code: the check digit proves it
    code_list: str | None = None  # a list of codes that the product knows
    attachment: bool = False  # names documents that come beside the file
    precision: str | None = None  # month: a date may lack its day
    dates: str | None = (
        None  # dd-mm-yyyy: in which order days are written, the year first if not said
    )

    @property
    def shown(self) -> str:
        """What an office calls it."""
        return next(iter((*self.captions, *self.above)), self.name)

    @property
    def must_be_filled(self) -> bool:
        """Whether an empty cell of it is an amount that is missing."""
        return self.role == "amount" and self.required

    @property
    def is_number(self) -> bool:
        """Whether its values can be added up."""
        return self.data_type.startswith(("decimal", "int", "bigint"))


@dataclass(frozen=True)
class Contract:
    """One source table: how to pull and read it, its period, who owes it by when."""

    system: str
    table: str
    meta: Mapping[str, Any]
    columns: tuple[Column, ...]

    @property
    def name(self) -> str:
        """The table's name, `finance.payments`."""
        return f"{self.system}.{self.table}"

    @property
    def relation(self) -> str:
        """The table's relation in the schema `landing`."""
        return f"{self.system}__{self.table}"

    @property
    def title(self) -> str:
        """The Chinese title, for people."""
        return str(self.meta["title"])

    @property
    def period_kind(self) -> str:
        """What kind of period one delivery covers."""
        return str(self.meta["period"]["kind"])

    @property
    def year_offsets(self) -> tuple[int, ...]:
        """The periods owed for an open year, as years relative to it."""
        return tuple(self.meta["period"].get("years", [0]))

    @property
    def drops_copies(self) -> bool:
        """Whether of equal rows only the first counts: where a key says which rows are one.

        An interface that gives a row twice may have left another out, so both are doubted.
        """
        return bool(self.meta.get("key")) and self.meta["pull"]["from"] != "http"

    @property
    def in_parts(self) -> bool:
        """Whether each file holds a part of the period, and all of them count together."""
        return bool(self.meta.get("parts"))

    @property
    def part_column(self) -> Column | None:
        """The column whose values are each held by one part: the units, or what is declared."""
        declared = self.meta.get("parts")
        if not isinstance(declared, Mapping):
            return self.column_of_role("unit")
        return next((column for column in self.columns if column.name == declared["by"]), None)

    @property
    def has_attachments(self) -> bool:
        """Whether rows name documents, which are kept with the file."""
        return any(column.attachment for column in self.columns)

    @property
    def is_optional(self) -> bool:
        """Whether nothing is missing where no file was sent."""
        return bool(self.meta.get("optional"))

    @property
    def file_patterns(self) -> tuple[str, ...]:
        """The name patterns of the files in the inbox that are this table's."""
        return tuple(self.meta["pull"].get("files", ()))

    @property
    def checks(self) -> dict[str, Mapping[str, Any]]:
        """The checks that it declares, each with its own words."""
        found: dict[str, Mapping[str, Any]] = {}
        for entry in self.meta["read"].get("checks", ()):
            found |= {entry: {}} if isinstance(entry, str) else entry
        return found

    def reading_with(self, **words: Any) -> "Contract":
        """Give a copy with other words below `read`."""
        return replace(self, meta={**self.meta, "read": {**self.meta["read"], **words}})

    @cached_property
    def fingerprint(self) -> str:
        """The hash of the whole entry: an edited contract reads its files anew."""
        plain = {"meta": self.meta, "columns": [vars(column) for column in self.columns]}
        return hashlib.sha256(
            json.dumps(plain, sort_keys=True, ensure_ascii=False, default=str).encode()
        ).hexdigest()

    def column_of_role(self, role: str) -> Column | None:
        """Find the column of a role, if the table has one."""
        return next((column for column in self.columns if column.role == role), None)

    def period_of_year(self, year: int) -> str:
        """Name the period that serves a year, as it is published."""
        period = self.meta["period"]
        match self.period_kind:
            case "calendar_year":
                return str(year)
            case "census_day":
                return f"{year}-{period.get('month_day', '09-01')}"
            case "year_end":
                return f"{year}-12-31"
            case "span":
                return f"{year - int(period['length_years']) + 1}-01..{year}-12"
            case _:
                return "standing"

    @property
    def answers_for_any_day(self) -> bool:
        """Whether a live system can say today how a past day was."""
        pull = self.meta["pull"]
        is_snapshot = self.period_kind in ("census_day", "year_end")
        is_named = any("{period}" in text for text in pull.get("parameters", {}).values())
        return not is_snapshot or is_named or pull.get("answers_for") == "any_day"

    def first_day_of_year(self, year: int) -> str | None:
        """Say on which day the period of a year begins, as an ISO date; a standing one has none."""
        if self.period_kind in ("census_day", "year_end"):
            return self.period_of_year(year)
        return None if self.period_kind == "standing" else f"{year}-01-01"

    def due_date_of_year(self, year: int) -> str:
        """Say by when the period of a year is owed, as an ISO date."""
        due = self.meta["owed"]["due"]
        return f"{year + int(due.get('year_offset', 0))}-{due['month_day']}"

    def as_json(self) -> dict[str, Any]:
        """Give the whole entry as it is kept in a release's manifest, for the trace."""
        return {
            "system": self.system,
            "table": self.table,
            "meta": dict(self.meta),
            "columns": [
                {key: value for key, value in vars(column).items() if value not in (None, ())}
                for column in self.columns
            ],
        }


def contract_from_json(entry: Mapping[str, Any]) -> Contract:
    """Read an entry back from a release's manifest."""
    columns = tuple(
        Column(**column | {name: tuple(column.get(name, ())) for name in TUPLES})
        for column in entry["columns"]
    )
    return Contract(entry["system"], entry["table"], entry["meta"], columns)


TUPLES = ("captions", "above")
# With these a column of text holds codes or keys, in which a sign of the table says no value.
OF_A_CODE = ("person", "role", "take", "length", "check", "code_list", "values")


def with_half_width(read: Mapping[str, Any]) -> dict[str, Any]:
    """Write the patterns that rows and captions are compared with in half width, as those are."""
    found = dict(read)
    for word in ("footer", "subsets"):
        if word in read:
            found[word] = half_width_pattern(read[word])
    for word, inner in (("groups", "match"), ("long", "captions")):
        if word in read:
            found[word] = {**read[word], inner: half_width_pattern(read[word][inner])}
    return found


def unnamed(caption: str) -> int | None:
    """Give the place of `column 1`, which stands for a column without a caption."""
    found = UNNAMED.fullmatch(caption)
    return int(found[1]) - 1 if found and int(found[1]) else None


def is_headerless(contract: Contract) -> bool:
    """Say whether a file has no header: all that is asked for, it has by the place of its column.

    Where captions become rows, or the height of the header is stated, there is one.
    """
    if contract.meta["read"].keys() & {"header_rows", "long"}:
        return False
    captions = [plain_caption(one) for column in contract.columns for one in column.captions]
    return bool(captions) and all(unnamed(caption) is not None for caption in captions)
