"""What can be assumed, and the sentences for what cannot."""

from decimal import Decimal

import pytest

from flows.common.errors import WrongUse
from flows.contracts.loading import load_contracts
from flows.what_if.assumptions import StandardAssumption, parse_cell, parse_standard

STANDARDS = [
    {"standard_id": "operating_per_student", "stage": "普通小学"},
    {"standard_id": "operating_per_student", "stage": "普通初中"},
    {"standard_id": "only_rise", "stage": "total"},
]
FIGURES = [
    {"figure_id": "5.1a", "standard_id": "operating_per_student", "member": "普通小学"},
    {"figure_id": "4.3", "standard_id": "only_rise", "member": "total"},
    {"figure_id": "4.5", "standard_id": "only_rise", "member": "普通小学"},
    {"figure_id": "4.1", "standard_id": None, "member": "total"},
]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("operating_per_student.普通小学=800", ("operating_per_student", "普通小学", "800")),
        ("only_rise=2.5", ("only_rise", "total", "2.5")),
        ("only_rise.total=2%", ("only_rise", "total", "2")),
        ("5.1a=800", ("operating_per_student", "普通小学", "800")),
        ("4.5=1", ("only_rise", "total", "1")),
    ],
)
def test_a_standard_is_named_by_its_id_or_by_a_figure(
    text: str, wanted: tuple[str, str, str]
) -> None:
    name, stage, value = wanted
    found = parse_standard(text, STANDARDS, FIGURES)
    assert found == StandardAssumption(name, stage, Decimal(value))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("operating_per_student=800", "say of which stage"),
        ("operating_primary=800", "no standard operating_primary; there are only_rise"),
        ("4.1=800", "no standard 4.1"),
        ("only_rise=much", "write STANDARD.STAGE=NUMBER"),
        ("only_rise=NaN", "write STANDARD.STAGE=NUMBER"),
        ("only_rise", "write STANDARD.STAGE=NUMBER"),
    ],
)
def test_a_standard_that_is_none_is_refused(text: str, words: str) -> None:
    with pytest.raises(WrongUse, match=words):
        parse_standard(text, STANDARDS, FIGURES)


def test_a_cell_is_found_by_table_key_and_column() -> None:
    contracts = load_contracts()
    found = parse_cell("registers.admissions:2151000115/普通小学.eligible=300", contracts, 2023)
    assert (found.contract.name, found.period) == ("registers.admissions", "2023")
    assert found.key == {"school_code": "2151000115", "stage": "普通小学"}
    assert (found.column.name, found.value) == ("eligible", "300")
    earlier = parse_cell("registers.admissions@2022:2151000115.eligible=3", contracts, 2023)
    assert (earlier.period, earlier.key) == ("2022", {"school_code": "2151000115"})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("registers.admissions", "write TABLE:KEY.COLUMN=VALUE"),
        ("registers.nothing:A.b=1", "no source table registers.nothing"),
        ("registers.admissions:A.nothing=1", "columns of registers.admissions to set are"),
        ("registers.admissions:A/B/C.eligible=1", "the key of registers.admissions is"),
        ("registers.admissions:A/普通小学.eligible=many", "eligible is a number"),
        ("registers.admissions:A/普通小学.eligible=", "eligible must not be empty"),
        ("registers.admissions:A/普通小学.stage=大学", "stage is one of"),
        ("staffing.staff:A.staff_id=1", "columns of staffing.staff to set are"),
    ],
)
def test_a_cell_that_cannot_be_is_refused(text: str, words: str) -> None:
    with pytest.raises(WrongUse, match=words):
        parse_cell(text, load_contracts(), 2023)
