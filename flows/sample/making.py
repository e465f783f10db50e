"""Making a whole district: draw it from the seed, then write its source tables."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random

from flows.sample import MARK, csv_files, outside, workbooks
from flows.sample.annual_forms import count_classes, write_forms
from flows.sample.crosswalk import Unit, crosswalk_rows, draw_units
from flows.sample.dirt import chosen_kinds
from flows.sample.district import School, census_day, draw_schools
from flows.sample.drawing import generator
from flows.sample.earmarks import earmarked_payments
from flows.sample.enrolments import Body, Heads, plan_enrolments
from flows.sample.entitlements import list_claims, paid_claims
from flows.sample.fund_notices import draw_notices, write_notices
from flows.sample.funds import (
    YEARS,
    funds_by_stage,
    funds_rows,
    institution_weights,
    share_out,
)
from flows.sample.funds_workbook import write_funds
from flows.sample.guards import Contract, draw_contracts, schools_of_guards, write_guards
from flows.sample.ledgers import (
    LedgerDraw,
    draw_exams,
    draw_pay,
    write_budget,
    write_exams,
    write_ledgers,
    write_pay,
)
from flows.sample.payments import allot, pay, payments_by_stage
from flows.sample.registers import write_registers
from flows.sample.resources import draw_resources, write_resources
from flows.sample.spending import MEALS
from flows.sample.staff import Person, describe_staff, draw_staff
from flows.sample.student_aid import draw_awards, write_awards
from flows.sample.students import Enrolment, count_heads, draw_censuses, draw_crowded
from flows.sample.targets import Targets, list_targets
from flows.sample.trainings import draw_trainings, with_themes

YEAR = YEARS[-1]


@dataclass(frozen=True)
class District:
    """What every table rests on."""

    seed: int
    scale: float
    schools: Sequence[School]
    units: Mapping[str, Unit]
    enrolments: Mapping[int, Sequence[Enrolment]]
    heads: Mapping[int, Mapping[Body, Heads]]
    targets: Targets
    dirt: frozenset[str]
    inbox: Path
    sample: Path


def write_key(warehouse: Path, seed: int) -> None:
    """Write the key of the sample's pseudonyms, whole or not at all, unless there is one."""
    warehouse.mkdir(parents=True, exist_ok=True)
    key, part = warehouse / "person_id.key", warehouse / ".person_id.key.part"
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(sha256(f"ziping sample key {seed}".encode()).hexdigest() + "\n")
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        key.hardlink_to(part)
    part.unlink()


def _draw(workspace: Path, seed: int, scale: float, dirt: frozenset[str]) -> District:
    schools = draw_schools(generator(seed, "schools"), scale)
    plans = plan_enrolments(generator(seed, "enrolments"), schools, scale)
    targets = list_targets(seed, scale)
    crowded = draw_crowded(generator(seed, "crowded"), schools, targets.crowded_schools)
    enrolments = draw_censuses(generator(seed, "students"), schools, plans, crowded)
    return District(
        seed=seed,
        scale=scale,
        schools=schools,
        units=draw_units(generator(seed, "units"), schools),
        enrolments=enrolments,
        heads={year: count_heads(rows) for year, rows in enrolments.items()},
        targets=targets,
        dirt=dirt,
        inbox=workspace / "raw" / "inbox",
        sample=workspace / "raw" / "sample",
    )


def _write_schools(district: District, rows: Counter[str]) -> None:
    folder, rng = district.inbox / "schools", generator(district.seed, "school files")
    path = folder / f"学校代码库_{MARK}.csv"
    rows["schools.schools"] = csv_files.write_library(path, rng, district.schools)
    crosswalk = crosswalk_rows(rng, district.schools, district.units)
    path = folder / f"单位对照表_{MARK}.csv"
    rows["schools.crosswalk"] = csv_files.write_crosswalk(path, rng, crosswalk)
    path = folder / f"教育事业统计报表_{YEAR}_{MARK}"
    rows["schools.annual_forms"] = write_forms(
        path,
        generator(district.seed, "annual forms"),
        district.schools,
        count_classes(district.schools, district.enrolments[YEAR]),
        district.dirt,
    )
    forms = draw_resources(
        generator(district.seed, "resources"),
        [school for school in district.schools if school.is_open_on(census_day(YEAR))],
        district.heads[YEAR],
        is_uneven=district.targets.registers["misses"] > 0,
    )
    path = folder / f"义务教育学校资源配置表_{YEAR}_{MARK}"
    rows["schools.resources"] = write_resources(path, district.schools, forms)


def _write_students(district: District, rows: Counter[str]) -> None:
    juniors = {
        school.code for school in district.schools if school.kind == "311" and school.is_public
    }
    for year, enrolments in district.enrolments.items():
        unreadable = None
        if "unreadable_student_stage" in district.dirt and year == YEAR:
            unreadable = next(row.number for row in enrolments if row.school_code in juniors)
        path = district.sample / f"students-{year}-09-01.jsonl"
        rng = generator(district.seed, path.name)
        rows["schools.students"] += outside.write_census(path, rng, enrolments, unreadable)


def _write_staff(district: District, rows: Counter[str]) -> Sequence[Person]:
    targets, seed = district.targets, district.seed
    rng = generator(seed, "staff")
    drawn = draw_staff(rng, district.schools, district.heads[YEAR], targets.trained_staff)
    of_labour = max(6, int(targets.registers["H1.2"] * district.scale))
    staff = describe_staff(generator(seed, "staff described"), drawn, of_labour)
    without_number = None
    if "no_staff_number" in district.dirt:
        without_number = next(p.staff_number for p in staff if p.is_public_teacher_in_post)
    path = district.sample / "staffing.sqlite"
    rows["staffing.staff"] = outside.write_staff(path, rng, staff, without_number)
    rng = generator(seed, "trainings")
    trainings = draw_trainings(rng, staff, targets.trained_staff, targets.undertrained_staff)
    in_psychology = max(6, int(targets.registers["H3.5"] * district.scale))
    trainings = with_themes(generator(seed, "themes of trainings"), trainings, in_psychology)
    path = district.inbox / "staffing" / f"教师培训学时_2019-2023_{MARK}.xlsx"
    rows["staffing.trainings"] = workbooks.write_trainings(path, rng, trainings)
    return staff


def _write_guards(district: District, contracts: Sequence[Contract], rows: Counter[str]) -> None:
    path = district.inbox / "staffing" / f"保安人员台账_{YEAR}年_{MARK}.xlsx"
    rng = generator(district.seed, "guard file")
    rows["staffing.guards"] = write_guards(path, rng, contracts)


def _write_finance(district: District, contracts: Sequence[Contract], rows: Counter[str]) -> None:
    schools, seed, folder = district.schools, district.seed, district.inbox / "finance"
    earmarks = district.targets.earmarked
    rng = generator(seed, "funds")
    funds = funds_by_stage(rng, schools, district.heads, district.targets)
    weights = institution_weights(rng, schools, district.heads)
    spent = payments_by_stage(rng, schools, district.heads, funds, district.targets)
    for year in YEARS:
        dirt = district.dirt if year == YEAR else frozenset[str]()
        rng = generator(seed, f"funds of {year}")
        path = folder / f"教育经费统计_{year}年_{MARK}.xlsx"
        of_schools = funds_rows(rng, schools, share_out(funds[year], weights[year]))
        rows["finance.education_funds"] += write_funds(path, rng, of_schools, year, dirt)

        rng = generator(seed, f"payments of {year}")
        claims = list_claims(schools, district.heads, year)
        paid = paid_claims(rng, schools, claims, district.targets.underpaid_schools)
        shares = share_out(spent[year], weights[year])
        guarded = schools_of_guards(contracts)
        earmarked = earmarked_payments(
            generator(seed, f"earmarked of {year}"), schools, shares, guarded, earmarks, year
        )
        payments = pay(rng, allot(rng, schools, shares, paid | earmarked, year), year)
        path = folder / f"支付明细_{year}年_{MARK}.csv"
        rows["finance.payments"] += csv_files.write_payments(
            path, rng, payments, district.units, dirt
        )
        if year == YEAR:
            path = folder / f"资金下达指标文_{year}年_{MARK}.xlsx"
            rng = generator(seed, "fund notices")
            meals = {claim: fen for claim, fen in earmarked.items() if claim.purpose == MEALS}
            notices = draw_notices(rng, schools, paid, meals, earmarks)
            rows["finance.fund_notices"] = write_notices(path, rng, notices, district.units, dirt)
            path = folder / f"预算执行表_{year}年_{MARK}.csv"
            rng = generator(seed, "budget")
            rows["finance.budget"] = write_budget(path, rng, payments, district.units)
    rng = generator(seed, "student aid")
    awards = draw_awards(rng, district.enrolments, earmarks)
    path = folder / f"学生资助发放_{YEAR}年_{MARK}.csv"
    rows["finance.student_aid"] = write_awards(path, rng, awards, schools)
    path = folder / f"项目库_{MARK}.csv"
    rows["finance.projects"] = csv_files.write_projects(path, generator(seed, "projects"))


def _write_registers(district: District, rows: Counter[str]) -> None:
    rows |= write_registers(
        district.inbox,
        lambda purpose: generator(district.seed, purpose),
        district.schools,
        district.heads[YEAR],
        district.targets.registers,
    )


def _write_ledgers(district: District, staff: Sequence[Person], rows: Counter[str]) -> None:
    is_open = [school for school in district.schools if not school.closed]
    heads = district.heads[YEAR]
    pupils = {s.code: sum(heads[s.code, stage].pupils for stage in s.stages) for s in is_open}
    pay = draw_pay(generator(district.seed, "pay"), staff)
    path = district.inbox / "staffing" / f"工资统发明细_{YEAR}年_{MARK}.csv"
    rows["staffing.pay"] = write_pay(path, pay)

    def draw_with(rng: Random) -> LedgerDraw:
        targets = district.targets.registers
        return LedgerDraw(rng, is_open, pupils, targets, staff, district.enrolments[YEAR], pay)

    path = district.inbox / "schools" / f"质量监测与升学统计_{YEAR}年_{MARK}.csv"
    exams = draw_exams(draw_with(generator(district.seed, "exams")))
    rows["schools.exam_results"] = write_exams(path, exams)
    rows |= write_ledgers(
        district.inbox, lambda purpose: generator(district.seed, purpose), draw_with
    )


def make(workspace: Path, *, seed: int, scale: float, dirt: Sequence[str]) -> dict[str, int]:
    """Draw a district and write it."""
    if not 0 < scale <= 1:
        raise ValueError("scale must be above 0 and at most 1")
    district = _draw(workspace, seed, scale, chosen_kinds(dirt))
    for folder in ("schools", "staffing", "finance", "registers"):
        (district.inbox / folder).mkdir(parents=True, exist_ok=True)
    district.sample.mkdir(parents=True, exist_ok=True)
    rows: Counter[str] = Counter()
    _write_schools(district, rows)
    _write_students(district, rows)
    staff = _write_staff(district, rows)
    rng = generator(seed, "guards")
    contracts = draw_contracts(
        rng, district.schools, district.heads[YEAR], district.targets.earmarked.guards
    )
    _write_guards(district, contracts, rows)
    _write_finance(district, contracts, rows)
    _write_registers(district, rows)
    _write_ledgers(district, staff, rows)
    outside.write_note(district.sample)
    write_key(workspace / "warehouse", seed)
    return dict(rows)
