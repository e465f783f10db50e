"""The draft as Word has it: controls, marks, comments, layout, and the same bytes again."""

import shutil
import subprocess
from pathlib import Path

import docx
import pytest
from docx.oxml.ns import qn
from page_parts import release
from report_parts import (
    FIRST,
    Tables,
    comments_of,
    content,
    controls_of,
    drafted,
    facts,
    narrative,
    opened,
    parts_of,
    texts_of,
    zipped,
)

from flows.common.errors import WrongUse
from flows.releases.tables import ReleaseTables
from flows.report.draft import make_draft
from flows.report.marking import read_origin
from flows.report.template import make_template


def test_figures_stand_in_controls_with_their_tags(tmp_path: Path) -> None:
    made = drafted(tmp_path)
    assert texts_of(made.content)[4] == (
        "全年经费2069万元，增长8.90%。幼儿园（公办）502.15元/生·年，初中950.00元/生·年。"
    )
    assert controls_of(made.content) == [
        ("figure:4.1", "2069万元", False),
        ("figure:4.2", "8.90%", False),
        ("figure:4.3", "502.15元/生·年", False),
        ("figure:4.3.3", "950.00元/生·年", True),
        ("figure:4.4", "数据缺失", True),
        ("figure:4.6", "＊", True),
    ]


def test_a_comment_names_office_file_and_due_date(tmp_path: Path) -> None:
    notice, provisional, missing, few = comments_of(drafted(tmp_path).content)
    assert FIRST in notice
    assert provisional == (
        "4.3.3 图5 暂定：教育经费统计（2023），由财政局教科文股报送或更正，"
        "期限2024-04-30，经费.xlsx"
    )
    assert missing == "4.4 图6 数据缺失：教育经费统计（2021）缺失，由财政局教科文股报送"
    assert few == "4.6 图8 不公开（人数过少）：涉及1至4人"


def test_ids_of_controls_and_comments_differ(tmp_path: Path) -> None:
    body = opened(drafted(tmp_path).content).element.body
    controls = [node.find(qn("w:id")).get(qn("w:val")) for node in body.iter(qn("w:sdtPr"))]
    comments = [node.get(qn("w:id")) for node in body.iter(qn("w:commentRangeStart"))]
    assert len(set(controls)) == len(controls) == 6
    assert len(set(comments)) == len(comments) == 4


def test_an_unknown_figure_is_marked_and_commented(tmp_path: Path) -> None:
    made = drafted(tmp_path, narrative("一", 1, "有{9.9}。"))
    assert "有〔无图号9.9〕。" in texts_of(made.content)
    assert comments_of(made.content)[1] == "报告提纲没有图号9.9，请更正文稿。"


def test_no_withheld_number_can_get_into_a_draft(tmp_path: Path) -> None:
    def leak(given: Tables) -> None:
        for row in given["report_figures"]:
            if row["figure_id"] in ("5.8", "5.9"):
                row["text"] = "31415"

    made = drafted(tmp_path, narrative("一(二)5", 1, "优生率{5.8}。上线率{5.9}。"), change=leak)
    assert b"31415" not in b"".join(parts_of(made.content).values())


def test_a_text_with_signs_of_xml_and_of_jinja_stays_text(tmp_path: Path) -> None:
    made = drafted(tmp_path, narrative("一", 1, "<w:t>&lt {{ year }} {% if x %}\x0b经费{4.1}"))
    assert "<w:t>&lt {{ year }} {% if x %}" in texts_of(made.content)
    assert "经费2069万元" in texts_of(made.content)


def test_the_same_release_gives_the_same_bytes(tmp_path: Path) -> None:
    assert drafted(tmp_path / "a").content == drafted(tmp_path / "b").content


def test_the_file_says_what_it_was_made_from(tmp_path: Path) -> None:
    origin = read_origin(parts_of(drafted(tmp_path).content))
    assert origin
    assert (origin.district, origin.year, origin.release) == ("519900", 2023, FIRST)
    assert dict(origin.printed) == {
        "4.1": "2069万元", "4.2": "8.90%", "4.3": "502.15元/生·年", "4.3.3": "950.00元/生·年",
        "4.4": "数据缺失", "4.6": "＊",
    }  # fmt: skip


def test_the_layout_is_that_of_the_national_standard(tmp_path: Path) -> None:
    document = opened(drafted(tmp_path).content)
    (section,) = document.sections
    size = [round(length.mm) for length in (section.page_width, section.page_height)]
    assert size == [210, 297]
    margins = [getattr(section, f"{side}_margin") for side in ("top", "bottom", "left", "right")]
    assert [round(margin.mm, 1) for margin in margins] == [37, 35, 28, 26]
    body = next(p for p in document.paragraphs if p.text.startswith("全年经费"))
    own = body.style.element.pPr
    spacing, indent = own.find(qn("w:spacing")), own.find(qn("w:ind"))
    assert (spacing.get(qn("w:line")), spacing.get(qn("w:lineRule"))) == (
        "579",
        "exact",
    )  # 28.95 pt
    assert indent.get(qn("w:firstLineChars")) == "200"
    fonts = {p.style.name: p.style.element.rPr.rFonts.get(qn("w:eastAsia"))
             for p in document.paragraphs}  # fmt: skip
    assert fonts == {"Title": "方正小标宋简体", "Heading 1": "黑体", "Heading 2": "楷体_GB2312",
                     "Heading 3": "仿宋_GB2312", "Normal": "仿宋_GB2312"}  # fmt: skip
    assert " PAGE " in section.footer._element.xml
    assert " PAGE " in section.even_page_footer._element.xml
    assert section.header.paragraphs[0].text == "样例数据"
    font_table = parts_of(drafted(tmp_path / "b").content)["word/fontTable.xml"].decode()
    assert 'w:name="仿宋_GB2312"><w:altName w:val="仿宋,' in font_table


def test_a_province_can_have_a_template_of_its_own(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("机密★一年 {{ district }}{{ year }}年 {{ release }}")
    document.add_paragraph("{%p for paragraph in paragraphs %}")
    document.add_paragraph("{{r paragraph.content }}")
    document.add_paragraph("{%p endfor %}")
    path = tmp_path / "own.docx"
    document.save(str(path))
    made = release(tmp_path, content(), facts())
    found = make_draft(ReleaseTables.load(made.folder), made.manifest, path)
    assert texts_of(found.content)[0] == f"机密★一年 样例区2023年 {FIRST}"
    assert controls_of(found.content)[0] == ("figure:4.1", "2069万元", False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ nothing.there }}", "own.docx cannot be filled in"),
        ("{% if x %}", "own.docx cannot be filled in"),
        ("{{ ''.__class__.__mro__ }}", "own.docx cannot be filled in"),
    ],
)
def test_a_broken_template_is_refused_with_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    document = docx.Document()
    document.add_paragraph(text)
    path = tmp_path / "own.docx"
    document.save(str(path))
    made = release(tmp_path, content(), facts())
    with pytest.raises(WrongUse, match=said):
        make_draft(ReleaseTables.load(made.folder), made.manifest, path)


@pytest.mark.parametrize("lost", ["_rels/.rels", "word/styles.xml", "word/header1.xml"])
def test_a_template_that_lost_a_part_is_refused(tmp_path: Path, lost: str) -> None:
    path = tmp_path / "own.docx"
    parts = parts_of(make_template())
    path.write_bytes(zipped({name: part for name, part in parts.items() if name != lost}))
    made = release(tmp_path, content(), facts())
    with pytest.raises(WrongUse, match=r"own\.docx cannot be filled in"):
        make_draft(ReleaseTables.load(made.folder), made.manifest, path)


def test_a_template_that_is_no_word_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.docx"
    path.write_bytes(zipped({"a.txt": b"a"}))
    made = release(tmp_path, content(), facts())
    with pytest.raises(WrongUse, match=r"own\.docx is no Word file"):
        make_draft(ReleaseTables.load(made.folder), made.manifest, path)


@pytest.mark.slow
def test_it_is_printed_on_pages_of_a4(tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("soffice (LibreOffice) is missing: the draft was not rendered")
    (tmp_path / "draft.docx").write_bytes(drafted(tmp_path).content)
    subprocess.run(
        [office, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless",
         "--convert-to", "pdf", "--outdir", str(tmp_path), str(tmp_path / "draft.docx")],
        capture_output=True, check=True, timeout=240,
    )  # fmt: skip
    from pypdf import PdfReader

    pages = PdfReader(tmp_path / "draft.pdf").pages
    assert {(round(page.mediabox.width), round(page.mediabox.height)) for page in pages} == {
        (595, 842)
    }
    assert "全年经费2069" in pages[0].extract_text().replace(" ", "")
