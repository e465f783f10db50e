"""Write index.html: one release as inspectors, bureau chiefs and report writers read it."""

import re
from itertools import groupby
from pathlib import Path

from flows.common.files import write_durably
from flows.common.labels import MEANINGS
from flows.common.masking import without_ids
from flows.exports.html.charts import charts_of
from flows.exports.html.figures import (
    MARKS,
    SHORT_SUM,
    Figures,
    View,
    anchor,
    document_of,
    limit_of,
    word_for,
)
from flows.exports.html.gaps import Compared, changes_of, compared, matters_of
from flows.exports.html.rendering import rendered
from flows.releases.release import Release
from flows.releases.tables import Row, Tables, describe_coverage, tables_of

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


def write_page(folder: Path, previous: Release | None) -> None:
    """Write the page of a release from its tables and its manifest, and of the one before."""
    release = Release(folder)
    write_durably(folder / PAGE, page_of(release, previous).encode())


def page_of(release: Release, previous: Release | None) -> str:
    """Make the page as HTML that loads nothing; the same release, the same bytes."""
    tables = tables_of(release)
    both = compared(release, previous)
    page = rendered(
        "index.html.j2",
        manifest=tables.manifest,
        previous=tables.manifest["previous"],
        districts=[_district(tables, code, both) for code in tables.districts],
        definitions=[_definition(tables, row) for row in _in_order(tables)],
        beside=[
            *(one for one in BESIDE.items() if (release.folder / one[0]).exists()),
            *LATER.items(),
        ],
        data=sorted(path.name for path in release.folder.glob("*.csv")),
        words=list(MEANINGS.items()),
    )
    return without_ids(page)


def _district(tables: Tables, code: str, both: Compared | str) -> View:
    """Gather what the page says of one district."""
    figures = Figures(tables, code)
    views = [(row, figures.view(row)) for row in figures.figures]
    is_own = code == tables.manifest["district_code"]
    return {
        "code": code,
        "title": tables.manifest["district_title"] if is_own else "",
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
        "matters": matters_of(figures),
        "changes": changes_of(figures, both),
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
    for (source, period), sent in figures.tables.sent(figures.district).items():
        for file in sent:
            short = file["sha256"][:SHORT_SUM]
            doubt = figures.tables.in_doubt.get((figures.district, source, period), 0)
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


def _in_order(tables: Tables) -> list[Row]:
    """List the definitions, those of the figures first and in their order."""
    printed = dict.fromkeys(row["indicator_id"] for row in tables.figures)
    return [tables.indicators[name] for name in dict.fromkeys([*printed, *tables.indicators])]


def _definition(tables: Tables, indicator: Row) -> View:
    """Say how an indicator is measured, by which standard and on what legal basis."""
    year = str(tables.manifest["evaluation_year"])
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
                for code in tables.districts
            )
        ],
    }
