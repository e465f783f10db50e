"""The trace of every figure, on a release as it is and on releases with something wrong."""

import contextlib
import io
import re
from pathlib import Path

import pytest
from districts import published, two_releases
from nights import YEAR, copy_of, current, rows, ziping
from searching import ids_of_sample
from trace_parts import FIGURES, change_fact

from flows.cli.trace import print_trace
from flows.common.settings import Workspace
from flows.extract.raw_store import Store


def traced(
    workspace: Workspace, figure: str, release: str | None = None, *, show_rows: bool = False
) -> tuple[bool, str]:
    """Trace a figure; give whether it agrees and what was printed."""
    with contextlib.redirect_stdout(io.StringIO()) as output:
        agrees = print_trace(workspace, figure, None, release, show_rows=show_rows)
    return agrees, output.getvalue()


def test_the_outline_has_the_figures_that_are_traced_here(first_night: Workspace) -> None:
    figures = rows(first_night, "report_figures")
    not_covered = {row["indicator_id"] for row in figures if row["text"] == "数据缺失"}
    assert all(name.startswith("not_covered_") for name in not_covered)
    assert set(FIGURES) == {
        row["figure_id"]
        for row in figures
        if not row["indicator_id"].startswith("not_covered_") and row["text"] != "不公开"
    }


@pytest.mark.parametrize("figure", FIGURES)
def test_a_figure_computed_again_from_raw_cells_agrees(first_night: Workspace, figure: str) -> None:
    agrees, text = traced(first_night, figure)
    assert agrees, text
    assert "重算不一致" not in text
    assert "! " not in text
    assert figure in text
    if "不涉及" not in text:
        assert "重算一致" in text


def test_a_trace_tells_what_an_inspector_asks_for(first_night: Workspace) -> None:
    _, text = traced(first_night, "4.4")
    figures = {row["figure_id"]: row for row in rows(first_night, "report_figures")}
    indicators = {row["indicator_id"]: row for row in rows(first_night, "report_indicators")}
    assert f"4.4 幼儿园生均一般公共预算教育经费增长: {figures['4.4']['text']}" in text
    assert "样例数据" in text
    described = indicators["funds_per_student"]
    assert described["definition_zh"] in text
    assert described["population"] in text
    assert described["definition_version"] in text
    assert "国办发〔2018〕82号" in text or "标准: >=" in text
    values = published(current(first_night))
    for year in ("2022", "2023"):
        value = values["funds_per_student", year, "幼儿园"]
        assert f"{value['numerator']:f}".rstrip("0").rstrip(".") in text
        assert f"{value['denominator']:f}".rstrip("0").rstrip(".") in text
    for evidence in rows(first_night, "report_evidence"):
        if (evidence["indicator_id"], evidence["member"]) == ("funds_per_student", "幼儿园"):
            assert evidence["sha256"] in text
            assert f"{evidence['original_name']} {evidence['row_count']}行" in text


def test_a_stage_that_is_not_run_traces_to_the_school_library(first_night: Workspace) -> None:
    agrees, text = traced(first_night, "4.8")
    assert agrees
    assert "not_applicable" in text
    assert "学校代码库_样例数据.csv sha256" in text


@pytest.fixture(scope="module")
def listings(first_night: Workspace) -> dict[str, str]:
    """Every figure traced with each of its rows."""
    found = {}
    for figure in FIGURES:
        agrees, found[figure] = traced(first_night, figure, show_rows=True)
        assert agrees, figure
    return found


def test_the_rows_of_a_figure_are_listed_with_file_sheet_row_and_amount(
    listings: dict[str, str], first_night: Workspace
) -> None:
    listed = re.findall(
        r"分子 (\S+教育经费统计_2023年\S+) 工作表 基层汇总 第(\d+)行 ([0-9.]+)$",
        listings["4.1"],
        re.MULTILINE,
    )
    assert len(listed) == 20
    assert len({row for _, row, _ in listed}) == 20
    total = sum(round(float(amount) * 100) for _, _, amount in listed)
    value = published(current(first_night))["education_funds", "2023", "total"]
    assert total == value["numerator"] * 100
    assert re.search(r"分母 students-2023-09-01.jsonl 第\d+行 4$", listings["4.4"], re.MULTILINE)
    assert "支付明细_2023年" in listings["5.1a"]
    of_a_level = r"资金下达指标文_2023年\S+ 工作表 指标文 第\d+行 [0-9.]+$"
    assert re.search(of_a_level, listings["15.2"], re.MULTILINE)
    of_a_form = r"分母 \S+\.xlsx 工作表 教基2107\S* 第\d+行 \d+$"
    assert re.search(of_a_form, listings["14.3"], re.MULTILINE)
    assert re.search(r"学校 \d{10} 应拨 [0-9.]+ 已拨 [0-9.]+", listings["5.8"])


def test_no_listing_tells_who_a_person_is(listings: dict[str, str], first_night: Workspace) -> None:
    ids = ids_of_sample(first_night.root).ids
    assert len(ids) > 4000
    printed = set(re.findall(r"[0-9A-Za-z]+", "\n".join(listings.values())))
    assert not ids & printed
    assert not {id_.lower() for id_ in ids} & {one.lower() for one in printed}
    digests = {word for word in printed if re.fullmatch(r"[0-9a-f]{64}", word)}
    files = {delivery["sha256"] for delivery in current(first_night).manifest["deliveries"]}
    assert digests <= files  # no pseudonym either


def test_the_command_ends_with_0_where_the_figure_agrees(first_night: Workspace) -> None:
    assert ziping("trace", "K3.1", workspace=first_night) == 0
    assert ziping("trace", "K3.1", "--rows", "--year", str(YEAR), workspace=first_night) == 0


def test_a_figure_that_nobody_knows_is_wrong_use(
    first_night: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ziping("trace", "99.9", workspace=first_night) == 2
    assert "4.1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("fact", "measure", "figure"),
    [
        ("int_education_funds", "funds_yuan", "4.1"),
        ("int_education_payments", "payments_yuan", "4.9"),
        ("int_school_entitlements", "allocated_yuan", "5.8"),
        ("int_class_sizes", "large_classes", "14.3"),
        ("int_school_resources", "sports_m2", "13.2"),
        ("int_meal_funds", "issued_yuan", "15.1"),
    ],
)
def test_a_fact_changed_by_hand_is_noticed(
    first_night: Workspace, tmp_path: Path, fact: str, measure: str, figure: str
) -> None:
    workspace = copy_of(first_night, tmp_path / "workspace")
    change_fact(current(workspace).folder, fact, measure)
    agrees, text = traced(workspace, figure)
    assert not agrees
    assert "重算不一致" in text
    assert ziping("trace", figure, workspace=workspace) == 1


def test_a_release_whose_checksums_do_not_hold_is_not_traced(
    first_night: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = copy_of(first_night, tmp_path / "workspace")
    path = current(workspace).folder / "report_values.csv"
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content.replace(b"actual", b"actuaI", 1))
    assert ziping("trace", "4.1", workspace=workspace) == 1
    assert "report_values.csv was changed" in capsys.readouterr().err


def test_where_the_raw_bytes_are_gone_the_trace_says_so(
    first_night: Workspace, tmp_path: Path
) -> None:
    workspace = copy_of(first_night, tmp_path / "workspace")
    (digest,) = {
        delivery["sha256"]
        for delivery in current(workspace).manifest["deliveries"]
        if (delivery["source"], delivery["period"]) == ("finance.education_funds", "2023")
    }
    Store(workspace.landed).path(digest).unlink()
    agrees, text = traced(workspace, "4.1")
    assert not agrees
    assert "原件已不在" in text
    assert "教育经费统计_2023年" in text
    assert ziping("trace", "4.1", workspace=workspace) == 1
    assert ziping("trace", "K3.1", workspace=workspace) == 0  # it rests on other files


def test_raw_bytes_that_were_changed_are_not_trusted(
    first_night: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = copy_of(first_night, tmp_path / "workspace")
    for delivery in current(workspace).manifest["deliveries"]:
        if delivery["source"] == "registers.counselling_rooms":
            path = Store(workspace.landed).path(delivery["sha256"])
            content = path.read_bytes()
            path.unlink()
            path.write_bytes(content + b"\n")
    assert ziping("trace", "K3.1", workspace=workspace) == 1
    assert "were changed" in capsys.readouterr().err


def test_an_older_release_can_still_be_traced(both: Workspace) -> None:
    old, new = two_releases(both)
    shown = []
    for release in (old, new):
        agrees, text = traced(both, "4.1", release.name, show_rows=True)
        assert agrees, text
        assert release.name in text
        shown.append(set(re.findall(r"sha256 ([0-9a-f]{64})", text)))
    assert shown[0]
    assert not shown[0] & shown[1]
