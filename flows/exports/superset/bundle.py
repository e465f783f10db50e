"""Write superset.zip: the published tables as Superset's data sets, with one dashboard of them.

It is imported with `superset import-dashboards`, over the tables that `ziping publish` writes to
PostgreSQL. The ids follow from district and name alone, so that the bundle of a later release
meets what an earlier one left; the database's address is a placeholder that its reader sets once.
"""

import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import yaml

from flows.common.files import write_durably
from flows.exports.postgres.tables import NO_RELEASE, read_tables
from flows.exports.superset.dashboard import charts_of, dashboard_of
from flows.exports.superset.datasets import JOINED, Identity, dataset_of
from flows.warehouse.models import marts, report_tables, standards

BUNDLE = "superset.zip"
ADDRESS = "postgresql+psycopg2://reader@postgres.example/ziping"


def write_superset(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the bundle of the release whose tables stand in a folder."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:  # stored: the same bytes whatever the zlib
        for name, content in _files(folder, manifest):
            text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=1000)
            bundle.writestr(zipfile.ZipInfo(f"ziping/{name}.yaml"), text)
    write_durably(folder / BUNDLE, buffer.getvalue())


def _files(folder: Path, manifest: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    district = manifest["district_code"]

    def identity(name: str) -> str:
        return str(uuid5(NAMESPACE_URL, f"ziping/{district}/{name}"))

    sample = "(样例数据)" if manifest["is_sample"] else ""
    title = f"{manifest['district_title']}教育职责自评{sample}"
    models = {model.name: model for model in (*report_tables(), standards(), *marts())}
    # Of no type: then the same file is taken by the import of data sets and of charts, too.
    yield "metadata", {"version": "1.0.0"}
    yield "databases/ziping", _database(title, identity)
    tables = [*read_tables(folder, manifest["evaluation_year"], district), NO_RELEASE]
    described = {table.name: table for table in tables}
    for name, table in described.items():
        audited = name in {model.name for model in report_tables()}
        yield (
            f"datasets/ziping/{name}",
            dataset_of(table, models.get(name), identity, audited=audited),
        )
    for joined in JOINED:
        table = joined.table(described)
        yield (
            f"datasets/ziping/{table.name}",
            dataset_of(table, None, identity, joined, audited=True),
        )
    charts = charts_of(identity)
    for name, chart in charts.items():
        yield f"charts/{name}", chart
    yield "dashboards/report", dashboard_of(title, f"ziping-{district}", charts, identity)


def _database(title: str, identity: Identity) -> dict[str, Any]:
    return {
        "database_name": title,
        "sqlalchemy_uri": ADDRESS,
        "cache_timeout": None,
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_csv_upload": False,
        "extra": {"allows_virtual_table_explore": True},
        "uuid": identity("database"),
        "version": "1.0.0",
    }
