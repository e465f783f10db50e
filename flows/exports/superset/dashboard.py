"""The dashboard of superset.zip: the figures in report order, by state, judgement and year."""

from collections.abc import Mapping
from typing import Any

from flows.exports.postgres.tables import YEAR
from flows.exports.superset.datasets import FIGURES, VALUES, Identity, Joined


def _where(sql: str) -> dict[str, Any]:
    return {"clause": "WHERE", "expressionType": "SQL", "sqlExpression": sql}


def _metric(sql: str, label: str) -> dict[str, Any]:
    return {
        "expressionType": "SQL",
        "sqlExpression": sql,
        "label": label,
        "hasCustomLabel": True,
        "optionName": f"metric_{label}",
    }


def _by_year(formula: str) -> dict[str, Any]:
    """Show what is measured in money for several years, by the formula of its indicator."""
    return {
        "viz_type": "echarts_timeseries_bar",
        "x_axis": "period",
        "groupby": ["series"],
        "metrics": [_metric("max(value)", "数值")],
        "adhoc_filters": [
            _where(f"formula = '{formula}' and value_type = 'money' and value is not null"),
            _where("period_kind = 'calendar_year' and periods > 1"),
        ],
        "row_limit": 1000,
        "show_legend": True,
        "legendOrientation": "right",
        "y_axis_format": ",.0f",
        "rich_tooltip": True,
        "x_axis_sort_asc": True,
    }


def _counted(column: str, kind: str) -> dict[str, Any]:
    return {
        "viz_type": kind,
        "groupby": [column],
        "metric": "count",
        "adhoc_filters": [],
        "row_limit": 100,
        "sort_by_metric": True,
        "show_labels": True,
        "label_type": "key_value",
        "number_format": ",d",
        "donut": True,
        "show_legend": True,
    }


# Name: title, data set, width of twelve, height, what is shown.
CHARTS: Mapping[str, tuple[str, Joined, int, int, Mapping[str, Any]]] = {
    "by_state": ("按状态", FIGURES, 3, 40, _counted("state_zh", "pie")),
    "by_judgement": ("按判定", FIGURES, 3, 40, _counted("judgement", "pie")),
    "margins": (
        "距标准(占标准的百分比)", FIGURES, 6, 40,
        {
            "viz_type": "echarts_timeseries_bar",
            "orientation": "horizontal",
            "x_axis": "label",
            "groupby": ["judgement"],
            "metrics": [
                _metric("100 * max(margin) / nullif(abs(max(standard_value)), 0)", "距标准 %")
            ],
            "adhoc_filters": [_where("margin is not null and standard_value <> 0")],
            "row_limit": 1000,
            "stack": "Stack",
            "show_value": True,
            "y_axis_format": ",.1f",
            "show_legend": True,
        },
    ),
    "figures": (
        "报告数字一览", FIGURES, 12, 90,
        {
            "viz_type": "table",
            "query_mode": "raw",
            "all_columns": [
                "place", "number", "title", "text", "state_zh", "judgement", "standard_value",
                "margin", "unit", "population", "reason",
            ],
            "order_by_cols": ['["order_no", true]', '["part", true]'],
            "adhoc_filters": [],
            "row_limit": 1000,
            "include_search": True,
            "show_cell_bars": False,
            "page_length": 0,
            "column_config": {
                "standard_value": {"d3NumberFormat": ",.2f"}, "margin": {"d3NumberFormat": ",.2f"},
            },
        },
    ),
    "sums_by_year": ("总额分年度(元)", VALUES, 6, 50, _by_year("sum")),
    "ratios_by_year": ("生均分年度(元)", VALUES, 6, 50, _by_year("ratio")),
}  # fmt: skip
ROWS = (("by_state", "by_judgement", "margins"), ("figures",), ("sums_by_year", "ratios_by_year"))


def charts_of(identity: Identity) -> dict[str, dict[str, Any]]:
    """Make the charts by their names."""
    return {
        name: {
            "slice_name": title,
            "description": None,
            "certified_by": None,
            "certification_details": None,
            "viz_type": shown["viz_type"],
            "params": dict(shown),
            "query_context": None,
            "cache_timeout": None,
            "uuid": identity(f"charts/{name}"),
            "version": "1.0.0",
            "dataset_uuid": identity(f"datasets/{dataset.name}"),
        }
        for name, (title, dataset, _, _, shown) in CHARTS.items()
    }


def _filter(name: str, column: str, identity: Identity) -> dict[str, Any]:
    """Let the reader choose one of a column's values; the first is chosen until then."""
    return {
        "id": f"NATIVE_FILTER-{column}",
        "type": "NATIVE_FILTER",
        "filterType": "filter_select",
        "name": name,
        "description": "",
        "targets": [
            {"datasetUuid": identity(f"datasets/{FIGURES.name}"), "column": {"name": column}}
        ],
        "controlValues": {
            "defaultToFirstItem": True,
            "enableEmptyFilter": True,
            "multiSelect": False,
            "searchAllOptions": False,
            "inverseSelection": False,
            "sortAscending": False,
        },
        "defaultDataMask": {"extraFormData": {}, "filterState": {}, "ownState": {}},
        "cascadeParentIds": [],
        "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
    }


def _position(title: str, charts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    rows = [f"ROW-{number}" for number, _ in enumerate(ROWS, 1)]
    position: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"id": "ROOT_ID", "type": "ROOT", "children": ["GRID_ID"]},
        "GRID_ID": {"id": "GRID_ID", "type": "GRID", "children": rows, "parents": ["ROOT_ID"]},
        "HEADER_ID": {"id": "HEADER_ID", "type": "HEADER", "meta": {"text": title}},
    }
    for row, names in zip(rows, ROWS, strict=True):
        position[row] = {
            "id": row,
            "type": "ROW",
            "children": [f"CHART-{name}" for name in names],
            "parents": ["ROOT_ID", "GRID_ID"],
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        }
        for name in names:
            _, _, width, height, _ = CHARTS[name]
            position[f"CHART-{name}"] = {
                "id": f"CHART-{name}",
                "type": "CHART",
                "children": [],
                "parents": ["ROOT_ID", "GRID_ID", row],
                "meta": {
                    "chartId": list(CHARTS).index(name) + 1,
                    "uuid": charts[name]["uuid"],
                    "sliceName": charts[name]["slice_name"],
                    "width": width,
                    "height": height,
                },
            }
    return position


def dashboard_of(
    title: str, slug: str, charts: Mapping[str, Mapping[str, Any]], identity: Identity
) -> dict[str, Any]:
    """Make the dashboard; its reader chooses the evaluation year and the district."""
    return {
        "dashboard_title": title,
        "description": "报告数字按章节顺序,连同状态、判定、标准和分年度;数据由 ziping publish 写入",
        "css": "",
        "slug": slug,
        "uuid": identity("dashboard"),
        "position": _position(title, charts),
        "metadata": {
            "color_scheme": "supersetColors",
            "cross_filters_enabled": True,
            "native_filter_configuration": [
                _filter("评价年度", YEAR, identity), _filter("区县", "district_code", identity),
            ],
            "label_colors": {
                "达标": "#3A9D5D", "未达标": "#D0454C", "无法判定": "#E0A030", "不适用": "#B2B2B2",
                "无标准": "#8FA3B8",
            },
        },
        "certified_by": None,
        "certification_details": None,
        "published": True,
        "version": "1.0.0",
    }  # fmt: skip
