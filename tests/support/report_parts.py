"""A small release with the text of a report, and what a Word file made of it says."""

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import docx
from docx.document import Document
from docx.oxml.ns import qn
from page_parts import DISTRICT, FUNDS, YEAR, Row, Tables, delivery, manifest, release, tables

from flows.releases.release import Release
from flows.releases.tables import ReleaseTables
from flows.report.draft import Draft, make_draft

FIRST, SECOND = "00001-0123456789ab", "00002-0123456789ab"
TEXT_FILE = "ab" * 32
NAME = "registers/自评报告文稿_2023年.xlsx"


def narrative(item: str, paragraph: int, text: str, row: int = 7, **change: Any) -> Row:
    """Write a paragraph as it is published: in half width, as landing leaves it."""
    return {
        "district_code": DISTRICT, "evaluation_year": YEAR, "item": item, "paragraph": paragraph,
        "text": text, "office": "财政局", "written_on": date(2024, 3, 1), "answered_by": "股长",
        "file_id": TEXT_FILE, "sheet": "台账", "row_number": row,
    } | change  # fmt: skip


def task(number: str, kind: str, text: str, **change: Any) -> Row:
    """Write a task as it is published."""
    return {
        "district_code": DISTRICT, "evaluation_year": YEAR, "number": number, "kind": kind,
        "task": text, "from_whom": None, "due_on": date(2024, 12, 31), "state": "推进中",
        "indicator": None, "target": None, "file_id": TEXT_FILE, "sheet": "台账", "row_number": 9,
    } | change  # fmt: skip


def content(*narratives: Row) -> Tables:
    """Write the tables of a release with a text, by default one of two chapters."""
    elsewhere = {"district_code": "110101", "source": "x", "period": "x"}
    return tables() | {
        "report_narratives": list(narratives) or [
            narrative("一", 0, "履职情况"), narrative("一(二)", 0, "优先发展"),
            narrative("一(二)4", 0, "保障经费"),
            narrative("一(二)4", 1, "全年经费{4.1},增长{4.2}。幼儿园(公办){4.3},初中{4.3.3}。"),
            narrative("一(二)4", 2, "另有{4.4}和{4.6}。"),
        ],
        "report_tasks": [task("RW1", "上级交办", "补短板", from_whom="市教育局")],
        "internal/quarantine": [
            elsewhere | {"effect": "provisional"},
            {"district_code": DISTRICT, "source": FUNDS, "period": "2023", "effect": "provisional"},
        ],
        "internal/doubts": [elsewhere],
        "internal/int_unmatched_units": [elsewhere],
        "internal/int_units_expected": [elsewhere | {"is_received": False}],
    }  # fmt: skip


def facts(**change: Any) -> Row:
    """Write the manifest of such a release."""
    own = manifest(facts={})
    text = delivery("registers.narratives", "2023", original_name=NAME, sha256=TEXT_FILE)
    return own | {"deliveries": [*own["deliveries"], text]} | change


def drafted(root: Path, *narratives: Row, change: Callable[[Tables], None] | None = None) -> Draft:
    """Draft the report of a small release."""
    given = content(*narratives)
    if change:
        change(given)
    made = release(root, given, facts())
    return make_draft(ReleaseTables.load(made.folder), made.manifest)


def opened(made: bytes) -> Document:
    """Open a Word file from its bytes."""
    return docx.Document(io.BytesIO(made))


def texts_of(made: bytes) -> list[str]:
    """List the paragraphs with what stands in their controls."""
    return [_text(paragraph._p) for paragraph in opened(made).paragraphs]


def _text(element: Any) -> str:
    return "".join(node.text or "" for node in element.iter(qn("w:t")))


def controls_of(made: bytes) -> list[tuple[str, str, bool]]:
    """List the controls: tag, text, and whether they are highlighted."""
    return [
        (
            control.find(f"{qn('w:sdtPr')}/{qn('w:tag')}").get(qn("w:val")),
            _text(control),
            next(control.iter(qn("w:highlight")), None) is not None,
        )
        for control in opened(made).element.body.iter(qn("w:sdt"))
    ]


def comments_of(made: bytes) -> list[str]:
    """List what the comments say."""
    return [comment.text for comment in opened(made).comments]


def parts_of(made: bytes) -> dict[str, bytes]:
    """Read the parts of a Word file."""
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def changed_part(made: bytes, name: str, old: str, new: str) -> bytes:
    """Change a Word file as an editor does that keeps everything else."""
    parts = parts_of(made)
    text = parts[name].decode()
    assert text.count(old) == 1, text.count(old)
    return zipped({**parts, name: text.replace(old, new).encode()})


def zipped(parts: dict[str, bytes]) -> bytes:
    """Pack parts with no care for their times."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def sealed_releases(root: Path, *contents: Tables) -> Sequence[Release]:
    """Publish releases one after the other; readers see the last."""
    made: list[Release] = []
    for name, given in zip((FIRST, SECOND), contents, strict=False):
        previous = made[-1] if made else None
        says = facts(
            release=name,
            previous=previous
            and {"release": previous.name, "manifest_sha256": previous.published_hash},
        )
        made.append(release(root, given, says, sealed=True))
    (made[-1].folder.parent / "current").symlink_to(made[-1].name)
    return made
