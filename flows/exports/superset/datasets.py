"""The data sets of superset.zip: published tables and joins of them, titled, with metrics."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from flows.exports.postgres.tables import COMMON_KEY, NO_RELEASE, YEAR, Table
from flows.warehouse.models import Model

SCHEMA = "ziping"
AUDITED = {"certified_by": "ziping", "details": "发布前逐行逐表按 expectations/report 的规则审核"}
TYPES = {"character varying": "VARCHAR", "timestamp with time zone": "TIMESTAMP"}
TEMPORAL = ("DATE", "TIMESTAMP")
ROWS = ("count", "行数", "count(*)", None)
# What is counted of the values, and with them of the figures: name, title, condition.
COUNTED = (
    ("met", "达标数", "judgement = '达标'"),
    ("not_met", "未达标数", "judgement = '未达标'"),
    ("undecided", "无法判定数", "judgement = '无法判定'"),
    ("gaps", "缺口数", "state in ('missing', 'partial', 'provisional')"),
)
Metric = tuple[str, str, str, str | None]  # name, title, SQL, description
JOINED_BY = {
    "report_values": (YEAR, "district_code", "indicator_id", "period", "dimension", "member"),
    "report_indicators": (*COMMON_KEY, "indicator_id"),
    "release": COMMON_KEY,
}


def describe_table(table: Table, model: Model | None, *, audited: bool) -> dict[str, Any]:
    """Describe a published table as a data set; `audited` ones are certified."""
    certification = {"certification": AUDITED} if audited else None
    return {
        "table_name": table.name,
        "main_dttm_col": None,
        "description": f"{table.title}: {model.description.strip()}" if model else table.title,
        "offset": 0,
        "cache_timeout": None,
        "schema": SCHEMA,
        "sql": None,
        "params": None,
        "template_params": None,
        "filter_select_enabled": True,
        "fetch_values_predicate": None,
        "extra": certification,
        "uuid": f"datasets/{table.name}",
        "metrics": [
            {
                "metric_name": name,
                "verbose_name": title,
                "metric_type": None,
                "expression": expression,
                "description": description,
                "d3format": None,
                "extra": certification,
                "warning_text": None,
            }
            for name, title, expression, description in _metrics(table, model)
        ],
        "columns": [
            _column(name, title, kind, _description(model, name))
            for name, (kind, title) in table.columns.items()
        ],
        "version": "1.0.0",
        "database_uuid": "database",
    }


def describe_join(
    name: str, asset: Mapping[str, Any], tables: Mapping[str, Table]
) -> dict[str, Any]:
    """Describe a join of published tables as a data set, as its asset says it."""
    added = asset.get("added", {})
    selected = [
        (source, column) for source, columns in asset["columns"].items() for column in columns
    ]
    columns = {column: tables[source].columns[column] for source, column in selected}
    columns |= {column: ("bigint", entry["title"]) for column, entry in added.items()}
    terms = [f"{source}.{column}" for source, column in selected]
    terms += [f"{entry['sql']} as {column}" for column, entry in added.items()]
    first, *others = asset["columns"]
    joins = (f" join {SCHEMA}.{other} using ({', '.join(JOINED_BY[other])})" for other in others)
    table = replace(NO_RELEASE, name=name, title=asset["table_name"], columns=columns)
    dataset = describe_table(table, None, audited=True)
    dataset["columns"] += [
        _column(column, entry["title"], "character varying", None) | {"expression": entry["sql"]}
        for column, entry in asset["computed"].items()
    ]
    return dataset | {
        "table_name": asset["table_name"],
        "sql": f"select {', '.join(terms)} from {SCHEMA}.{first}{''.join(joins)}",
    }


def _column(name: str, title: str, kind: str, description: str | None) -> dict[str, Any]:
    written = TYPES.get(kind, kind.upper())
    return {
        "column_name": name,
        "verbose_name": title,
        "is_dttm": written in TEMPORAL,
        "is_active": True,
        "type": written,
        "groupby": not written.startswith("NUMERIC"),
        "filterable": True,
        "expression": None,
        "description": description,
        "python_date_format": None,
        "extra": None,
    }


def _description(model: Model | None, column: str) -> str | None:
    """Give the definition of an indicator's column, else what its YAML says."""
    if model is None or column not in model.columns:
        return None
    indicator = model.column_meta(column).get("indicator", {})
    return indicator.get("definition_zh") or model.columns[column].get("description")


def _metrics(table: Table, model: Model | None) -> Iterator[Metric]:
    """List what can be counted, and of a mart what may be added up: sums first, divided last."""
    yield ROWS
    if {"state", "judgement"} <= table.columns.keys():
        for name, title, condition in COUNTED:
            yield name, title, f"sum(case when {condition} then 1 else 0 end)", None
    for column in model.columns if model else ():
        assert model
        indicator = model.column_meta(column).get("indicator")
        if indicator and (expression := _aggregate(model, column, indicator)):
            yield (
                f"{column}_of_year",
                f"{indicator['title_zh']}(本年)",
                expression,
                f"{indicator['definition_zh']}只取评价年度当年;无数的区县不计入。",
            )


def _aggregate(model: Model, column: str, indicator: Mapping[str, Any]) -> str | None:
    """Write the SQL of an indicator over several districts; None where it cannot be added up."""
    own = f"dimension = '{indicator['dimension']}' and year = {YEAR}"
    if indicator["formula"] in ("sum", "count"):
        return f"sum(case when {own} then {column} end)"
    parts = [indicator.get(role, {}).get("measure") for role in ("numerator", "denominator")]
    if indicator["formula"] in ("ratio", "share_meeting") and set(parts) <= model.columns.keys():
        whole = " and ".join([own, *(f"{part} is not null" for part in parts)])
        upper, lower = (f"sum(case when {whole} then {part} end)" for part in parts)
        return f"{indicator['multiplier']} * {upper} / nullif({lower}, 0)"
    return None
