"""The template of the report after GB/T 9704, made here; a workspace may have one of its own.

Its paragraphs are those of docxtpl: a loop over `paragraphs`, each set as its `kind` says.
"""

from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docx.document import Document

LINE_POINTS = 28.95
MARGINS_MM = {"top": 37, "bottom": 35, "left": 28, "right": 26}
SONG, FANG_SONG, KAI, HEI = "方正小标宋简体", "仿宋_GB2312", "楷体_GB2312", "黑体"
LATIN = "Times New Roman"
# What stands in, in this order, where an office has not the font; Word reads it from the file.
FALLBACKS = {
    SONG: "方正小标宋_GBK,华文中宋,STZhongsong,宋体,SimSun,Noto Serif CJK SC",
    FANG_SONG: "仿宋,FangSong,华文仿宋,STFangsong,Noto Serif CJK SC",
    KAI: "楷体,KaiTi,华文楷体,STKaiti,Noto Serif CJK SC",
    HEI: "SimHei,华文黑体,STHeiti,Noto Sans CJK SC",
    "宋体": "SimSun,NSimSun,华文宋体,STSong",
}
# kind: Word's own style, font, points, whether the first line is indented, alignment
STYLES: dict[str, tuple[str, str, float, bool, str]] = {
    "title": ("Title", SONG, 22, False, "center"),
    "heading_1": ("Heading 1", HEI, 16, True, "both"),
    "heading_2": ("Heading 2", KAI, 16, True, "both"),
    "heading_3": ("Heading 3", FANG_SONG, 16, True, "both"),
    "body": ("Normal", FANG_SONG, 16, True, "both"),
    "signature": ("Signature", FANG_SONG, 16, False, "right"),
}

GAPS = {"Title": (0, 29), "Signature": (29, 0)}  # points before and after, not between two of them


@cache
def make_template() -> bytes:
    """Make the template as bytes: A4, fonts, lines, headings, page numbers, and the loop."""
    import docx

    document = docx.Document()
    _set_page(document)
    for style in STYLES.values():
        _set_style(document, *style)
    _set_footers(document)
    _set_header(document)
    _set_fonts(document)
    document.add_paragraph("{%p for paragraph in paragraphs %}")
    for number, (kind, style) in enumerate(STYLES.items()):
        word = "elif" if number else "if"
        document.add_paragraph(f'{{%p {word} paragraph.kind == "{kind}" %}}')
        document.add_paragraph("{{r paragraph.content }}", style=style[0])
    document.add_paragraph("{%p endif %}")
    document.add_paragraph("{%p endfor %}")
    content = BytesIO()
    document.save(content)
    return content.getvalue()


def _set_page(document: "Document") -> None:
    from docx.shared import Mm

    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    for side, length in MARGINS_MM.items():
        setattr(section, f"{side}_margin", Mm(length))
    section.footer_distance = Mm(MARGINS_MM["bottom"] - 11)
    _child(section._sectPr, "w:docGrid", type="lines", linePitch=str(round(LINE_POINTS * 20)))


def _set_style(
    document: "Document", name: str, font: str, points: float, is_indented: bool, side: str
) -> None:
    """Give a style of Word one font, one size and one pitch of lines; nothing is inherited."""
    from docx.enum.style import WD_STYLE_TYPE

    styles = document.styles
    style = styles[name] if name in styles else styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    element = style.element
    for tag in ("w:pPr", "w:rPr"):
        for old in element.findall(_qualified(tag)):
            element.remove(old)
    own = element.get_or_add_pPr()
    if name.startswith("Heading"):
        _child(own, "w:keepNext")
    for tag in ("w:autoSpaceDE", "w:autoSpaceDN", "w:snapToGrid"):
        _child(own, tag, val="0")  # no gaps around digits, and the pitch alone sets the lines
    line = str(round(LINE_POINTS * 20))
    before, after = GAPS.get(name, (0, 0))
    _child(own, "w:spacing", before=str(before * 20), after=str(after * 20), line=line,
           lineRule="exact")  # fmt: skip
    if is_indented:
        _child(own, "w:ind", firstLineChars="200", firstLine=str(round(points * 40)))
    else:
        _child(own, "w:ind", firstLineChars="0", firstLine="0")
    if name in GAPS:
        _child(own, "w:contextualSpacing")
    _child(own, "w:jc", val=side)
    if name.startswith("Heading"):
        _child(own, "w:outlineLvl", val=str(int(name[-1]) - 1))
    look = element.get_or_add_rPr()
    latin = LATIN if font == FANG_SONG else font
    _child(look, "w:rFonts", ascii=latin, hAnsi=latin, eastAsia=font, cs=latin)
    _child(look, "w:color", val="000000")
    _child(look, "w:sz", val=str(round(points * 2)))
    _child(look, "w:szCs", val=str(round(points * 2)))
    _child(look, "w:lang", val="en-US", eastAsia="zh-CN")


def _set_footers(document: "Document") -> None:
    """Write page numbers: right on odd pages, left on even ones, one character inside."""
    document.settings.odd_and_even_pages_header_footer = True
    section = document.sections[0]
    for footer, side in ((section.footer, "right"), (section.even_page_footer, "left")):
        footer.is_linked_to_previous = False
        paragraph = footer.paragraphs[0]
        own = paragraph._p.get_or_add_pPr()
        _child(own, "w:ind", **{f"{side}Chars": "100", side: "280", "firstLineChars": "0",
                               "firstLine": "0"})  # fmt: skip
        _child(own, "w:jc", val=side)
        for text, field in (("— ", ""), ("", "begin"), (" PAGE ", "code"), ("", "end"), (" —", "")):
            run = paragraph.add_run("" if field else text)
            _child(run._r.get_or_add_rPr(), "w:rFonts", ascii="宋体", hAnsi="宋体", eastAsia="宋体")
            _child(run._r.get_or_add_rPr(), "w:sz", val="28")
            if field == "code":
                _child(run._r, "w:instrText").text = text
            elif field:
                _child(run._r, "w:fldChar", fldCharType=field)


def _set_header(document: "Document") -> None:
    """Say above each page that the figures are invented, where they are."""
    section = document.sections[0]
    for header in (section.header, section.even_page_header):
        header.is_linked_to_previous = False
        paragraph = header.paragraphs[0]
        _child(paragraph._p.get_or_add_pPr(), "w:jc", val="right")
        run = paragraph.add_run("{{ sample_mark }}")
        _child(run._r.get_or_add_rPr(), "w:color", val="C00000")
        _child(run._r.get_or_add_rPr(), "w:sz", val="24")


def _set_fonts(document: "Document") -> None:
    """Name what stands in for each font in the table of fonts."""
    from lxml import etree

    part = next(part for part in document.part.package.iter_parts() if "fontTable" in part.partname)
    table = etree.fromstring(part.blob)
    for name, others in FALLBACKS.items():
        font = etree.SubElement(table, _qualified("w:font"), {_qualified("w:name"): name})
        _child(font, "w:altName", val=others)
        _child(font, "w:charset", val="86")
    part._blob = etree.tostring(table, xml_declaration=True, encoding="UTF-8", standalone=True)


def _qualified(name: str) -> str:
    from docx.oxml.ns import qn

    return str(qn(name))


def _child(parent: Any, name: str, **attributes: str) -> Any:
    """Append an element of WordprocessingML; one of its name that stands there already goes."""
    from lxml import etree

    for old in parent.findall(_qualified(name)):
        parent.remove(old)
    marked = {_qualified(f"w:{key}"): value for key, value in attributes.items()}
    return etree.SubElement(parent, _qualified(name), marked)
