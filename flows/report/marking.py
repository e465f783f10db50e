"""What a draft says of itself, beside its prose: tags of controls, release, and printed texts.

A control holds a figure and is tagged `figure:4.1`; the properties of the file keep the release
that it was made from, and what each figure was printed as: by these a later one is compared.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple
from xml.sax.saxutils import escape

from lxml import etree

from flows.report.package import CUSTOM_PROPERTIES, FIRST

TAG = "figure:"
# Around each control stands a bookmark that says the same: LibreOffice before 7.5 drops tags.
BOOKMARK = re.compile(r"_figure_([0-9A-Za-z_]+?)__[0-9]+")
AUTHOR, INITIALS = "自评系统", "自评"
HIGHLIGHT = '<w:highlight w:val="yellow"/>'
PROPERTIES = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties"
CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
EMPTY_PROPERTIES = f'<Properties xmlns="{PROPERTIES}" xmlns:vt="{TYPES}"/>'.encode()
FORMAT_ID = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
ROOT_RELATIONS = "_rels/.rels"


class Origin(NamedTuple):
    """What a draft was made from."""

    district: str
    year: int
    release: str
    printed: Mapping[str, str]  # by figure, as it stood in the control


def bookmark_of(name: str, number: int) -> str:
    """Name the bookmark of a control; dots may not stand in it."""
    return f"_figure_{name.replace('.', '_')}__{number}"


def figure_of_bookmark(bookmark: str) -> str:
    """Read a figure from the name of a bookmark; empty where it is somebody else's."""
    found = BOOKMARK.fullmatch(bookmark)
    return found[1].replace("_", ".") if found else ""


def xml_text(text: str) -> str:
    """Write a text for XML; signs that XML cannot hold are left out."""
    return escape("".join(sign for sign in text if sign >= " " or sign in "\t\n"))


def run_of(text: str, *, is_marked: bool = False) -> str:
    """Write a run of WordprocessingML; a marked one is highlighted."""
    look = f"<w:rPr>{HIGHLIGHT}</w:rPr>" if is_marked else ""
    return f'<w:r>{look}<w:t xml:space="preserve">{xml_text(text)}</w:t></w:r>'


def parse_xml(content: bytes) -> etree._Element:
    """Parse a part; nothing is fetched and no entity is filled in."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    return etree.fromstring(content, parser)


def _serialize(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def read_origin(parts: Mapping[str, bytes]) -> Origin | None:
    """Read from the properties of a file what it was made from; None where it is no draft."""
    if CUSTOM_PROPERTIES not in parts:
        return None
    try:
        root = parse_xml(parts[CUSTOM_PROPERTIES])
    except etree.XMLSyntaxError:
        return None
    found = {str(node.get("name")): "".join(map(str, node.itertext())) for node in root}
    try:
        return Origin(
            found["ziping.district"],
            int(found["ziping.year"]),
            found["ziping.release"],
            {name.removeprefix(TAG): text for name, text in found.items() if name.startswith(TAG)},
        )
    except (KeyError, ValueError):
        return None


def write_origin(parts: Mapping[str, bytes], origin: Origin) -> dict[str, bytes]:
    """Write into the properties of a file what it was made from; other properties stay."""
    changed = dict(parts)
    if CUSTOM_PROPERTIES in parts:
        root = parse_xml(parts[CUSTOM_PROPERTIES])
    else:
        root = parse_xml(EMPTY_PROPERTIES)
        changed[ROOT_RELATIONS] = _with_relation(parts[ROOT_RELATIONS])
        changed[FIRST] = _with_content_type(parts[FIRST])
    for node in list(root):
        if str(node.get("name")).startswith(("ziping.", TAG)):
            root.remove(node)
    number = max((int(str(node.get("pid", "1"))) for node in root), default=1)
    own = {
        "ziping.district": origin.district,
        "ziping.year": str(origin.year),
        "ziping.release": origin.release,
        **{f"{TAG}{name}": text for name, text in origin.printed.items()},
    }
    for pid, (name, text) in enumerate(own.items(), start=number + 1):
        node = etree.SubElement(
            root, f"{{{PROPERTIES}}}property", fmtid=FORMAT_ID, pid=str(pid), name=name
        )
        etree.SubElement(node, f"{{{TYPES}}}lpwstr").text = text
    changed[CUSTOM_PROPERTIES] = _serialize(root)
    return changed


def _with_relation(content: bytes) -> bytes:
    root = parse_xml(content)
    attributes = {"Id": "rIdZiping", "Type": RELATION, "Target": CUSTOM_PROPERTIES}
    etree.SubElement(root, f"{{{RELATIONS}}}Relationship", attributes)
    return _serialize(root)


def _with_content_type(content: bytes) -> bytes:
    root = parse_xml(content)
    attributes = {"PartName": f"/{CUSTOM_PROPERTIES}", "ContentType": CONTENT_TYPE}
    etree.SubElement(root, f"{{{CONTENT_TYPES}}}Override", attributes)
    return _serialize(root)
