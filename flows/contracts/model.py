"""The contracts: what each source table promises of its files, columns and periods."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, ValidationError

from flows.common.errors import ZipingError
from flows.common.text import plain_caption
from flows.contracts.words import ALL_AMOUNTS, ColumnWords, HttpPull, SqlPull, TableWords

UNNAMED = re.compile("column([0-9]+)")  # a column without a caption, by its place


class Column(ColumnWords):
    """One column of a source table: where the file says it, and its type in the warehouse."""

    name: str
    data_type: str

    @property
    def shown(self) -> str:
        """What an office calls it."""
        return next(iter((*self.captions, *self.preamble)), self.name)

    @property
    def plain_captions(self) -> list[str]:
        """Its captions as they are compared."""
        return list(map(plain_caption, self.captions))

    @property
    def must_be_filled(self) -> bool:
        """Whether an empty cell of it is an amount that is missing."""
        return self.role == "amount" and self.required

    @property
    def is_number(self) -> bool:
        """Whether its values can be added up."""
        return self.data_type.startswith(("decimal", "int", "bigint"))


class Contract(TableWords):
    """One source table: how to pull and read it, its period, who owes it by when."""

    system: str
    table: str
    columns: Annotated[tuple[Column, ...], Field(strict=False)]

    @property
    def name(self) -> str:
        """The table's name, `finance.payments`."""
        return f"{self.system}.{self.table}"

    @property
    def relation(self) -> str:
        """The table's relation in the schema `landing`."""
        return f"{self.system}__{self.table}"

    @property
    def drops_copies(self) -> bool:
        """Whether of equal rows only the first counts: where a key says which rows are one.

        An interface that gives a row twice may have left another out, so both are doubted.
        """
        return bool(self.key) and self.pull.origin != "http"

    @property
    def in_parts(self) -> bool:
        """Whether each file holds a part of the period, and all of them count together."""
        return self.parts is not None

    @property
    def part_column(self) -> Column | None:
        """The column whose values are each held by one part: the units, or what is declared."""
        if self.parts is None or self.parts.by is None:
            return self.column_of_role("unit")
        return next((column for column in self.columns if column.name == self.parts.by), None)

    @property
    def plain_captions(self) -> set[str]:
        """The captions of all its columns as they are compared."""
        return {caption for column in self.columns for caption in column.plain_captions}

    @property
    def amounts(self) -> list[str]:
        """The names of the columns that hold amounts."""
        return [column.name for column in self.columns if column.role == "amount"]

    @property
    def summed(self) -> list[str]:
        """The names of the columns that a file's own totals are compared with."""
        check = self.read.totals.check if self.read.totals else (ALL_AMOUNTS,)
        return self.amounts if check == (ALL_AMOUNTS,) else list(check)

    @property
    def has_attachments(self) -> bool:
        """Whether rows name documents, which are kept with the file."""
        return any(column.attachment for column in self.columns)

    @property
    def file_patterns(self) -> tuple[str, ...]:
        """The name patterns of the files in the inbox that are this table's."""
        return self.pull.files if self.pull.origin == "inbox" else ()

    @property
    def settings(self) -> dict[str, str]:
        """The settings that say where the source is and what opens it, by the word of the pull."""
        match self.pull:
            case HttpPull(base=base, token=token):
                return {"base": base, "token": token}
            case SqlPull(database=database):
                return {"database": database}
        return {}

    @property
    def answers_for_any_day(self) -> bool:
        """Whether a live system can say today how a past day was."""
        is_snapshot = self.period.kind in ("census_day", "year_end")
        parameters = self.pull.parameters if self.pull.origin == "http" else {}
        is_named = any("{period}" in text for text in parameters.values())
        says_so = self.pull.origin != "inbox" and self.pull.answers_for == "any_day"
        return not is_snapshot or is_named or says_so

    @property
    def fingerprint(self) -> str:
        """The hash of the whole entry: an edited contract reads its files anew."""
        plain = json.dumps(self.as_json(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(plain.encode()).hexdigest()

    def column_of_role(self, role: str) -> Column | None:
        """Find the column of a role, if the table has one."""
        return next((column for column in self.columns if column.role == role), None)

    def as_json(self) -> dict[str, Any]:
        """Give the whole entry as it is kept in a release's manifest, for the trace."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def contract_from_json(entry: Mapping[str, Any]) -> Contract:
    """Read an entry back from a release's manifest; raises ZipingError where it is not one."""
    try:
        return Contract.model_validate(entry)
    except ValidationError:
        raise ZipingError(
            "the release has contracts in other words: it is of another version of ziping, "
            "which can read it"
        ) from None


def find_unnamed_place(caption: str) -> int | None:
    """Give the place of `column 1`, which stands for a column without a caption."""
    found = UNNAMED.fullmatch(caption)
    return int(found[1]) - 1 if found and int(found[1]) else None


def is_headerless(contract: Contract) -> bool:
    """Say whether a file has no header: all that is asked for, it has by the place of its column.

    Where captions become rows, or the height of the header is stated, there is one.
    """
    if contract.read.header_rows or contract.read.long:
        return False
    places = list(map(find_unnamed_place, contract.plain_captions))
    return bool(places) and None not in places
