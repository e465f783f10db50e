"""What a column is called, of which type it is, and what is asked of it."""

from pathlib import Path

import pytest
from contract_parts import META
from onboarding_parts import inspect_text

from flows.contracts.model import Column, Contract
from flows.onboarding.inference.columns import InferredColumn, infer_columns
from flows.onboarding.inference.glossary import collect_meanings


def guessed(tmp_path: Path, caption: str, *cells: str) -> InferredColumn:
    """Guess a column from its cells, beside one of text and one of numbers."""
    lines = [f"样例,{caption},样例数", *(f"样例{n},{cell},{n}" for n, cell in enumerate(cells, 5))]
    inspected = inspect_text(tmp_path, "\n".join(lines))
    return next(
        guess for guess in infer_columns(inspected, collect_meanings([]), None) if guess.place == 1
    )


@pytest.mark.parametrize(
    ("caption", "cells", "kind", "data_type"),
    [
        ("身份证号", ("519900198507200145",), "person", "string"),
        ("编码甲", ("519900198507200145", "519900201703150039"), "person", "string"),
        ("甲", ("G519900198507200145",), "person", "string"),
        ("姓名", ("样例人",), "person_name", "string"),
        ("学校标识码", ("2151000101", "2151000102"), "code", "string"),
        ("甲", ("007", "012"), "code", "string"),
        ("甲", ("205101-甲校", "205102-乙校"), "code_name", "string"),
        ("预算单位", ("12519900565399952D-甲校",), "code_name", "string"),
        ("日期", ("20230901", "2023.9.2", "2023年9月3日"), "date", "date"),
        ("甲", ("2023-09-01", "2023/9/2"), "date", "date"),
        ("甲", ("是", "否"), "boolean", "boolean"),
        ("甲", ("12.5%", "3%"), "percent", "decimal(9,4)"),
        ("甲", ("1,234", "12"), "number", "int"),
        ("甲", ("3000000000",), "number", "bigint"),
        ("甲", ("1.5", "-", "2"), "number", "decimal(18,2)"),
        ("甲", ("1.2345", "(3)"), "number", "decimal(18,4)"),
        ("支付金额", ("1.5", "¥2"), "amount", "decimal(18,2)"),
        ("金额(万元)", ("1.5",), "amount", "decimal(18,2)"),
        ("甲", ("2023", "2022"), "year", "int"),
        ("甲", ("甲", "乙"), "text", "string"),
        ("甲", ("2021/22", "2021/22"), "text", "string"),
        ("甲", ("2021-10", "2021-11"), "date", "date"),
        ("甲", ("", ""), "text", "string"),
        ("收费金额", ("4500.00", "4400.00"), "amount", "decimal(18,2)"),
        ("课后服务费", ("4500", "4400"), "amount", "decimal(18,2)"),
        ("均分", ("88.00", "91.00"), "number", "decimal(18,2)"),
        ("学生数", ("0012", "0030"), "code", "string"),
        ("学校标识码", ("1.5", "2.5"), "code", "string"),
        ("书记姓名", ("样例人",), "person_name", "string"),
        ("家长联系方式", ("12345",), "person_name", "string"),
        ("Zip", ("02351", "02138"), "code", "string"),
    ],
)
def test_a_column_is_what_its_cells_and_its_caption_say(
    tmp_path: Path, caption: str, cells: tuple[str, ...], kind: str, data_type: str
) -> None:
    quoted = [f'"{cell}"' for cell in cells]
    guess = guessed(tmp_path, caption, *quoted)
    assert (guess.kind, guess.data_type) == (kind, data_type)


def test_what_cannot_be_known_of_a_column_is_asked(tmp_path: Path) -> None:
    assert any("English name" in question for question in guessed(tmp_path, "甲", "1").questions)
    assert any(
        "unit of the amounts" in question for question in guessed(tmp_path, "金额", "1").questions
    )
    assert not guessed(tmp_path, "金额(万元)", "1").questions
    codes = guessed(tmp_path, "学校标识码", "2151000101", "2151000102", "51000103")
    assert any("shorter than 10" in question for question in codes.questions)


@pytest.mark.parametrize(
    ("caption", "cells", "is_asked"),
    [
        ("Zip", ("2351", "2138"), True),
        ("学校代码", ("10505", "350505", "4450105"), True),
        ("School Code", ("10505", "350505", "4450105"), True),
        ("学校代码", ("010505", "350505", "445010"), False),
        ("学校标识码", ("2151000101", "2151000102"), False),
    ],
)
def test_zeros_that_codes_may_have_lost_are_asked_about(
    tmp_path: Path, caption: str, cells: tuple[str, ...], is_asked: bool
) -> None:
    guess = guessed(tmp_path, caption, *cells)
    assert guess.data_type == "string"
    assert any("zeros" in question for question in guess.questions) is is_asked


def test_the_files_own_cells_decide_what_a_caption_of_another_source_is(tmp_path: Path) -> None:
    column = Column(name="school_code", data_type="int", captions=("School Code",))
    other = Contract(**META, system="a", table="b", columns=(column,))
    inspected = inspect_text(tmp_path, "School Code,Town,Pupils\n00010505,甲,7\n00010003,乙,8\n")
    guess = infer_columns(inspected, collect_meanings([other]), None)[0]
    assert (guess.name, guess.data_type) == ("school_code", "string")


@pytest.mark.parametrize(
    ("caption", "name"),
    [("District", "district_code_column"), ("Source", "source_code"), ("Period", "period_code")],
)
def test_names_that_landing_adds_are_taken_by_no_column(
    tmp_path: Path, caption: str, name: str
) -> None:
    assert guessed(tmp_path, caption, "095901", "180903").name == name


@pytest.mark.parametrize(
    ("captions", "kinds"),
    [
        ("人员经费,公用经费,合计", ["amount", "amount", "row_total"]),
        ("人员经费,其中:附加支出,公用经费,合计", ["amount", "amount", "amount", "row_total"]),
        ("合计,其中:人员经费,其中:公用经费", ["amount", "amount", "amount"]),
        ("人员经费,合计", ["amount", "amount"]),
    ],
)
def test_an_amount_is_the_total_of_others_by_its_caption_alone(
    tmp_path: Path, captions: str, kinds: list[str]
) -> None:
    cells = ",".join("1.5" for _ in captions.split(","))
    inspected = inspect_text(tmp_path, f"学校,{captions}\n甲校,{cells}\n乙校,{cells}\n")
    columns = infer_columns(inspected, collect_meanings([]), "元")
    assert [column.kind for column in columns[1:]] == kinds
