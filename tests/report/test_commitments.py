"""Last year's targets, answered: from a signed release and a table of tasks written out in full."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.releases.signing import keep_version
from flows.releases.tables import ReleaseTables
from flows.report.commitments import answer_commitments, judge_target


def figure(title: str, value: str | None, unit: str = "%", **words: Any) -> dict[str, Any]:
    return {
        "figure_id": "22.3", "part": 1, "title": title, "text": f"{value}{unit}",
        "indicator_id": "share", "period": "2024", "member": "total", "dimension": "total",
        "state": "actual", "value": value and Decimal(value), "unit": unit, "judgement": "无标准",
        "reason": None, "publish": "public", "district_code": "519900",
    } | words  # fmt: skip


def tables_of(
    *figures: dict[str, Any], better: str = "higher", folder: Path = Path()
) -> ReleaseTables:
    tables = ReleaseTables(folder, {})
    indicators = {"share": {"title_zh": "安防达标率", "better": better}}
    tables.__dict__.update(printed=list(figures), indicators=indicators)
    return tables


MANIFEST = {"evaluation_year": 2024, "district_code": "519900"}
GIVEN = [
    {"number": "RW2", "kind": "下一步工作", "task": "建好安防", "indicator": "六项安防建设达标率",
     "target": "100%"},
    {"number": "RW1", "kind": "下一步工作", "task": "办好食堂", "indicator": "食堂自营率",
     "target": "90%以上"},
    {"number": "RW3", "kind": "下一步工作", "task": "没有目标", "indicator": None, "target": None},
    {"number": "RW4", "kind": "上级交办", "task": "交办", "indicator": "六项安防建设达标率",
     "target": "1%"},
]  # fmt: skip
TASKS = [{"district_code": "519900", **task} for task in GIVEN]


@pytest.fixture
def this_year(tmp_path: Path) -> Path:
    """A release of 2024 that is being built beside a signed one of 2023."""
    signed = tmp_path / "2023" / "00001-abcdefabcdef"
    signed.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(TASKS), signed / "report_tasks.parquet")
    keep_version(signed.parent, {"release": signed.name}, {})
    return tmp_path / "2024" / ".00002-abcdefabcdef.12345678.part"


def test_each_task_with_a_target_is_answered_in_the_order_of_its_number(this_year: Path) -> None:
    tables = tables_of(figure("六项安防建设达标率", "98.5"), folder=this_year)
    kitchens, safety = answer_commitments(tables, MANIFEST)
    assert (kitchens.is_reached, kitchens.why) == (None, "本年没有同名指标")
    assert (safety.figure, safety.is_reached, safety.outcome) == ("22.3", False, "未实现")
    assert safety.write("{22.3}") == (
        "上年提出“建好安防”，六项安防建设达标率目标为100%，现为{22.3}，未实现。"
    )
    assert kitchens.write("").endswith("食堂自营率目标为90%以上，无法判定（本年没有同名指标）。")


def test_a_year_that_was_not_signed_promised_nothing(tmp_path: Path) -> None:
    assert answer_commitments(tables_of(folder=tmp_path / "2024" / "x"), MANIFEST) == []


@pytest.mark.parametrize("name", ["22.3", "六项 安防建设达标率", "安防达标率"])
def test_a_figure_is_found_by_number_title_or_indicator(this_year: Path, name: str) -> None:
    signed = this_year.parents[1] / "2023" / "00001-abcdefabcdef"
    task = TASKS[0] | {"indicator": name}
    pq.write_table(pa.Table.from_pylist([task]), signed / "report_tasks.parquet")
    tables = tables_of(figure("六项安防建设达标率", "100"), folder=this_year)
    (answer,) = answer_commitments(tables, MANIFEST)
    assert answer.is_reached is True


def test_what_must_not_be_published_is_not_answered(this_year: Path) -> None:
    hidden = figure("六项安防建设达标率", None, publish="withheld", state="withheld")
    answers = answer_commitments(tables_of(hidden, folder=this_year), MANIFEST)
    assert [answer.number for answer in answers] == ["RW1"]


def test_of_two_figures_of_one_title_none_is_chosen(this_year: Path) -> None:
    twice = [figure("六项安防建设达标率", "100", member=member) for member in ("小学", "初中")]
    _, safety = answer_commitments(tables_of(*twice, folder=this_year), MANIFEST)
    assert safety.is_reached is None


@pytest.mark.parametrize(
    ("target", "own", "wanted"),
    [
        ("95%", figure("率", "95"), True),
        ("不低于95%", figure("率", "94.99"), False),
        ("95％以上", figure("率", "95.01"), True),
        ("5万元", figure("钱", "50000", "元"), True),
        ("1,200个", figure("数", "1199", "个"), False),
        ("5%以内", figure("率", "5.01"), False),
        ("控制在5%", figure("率", "4"), True),
        ("100", figure("率", "100"), True),
        ("达标", figure("率", "1", judgement="达标"), True),
        ("达标", figure("率", "1", judgement="未达标"), False),
        ("达标", figure("率", "1"), None),
        ("有所提高", figure("率", "1"), None),
        ("3所", figure("率", "50"), None),
        ("95%", figure("率", None, state="missing", reason="数据缺失"), None),
        ("95%", figure("率", "99", state="provisional"), None),
    ],
)
def test_a_target_is_judged_by_its_words_and_its_unit(
    target: str, own: dict[str, Any], wanted: bool | None
) -> None:
    assert judge_target(target, own, tables_of(own))[0] is wanted


def test_what_is_better_low_reaches_a_bare_number_from_above() -> None:
    own = figure("大班额占比", "4.2")
    assert judge_target("5%", own, tables_of(own, better="lower"))[0] is True
    assert judge_target("不低于5%", own, tables_of(own, better="lower"))[0] is False
