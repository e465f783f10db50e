"""Recomputing numerators and denominators from raw cells, one way per kind of measure."""

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from functools import cached_property

from flows.lineage.formulas import entitlement, funded_students, meets, required_hours_times_60
from flows.lineage.raw_cells import FactRow, RawRows
from flows.parsing.codes import SEEDS
from flows.releases.standards import DAYS, standard_in_force

COMPULSORY = ("普通小学", "普通初中")
SPECIAL = "特殊教育"
PER_STUDENT = "operating_per_student"
with (SEEDS / "terms.csv").open(encoding="utf-8", newline="") as terms_file:
    TERMS = {int(row["student_months"]): row["term"] for row in csv.DictReader(terms_file)}


class Recomputation:
    """Recomputes one measure of a fact for one year and member, and finds what contributes."""

    def __init__(
        self, raw: RawRows, fact: str, measure: str, year: int, dimension: str, member: str
    ) -> None:
        """Take the raw rows of a release and what is to be recomputed."""
        self.raw, self.fact, self.measure, self.year = raw, fact, measure, year
        self.dimension, self.member = dimension, member
        self.district = str(raw.release.manifest["district_code"])
        self.described = raw.release.manifest["facts"][fact]["measures"][measure]
        self.differences: list[str] = []

    @cached_property
    def own_rows(self) -> list[FactRow]:
        """The fact's rows that carry the value."""
        wanted = self.fact, self.measure, self.year, self.district, self.dimension, self.member
        return list(self.raw.fact(*wanted))

    def fact_rows(self, fact: str, measure: str) -> Iterator[FactRow]:
        """Go through the rows of another fact on which the value rests."""
        return self.raw.fact(fact, measure, self.year, self.district)

    @cached_property
    def total(self) -> Decimal:
        """The measure's sum, computed again from the raw cells."""
        kinds: dict[str | None, Callable[[], Decimal]] = {
            None: self._sum_of_cells,
            "funded_students": self._funded,
            "boarders": self._funded,
            "school_entitlements": self._schools,
            "pupils_compared": self._pupils_compared,
            "security_guards": self._guards,
            "trained_staff": self._trained,
            "staff_with_required_hours": self._with_hours,
        }
        if "where" in self.described:
            return self._meeting()
        return kinds[self.described["trace"]]()

    def _sum_of_cells(self) -> Decimal:
        """Add up the cells of each row; a count takes the row's share, once the row is found."""
        found = Decimal(0)
        for row in self.own_rows:
            found += self._amount(row)
        return found

    def _amount(self, row: FactRow) -> Decimal:
        """Add up the cells of a row, less those that are taken from them."""
        if not self.described["cells"]:
            return row.measure
        value = Decimal(0)
        for sign, names in ((1, self.described["cells"]), (-1, self.described["less"])):
            cells = self.raw.cells(row, *names) if names else []
            value += sign * sum((cell or Decimal(0) for cell in cells), Decimal(0))
        if value != row.measure:
            self._differs(row.file_id, row.row_number)
        return value

    def by_school(self) -> dict[str, Decimal]:
        """Add up the measure of each school, as the raw cells name the schools."""
        found: dict[str, Decimal] = defaultdict(Decimal)
        for row in self.own_rows:
            school, stage = self.raw.cells(row, "school_code", "stage")
            if stage != row.keys["stage"]:
                self._differs(row.file_id, row.row_number)
            found[school] += self._amount(row)
        return found

    def _pupils_compared(self) -> Decimal:
        """Recount the pupils, school by school."""
        return sum(self.by_school().values(), Decimal(0))

    def _meeting(self) -> Decimal:
        """Ask the condition of every row of the register that may count, not of those counted."""
        where, cells, distinct = (self.described[name] for name in ("where", "cells", "distinct"))
        names = [*cells, *(distinct or "").split(), *where]
        found, seen = Decimal(0), set()
        for row in self.fact_rows(self.fact, "_row_number"):  # which every row has
            asked = [name for name in names if name not in row.keys]  # the fact knows the others
            values = {**dict(zip(asked, self.raw.cells(row, *asked), strict=True)), **row.keys}
            if row.keys["left_out"] or not all(
                meets(values[name], wanted, self.year) for name, wanted in where.items()
            ):
                continue
            if distinct:
                seen.add(values[distinct])
            found += (values[cells[0]] or 0) if cells else 1
        return Decimal(len(seen - {None})) if distinct else found

    def _differs(self, file_id: str, row_number: int) -> None:
        name = self.raw.sources[file_id]["original_name"]
        self.differences.append(f"{name}, row {row_number}: the raw cells give another value")

    def standard(self, standard_id: str, stage: str, day_kind: str) -> Decimal | None:
        """Find the standard in force on a day of the year."""
        day = date(self.year, *DAYS[day_kind])
        row = standard_in_force(self.raw.tables.standards, standard_id, stage, self.district, day)
        return Decimal(row["value"]) if row else None

    def expected_rows(self) -> Counter[tuple[str, str, str, str]]:
        """Count pupils and boarders of public schools from the raw census files.

        Keyed (term, school, stage, what); what is `funded` or `boarders`. Which rows are public
        institutions' is what the fact of student months says.
        """
        if self.year not in self.raw.owed:
            self.raw.owed[self.year] = self._count_owed()
        return self.raw.owed[self.year]

    def _count_owed(self) -> Counter[tuple[str, str, str, str]]:
        counted: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
        for row in self.fact_rows("int_student_months", "student_months"):
            school, stage, has_special_needs, is_boarder = self.raw.cells(
                row, "school_code", "stage", "has_special_needs", "is_boarder"
            )
            term = TERMS[int(row.measure)]
            count = counted[(term, school, stage)]
            count["students"] += 1
            count["special_needs"] += bool(has_special_needs)
            count["boarders"] += bool(is_boarder)
        owed: Counter[tuple[str, str, str, str]] = Counter()
        for (term, school, stage), count in counted.items():
            funded, special = funded_students(
                count["students"],
                count["special_needs"],
                is_special=stage == SPECIAL,
                is_compulsory=stage in COMPULSORY,
                floor=int(self.standard("small_school_floor", "total", term) or 0),
            )
            owed[(term, school, stage, "funded")] += funded
            owed[(term, school, SPECIAL, "funded")] += special
            if stage in COMPULSORY:
                owed[(term, school, stage, "boarders")] += count["boarders"]
        return owed

    def _funded(self) -> Decimal:
        """Recount for how many half-years pupils or boarders are owed for."""
        wanted = "boarders" if self.described["trace"] == "boarders" else "funded"
        owed = self.expected_rows()
        for row in self.own_rows:
            keys = row.keys
            place = (keys["term"], keys["school_code"], keys["stage"], wanted)
            if owed[place] != row.measure:
                self.differences.append(
                    f"school {keys['school_code']}, {keys['term']}: the raw rows give another count"
                )
        return Decimal(
            sum(
                count
                for (_, _, stage, what), count in owed.items()
                if what == wanted and self.member in ("total", stage)
            )
        )

    def _schools(self) -> Decimal:
        """Recompute each school's entitlement and allocation, and count those that are met."""
        entitled, allocated = self.entitlements(), self.allocations()
        met = 0
        for row in self.fact_rows(self.fact, "schools"):
            code = row.keys["school_code"]
            owed, paid = entitled.get(code, Decimal(0)), allocated.get(code, Decimal(0))
            if owed != row.keys["entitled_yuan"] or paid != row.keys["allocated_yuan"]:
                self.differences.append(f"school {code}: the raw rows give other amounts")
            met += 1 if self.measure == "schools" or paid >= owed else 0
        return Decimal(met)

    def successors(self) -> dict[str, str]:
        """Say which school took over a school that was closed."""
        return {
            row["school_code"]: row["successor_code"]
            for row in self.raw.tables.internal_rows("int_school_successors")
            if row["year"] == self.year
        }

    def entitlements(self) -> dict[str, Decimal]:
        """Recompute what each school was owed, teaching points at their managing school."""
        ledgers = {
            (row.keys["term"], row.keys["school_code"]): row.keys["ledger_school_code"]
            for row in self.fact_rows("int_funded_students", "funded_half_years")
        }
        successors = self.successors()
        owed: dict[str, list[tuple[int, Decimal]]] = defaultdict(list)
        for (term, school, stage, what), count in self.expected_rows().items():
            if stage not in (*COMPULSORY, SPECIAL):
                continue
            is_boarders = what == "boarders"
            name, standard_stage = (
                ("boarder_addition", "total") if is_boarders else (PER_STUDENT, stage)
            )
            ledger = ledgers.get((term, school), school)
            owed[successors.get(ledger, ledger)].append(
                (count, self.standard(name, standard_stage, term) or Decimal(0))
            )
        return {school: entitlement(parts) for school, parts in owed.items()}

    def allocations(self) -> dict[str, Decimal]:
        """Recompute what was handed down to each school."""
        successors = self.successors()
        allocated: dict[str, Decimal] = defaultdict(Decimal)
        for row in self.fact_rows("int_allocated_funds", "allocated_yuan"):
            code = row.keys["school_code"]
            (amount,) = self.raw.cells(row, "amount_yuan")
            allocated[successors.get(code, code)] += amount
        return allocated

    def _guards(self) -> Decimal:
        """Recount the persons whose contract covers the last day of the year."""
        last_day = date(self.year, 12, 31)
        persons = set()
        for row in self.fact_rows("int_security_guards", "contracts"):
            person, begins, ends = self.raw.cells(row, "guard_id", "contract_from", "contract_to")
            if begins > last_day or (ends and ends < last_day):
                self._differs(row.file_id, row.row_number)
            persons.add(person)
        return Decimal(len(persons))

    def _trainings(self) -> tuple[dict[str, Decimal], set[str]]:
        hours: dict[str, Decimal] = defaultdict(Decimal)
        trained: set[str] = set()
        for row in self.fact_rows("int_training_hours", "training_hours"):
            person, number, day = self.raw.cells(row, "staff_id", "hours", "trained_on")
            hours[person] += number
            if day.year == self.year:
                trained.add(person)
        return hours, trained

    def _trained(self) -> Decimal:
        """Recount who was trained in the year."""
        _, trained = self._trainings()
        staff = self.fact_rows("int_staff_training", "staff")
        return Decimal(sum(self.raw.cells(row, "staff_id")[0] in trained for row in staff))

    def _with_hours(self) -> Decimal:
        """Recount who has the hours owed."""
        hours, _ = self._trainings()
        standard = self.standard("training_hours", "total", "year_end") or Decimal(0)
        met = 0
        for row in self.fact_rows("int_staff_training", "staff"):
            person, entered = self.raw.cells(row, "staff_id", "entered_on")
            needed = required_hours_times_60(standard, self._months(entered))
            met += 60 * hours[person] >= needed
        return Decimal(met)

    def _months(self, entered: date | None) -> int:
        """Count the full months from the day of entry to the end of the span."""
        if entered is None or entered <= date(self.year - 4, 1, 1):
            return 60
        months = (self.year + 1 - entered.year) * 12 + 1 - entered.month
        return months - (entered.day > 1)
