"""What an assumption would change: figures, judgements, and at which schools."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from flows.releases.tables import Key, ReleaseTables, Row, key_of, number_figure
from flows.what_if.smallest_change import Change, smallest_changes

COMPARED = ("state", "value", "value_text", "judgement", "standard_value")
SCHOOL_KEYS = ("ledger_school_code", "school_code")  # the first one that a fact has
ENTITLEMENTS = "int_school_entitlements"
FEWEST_PUPILS = 5  # of a school whose number per pupil is shown


class School(NamedTuple):
    """A school that lies on the wrong side of a standard, and by how much."""

    name: str
    code: str
    value: Decimal
    lacking: Decimal | None  # of the numerator, to meet the standard
    unit: str

    @property
    def sentence(self) -> str:
        """Say it for an office."""
        lacking = "" if self.lacking is None else f"，差 {self.lacking:,.2f} {self.unit}"
        return f"{self.name} {self.value:,.2f}{lacking}"


class Consequence(NamedTuple):
    """A value that would be another, with what it takes to meet its standard."""

    number: str  # of the figure that prints it; empty for a value that no figure prints
    title: str
    member: str
    before: Row | None
    now: Row | None
    changes: Sequence[Change]
    schools: Sequence[School]

    @property
    def turns(self) -> str:
        """Say from which judgement to which; empty where it stays."""
        judgements = [row["judgement"] if row else "无" for row in (self.before, self.now)]
        return "" if judgements[0] == judgements[1] else " → ".join(judgements)

    def as_json(self) -> dict[str, Any]:
        """Give it as `--json` has it; numbers as texts."""
        columns = ("indicator_id", "period", "dimension", "member", "unit")
        row = self.now or self.before or {}
        return {
            "figure": self.number,
            "title": self.title,
            **{name: row[name] for name in columns},
            "before": _shown(self.before),
            "now": _shown(self.now),
            "smallest_changes": [
                {"what": change.title, "amount": f"{change.amount:f}", "unit": change.unit}
                for change in self.changes
            ],
            "schools": [
                {
                    "school_code": school.code,
                    "school_name": school.name,
                    "value": f"{school.value:.2f}",
                    "lacking": None if school.lacking is None else f"{school.lacking:.2f}",
                    "unit": school.unit,
                }
                for school in self.schools
            ],
        }


def _shown(row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    numbers = ("value", "standard_value", "margin")
    shown = {name: row[name] if row[name] is None else f"{row[name]:f}" for name in numbers}
    return {**{name: row[name] for name in ("state", "judgement", "reason", "value_text")}, **shown}


def find_consequences(before: ReleaseTables, now: ReleaseTables, facts: Row) -> list[Consequence]:
    """List the values that differ, those that change their judgement first, then by the report."""
    keys = before.values.keys() | now.values.keys()
    return _describe([key for key in keys if _differs(key, before, now)], before, now, facts)


def find_failures(tables: ReleaseTables, facts: Row) -> list[Consequence]:
    """List what is 未达标 as it is, where nothing is assumed, with what it takes to pass."""
    failed = [key for key, row in tables.values.items() if row["judgement"] == "未达标"]
    return _describe(failed, tables, tables, facts)


def _differs(key: Key, before: ReleaseTables, now: ReleaseTables) -> bool:
    old, new = before.values.get(key), now.values.get(key)
    return not (old and new and all(old[name] == new[name] for name in COMPARED))


def _describe(
    keys: Iterable[Key], before: ReleaseTables, now: ReleaseTables, facts: Row
) -> list[Consequence]:
    places = {
        key_of(row): (place, number_figure(row), row["title"])
        for place, row in reversed(list(enumerate(now.figures)))
    }
    names = {
        row["school_code"]: row["school_name"] for row in now.internal_rows("int_units_expected")
    }
    found = []
    for key in sorted(keys, key=str):
        old, new = before.values.get(key), now.values.get(key)
        indicators = now.indicators if new else before.indicators
        unprinted = (len(places), "", str(indicators[key[2]]["title_zh"]))
        place, number, title = places.get(key, unprinted)
        failed = new if new and new["judgement"] == "未达标" else None
        changes = smallest_changes(failed, now, facts) if failed else []
        schools = list(_schools(failed, now, names, facts)) if failed else []
        consequence = Consequence(number, title, key[5], old, new, changes, schools)
        found.append((not consequence.turns, place, consequence))
    return [consequence for *_, consequence in sorted(found, key=lambda entry: entry[:2])]


def _schools(
    value: Row, tables: ReleaseTables, names: Mapping[str, str], facts: Row
) -> Iterator[School]:
    """List the schools that lie on the wrong side themselves, the farthest first."""
    indicator = tables.indicators[value["indicator_id"]]
    if not (indicator["numerator"] and indicator["denominator"]):
        return
    if value["standard_value"] is None:
        return
    numerators, denominators = (
        _by_school(value, indicator[name], tables) for name in ("numerator", "denominator")
    )
    multiplier, standard = Decimal(indicator["multiplier"] or 1), Decimal(value["standard_value"])
    is_least = indicator["better"] != "lower"
    fact, measure = indicator["numerator"].split(".")
    unit = facts[fact]["measures"][measure]["unit"]
    found = []
    for code, denominator in denominators.items() if numerators else ():
        numerator = numerators.get(code, Decimal(0))
        lacking = (standard * denominator - multiplier * numerator) * (1 if is_least else -1)
        if lacking <= 0 or (indicator["formula"] == "ratio" and denominator < FEWEST_PUPILS):
            continue
        own = multiplier * numerator / denominator
        name = names.get(code, code)
        found.append(School(name, code, own, lacking / multiplier, unit))
    if fact == ENTITLEMENTS:
        found = list(_with_shortfall(found, value, tables))
    yield from sorted(found, key=lambda school: -(school.lacking or 0))


def _with_shortfall(
    schools: Sequence[School], value: Row, tables: ReleaseTables
) -> Iterator[School]:
    """Say of a school that was not fully funded what it got, and what of the money owed lacks."""
    owed = {
        row["school_code"]: row
        for row in tables.internal_rows("marts/mart_school_entitlements")
        if row["year"] == value["evaluation_year"]
    }
    for school in schools:
        row = owed[school.code]
        yield school._replace(value=row["allocated_yuan"], lacking=row["shortfall_yuan"], unit="元")


def _by_school(value: Row, name: str, tables: ReleaseTables) -> dict[str, Decimal]:
    """Add up a measure by school, of a value's year and stage; empty where no school is told."""
    fact, measure = name.split(".")
    rows = tables.internal_rows(f"facts/{fact}")
    key = next((key for key in SCHOOL_KEYS if rows and key in rows[0]), None)
    if key is None:
        return {}
    year = int(str(value["period"]).split("..")[-1][:4])
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        is_of_member = value["dimension"] != "stage" or row.get("stage") == value["member"]
        if row["year"] == year and is_of_member and row[key] and row[measure] is not None:
            found[row[key]] += Decimal(row[measure])
    return dict(found)
