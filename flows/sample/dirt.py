"""The kinds of dirt of the sample: where each stands and what it must lead to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

Row = TypeVar("Row")
Way = Callable[[Random, str], str]  # how a cell is made dirty

FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
ROWS_PER_SOILED_ROW, ROWS_PER_DUPLICATE = 100, 1000


@dataclass(frozen=True)
class Kind:
    """One kind of dirt; an effect of `none` is always there, any other is switched on by name."""

    name: str
    table: str
    effect: str  # none · warning · provisional · partial · rejected · missing
    figures: tuple[str, ...]
    outcome: str


FUNDS, PAYMENTS = "finance.education_funds", "finance.payments"
PER_FUNDED_STUDENT = ("5.1a", "5.2a", "5.3a", "5.5a", "5.6a", "5.7a")
EARMARKED = ("15.5", "15.8", "22.2")

KINDS = (
    Kind("blanks_in_codes", "all", "none", (),
         "Outer and inner blanks, full-width ones too, in codes change no figure."),
    Kind("full_width_digits", PAYMENTS, "none", (),
         "Full-width digits in codes and amounts change no figure."),
    Kind("full_width_hyphen", PAYMENTS, "none", (),
         "A code is found before the full-width hyphen of 代码－名称 too."),
    Kind("duplicate_rows", PAYMENTS, "none", (),
         "A line that is repeated in all its cells counts once, here and in the trainings."),
    Kind("staff_number_forms", "staffing.trainings", "none", (),
         "A 工号 in small or full-width letters is the same person's."),
    Kind("thousands_in_text", FUNDS, "none", (),
         "An amount kept as text with thousands separators is read as the number."),
    Kind("unreadable_amount", FUNDS, "provisional", ("4.1", "4.2", "4.3", "4.6", "4.9"),
         "The row of 初中 with 待核 is quarantined; 4.6 is provisional and judged 无法判定."),
    Kind("missing_school", FUNDS, "partial", ("4.1", "4.2", "4.3", "4.6", "4.9"),
         "One junior school has not reported: the figures of 初中 and in total are partial."),
    Kind("lost_column", FUNDS, "rejected", ("4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "4.9"),
         "Without the column 学段 the file is rejected: the last one stands, or 2023 is missing."),
    Kind("unmatched_unit", PAYMENTS, "provisional", PER_FUNDED_STUDENT,
         "Three payments of a unit that the crosswalk lacks are listed; 5.1a is provisional."),
    Kind("truncated_payments", PAYMENTS, "rejected", ("4.9", *PER_FUNDED_STUDENT, *EARMARKED),
         "A file without its totals row is rejected: the last one stands, or 2023 is missing."),
    Kind("wrong_total", "finance.fund_notices", "warning", (),
         "A 合计 that is not the sum of the notices is told and changes no figure."),
    Kind("missing_workbook", "schools.annual_forms", "partial", ("14.3",),
         "One junior school's workbook is absent: the shares of large classes are partial."),
    Kind("unreadable_student_stage", "schools.students", "provisional",
         ("4.4", "4.5", "4.6", "4.7", "4.9", *PER_FUNDED_STUDENT, "5.8"),
         "One pupil without a known stage makes what counts pupils provisional."),
    Kind("no_staff_number", "staffing.staff", "provisional", ("21.1", "21.2"),
         "One public teacher without 工号 is quarantined; 21.1 and 21.2 are provisional."),
)  # fmt: skip


def chosen_kinds(names: Iterable[str]) -> frozenset[str]:
    """Check the names of kinds that are switched on."""
    chosen = frozenset(names)
    unknown = chosen - {kind.name for kind in KINDS}
    if unknown:
        known = ", ".join(kind.name for kind in KINDS if kind.effect != "none")
        raise ValueError(f"no such kind of dirt: {', '.join(sorted(unknown))}; there are {known}")
    return chosen


def with_blanks(rng: Random, text: str) -> str:
    """Put a blank before, after or into a code."""
    place = rng.choice((0, len(text), len(text) // 2))
    return text[:place] + rng.choice((" ", "  ", "\u3000")) + text[place:]


def in_full_width(_: Random, text: str) -> str:
    """Write a text in full-width signs."""
    return text.translate(FULL_WIDTH)


def in_lower_case(_: Random, text: str) -> str:
    """Write a text in small letters."""
    return text.lower()


def with_full_width_hyphen(_: Random, text: str) -> str:
    """Write 代码-名称 with a full-width hyphen."""
    return text.replace("-", "\uff0d", 1)


def soil(rng: Random, rows: Sequence[list[str]], ways: Sequence[tuple[int, Way]]) -> None:
    """Make one cell dirty in one row of a hundred, in at least one row."""
    if not rows:
        return
    for place in rng.sample(range(len(rows)), max(1, len(rows) // ROWS_PER_SOILED_ROW)):
        column, way = rng.choice(ways)
        rows[place][column] = way(rng, rows[place][column])


def with_duplicates(rng: Random, rows: Sequence[Row]) -> list[Row]:
    """Repeat a few whole rows further down."""
    count = min(len(rows), max(2, len(rows) // ROWS_PER_DUPLICATE))
    repeated: dict[int, list[Row]] = {}
    for place in rng.sample(range(len(rows)), count):
        repeated.setdefault(rng.randrange(place, len(rows)), []).append(rows[place])
    return [each for place, row in enumerate(rows) for each in (row, *repeated.get(place, ()))]
