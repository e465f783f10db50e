"""The trace of a figure on paper: for every figure, in every state, and as it is printed."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from nights import copy_of, current, ziping
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from rendering import printed_pages, printed_sizes
from searching import ids_of_sample, persons_found
from trace_parts import FIGURES, change_fact

from flows.common.labels import HIDDEN
from flows.common.settings import Workspace
from flows.extract.raw_store import Store
from flows.lineage.contributions import TOGETHER, Counted, few_together
from flows.lineage.trace import TraceNode, Tracer
from flows.lineage.workbook import Printed, write_trace
from flows.releases.release import find_release
from flows.releases.tables import key_of, number_figure

HEADER = 5  # the row of the captions of a table of what contributes


def tracer_of(workspace: Workspace) -> Tracer:
    return Tracer(workspace, find_release(workspace, 2023, None))


def values_of(tracer: Tracer, figure: str) -> list[Printed]:
    """Trace the values of a figure as the command does."""
    found = [row for row in tracer.tables.figures if row["figure_id"] == figure]
    return [Printed(tracer.trace(key_of(row)), row) for row in found]


@pytest.fixture(scope="module")
def tracer(first_night: Workspace) -> Tracer:
    return tracer_of(first_night)


@pytest.fixture(scope="module")
def written(
    tracer: Tracer, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], tuple[Path, list[Printed]]]:
    """Write the workbook of a figure, once."""
    folder, done = tmp_path_factory.mktemp("traces"), dict[str, list[Printed]]()

    def write(figure: str) -> tuple[Path, list[Printed]]:
        path = folder / f"{figure}.xlsx"
        if figure not in done:
            done[figure] = values_of(tracer, figure)
            write_trace(path, tracer, figure, done[figure])
        return path, done[figure]

    return write


def pages_of(book: Workbook) -> list[Worksheet]:
    """Pick the pages that are signed; behind each stand the tables of what contributes."""
    return [sheet for sheet in book if sheet["A1"].value == "数据溯源单"]


def texts_of(sheet: Worksheet) -> list[str]:
    return [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]


def beside(sheet: Worksheet, caption: str) -> Any:
    """Read what stands beside a caption of the page."""
    for row in sheet.iter_rows():
        for number, cell in enumerate(row):
            if cell.value == caption:
                return row[number + 1].value
    raise AssertionError(f"no {caption}")


def roles_of(node: TraceNode) -> Iterator[tuple[TraceNode, str]]:
    yield from ((node, role) for role in node.roles)
    for part in node.parts:
        yield from roles_of(part)


@pytest.mark.parametrize("figure", FIGURES)
def test_a_page_says_all_that_an_inspector_asks_for(
    written: Callable[[str], tuple[Path, list[Printed]]], tracer: Tracer, figure: str
) -> None:
    path, values = written(figure)
    pages = pages_of(load_workbook(path))
    assert len(pages) == len(values)
    for page, one in zip(pages, values, strict=True):
        value, indicator = one.node.value, one.node.indicator
        assert one.figure is not None
        assert beside(page, "图号") == number_figure(one.figure)
        assert beside(page, "标题") == one.figure["title"]
        assert beside(page, "印出文字") == one.figure["text"]
        shown = beside(page, "数值")
        if value["value"] is not None:
            assert Decimal(repr(shown)) == value["value"].normalize()
        elif value["state"] in HIDDEN:
            assert shown == HIDDEN[value["state"]]
        else:
            assert shown in ("不涉及", value["value_text"])
        assert beside(page, "单位") == (value["unit"] or None)
        assert beside(page, "判定") == value["judgement"]
        assert indicator["definition_zh"] in texts_of(page)
        standards = tracer.standard_of(value) if value["standard_id"] else []
        for row in standards:
            assert f"《{row['document']}》{row['document_number']}" in texts_of(page)
            assert ("标准待核" in texts_of(page)) == any(
                row["certainty"] != "verified" for row in standards
            )
        for word in ("经办人", "审核人", "日期", "盖章"):
            assert word in texts_of(page)
        if value["state"] == "not_applicable":
            assert "学校代码库" in texts_of(page)
        elif value["state"] not in HIDDEN:
            assert "重算一致" in texts_of(page)
            assert "重算不一致" not in texts_of(page)
            files = {row["sha256"][:8] for row in evidence_of(one.node)}
            assert files <= set(texts_of(page))


def evidence_of(node: TraceNode) -> Iterator[Any]:
    yield from node.evidence
    for part in node.parts:
        yield from evidence_of(part)


@pytest.mark.parametrize("figure", FIGURES)
def test_one_table_adds_up_to_each_numerator_and_denominator(
    written: Callable[[str], tuple[Path, list[Printed]]], figure: str
) -> None:
    path, values = written(figure)
    book = load_workbook(path)
    tables = [sheet for sheet in book if sheet not in pages_of(book)]
    assert len(tables) == sum(any(roles_of(value.node)) for value in values)
    wanted = {
        part.value[role].normalize() for value in values for part, role in roles_of(value.node)
    }
    found = set()
    for sheet in tables:
        lines = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=HEADER + 1)]
        amounts: list[Any] = []
        for first, *_, amount in lines:
            if str(first).startswith(("分子：", "分母：")):
                amounts = []
            elif first == "合计":
                total = Decimal(repr(amount)).normalize()
                found.add(total)
                if "＊" not in amounts:
                    assert sum(Decimal(repr(amount)) for amount in amounts) == total, sheet.title
            else:
                amounts.append(amount)
        assert lines[-1][0] == "合计"
    assert found == wanted


@pytest.mark.parametrize("figure", ["4.8", "4.9", "5.1a", "21.2"])
def test_each_sheet_is_set_up_for_paper(
    written: Callable[[str], tuple[Path, list[Printed]]], figure: str
) -> None:
    for sheet in load_workbook(written(figure)[0]):
        is_page = sheet["A1"].value == "数据溯源单"
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert sheet.sheet_properties.pageSetUpPr is not None
        assert sheet.sheet_properties.pageSetUpPr.fitToPage is True
        assert sheet.page_setup.fitToHeight == 0
        assert "样例数据" in texts_of(sheet)
        assert sheet.oddHeader is not None
        assert sheet.oddHeader.right.text == "样例数据"
        assert sheet.oddFooter is not None
        assert "第 &P 页，共 &N 页" in str(sheet.oddFooter.right.text)
        assert "发布 00001-" in str(sheet.oddFooter.left.text)
        if not is_page:
            assert sheet.print_title_rows == f"$1:${HEADER}"
            assert sheet.freeze_panes == f"A{HEADER + 1}"


def test_links_lead_from_the_page_to_what_adds_up_and_back(
    written: Callable[[str], tuple[Path, list[Printed]]],
) -> None:
    book = load_workbook(written("4.4")[0])
    (page,) = pages_of(book)
    links = [cell for row in page.iter_rows() for cell in row if cell.hyperlink]
    assert len(links) == 4  # two years, each with numerator and denominator
    for cell in links:
        name, place = cell.hyperlink.location.split("!")
        sheet = book[name.strip("'")]
        assert cell.value == "明细"
        assert str(sheet[place].value).startswith(("分子：", "分母："))
        assert sheet["A2"].hyperlink.location == f"'{page.title}'!A1"


def test_no_sheet_tells_who_a_person_is(
    written: Callable[[str], tuple[Path, list[Printed]]], first_night: Workspace
) -> None:
    paths = [written(figure)[0] for figure in FIGURES]
    assert persons_found(ids_of_sample(first_night.root), paths) == []


@pytest.mark.parametrize(
    ("counts", "together"),
    [
        ({"A": 50, "B": 3, "C": 9}, {"B", "C"}),
        ({"A": 50, "B": 5}, set()),
        ({"A": 3, "B": 4}, {"A", "B"}),
        ({"A": 1}, {"A"}),
    ],
)
def test_schools_of_few_persons_are_counted_together(
    counts: dict[str, int], together: set[str]
) -> None:
    units: Counted = {school: (count, Decimal(8 * count)) for school, count in counts.items()}
    shown = few_together(units)
    assert set(shown) == (set(counts) - together) | ({TOGETHER} if together else set())
    assert sum(count for count, _ in shown.values()) == sum(counts.values())
    assert sum(total for _, total in shown.values()) == 8 * sum(counts.values())


@pytest.mark.parametrize(
    ("state", "shown"),
    [("missing", "数据缺失"), ("suppressed", "＊"), ("withheld", "不公开"), ("partial", None)],
)
def test_every_state_has_its_page(
    first_night: Workspace, tmp_path: Path, state: str, shown: str | None
) -> None:
    tracer = tracer_of(first_night)
    (row,) = [figure for figure in tracer.tables.figures if figure["figure_id"] == "4.1"]
    key, values = key_of(row), dict(tracer.tables.values)
    hidden = dict.fromkeys(("value", "numerator", "denominator", "margin")) if shown else {}
    values[key] = {**values[key]} | hidden | {
        "state": state, "reason": "缺一份。", "units_expected": 20, "units_received": 19,
        "missing_sources": '["finance.education_funds 2023"]' if state == "missing" else None,
    }  # fmt: skip
    tracer.tables.__dict__["values"] = values
    write_trace(tmp_path / "state.xlsx", tracer, "4.1", values_of(tracer, "4.1"))
    book = load_workbook(tmp_path / "state.xlsx")
    (page,) = pages_of(book)
    assert beside(page, "说明") == "缺一份。"
    if shown:
        assert beside(page, "数值") == shown
        assert book.sheetnames == ["4.1"]  # nothing by which it could be told
        assert "重算一致" not in texts_of(page)
    else:
        assert (beside(page, "应报单位（个）"), beside(page, "已报单位（个）")) == (20, 19)
        assert "重算一致" in texts_of(page)
    if state == "missing":
        assert beside(page, "缺失来源") == "教育经费统计 2023"


def test_a_value_that_differs_or_cannot_be_computed_says_so(
    first_night: Workspace, tmp_path: Path
) -> None:
    workspace = copy_of(first_night, tmp_path / "workspace")
    change_fact(current(workspace).folder, "int_education_funds", "funds_yuan")
    target = tmp_path / "differs.xlsx"
    assert ziping("trace", "4.1", "--xlsx", str(target), workspace=workspace) == 1
    (page,) = pages_of(load_workbook(target))
    assert "重算不一致" in texts_of(page)
    (digest,) = {
        delivery["sha256"]
        for delivery in current(workspace).manifest["deliveries"]
        if (delivery["source"], delivery["period"]) == ("finance.education_funds", "2023")
    }
    Store(workspace.landed).path(digest).unlink()
    assert ziping("trace", "4.1", "--xlsx", str(target), workspace=workspace) == 1
    book = load_workbook(target)
    (page,) = pages_of(book)
    assert "未重算" in texts_of(page)
    assert any("原件已不在" in text for text in texts_of(page))
    assert book.sheetnames == ["4.1"]


def test_the_command_writes_the_same_bytes_twice_for_its_owner_alone(
    first_night: Workspace, tmp_path: Path
) -> None:
    written = []
    for name in ("one.xlsx", "two.xlsx"):
        target = tmp_path / name
        assert ziping("trace", "4.2", "--xlsx", str(target), workspace=first_night) == 0
        written.append(target.read_bytes())
        assert target.stat().st_mode & 0o777 == 0o600
    assert written[0] == written[1]


@pytest.mark.parametrize("name", ["page.pdf", "no such folder/page.xlsx"])
def test_a_file_that_cannot_be_written_is_wrong_use(
    first_night: Workspace, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ziping("trace", "4.1", "--xlsx", str(tmp_path / name), workspace=first_night) == 2
    assert name.split("/")[0] in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_indicator_is_traced_on_a_page_for_each_value(
    first_night: Workspace, tmp_path: Path
) -> None:
    target = tmp_path / "indicator.xlsx"
    name = "schools_with_counselling_room"
    assert ziping("trace", name, "--xlsx", str(target), workspace=first_night) == 0
    (page,) = pages_of(load_workbook(target))
    assert beside(page, "标题") == "建立心理咨询室学校"


@pytest.mark.slow
def test_the_workbooks_print_as_they_should(
    written: Callable[[str], tuple[Path, list[Printed]]], first_night: Workspace, tmp_path: Path
) -> None:
    report = current(first_night).folder / "report.xlsx"
    for workbook in (report, written("4.9")[0], written("4.8")[0]):
        assert set(*printed_pages([workbook], tmp_path)) == {"landscape"}
        assert min(printed_sizes(workbook, tmp_path)) >= 9
