"""The text of a suite that a sample suggests: what holds of it, for a person to confirm."""

from collections.abc import Iterator
from textwrap import indent
from typing import Any

import yaml

from flows.common.text import normalize_width
from flows.onboarding.inference.cells import read_number
from flows.onboarding.inference.inspect import InspectedFile
from flows.onboarding.inference.suggestions import write_label
from flows.onboarding.scaffold.draft import Draft, write_question

NUMBERS = ("amount", "count", "number", "percent")
BETWEEN = "expect_column_values_to_be_between"
Rule = tuple[str, dict[str, Any]]  # what is asked of it, and its words


def _write_rule(kind: str, effect: str, what: str, why: str, resolve: str, **kwargs: Any) -> Any:
    """Write a rule: with an effect it quarantines rows, without one it judges the file."""
    severity = {"severity": "warning", "effect": effect} if effect else {"severity": "critical"}
    notes = {"what": what, "why": why, "resolve": resolve}
    return {"type": kind, "kwargs": kwargs, **severity, "notes": notes}


def _list_never_negative(draft: Draft, inspected: InspectedFile) -> list[str]:
    """Name the columns of numbers that are never below zero in the sample."""
    return [
        column.name
        for column in draft.columns
        if column.is_declared
        and column.kind in NUMBERS
        and not any((read_number(cell) or 0) < 0 for cell in inspected.cells(column.place))
    ]


def _write_rules_of_file(draft: Draft, inspected: InspectedFile) -> Iterator[Rule]:
    what = f"{write_label(draft.title)}至少要有一行数据。"
    why = "空表不等于零；若照此计算，相关数字会变成零。"
    resolve = "请确认导出条件后重新导出并重报。"
    yield "", _write_rule(BETWEEN, "", what, why, resolve, column="row_count", min_value=1)
    for column in draft.declared:
        if column.kind == "amount":
            what = f"“{write_label(column.caption)}”合计必须大于零。"
            why = "合计为零或为负，说明导出不完整或金额列错位。"
            resolve = "请核对金额列后重新导出并重报。"
            bounds = {"column": f"sum_of_{column.name}", "min_value": 0, "strict_min": True}
            rule = _write_rule(BETWEEN, "", what, why, resolve, **bounds)
            yield "must the sum be above zero?", rule
    if _list_never_negative(draft, inspected):
        why = "负数会抵减其他行，使合计偏低。"
        resolve = "请核对为负数的行；确属冲减的，请与工程师商定。"
        bounds = {"column": "rows_below_zero", "max_value": 0}
        rule = _write_rule(BETWEEN, "", "各数字列不得为负数。", why, resolve, **bounds)
        question = "may they be negative, as a reversal is? none is in the sample"
        yield question, rule | {"severity": "warning"}


def _write_rules_of_columns(draft: Draft, inspected: InspectedFile) -> Iterator[Rule]:
    for column in draft.columns:
        if not column.is_declared:
            continue
        caption = write_label(column.caption)
        is_needed = column.name in draft.key or column.kind == "amount" or "role" in column.meta
        if is_needed and all(map(normalize_width, inspected.cells(column.place))):
            kind, resolve = "expect_column_values_to_not_be_null", "请按行号补填后重报。"
            what, why = f"每行都要填写“{caption}”。", "缺了它，这一行无法归属或无法计算。"
            rule = _write_rule(kind, "provisional", what, why, resolve, column=column.name)
            yield "", rule
        if column.length and column.kind == "code":
            kind, why = "expect_column_values_to_match_regex", "位数不对的编码对应不到其他表。"
            what = f"“{caption}”应为 {column.length} 位数字。"
            resolve = "请将该列设为文本格式，按代码库改正后重报。"
            named = {"column": column.name, "regex": rf"^[0-9]{{{column.length}}}\Z"}
            rule = _write_rule(kind, "provisional", what, why, resolve, **named)
            yield f"are all codes {column.length} digits?", rule


def write_suite(draft: Draft, inspected: InspectedFile) -> str:
    """Write the suite of a draft; what is seen while reading has its rules in file_checks.yml."""
    aggregates = {"row_count": "count(*)"}
    for column in draft.declared:
        if column.kind == "amount":
            aggregates[f"sum_of_{column.name}"] = f"coalesce(sum({column.name}), 0)"
    if names := _list_never_negative(draft, inspected):
        below = " or ".join(f"{name} < 0" for name in names)
        aggregates["rows_below_zero"] = f"count(*) filter ({below})"
    parts = [
        f"# {write_label(draft.title)}。规则由样本文件推出，标有 decide 的请确认后改正或删去。\n",
        f"name: {draft.system}.{draft.table}\n\naggregates:\n",
        *(f"  {name}: {sql}\n" for name, sql in aggregates.items()),
        "\nrules:\n",
    ]
    rules = (*_write_rules_of_file(draft, inspected), *_write_rules_of_columns(draft, inspected))
    for question, rule in rules:
        parts.append(f"  {write_question(question)}\n" if question else "")
        text = yaml.safe_dump([rule], allow_unicode=True, sort_keys=False, width=10_000)
        parts.append(indent(text, "  "))
    return "".join(parts)
