"""What an assumption would change: judgements that turn, and at which schools."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from what_if_parts import FACTS, MEMBER, tables_of, value

from flows.releases.tables import ReleaseTables
from flows.what_if.consequences import find_consequences, find_failures

# school, yuan paid, half-years of pupils: 1,000, 600 and 400 yuan per pupil; one has but 4.
SCHOOLS = [("A", "50000", 100), ("B", "30000", 100), ("C", "800", 4), ("D", "20000", 100)]


def judged(number: str, standard: str, judgement: str) -> dict[str, Any]:
    row = value("per_student", number, over="100800", by="304", standard=standard)
    margin = row["value"] - row["standard_value"]
    return row | {"judgement": judgement, "margin": margin, "unit": "元/生·年", "reason": None,
                  "value_text": None}  # fmt: skip


@pytest.fixture
def facts_folder(tmp_path: Path) -> Path:
    """The facts of the schools, and their names."""
    folder = tmp_path / "internal" / "facts"
    folder.mkdir(parents=True)
    paid = [
        {"year": 2023, "stage": MEMBER, "school_code": code, "yuan": Decimal(yuan)}
        for code, yuan, _ in SCHOOLS
    ]
    other = {"year": 2023, "stage": "普通初中", "school_code": "B", "yuan": Decimal(99999)}
    earlier = {"year": 2022, "stage": MEMBER, "school_code": "B", "yuan": Decimal(99999)}
    pq.write_table(pa.Table.from_pylist([*paid, other, earlier]), folder / "int_money.parquet")
    pupils = [
        {"year": 2023, "stage": MEMBER, "ledger_school_code": code, "school_code": "point",
         "funded_half_years": number}
        for code, _, number in SCHOOLS
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(pupils), folder / "int_people.parquet")
    names = [{"school_code": code, "school_name": f"{code}小学"} for code, *_ in SCHOOLS]
    pq.write_table(pa.Table.from_pylist(names), folder.parent / "int_units_expected.parquet")
    return tmp_path


def tables(folder: Path, row: dict[str, Any]) -> ReleaseTables:
    found = tables_of([row], ">=")
    figure = {"figure_id": "5.1a", "part": 1, "title": "小学生均公用经费"}
    made = ReleaseTables(folder, {})
    made.__dict__.update(found.__dict__ | {"folder": folder, "figures": [{**row, **figure}]})
    return made


def test_a_judgement_that_turns_names_the_schools_below_the_farthest_first(
    facts_folder: Path,
) -> None:
    before = tables(facts_folder, judged("663.16", "400", "达标"))
    now = tables(facts_folder, judged("663.16", "800", "未达标"))
    (found,) = find_consequences(before, now, FACTS)
    assert (found.number, found.turns) == ("5.1a", "达标 → 未达标")
    # D lacks 80,000 − 40,000 over two, B 80,000 − 60,000; A has enough, of C too few pupils.
    assert [(school.name, school.value, school.lacking) for school in found.schools] == [
        ("D小学", Decimal(400), Decimal(20000)),
        ("B小学", Decimal(600), Decimal(10000)),
    ]
    # In all 800 × 304 − 2 × 100,800 = 41,600 of the doubled yuan: 20,800, or 52 half-years.
    assert [change.sentence for change in found.changes] == [
        "公用经费支付金额增加 20,800.00 元",
        "核定学生减少 26 人（全年在校）",
    ]
    told = found.as_json()
    assert told["now"]["judgement"] == "未达标"
    assert told["smallest_changes"][0] == {
        "what": "公用经费支付金额", "amount": "20800.00", "unit": "元"
    }  # fmt: skip


def test_what_stays_as_it_is_is_not_told(facts_folder: Path) -> None:
    same = tables(facts_folder, judged("663.16", "400", "达标"))
    assert find_consequences(same, same, FACTS) == []
    assert find_failures(same, FACTS) == []


def test_without_an_assumption_what_fails_is_told_with_what_it_takes(facts_folder: Path) -> None:
    failing = tables(facts_folder, judged("663.16", "800", "未达标"))
    (found,) = find_failures(failing, FACTS)
    assert (found.turns, len(found.changes), len(found.schools)) == ("", 2, 2)


def test_a_value_that_is_gone_or_new_is_told(facts_folder: Path) -> None:
    before = tables(facts_folder, judged("663.16", "400", "达标"))
    now = tables(facts_folder, judged("663.16", "400", "达标"))
    now.__dict__["values"] = {}
    (found,) = find_consequences(before, now, FACTS)
    assert (found.now, found.turns) == (None, "达标 → 无")
