"""A release of invented figures, and reports of invented sentences, for the check of reports."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from flows.releases.tables import ReleaseTables
from flows.report.checking.check import check_report
from flows.report.checking.findings import CheckedNumber, CheckResult, Finding
from flows.report.checking.rules import load_rules

Row = dict[str, Any]


def figure(
    figure_id: str, title: str, text: str, value: str | None, unit: str, **change: Any
) -> Row:
    """Write a figure with its value: title, what is printed, and what that stands for."""
    name = f"indicator_{figure_id}"
    return {
        "district_code": "530199", "evaluation_year": 2023, "indicator_id": name,
        "period": "2023", "dimension": "total", "member": "total", "figure_id": figure_id,
        "part": 1, "order_no": 1, "item_no": "", "place": "", "title": title, "text": text,
        "publish": "public", "listing": "report", "words": None, "state": "actual",
        "value": None if value is None else Decimal(value), "value_text": None, "unit": unit,
        "judgement": "无标准", "margin": None, "missing_sources": None,
    } | change  # fmt: skip


FIGURES = [
    figure("4.1", "一般公共预算教育经费", "52310万元", "523104800", "元", place="一(二)4"),
    figure("4.2", "一般公共预算教育经费比上年增加", "1209万元", "12090000", "元", place="一(二)4"),
    figure("4.3", "一般公共预算教育经费增长", "2.37%", "2.3659", "%", place="一(二)4"),
    figure("4.4", "幼儿园生均一般公共预算教育经费增长", "1.20%", "1.2", "%", member="幼儿园"),
    figure("4.5", "普通小学生均一般公共预算教育经费增长", "0.31%", "0.31", "%", member="普通小学"),
    figure("4.8", "中等职业学校生均一般公共预算教育经费增长", "不涉及", None, "%",
           member="中等职业学校", state="not_applicable"),
    figure("12.1", "公办幼儿园数", "17所", "17", "所"),
    figure("14.3", "小学大班额占比", "3.25%", "3.25", "%", judgement="达标"),
    figure("15.2", "营养改善计划中央资金", "310万元", "3100000", "元"),
    figure("15.5", "营养改善计划实际使用资金", "402.5万元", "4025000", "元"),
    figure("16.2", "学生资助人次", "8120人次", "8120", "人次", words="资助学生"),
    figure("22.1", "安保人员数", "96名", "96", "名", words="专职保安|保安人员"),
    figure("25.1", "参加心理健康测评人数", "3万余人", "34561", "人", words="心理测评人数"),
    figure("27.3", "中队辅导员", "600余名", "642", "名"),
    figure("28.1", "免费教科书覆盖率", "数据缺失", None, "%", state="missing"),
    figure("29.1", "思政课专职教师", "＊", None, "名", state="suppressed"),
    figure("33.6", "城区小学优生率", "不公开", None, "%", state="withheld", publish="withheld"),
    figure("K1.1", "教育集团数", "9个", "9", "个"),
    figure("K3.2", "中小学校数", "48所", "48", "所", judgement="无标准"),
]  # fmt: skip
VALUE_COLUMNS = "state value value_text unit judgement margin missing_sources".split()


def release(
    figures: list[Row] | None = None, standards: list[Row] | None = None, values: Any = ()
) -> ReleaseTables:
    """Make the tables of a release; `values` are those of other years."""
    rows = FIGURES if figures is None else figures
    keys = "district_code evaluation_year indicator_id period dimension member".split()
    figure_rows = [
        {name: row[name] for name in row if name not in VALUE_COLUMNS} | {"order_no": number}
        for number, row in enumerate(rows)
    ]
    value_rows = [{name: row[name] for name in (*keys, *VALUE_COLUMNS)} for row in [*rows, *values]]
    tables = {
        "report_figures": pa.Table.from_pylist(figure_rows),
        "report_values": pa.Table.from_pylist(value_rows),
        "standards": pa.Table.from_pylist(standards or []),
    }
    return ReleaseTables(Path(), tables)


def check(
    folder: Path, text: str, tables: ReleaseTables | None = None, rules: Path | None = None
) -> CheckResult:
    """Check a report of plain text."""
    path = folder / "report.txt"
    path.write_text(text, "utf-8")
    return check_report(path, tables or release(), load_rules(rules))


def verdicts(result: CheckResult) -> dict[str, str]:
    """Give the verdicts by the numbers as they are written."""
    return {checked.number.written: checked.verdict for checked in result.numbers}


def only_number(result: CheckResult) -> CheckedNumber:
    """Give the one number that was compared."""
    (found,) = result.numbers
    return found


def found(result: CheckResult, rule: str) -> list[Finding]:
    """List what a rule found."""
    return [finding for finding in result.findings if finding.rule.name == rule]
