"""Write models.html: dbt's documentation of the models as one static file.

The page is that of `dbt docs generate --static`, put together here from the manifest of tonight's
build: the command would overwrite it, and embeds times, ids of the run and paths of the machine.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flows.common.files import write_durably
from flows.warehouse.build import open_warehouse

MODEL_DOCS = "models.html"
# Whatever the page's scripts may want, the browser asks nobody.
POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
    "font-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'\"/>"
)
SHELL_ICON = '<link rel="shortcut icon" href="${require(\'./assets/favicons/favicon.ico\')}"/>'
# What the page shows; everything else, among it paths, times and the environment, stays out.
KEPT = (
    "access", "alias", "attached_node", "block_contents", "column_name", "columns", "constraints",
    "contract", "database", "depends_on", "description", "docs", "fqn", "identifier", "language",
    "macro_sql", "meta", "name", "original_file_path", "package_name", "path", "raw_code", "refs",
    "relation_name", "resource_type", "schema", "source_description", "source_name", "sources",
    "tags", "test_metadata", "unique_id",
)  # fmt: skip
KEPT_OF_CONFIG = ("enabled", "materialized", "meta", "tags", "column_types")
PARTS = ("nodes", "sources", "macros", "docs")
EMPTY = ("exposures", "metrics", "groups", "selectors", "semantic_models", "saved_queries",
         "unit_tests", "functions")  # fmt: skip


def write_model_docs(folder: Path, build: Path, target: Path) -> None:
    """Write the page into the folder of a release, from the build and dbt's folder of it."""
    from dbt.task.docs import DOCS_INDEX_FILE_PATH

    manifest = _own_manifest(json.loads((target / "manifest.json").read_text("utf-8")))
    page = Path(DOCS_INDEX_FILE_PATH).read_text("utf-8").replace(SHELL_ICON, "", 1)
    page = page.replace("<head>", f"<head>{POLICY}", 1)
    page = page.replace("<title>dbt Docs</title>", "<title>自评 · 模型说明</title>", 1)
    page = page.replace('"MANIFEST.JSON INLINE DATA"', _inline(manifest), 1)
    page = page.replace('"CATALOG.JSON INLINE DATA"', _inline(_catalog(build, manifest)), 1)
    write_durably(folder / MODEL_DOCS, page.encode())


def _inline(content: Mapping[str, Any]) -> str:
    """Write JSON so that it may stand in a script: no text in it can end that."""
    return json.dumps(content, ensure_ascii=False).replace("<", "\\u003c")


def _own_manifest(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what is the project's own and shown, in the order of the ids."""
    own: dict[str, Any] = {
        part: {name: _entry(one) for name, one in sorted(manifest[part].items()) if _is_own(one)}
        for part in PARTS
    }
    for links in ("parent_map", "child_map"):
        own[links] = {
            name: sorted(one for one in others if not one.startswith("unit_test."))
            for name, others in sorted(manifest[links].items())
            if not name.startswith("unit_test.")
        }
    # The page begins with the overview of this id; that of the project stands in its place.
    own["docs"] = {"doc.dbt.__overview__": own["docs"]["doc.ziping.__overview__"]}
    metadata = {"project_name": "ziping", "adapter_type": manifest["metadata"]["adapter_type"]}
    metadata |= {"send_anonymous_usage_stats": False}
    return own | {part: {} for part in EMPTY} | {"disabled": {}, "metadata": metadata}


def _is_own(entry: Mapping[str, Any]) -> bool:
    return bool(entry["package_name"] == "ziping")


def _entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: entry[name] for name in KEPT if name in entry}
    if "depends_on" in kept:
        own = [name for name in kept["depends_on"]["macros"] if name.startswith("macro.ziping.")]
        nodes = sorted(kept["depends_on"].get("nodes", ()))
        kept["depends_on"] = {**kept["depends_on"], "macros": sorted(own), "nodes": nodes}
    for links in {"refs", "sources"} & kept.keys():  # dbt's parser gives them in a set's order
        kept[links] = sorted(kept[links], key=json.dumps)
    if "config" in entry:
        kept["config"] = {k: v for k, v in entry["config"].items() if k in KEPT_OF_CONFIG}
    return kept


def _catalog(build: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """List the columns that the relations have, by the ids of the manifest."""
    with open_warehouse(build) as connection:
        found = connection.execute(
            "select schema_name, table_name, column_name, data_type, column_index "
            "from duckdb_columns() where not internal order by all"
        ).fetchall()
    columns: dict[tuple[str, str], dict[str, Any]] = {}
    for schema, table, name, data_type, index in found:
        column = {"name": name, "type": data_type, "index": index, "comment": None}
        columns.setdefault((schema, table), {})[name] = column
    catalog: dict[str, Any] = {"metadata": {}, "errors": None}
    for part in ("nodes", "sources"):
        catalog[part] = {}
        for name, one in manifest[part].items():
            relation = (one["schema"], one.get("identifier") or one["alias"])
            if relation in columns:
                kind = {"type": one.get("config", {}).get("materialized", "table"),
                        "schema": relation[0], "name": relation[1], "database": one["database"],
                        "comment": None, "owner": None}  # fmt: skip
                catalog[part][name] = {"unique_id": name, "metadata": kind, "stats": {},
                                       "columns": columns[relation]}  # fmt: skip
    return catalog
