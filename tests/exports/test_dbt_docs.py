"""The documentation of the models as one file: whole, the same again, and silent to the net."""

import json
import os
import re
import socket
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from districts import published
from nights import copy_of, current
from rendering import page_in_browser
from searching import ids_of_sample

from flows.common.settings import CHECKOUT, Workspace
from flows.exports.dbt_docs import MODEL_DOCS, write_model_docs

MODELS = {path.stem for path in (CHECKOUT / "dbt_project" / "models").rglob("*.sql")}


@pytest.fixture(scope="module")
def page(first_night: Workspace) -> Path:
    return current(first_night).folder / MODEL_DOCS


@pytest.fixture(scope="module")
def text(page: Path) -> str:
    return page.read_text("utf-8")


def embedded(text: str, name: str) -> dict[str, Any]:
    """Read one of the two documents that stand in the page."""
    start = re.search(rf"[{{,]{name}:(?={{)", text)
    assert start is not None, name
    content, _ = json.JSONDecoder().raw_decode(text, start.end())
    assert isinstance(content, dict)
    return content


def test_every_model_and_every_source_stands_in_it(text: str) -> None:
    manifest, catalog = embedded(text, "manifest"), embedded(text, "catalog")
    models = {n["name"]: n for n in manifest["nodes"].values() if n["resource_type"] == "model"}
    assert set(models) == MODELS
    values = models["report_values"]
    assert values["columns"]["judgement"]["meta"]["title_zh"] == "判定"
    assert "judged_values" in values["raw_code"]
    columns = catalog["nodes"]["model.ziping.report_values"]["columns"]
    assert columns["value"]["type"] == "DECIMAL(38,10)"
    assert "source.ziping.finance.payments" in manifest["sources"]
    assert "自评" in manifest["docs"]["doc.dbt.__overview__"]["block_contents"]
    assert set(manifest["parent_map"]["model.ziping.report_needs"])


def test_it_is_small_and_may_ask_nobody(text: str) -> None:
    assert len(text.encode()) < 3_000_000
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    assert "connect-src" not in policy[1]
    assert "http" not in policy[1]
    assert text.index("Content-Security-Policy") < text.index("<script")
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=\"(https?:)?//", text)
    assert embedded(text, "manifest")["metadata"]["send_anonymous_usage_stats"] is False


def test_it_tells_nothing_of_the_machine_or_the_night(text: str, first_night: Workspace) -> None:
    manifest = current(first_night).manifest
    own = text.replace("ziping", "")
    told = [
        str(CHECKOUT), str(first_night.root), str(Path.home()), socket.gethostname(),
        manifest["release"], manifest["night"], manifest["written_at"][:10],
        "invocation_id", "generated_at", "created_at", "root_path", "build_path", "compiled_path",
    ]  # fmt: skip
    assert [one for one in told if len(one) > 3 and one in own] == []
    values = {value for name, value in os.environ.items() if name.startswith(("DBT_", "ZIPING_"))}
    assert [one for one in values if len(one) > 8 and one in text] == []


def test_no_row_of_data_stands_in_it(text: str, first_night: Workspace) -> None:
    ids = ids_of_sample(first_night.root).ids
    assert not ids & set(re.findall(r"[0-9A-Za-z]+", text))
    manifest = current(first_night).manifest
    assert not [one["sha256"] for one in manifest["deliveries"] if one["sha256"] in text]
    numbers = {
        f"{value[column]:f}".rstrip("0").rstrip(".")
        for value in published(current(first_night)).values()
        for column in ("value", "numerator")
        if isinstance(value[column], Decimal) and value[column] > 100_000
    }
    assert len(numbers) > 20
    assert not [one for one in numbers if one in text]


def test_another_order_and_another_time_give_the_same_bytes(
    first_night: Workspace, page: Path, tmp_path: Path
) -> None:
    workspace = copy_of(first_night, tmp_path / "elsewhere")
    target = workspace.warehouse / "dbt_target"
    manifest = json.loads((target / "manifest.json").read_text("utf-8"))
    for part in ("nodes", "sources", "macros", "parent_map", "child_map"):
        manifest[part] = dict(reversed(manifest[part].items()))
    manifest["metadata"] |= {"generated_at": "2001-01-01", "invocation_id": "x", "env": {"A": "b"}}
    for node in manifest["nodes"].values():
        node["created_at"] = 1.5
    (target / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    write_model_docs(tmp_path, workspace.build, target)
    assert (tmp_path / MODEL_DOCS).read_bytes() == page.read_bytes()


def test_a_text_cannot_end_the_script(first_night: Workspace, tmp_path: Path) -> None:
    workspace = copy_of(first_night, tmp_path / "workspace")
    target = workspace.warehouse / "dbt_target"
    manifest = json.loads((target / "manifest.json").read_text("utf-8"))
    said = "</script><script>alert(1)</script>"
    manifest["nodes"]["model.ziping.report_needs"]["description"] = said
    (target / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    write_model_docs(tmp_path, workspace.build, target)
    text = (tmp_path / MODEL_DOCS).read_text("utf-8")
    assert "alert(1)</script>" not in text
    found = embedded(text, "manifest")["nodes"]["model.ziping.report_needs"]
    assert found["description"] == said


def test_a_browser_shows_it_from_a_file(page: Path, tmp_path: Path) -> None:
    shown = page_in_browser(page, "", tmp_path / "profile")
    assert "自评 · 模型说明" in shown
    assert "从各单位报送的文件到报告数字" in shown
    model = "#!/model/model.ziping.mart_education_funds"
    shown = page_in_browser(page, model, tmp_path / "profile")
    assert "教育经费与支出(区级)" in shown
    assert "funds_per_student_yuan" in shown
