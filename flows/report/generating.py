"""What a release itself says: tasks with their state, and what misses its standard and where."""

from collections.abc import Iterator, Sequence
from datetime import date

from flows.common.labels import HIDDEN, WORDS
from flows.common.text import plain
from flows.releases.tables import Key, ReleaseTables, Row, key_of, number_figure
from flows.report.places import write_full_width
from flows.report.schools import schools_that_miss

FAILED = ("未达标", "无法判定")
BRACES = str.maketrans("{}", "｛｝")


def list_figures(figures: Sequence[Row]) -> str:
    """Name figures of which nobody wrote a sentence, each with its place."""
    return "；".join(f"{row['title']}{_place(row)}" for row in figures) + "。" if figures else ""


def describe_tasks_handed_down(tasks: Sequence[Row]) -> Iterator[str]:
    """Say of each task from above by when it is due and how far it is."""
    for task in tasks:
        if task["kind"] == "上级交办":
            whom = f"由{task['from_whom']}交办，" if task["from_whom"] else ""
            yield _sentence(f"{task['task']}：{whom}{_due(task['due_on'])}{_state(task)}")


def describe_tasks_ahead(tasks: Sequence[Row]) -> Iterator[str]:
    """Say of each task for the time ahead what it is to reach, and by when."""
    for task in tasks:
        if task["kind"] == "下一步工作":
            goal = (
                f"{task['indicator']}目标为{task['target']}，"
                if task["indicator"] and task["target"]
                else "目标待定，"
            )
            yield _sentence(f"{task['task']}：{goal}{_due(task['due_on'])}{_state(task)}")


def _due(day: date | None) -> str:
    return f"完成时限{day.year}年{day.month}月{day.day}日，" if day else "完成时限待定，"


def _state(task: Row) -> str:
    return f"目前{task['state']}" if task["state"] else "进展待核"


def _sentence(text: str) -> str:
    """End a sentence; a task names no figure, whatever stands in braces there."""
    return f"{write_full_width(text).translate(BRACES)}。"


def describe_failures(
    tables: ReleaseTables, manifest: Row, figures: Sequence[Row], *, is_internal: bool = False
) -> list[str]:
    """Say which figures miss their standard or cannot be judged, by how much and where."""
    judged: dict[Key, Row] = {}
    for row in figures:
        if row["judgement"] in (*FAILED, "达标") and row["state"] not in HIDDEN:
            judged.setdefault(key_of(row), row)  # what is printed twice is told once
    failed = [row for row in judged.values() if row["judgement"] in FAILED]
    if not failed:
        return ["对照评价标准，已能判定的指标均达标。"] if judged else []
    lines = [
        f"{row['title']}{_place(row)}，{_standard(tables, row)}未达标"
        f"{_where(tables, manifest, row, is_internal=is_internal)}。"
        for row in failed
        if row["judgement"] == "未达标"
    ]
    unclear: dict[tuple[str, str], list[str]] = {}  # by item and by how many units are missing
    for row in failed:
        if row["judgement"] == "无法判定":
            group = (row["place"] or "", _missing_units(row))
            unclear.setdefault(group, []).append(f"{row['title']}{_place(row)}")
    lines += [f"{'、'.join(named)}，无法判定{units}。" for (_, units), named in unclear.items()]
    return ["对照评价标准，下列指标未达标或无法判定。", *lines]


def _place(figure: Row) -> str:
    return f"{{{number_figure(figure)}}}"


def _standard(tables: ReleaseTables, value: Row) -> str:
    """Write the standard of a value with its sign, where it is a number."""
    signs = dict.fromkeys(row["comparison"] for row in tables.standards_of(value))
    if value["standard_value"] is None or len(signs) != 1 or next(iter(signs)) not in (">=", "<="):
        return ""
    return (
        f"标准为{WORDS[next(iter(signs))]}{plain(value['standard_value'])}{value['unit'] or ''}，"
    )


def _where(tables: ReleaseTables, manifest: Row, value: Row, *, is_internal: bool) -> str:
    """Say where a standard is missed: in which parts of the whole, in how many schools, or which.

    Schools are named in a draft for the house alone.
    """
    parts = [
        f"{WORDS.get(part['member'], part['member'])}"
        f"{tables.indicators[part['indicator_id']]['title_zh']}"
        for part in tables.parts_of(value)
        if part["judgement"] in FAILED
    ]
    if parts:
        return f"，涉及{'、'.join(parts)}"
    schools = schools_that_miss(tables, manifest, value)
    listed = f"（{'、'.join(schools)}）" if is_internal else ""
    return f"，涉及学校{len(schools)}所{listed}" if schools else ""


def _missing_units(value: Row) -> str:
    expected, received = value["units_expected"], value["units_received"]
    is_partial = value["state"] == "partial" and expected
    return f"，应报{expected}个单位，已报{received}个" if is_partial else ""
