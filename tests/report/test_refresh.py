"""A draft that people edited gets later figures, and nothing else of it changes."""

import io
import shutil
import subprocess
from collections.abc import Callable, Sequence
from decimal import Decimal
from difflib import SequenceMatcher
from pathlib import Path

import docx
import pytest
from report_parts import (
    FIRST,
    SECOND,
    Tables,
    changed_part,
    comments_of,
    content,
    controls_of,
    opened,
    parts_of,
    sealed_releases,
    texts_of,
    zipped,
)

from flows.common.errors import WrongUse
from flows.common.settings import Workspace
from flows.releases.release import Release
from flows.releases.tables import ReleaseTables
from flows.report.draft import make_draft
from flows.report.refresh import Refreshed, list_refreshed, refresh_draft

BODY = "word/document.xml"


def moved() -> Tables:
    """The release of a later night: 4.1 rose, the doubt about 4.3.3 is cleared."""
    given = content()
    for row in given["report_figures"]:
        row["text"] = {("4.1", 1): "3000万元", ("4.3", 3): "951.00元/生·年"}.get(
            (row["figure_id"], row["part"]), row["text"]
        )
    for row in given["report_values"]:
        if row["indicator_id"] == "funds" and row["period"] == "2023":
            row["value"] = Decimal(30000000)
        if row["member"] == "普通初中":
            row |= {"state": "actual", "value": Decimal(951)}
        if row["member"] == "幼儿园":
            row["state"] = "provisional"
    return given


@pytest.fixture
def releases(tmp_path: Path) -> Sequence[Release]:
    return sealed_releases(tmp_path, content(), moved())


@pytest.fixture
def made(releases: Sequence[Release]) -> bytes:
    """The draft of the first release."""
    first = releases[0]
    return make_draft(ReleaseTables.load(first.folder), first.manifest).content


@pytest.fixture
def refreshed(tmp_path: Path, releases: Sequence[Release]) -> Callable[..., Refreshed]:
    """Refresh a draft, as the command does."""

    def refresh(edited: bytes, *, replace_typed: bool = False) -> Refreshed:
        path = tmp_path / "edited.docx"
        path.write_bytes(edited)
        return refresh_draft(Workspace(tmp_path), path, None, replace_typed=replace_typed)

    assert len(releases) == 2
    return refresh


def test_figures_change_and_each_change_has_its_cause(
    made: bytes, refreshed: Callable[..., Refreshed]
) -> None:
    result = refreshed(made)
    assert [(c.figure, c.was, c.now) for c in result.changes] == [
        ("4.1", "2069万元", "3000万元"), ("4.3.3", "950.00元/生·年", "951.00元/生·年"),
    ]  # fmt: skip
    assert result.changes[0].because == "程序或库版本有变动"
    assert result.changes[1].because == "数据状态有变动(缺失、待核或逾期)"
    assert (result.made_from, result.release, result.controls) == (FIRST, SECOND, 6)
    assert "4.1 图1：2069万元 → 3000万元；原因：程序或库版本有变动" in list(list_refreshed(result))
    assert controls_of(result.content)[:4] == [
        ("figure:4.1", "3000万元", False),
        ("figure:4.2", "8.90%", False),
        ("figure:4.3", "502.15元/生·年", True),
        ("figure:4.3.3", "951.00元/生·年", False),
    ]


def test_the_prose_stays_byte_for_byte(made: bytes, refreshed: Callable[..., Refreshed]) -> None:
    edited = changed_part(made, BODY, "全年经费", "本年度，我区教育经费达到")
    result = refreshed(edited)
    before, after = parts_of(edited), parts_of(result.content)
    assert {name for name in before if before[name] != after[name]} == {
        BODY, "word/comments.xml", "docProps/custom.xml",
    }  # fmt: skip
    assert before.keys() == after.keys()
    old, new = before[BODY].decode(), after[BODY].decode()
    steps = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    gone = "".join(old[a:b] for kind, a, b, _, _ in steps if kind != "equal")
    assert gone == "2" + "69" + '<w:highlight w:val="yellow"/>'.replace("<w:", "w:", 1) + "<" + "0"
    assert "本年度，我区教育经费达到3000万元" in texts_of(result.content)[4]


def test_comments_say_what_holds_by_now(made: bytes, refreshed: Callable[..., Refreshed]) -> None:
    document = opened(made)
    document.add_comment(document.paragraphs[4].runs, "4.1 这里请财政局再核", "张三", "张")
    edited = io.BytesIO()
    document.save(edited)
    found = comments_of(refreshed(edited.getvalue()).content)
    assert f"4.3.3 图5 已有数（发布{SECOND}），本批注可删除" in found
    assert "4.1 这里请财政局再核" in found


def test_what_somebody_typed_over_is_kept_and_told(
    made: bytes, refreshed: Callable[..., Refreshed]
) -> None:
    edited = changed_part(made, BODY, ">2069万元<", ">近0.2亿元<")
    result = refreshed(edited)
    (typed,) = result.typed_over
    assert (typed.figure, typed.made_with, typed.typed, typed.now, typed.is_replaced) == (
        "4.1", "2069万元", "近0.2亿元", "3000万元", False,
    )  # fmt: skip
    assert controls_of(result.content)[0][1] == "近0.2亿元"
    assert "4.1" not in {change.figure for change in result.changes}
    assert "近0.2亿元" in next(line for line in list_refreshed(result) if line.startswith("手写"))
    again = refreshed(result.content)
    assert [typed.figure for typed in again.typed_over] == ["4.1"]  # told until it is settled
    replaced = refreshed(edited, replace_typed=True)
    assert controls_of(replaced.content)[0][1] == "3000万元"
    assert replaced.typed_over[0].is_replaced


def test_an_emptied_control_is_typed_over(made: bytes, refreshed: Callable[..., Refreshed]) -> None:
    edited = changed_part(made, BODY, ">8.90%<", "><")
    (typed,) = refreshed(edited).typed_over
    assert (typed.figure, typed.typed) == ("4.2", "")


def test_a_figure_that_is_withheld_by_now_goes_even_where_it_was_typed_over(
    tmp_path: Path, made: bytes
) -> None:
    shutil.rmtree(tmp_path / "warehouse")
    given = moved()
    for row in given["report_figures"]:
        if row["figure_id"] == "4.1":
            row |= {"text": "不公开", "publish": "withheld"}
    sealed_releases(tmp_path, content(), given)
    path = tmp_path / "edited.docx"
    path.write_bytes(changed_part(made, BODY, ">2069万元<", ">2069.02万元<"))
    result = refresh_draft(Workspace(tmp_path), path, None, replace_typed=False)
    assert controls_of(result.content)[0] == ("figure:4.1", "不公开", False)


def test_a_deleted_control_is_told(made: bytes, refreshed: Callable[..., Refreshed]) -> None:
    document = opened(made)
    for paragraph in document.paragraphs:
        if paragraph.text.startswith("另有"):
            paragraph._p.getparent().remove(paragraph._p)
    edited = io.BytesIO()
    document.save(edited)
    result = refreshed(edited.getvalue())
    assert result.deleted == ["4.4", "4.6"]
    assert "控件已删除：4.4，此后不再更新" in list(list_refreshed(result))
    assert refreshed(result.content).deleted == []


def test_a_figure_that_left_the_outline_keeps_its_words(tmp_path: Path, made: bytes) -> None:
    shutil.rmtree(tmp_path / "warehouse")
    given = moved()
    given["report_figures"] = [r for r in given["report_figures"] if r["figure_id"] != "4.2"]
    sealed_releases(tmp_path, content(), given)
    path = tmp_path / "a.docx"
    path.write_bytes(made)
    result = refresh_draft(Workspace(tmp_path), path, None, replace_typed=False)
    assert result.unknown == ["4.2"]
    assert ("figure:4.2", "8.90%", False) in controls_of(result.content)


def test_without_the_release_of_the_draft_the_cause_is_said_to_be_unknown(
    made: bytes, releases: Sequence[Release], refreshed: Callable[..., Refreshed]
) -> None:
    shutil.rmtree(releases[0].folder)
    result = refreshed(made)
    assert result.changes[0].because == f"制稿时的发布{FIRST}已不在，原因无从比较"


def test_refreshed_twice_nothing_is_left_to_change(
    made: bytes, refreshed: Callable[..., Refreshed]
) -> None:
    once = refreshed(made)
    twice = refreshed(once.content)
    assert twice.changes == []
    assert twice.content == once.content


def test_a_text_in_several_runs_becomes_one(
    made: bytes, refreshed: Callable[..., Refreshed]
) -> None:
    edited = changed_part(
        made, BODY, "2069万元</w:t></w:r>",
        "2069</w:t></w:r><w:r><w:rPr><w:b/><w:u w:val=\"single\"/></w:rPr><w:t>万元</w:t></w:r>",
    )  # fmt: skip
    result = refreshed(edited)
    assert result.typed_over == []
    assert controls_of(result.content)[0] == ("figure:4.1", "3000万元", False)


def plain() -> bytes:
    stream = io.BytesIO()
    docx.Document().save(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda made: plain(), "is no draft of ziping"),
        (lambda made: made[: len(made) // 2], "cut short or damaged"),
        (lambda made: b"", "cut short or damaged"),
        (lambda made: zipped({"a.txt": b"x"}), "is no Word file"),
        (lambda made: zipped({**parts_of(made), BODY: parts_of(made)[BODY][:-9]}), "damaged"),
        (
            lambda made: zipped({**parts_of(made), "word/media/a.bin": bytes(300_000_000)}),
            "more than 200|times its size",
        ),
        (
            lambda made: changed_part(
                made, BODY, "<w:document ", '<!DOCTYPE a [<!ENTITY b "c">]><w:document '
            ),
            "declares a document type",
        ),
        (
            lambda made: zipped({n: p for n, p in parts_of(made).items() if "custom" not in n}),
            "is no draft of ziping",
        ),
    ],
)
def test_what_is_no_sound_draft_is_refused(
    made: bytes, refreshed: Callable[..., Refreshed], edit: Callable[[bytes], bytes], said: str
) -> None:
    with pytest.raises(WrongUse, match=said):
        refreshed(edit(made))


def test_a_draft_of_another_district_is_refused(
    made: bytes, refreshed: Callable[..., Refreshed]
) -> None:
    edited = changed_part(made, "docProps/custom.xml", ">519900<", ">110101<")
    with pytest.raises(WrongUse, match="a draft of district 110101"):
        refreshed(edited)


@pytest.mark.slow
def test_a_draft_that_libreoffice_saved_is_refreshed(
    tmp_path: Path, made: bytes, refreshed: Callable[..., Refreshed]
) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("soffice (LibreOffice) is missing: nothing was saved by it")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "draft.docx").write_bytes(made)
    subprocess.run(
        [office, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless",
         "--convert-to", "docx:MS Word 2007 XML", "--outdir", str(tmp_path),
         str(tmp_path / "in" / "draft.docx")],
        capture_output=True, check=True, timeout=240,
    )  # fmt: skip
    result = refreshed((tmp_path / "draft.docx").read_bytes())
    assert [change.figure for change in result.changes] == ["4.1", "4.3.3"]
    assert (result.typed_over, result.deleted, result.controls) == ([], [], 6)
    assert controls_of(result.content)[0] == ("figure:4.1", "3000万元", False)
    assert [marked for _, _, marked in controls_of(result.content)] == [
        False, False, True, False, True, True,
    ]  # fmt: skip
