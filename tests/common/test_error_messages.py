"""The one redactor: whatever a foreign error says, no value of a row comes out of it."""

import re
import unicodedata
from pathlib import Path

import duckdb
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from flows.common.error_messages import describe_error, redact_errors
from flows.common.errors import Blocked, Rejected, ZipingError
from flows.common.masking import (
    MASK,
    published_name,
    redacted,
    sheet_name_without_ids,
    without_ids,
    without_ids_within,
)
from flows.common.text import normalize_width
from flows.contracts.loading import load_contracts
from flows.contracts.model import Column
from flows.parsing.columns import make_reader
from flows.parsing.preamble import read_sign_off
from flows.parsing.pseudonyms import PersonKey
from flows.parsing.values import NO_VALUE, code_cell

STUDENT_IDS = st.from_regex(r"G519900[0-9]{11}[0-9X]", fullmatch=True)
CITIZEN_IDS = st.from_regex(r"519900[0-9]{11}[0-9X]", fullmatch=True)
STAFF_IDS = st.from_regex(r"SY[0-9]{6}", fullmatch=True)
HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=2, max_size=8)
AMOUNTS = st.integers(10_000, 10**12).map(lambda yuan: f"{yuan:,d}.50")
AROUND = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)
WORDS = st.text("jqxz", min_size=6, max_size=12)


@given(AROUND, st.one_of(STUDENT_IDS, CITIZEN_IDS, STAFF_IDS, HAN, AMOUNTS), AROUND)
def test_no_id_name_or_amount_passes_wherever_it_stands(
    before: str, value: str, after: str
) -> None:
    assert value not in redacted(f"{before} {value} {after}")
    assert value not in redacted(f"{before}({value}){after}")


@given(st.one_of(STUDENT_IDS, CITIZEN_IDS, STAFF_IDS), st.sampled_from(["", "_", "x", "/", "="]))
def test_an_id_that_touches_other_signs_does_not_pass(person: str, sign: str) -> None:
    assert person not in redacted(f"row{sign}{person}{sign}end")


@pytest.mark.parametrize("quotes", ["''", '""', "``", "“”"])
@given(word=WORDS)
def test_what_is_quoted_does_not_pass(quotes: str, word: str) -> None:
    left, right = quotes
    assert word not in redacted(f"cannot cast {left}{word}{right} to a date")
    assert word not in redacted(f"cannot cast {left}one\n{word}{right} to a date")


@given(WORDS)
def test_an_apostrophe_before_it_does_not_uncover_what_is_quoted(word: str) -> None:
    assert word not in redacted(f"can't cast '{word}' to a date")
    assert word not in redacted(f"the office's row doesn't fit: '{word}', nor '{word}'")
    assert word not in redacted(f"cannot cast 'O'{word}' to a date")
    assert word not in redacted(f"cannot cast b'{word}' to a date")


@given(WORDS)
def test_a_quote_that_is_not_closed_hides_the_rest(word: str) -> None:
    assert word not in redacted(f"cannot cast '{word} (cut off")
    assert word not in redacted(f'cannot cast "{word} (cut off')


def test_an_address_of_mail_does_not_pass() -> None:
    assert "zhang" not in redacted("invalid: zhang.san@example.cn in column 3")


def test_what_is_no_value_can_still_be_read() -> None:
    said = redacted("Conversion Error: could not cast '待核' to INTEGER in row 17")
    assert said == "Conversion Error: could not cast ＊ to INTEGER in row 17"
    assert len(redacted("word " * 1000)) == 400
    said = 'column "staff_yuan" not found, did you mean "一小"?'
    assert redacted(said, names={"staff_yuan"}) == 'column "staff_yuan" not found, did you mean ＊?'


def test_the_errors_of_the_engine_pass_without_the_value() -> None:
    with pytest.raises(duckdb.Error) as caught:
        duckdb.sql("select cast('519900199001010019' as date)").fetchall()
    assert "519900199001010019" in str(caught.value)  # else this test proves nothing
    assert "519900199001010019" not in redacted(str(caught.value))
    assert "519900199001010019" not in describe_error(caught.value)


@pytest.mark.parametrize("kind", [ZipingError, Blocked])
def test_our_own_sentences_are_told_as_they_are(kind: type[ZipingError]) -> None:
    assert describe_error(kind("finance.payments 2023: 支付明细.csv rejected")) == (
        "finance.payments 2023: 支付明细.csv rejected"
    )


def test_of_a_foreign_error_only_its_kind_and_place_are_told() -> None:
    with pytest.raises(KeyError) as caught:
        {}["SY000001"]
    place = f"test_error_messages.py:{caught.tb.tb_lineno}"
    assert describe_error(caught.value) == f"KeyError at {place}"


def test_of_a_file_error_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        (tmp_path / "gone.csv").read_bytes()
    assert "gone.csv" in describe_error(caught.value)
    assert describe_error(caught.value).startswith("No such file or directory")


# Ids of persons in texts of our own: names of files and sheets, sentences, landed texts

OLD_IDS = st.from_regex(r"519900[0-9]{9}", fullmatch=True)
ANY_ID = st.one_of(STUDENT_IDS, CITIZEN_IDS, OLD_IDS)
BESIDE = st.text(st.characters(categories=["L", "P", "S", "Z"]), max_size=12)
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


@given(BESIDE, ANY_ID, BESIDE, st.booleans(), st.booleans())
def test_no_id_stays_in_a_name(before: str, person: str, after: str, wide: bool, low: bool) -> None:
    written = person.lower() if low else person
    written = written.translate(WIDE) if wide else written
    shown = without_ids(f"{before}{written}{after}")
    assert written.removeprefix("G").removeprefix("g") not in shown
    assert MASK in shown
    assert without_ids(shown) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("staffing/教师培训学时_2019-2023_51990019900101001X.xlsx",
         "staffing/教师培训学时_2019-2023_＊.xlsx"),
        ("体检519900 19900101 0019号", "体检＊号"),
        ("工号SY000123的培训", "工号＊的培训"),
        ("填表人 工号: 000123", "填表人 工号＊"),
    ],
)  # fmt: skip
def test_the_rest_of_a_name_can_still_be_read(name: str, shown: str) -> None:
    assert without_ids(name) == shown


@pytest.mark.parametrize(
    "text",
    ["finance/支付明细_2023年_样例数据.csv", "00012-96c00a4f91e3", "2023-09-01T02:00:00+08:00",
     "4e1234567890123456789b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90",
     "第519900行", "1,234,567,890,123.45", "20230901123456", "12519900MB51990046"],
)  # fmt: skip
def test_hashes_and_numbers_of_other_lengths_are_left(text: str) -> None:
    assert without_ids(text) == text


def test_every_text_of_a_record_is_masked_and_nothing_else() -> None:
    record = {"519900199001010019": [("a 519900900101001", 519900199001010019, None, 0.5)]}
    assert without_ids_within(record) == {MASK: [[f"a {MASK}", 519900199001010019, None, 0.5]]}


@given(STUDENT_IDS, STUDENT_IDS)
def test_an_id_in_a_landed_text_gives_way_to_its_pseudonym(first: str, second: str) -> None:
    key = PersonKey(bytes(range(32)))
    read = make_reader(
        Column(name="course", data_type="string", captions=("培训项目",)), None, key.pseudonym
    )
    landed = read(f"样例研修({first})")
    assert first[1:] not in landed
    assert landed.startswith(f"样例研修({MASK}")
    assert (landed == read(f"样例研修({second})")) == (first == second)
    code = make_reader(
        Column(name="school_code", data_type="string", captions=("学校标识码",)),
        None,
        key.pseudonym,
    )
    assert first[1:] not in code(first)


# U+FFFD is refused: it stands where a sign was lost. NULL is no text, however it is written.
@given(st.text(st.characters(codec="utf-8", exclude_characters="\ufffd"), max_size=12))
@example("`")  # that digits are a text, with no digit behind it
def test_a_text_without_an_id_is_landed_as_it_is_written(text: str) -> None:
    assume((normalize_width(text) or "").upper() not in NO_VALUE)
    key = PersonKey(bytes(range(32)))
    for name, plain in (("course", normalize_width), ("school_code", code_cell)):
        read = make_reader(
            Column(name=name, data_type="string", captions=("x",)), None, key.pseudonym
        )
        assert read(text) == plain(text)


# What a step says when it fails: the orchestrator keeps it


def test_what_a_failed_step_leaves_with_prefect_holds_no_value(server: str) -> None:
    from prefect import flow, task

    @task
    @redact_errors
    def convert() -> None:
        duckdb.sql("select cast('519900199001010019' as date)").fetchall()

    @flow
    @redact_errors
    def night() -> None:
        convert()

    @flow
    @redact_errors
    def refused() -> None:
        raise Rejected("nothing_says", caption="x", name="x", place="体检_519900199001010019.xlsx")

    for state in (night(return_state=True), refused(return_state=True)):
        assert state.is_failed()
        assert "519900199001010019" not in f"{state.message}{state.data}"


def test_the_disks_own_errors_keep_their_kind_and_lose_the_id(tmp_path: Path) -> None:
    @redact_errors
    def read() -> None:
        (tmp_path / "519900199001010019.csv").read_bytes()

    with pytest.raises(FileNotFoundError) as caught:
        read()
    assert "519900199001010019" not in str(caught.value)
    assert f"{MASK}.csv" in describe_error(caught.value)


def test_where_a_foreign_error_arose_is_still_told() -> None:
    @redact_errors
    def read() -> None:
        {}["519900199001010019"]

    with pytest.raises(ZipingError, match=r"^KeyError at test_error_messages.py:[0-9]+$") as caught:
        read()
    assert caught.value.__suppress_context__


def test_who_signs_is_read_without_an_id() -> None:
    contract = load_contracts()["registers.counselling_rooms"]
    above = [(4, ["签字人职务:", "负责人 519900199001010019"])]
    assert read_sign_off(contract, above) == {"post": f"负责人 {MASK}"}


ID = "511900199001011234"  # invented: 511900 is no county


@pytest.mark.parametrize(
    "name",
    [
        "支付明细_2023年.csv", "finance/教育经费统计_2022-2023年(第12批).xlsx",
        "students-2023-09-01.jsonl", "trainings-2019-01..2023-12.jsonl",
        "schools/教育事业统计报表_2023_样例数据/2151000883.xlsx", "报送20240131.xlsx",
        "附件 3.pdf", "511702/finance/支付明细_2023年.csv", "2023年1-6月.xlsx",
        "2023-09-01 2151000883.xlsx", "五年360学时.xlsx", "20230901-20231231.csv", "表3-1.xls",
    ],
)  # fmt: skip
def test_a_published_name_keeps_years_days_schools_and_short_numbers(name: str) -> None:
    assert published_name(name) == name


@pytest.mark.parametrize(
    "written",
    [
        ID, ID + ID, f"9{ID}", f"{ID}7", "511900-19900101-1234", "5119 0019 9001 0112 34",
        "51-19-00-19-90-01-01-12-34", "511\u200b900\u200b1990\u200b0101\u200b1234",
        "\u2060".join(ID), ".".join(ID), "·".join(ID), "51190019900101123X", "51190019900101123 x",
        "５１１９００１９９００１０１１２３４", "٥١١٩٠٠١٩٩٠٠١٠١١٢٣٤", "G5119001990010112345",
        "13800138000", "138-0013-8000", "62170012345678901234", "①②③④⑤⑥⑦⑧⑨①②③④⑤⑥",
        "11-01-01-1990-01-01-12-3X", "110101 1990 0101 1234", "511900900101123", "20230901123045",
        "2023001234",
    ],
)  # fmt: skip
def test_no_id_stays_in_a_published_name_however_it_is_written(written: str) -> None:
    for name in (f"花名册_{written}.xlsx", f"{written}.csv", f"张三{written}李四", f"a{written}b",
                 f"2023年-{written}", f"{written}_2023", f"2023 {written}"):  # fmt: skip
        shown = published_name(f"finance/{name}")
        assert len(re.sub(r"\D|2023", "", unicodedata.normalize("NFKC", shown))) <= 2, shown
        assert "＊" in shown


def test_a_sheet_keeps_its_codes_and_loses_ids() -> None:
    assert [sheet_name_without_ids(name) for name in ("2050201", "510104 某区", "Sheet1")] == [
        "2050201", "510104 某区", "Sheet1",
    ]  # fmt: skip
    assert sheet_name_without_ids(f"张三 {'-'.join(ID)}") == "张三 ＊"
