"""Tests of superset.zip: whole, the same again, and every expression of it runs in PostgreSQL."""

import re
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import yaml
from editions import asked
from nights import current

from flows.common.settings import Workspace
from flows.exports.postgres.publish import Target, publish_release
from flows.exports.postgres.tables import tables_of_release
from flows.exports.superset.bundle import BUNDLE, write_superset
from flows.releases.release import Release, rows_of
from flows.releases.tables import ReleaseTables
from flows.warehouse.models import marts, report_tables

HAN = re.compile(r"[\u4e00-\u9fff]")
Bundle = Mapping[str, dict[str, Any]]


@pytest.fixture(scope="module")
def release(first_night: Workspace) -> Release:
    return current(first_night)


@pytest.fixture(scope="module")
def bundle(release: Release) -> Bundle:
    with zipfile.ZipFile(release.folder / BUNDLE) as archive:
        return {
            name.removeprefix("ziping/"): yaml.safe_load(archive.read(name))
            for name in archive.namelist()
        }


def parts(bundle: Bundle, kind: str) -> list[dict[str, Any]]:
    """List the parts of one kind: databases, datasets, charts, dashboards."""
    return [content for name, content in bundle.items() if name.startswith(f"{kind}/")]


def relation(dataset: Mapping[str, Any]) -> str:
    """Write what a data set selects from, as Superset does."""
    name = f"{dataset['schema']}.{dataset['table_name']}"
    return f"({dataset['sql']}) as joined" if dataset["sql"] else name


def expression(dataset: Mapping[str, Any], column: str) -> str:
    """Write a column of a data set, or what it is worked out from."""
    found = next(one for one in dataset["columns"] if one["column_name"] == column)
    return str(found["expression"] or column)


def test_the_same_tables_give_the_same_bytes_wherever_and_whenever(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copytree(release.folder, tmp_path / "elsewhere")
    written = tmp_path / "elsewhere" / BUNDLE
    written.unlink()
    monkeypatch.setenv("TZ", "America/Lima")
    monkeypatch.setattr(time, "time", lambda: 4102444800.0)
    time.tzset()
    try:
        tables = ReleaseTables.load(written.parent)
        write_superset(tables, release.manifest, written.parent)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert written.read_bytes() == (release.folder / BUNDLE).read_bytes()


def test_the_ids_stay_from_release_to_release_and_differ_from_district_to_district(
    release: Release, tmp_path: Path
) -> None:
    ids = []
    for district, name in (("519900", "00001"), ("519900", "00002"), ("510104", "00001")):
        folder = tmp_path / f"{district}-{name}"
        copytree(release.folder, folder)
        manifest = {**release.manifest, "district_code": district, "release": name}
        write_superset(ReleaseTables.load(folder), manifest, folder)
        with zipfile.ZipFile(folder / BUNDLE) as archive:
            texts = [archive.read(one).decode() for one in archive.namelist()]
        ids.append(
            {found for text in texts for found in re.findall(r"uuid: '?([0-9a-f-]{36})", text)}
        )
    assert ids[0] == ids[1]
    assert len(ids[0]) > 20
    assert not ids[0] & ids[2]


def test_every_reference_leads_to_a_part_of_the_bundle(bundle: Bundle) -> None:
    assert bundle["metadata.yaml"] == {"version": "1.0.0"}
    kinds = ("databases", "datasets", "charts", "dashboards")
    ids = {kind: {part["uuid"] for part in parts(bundle, kind)} for kind in kinds}
    assert sum(map(len, ids.values())) == len(set().union(*ids.values())) == len(bundle) - 1
    assert {part["database_uuid"] for part in parts(bundle, "datasets")} == ids["databases"]
    assert {part["dataset_uuid"] for part in parts(bundle, "charts")} <= ids["datasets"]
    (dashboard,) = parts(bundle, "dashboards")
    placed = [one for one in dashboard["position"].values() if isinstance(one, dict)]
    shown = [one["meta"] for one in placed if one["type"] == "CHART"]
    assert {one["uuid"] for one in shown} == ids["charts"]
    assert len({one["chartId"] for one in shown}) == len(shown)
    held = {child for one in placed for child in one.get("children", ())}
    assert held == {one["id"] for one in placed} - {"ROOT_ID", "HEADER_ID"}
    for one in placed:
        if one["type"] == "ROW":
            widths = [dashboard["position"][child]["meta"]["width"] for child in one["children"]]
            assert sum(widths) == 12
    for choice in dashboard["metadata"]["native_filter_configuration"]:
        assert choice["targets"][0]["datasetUuid"] in ids["datasets"]
    assert "样例数据" in dashboard["dashboard_title"]


def test_no_password_and_no_real_host_stands_in_it(bundle: Bundle) -> None:
    (database,) = parts(bundle, "databases")
    assert database["sqlalchemy_uri"] == "postgresql+psycopg2://reader@postgres.example/ziping"
    assert not {"password", "encrypted_extra", "ssh_tunnel"} & database.keys()
    assert not database["allow_dml"]


def test_every_published_table_is_a_titled_data_set(bundle: Bundle, release: Release) -> None:
    found = {part["table_name"]: part for part in parts(bundle, "datasets") if not part["sql"]}
    tables = {table.name: table for table in tables_of_release(release)}
    assert found.keys() == tables.keys()
    for name, dataset in found.items():
        columns = {column["column_name"]: column["verbose_name"] for column in dataset["columns"]}
        assert columns == {one: title for one, (_, title) in tables[name].columns.items()}
    for dataset in parts(bundle, "datasets"):
        titled = [*dataset["columns"], *dataset["metrics"]]
        assert [one for one in titled if not HAN.search(one["verbose_name"])] == []
        certified = dataset["extra"] is not None
        assert certified == (dataset["table_name"].startswith("report_") or bool(dataset["sql"]))
    (funds,) = (column for column in found["mart_education_funds"]["columns"]
                if column["column_name"] == "funds_yuan")  # fmt: skip
    assert "教育费附加" in funds["description"]


def test_states_are_told_in_words_for_every_state(bundle: Bundle) -> None:
    (values,) = (model for model in report_tables() if model.name == "report_values")
    for name in ("figures", "values"):
        told = expression(bundle[f"datasets/ziping/{name}.yaml"], "state_zh")
        named = re.findall(r"when '(\w+)' then '([^']+)'", told)
        assert [state for state, _ in named] == values.column_meta("state")["values"]
        assert all(HAN.search(word) for _, word in named)


def test_every_column_metric_and_chart_can_be_asked_for(
    bundle: Bundle, release: Release, address: str
) -> None:
    publish_release(release, Target(address))
    datasets = {part["uuid"]: part for part in parts(bundle, "datasets")}
    for dataset in datasets.values():
        names = [column["column_name"] for column in dataset["columns"]]
        columns = ", ".join(expression(dataset, name) for name in names)
        metrics = ", ".join(metric["expression"] for metric in dataset["metrics"])
        rows = asked(address, f"select {columns} from {relation(dataset)}")
        assert rows
        assert asked(address, f"select {metrics} from {relation(dataset)}")[0][0] == len(rows)
    shown = {}
    for name, chart in ((name, one) for name, one in bundle.items() if name.startswith("charts/")):
        dataset, params = datasets[chart["dataset_uuid"]], chart["params"]
        groups = [params.get("x_axis"), *params.get("groupby", ()), *params.get("all_columns", ())]
        columns = [expression(dataset, group) for group in groups if group]
        metrics = [params["metric"]] if "metric" in params else params.get("metrics", [])
        measures = [
            metric["sqlExpression"]
            if isinstance(metric, dict)
            else next(m["expression"] for m in dataset["metrics"] if m["metric_name"] == metric)
            for metric in metrics
        ]
        where = " and ".join(
            ["true", *(filter["sqlExpression"] for filter in params["adhoc_filters"])]
        )
        grouped = f"group by {', '.join(columns)}" if measures else ""
        query = f"select {', '.join([*columns, *measures])} from {relation(dataset)} where {where}"
        shown[name] = asked(address, f"{query} {grouped}")
    figures = rows_of(release.folder / "report_figures.parquet")
    assert len(shown["charts/figures.yaml"]) == len(figures)
    for name in ("by_state", "by_judgement"):
        assert sum(row[-1] for row in shown[f"charts/{name}.yaml"]) == len(figures)
    assert {row[0] for row in shown["charts/sums_by_year.yaml"]} == {"2022", "2023"}
    assert len(shown["charts/ratios_by_year.yaml"]) > 6
    assert all(row[-1] is not None for row in shown["charts/margins.yaml"])
    assert len(shown["charts/margins.yaml"]) > 5


def test_a_metric_over_one_member_is_the_published_value(
    bundle: Bundle, release: Release, address: str
) -> None:
    publish_release(release, Target(address))
    values = {
        (row["indicator_id"], row["member"]): row["value"]
        for row in rows_of(release.folder / "report_values.parquet")
        if row["period"].startswith("2023") or row["period"].endswith("2023-12")
    }
    compared = 0
    for model in (mart for mart in marts() if mart.meta.get("grain") != "school"):
        dataset = bundle[f"datasets/ziping/{model.name}.yaml"]
        for metric in dataset["metrics"][1:]:
            column = metric["metric_name"].removesuffix("_of_year")
            indicator = model.column_meta(column)["indicator"]["id"]
            measure = f"round({metric['expression']}, 10)"
            for member, found in asked(
                address, f"select member, {measure} from {relation(dataset)} group by 1"
            ):
                if found is not None and (indicator, member) in values:
                    assert found == values[indicator, member], (indicator, member)
                    compared += 1
    assert compared >= 20


def test_every_part_has_what_supersets_importer_reads_unasked(bundle: Bundle) -> None:
    """Without these the importer of Superset 6.1 raises."""
    demanded = {
        "databases": {"database_name", "sqlalchemy_uri", "extra", "uuid", "version"},
        "datasets": {"table_name", "schema", "columns", "metrics", "uuid", "version"},
        "charts": {"slice_name", "viz_type", "params", "uuid", "version"},
        "dashboards": {"dashboard_title", "position", "metadata", "uuid", "version"},
    }
    for kind, keys in demanded.items():
        for part in parts(bundle, kind):
            assert keys <= part.keys()
            assert part["version"] == "1.0.0"
    for one in (metric for part in parts(bundle, "datasets") for metric in part["metrics"]):
        assert one["metric_name"]
        assert one["expression"]
