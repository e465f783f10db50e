"""What a draft says of itself."""

import pytest
from report_parts import parts_of

from flows.report.marking import (
    Origin,
    bookmark_of,
    figure_of_bookmark,
    read_origin,
    run_of,
    write_origin,
    xml_text,
)
from flows.report.template import make_template

ORIGIN = Origin("519900", 2023, "00001-0123456789ab", {"4.1": "74<9&万元", "4.8.2": "不涉及"})


def test_what_is_written_of_the_origin_is_read_again() -> None:
    parts = write_origin(parts_of(make_template()), ORIGIN)
    assert read_origin(parts) == ORIGIN
    later = ORIGIN._replace(release="00002-0123456789ab", printed={"4.1": "1万元"})
    assert read_origin(write_origin(parts, later)) == later


def test_properties_of_others_stay() -> None:
    parts = write_origin(parts_of(make_template()), ORIGIN)
    name = "docProps/custom.xml"
    own = b'<property fmtid="{x}" pid="40" name="Dept"><v/></property></Properties>'
    parts[name] = parts[name].replace(b"</Properties>", own)
    again = write_origin(parts, ORIGIN)
    assert b'name="Dept"' in again[name]
    assert b'pid="41"' in again[name]
    assert read_origin(again) == ORIGIN


@pytest.mark.parametrize("content", [b"<a", b"<a/>", b'<a><p name="ziping.year">x</p></a>'])
def test_properties_that_say_nothing_are_no_origin(content: bytes) -> None:
    assert read_origin({"docProps/custom.xml": content}) is None
    assert read_origin({}) is None


@pytest.mark.parametrize("name", ["4.1", "4.8.2", "5.1a", "N.1.2", "K1.2"])
def test_a_bookmark_names_its_figure(name: str) -> None:
    bookmark = bookmark_of(name, 1017)
    assert figure_of_bookmark(bookmark) == name
    assert bookmark.replace("_", "").isalnum()
    assert len(bookmark) <= 40  # of Word
    assert figure_of_bookmark("_Toc1234") == ""


def test_signs_that_xml_cannot_hold_are_left_out() -> None:
    assert xml_text("a\x00<\x0b&\t") == "a&lt;&amp;\t"
    assert run_of("a", is_marked=True) == (
        '<w:r><w:rPr><w:highlight w:val="yellow"/></w:rPr><w:t xml:space="preserve">a</w:t></w:r>'
    )
