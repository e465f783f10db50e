"""The text of a suite that is proposed from a sample: what holds of it, for a person to confirm."""

from collections.abc import Iterator
from textwrap import indent
from typing import Any

import yaml

from flows.common.text import half_width
from flows.onboarding.inference.inspect import Observed
from flows.onboarding.inference.patterns import is_day, number_of
from flows.onboarding.inference.proposals import label_of
from flows.onboarding.scaffold.draft import Draft, asked
from flows.parsing.values import date_cell

NUMBERS = ("amount", "count", "number", "percent")


def _rule(
    kind: str, effect: str | None, what: str, why: str, resolve: str, **kwargs: Any
) -> dict[str, Any]:
    """Write a rule: with an effect it sets rows aside, without one it judges the file."""
    severity = {"severity": "warning", "effect": effect} if effect else {"severity": "critical"}
    notes = {"what": what, "why": why, "resolve": resolve}
    return {"type": kind, "kwargs": kwargs, **severity, "notes": notes}


def _never_negative(draft: Draft, observed: Observed) -> list[str]:
    """Name the columns of numbers that are never below zero in the sample."""
    cells = {
        one.name: [cell for sheet in observed.sheets for cell in sheet.cells(one.place)]
        for one in draft.columns
        if one.is_landed and one.kind in NUMBERS
    }
    return [name for name, column in cells.items()
            if all(number is None or number >= 0 for number in map(number_of, column))]  # fmt: skip


def _of_file(draft: Draft, observed: Observed) -> Iterator[tuple[str, dict[str, Any]]]:
    title = label_of(draft.title)
    yield "", _rule(
        "expect_column_values_to_be_between", None, f"{title}至少要有一行数据。",
        "空表不等于零；若照此计算，相关数字会变成零。", "请确认导出条件后重新导出并重报。",
        column="row_count", min_value=1,
    )  # fmt: skip
    for guess in draft.landed:
        if guess.kind == "amount":
            yield "must the sum be above zero?", _rule(
                "expect_column_values_to_be_between", None,
                f"“{label_of(guess.caption)}”合计必须大于零。",
                "合计为零或为负，说明导出不完整或金额列错位。", "请核对金额列后重新导出并重报。",
                column=f"sum_of_{guess.name}", min_value=0, strict_min=True,
            )  # fmt: skip
    if _never_negative(draft, observed):
        yield "may they be negative, as a reversal is? none is in the sample", {
            **_rule(
                "expect_column_values_to_be_between", None, "各数字列不得为负数。",
                "负数会抵减其他行，使合计偏低。", "请核对为负数的行；确属冲减的，请与工程师商定。",
                column="rows_below_zero", max_value=0,
            ),
            "severity": "warning",
        }  # fmt: skip


def _of_columns(draft: Draft, observed: Observed) -> Iterator[tuple[str, dict[str, Any]]]:
    for guess in draft.columns:
        if not guess.is_landed:
            continue
        name, caption = guess.name, label_of(guess.caption)
        cells = [cell for sheet in observed.sheets for cell in sheet.cells(guess.place)]
        needs = name in draft.key or guess.kind == "amount" or guess.meta.get("role")
        if needs and all(half_width(cell) for cell in cells):
            yield "", _rule(
                "expect_column_values_to_not_be_null", "provisional",
                f"每行都要填写“{caption}”。", "缺了它，这一行无法归属或无法计算。",
                "请按行号补填后重报。", column=name,
            )  # fmt: skip
        if guess.length and guess.kind == "code":
            yield f"are all codes {guess.length} digits?", _rule(
                "expect_column_values_to_match_regex", "provisional",
                f"“{caption}”应为 {guess.length} 位数字。", "位数不对的编码对应不到其他表。",
                "请将该列设为文本格式，按代码库改正后重报。",
                column=name, regex=rf"^[0-9]{{{guess.length}}}\Z",
            )  # fmt: skip
        if guess.members:
            yield "these are the texts of the sample: which others are there?", _rule(
                "expect_column_values_to_be_in_set", "provisional",
                f"“{caption}”应为约定的几种之一。", "约定之外的写法不会计入任何一类。",
                "请改为约定的写法，或与工程师商定新增。",
                column=name, value_set=[label_of(one) for one in guess.members],
            )  # fmt: skip
        if guess.kind == "date" and _is_within_year(draft, observed, cells):
            yield "must every day lie within the period?", _rule(
                "expect_column_values_to_be_null", "provisional",
                f"“{caption}”必须在本文件所属的年度之内。", "年度之外的行会使一年虚增。",
                "请核对所列行的日期；属于其他年度的，请移到那一年的文件后重报。",
                column=name, row_condition=f'{name}.dt.year != period.astype("int")',
            )  # fmt: skip


def _is_within_year(draft: Draft, observed: Observed, cells: list[Any]) -> bool:
    """Say whether all days lie in one year that the file's name says."""
    if draft.period[0]["kind"] != "calendar_year" or "file_name" not in draft.period[0]:
        return False
    years = {day.year for cell in cells if is_day(cell) and (day := date_cell(cell))}
    return len(years) == 1 and str(min(years)) in observed.name


def suite_text(draft: Draft, observed: Observed) -> str:
    """Write the suite of a draft; what is seen while reading has its rules in reading.yml."""
    aggregates = {"row_count": "count(*)"}
    for one in draft.landed:
        if one.kind == "amount":
            aggregates[f"sum_of_{one.name}"] = f"coalesce(sum({one.name}), 0)"
    if names := _never_negative(draft, observed):
        below = " or ".join(f"{name} < 0" for name in names)
        aggregates["rows_below_zero"] = f"count(*) filter ({below})"
    parts = [
        f"# {label_of(draft.title)}。规则由样本文件推出，标有 decide 的请确认后改正或删去。\n",
        f"name: {draft.system}.{draft.table}\n\naggregates:\n",
        "".join(f"  {name}: {sql}\n" for name, sql in aggregates.items()),
        "\nrules:\n",
    ]
    for ask, rule in (*_of_file(draft, observed), *_of_columns(draft, observed)):
        parts.append(f"  {asked(ask)}\n" if ask else "")
        text = yaml.safe_dump([rule], allow_unicode=True, sort_keys=False, width=10_000)
        parts.append(indent(text, "  "))
    return "".join(parts)
