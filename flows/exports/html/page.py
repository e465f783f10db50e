"""Write index.html: one release as inspectors, bureau chiefs and report writers read it."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any

from flows.common.clock import day_of
from flows.common.files import write_durably
from flows.common.labels import MEANINGS
from flows.common.masking import without_ids
from flows.common.text import widen_punctuation
from flows.contracts.model import contract_from_json
from flows.contracts.periods import due_date_of_year
from flows.exports.html.figures import (
    LINE_HEIGHT,
    LINE_WIDTH,
    MARKS,
    SHORT_SUM,
    DeliveryDoubts,
    Figures,
    View,
    districts_of,
    word_for,
)
from flows.exports.html.issues import Comparison, changes_of, compare_with, list_issues
from flows.exports.html.signed import describe_signed
from flows.releases.release import CURRENT, Release
from flows.releases.summary import STATES, describe_judgements, describe_states
from flows.releases.tables import ReleaseTables, Row, is_covered

TEMPLATES = Path(__file__).parent / "templates"
PAGE = "index.html"
IN_DOUBT = ("provisional", "partial", "missing")
# Files that other forms leave beside the page, and what a reader finds there.
BESIDE = {
    "report.xlsx": "工作簿，可打印",
    "report.docx": "报告文稿",
    "report.duckdb": "供BI工具只读打开",
    "superset.zip": "供Superset导入",
    "manifest.json": "发布清单",
}
# What each release has, written only after the page.
LATER = {"datapackage.json": "数据包说明", "SHA256SUMS": "各文件的校验和"}


def render(template: str, **content: Any) -> str:
    """Render a page of the folder of templates; whatever a file or school is called is escaped.

    Its script, if it has one, is the only one that a browser runs: the page names its hash.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["widen"] = widen_punctuation
    script = (TEMPLATES / "filter.js").read_text("utf-8")
    hashed = b64encode(sha256(script.encode()).digest()).decode()
    page = environment.get_template(template).render(
        script=Markup(script), script_hash=hashed, **content
    )
    return without_ids(page)


def write_page(tables: ReleaseTables, manifest: Row, folder: Path) -> None:
    """Write the page of a release."""
    write_durably(folder / PAGE, page_of(tables, manifest, folder).encode())


def page_of(tables: ReleaseTables, manifest: Row, folder: Path) -> str:
    """Make the page as HTML that loads nothing; the same release, the same bytes."""
    before = manifest["previous"] and Release(folder.parent / manifest["previous"]["release"])
    comparison = compare_with(before, tables, manifest)
    doubts = DeliveryDoubts.load(tables)
    earlier = _load_earlier_years(folder.parent)
    return render(
        "index.html.j2",
        manifest=manifest,
        previous=manifest["previous"],
        number=int(str(manifest["release"]).partition("-")[0]),
        published=day_of(manifest["written_at"]).isoformat(),
        known=manifest["as_of"] or day_of(manifest["started_at"]).isoformat(),
        next_due=_find_next_due(manifest),
        signed=describe_signed(tables, manifest, folder),
        districts=[
            _district(Figures(tables, manifest, doubts, code, earlier), comparison)
            for code in districts_of(tables, manifest)
        ],
        beside=[
            *((name, title) for name, title in BESIDE.items() if (folder / name).exists()),
            *LATER.items(),
        ],
        data=sorted(path.name for path in folder.glob("*.csv")),
        words=list(MEANINGS.items()),
        line={"width": LINE_WIDTH, "height": LINE_HEIGHT},
    )


def _load_earlier_years(year_folder: Path) -> dict[int, ReleaseTables]:
    """Read the current releases of the years before, as far as they are what was published."""
    found = {}
    for other in sorted(year_folder.parent.glob("[0-9]*")):
        release = Release((other / CURRENT).resolve())
        is_earlier = other.name.isdigit() and int(other.name) < int(year_folder.name)
        if is_earlier and (other / CURRENT).exists() and not release.find_problems():
            found[int(other.name)] = ReleaseTables.load(release.folder)
    return found


def _find_next_due(manifest: Row) -> str:
    """Say what is due next after the day of the run, whatever year it is for, and how much more."""
    today = day_of(manifest["started_at"])
    contracts = [contract_from_json(entry) for entry in manifest["contracts"].values()]
    coming = sorted(
        (due, contract.title)
        for contract in contracts
        if not contract.optional
        for year in range(today.year - 2, today.year + 2)
        if (due := due_date_of_year(contract, year)) > today.isoformat()
    )
    if not coming:
        return ""
    day = coming[0][0]
    titles = [title for due, title in coming if due == day]
    more = f"等{len(titles)}种" if len(titles) > 1 else ""
    return f"{day} {titles[0]}{more}"


def _district(figures: Figures, comparison: Comparison | str) -> View:
    """Gather what the page says of one district."""
    changes = changes_of(figures, comparison)
    moved = {link["label"]: line for line in changes["lines"] for link in line["figures"]}
    views = []
    for row in figures.figures:
        view = figures.view(row)
        change = moved.get(view["label"])
        views.append((row, view | {"change": change, "kinds": " ".join(_list_kinds(view, change))}))
    is_own = figures.district == figures.manifest["district_code"]
    printed = [{**figures.value(row), **row} for row in figures.figures]
    return {
        "code": figures.district,
        "title": figures.manifest["district_title"] if is_own else "",
        "anchors": {
            name: figures.anchor(name)
            for name in ("district", "open", "changes", "signed", "files")
        },
        "total": len(views),
        "judged": describe_judgements(printed),
        "summary": describe_states(printed),
        "states": _counts(views, "state", STATES),
        "judgements": _counts(views, "judgement", (*MARKS, "不适用", "无标准")),
        "failed": [view for _, view in views if view["mark"] == "failed"],
        "open": [view for _, view in views if view["mark"] == "open"],
        "unverified": sum(
            view["judgement"] in MARKS and bool(view["standard"]) and
            view["standard"]["is_unverified"]
            for _, view in views
        ),
        "chapters": _group_by_headings(figures, views),
        "issues": list_issues(figures),
        "changes": changes,
        "files": _files(figures),
    }  # fmt: skip


def _list_kinds(view: View, change: View | None) -> Iterable[str]:
    """Name the choices of the filter under which a figure falls."""
    if view["mark"] != "none":
        yield view["mark"]
    if view["state"] in IN_DOUBT:
        yield "doubt"
    if change:
        yield "changed"


def _group_by_headings(figures: Figures, views: Sequence[tuple[Row, View]]) -> list[View]:
    """Group figures as the report does: chapters, sections, items, by their titles."""

    def heading(name: str, pair: tuple[Row, View]) -> str:
        return str(pair[0][name] or "")

    chapters = []
    for chapter, of_chapter in groupby(views, lambda pair: heading("chapter_title", pair)):
        sections = []
        for section, of_section in groupby(of_chapter, lambda pair: heading("section_title", pair)):
            items = []
            for place, of_item in groupby(of_section, lambda pair: str(pair[0]["place"] or "")):
                found = list(of_item)
                title = heading("item_title", found[0])
                has_title = bool(title or section or chapter)
                items.append(
                    {
                        "anchor": figures.anchor("item", place),
                        "title": title if has_title else place or "其他",
                        "figures": [view for _, view in found],
                        "count": sum(is_covered(figures.value(row)) for row, _ in found),
                    }
                )
            sections.append({"title": section, "items": items})
        chapters.append({"title": chapter, "sections": sections})
    return chapters


def _counts(
    views: Sequence[tuple[Row, View]], name: str, order: tuple[str, ...]
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
                    "period": word_for(period),
                    "received": day_of(file["received_at"]).isoformat(),
                    "in_doubt": doubt,
                }
            )
            seen.add(short)
    return files
