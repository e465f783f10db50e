"""Reading written reports: Word, PDF, text, and files that are none of them."""

import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows.common.errors import WrongUse
from flows.report.checking.document import Paragraph, clauses_of, read_document, sentences_of

LINES = [
    "一、工作成效",
    "(一)经费保障",
    "1.投入。全县投入5200万元。",
    "(二)队伍建设",
    "一是培训教师。全年培训300人。",
    "二、特色工作",
    "一是劳动教育。开课50门。",
    "某县人民政府",
]
SENTENCE = "全县新建学校3所，新增学位1200个，改扩建学校5所，新增学位800个，入学需求得到保障。"


def write(folder: Path, content: bytes, name: str = "report.txt") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def texts(path: Path) -> list[str]:
    return [paragraph.text for paragraph in read_document(path)]


def make_word(path: Path, fill: Callable[[Any], None]) -> Path:
    """Write a Word file with what is filled into it."""
    import docx

    document = docx.Document()
    fill(document)
    document.save(str(path))
    return path


def test_a_paragraph_knows_its_place_and_the_titles_above_it(tmp_path: Path) -> None:
    found = read_document(write(tmp_path, "\n".join(LINES).encode()))
    assert [paragraph.place for paragraph in found] == [
        "一", "一(一)", "一(一)1", "一(二)", "一(二)", "二", "二(一)", "二(一)",
    ]  # fmt: skip
    assert found[2].chapter == "一、工作成效"
    assert found[2].heading == "(一)经费保障 1.投入。"
    assert found[2].body == "全县投入5200万元。"
    assert found[2].text[found[2].mark_end :].startswith("投入")
    assert [paragraph.is_heading for paragraph in found][:3] == [True, True, False]


def test_a_text_without_chapters_has_paragraphs_and_no_places(tmp_path: Path) -> None:
    found = read_document(write(tmp_path, "甲县2023年。\n\n乙县2022年。\n".encode()))
    assert [(paragraph.number, paragraph.place) for paragraph in found] == [(1, ""), (2, "")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_text_is_read_in_the_encodings_of_offices(tmp_path: Path, encoding: str) -> None:
    assert texts(write(tmp_path, SENTENCE.encode(encoding))) == [SENTENCE]


def test_widths_and_blanks_do_not_matter_but_a_comma_within_a_number_does(tmp_path: Path) -> None:
    path = write(tmp_path, "　　全县投 入５２，３１０万元,增长２．３７％,其中 3 所。".encode())
    (paragraph,) = read_document(path)
    assert paragraph.text == "全县投入52,310万元，增长2.37%，其中3所。"
    assert paragraph.raw.startswith("全县投 入")


def test_sentences_and_clauses_keep_their_places() -> None:
    text = "甲3所，乙4所。丙5所"
    assert [*sentences_of(text)] == [(0, "甲3所，乙4所。"), (8, "丙5所")]
    assert [text[start : start + len(clause)] for start, clause in clauses_of(text)] == [
        "甲3所", "乙4所", "丙5所",
    ]  # fmt: skip


def test_a_word_file_gives_paragraphs_and_tables_in_their_order(tmp_path: Path) -> None:
    def fill(document: Any) -> None:
        document.add_paragraph("一、基本情况")
        table = document.add_table(rows=3, cols=3)
        rows = [["学段", "学校数（所）", "学生"], ["小学", "35", "12,346"], ["初中", "9所", "—"]]
        for row, cells in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
        document.add_paragraph("以上为2023年数据。")

    found = read_document(make_word(tmp_path / "report.docx", fill))
    assert [(paragraph.kind, paragraph.text) for paragraph in found] == [
        ("body", "一、基本情况"),
        ("table", "学段|学校数(所)|学生"),
        ("table", "小学|学校数35所|学生12,346"),
        ("table", "初中|9所|—"),
        ("body", "以上为2023年数据。"),
    ]


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def put_parts(path: Path, body: str, **parts: str) -> Path:
    """Write a Word file whose body and other parts are given as XML."""
    make_word(path, lambda document: None)
    with zipfile.ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    kept["word/document.xml"] = f"<w:document {W}><w:body>{body}</w:body></w:document>".encode()
    for name, content in parts.items():
        kept[f"word/{name}.xml"] = content.encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in kept.items():
            archive.writestr(name, content)
    return path


def test_footnotes_are_read_and_what_was_deleted_is_not(tmp_path: Path) -> None:
    body = (
        "<w:p><w:r><w:t>投入</w:t></w:r><w:del><w:r><w:delText>51</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>52万元</w:t></w:r></w:ins></w:p>"
    )
    notes = f"<w:footnotes {W}><w:footnote><w:p><w:r><w:t>含4所民办</w:t></w:r></w:p></w:footnote>"
    path = put_parts(tmp_path / "a.docx", body, footnotes=f"{notes}</w:footnotes>")
    assert [(p.kind, p.text) for p in read_document(path)] == [
        ("body", "投入52万元"), ("footnote", "含4所民办"),
    ]  # fmt: skip


def bound(paragraph: Paragraph) -> list[tuple[str, str]]:
    return [(c.figure_id, paragraph.text[c.start : c.end]) for c in paragraph.controls]


def test_the_controls_and_bookmarks_of_a_draft_say_which_figure_a_number_is(
    tmp_path: Path,
) -> None:
    body = (
        "<w:p><w:r><w:t>　　投入 </w:t></w:r>"
        '<w:sdt><w:sdtPr><w:tag w:val="figure:4.1"/></w:sdtPr><w:sdtContent>'
        "<w:r><w:t>52310万元</w:t></w:r></w:sdtContent></w:sdt>"
        '<w:r><w:t>,增长</w:t></w:r><w:bookmarkStart w:id="7" w:name="_figure_4_3__1"/>'
        '<w:r><w:t>2.37%</w:t></w:r><w:bookmarkEnd w:id="7"/></w:p>'
    )
    (paragraph,) = read_document(put_parts(tmp_path / "a.docx", body))
    assert paragraph.text == "投入52310万元，增长2.37%"
    assert bound(paragraph) == [("4.1", "52310万元"), ("4.3", "2.37%")]


def pdf_of(path: Path) -> Path:
    """Make a PDF of a file with LibreOffice."""
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("no LibreOffice here")
    command = [soffice, f"-env:UserInstallation=file://{path.parent}/profile", "--headless"]
    command += ["--convert-to", "pdf", "--outdir", str(path.parent), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return path.with_suffix(".pdf")


@pytest.mark.slow
def test_a_pdf_gives_the_paragraphs_that_its_word_file_has(tmp_path: Path) -> None:
    paragraphs = ["一、工作成效", f"(一)学位。{SENTENCE * 3}", f"(二)经费。{SENTENCE * 2}", "完。"]

    def fill(document: Any) -> None:
        for text in paragraphs:
            document.add_paragraph(text)

    path = pdf_of(make_word(tmp_path / "report.docx", fill))
    assert texts(path) == paragraphs


def test_a_pdf_without_text_says_what_to_check_instead(tmp_path: Path) -> None:
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    path = tmp_path / "scan.pdf"
    writer.write(path)
    with pytest.raises(WrongUse, match=r"scan\.pdf is a picture without text"):
        read_document(path)


def test_a_pdf_with_a_password_is_refused(tmp_path: Path) -> None:
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    writer.encrypt("geheim")
    path = tmp_path / "locked.pdf"
    writer.write(path)
    with pytest.raises(WrongUse, match="has a password"):
        read_document(path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b" \n\t\n", "holds no text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), r"\.doc or \.wps, or has a password"),
        (b"PK\x03\x04" + b"broken", "no sound Word file"),
        (b"%PDF-1.7\nbroken", "damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "neither .docx nor PDF nor a text"),
    ],
)
def test_what_cannot_be_read_ends_in_one_sentence(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    with pytest.raises(WrongUse, match=sentence):
        read_document(write(tmp_path, content))


def test_a_file_that_is_not_there_ends_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"none\.docx: cannot be read"):
        read_document(tmp_path / "none.docx")


def test_a_word_file_that_unpacks_to_what_no_report_is_is_not_read(tmp_path: Path) -> None:
    path = make_word(tmp_path / "bomb.docx", lambda document: None)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/media/x.xml", bytes(40 << 20))
    with pytest.raises(WrongUse, match="no sound Word file"):
        read_document(path)


def test_a_word_file_whose_document_is_cut_is_refused(tmp_path: Path) -> None:
    path = put_parts(tmp_path / "a.docx", "<w:p>")
    with pytest.raises(WrongUse, match="damaged"):
        read_document(path)
