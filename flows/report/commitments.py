"""What was promised in last year's signed report, answered by this year's values."""

import re
from collections import defaultdict
from decimal import Decimal
from typing import NamedTuple

from flows.common.text import strip_whitespace
from flows.releases.release import rows_of
from flows.releases.signing import latest_version
from flows.releases.tables import ReleaseTables, Row, is_withheld, number_figure

TASKS, AHEAD = "report_tasks", "下一步工作"
KNOWN = ("actual", "provisional")
TARGET = re.compile(
    r"(?P<before>[^0-9.+-]*)(?P<number>[0-9][0-9,]*(?:\.[0-9]+)?)(?P<scale>[万亿]?)"
    r"(?P<unit>[^0-9]*?)(?P<after>以上|以内|以下|左右)?"
)
AT_MOST = re.compile("不高于|不超过|不大于|至多|控制在|降至|降到|≤|<=|以内|以下")
AT_LEAST = re.compile("不低于|不少于|不小于|至少|达到|提高到|提升到|≥|>=|以上")
SCALES = {"": 1, "万": 10_000, "亿": 100_000_000}


class Commitment(NamedTuple):
    """A task of last year's signed report, with what came of it."""

    number: str
    task: str
    indicator: str
    target: str
    signed_release: str
    figure: str  # this year's; empty where no figure bears the indicator's name
    text: str  # as it is printed this year
    is_reached: bool | None  # None where that is not known
    why: str  # it is not known

    @property
    def outcome(self) -> str:
        """Say in a word whether it was reached."""
        if self.is_reached is None:
            return "无法判定"
        return "已实现" if self.is_reached else "未实现"

    def write(self, now: str) -> str:
        """Answer it in a sentence, as the report has it; `now` prints this year's figure."""
        why = f"（{self.why}）" if self.why else ""
        goal = f"上年提出“{self.task}”，{self.indicator}目标为{self.target}，"
        return f"{goal}{f'现为{now}，' if now else ''}{self.outcome}{why}。"


def answer_commitments(tables: ReleaseTables, manifest: Row) -> list[Commitment]:
    """Answer the targets of last year's signed report by the values of a release of this year.

    Also for one that is being built. Empty where last year was not signed, or its release has no
    tasks; what must not be published is left out. ZipingError where what was signed was changed.
    """
    year = manifest["evaluation_year"]
    version = latest_version(tables.folder.parent.parent / str(year - 1))
    if version is None:
        return []
    path = version.release.folder / f"{TASKS}.parquet"
    tasks = rows_of(path) if path.is_file() else []
    found = (
        _answer(task, version.release.name, tables)
        for task in sorted(tasks, key=lambda task: str(task["number"]))
        if task["district_code"] == manifest["district_code"]
        and task["kind"] == AHEAD
        and task["indicator"]
        and task["target"]
    )
    return [answer for answer in found if answer]


def _answer(task: Row, release: str, tables: ReleaseTables) -> Commitment | None:
    figure = _find_figure(task["indicator"], tables, task["district_code"])
    if figure and is_withheld(figure):
        return None
    is_reached, why = (
        judge_target(task["target"], figure, tables) if figure else (None, "本年没有同名指标")
    )
    return Commitment(
        number=task["number"],
        task=task["task"] or "",
        indicator=task["indicator"],
        target=task["target"],
        signed_release=release,
        figure=number_figure(figure) if figure else "",
        text=str(figure["text"] or "") if figure else "",
        is_reached=is_reached,
        why=why,
    )


def _find_figure(name: str, tables: ReleaseTables, district: str) -> Row | None:
    """Find the one figure of a number or a title; of an indicator, the one for the whole district.

    None where none, or several, could be meant.
    """
    wanted = strip_whitespace(name)
    by_name: dict[str | None, list[Row]] = defaultdict(list)
    for row in tables.printed_in(district):
        names = {number_figure(row), strip_whitespace(row["title"])}
        if row["member"] == "total":
            names.add(strip_whitespace(tables.indicators[row["indicator_id"]]["title_zh"]))
        for known in names:
            by_name[known].append(row)
    found = by_name[wanted]
    same = {(row["indicator_id"], row["period"], row["member"]) for row in found}
    return found[0] if len(same) == 1 else None


def judge_target(target: str, figure: Row, tables: ReleaseTables) -> tuple[bool | None, str]:
    """Judge whether a figure reaches a target, `不低于95%`, `5万元以内`, `达标`; or say why not."""
    if figure["state"] not in KNOWN:
        return None, str(figure["reason"] or "本年没有数")
    if figure["state"] == "provisional":
        return None, "本年的数待核"
    text = strip_whitespace(target) or ""
    if text in ("达标", "未达标"):
        known = figure["judgement"] in ("达标", "未达标")
        return (figure["judgement"] == text, "") if known else (None, "没有判定")
    found = TARGET.fullmatch(text)
    if found is None or figure["value"] is None:
        return None, "目标不是一个数"
    unit, own_unit = found["unit"], figure["unit"] or ""
    if unit and unit != own_unit:
        return None, f"目标以{unit}计，本年以{own_unit or '无单位'}计"
    wanted = Decimal(found["number"].replace(",", "")) * SCALES[found["scale"]]
    words = found["before"] + (found["after"] or "")
    better = tables.indicators[figure["indicator_id"]]["better"]
    is_at_most = bool(AT_MOST.search(words)) or (better == "lower" and not AT_LEAST.search(words))
    value = Decimal(figure["value"])
    return (value <= wanted if is_at_most else value >= wanted), ""
