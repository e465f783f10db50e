"""The numbers of a Chinese text: what they say, in which unit, and which of them are no figures."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from flows.report.chinese_numerals import NUMERALS, read_chinese

FIGURE = "figure"
UNREAD = "unread"
SCALES = {"": 1, "十": 10, "百": 100, "千": 1000, "万": 10**4, "百万": 10**6, "千万": 10**7,
          "亿": 10**8, "万亿": 10**12}  # fmt: skip
SCALE = "|".join(sorted(filter(None, SCALES), key=len, reverse=True))

# By the place of the unit in the list: units of one line count the same things.
UNITS = {
    "money": "元",
    "money_per_person": "元每人",  # however it is written: see PER_PERSON
    "percent": "%",
    "percent_points": "百分点 个百分点",
    "people": "人 名 位",
    "person_times": "人次 人·次",
    "schools": "所 家 校 园",
    "times": "次 场 场次 期 轮 家次 课次 批次 批",
    "hours": "学时 课时 个学时 个课时 个培训学时 个教学课时",
    "times_as_much": "倍",
    "coefficient": "系数",
    "years": "年",
    "area": "平方米 万平方米 亩 公顷 平方公里 平方千米",
    "things": "个 镇 乡 街道 社区 项 类 种 件 起 节 门 间 幅 篇 套 台 册 本 张 份 支 条 笔 处 座 "
    "栋 辆 组 队 户 村 班 大 方面 个方面 大方面 盏 部 首 枚 块 面 堂 例 宗 对 团 级 层 车次 站 片 "
    "字 岁 分 公里 米 吨 集 版 款 科 届 部门 个部门 学位 平台 单位 个单位",
}
GROUP = {word: group for group, words in UNITS.items() for word in words.split()}
PER_PERSON = (
    r"元\s*(?:/|每|／)\s*(?:生|人|名|位|学生)(?:\W{0,2}(?:每|/)?(?:学)?(?:年|学期|天|月))?"
    r"|元/(?:年|学期|月)\W?(?:生|人)"
)
UNIT = "|".join([PER_PERSON, *(re.escape(word) for word in sorted(GROUP, key=len, reverse=True))])
COUNTS_WITH_CERTAINTY = {"money", "money_per_person", "percent", "percent_points", "people",
                         "person_times", "schools"}  # fmt: skip

ARABIC = r"\d{1,3}(?:[, ]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?"
CHINESE = f"[{NUMERALS}]+"
BEFORE = {
    "under": "接近 将近 近 不足 不到 少于 低于 未达到 未达",
    "more": "超过 超 突破 多达 高达 逾 大于 高于 多于",
    "at_least": "不少于 不低于 不得少于 不得低于 至少 最少 不小于",
    "at_most": "不超过 不多于 不高于 至多 最多 不大于",
    "about": "大约 约 约为 左右",
}
AFTER = {"over": "余 多", "about": "左右 上下", "at_least": "以上", "at_most": "以下 以内 之内"}
QUALIFIERS = {word: name for name, words in BEFORE.items() for word in words.split()}
BEFORE_WORDS = "|".join(sorted(QUALIFIERS, key=len, reverse=True))
AFTER_WORDS = {word: name for name, words in AFTER.items() for word in words.split()}
SEPARATOR = r"\s*(?:-{1,2}|—{1,2}|–|~|～|至|到)\s*"

DASH = r"\s*(?:-{1,2}|—{1,2}|–|~|至|到|、|和|及)\s*"
YEAR = r"(?:19|20)\d{2}"
# Numbers that no figure is meant by, in the order in which they are looked for.
OTHERS = {
    "document": rf"[〔\[(【〈]\s*{YEAR}\s*[〕\])】〉]\s*(?:第\s*)?\d+\s*号?"
    r"|第?\s*\d+\s*号(?:令|文)?"
    r"|[A-Z]{1,4}(?:/[A-Z])?\s?\d{3,}(?:\.\d+)?-\d{4}",
    "person_id": r"(?<!\d)\d{17}[\dXx](?![\dA-Za-z])",
    "phone": r"(?<![\d.])(?:1[3-9]\d{9}|0\d{2,3}-?\d{7,8}|400-?\d{3}-?\d{4}|12\d{3}(?=热线))"
    r"(?![\d.])",
    "date": rf"{YEAR}(?:年?度?{DASH}(?:{YEAR}|\d{{2}}))?(?:学年度?|年度)"
    rf"|{YEAR}年?{DASH}{YEAR}年?"
    rf"|{YEAR}年(?:[春秋夏冬]季?)?"
    rf"(?:\d{{1,2}}月(?:\d{{1,2}}日)?(?:{DASH}(?:\d{{1,2}}月)?(?:\d{{1,2}}日)?)?)?"
    rf"|{YEAR}[-./]\d{{1,2}}(?:[-./]\d{{1,2}})?(?![\d.%])"
    r"|\d{1,2}月(?:份|\d{1,2}日|底|初|中旬|上旬|下旬)?|\d{1,2}日(?!均)|\d{1,2}:\d{2}(?!\d)"
    rf"|{YEAR}(?=[级届、])|[二一][〇零九]?[{NUMERALS}]{{2}}年"
    rf"|[{NUMERALS}]{{1,2}}月(?:[{NUMERALS}]{{1,3}}日)?",
    "duration": rf"(?:近|连续|前|后|过去|每|未来|历时|为期)?(?:{ARABIC}|{CHINESE})余?多?"
    r"(?:年(?:来|内|期|制|以上|间|级)?|个?(?:学年|学期|月|星期|周|工作日)|小时|天|分钟|日|岁)(?![度])",
    "ratio": r"\d+(?:\.\d+)?\s*:\s*\d+(?:\.\d+)?",
    "ordinal": rf"第\s*(?:\d+|{CHINESE})",
    "name": r"[A-Za-z]+[-+]?\d+(?:\.\d+)*[A-Za-z+]*|\d+(?:[-+×][\dA-Z]+)+|\d+[A-Za-z]+\d*"
    r"|(?<=[“\"])\d{2,4}(?=[”\"])|(?<=[“\"])\d{2,4}(?=”)",
    "marker": r"[附表图件]\s*\d+|(?<=[一-鿿])\d{1,2}(?=:)|[①-⑳]|(?<=\()\d{1,2}(?=\)(?!%))",
}
PARTS = (
    rf"(?P<before>{BEFORE_WORDS})?\s*(?:为|到|了)?\s*"
    rf"(?:(?P<hundredths>百分之)(?P<hundredth>{CHINESE}|{ARABIC})"
    rf"|(?P<fraction>[{NUMERALS}]+分之[{NUMERALS}]+)"
    rf"|(?P<low>{ARABIC})(?P<lowunit>%|万|亿)?(?:{SEPARATOR}(?P<high>{ARABIC}))?"
    rf"|(?P<chinese>{CHINESE}(?:万[{NUMERALS}]*|亿)?))"
)
TAIL = (
    rf"(?P<over1>余|多|来)?(?P<scale>{SCALE})?(?P<over2>余|多)?\s*(?P<unit>{UNIT})?"
    r"(?P<after>左右|上下|以上|以下|以内|之内)?"
)
NUMBER = re.compile(PARTS + TAIL)
OTHER = [(kind, re.compile(pattern)) for kind, pattern in OTHERS.items()]
VAGUE = re.compile(
    rf"[数几上成][十百千万]+(?:余|多)?(?:{UNIT})|若干(?:{UNIT})|[十百千万]+(?:余|多)(?:{UNIT})"
)
EVERY = re.compile(rf"[十百千万]+(?:{UNIT})")  # 每百名学生
RANK = re.compile(r"(?:排名|排|位列|名列|位居|居|列)[^，。;]{0,6}$")
TENTHS = re.compile(
    rf"(?P<tenths>[{NUMERALS}])成(?!立|为|功|果|员|效|绩|长|就|本|人|都|熟|年|套|分)"
)
EACH = re.compile("生均|人均|每生|每人|每名|每学年|年生均")
COEFFICIENT = re.compile("系数")
STARTS = re.compile(rf"[\d{NUMERALS}百千万①-⑳]|数[十百千万]|几[十百千万]|若干|上[百千万]")


@dataclass(frozen=True)
class Number:
    """A number of a text; `value` and `step` are in 元, 人, 个 …, whatever 万 it was written in."""

    start: int
    end: int
    written: str
    kind: str  # figure, or what else it is; unread where it is not understood
    value: Decimal = Decimal(0)
    step: Decimal = Decimal(1)  # what its last written digit counts
    unit: str = ""
    qualifier: str = ""  # over (余), more (超过), under (近), about (约), at_least, at_most
    high: Decimal | None = None  # the upper end of a range
    is_chinese: bool = False

    @property
    def group(self) -> str:
        """What its unit counts."""
        return group_of_unit(self.unit)

    @property
    def is_figure(self) -> bool:
        """Whether it is a number that a warehouse might hold."""
        return self.kind == FIGURE


def group_of_unit(unit: str) -> str:
    """Say what a unit counts; units of one group may stand for each other."""
    if re.fullmatch(PER_PERSON, unit):
        return "money_per_person"
    bare = unit[1:] if len(unit) > 1 and unit[0] in "万亿" else unit
    return GROUP.get(bare, "")


def find_numbers(text: str, start: int = 0) -> list[Number]:
    """Find the numbers of a paragraph behind its own number, each with what it is."""
    found: list[Number] = []
    place = start
    while match := STARTS.search(text, place):
        number = _read_at(text, match.start(), start)
        if number is not None:
            found.append(number)
        place = number.end if number is not None else match.end()
    return found


def _read_at(text: str, place: int, start: int) -> Number | None:
    for kind, pattern in OTHER:
        for begin in range(max(start, place - 6), place + 1):
            match = pattern.match(text, begin)
            if match and match.start() <= place < match.end():
                if kind == "ordinal" and RANK.search(text[:begin]):
                    return _read_rank(match)
                if kind == "duration":
                    return _read_duration(match)
                return Number(match.start(), match.end(), match[0], kind)
    if (match := EVERY.match(text, place)) and text[:place].endswith("每"):
        return Number(place, match.end(), match[0], "phrase")
    if match := VAGUE.match(text, place):
        return _read_vague(match)
    if match := TENTHS.match(text, place):
        value = read_chinese(match["tenths"])
        if value is not None:
            return Number(place, match.end(), match[0], FIGURE, value * 10, Decimal(10), "%")
    return _read_number(text, place, start)


def _read_number(text: str, place: int, start: int) -> Number | None:
    for begin in range(max(start, place - 5), place + 1):
        match = NUMBER.match(text, begin)
        if match and match.start() <= place < match.end() and (match["before"] or begin == place):
            return _from_match(match, text)
    return None


def _from_match(match: re.Match[str], text: str) -> Number | None:
    parts = match.groupdict()
    unit = parts["unit"] or ""
    scale = Decimal(SCALES[parts["scale"] or ""])
    high: Decimal | None = None
    is_chinese = bool(parts["chinese"])
    qualifier = QUALIFIERS.get(parts["before"] or "", "")
    if parts["hundredths"]:
        value, step = _read(str(parts["hundredth"]))
        unit = "%"
    elif parts["fraction"]:
        whole, part = (read_chinese(side) for side in str(parts["fraction"]).split("分之"))
        if not whole or part is None:
            return None
        value, step, unit, qualifier = part * 100 / whole, Decimal(1), "%", "about"
    elif is_chinese:
        value, step = _read(parts["chinese"])
        if not unit or re.fullmatch("[一二三四五六七八九两]{2,}", parts["chinese"]):
            return None  # 一是, 三会一课, 三五个, 唯一一所: words, not numbers
    else:
        value, step = _read(parts["low"])
        if parts["high"]:
            high = _read(parts["high"])[0]
        if parts["lowunit"] == "%":
            unit = unit or "%"
        elif parts["lowunit"]:
            if high is not None:
                scale = scale if parts["scale"] else Decimal(SCALES[parts["lowunit"]])
            else:
                scale *= SCALES[parts["lowunit"]]
    if unit == "元" and EACH.search(re.split("[，。;:]", text[: match.start()])[-1]):
        unit = "元/生"
    if not unit and COEFFICIENT.search(re.split("[，。;:]", text[: match.start()])[-1]):
        unit = "系数"
    if parts["over1"] or parts["over2"]:
        qualifier = qualifier or "over"
    if parts["after"]:
        qualifier = qualifier or AFTER_WORDS[parts["after"]]
    kind = FIGURE
    if is_chinese and _is_phrase(value, unit, qualifier, parts):
        kind = "phrase"
    elif unit.endswith("部门"):
        kind = "phrase"  # 等5部门: who did it together
    elif not unit and not is_chinese:
        kind = UNREAD
    return Number(
        match.start(),
        match.end(),
        match[0].strip(),
        kind,
        value * scale,
        step * scale,
        unit,
        qualifier,
        None if high is None else high * scale,
        is_chinese,
    )


def _is_phrase(value: Decimal, unit: str, qualifier: str, parts: dict[str, str | None]) -> bool:
    """Whether a number in characters is a turn of speech: 一个学位, 四个意识, 一级."""
    if unit == "大":  # 二十大, 七大
        return True
    if qualifier or parts["scale"] or value >= 20:
        return False
    return value <= 1 or group_of_unit(unit) not in COUNTS_WITH_CERTAINTY


@lru_cache(maxsize=4096)
def _read(written: str) -> tuple[Decimal, Decimal]:
    """Read a number and what its last digit counts."""
    if (chinese := read_chinese(written)) is not None:
        return chinese, Decimal(1)
    if written[:1] not in "0123456789":  # 一万三千: read by its parts
        return Decimal(0), Decimal(1)
    value = Decimal(re.sub("[, ]", "", written))
    return value, Decimal(1).scaleb(int(value.as_tuple().exponent))


def _read_rank(match: re.Match[str]) -> Number:
    digits = match[0].removeprefix("第").strip()
    value, step = _read(digits)
    return Number(match.start(), match.end(), match[0], FIGURE, value, step, "名次")


def _read_duration(match: re.Match[str]) -> Number:
    digits = re.search(f"{ARABIC}|{CHINESE}", match[0])
    value = _read(digits[0])[0] if digits else Decimal(0)
    unit = "年" if "年" in match[0] else ""
    return Number(match.start(), match.end(), match[0], "duration", value, Decimal(1), unit)


def _read_vague(match: re.Match[str]) -> Number:
    """Read 数十名, 几百人, 百余所: without a number that could be compared, but for the last."""
    if match[0][0] in "十百千万":
        digits = re.match("[十百千万]+", match[0])
        unit = re.search(f"(?:{UNIT})$", match[0])
        value = read_chinese(digits[0]) if digits else None
        if value and unit:
            return Number(match.start(), match.end(), match[0], FIGURE, value, value, unit[0],
                          "over", None, True)  # fmt: skip
    return Number(match.start(), match.end(), match[0], UNREAD)
