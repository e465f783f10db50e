"""Draft the report as a Word file: the composed paragraphs, set by a template of docxtpl.

Each figure is a content control; one that is in doubt is highlighted, and a comment says who mends
it. The same release and template give the same bytes.
"""

import io
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import quoteattr

from flows.common.clock import known_until
from flows.common.errors import WrongUse
from flows.common.settings import SAMPLE_MARK
from flows.releases.tables import ReleaseTables, Row, figure_number
from flows.report.composing import Composition, Finding, compose
from flows.report.marking import AUTHOR, INITIALS, TAG, Origin, bookmark_of, run_of, write_origin
from flows.report.package import pack, read_package, unpack
from flows.report.places import FigureKey, split_text
from flows.report.template import make_template

REPORT = "report.docx"
FIRST_CONTROL = 1000  # ids of controls; Word wants them to differ
FIXED_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)  # a clock would give other bytes every time


class Draft(NamedTuple):
    """A drafted report, and what is open about it."""

    content: bytes
    findings: list[Finding]


def make_draft(
    tables: ReleaseTables,
    manifest: Row,
    template: Path | None = None,
    *,
    is_internal: bool = False,
) -> Draft:
    """Draft the report of a release, set by a template that is there or by that of GB/T 9704.

    An internal one names the schools that miss a standard; a release holds none such.
    Raises WrongUse where the template is no sound one.
    """
    composition = compose(tables, manifest, is_internal=is_internal)
    own = template if template and template.is_file() else None
    content = pack(read_package(own)) if own else make_template()
    name = own.name if own else "the template"
    parts = unpack(_render(content, name, composition, manifest))
    printed = {
        figure_number(*key): str(composition.figures[key]["text"] or "")
        for paragraph in composition.paragraphs
        for key in split_text(paragraph.text)
        if not isinstance(key, str) and key in composition.figures
    }
    origin = Origin(
        manifest["district_code"], manifest["evaluation_year"], manifest["release"], printed
    )
    return Draft(pack(write_origin(parts, origin)), composition.findings)


def _render(content: bytes, name: str, composition: Composition, manifest: Row) -> bytes:
    """Let docxtpl fill the template; what it says of itself tells no clock."""
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import SandboxedEnvironment
    from lxml.etree import LxmlError

    document = _open_template(content, name)
    context = {
        "paragraphs": list(_Setter(document.docx, composition, manifest).set_paragraphs()),
        "title": manifest["title"],
        "district": manifest["district_title"],
        "year": manifest["evaluation_year"],
        "release": manifest["release"],
        "sample_mark": SAMPLE_MARK if manifest["is_sample"] else "",
    }
    environment = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    filled = io.BytesIO()
    try:
        document.render(context, environment)
        _fix_properties(document.docx, manifest)
        document.save(filled)
    except (TemplateError, LxmlError, KeyError) as error:
        raise _refusal(name, error) from None
    return filled.getvalue()


def _open_template(content: bytes, name: str) -> Any:
    """Open a template; what python-docx says of one that is not sound is of every kind."""
    from docx.opc.exceptions import OpcError
    from docxtpl import DocxTemplate
    from lxml.etree import LxmlError

    document = DocxTemplate(io.BytesIO(content))
    try:
        document.init_docx()
    except (OpcError, LxmlError, LookupError, ValueError, AttributeError, TypeError) as error:
        raise _refusal(name, error) from None
    return document


def _refusal(name: str, error: Exception) -> WrongUse:
    return WrongUse(
        f"{name} cannot be filled in: {error}; `ziping report template` makes a sound one"
    )


def _fix_properties(document: Any, manifest: Row) -> None:
    properties = document.core_properties
    properties.title, properties.author = manifest["title"], AUTHOR
    properties.last_modified_by, properties.comments, properties.revision = AUTHOR, "", 1
    properties.created = properties.modified = FIXED_MOMENT


class _Setter:
    """Sets paragraphs as runs, content controls and comments."""

    def __init__(self, document: Any, composition: Composition, manifest: Row) -> None:
        self.document, self.manifest = document, manifest
        self.figures, self.notes = composition.figures, composition.notes
        self.paragraphs = composition.paragraphs
        self.controls = 0

    def set_paragraphs(self) -> Iterator[Mapping[str, Any]]:
        from markupsafe import Markup

        for number, paragraph in enumerate(self.paragraphs):
            xml = "".join(map(self._set_part, split_text(paragraph.text)))
            if not number:
                xml = self._with_comment(xml, self._notice())
            yield {"kind": paragraph.kind, "content": Markup(xml)}

    def _notice(self) -> str:
        day = self.manifest.get("as_of")
        as_of = known_until(date.fromisoformat(day)) if day else ""
        return (
            f"依据发布{self.manifest['release']}{as_of}生成。文中数字是内容控件，请勿直接改写；"
            "数据更新后用 ziping report refresh 换成新的数字，文字不变。"
        )

    def _set_part(self, part: str | FigureKey) -> str:
        if isinstance(part, str):
            return run_of(part)
        name = figure_number(*part)
        figure = self.figures.get(part)
        if figure is None:
            note = f"报告提纲没有图号{name}，请更正文稿。"
            return self._with_comment(run_of(f"〔无图号{name}〕", is_marked=True), note)
        note = self.notes.get(part, "")
        control = self._set_control(name, figure, is_marked=bool(note))
        return self._with_comment(control, note_text(name, figure, note)) if note else control

    def _set_control(self, name: str, figure: Row, *, is_marked: bool) -> str:
        self.controls += 1
        alias = quoteattr(f"{name} {figure['title']}"[:64])
        content = run_of(figure["text"] or "", is_marked=is_marked)
        number = FIRST_CONTROL + self.controls
        return (
            f'<w:bookmarkStart w:id="{number}" w:name="{bookmark_of(name, number)}"/>'
            f"<w:sdt><w:sdtPr><w:alias w:val={alias}/>"
            f"<w:tag w:val={quoteattr(TAG + name)}/>"
            f'<w:id w:val="{number}"/></w:sdtPr>'
            f"<w:sdtContent>{content}</w:sdtContent></w:sdt>"
            f'<w:bookmarkEnd w:id="{number}"/>'
        )

    def _with_comment(self, xml: str, text: str) -> str:
        comment = self.document.comments.add_comment(text, AUTHOR, INITIALS)
        comment._comment_elm.date = FIXED_MOMENT
        number = comment.comment_id
        return (
            f'<w:commentRangeStart w:id="{number}"/>{xml}<w:commentRangeEnd w:id="{number}"/>'
            f'<w:r><w:commentReference w:id="{number}"/></w:r>'
        )


def note_text(name: str, figure: Row, note: str) -> str:
    """Write the comment on a figure that is in doubt."""
    return f"{name} {figure['title']} {note}"
