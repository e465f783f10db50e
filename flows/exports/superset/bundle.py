"""Write superset.zip: the published tables as Superset's data sets, with one dashboard of them.

It is imported with `superset import-dashboards`, over the tables that `ziping publish` writes to
PostgreSQL. The ids follow from district and name alone, so that the bundle of a later release
meets what an earlier one left; the database's address is a placeholder that its reader sets once.
"""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import yaml

from flows.common.files import write_durably
from flows.common.labels import WORDS
from flows.exports.postgres.tables import NO_RELEASE, describe_tables
from flows.exports.superset.datasets import describe_join, describe_table
from flows.releases.tables import ReleaseTables, Row
from flows.warehouse.models import marts, report_tables, standards

BUNDLE = "superset.zip"
ASSETS = Path(__file__).parent / "assets"
IDS = ("uuid", "database_uuid", "dataset_uuid", "datasetUuid")
STATES = ("actual", "provisional", "partial", "missing", "not_applicable", "suppressed", "withheld")
STATE_IN_WORDS = (
    "case state " + " ".join(f"when '{state}' then '{WORDS[state]}'" for state in STATES) + " end"
)


def write_superset(tables: ReleaseTables, manifest: Row, folder: Path) -> None:
    """Write the bundle of a release."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:  # stored: the same bytes whatever the zlib
        for name, content in _parts(tables, manifest):
            text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=1000)
            bundle.writestr(zipfile.ZipInfo(f"ziping/{name}.yaml"), text)
    write_durably(folder / BUNDLE, buffer.getvalue())


def _parts(tables: ReleaseTables, manifest: Row) -> Iterator[tuple[str, dict[str, Any]]]:
    """Go through the parts of the bundle, each with its name in it."""
    district = manifest["district_code"]
    sample = "(样例数据)" if manifest["is_sample"] else ""
    words = {
        "${title}": f"{manifest['district_title']}教育职责自评{sample}",
        "${district}": district,
        "${state_in_words}": STATE_IN_WORDS,
    }

    def fill(content: Any, key: str = "") -> Any:
        """Put words and ids of the release into an asset; an id is written there as a name."""
        if isinstance(content, dict):
            return {name: fill(inner, name) for name, inner in content.items()}
        if isinstance(content, list):
            return [fill(inner) for inner in content]
        if key in IDS:
            return str(uuid5(NAMESPACE_URL, f"ziping/{district}/{content}"))
        for word, text in words.items() if isinstance(content, str) else ():
            content = content.replace(word, text)
        return content

    # Of no type: then the same file is taken by the import of data sets and of charts, too.
    yield "metadata", {"version": "1.0.0"}
    yield "databases/ziping", fill(_read_asset("databases/ziping"))
    models = {model.name: model for model in (*report_tables(), standards(), *marts())}
    audited = {model.name for model in report_tables()}
    described = {table.name: table for table in [*describe_tables(tables, manifest), NO_RELEASE]}
    for name, table in described.items():
        dataset = describe_table(table, models.get(name), audited=name in audited)
        yield f"datasets/ziping/{name}", fill(dataset)
    for name in ("figures", "values"):
        dataset = describe_join(name, _read_asset(f"datasets/{name}"), described)
        yield f"datasets/ziping/{name}", fill(dataset)
    # The numbers of the charts on the dashboard follow this order.
    for name in ("by_state", "by_judgement", "margins", "figures", "sums_by_year",
                 "ratios_by_year"):  # fmt: skip
        yield f"charts/{name}", fill(_read_asset(f"charts/{name}"))
    yield "dashboards/report", fill(_read_asset("dashboards/report"))


def _read_asset(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ASSETS / f"{name}.yaml").read_text("utf-8"))
    return content
