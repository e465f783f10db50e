"""Schools, awards and rooms of which something is unknown, in the hand-computed district."""

from decimal import Decimal
from pathlib import Path

import pytest
import tiny_district as tiny
import tiny_files
from nights import begun, figure, moved, night, value

from flows.common.settings import Workspace
from flows.releases.release import rows_of

ENDED = "2151000012"


@pytest.fixture(scope="module")
def slips(
    server: str, place: Path, parsed: Path, tmp_path_factory: pytest.TempPathFactory
) -> Workspace:
    """P has a type that no list knows, B lost its managing school, one school ended in December."""
    changes = {tiny.P: {2: "213-小学"}, tiny.B: {5: ""}}
    schools = [
        tuple(changes.get(row[0], {}).get(place, cell) for place, cell in enumerate(row))
        for row in tiny.SCHOOLS
    ]
    schools.append(
        (ENDED, "样例区原山小学", "211-小学", tiny.COUNTY, tiny.TOWN, "", "", "2000-09-01",
         "2023-12-15")
    )  # fmt: skip
    pupils = (ENDED, "小学", 6, 6, (10, 0, 0), (10, 0, 0), (10, 0, 0))
    award = (
        "ZZ2023008", "20140101", tiny.M, "义务教育家庭经济困难学生生活补助", "2023年秋季",
        "2023-10-10", "100.00",
    )  # fmt: skip
    room = (tiny.K, "样例区第一幼儿园", "是", "2020-01-01", "达标", "是")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiny, "SCHOOLS", tuple(schools))
        patch.setattr(tiny, "STUDENTS", (*tiny.STUDENTS, pupils))
        patch.setattr(tiny, "AID", (*tiny.AID, award))
        patch.setattr(tiny, "ROOMS", (*tiny.ROOMS, room))
        patch.setattr(tiny, "GUARDS", (*tiny.GUARDS, ("19700802", tiny.X, "2023-01-01", "")))
        workspace = begun(parsed, place)
        tiny_files.write_tiny_district(workspace.root)
    assert night(workspace) == 4
    return moved(workspace, tmp_path_factory.mktemp("slips"))


def test_a_school_of_an_unknown_type_is_in_no_count_and_in_the_doubt_of_each(
    slips: Workspace,
) -> None:
    for indicator, wanted in (
        ("primary_and_secondary_schools", 4),  # A C D H; P may be one
        ("counselling_rooms_in_task_list", 3),  # A C H; the kindergarten is none
        ("schools_to_be_merged", 0),  # P said so; the kindergarten is none
        ("schools_with_counselling_room", 3),  # A C D
        ("security_guards", 6),  # the office's is none; who is at P is at D too
    ):
        row = value(slips, indicator)
        assert (row["state"], row["value"]) == ("provisional", wanted), indicator
    junior = value(slips, "large_classes_share", "普通初中")
    assert (junior["state"], junior["judgement"]) == ("actual", "未达标")


def test_no_entitlement_vanishes(slips: Workspace) -> None:
    share = value(slips, "fully_funded_schools_share")
    # A C D S, B for itself (75,600 and no notice), the ended one (72,000 and none): A C S in full
    assert (share["denominator"], share["numerator"], share["value"]) == (6, 3, 50)
    assert (share["state"], share["judgement"]) == ("provisional", "无法判定")
    folder = slips.warehouse / "releases"
    listed = {
        row["unit"]: row["reason"]
        for path in folder.rglob("internal/int_unmatched_units.parquet")
        for row in rows_of(path)
        if row["fact"] == "int_school_entitlements"
    }
    assert set(listed) == {tiny.B}  # P is private: whatever its type, it is owed nothing
    assert "主管学校" in listed[tiny.B]


def test_an_award_at_a_school_merged_the_year_before_is_in_doubt_by_its_amount(
    slips: Workspace,
) -> None:
    aid = value(slips, "student_aid_paid")
    assert (aid["state"], aid["value"]) == ("provisional", tiny.EXPECTED["16.1"])
    assert (aid["quarantined_rows"], aid["quarantined_amount"]) == (1, Decimal(100))
    awards = value(slips, "student_aid_awards")
    assert (awards["state"], awards["value"]) == ("provisional", tiny.EXPECTED["16.2"])
    assert "暂定" in figure(slips, "16.2")["text"]
