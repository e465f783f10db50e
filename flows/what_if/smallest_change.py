"""How little would have to be another for a value to meet its standard: pupils, teachers, yuan."""

from collections.abc import Iterator, Mapping
from decimal import ROUND_CEILING, Decimal, localcontext
from functools import cache
from typing import NamedTuple

from flows.contracts.periods import shifted
from flows.lineage.formulas import ROW_FORMULAS
from flows.releases.tables import ReleaseTables, Row
from flows.warehouse.models import marts

FEN, WHOLE = Decimal("0.01"), Decimal(1)


class Measure(NamedTuple):
    """What a numerator or a denominator counts or adds up."""

    title: str
    unit: str
    per_person: int  # 12 of student months: a person of the whole year counts twelve


class Change(NamedTuple):
    """One measure by which a value would meet its standard, all else being the same."""

    title: str
    amount: Decimal  # how much more, or less where negative
    unit: str

    @property
    def sentence(self) -> str:
        """Say it for an office."""
        word = "增加" if self.amount > 0 else "减少"
        return f"{self.title}{word} {abs(self.amount):,f} {self.unit}"


def smallest_changes(value: Row, tables: ReleaseTables, facts: Row) -> list[Change]:
    """List each measure alone whose change would let a value meet its standard; none if it does.

    `facts` describes the facts as a manifest does. Of what is derived from two years the later one
    is changed.
    """
    comparison = _comparison(value, tables)
    if value["value"] is None or value["standard_value"] is None or comparison is None:
        return []
    standard = Decimal(value["standard_value"])
    indicator = tables.indicators[value["indicator_id"]]
    with localcontext() as context:
        context.prec = 60
        if indicator["formula"] in ROW_FORMULAS:
            own, wanted = value, standard
        elif indicator["formula"] in ("growth", "difference") and comparison == ">=":
            pair = _years_of(value, indicator, tables)
            if pair is None:
                return []
            own, earlier = pair
            grown = earlier * (1 + standard / 100)
            wanted = grown if indicator["formula"] == "growth" else earlier + standard
        else:
            return []
        return list(_changes(own, wanted, comparison, tables, facts))


def _comparison(value: Row, tables: ReleaseTables) -> str | None:
    found = (
        {row["comparison"] for row in tables.standards_of(value)} if value["standard_id"] else ()
    )
    return next(iter(found), None) if len(found) == 1 else None


def _years_of(value: Row, indicator: Row, tables: ReleaseTables) -> tuple[Row, Decimal] | None:
    """Give the later value of a growth, and the exact number of the earlier one."""
    rows = {}
    for part in indicator["components"]:
        period = shifted(value["period"], int(part["year_offset"]))
        rows[int(part["weight"])] = tables.values.get(
            (value["district_code"], value["evaluation_year"], part["id"], period,
             value["dimension"], value["member"])
        )  # fmt: skip
    later, earlier = rows.get(1), rows.get(-1)
    if not later or not earlier or later["value"] is None or earlier["value"] is None:
        return None
    return later, Decimal(earlier["value"])


def _changes(
    value: Row, wanted: Decimal, comparison: str, tables: ReleaseTables, facts: Row
) -> Iterator[Change]:
    """Change numerator or denominator of a value until it is at least, or at most, the wanted."""
    indicator = tables.indicators[value["indicator_id"]]
    multiplier = Decimal(indicator["multiplier"] or 1)
    numerator = Decimal(value["numerator"])
    denominator = Decimal(value["denominator"] if value["denominator"] is not None else 1)
    lacking = wanted * denominator - multiplier * numerator  # of the multiplied numerator
    if comparison == "<=":
        lacking = -lacking
    if comparison not in (">=", "<=") or lacking <= 0:
        return
    sign = 1 if comparison == ">=" else -1
    if measure := _measure(indicator["numerator"], facts):
        yield _whole(measure, lacking / multiplier, sign)
    has_own_whole = indicator["formula"] == "ratio"  # of a share, who meets it is part of the whole
    if has_own_whole and wanted > 0 and (measure := _measure(indicator["denominator"], facts)):
        yield _whole(measure, lacking / wanted, -sign)


def _whole(measure: Measure, amount: Decimal, sign: int) -> Change:
    """Round up to a fen, a person or a thing: with less the standard is not met."""
    if measure.per_person > 1:
        persons = (amount / measure.per_person).to_integral_value(ROUND_CEILING)
        return Change(measure.title, sign * persons, "人（全年在校）")
    step = FEN if measure.unit == "元" else WHOLE
    return Change(measure.title, sign * amount.quantize(step, ROUND_CEILING), measure.unit)


def _measure(name: str | None, facts: Row) -> Measure | None:
    if not name:
        return None
    fact, measure = name.split(".")
    described = facts[fact]["measures"][measure]
    if not described["unit"]:  # a sum of sums, which nobody can have more of
        return None
    title = str(described["title"]).split("（")[0]
    return Measure(title, described["unit"], persons_units().get(measure, 1))


@cache
def persons_units() -> Mapping[str, int]:
    """Say of the counts of persons in marts how much one person counts."""
    return {
        column: int(meta["persons_unit"])
        for mart in marts()
        for column in mart.columns
        if "persons_unit" in (meta := mart.column_meta(column))
    }
