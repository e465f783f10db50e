"""Money that no list knows counts nowhere in silence: the tiny district with a few slips."""

from decimal import Decimal
from pathlib import Path

import pytest
import tiny_district as tiny
import tiny_files
from nights import begun, moved, night, value

from flows.common.settings import Workspace

PRIVATE_UNIT = "205109"


@pytest.fixture(scope="module")
def slips(
    server: str, place: Path, parsed: Path, tmp_path_factory: pytest.TempPathFactory
) -> Workspace:
    """Funds and a payment of a private school, a misspelt purpose, a notice of another stage."""
    with pytest.MonkeyPatch.context() as patch:
        projects = [
            tuple("安保经费" if cell == "安保" and row[0] == "51990010" else cell for cell in row)
            for row in tiny.PROJECTS
        ]
        patch.setattr(tiny, "PROJECTS", projects)
        private_funds = (tiny.P, "样例区启明小学", "小学", "100", "0", "0", "0")
        patch.setitem(tiny.FUNDS, 2023, (*tiny.FUNDS[2023], private_funds))
        entry = (tiny.P, "预算单位编码", PRIVATE_UNIT, "2015-01-01", "")
        patch.setattr(tiny, "CROSSWALK", (*tiny.CROSSWALK, entry))
        payment = ("Z2023-30", "20230310", f"{PRIVATE_UNIT}-样例区启明小学", tiny.PRI, "51990002",
                   "60,000.00", "否")  # fmt: skip
        patch.setitem(tiny.PAYMENTS, 2023, (*tiny.PAYMENTS[2023], payment))
        patch.setitem(tiny.PAYMENTS_SUM, 2023, "2,154,477.00")
        # D lacks one yuan and runs no 普通高中
        notice = (
            "样财教〔2023〕12号",
            "2023-09-01",
            "寄宿生公用经费",
            "市",
            "高中",
            tiny.U_D,
            "0.0001",
        )
        patch.setattr(tiny, "NOTICES", (*tiny.NOTICES, notice))
        workspace = begun(parsed, place)
        tiny_files.write_tiny_district(workspace.root)
    assert night(workspace) == 4
    return moved(workspace, tmp_path_factory.mktemp("slips"))


def test_what_a_private_school_got_is_in_no_public_figure(slips: Workspace) -> None:
    funds = value(slips, "funds_per_student", "普通小学", "2023")
    assert (funds["state"], funds["numerator"]) == ("actual", tiny.EXPECTED["funds/2023/普通小学"])
    paid = value(slips, "payments_per_student", "普通小学", "2023")
    assert (paid["state"], paid["numerator"]) == ("actual", tiny.EXPECTED["payments/2023/普通小学"])
    of_class_205 = value(slips, "education_payments", period="2023")
    total = Decimal(tiny.EXPECTED["payments/2023/total"]) + 60_000
    assert (of_class_205["state"], of_class_205["value"]) == ("actual", total)
    operating = value(slips, "operating_per_student", "普通小学")
    assert operating["numerator"] == tiny.EXPECTED["allocated/2023/普通小学"]


def test_a_purpose_that_no_list_knows_reaches_what_it_may_belong_to(slips: Workspace) -> None:
    security = value(slips, "security_spending")
    assert (security["state"], security["value"]) == ("provisional", 0)
    operating = value(slips, "operating_per_student", "普通小学")
    meals = value(slips, "meal_funds_used")
    boarders = value(slips, "boarder_funds_per_boarder")
    for row in (security, operating, meals, boarders):
        assert row["state"] == "provisional"
        assert (row["quarantined_rows"], row["quarantined_amount"]) == (1, 20_000)
        assert "用途类别不在约定的类别中" in row["reason"]
        assert "财政局国库股" in row["reason"]
    assert operating["judgement"] == "无法判定"  # one yuan short of the standard
    junior = value(slips, "operating_per_student", "普通初中")
    assert (junior["state"], junior["judgement"]) == ("actual", "达标")


def test_a_notice_of_a_stage_that_the_school_does_not_run_fills_no_entitlement(
    slips: Workspace,
) -> None:
    share = value(slips, "fully_funded_schools_share")
    assert (share["state"], share["value"]) == ("provisional", tiny.EXPECTED["5.8"])
    assert (share["quarantined_rows"], share["quarantined_amount"]) == (1, 1)
    assert "该校不举办所填学段" in share["reason"]
