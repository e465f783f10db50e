"""The one redactor: whatever a foreign error says, no value of a row comes out of it."""

from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.lib.errors import Blocked, Rejected, ZipingError
from flows.lib.redaction import redacted, sentence_of

STUDENT_IDS = st.from_regex(r"G519900[0-9]{10}[0-9X]", fullmatch=True)
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


def test_the_errors_of_the_engine_pass_without_the_value() -> None:
    with pytest.raises(duckdb.Error) as caught:
        duckdb.sql("select cast('519900199001010019' as date)").fetchall()
    assert "519900199001010019" in str(caught.value)  # else this test proves nothing
    assert "519900199001010019" not in redacted(str(caught.value))
    assert "519900199001010019" not in sentence_of(caught.value)


@pytest.mark.parametrize("kind", [ZipingError, Blocked, Rejected])
def test_our_own_sentences_are_told_as_they_are(kind: type[ZipingError]) -> None:
    assert sentence_of(kind("finance.payments 2023: 支付明细.csv rejected")) == (
        "finance.payments 2023: 支付明细.csv rejected"
    )


def test_of_a_foreign_error_only_its_kind_and_place_are_told() -> None:
    with pytest.raises(KeyError) as caught:
        {}["SY000001"]
    assert sentence_of(caught.value) == f"KeyError at test_redaction.py:{caught.tb.tb_lineno}"


def test_of_a_file_error_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        (tmp_path / "gone.csv").read_bytes()
    assert "gone.csv" in sentence_of(caught.value)
    assert sentence_of(caught.value).startswith("No such file or directory")
