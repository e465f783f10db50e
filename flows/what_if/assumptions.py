"""What is assumed: another standard, or another value in a cell of a source table."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from flows.common.errors import WrongUse
from flows.contracts.model import Column, Contract
from flows.contracts.periods import period_of_year
from flows.releases.tables import Row

CELL = re.compile(
    r"(?P<table>\w+\.\w+)(?:@(?P<period>[^:]+))?:(?P<key>.+)\.(?P<column>\w+)=(?P<value>.*)"
)


@dataclass(frozen=True)
class StandardAssumption:
    """Another value of a standard, for one stage or for `total`, in the year that is looked at."""

    standard_id: str
    stage: str
    value: Decimal

    @property
    def sentence(self) -> str:
        """Say it for an office."""
        stage = "" if self.stage == "total" else f"（{self.stage}）"
        return f"标准 {self.standard_id}{stage} 为 {self.value}"


@dataclass(frozen=True)
class CellAssumption:
    """Another value in one row of a source table, which its key names."""

    contract: Contract
    period: str
    key: Mapping[str, str]
    column: Column
    value: str | None  # None for an empty cell

    @property
    def sentence(self) -> str:
        """Say it for an office."""
        row = "、".join(self.key.values())
        value = "空" if self.value is None else self.value
        return f"{self.contract.title}（{self.period}）{row} 的“{self.column.shown}”为 {value}"


def parse_standard(
    text: str, standards: Sequence[Row], figures: Sequence[Row]
) -> StandardAssumption:
    """Read `operating_per_student.普通小学=800`, or with a figure's number `5.1a=800`."""
    head, _, number = text.strip().rpartition("=")
    value = _number(number)
    if not head or value is None:
        raise WrongUse(f"--standard {text}: write STANDARD.STAGE=NUMBER, or FIGURE=NUMBER")
    name, _, stage = head.rpartition(".")
    if stage not in {row["stage"] for row in standards}:  # the point of a figure's number
        name, stage = head, ""
    named = [row for row in figures if row["figure_id"] == name and row["standard_id"]]
    if named and not stage:
        name = named[0]["standard_id"]
        stage = named[0]["member"]
    stages = sorted({row["stage"] for row in standards if row["standard_id"] == name})
    if not stages:
        known = ", ".join(sorted({row["standard_id"] for row in standards}))
        raise WrongUse(f"--standard {text}: no standard {name}; there are {known}")
    if stage not in stages and "total" in stages:
        stage = "total"
    if stage not in stages:
        raise WrongUse(f"--standard {text}: say of which stage: {name}.{f', {name}.'.join(stages)}")
    return StandardAssumption(name, stage, value)


def parse_cell(text: str, contracts: Mapping[str, Contract], year: int) -> CellAssumption:
    """Read `registers.projects:CODE.places=400`; of a longer key `A/B`, of a period `table@2022:`.

    Which period counts where none is said is that of the year.
    """
    found = CELL.fullmatch(text.strip())
    if found is None:
        raise WrongUse(f"--set {text}: write TABLE:KEY.COLUMN=VALUE, a key of several columns A/B")
    contract = contracts.get(found["table"])
    if contract is None:
        raise WrongUse(f"--set {text}: no source table {found['table']}: see `ziping sources`")
    unit = contract.column_of_role("unit")
    names = contract.key or ((unit.name,) if unit else ())
    if not names:
        raise WrongUse(f"--set {text}: {contract.name} has no key by which a row is found")
    parts = found["key"].split("/")
    if len(parts) > len(names):
        raise WrongUse(f"--set {text}: the key of {contract.name} is {'/'.join(names)}")
    columns = {column.name: column for column in contract.columns}
    column = columns.get(found["column"])
    if column is None or column.person:
        settable = ", ".join(name for name, known in columns.items() if not known.person)
        raise WrongUse(f"--set {text}: columns of {contract.name} to set are {settable}")
    if any(columns[name].person for name in names[: len(parts)]):
        raise WrongUse(f"--set {text}: rows of {contract.name} are of persons, none is named")
    return CellAssumption(
        contract,
        found["period"] or period_of_year(contract, year),
        dict(zip(names, parts, strict=False)),
        column,
        _cell(text, column, found["value"].strip()),
    )


def _cell(text: str, column: Column, value: str) -> str | None:
    """Refuse what the column's contract would not take."""
    if not value:
        if column.required:
            raise WrongUse(f"--set {text}: {column.name} must not be empty")
        return None
    if column.is_number and _number(value) is None:
        raise WrongUse(f"--set {text}: {column.name} is a number")
    words = list((column.values or {}).values())
    if words and value not in words:
        raise WrongUse(f"--set {text}: {column.name} is one of {', '.join(map(str, words))}")
    return value


def _number(text: str) -> Decimal | None:
    try:
        value = Decimal(text.strip().removesuffix("%"))
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
