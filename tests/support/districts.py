"""Whole districts for the tests of figures, releases and traces: each is run once and only read."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import product
from shutil import rmtree
from typing import Any

from answer_files import read_schools
from answer_key import COMPULSORY, CORE, STANDARDS, Result, compute
from answer_ledgers import ledger_answers
from answer_registers import register_answers
from answer_resources import resource_answers
from nights import night, raise_funds
from tiny_district import EXPECTED

from flows.common.settings import Workspace
from flows.releases.release import Release, releases_of, rows_of

YEAR = 2023
KEY = ("indicator_id", "period", "member")
STANDARDS_OF_2023 = {"普通高中": 1100, "幼儿园": 500, "特殊教育": 6000} | {
    name: max(steps.values()) for name, steps in STANDARDS.items()
}
OPERATING = {"普通小学": "5.1a", "普通初中": "5.2a", "特殊教育": "5.5a", "普通高中": "5.6a",
             "幼儿园": "5.7a"}  # fmt: skip
EARMARKED = {"meal_funds_issued": "15.1", "meal_funds_used": "15.5", "student_aid_paid": "16.1",
             "student_aid_awards": "16.2", "security_spending": "22.2"}  # fmt: skip
LEVELS = {"中央": "15.2", "省": "15.3", "市": "15.4", "区": "meal_funds/区"}
LARGE_CLASSES_AT_MOST = {"large": 5, "oversize": 2}  # percent
NOT_RUN = ("中等职业学校", "普通高等学校")
RAISED_SCHOOL = "初级中学"

ValueKey = tuple[str, str, str]  # indicator, period, member
Answer = dict[str, Any]  # columns of report_values that the key knows


def published(release: Release) -> dict[ValueKey, dict[str, Any]]:
    """Read the values of a release by indicator, period and member."""
    rows = rows_of(release.folder / "report_values.parquet")
    return {tuple(row[name] for name in KEY): row for row in rows}


def printed(release: Release) -> dict[str, str]:
    """Read what the report prints, by figure (`4.8.2` is the second part of 4.8)."""
    return {
        row["figure_id"] + (f".{row['part']}" if row["part"] > 1 else ""): row["text"]
        for row in rows_of(release.folder / "report_figures.parquet")
    }


def key_of(workspace: Workspace) -> dict[ValueKey, Answer]:
    """Say what the published values of a district must be, computed from its files."""
    schools = read_schools(workspace.root)
    of_registers = register_answers(workspace.root, schools, YEAR)
    of_registers |= ledger_answers(workspace.root, schools, YEAR)
    key = compute(workspace.root)
    found = answers(key) | resource_answers(workspace.root, schools, YEAR)
    found |= {(*place, "total"): answer._asdict() for place, answer in of_registers.items()}
    pay = found.get(("teacher_pay_ratio", str(YEAR), "total"))
    if pay is not None:
        pay["judgement"] = _judged(pay["value"], pay["value"] >= 1)
    hidden = few_trained(key)
    unmet = Decimal(
        sum(
            answer.get("judgement") == "未达标"
            and "value_text" not in answer
            and answer.get("is_told", True)
            and place not in hidden
            for place, answer in found.items()
        )
    )
    for answer in found.values():
        answer.pop("is_told", None)
    return found | {("indicators_unmet", str(YEAR), "total"): {"value": unmet, "numerator": unmet}}


def few_trained(key: Result) -> set[ValueKey]:
    """Name the values of training that tell of 1 to 4 persons, or leave so few."""
    staff, share, trained = (key[name] for name in (f"staff/{YEAR}", "21.2", "21.1"))
    if not (
        isinstance(staff, Decimal) and isinstance(share, Decimal) and isinstance(trained, Decimal)
    ):
        return set()
    counted = {
        ("training_hours_share", "2019-01..2023-12", "total"): round(staff * share / 100),
        ("trained_staff", str(YEAR), "total"): trained,
    }
    return {place for place, count in counted.items() if {count, staff - count} & {1, 2, 3, 4}}


def by_hand() -> dict[ValueKey, Answer]:
    """Say what tiny_district.EXPECTED means in published values; some keys are steps only."""
    found: dict[ValueKey, Answer] = {}
    single = {
        "4.1": ("education_funds", "2023", "total"),
        "4.2": ("education_funds_increase", "2023", "total"),
        "4.3": ("education_funds_growth", "2023", "total"),
        "5.3a": ("boarder_funds_per_boarder", "2023", "total"),
        "5.8": ("fully_funded_schools_share", "2023", "total"),
        "K3.1": ("counselling_rooms_in_task_list", "2023-12-31", "total"),
        "K3.2": ("primary_and_secondary_schools", "2023-12-31", "total"),
        "K3.3": ("schools_to_be_merged", "2023-12-31", "total"),
        "K3.4": ("schools_with_counselling_room", "2023-12-31", "total"),
    }
    for figure, stage in zip(("4.4", "4.5", "4.6", "4.7"), CORE, strict=True):
        single[figure] = ("funds_per_student_growth", "2023", stage)
    for figure, stage in (("5.1a", "普通小学"), ("5.2a", "普通初中"), ("5.5a", "特殊教育"),
                          ("5.6a", "普通高中"), ("5.7a", "幼儿园")):  # fmt: skip
        single[figure] = ("operating_per_student", "2023", stage)
    for name, figure in EARMARKED.items():
        single[figure] = (name, "2023", "total")
    for level, figure in LEVELS.items():
        single[figure] = ("meal_funds_issued", "2023", level)
    single |= {
        "15.8": ("meal_funds_used_share", "2023", "total"),
        "22.1": ("security_guards", "2023-12-31", "total"),
    }
    for size, stage in product(LARGE_CLASSES_AT_MOST, COMPULSORY):
        place = (f"{size}_classes_share", "2023-09-01", stage)
        single[f"{size}_share/{stage}"] = place
    for figure, key in single.items():
        found[key] = {"value": EXPECTED[figure]}
    found["only_rise", "2023", "total"] = {"value_text": EXPECTED["4.9"]}
    for name, number in EXPECTED.items():
        measure, _, rest = name.partition("/")
        year, _, stage = rest.partition("/")
        if measure in ("funds", "payments") and stage == "total":
            found.setdefault((f"education_{measure}", year, stage), {"value": number})
        elif measure in ("funds", "payments"):
            found.setdefault((f"{measure}_per_student", year, stage), {})["numerator"] = number
        elif measure == "months":
            for indicator in ("funds_per_student", "payments_per_student"):
                found.setdefault((indicator, year, stage), {})["denominator"] = number
    return found


def _judged(value: Any, met: bool | None) -> str:
    return "无法判定" if value is None or met is None else "达标" if met else "未达标"


def answers(key: Result) -> dict[ValueKey, Answer]:
    """Say what the published values must be, by the answer key of the district's files."""
    found: dict[ValueKey, Answer] = {}

    def add(
        indicator: str, member: str = "total", period: str = str(YEAR), **columns: Any
    ) -> Answer:
        return found.setdefault((indicator, period, member), columns)

    for measure in ("funds", "payments"):
        for year in (YEAR - 1, YEAR):
            whole = key[f"{measure}/{year}/total"]
            add(f"education_{measure}", period=str(year), value=whole, numerator=whole)
            for stage in CORE:
                add(
                    f"{measure}_per_student",
                    stage,
                    str(year),
                    value=key[f"{measure}_per_student/{year}/{stage}"],
                    numerator=key[f"{measure}/{year}/{stage}"],
                    denominator=key[f"months/{year}/{stage}"],
                )
        increase = key[f"{measure}_increase/{YEAR}"]
        add(
            f"education_{measure}_increase",
            value=increase,
            judgement=_judged(increase, increase >= 0),
        )
        for stage in CORE:
            growth = key[f"{measure}_growth/{YEAR}/{stage}"]
            met = None if growth is None else growth >= 0
            add(
                f"{measure}_per_student_growth", stage, value=growth, judgement=_judged(growth, met)
            )
    growth = key["payments_total_growth"]
    met = None if growth is None else growth >= 0
    add("education_payments_growth", value=growth, judgement=_judged(growth, met))
    growth = key["4.3"]
    add("education_funds_growth", value=growth, judgement=_judged(growth, growth >= 0))
    add("only_rise", value=None, value_text=key["4.9"], judgement=key["4.9"])
    for stage, figure in OPERATING.items():
        add("operating_per_student", stage, **_per_head(key, figure, stage, stage))
        add("operating_standard", stage, value=Decimal(STANDARDS_OF_2023[stage]))
    add("boarder_funds_per_boarder", **_per_head(key, "5.3a", "寄宿生", "寄宿生"))
    add("boarder_standard", value=Decimal(STANDARDS_OF_2023["寄宿生"]))
    add("small_school_floor", value=Decimal(100))
    add(
        "fully_funded_schools_share",
        value=key["5.8"],
        numerator=key["schools_meeting"],
        denominator=key["schools_compulsory"],
        judgement=_judged(key["5.8"], key["5.8"] == 100),
    )
    add("trained_staff", value=key["21.1"], numerator=key["21.1"])
    add(
        "training_hours_share",
        period="2019-01..2023-12",
        value=key["21.2"],
        denominator=key[f"staff/{YEAR}"],
        judgement=_judged(key["21.2"], key["21.2"] == 100),
    )
    rooms = {
        "counselling_rooms_in_task_list": "K3.1",
        "primary_and_secondary_schools": "K3.2",
        "schools_to_be_merged": "K3.3",
        "schools_with_counselling_room": "K3.4",
    }
    for indicator, figure in rooms.items():
        add(indicator, period=f"{YEAR}-12-31", value=key[figure], numerator=key[figure])
    return found | _earmarked_answers(key) | _class_answers(key)


def _earmarked_answers(key: Result) -> dict[ValueKey, Answer]:
    """Say what is paid and issued for meals, aid and guards, and how many guards there are."""
    figures = {(name, str(YEAR), "total"): figure for name, figure in EARMARKED.items()}
    figures |= {("meal_funds_issued", str(YEAR), name): one for name, one in LEVELS.items()}
    figures["security_guards", f"{YEAR}-12-31", "total"] = "22.1"
    found: dict[ValueKey, Answer] = {
        place: {"value": key[figure], "numerator": key[figure], "judgement": "无标准"}
        for place, figure in figures.items()
    }
    found["meal_funds_used_share", str(YEAR), "total"] = {
        "value": key["15.8"], "numerator": key["15.5"], "denominator": key["15.1"],
    }  # fmt: skip
    return found


def _class_answers(key: Result) -> dict[ValueKey, Answer]:
    """Say the shares of large and oversize classes and how they are judged."""
    found: dict[ValueKey, Answer] = {}
    for size, limit in LARGE_CLASSES_AT_MOST.items():
        for stage in COMPULSORY:
            share = key[f"{size}_share/{stage}"]
            found[f"{size}_classes_share", f"{YEAR}-09-01", stage] = {
                "value": share,
                "numerator": key[f"{size}/{stage}"],
                "denominator": key[f"classes/{stage}"],
                "judgement": _judged(share, share is not None and share <= limit),
            }
    return found


def _per_head(key: Result, figure: str, purpose: str, standard: str) -> Answer:
    value = key[figure]
    met = None if value is None else value >= STANDARDS_OF_2023[standard]
    return {
        "value": value,
        "numerator": key[f"allocated/{YEAR}/{purpose}"],
        "denominator": key[f"funded/{YEAR}/{purpose}"],
        "judgement": _judged(value, met),
    }


def differences(
    values: Mapping[ValueKey, Mapping[str, Any]], expected: Mapping[ValueKey, Answer]
) -> list[str]:
    """List where published values are not what the key says; suppressed ones by their state."""
    found = []
    for key in sorted(values.keys() | expected.keys()):
        row, answer = values.get(key), expected.get(key)
        if row is not None and answer is None and row["state"] == "missing":
            continue  # no file of it is there, or no source yet
        if row is None:
            found.append(f"{key}: not published")
        elif row["state"] in ("suppressed", "withheld"):
            if any(row[name] is not None for name in ("value", "numerator", "denominator")):
                found.append(f"{key}: {row['state']}, yet a number stands there")
        elif answer is None:
            if row["state"] != "not_applicable":
                found.append(f"{key}: the key knows nothing of it")
        else:
            found += [
                f"{key} {name}: published {row[name]}, by the key {wanted}"
                for name, wanted in answer.items()
                if row[name] != wanted
            ]
    return found


def changed(
    before: Mapping[ValueKey, Mapping[str, Any]], after: Mapping[ValueKey, Mapping[str, Any]]
) -> set[ValueKey]:
    """List the values of which anything differs."""
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def correct(workspace: Workspace) -> None:
    """Let a corrected file come years after the first night: two releases.

    The first deliveries are dated back to 2024-05-01.
    """
    manifest = workspace.landed / "manifest.jsonl"
    entries = [json.loads(line) for line in manifest.read_text("utf-8").splitlines()]
    lines = [json.dumps(entry | {"received_at": "2024-05-01T01:00:00+00:00"}) for entry in entries]
    manifest.write_text("\n".join(lines) + "\n", "utf-8")
    rmtree(workspace.runs)  # whose record would tell that the manifest was edited
    raise_funds(workspace, RAISED_SCHOOL, 0.1)  # 万元: 1000 yuan
    assert night(workspace) == 0


def two_releases(workspace: Workspace) -> Sequence[Release]:
    """Give the first release and the corrected one."""
    return releases_of(workspace, YEAR)[:2]
