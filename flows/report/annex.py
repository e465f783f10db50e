"""The annex of a chapter: where each of its numbers comes from, and a sheet of proof for each."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from flows.common import excel
from flows.common.clock import day_of
from flows.common.errors import WrongUse
from flows.common.files import write_durably
from flows.lineage.trace import Tracer
from flows.lineage.workbook import Printed, write_trace
from flows.releases.tables import ReleaseTables, Row, is_withheld, key_of, number_figure
from flows.report.package import pack
from flows.report.places import read_item

SOURCES = "数据来源附表.xlsx"
# Captions and widths of the table; together one page of A4 across, at the size that they have.
CAPTIONS = {
    "图号": 7,
    "数字": 21,
    "印出": 14,
    "来源": 20,
    "责任科室": 14,
    "文件": 24,
    "收到日期": 12,
}
PRIVATE = 0o600  # the sheets of proof list schools


def figures_of_chapter(tables: ReleaseTables, manifest: Row, chapter: str) -> list[Row]:
    """Find the figures of a place and all that is below it; raises WrongUse where there is none."""
    wanted = read_item(chapter)
    own = tables.printed_in(manifest["district_code"])
    found = [
        row
        for row in own
        if wanted
        and (place := read_item(row["place"] or ""))
        and place.is_within(wanted)
        and not is_withheld(row)
    ]
    if not found:
        known = "、".join(dict.fromkeys(row["place"] for row in own if row["place"]))
        raise WrongUse(f"no figure stands in chapter {chapter}; chapters: {known}")
    return found


def write_annex(tracer: Tracer, chapter: str, target: Path) -> int:
    """Write the annex of a chapter as a ZIP of workbooks; say how many figures it proves."""
    manifest = tracer.release.manifest
    figures = figures_of_chapter(tracer.tables, manifest, chapter)
    if target.suffix.lower() != ".zip":
        raise WrongUse(f"{target.name} must end in .zip: it holds several workbooks")
    if target.exists():
        raise WrongUse(f"{target} is there already: name a new file")
    with TemporaryDirectory(prefix="ziping-annex-") as name:
        folder = Path(name)
        write_sources(tracer.tables, manifest, figures, chapter, folder / SOURCES)
        for figure_id in dict.fromkeys(row["figure_id"] for row in figures):
            values = [
                Printed(tracer.trace(key_of(row)), row)
                for row in figures
                if row["figure_id"] == figure_id
            ]
            write_trace(folder / f"溯源单_{figure_id}.xlsx", tracer, figure_id, values)
        content = pack({path.name: path.read_bytes() for path in folder.iterdir()})
    write_durably(target, content, PRIVATE)
    return len(figures)


def write_sources(
    tables: ReleaseTables, manifest: Row, figures: Sequence[Row], chapter: str, target: Path
) -> None:
    """Write the table of sources: a row for each figure and file, on A4 across."""
    with excel.open_book(target, f"{manifest['title']} {chapter}") as (book, style):
        page = book.add_worksheet("数据来源附表")
        excel.set_up_page(page, manifest)
        title = f"{manifest['title']}　{chapter}　数据来源附表"
        page.merge_range(0, 0, 0, len(CAPTIONS) - 1, title, style(**excel.TITLE))
        page.set_row(0, 2 * excel.LINE_HEIGHT)
        rows = (row for figure in figures for row in _rows(tables, manifest, figure))
        excel.write_table(page, 1, CAPTIONS, rows, style)


def _rows(tables: ReleaseTables, manifest: Row, figure: Row) -> Iterator[tuple[str, ...]]:
    """List the files of a figure and of what it is derived from, each once."""
    name = number_figure(figure)
    head = (name, figure["title"], figure["text"] or "")
    value = tables.values[key_of(figure)]
    evidence = [
        row
        for part in (value, *tables.parts_of(value))
        for row in tables.evidence.get(key_of(part), ())
    ]
    wanted = {(row["source"], row["sha256"]) for row in evidence}
    found = [
        file
        for file in manifest["deliveries"]
        if (file["source"], file["sha256"]) in wanted
        and file["district_code"] == figure["district_code"]
    ]
    for number, file in enumerate(found):
        head = (name, "", "") if number else head
        period = "长期" if file["period"] == "standing" else file["period"]
        yield (
            *head,
            f"{file['title']}（{period}）",
            file["owner_office"],
            file["original_name"].rpartition("/")[2],
            day_of(file["received_at"]).isoformat(),
        )
    if not found:
        documents = dict.fromkeys(
            f"《{row['document']}》{row['document_number'] or ''}"
            for row in tables.standards_of(value)
        )
        reason = figure["reason"] or "、".join(documents)
        office = tables.indicators[figure["indicator_id"]]["owner_office"] or ""
        yield (*head, reason, office, "", "")
