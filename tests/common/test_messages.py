"""Whatever is said of a file is said twice: to its office in Chinese, to an engineer in English."""

import ast
import json
import re
from collections.abc import Iterator
from string import Formatter

import pytest

from flows.common.messages import (
    Message,
    column_message,
    join_chinese,
    load_catalogue,
    message,
    places_message,
)
from flows.common.settings import CHECKOUT

SAYING = ("message", "Rejected", "HeaderMissing", "_reject")
HAN = re.compile("[一-鿿]")
PLACES = [{"sheet": "台账", "row": 5, "column": "amount"}, {"sheet": "台账", "row": 7}, {"row": 8}]


def said_in_code() -> Iterator[tuple[str, str, frozenset[str]]]:
    """Find each place of the code where a message is made: file and line, code, parameters."""
    for path in (CHECKOUT / "flows").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                not isinstance(node, ast.Call)
                or ast.unparse(node.func).split(".")[-1] not in SAYING
            ):
                continue
            named = frozenset(keyword.arg for keyword in node.keywords if keyword.arg)
            first = node.args[0] if node.args else None
            for literal in literals(first):
                yield f"{path.name}:{node.lineno}", literal, named


def literals(node: ast.expr | None) -> Iterator[str]:
    match node:
        case ast.Constant(str() as code):
            yield code
        case ast.IfExp(body=body, orelse=orelse):
            yield from (*literals(body), *literals(orelse))


SAID = sorted(said_in_code())


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize(("place", "code", "named"), SAID)
def test_every_message_of_the_code_stands_in_the_catalogue(
    place: str, code: str, named: frozenset[str]
) -> None:
    texts = load_catalogue()[code]
    assert gaps(texts.english) | gaps(texts.what) | gaps(texts.resolve) == named, place


def test_the_messages_of_the_code_are_found() -> None:
    assert len(SAID) > 80


def test_no_sentences_are_kept_for_what_nobody_says() -> None:
    code = "\n".join(path.read_text("utf-8") for path in (CHECKOUT / "flows").rglob("*.py"))
    said = {found for _, found, _ in SAID}
    for name in load_catalogue().keys() - said:
        prefix = name.partition("_")[0]
        assert f'"{name}"' in code or f'f"{prefix}_{{' in code, name


@pytest.mark.parametrize("code", load_catalogue())
def test_an_office_reads_chinese_and_an_engineer_english(code: str) -> None:
    texts = load_catalogue()[code]
    without_units = texts.english.replace("单位:元", "").replace("单位:万元", "")
    assert not HAN.search(without_units)
    if texts.resolve and code != "rule_broken":  # whose words are those of its suite
        assert HAN.search(texts.what)
        assert HAN.search(texts.resolve)
    assert gaps(texts.what) | gaps(texts.resolve) <= gaps(texts.english) | {"what", "resolve"}


def test_a_message_names_things_in_the_language_of_its_reader() -> None:
    said = message("not_a_table", kind=message("kind_pdf"))
    assert said.english == "the file is a PDF, not a table: ask for it as .xlsx or CSV"
    assert said.chinese == "收到的是PDF文件，不是数据表，请以 .xlsx 或 CSV 格式重报"


def test_an_office_does_not_read_the_names_of_the_warehouse() -> None:
    columns = [column_message("paid_yuan", "金额"), column_message("paid_on", "日期")]
    said = message("column_not_found", columns=columns)
    assert said.what == "表头中找不到列：金额、日期"
    assert said.english == (
        "column not found: 金额 (paid_yuan), 日期 (paid_on); add it to the export and send it again"
    )


def test_the_first_places_are_named_and_the_others_counted() -> None:
    four = [*PLACES, {"row": 9, "detail": "3 → 4"}]
    assert (
        places_message(PLACES).english == "sheet 台账 row 5 column amount; sheet 台账 row 7; row 8"
    )
    assert places_message(four).english.endswith("row 8 and 1 more")
    assert (
        places_message(four).what
        == "工作表“台账”第5行“amount”列；工作表“台账”第7行；第8行，另有1处"
    )
    assert places_message(four[3:]).what == "第9行(3 → 4)"


def test_without_a_place_it_is_the_whole_file() -> None:
    for places in ([], [{}], [{"column": None}]):
        assert places_message(places).english == "the whole file"
        assert places_message(places).what == "整份文件"


def test_what_is_kept_is_read_back_whole() -> None:
    said = message(
        "rule_broken",
        rule="own_total",
        what="明细应与合计相符",
        resolve="请核对",
        places=places_message(PLACES),
    )
    again = Message.from_json(json.loads(json.dumps(said.as_json())))
    assert again.english == "the rule own_total is not kept: sheet 台账 row 5 column amount; " + (
        "sheet 台账 row 7; row 8"
    )
    assert (again.english, again.chinese) == (said.english, said.chinese)


def test_what_a_file_says_cannot_write_into_a_sentence() -> None:
    said = message("caption_stands_twice", caption="{name}", name="{0}")
    assert said.what == "有几列都叫“{name}”，无法判断用哪一列"


def test_several_messages_are_told_one_after_the_other() -> None:
    said = [message("no_rows"), message("workbook_has_password")]
    assert join_chinese(said) == (
        "文件中没有一行数据，也不按 0 计算，请重新导出，确认有数据行后重报；"
        "工作簿设有密码，请取消密码，另存后重报"
    )
