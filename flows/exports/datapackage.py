"""Write datapackage.json: each file of a release with size and hash, each table with its schema."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from flows.common.files import hash_file, write_json
from flows.releases.release import MANIFEST, SUMS
from flows.releases.tables import ReleaseTables, Row
from flows.warehouse.models import Model, marts, report_tables, standards

DATAPACKAGE = "datapackage.json"
# Of the published tables: a column more is a minor change, anything else a major one.
DATASET_VERSION = "1.0.0"
NOT_LISTED = (DATAPACKAGE, SUMS)
MEDIA_TYPES = {
    "csv": "text/csv",
    "duckdb": "application/octet-stream",
    "html": "text/html",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "zip": "application/zip",
}
# What frictionless takes unsaid, for whoever reads the CSV by other means.
DIALECT = {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True,
           "skipInitialSpace": False, "header": True}  # fmt: skip
FIELD_TYPES = {"string": "string", "int": "integer", "bigint": "integer", "date": "date",
               "boolean": "boolean"}  # fmt: skip


def write_datapackage(_tables: ReleaseTables, manifest: Row, folder: Path) -> None:
    """Describe the files that stand in the folder of a release; written last before its sums."""
    models = {model.name: model for model in (*report_tables(), *marts(), standards())}
    write_json(folder / DATAPACKAGE, {
        "name": f"ziping-{manifest['district_code']}-{manifest['evaluation_year']}",
        "title": manifest["title"],
        "description": _description(manifest),
        "version": DATASET_VERSION,
        "dataset_version": DATASET_VERSION,
        "release": manifest["release"],
        "licenses": [{
            "name": "other-closed",
            "title": "未附开放许可：按政府信息公开的规定使用；各数字是否公开以 publish 列为准",
        }],
        "sources": [{"title": title} for title in _sources(manifest)],
        "resources": [_resource(folder, path, models) for path in _files(folder)],
    })  # fmt: skip


def _description(manifest: Row) -> str:
    sample = "样例数据：全部内容均为虚构。" if manifest["is_sample"] else ""
    return (
        f"{sample}{manifest['district_title']}{manifest['evaluation_year']}年教育职责自评的指标、"
        "定义、依据和标准。金额以元计，人数以人计，百分比以百分点计；空值为空字符串。"
    )


def _sources(manifest: Row) -> list[str]:
    return sorted(
        {
            f"{delivery['title']} {delivery['source']}（{delivery['owner_office']}）"
            for delivery in manifest["deliveries"]
        }
    )


def _files(folder: Path) -> Iterator[str]:
    """List what readers are given; `internal/` is closed to them."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith("internal/") and name not in NOT_LISTED:
            yield name


def _resource(folder: Path, name: str, models: Mapping[str, Model]) -> dict[str, Any]:
    path = folder / name
    ending = path.suffix.removeprefix(".")
    described: dict[str, Any] = {
        "name": name.lower(),
        "path": name,
        "type": "table" if ending == "csv" else "file",
        "format": ending,
        "mediatype": MEDIA_TYPES.get(ending, "application/octet-stream"),
    }
    if name == MANIFEST:  # it holds the hash of this file, so this one cannot hold its hash
        return described | {"description": "How the release was made; its hash is in SHA256SUMS."}
    described |= {"bytes": path.stat().st_size, "hash": f"sha256:{hash_file(path)}"}
    if ending == "csv":
        described |= {"encoding": "utf-8", "dialect": DIALECT}
    if ending in ("csv", "parquet") and (model := models.get(path.stem)):
        described |= {
            "title": model.meta["title_zh"],
            "description": model.description.strip(),
            "schema": _schema(model, ending),
        }
    return described


def _schema(model: Model, ending: str) -> dict[str, Any]:
    """Give a table's schema as the YAML beside its model says it."""
    schema: dict[str, Any] = {"fields": [_field(model, name) for name in model.columns]}
    if model.key:
        schema["primaryKey"] = list(model.key)
    if references := model.meta.get("references"):
        schema["foreignKeys"] = [
            {"fields": columns, "reference": {"resource": f"{table}.{ending}", "fields": columns}}
            for table, columns in references.items()
        ]
    return schema


def _field(model: Model, name: str) -> dict[str, Any]:
    column = model.columns[name]
    constraints: dict[str, Any] = {}
    if any(rule["type"] == "not_null" for rule in column.get("constraints", ())):
        constraints["required"] = True
    if values := model.column_meta(name).get("values"):
        constraints["enum"] = values
    field = {
        "name": name,
        "type": FIELD_TYPES.get(column["data_type"], "number"),
        "title": model.title(name),
        "description": column.get("description", ""),
    }
    return field | ({"constraints": constraints} if constraints else {})
