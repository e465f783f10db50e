"""What the look of a file suggests to declare: header, columns, and each word of the contract."""

from pathlib import Path
from typing import Any

import pytest

from flows.contracts.model import Column, Contract
from flows.onboarding.inference.columns import InferredColumn, infer_columns
from flows.onboarding.inference.glossary import collect_meanings
from flows.onboarding.inference.header import find_header
from flows.onboarding.inference.inspect import InspectedFile, inspect_file
from flows.onboarding.inference.suggestions import find_unit_of_amounts, suggest_words


def rows(text: str) -> list[tuple[int, list[Any]]]:
    return [(number, line.split(",")) for number, line in enumerate(text.splitlines(), start=1)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("学校标识码,金额\n2151000101,10\n", (0, 1)),
        ("样例表\n单位:元\n学校,金额\n甲校,10\n", (2, 1)),
        ("填报单位:,样例局,,,\n填报日期:,2024-01-08,,,\n校,码,数,甲,乙\n甲,1001,2,3,4\n", (2, 1)),
        ("校,经费,经费,数\n校,人员,公用,数\n甲校,1,2,3\n", (1, 2)),
        ("地区,2023年,2022年\n甲市,10,20\n", (0, 1)),
        ("地区,2023,2022\n甲市,10,20\n", (0, 1)),
        (",2023-24,2022-23,2021-22\n甲市,10,20,30\n", (0, 1)),
        ("表\n地区,人数,人数,班数,班数\n,2023Q1,2023Q2,2023Q1,2023Q2\n甲,5,9,2,4\n", (2, 2)),
        ("学校,开始,结束\n甲校,2023-09,2024-06\n乙校,2023-09,2024-06\n", (0, 1)),
        ("指标,班数\n甲,1\n一年级,5\n", (0, 1)),
        ("指标,代码,班数,生数\n甲,乙,1,2\n一年级,01,5,200\n", (0, 1)),
        ("学校,地址\n甲校,城东\n乙校,城西\n", (0, 1)),
        ("1,2\n3,4\n", None),
        ("只有一列\n甲\n乙\n", None),
    ],
)
def test_the_header_is_what_stands_above_the_data(text: str, found: tuple[int, int] | None) -> None:
    assert find_header(rows(text)) == found


def looked_at(
    tmp_path: Path, text: str, encoding: str = "utf-8", name: str = "a.csv"
) -> InspectedFile:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return inspect_file(path, name)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_told_without_a_contract(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    text = f"学校名称{delimiter}支付金额\r\n甲校{delimiter}12.5\r\n乙校{delimiter}13\r\n"
    inspected = looked_at(tmp_path, text, encoding)
    assert inspected.sheets[0].captions == ("学校名称", "支付金额")
    assert inspected.dialect
    assert inspected.dialect.delimiter == delimiter


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("School;Café;Pupils\n“Zoë” High – Upper;Côte d’Azur;12\nBrontë;Ñandú;7\n", "windows-1252"),
        ("學校代碼,學校名稱,學生數\n010601,國立新化國小,12\n014302,縣立光華國小,30\n", "big5"),
    ],
)
def test_foreign_encodings_are_told_by_their_words(
    tmp_path: Path, text: str, encoding: str
) -> None:
    inspected = looked_at(tmp_path, text, encoding)
    assert inspected.dialect
    assert inspected.dialect.encoding == encoding
    assert len(inspected.sheets[0].data) == 2


def guessed(tmp_path: Path, caption: str, *cells: str) -> InferredColumn:
    """Guess a column from its cells, beside one of text and one of numbers."""
    lines = [f"样例,{caption},样例数", *(f"样例{n},{cell},{n}" for n, cell in enumerate(cells, 5))]
    inspected = looked_at(tmp_path, "\n".join(lines))
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
    other = Contract("a", "b", {}, (Column("school_code", "int", captions=("School Code",)),))
    inspected = looked_at(tmp_path, "School Code,Town,Pupils\n00010505,甲,7\n00010003,乙,8\n")
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


def proposed(tmp_path: Path, text: str, name: str = "a.csv") -> dict[str, Any]:
    inspected = looked_at(tmp_path, text, name=name)
    unit, _ = find_unit_of_amounts(inspected)
    columns = infer_columns(inspected, collect_meanings([]), unit)
    return {suggestion.word: suggestion.value for suggestion in suggest_words(inspected, columns)}


HEAD = "学校标识码,学校名称,支付金额\n"
SCHOOLS = "".join(f"21510001{n:02},甲{n}校,{n}500.25\n" for n in range(10, 16))
SUM = "78001.50"


def test_totals_are_known_by_their_word(tmp_path: Path) -> None:
    found = proposed(tmp_path, f"{HEAD}{SCHOOLS},合计,{SUM}\n")
    assert found["totals"] == {"column": "school_name", "labels": ["合计"]}
    assert found["ends_with_totals"]
    assert found["key"] == ["school_code"]


@pytest.mark.parametrize("label", ["全区学校", "University A", "1"])
def test_a_row_that_adds_up_by_chance_is_no_total(tmp_path: Path, label: str) -> None:
    found = proposed(tmp_path, f"{HEAD}{SCHOOLS},{label},{SUM}\n")
    assert "totals" not in found
    assert "ends_with_totals" not in found


def test_labels_are_words_of_totals_and_not_what_else_stands_in_their_rows(tmp_path: Path) -> None:
    text = f"{HEAD}{SCHOOLS}本表共6所,合计,{SUM}\n"
    assert proposed(tmp_path, text)["totals"] == {"column": "school_name", "labels": ["合计"]}


def test_a_foreign_total_and_the_note_below_it_are_no_data(tmp_path: Path) -> None:
    pupils = [1000 + 37 * number * number for number in range(20)]
    lines = [f"Land{number};2007;{one}" for number, one in enumerate(pupils)]
    text = "\n".join(["国家;年;人口", *lines, f"Insgesamt;;{sum(pupils)}", ".. = unbekannt;;"])
    found = proposed(tmp_path, text)
    assert found["totals"]["labels"] == ["Insgesamt"]
    assert found["footer"] == r"^(\.\. = unbekannt)"


def test_a_row_of_which_nothing_is_known_is_no_note(tmp_path: Path) -> None:
    years = ",".join(map(str, range(2010, 2022)))
    lines = [
        f"国{number},C{number},{','.join(str(number * n + 7) for n in range(12))}"
        for number in range(1, 9)
    ]
    text = "\n".join([f"国家,代号,{years}", *lines, f"某国,XX{',' * 12}", f"注:暂缺{',' * 13}"])
    found = proposed(tmp_path, text)
    assert "某国" not in found["footer"]
    assert "groups" not in found


@pytest.mark.parametrize(
    ("text", "word", "value"),
    [
        (f"{HEAD}{SCHOOLS}填表人:样例,,\n", "footer", "填表人"),
        (f"{HEAD}{SCHOOLS}#其中:民办,民办,3\n", "subsets", "^(#|其中)"),
        (f"单位:万元,,\n{HEAD}{SCHOOLS}", "unit", "in_sheet"),
        (f"{HEAD}{SCHOOLS}2151000199,丁校,—\n", "means", {"—": "missing"}),
        (f"{HEAD}{SCHOOLS}2151000199,丁校,SUPP\n", "means", {"SUPP": "suppressed"}),
        (f"{HEAD}{SCHOOLS}2151000199,丁校,nd\n", "means", {"nd": "missing"}),
        (f"{HEAD}{SCHOOLS}".replace(",", ";").replace(".25", ",25"), "decimal", ","),
        (f"{HEAD}一、城区,,\n{SCHOOLS}", "groups", "一二三"),
    ],
)
def test_other_words_are_proposed_where_the_rows_show_them(
    tmp_path: Path, text: str, word: str, value: Any
) -> None:
    found = proposed(tmp_path, text)[word]
    assert found == value or str(value) in str(found)


def test_the_unit_may_stand_in_the_name_or_in_a_column(tmp_path: Path) -> None:
    assert proposed(tmp_path, HEAD + SCHOOLS, "经费(万元).csv")["unit"] == "万元"
    rows = "".join(f"{line},万元\n" for line in SCHOOLS.splitlines())
    text = f"学校标识码,学校名称,支付金额,单位\n{rows}"
    assert proposed(tmp_path, text)["unit_column"] == "单位"


def test_a_pair_is_the_key_where_no_column_is(tmp_path: Path) -> None:
    text = "学校标识码,学段,人数\n" + "".join(
        f"21510001{n:02},{stage},{n}\n" for n in range(10, 13) for stage in ("小学", "初中")
    )
    assert proposed(tmp_path, text)["key"] == ["school_code", "stage"]
