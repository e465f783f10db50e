"""Whatever is said of a file that cannot be read, its office reads it in Chinese."""

import ast
import re
from collections.abc import Iterator

import corpus
import pytest

from flows.common.errors import Rejected
from flows.common.settings import CHECKOUT
from flows.landing import rejection_messages
from flows.landing.rejection_messages import in_chinese, rejected_in_chinese, told_in_chinese
from flows.parsing.headers import HeaderMissing
from flows.readers.detection import OTHERS

LIBRARY = CHECKOUT / "flows"
RAISED = {Rejected.__name__, HeaderMissing.__name__}
SUITE_ERROR = "/somewhere/expectations/finance/meals.yml: the suite cannot be read"
AGGREGATE = (
    "suite finance.meals: the aggregate total cannot be computed: compare the columns that it "
    "names with those of the table"
)
NO_ROW = "it came without a single row, and nothing is counted as 0 for it"
RENAMED = (
    "where the last file had 金额 (paid_yuan) this one has 数额: if they mean the same, add it to "
    "`captions` in the contract"
)
SAID_ELSEWHERE = (SUITE_ERROR, AGGREGATE, NO_ROW, RENAMED)
HAN = re.compile("[一-鿿]")


def sentences() -> Iterator[tuple[str, list[str]]]:
    """Find in the code each sentence about a file, with what is put into its gaps."""
    for path in LIBRARY.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id=name), args=[text, *_]) if name in RAISED:
                    yield from filled(text)
                case ast.Tuple(elts=[ast.Constant("rejected"), text]):
                    yield from filled(text)
                case ast.Call(
                    func=ast.Attribute(value=ast.Attribute(attr="rejections"), attr="append"),
                    args=[ast.JoinedStr() as text],
                ):
                    yield from filled(text)


def filled(text: ast.expr) -> Iterator[tuple[str, list[str]]]:
    match text:
        case ast.Constant(str() as sentence):
            yield sentence, []
        case ast.JoinedStr(parts):
            if not any(re.search(r"\w", ast.unparse(one)) for one in parts if is_word(one)):
                return  # the words of a rule, which are Chinese
            gaps = {n: f"«{n}»" for n, one in enumerate(parts) if not isinstance(one, ast.Constant)}
            told = [gaps.get(n) or ast.literal_eval(one) for n, one in enumerate(parts)]
            yield "".join(told), list(gaps.values())
        case ast.BoolOp(values=values):
            for one in values:
                yield from filled(one)
        case ast.IfExp(body=body, orelse=orelse):
            yield from [*filled(body), *filled(orelse)]
        case _:  # a sentence that was made elsewhere, and is found there
            assert ast.unparse(text) in {"missing", "message[1]", "str(error)"}, ast.unparse(text)


def is_word(part: ast.expr) -> bool:
    return isinstance(part, ast.Constant)


FOUND = sorted(dict(sentences()).items())


@pytest.mark.parametrize(("sentence", "gaps"), FOUND)
def test_every_sentence_of_the_code_has_a_chinese_one(sentence: str, gaps: list[str]) -> None:
    words = in_chinese(sentence)
    assert words
    assert HAN.search(words.what)
    assert HAN.search(words.resolve)
    # The name of a column in the warehouse is nothing to an office, and of an error less so.
    told = [gap for gap in gaps if gap in "".join(words)]
    assert len(told) >= len(gaps) - len(re.findall(r"\(«\d+»\)", sentence))


def test_the_sentences_of_the_code_are_found() -> None:
    assert len(FOUND) > 50


@pytest.mark.parametrize("sentence", sorted(set(corpus.known_sentences().values())))
def test_every_sentence_of_the_corpus_has_a_chinese_one(sentence: str) -> None:
    words = in_chinese(sentence)
    assert words
    assert "None" not in "".join(words)
    assert {*re.findall(r"(?<=line )\d+", sentence)} <= {*re.findall(r"\d+", words.what)}


def test_no_words_are_kept_for_what_nobody_says() -> None:
    said = [*(one for one, _ in FOUND), *corpus.known_sentences().values(), *SAID_ELSEWHERE]
    for pattern, words in rejection_messages._table():
        if words.resolve:
            assert any(map(pattern.fullmatch, said)), words.what


def test_what_a_sentence_names_is_named_in_chinese() -> None:
    for _, kind in OTHERS:
        words = in_chinese(f"the file is {kind}, not a table: ask for it as .xlsx or CSV")
        assert words
        assert kind not in words.what
    twice = in_chinese(
        "several columns are called 金额 (amount): give each a name of its own and send the file "
        "again"
    )
    assert twice == ("有几列都叫“金额”，无法判断用哪一列", "请给每列各自不同的列名后重报")
    unsaid = in_chinese(
        "nothing says 填报单位 (office) for the sheet 台账: fill it in and send the file again"
    )
    assert unsaid == ("工作表“台账”没有写明“填报单位”", "请补填后重报")


def test_a_caption_cannot_write_into_the_words() -> None:
    words = in_chinese("column not found: {what} (a); add it to the export and send it again")
    assert words
    assert words.what == "表头中找不到列：{what} (a)"


def test_a_rule_that_is_wrong_is_not_laid_to_the_office() -> None:
    words = in_chinese(SUITE_ERROR)
    assert words
    assert "不必重报" in words.resolve
    assert "somewhere" not in words.what
    assert in_chinese("what an older version said") is None


def test_several_reasons_are_told_one_after_the_other() -> None:
    missing = "column not found: 金额 (paid_yuan); add it to the export and send it again"
    limit = "2 of 14 rows would be set aside, more than the quarantine_limit allows"
    places = f"{limit}: sheet 台账 row 5; sheet 台账 row 7 and 1 more"
    own = "各行日期所在年份应与文件所报年份一致: row 3 column paid_on (2023 → 2022)"
    told = told_in_chinese("; ".join((missing, RENAMED, NO_ROW, places, own)))
    assert told == (
        "表头中找不到列：金额 (paid_yuan)，请在导出中补上后重报；"
        "上一份文件中的列“金额”，这一份写作“数额”，请把列名改回后重报；"
        "含义相同的，请工程师在契约的 captions 中补上新列名；"
        "文件中没有一行数据，也不按 0 计算，请重新导出，确认有数据行后重报；"
        "14行中有2行要搁置，超过契约规定的比例（工作表“台账”第5行；工作表“台账”第7行，另有1处），"
        "请先按逐行清单改正后重报；"
        "各行日期所在年份应与文件所报年份一致: 第3行“paid_on”列(2023 → 2022)"
    )


def test_what_was_rejected_is_told_by_its_title_and_only_one_file_alone_may_still_stand() -> None:
    manifest = {
        "contracts": {
            "schools.schools": {"meta": {"title": "学校代码库"}},
            "schools.forms": {"meta": {"title": "统计报表", "parts": True}},
        },
        "deliveries": [
            {"source": "schools.schools", "period": "standing"},
            {"source": "schools.forms", "period": "2023-09-01"},
        ],
    }
    told = [
        rejected_in_chinese(f"{table}: a.xlsx rejected: {reason}", manifest)
        for table, reason in (
            ("schools.schools standing", "the workbook has a password: save it without one"),
            ("schools.forms 2023-09-01", "the file is cut short or damaged: send it again"),
            ("schools.forms 2024-09-01", "关键列重复。 请改正。"),
            ("schools.schools standing", f"{NO_ROW}; 至少要有一行。"),
        )
    ]
    assert told == [
        "学校代码库（长期）a.xlsx未通过检查，仍用上一份：工作簿设有密码，请取消密码，另存后重报",
        "统计报表（2023-09-01）a.xlsx未通过检查：文件不完整或已损坏，请重新导出或另存后重报整份文件",
        "统计报表（2024-09-01）a.xlsx未通过检查：关键列重复。 请改正。",
        "学校代码库（长期）a.xlsx未通过检查，仍用上一份：文件中没有一行数据，也不按 0 计算，"
        "请重新导出，确认有数据行后重报；至少要有一行。",
    ]
    assert rejected_in_chinese("退一份。", manifest) == "退一份。"
