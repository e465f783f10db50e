"""What is missing, sent back or set aside, and what differs from the release before."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from flows.common.labels import WORDS
from flows.exports.html.figures import Figures, View, member_of
from flows.exports.html.numbers import exactly, precise
from flows.landing.acceptance import rejection_in_chinese
from flows.landing.withdrawals import withdrawn_in_chinese
from flows.quality.waivers import waived_sentence
from flows.releases.changes import (
    COMPARED,
    KEY,
    Content,
    causes_of,
    compare,
    contents_of,
    file_changes,
    program_changes,
)
from flows.releases.release import Release
from flows.releases.tables import HIDDEN, NOT_COVERED, Row, Tables

REASONS_SHOWN = 3


def matters_of(figures: Figures) -> list[View]:
    """Say what is open, the gravest first, and which figures each matter touches."""
    return [
        *_missing(figures),
        *_partial(figures),
        *_provisional(figures),
        *_sent_back(figures),
        *_said_of_sources(figures, "waived", "放行", waived_sentence),
        *_said_of_sources(figures, "withdrawn", "撤回", withdrawn_in_chinese),
        *_without_effect(figures),
    ]


def _matter(kind: str, sentence: str, touched: Iterable[View] = ()) -> View:
    return {"kind": kind, "sentence": sentence, "figures": list(touched)}


def _missing(figures: Figures) -> list[View]:
    """List the sources that are missing, by the sentence that says who owes them since when."""
    tables, touched = figures.tables, dict[str, list[View]]()
    for figure in figures.figures:
        value = figures.value(figure)
        for name in json.loads(value["missing_sources"] or "[]"):
            is_covered = name != NOT_COVERED
            gap = _gap(tables, *name.partition(" ")[::2]) if is_covered else value["reason"]
            touched.setdefault(gap, []).append(figures.link(figure))
    matters = [_matter("数据缺失", sentence, found) for sentence, found in touched.items()]
    if figures.district == tables.manifest["district_code"]:
        gaps = tables.manifest["gaps"]
        matters += [_matter("数据缺失", gap) for gap in gaps if gap not in touched]
    return matters


def _gap(tables: Tables, source: str, period: str) -> str:
    """Find the sentence of the manifest on a source that is missing, or say it."""
    if source not in tables.manifest["contracts"]:
        return "该期没有可用的标准" if source == "standards" else f"{source} {period}缺失".strip()
    title = tables.manifest["contracts"][source]["meta"]["title"]
    start = f"{title}({period})缺失"
    own = f"{tables.title_of(source, period)}缺失，由{tables.owner_of(source)}报送"
    return next((one for one in tables.manifest["gaps"] if one.startswith(start)), own)


def _partial(figures: Figures) -> list[View]:
    """List what only a part of the units reported."""
    touched: dict[str, list[View]] = {}
    for figure in figures.figures:
        value = figures.value(figure)
        if value["state"] == "partial":
            sentence = value["reason"] or figures.units(value)
            touched.setdefault(sentence, []).append(figures.link(figure))
    return [_matter("部分上报", sentence, found) for sentence, found in touched.items()]


def _provisional(figures: Figures) -> list[View]:
    """List what makes figures doubtful, with the office that can mend it."""
    tables, touched = figures.tables, dict[str, list[View]]()
    for figure in figures.figures:
        value = figures.value(figure)
        if value["state"] != "provisional":
            continue
        needed = sorted(set(tables.needed(value["indicator_id"], value["evaluation_year"])))
        doubts = [
            f"{tables.title_of(*one)}有{tables.in_doubt[(figures.district, *one)]:,}行待核，"
            f"暂不计入，由{tables.owner_of(one[0])}更正"
            for one in needed
            if (figures.district, *one) in tables.in_doubt
        ]
        doubts += [
            f"{tables.title_of(*one)}{_listed(tables.doubts[(figures.district, *one)])}，"
            f"由{tables.owner_of(one[0])}核实"
            for one in needed
            if (figures.district, *one) in tables.doubts
        ]
        sentence = "；".join(doubts) or value["reason"] or ""
        touched.setdefault(sentence, []).append(figures.link(figure))
    return [_matter("暂定", sentence, found) for sentence, found in touched.items()]


def _listed(reasons: Sequence[str]) -> str:
    """Name the first reasons, and say how many there are."""
    more = f"等{len(reasons)}处" if len(reasons) > REASONS_SHOWN else ""
    return "、".join(reasons[:REASONS_SHOWN]) + more


def _sent_back(figures: Figures) -> list[View]:
    """List the files that did not pass the gates; an older one may stand in force."""
    tables = figures.tables
    if figures.district != tables.manifest["district_code"]:
        return []
    return [
        _matter("退回", rejection_in_chinese(entry, tables.manifest))
        for entry in tables.manifest["rejections"]
    ]


def _said_of_sources(
    figures: Figures, word: str, kind: str, sentence_of: Callable[[Row], str]
) -> list[View]:
    """List what was let through or withdrawn, with the figures that rest on its table."""
    tables, matters = figures.tables, []
    for entry in tables.manifest.get(word, ()):
        needed = (entry["source"], entry["period"])
        touched = [
            figures.link(figure)
            for figure in figures.figures
            if needed in tables.needed(figure["indicator_id"], figure["evaluation_year"])
        ]
        matters.append(_matter(kind, sentence_of(entry), touched))
    return matters


def _without_effect(figures: Figures) -> list[View]:
    """Count in one sentence what is set aside and changes no figure."""
    tables = figures.tables
    counts = {
        tables.title_of(source, period): tables.without_effect.get(
            (figures.district, source, period), 0
        )
        for source, period in tables.sent(figures.district)
    }
    listed = "、".join(f"{title}{count:,}行" for title, count in counts.items() if count)
    total = sum(counts.values())
    return [_matter("搁置", f"{total:,}行不计入，数字不标“暂定”：{listed}")] if total else []


class Compared(NamedTuple):
    """Two releases side by side, and how many parts of the program differ."""

    old: Content
    new: Content
    program: int


def compared(release: Release, previous: Release | None) -> Compared | str:
    """Read a release and the one before; or say in a sentence why they are not compared."""
    if previous is None:
        return "这是本年度的第一次发布，没有上一次可比。"
    if problems := previous.find_problems():
        return f"上次发布{previous.name}已不完整（{len(problems)}处），未作比较。"
    try:
        program = len(program_changes(previous, release))
        return Compared(*contents_of(previous, release), program)
    except (OSError, KeyError, ValueError):  # another version of the program wrote it
        return f"上次发布{previous.name}的表与本次不同，未作比较。"


def changes_of(figures: Figures, both: Compared | str) -> View:
    """Say what differs from the release before, in this district, and why."""
    return _changes(both) if isinstance(both, str) else _differences(figures, *both)


def _changes(sentence: str, **more: Any) -> View:
    return {"sentence": sentence, "causes": [], "lines": [], "definitions": []} | more


def _differences(figures: Figures, old: Content, new: Content, program: int) -> View:
    tables = figures.tables
    files = {
        (source, period): tables.title_of(source, period) + text.partition(": ")[2]
        for (source, period), text in file_changes(old, new).items()
    }
    printed: dict[tuple[Any, ...], list[Row]] = {}
    for figure in figures.figures:
        printed.setdefault(tuple(figure[name] for name in KEY), []).append(figure)
    own = {key for key in old.values.keys() | new.values.keys() if key[0] == figures.district}
    lines, causes = [], dict[str, list[View]]()
    for key in [*printed, *sorted(own - printed.keys())]:
        before, now = old.values.get(key), new.values.get(key)
        if before and now and all(before.get(name) == now.get(name) for name in COMPARED):
            continue
        whole_key = (key[0], tables.manifest["evaluation_year"], *key[1:])
        is_hidden = whole_key in tables.values and tables.values[whole_key]["state"] in HIDDEN
        stood = [_stood(tables, row, is_hidden=is_hidden) for row in (before, now)]
        if stood[0] == stood[1] and not is_hidden:
            stood = [_stood(tables, row, is_hidden=False, whole=True) for row in (before, now)]
        cause = "；".join(causes_of(old, new, key, files))
        links = [figures.link(figure) for figure in printed.get(key, ())]
        causes.setdefault(cause, []).extend(links)
        indicator = new.indicators.get(key[1]) or old.indicators[key[1]]
        title = f"{indicator['title_zh']} {member_of(now or before or {})}".strip()
        lines.append(
            {
                "figures": links,
                "title": printed[key][0]["title"] if links else title,
                "period": key[2],
                "before": stood[0],
                "now": stood[1],
                "cause": cause,
            }
        )
    definitions = [one for one in compare(old, new) if one.startswith(("定义", "标准"))]
    return _changes(
        _summary(old.release.name, lines, files, len(definitions), program),
        causes=[{"text": text, "figures": found} for text, found in causes.items()],
        lines=lines,
        definitions=definitions,
    )


def _summary(
    name: str, lines: list[View], files: Mapping[Any, str], definitions: int, program: int
) -> str:
    printed = sum(bool(line["figures"]) for line in lines)
    parts = [f"与上次发布{name}相比，报告中有{printed}项数字变动"]
    if len(lines) > printed:
        parts.append(f"另有{len(lines) - printed}项未印出的数值变动")
    if files and not lines:
        parts.append(f"数据有更新（{'；'.join(files.values())}），但没有数值变动")
    if definitions:
        parts.append(f"定义或标准有{definitions}处变动")
    if program:
        parts.append(f"程序、库或参数有{program}处变动")
    return "，".join(parts) + "。"


def _stood(tables: Tables, value: Row | None, *, is_hidden: bool, whole: bool = False) -> str:
    """Say how a value stood, and of one that is hidden now only that it is."""
    if value is None:
        return "无"
    if is_hidden or value["state"] in HIDDEN:
        return WORDS[value["state"]] if value["state"] in HIDDEN else "不公开"
    number = value["value_text"] or ""
    if value["value"] is not None:
        indicator = tables.indicators.get(value["indicator_id"])
        shown = (
            precise(value["value"], value, indicator)
            if indicator and not whole
            else exactly(value["value"])
        )
        number = shown + (value["unit"] or "")
    state = "" if value["state"] == "actual" else WORDS[value["state"]]
    judgement = value["judgement"] if value["judgement"] not in ("无标准", "不适用") else ""
    return "，".join(dict.fromkeys(filter(None, (number, state, judgement))))
