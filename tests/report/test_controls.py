"""Controls in the bytes of a part, whatever a program has made of them."""

import pytest

from flows.common.errors import WrongUse
from flows.report.controls import apply_splices, find_comments, find_controls

SPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def body(xml: str) -> bytes:
    return f'<w:body xmlns:w="{SPACE}" xmlns:x="y"><w:p>{xml}</w:p></w:body>'.encode()


def control(inside: str, properties: str = '<w:tag w:val="figure:4.1"/>') -> str:
    return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{inside}</w:sdtContent></w:sdt>"


def rewritten(xml: str, text: str, *, is_marked: bool | None = None) -> str:
    content = body(xml)
    (found,) = find_controls(content, "p")
    changed = apply_splices(content, found.rewritten(text, is_marked=is_marked))
    return changed.decode().partition("<w:p>")[2].removesuffix("</w:p></w:body>")


RUN = "<w:r><w:t>旧</w:t></w:r>"
HIGHLIGHT = '<w:highlight w:val="yellow"/>'


@pytest.mark.parametrize(
    ("inside", "is_marked", "after"),
    [
        (RUN, None, "<w:r><w:t>新&lt;</w:t></w:r>"),
        (RUN, True, f"<w:r><w:rPr>{HIGHLIGHT}</w:rPr><w:t>新&lt;</w:t></w:r>"),
        (
            f"<w:r><w:rPr><w:b/>{HIGHLIGHT}</w:rPr><w:t>旧</w:t></w:r>", False,
            "<w:r><w:rPr><w:b/></w:rPr><w:t>新&lt;</w:t></w:r>",
        ),
        (
            '<w:r><w:rPr><w:b/><w:u w:val="single"/></w:rPr><w:t>旧</w:t></w:r>', True,
            f'<w:r><w:rPr><w:b/>{HIGHLIGHT}<w:u w:val="single"/></w:rPr><w:t>新&lt;</w:t></w:r>',
        ),
        (
            "<w:r><w:rPr/><w:t>旧</w:t></w:r>", True,
            f"<w:r><w:rPr>{HIGHLIGHT}</w:rPr><w:t>新&lt;</w:t></w:r>",
        ),
        ("<w:r><w:t/></w:r>", None, "<w:r><w:t>新&lt;</w:t></w:r>"),
        (
            f"<w:r><w:t a='>'>旧</w:t></w:r>{RUN}", None,
            "<w:r><w:t a='>'>新&lt;</w:t></w:r><w:r><w:t></w:t></w:r>",
        ),
        (
            "<w:del><w:r><w:delText>删</w:delText></w:r></w:del><w:ins><w:r><w:t>旧</w:t></w:r>"
            "</w:ins>", None,
            "<w:del><w:r><w:delText>删</w:delText></w:r></w:del><w:ins><w:r><w:t>新&lt;</w:t></w:r>"
            "</w:ins>",
        ),
    ],
)  # fmt: skip
def test_the_text_of_a_control_changes_and_nothing_beside_it(
    inside: str, is_marked: bool | None, after: str
) -> None:
    around = f'前<!-- "x" --><w:r><w:rPr>{HIGHLIGHT}</w:rPr><w:t>旧</w:t></w:r>'
    found = rewritten(f"{around}{control(inside)}{RUN}", "新<", is_marked=is_marked)
    assert found == f"{around}{control(after)}{RUN}"


def test_a_control_says_its_text_and_not_what_was_deleted_in_it() -> None:
    inside = "<w:r><w:t>7</w:t></w:r><w:del><w:r><w:delText>9</w:delText></w:r></w:del>"
    (found,) = find_controls(body(control(f"{inside}<w:r><w:t>万&amp;元</w:t></w:r>")), "p")
    assert (found.name, found.text) == ("figure:4.1", "7万&元")


def test_controls_of_others_are_left_alone() -> None:
    others = control(RUN, '<w:tag w:val="date"/>') + control(RUN, "")
    assert find_controls(body(others), "p") == []


def test_a_control_within_a_control_of_others_is_found() -> None:
    (found,) = find_controls(body(control(control(RUN), '<w:tag w:val="group"/>')), "p")
    assert found.text == "旧"


def test_a_control_that_lost_its_tag_is_known_by_its_bookmark_and_gets_it_back() -> None:
    mark = '<w:bookmarkStart w:id="1" w:name="_figure_4_8_2__1001"/>'
    assert '<w:tag w:val="figure:4.8.2"/>' in rewritten(mark + control(RUN, ""), "新")
    inside = rewritten(f"{control(mark + RUN, '')}", "新")
    assert inside == control(f"{mark}<w:r><w:t>新</w:t></w:r>", '<w:tag w:val="figure:4.8.2"/>')


MARK = '<w:bookmarkStart w:id="7" w:name="_figure_4_1__1001"/>'
END = '<w:bookmarkEnd w:id="7"/>'


def test_where_a_program_dropped_the_control_its_bookmark_stands_for_it() -> None:
    other = '<w:bookmarkStart w:id="8" w:name="_Toc1"/><w:bookmarkEnd w:id="8"/>'
    run = f"<w:r><w:rPr><w:b/>{HIGHLIGHT}</w:rPr><w:t>旧</w:t></w:r>"
    xml = f"{RUN}{MARK}{other}{run}{END}{RUN}"
    new = "<w:r><w:rPr><w:b/></w:rPr><w:t>新</w:t></w:r>"
    assert rewritten(xml, "新", is_marked=False) == f"{RUN}{MARK}{other}{new}{END}{RUN}"


def test_a_bookmark_around_a_control_is_not_counted_besides() -> None:
    (found,) = find_controls(body(MARK + control(RUN) + END), "p")
    assert found.text == "旧"


def test_a_bookmark_that_ends_in_another_paragraph_or_holds_nothing_is_no_figure() -> None:
    assert find_controls(body(f"{MARK}{RUN}</w:p><w:p>{RUN}{END}"), "p") == []
    assert find_controls(body(f"{MARK}{END}{RUN}"), "p") == []


def test_the_placeholder_of_word_is_no_text() -> None:
    properties = '<w:tag w:val="figure:4.1"/><w:showingPlcHdr/>'
    (found,) = find_controls(body(control(RUN, properties)), "p")
    assert found.is_placeholder


def test_only_comments_of_the_draft_are_found() -> None:
    comment = '<w:comment w:author="{}"><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:comment>'
    content = body(comment.format("自评系统", "4.1 a") + comment.format("张三", "4.1 b"))
    assert [found.text for found in find_comments(content, "p")] == ["4.1 a"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<a><b></a>", "damaged"),
        (b"", "damaged"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document type"),
        ('<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"), "damaged|UTF-8"),
        (b'<?xml version="1.0" encoding="GB2312"?><a/>', "not UTF-8"),
    ],
)
def test_a_part_that_is_not_sound_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(WrongUse, match=said):
        find_controls(content, "word/document.xml")
