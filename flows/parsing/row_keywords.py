"""Words by which the rows of a table are told that are no data: totals, notes, parts of others."""

import re
from typing import Any

from flows.common.text import strip_whitespace

TOTAL_WORDS = tuple(
    """
    合计 总计 小计 共计 累计 总数 总额 总和 全国 全省 全市 全县 全区 全州 本页合计 合計 總計
    小計 共計 總數 計 计 総計 総数 total totals grandtotal subtotal sum all wholeterritory
    insgesamt zusammen summe ensemble totalgeneral totalgeral
    """.split()
)
FOOTER_WORDS = tuple(
    """
    填表人 填报人 审核人 制表 单位负责人 注 说明 备注 数据来源 资料来源 Note NOTE Source SOURCE
    Footnote Release Quelle
    """.split()
)
FOOTER = re.compile(f"^({'|'.join(FOOTER_WORDS)})")
MARKED = re.compile(r"^(?:[*†‡#¹²³⁴⁵⁶⁷⁸⁹]+|\(?[0-9a-z]{1,2}\)|©)(?=\s*\D)")  # what a footnote is of
NOTE = re.compile(r"^[^\w(（]|\s=\s|[。.]$")
LONGEST_TOTAL_WORD = 24
SUBSET = re.compile("^(#|其中)")


def is_total_word(cell: Any) -> bool:
    """Say whether a cell says of its row that it is a total, in one language or in two."""
    text = (strip_whitespace(cell) or "").casefold()
    parts = re.findall(r"[a-z]+|[^a-z]+", text) if len(text) <= LONGEST_TOTAL_WORD else ()
    return text in TOTAL_WORDS or (bool(parts) and all(part in TOTAL_WORDS for part in parts))
