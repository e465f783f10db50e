"""What is missing, sent back or quarantined, and what differs from the release before."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from flows.common.errors import ZipingError
from flows.common.labels import HIDDEN, WORDS
from flows.exports.html.figures import Figures, View, member_of
from flows.exports.html.numbers import write_exactly, write_precisely
from flows.landing.outcome import rejection_in_chinese
from flows.landing.withdrawals import withdrawn_in_chinese
from flows.quality.waivers import waived_sentence
from flows.releases.changes import (
    COMPARED,
    Edition,
    causes_of,
    compare,
    file_changes,
    open_editions,
    program_changes,
)
from flows.releases.release import Release
from flows.releases.tables import NOT_COVERED, ReleaseTables, Row, key_of

REASONS_SHOWN = 3


class Issue(NamedTuple):
    """What is open about a release, and the figures that it touches."""

    kind: str
    sentence: str
    figures: Sequence[View] = ()


def list_issues(figures: Figures) -> list[Issue]:
    """Say what is open, the gravest first, and which figures each issue touches."""
    return [
        *_missing(figures),
        *_partial(figures),
        *_provisional(figures),
        *_sent_back(figures),
        *_entries_on_sources(figures, "waived", "放行", waived_sentence),
        *_entries_on_sources(figures, "withdrawn", "撤回", withdrawn_in_chinese),
        *_without_effect(figures),
    ]


def _missing(figures: Figures) -> list[Issue]:
    """List the sources that are missing, by the sentence that says who owes them since when."""
    manifest, touched = figures.manifest, dict[str, list[View]]()
    for figure in figures.figures:
        value = figures.value(figure)
        for name in json.loads(value["missing_sources"] or "[]"):
            is_covered = name != NOT_COVERED
            source, _, period = name.partition(" ")
            sentence = _describe_gap(figures, source, period) if is_covered else value["reason"]
            touched.setdefault(sentence, []).append(figures.link(figure))
    issues = [Issue("数据缺失", sentence, found) for sentence, found in touched.items()]
    if figures.district == manifest["district_code"]:
        issues += [Issue("数据缺失", gap) for gap in manifest["gaps"] if gap not in touched]
    return issues


def _describe_gap(figures: Figures, source: str, period: str) -> str:
    """Find the sentence of the manifest on a source that is missing, or say it."""
    manifest = figures.manifest
    if source not in manifest["contracts"]:
        return "该期没有可用的标准" if source == "standards" else f"{source} {period}缺失".strip()
    title = manifest["contracts"][source]["title"]
    start = f"{title}({period})缺失"
    own = f"{figures.title_of(source, period)}缺失，由{figures.owner_of(source)}报送"
    return next((gap for gap in manifest["gaps"] if gap.startswith(start)), own)


def _partial(figures: Figures) -> list[Issue]:
    """List what only a part of the units reported."""
    touched: dict[str, list[View]] = {}
    for figure in figures.figures:
        value = figures.value(figure)
        if value["state"] == "partial":
            sentence = value["reason"] or figures.units(value)
            touched.setdefault(sentence, []).append(figures.link(figure))
    return [Issue("部分上报", sentence, found) for sentence, found in touched.items()]


def _provisional(figures: Figures) -> list[Issue]:
    """List what makes figures doubtful, with the office that can mend it."""
    doubts, touched = figures.doubts, dict[str, list[View]]()
    for figure in figures.figures:
        value = figures.value(figure)
        if value["state"] != "provisional":
            continue
        needed = sorted(set(figures.needed(value["indicator_id"], value["evaluation_year"])))
        sentences = [
            f"{figures.title_of(source, period)}有"
            f"{doubts.in_doubt[figures.district, source, period]:,}行待核，"
            f"暂不计入，由{figures.owner_of(source)}更正"
            for source, period in needed
            if (figures.district, source, period) in doubts.in_doubt
        ]
        sentences += [
            f"{figures.title_of(source, period)}"
            f"{_join_reasons(doubts.reasons[figures.district, source, period])}，"
            f"由{figures.owner_of(source)}核实"
            for source, period in needed
            if (figures.district, source, period) in doubts.reasons
        ]
        sentence = "；".join(sentences) or value["reason"] or ""
        touched.setdefault(sentence, []).append(figures.link(figure))
    return [Issue("暂定", sentence, found) for sentence, found in touched.items()]


def _join_reasons(reasons: Sequence[str]) -> str:
    """Name the first reasons, and say how many there are."""
    more = f"等{len(reasons)}处" if len(reasons) > REASONS_SHOWN else ""
    return "、".join(reasons[:REASONS_SHOWN]) + more


def _sent_back(figures: Figures) -> list[Issue]:
    """List the files that did not pass the gates; an older one may stand in force."""
    manifest = figures.manifest
    if figures.district != manifest["district_code"]:
        return []
    return [
        Issue("退回", rejection_in_chinese(entry, manifest)) for entry in manifest["rejections"]
    ]


def _entries_on_sources(
    figures: Figures, name: str, kind: str, describe: Callable[[Row], str]
) -> list[Issue]:
    """List what was let through or withdrawn, with the figures that rest on its table."""
    issues = []
    for entry in figures.manifest.get(name, ()):
        needed = (entry["source"], entry["period"])
        touched = [
            figures.link(figure)
            for figure in figures.figures
            if needed in figures.needed(figure["indicator_id"], figure["evaluation_year"])
        ]
        issues.append(Issue(kind, describe(entry), touched))
    return issues


def _without_effect(figures: Figures) -> list[Issue]:
    """Count in one sentence what is quarantined and changes no figure."""
    known = figures.doubts.without_effect
    counts = {
        figures.title_of(source, period): known.get((figures.district, source, period), 0)
        for source, period in figures.sent
    }
    listed = "、".join(f"{title}{count:,}行" for title, count in counts.items() if count)
    total = sum(counts.values())
    return [Issue("搁置", f"{total:,}行不计入，数字不标“暂定”：{listed}")] if total else []


class Comparison(NamedTuple):
    """Two releases side by side, and how many parts of the program differ."""

    old: Edition
    new: Edition
    program: int


def compare_with(
    previous: Release | None, tables: ReleaseTables, manifest: Row
) -> Comparison | str:
    """Read the release before; or say in a sentence why nothing is compared with it."""
    if previous is None:
        return "这是本年度的第一次发布，没有上一次可比。"
    if problems := previous.find_problems():
        return f"上次发布{previous.name}已不完整（{len(problems)}处），未作比较。"
    try:
        program = len(program_changes(previous.manifest, manifest))
        return Comparison(*open_editions(previous, manifest, tables), program)
    except (OSError, KeyError, ValueError, ZipingError):  # another version of the program wrote it
        return f"上次发布{previous.name}的表与本次不同，未作比较。"


def changes_of(figures: Figures, comparison: Comparison | str) -> View:
    """Say what differs from the release before, in this district, and why."""
    if isinstance(comparison, str):
        return {"sentence": comparison, "causes": [], "lines": [], "definitions": []}
    old, new, program = comparison
    files = {
        (source, period): figures.title_of(source, period) + text.partition(": ")[2]
        for (source, period), text in file_changes(old, new).items()
    }
    printed: dict[tuple[Any, ...], list[Row]] = {}
    for figure in figures.figures:
        printed.setdefault(key_of(figure), []).append(figure)
    own = {key for key in old.values.keys() | new.values.keys() if key[0] == figures.district}
    lines, causes = [], dict[str, list[View]]()
    for key in [*printed, *sorted(own - printed.keys())]:
        before, now = old.values.get(key), new.values.get(key)
        if before and now and all(before.get(name) == now.get(name) for name in COMPARED):
            continue
        is_hidden = now is not None and now["state"] in HIDDEN
        states = [_describe_state(figures, row, is_hidden=is_hidden) for row in (before, now)]
        if states[0] == states[1] and not is_hidden:
            states = [
                _describe_state(figures, row, is_hidden=False, whole=True) for row in (before, now)
            ]
        cause = "；".join(causes_of(old, new, key, files))
        links = [figures.link(figure) for figure in printed.get(key, ())]
        causes.setdefault(cause, []).extend(links)
        indicator = new.tables.indicators.get(key[2]) or old.tables.indicators[key[2]]
        title = f"{indicator['title_zh']} {member_of(now or before or {})}".strip()
        lines.append(
            {
                "figures": links,
                "title": printed[key][0]["title"] if links else title,
                "period": key[3],
                "before": states[0],
                "now": states[1],
                "cause": cause,
            }
        )
    definitions = [text for text in compare(old, new) if text.startswith(("定义", "标准"))]
    name = str(old.manifest["release"])
    return {
        "sentence": _summary(name, lines, files, len(definitions), program),
        "causes": [{"text": text, "figures": found} for text, found in causes.items()],
        "lines": lines,
        "definitions": definitions,
    }


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


def _describe_state(
    figures: Figures, value: Row | None, *, is_hidden: bool, whole: bool = False
) -> str:
    """Say how a value stood, and of one that is hidden now only that it is."""
    if value is None:
        return "无"
    if is_hidden or value["state"] in HIDDEN:
        return WORDS[value["state"]] if value["state"] in HIDDEN else "不公开"
    number = value["value_text"] or ""
    if value["value"] is not None:
        indicator = figures.tables.indicators.get(value["indicator_id"])
        shown = (
            write_precisely(value["value"], value, indicator)
            if indicator and not whole
            else write_exactly(value["value"])
        )
        number = shown + (value["unit"] or "")
    state = "" if value["state"] == "actual" else WORDS[value["state"]]
    judgement = value["judgement"] if value["judgement"] not in ("无标准", "不适用") else ""
    return "，".join(dict.fromkeys(filter(None, (number, state, judgement))))
