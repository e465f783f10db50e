"""What `sources check` proposes: what file and rows suggest and the contract does not say."""

from pathlib import Path
from typing import Any

import pytest

from flows.lib.contracts import Column, Contract
from flows.lib.durable import hash_file
from flows.lib.landing import read_into
from flows.lib.proposals import Proposal
from flows.lib.proposing import captions_used, proposals_for
from flows.lib.store import Delivery, LandedFile

CODE = Column("school_code", "string", captions=("学校标识码",), role="unit")
NAME = Column("school_name", "string", captions=("学校名称",), required=False)
PAID = Column("paid_yuan", "decimal(18,2)", captions=("支付金额",), role="amount")
YEAR = Column("year", "int", from_long="name")
LONG = {"captions": "(20[0-9]{2})年", "name": "year", "value": "paid_yuan"}
HEAD = "学校标识码,学校名称,支付金额\n"
SCHOOLS = "".join(f"21510001{n:02},甲{n}校,{n}500.25\n" for n in range(10, 16))
SUM = "78001.50"


def contract(*columns: Column, **read: Any) -> Contract:
    return Contract(
        "finance", "samples", {"pull": {"from": "inbox", "files": []}, "read": read}, columns
    )  # fmt: skip


def proposed(tmp_path: Path, text: str, known: Contract) -> dict[str, Proposal]:
    """Read a text by a contract as a dry run does, and give what is proposed by its word."""
    path = tmp_path / "a.csv"
    path.write_text(text, "utf-8")
    file = LandedFile(hash_file(path), path.stat().st_size, path.name)
    delivery = Delivery(known.name, "", "", (file,), "", "inbox")
    rows = tmp_path / "rows.parquet"
    reading = read_into(rows, path, delivery, known, lambda _id: "", None)
    proposals, _ = proposals_for(path, path.name, known, (rows, reading))
    found = {one.word: one for one in proposals}
    assert len(found) == len(proposals)
    return found


def test_only_what_a_contract_lacks_is_proposed(tmp_path: Path) -> None:
    totals = {"column": "school_name", "labels": ["合计"], "check": "paid_yuan"}
    known = contract(CODE, NAME, PAID, unit="in_sheet", totals=totals)
    text = f"单位:元,,\n{HEAD}{SCHOOLS},小计,1\n,合计,{SUM}\n注:样例,,\n"
    found = proposed(tmp_path, text, known)
    assert found.keys() - {"key"} == {"totals", "ends_with_totals", "footer"}
    assert found["totals"].value == totals | {"labels": ["合计", "小计"]}
    assert "注" in found["footer"].value


def test_a_caption_like_that_of_a_column_that_is_missing_may_be_it(tmp_path: Path) -> None:
    renamed = Column("paid_yuan", "decimal(18,2)", captions=("实付金额",), required=False)
    found = proposed(tmp_path, HEAD + SCHOOLS, contract(CODE, NAME, renamed))
    assert found["captions"].place == "column paid_yuan"
    assert found["captions"].line == "captions: [实付金额, 支付金额]"


@pytest.mark.parametrize(
    ("of_table", "of_column", "said"),
    [
        ({}, {"—": "zero"}, None),
        ({"—": "missing"}, {}, None),
        ({}, {}, {"—": "missing"}),
        ({"/": "zero"}, {"-": "zero"}, {"-": "zero", "—": "missing"}),
    ],
)
def test_what_a_sign_means_is_proposed_where_nothing_says_it(
    tmp_path: Path,
    of_table: dict[str, str],
    of_column: dict[str, str],
    said: dict[str, str] | None,
) -> None:
    means = {**of_table, **of_column}  # as a contract is loaded
    paid = Column("paid_yuan", "decimal(18,2)", captions=("支付金额",), unit="元", means=means)
    known = contract(CODE, NAME, paid, means=of_table)
    found = proposed(tmp_path, f"{HEAD}{SCHOOLS}2151000199,丁校,—\n", known)
    assert (found["means"].value if "means" in found else None) == said
    assert "means" not in found or found["means"].place == "column paid_yuan"


def test_a_unit_is_not_proposed_where_each_amount_has_one_or_none_is_money(
    tmp_path: Path,
) -> None:
    with_unit = Column(
        "paid_yuan", "decimal(18,2)", captions=("支付金额",), role="amount", unit="元"
    )
    number = Column("paid", "decimal(18,2)", captions=("支付金额",))
    text = f"单位:元,,\n{HEAD}{SCHOOLS}"
    for column in (with_unit, number):
        assert "unit" not in proposed(tmp_path, text, contract(CODE, NAME, column))
    assert proposed(tmp_path, text, contract(CODE, NAME, PAID))["unit"].value == "in_sheet"


def test_the_key_is_that_of_the_rows_that_would_land(tmp_path: Path) -> None:
    assert proposed(tmp_path, HEAD + SCHOOLS, contract(CODE, NAME, PAID))["key"].line == (
        "key: [school_code]"
    )
    text = "学校标识码,2022年,2023年\n" + "".join(f"21510001{n},{n},{n}0\n" for n in range(10, 16))
    paid = Column("paid_yuan", "decimal(18,2)", from_long="value", role="amount", unit="元")
    found = proposed(tmp_path, text, contract(CODE, YEAR, paid, long=LONG))
    assert found["key"].line == "key: [school_code, year]"


def test_a_sum_that_says_so_is_a_total_and_no_unit(tmp_path: Path) -> None:
    years = "学校标识码,学校名称,2022年,2023年\n"
    schools = "".join(f"21510001{n},甲{n}校,{n}00.5,{n}000.25\n" for n in range(10, 14))
    paid = Column("paid_yuan", "decimal(18,2)", from_long="value", role="amount", unit="元")
    known = contract(CODE, NAME, YEAR, paid, long=LONG)
    found = proposed(tmp_path, f"{years}{schools}2151000199,小学合计,4602.0,46001\n", known)
    assert found["totals"].value["labels"] == ["小学合计"]
    assert found["totals"].value["column"] == "school_name"
    assert "checks" not in found
    found = proposed(tmp_path, f"{years}2151000199,中心校,4602.0,46001\n{schools}", known)
    assert found["checks"].line == "checks: [group_total_as_unit]"
    assert "totals" not in found


def test_amounts_of_many_payments_are_no_group_totals(tmp_path: Path) -> None:
    lines = "".join(
        f"215100010{n % 2},甲,{one}\n" for n, one in enumerate((500, 750, 1250, 900) * 3)
    )
    text = HEAD + "".join(f"{line},{n}\n" for n, line in enumerate(lines.splitlines()))
    text = text.replace("支付金额\n", "支付金额,编号\n", 1)
    number = Column("award_no", "string", captions=("编号",))
    assert "checks" not in proposed(tmp_path, text, contract(CODE, PAID, number))


def test_captions_that_are_used_are_no_strangers() -> None:
    known = contract(
        CODE, YEAR, PAID, long=LONG, unit_column="单位", totals={"column": "项目", "labels": []}
    )
    captions = ["学校标识码", "项目", "单位", "2022年", "备注"]
    assert captions_used(known, captions) == {
        "2022年": "becomes rows", "单位": "says the unit of each row",
        "项目": "says which rows are totals",
    }  # fmt: skip


def test_an_encoding_that_captions_leave_open_is_proposed_as_the_text_looks(tmp_path: Path) -> None:
    kreis = Column("kreis", "string", captions=("Kreis",))
    year = Column("year", "int", from_long="name")
    paid = Column("paid", "decimal(18,2)", from_long="value")
    known = contract(kreis, year, paid, long=LONG | {"captions": "^(20[0-9]{2})$", "value": "paid"})
    lines = [f"Süd{n};55.3{n}0,12;26.308,29;67.240,39" for n in range(6)]
    path = tmp_path / "a.csv"
    path.write_bytes("\n".join(["Kreis;2021;2022;2023", *lines]).encode("windows-1252"))
    proposals, _ = proposals_for(path, path.name, known)
    found = {one.word: one.value for one in proposals}
    assert found == {"encoding": "windows-1252", "decimal": ","}
