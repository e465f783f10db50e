"""Texts of any dialect are read back, and a row that is broken goes apart alone."""

import csv
import io
from pathlib import Path

import corpus
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.common.errors import Rejected
from flows.parsing import file_parser
from flows.parsing.file_parser import read_file

COLUMNS = "name label voucher_no"
HEADER = ["学校", "NAME", "ID"]
SIGNS = st.one_of(
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5),
    st.sampled_from("abcXYZ019.,;|\"'\\/<> -·—\n"),
)
TEXTS = st.text(SIGNS, min_size=1, max_size=10).map(str.strip).filter(
    lambda text: text and not text.startswith(("'", "=", "#")) and text.strip("-./ ")
)  # fmt: skip
DIALECTS = [
    {"delimiter": delimiter, "quotechar": quote, "escapechar": escape}
    for delimiter in ",;|\t "
    for quote in "\"'"
    for escape in (None, "\\")
]
ROWS = [[f"样例{row}小, 东", f"{row} 班", f"N{row:02}"] for row in range(1, 25)]


def written(rows: list[list[str]], **dialect: str | None) -> str:
    """Write rows as Python does, every cell in quotes: so its own are doubled or escaped."""
    text = io.StringIO(newline="")
    csv.writer(
        text, quoting=csv.QUOTE_ALL, doublequote=dialect["escapechar"] is None, **dialect
    ).writerows(rows)  # type: ignore[arg-type]
    return text.getvalue()


def read(path: Path, text: str, **words: str) -> tuple[list[list[str | None]], set[int]]:
    """Read a text; give its rows as they land, and the numbers of those quarantined."""
    path.write_text(text, "utf-8", newline="")
    contract = corpus.contract_of({"columns": COLUMNS, "read": words})
    parsed = read_file(path, contract)
    table = parsed.table().select(COLUMNS.split())
    rows = [[row[name] for name in COLUMNS.split()] for row in table.to_pylist()]
    return rows, {row.row_number for row in parsed.quarantined}


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=8), st.sampled_from(DIALECTS),
    st.booleans(),
)  # fmt: skip
def test_a_table_in_any_dialect_reads_back_or_is_set_aside(
    tmp_path_factory: pytest.TempPathFactory,
    pairs: list[tuple[str, str]],
    dialect: dict[str, str | None],
    is_declared: bool,
) -> None:
    rows = [[*pair, f"N{number:02}"] for number, pair in enumerate(pairs)]
    words = (
        {"delimiter": dialect["delimiter"], "quote": dialect["quotechar"]} if is_declared else {}
    )
    if dialect["escapechar"]:  # which a text that holds backslashes may not tell
        words["escape"] = dialect["escapechar"]
    path = tmp_path_factory.mktemp("dialect") / "kept"
    landed, apart = read(path, written([HEADER, *rows], **dialect), **words)
    by_number = {row[2]: row for row in landed}
    wanted = {row[2]: plain(row) for row in rows}
    assert all(plain(row) == wanted[number] for number, row in by_number.items())
    assert len(by_number) == len(rows) or apart


def plain(row: list[str | None]) -> list[str]:
    """Leave blanks and line ends out, which no cell of ours is told apart by."""
    return ["".join((cell or "").split()) for cell in row]


def polluted(row: list[str], kind: str, place: int) -> str:
    """Write one row as no other is written."""
    cells = [f'"{cell}"' for cell in row]
    match kind:
        case "a cell more":
            cells.insert(place, "")
        case "a delimiter less":
            cells[max(place, 1) - 1 : max(place, 1) + 1] = [
                cells[max(place, 1) - 1] + cells[max(place, 1)]
            ]
        case "a quote more":
            cells[place] = '"' + cells[place]
        case "a quote more behind":
            cells[place] += '"'
        case "a quote less":
            cells[place] = cells[place][1:]
        case "a quote less behind":
            cells[place] = cells[place][:-1]
        case "other quotes":
            cells = [f"'{cell}'" for cell in row]
        case "other delimiters":
            return ";".join(cells)
        case "blanks as delimiters":
            return " ".join(cells)
    return ",".join(cells)


KINDS = (
    "a cell more", "a delimiter less", "a quote more", "a quote more behind", "a quote less",
    "a quote less behind", "other quotes", "other delimiters", "blanks as delimiters",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bare", [True, False])
def test_a_row_that_is_broken_changes_no_other(
    kind: str, end: str, bare: bool, tmp_path: Path
) -> None:
    for number in (0, 7, 16, len(ROWS) - 1):
        for place in range(3):
            lines = [",".join(HEADER)]
            for row in ROWS:
                cells = [row[0] if bare and "," not in row[0] else f'"{row[0]}"', *row[1:]]
                lines.append(",".join(cells))
            lines[number + 1] = polluted(ROWS[number], kind, place)
            landed, apart = read(tmp_path / "kept", end.join(lines) + end)
            others = [row for row in landed if row[2] != ROWS[number][2]]
            assert others == [row for row in ROWS if row is not ROWS[number]], (number, place)
            assert apart == {number + 2} or ROWS[number] in landed, (number, place)
            assert len(landed) + len(apart) == len(ROWS), (number, place)


def test_whatever_goes_wrong_with_a_file_is_a_sentence_about_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise AssertionError("of a library, with a value of the file")

    monkeypatch.setattr(file_parser, "find_header", broken)
    with pytest.raises(Rejected, match="written as none that can be read") as caught:
        read(tmp_path / "kept", written([HEADER], **DIALECTS[0]))
    assert "value" not in str(caught.value)


def test_what_is_no_fault_of_a_file_ends_the_night(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error in (OSError(28, "No space left on device"), MemoryError()):

        def broken(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(file_parser, "find_header", broken)
        with pytest.raises(type(error)):
            read(tmp_path / "kept", written([HEADER], **DIALECTS[0]))


def test_a_table_of_thousands_of_columns_is_read_in_time(tmp_path: Path) -> None:
    captions = [*HEADER, *(f"列{number}" for number in range(9_000))]
    lines = [",".join(captions), *(",".join([*row, *["1"] * 9_000]) for row in ROWS)]
    with_commas = [line.replace(", 东", "") for line in lines]
    landed, apart = read(tmp_path / "kept", "\n".join(with_commas))
    assert (len(landed), apart) == (len(ROWS), set())


@pytest.mark.parametrize("broken", ['"{},1,N\n', '"{}"x,1,N\n', '{},1,"\n'])
def test_rows_that_are_all_broken_are_told_one_by_one_and_soon(broken: str, tmp_path: Path) -> None:
    text = ",".join(HEADER) + "\n" + "".join(broken.format(row) for row in range(3_000))
    landed, apart = read(tmp_path / "kept", text)
    assert (landed, len(apart)) == ([], 3_000)


def test_a_quote_that_stays_open_above_a_long_text_costs_its_row_alone(tmp_path: Path) -> None:
    rows = "".join(f"样例{row}小,1,N{row}\n" for row in range(80_000))  # more than a cell may hold
    landed, apart = read(tmp_path / "kept", ",".join(HEADER) + '\n"一小,1,N\n' + rows)
    assert (len(landed), apart) == (80_000, {2})
