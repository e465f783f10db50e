"""The data sets of superset.zip: published tables and joins of them, titled, with metrics."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flows.common.labels import WORDS
from flows.exports.postgres.tables import OF_ALL, YEAR, Table
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
Identity = Callable[[str], str]  # of a name: its id
Columns = Mapping[str, tuple[str, str]]  # by name: its title and its SQL
STATES = ("actual", "provisional", "partial", "missing", "not_applicable", "suppressed", "withheld")
VALUE_KEY = (YEAR, "district_code", "indicator_id", "period", "dimension", "member")
USING = {
    "report_values": VALUE_KEY,
    "report_indicators": (*OF_ALL, "indicator_id"),
    "release": OF_ALL,
}
STATE_IN_WORDS = (
    "case state " + " ".join(f"when '{state}' then '{WORDS[state]}'" for state in STATES) + " end"
)
SERIES = "case when member = 'total' then '' else member || ' ' end || title_zh"


@dataclass(frozen=True)
class Joined:
    """A data set that joins published tables; `columns` says which of each, in their order.

    `added` stands in its query, `computed` is for Superset to work out.
    """

    name: str
    title: str
    columns: Mapping[str, tuple[str, ...]]
    computed: Columns
    added: Columns = field(default_factory=dict)

    def table(self, tables: Mapping[str, Table]) -> Table:
        """Describe its columns by the tables that they come from."""
        found = {
            column: tables[name].columns[column]
            for name, columns in self.columns.items()
            for column in columns
        }
        found |= {name: ("bigint", title) for name, (title, _) in self.added.items()}
        return Table(0, "", self.name, self.title, (), found, [])

    @property
    def sql(self) -> str:
        """Its query over the published tables."""
        columns = [
            f"{name}.{column}" for name, columns in self.columns.items() for column in columns
        ]
        columns += [f"{expression} as {name}" for name, (_, expression) in self.added.items()]
        first, *others = self.columns
        joins = (f" join {SCHEMA}.{name} using ({', '.join(USING[name])})" for name in others)
        return f"select {', '.join(columns)} from {SCHEMA}.{first}{''.join(joins)}"


OF_VALUES = ("state", "value", "value_text", "unit", "standard_value", "judgement", "margin",
             "reason", "missing_sources", "quarantined_rows")  # fmt: skip
OF_INDICATORS = ("title_zh", "value_type", "formula", "period_kind", "population", "owner_office",
                 "definition_zh", "basis")  # fmt: skip
IN_WORDS = {"state_zh": ("状态", STATE_IN_WORDS)}
FIGURES = Joined(
    "figures",
    "自评数字",
    {
        "report_figures": (*VALUE_KEY, "order_no", "figure_id", "part", "place", "title", "text"),
        "report_values": OF_VALUES,
        "report_indicators": OF_INDICATORS,
        "release": ("district_title",),
    },
    {
        **IN_WORDS,
        "number": ("图号", "figure_id || case when part > 1 then '.' || part else '' end"),
        "label": ("数字", "figure_id || ' ' || title"),
    },
)
VALUES = Joined(
    "values",
    "自评数值",
    {
        "report_values": (*VALUE_KEY, *OF_VALUES),
        "report_indicators": OF_INDICATORS,
        "release": ("district_title",),
    },
    {**IN_WORDS, "series": ("序列", SERIES)},
    {
        "periods": (
            "有数期数",
            "count(report_values.value) over (partition by report_values.evaluation_year, "
            "report_values.district_code, report_values.indicator_id, report_values.dimension, "
            "report_values.member)",
        )
    },
)
JOINED = (FIGURES, VALUES)


def dataset_of(
    table: Table,
    model: Model | None,
    identity: Identity,
    joined: Joined | None = None,
    *,
    audited: bool,
) -> dict[str, Any]:
    """Describe a table, or a join of tables, as a data set; `audited` ones are certified."""
    columns = [
        _column(name, title, kind, _description(model, name))
        for name, (kind, title) in table.columns.items()
    ]
    columns += [
        _column(name, title, "character varying", None) | {"expression": expression}
        for name, (title, expression) in (joined.computed if joined else {}).items()
    ]
    certification = {"certification": AUDITED} if audited else {}
    return {
        "table_name": table.title if joined else table.name,
        "main_dttm_col": None,
        "description": f"{table.title}: {model.description.strip()}" if model else table.title,
        "offset": 0,
        "cache_timeout": None,
        "schema": SCHEMA,
        "sql": joined.sql if joined else None,
        "params": None,
        "template_params": None,
        "filter_select_enabled": True,
        "fetch_values_predicate": None,
        "extra": certification or None,
        "uuid": identity(f"datasets/{table.name}"),
        "metrics": [
            {
                "metric_name": name,
                "verbose_name": title,
                "metric_type": None,
                "expression": expression,
                "description": description,
                "d3format": None,
                "extra": certification or None,
                "warning_text": None,
            }
            for name, title, expression, description in _metrics(table, model)
        ],
        "columns": columns,
        "version": "1.0.0",
        "database_uuid": identity("database"),
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
