"""Write index.html: one release as inspectors, bureau chiefs and report writers read it."""

import re
from itertools import groupby
from pathlib import Path
from typing import Any

from flows.common.files import write_durably
from flows.common.labels import MEANINGS
from flows.common.masking import without_ids
from flows.exports.html.charts import charts_of
from flows.exports.html.figures import (
    MARKS,
    SHORT_SUM,
    DeliveryDoubts,
    Figures,
    View,
    anchor,
    districts_of,
    document_of,
    limit_of,
    word_for,
)
from flows.exports.html.issues import Comparison, changes_of, compare_with, list_issues
from flows.releases.release import Release
from flows.releases.tables import ReleaseTables, Row, describe_coverage

TEMPLATES = Path(__file__).parent / "templates"
PAGE = "index.html"
STATES = ("actual", "provisional", "partial", "missing", "not_applicable", "suppressed", "withheld")
# Files that other forms leave beside the page, and what a reader finds there.
BESIDE = {
    "report.xlsx": "工作簿，可打印",
    "gates.html": "数据关口检查结果",
    "report.duckdb": "供BI工具只读打开",
    "superset.zip": "供Superset导入",
    "manifest.json": "发布清单",
}
# What each release has, written only after the page.
LATER = {"datapackage.json": "数据包说明", "SHA256SUMS": "各文件的校验和"}


def render(template: str, **content: Any) -> str:
    """Render a page of the folder of templates; whatever a file or school is called is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return without_ids(environment.get_template(template).render(**content))


def write_page(tables: ReleaseTables, manifest: Row, folder: Path) -> None:
    """Write the page of a release."""
    write_durably(folder / PAGE, page_of(tables, manifest, folder).encode())


def page_of(tables: ReleaseTables, manifest: Row, folder: Path) -> str:
    """Make the page as HTML that loads nothing; the same release, the same bytes."""
    before = manifest["previous"] and Release(folder.parent / manifest["previous"]["release"])
    comparison = compare_with(before, tables, manifest)
    doubts = DeliveryDoubts.load(tables)
    districts = districts_of(tables, manifest)
    return render(
        "index.html.j2",
        manifest=manifest,
        previous=manifest["previous"],
        districts=[
            _district(Figures(tables, manifest, doubts, code), comparison) for code in districts
        ],
        definitions=[
            _definition(tables, manifest, districts, row) for row in _definitions_in_order(tables)
        ],
        beside=[
            *((name, title) for name, title in BESIDE.items() if (folder / name).exists()),
            *LATER.items(),
        ],
        data=sorted(path.name for path in folder.glob("*.csv")),
        words=list(MEANINGS.items()),
    )


def _district(figures: Figures, comparison: Comparison | str) -> View:
    """Gather what the page says of one district."""
    views = [(row, figures.view(row)) for row in figures.figures]
    is_own = figures.district == figures.manifest["district_code"]
    return {
        "code": figures.district,
        "title": figures.manifest["district_title"] if is_own else "",
        "anchors": {
            name: figures.anchor(name)
            for name in ("district", "open", "changes", "figures", "evidence", "files")
        },
        "total": len(views),
        "coverage": describe_coverage(figures.figures),
        "states": _counts(views, "state", STATES),
        "judgements": _counts(views, "judgement", (*MARKS, "不适用", "无标准")),
        "failed": [view for _, view in views if view["mark"] == "failed"],
        "open": [view for _, view in views if view["mark"] == "open"],
        "unverified": sum(
            view["judgement"] in MARKS and bool(view["standard"]) and
            view["standard"]["is_unverified"]
            for _, view in views
        ),
        "groups": [
            {"place": place or "", "figures": [view for _, view in group], "charts":
             charts_of(figures, [row for row, _ in group])}
            for place, group in (
                (place, list(found)) for place, found in
                groupby(views, key=lambda pair: pair[0]["place"])
            )
        ],
        "issues": list_issues(figures),
        "changes": changes_of(figures, comparison),
        "evidence": figures.evidence(),
        "files": _files(figures),
    }  # fmt: skip


def _counts(
    views: list[tuple[Row, View]], name: str, order: tuple[str, ...]
) -> list[tuple[str, str, int]]:
    """Count the figures by state or judgement, in order."""
    found = [view[name] for _, view in views]
    return [(key, word_for(key), found.count(key)) for key in order]


def _files(figures: Figures) -> list[View]:
    """List the files in force of a district; an anchor stands once."""
    files, seen = [], set[str]()
    for (source, period), sent in figures.sent.items():
        for file in sent:
            short = file["sha256"][:SHORT_SUM]
            doubt = figures.doubts.in_doubt.get((figures.district, source, period), 0)
            files.append(
                {
                    **file,
                    "anchor": "" if short in seen else figures.file_anchor(file),
                    "short": short,
                    "period": "长期" if period == "standing" else period,
                    "in_doubt": doubt,
                }
            )
            seen.add(short)
    return files


def _definitions_in_order(tables: ReleaseTables) -> list[Row]:
    """List the definitions, those of the figures first and in their order."""
    printed = dict.fromkeys(row["indicator_id"] for row in tables.figures)
    return [tables.indicators[name] for name in dict.fromkeys([*printed, *tables.indicators])]


def _definition(tables: ReleaseTables, manifest: Row, districts: list[str], indicator: Row) -> View:
    """Say how an indicator is measured, by which standard and on what legal basis."""
    year = str(manifest["evaluation_year"])
    return {
        **indicator,
        "anchor": anchor("definition", indicator["indicator_id"]),
        "formula": word_for(indicator["formula"]),
        "multiplier": "" if indicator["multiplier"] in (None, "1") else indicator["multiplier"],
        "data_class": word_for(indicator["data_class"]),
        "definition": re.sub(r"\(标准待核\)$", "", indicator["definition_zh"] or ""),
        "parts": [
            {
                "title": tables.indicators[part]["title_zh"],
                "anchor": anchor("definition", part),
            }
            for part in dict.fromkeys(part["id"] for part in indicator["components"])
        ],
        "standards": [
            {
                "stage": "" if row["stage"] == "total" else row["stage"],
                "limit": limit_of(row, indicator["unit"]),
                "from": row["valid_from"].isoformat(),
                "document": document_of(row),
                "is_unverified": row["certainty"] != "verified",
            }
            for row in tables.standards
            if row["standard_id"] == indicator["standard_id"]
            and row["valid_from"].isoformat()[:4] <= year
            and (row["valid_to"] is None or row["valid_to"].isoformat()[:4] >= year)
            and any(
                row["region_code"] == "CN" or code.startswith(row["region_code"])
                for code in districts
            )
        ],
    }
