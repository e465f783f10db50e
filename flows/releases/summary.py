"""What a release has to say in a few sentences, the gravest first; the page says more of each."""

from collections import Counter
from collections.abc import Sequence

from flows.common.labels import WORDS
from flows.releases.tables import Row, count_coverage, is_covered, number_figure

JUDGED = ("达标", "未达标", "无法判定")
STATES = ("actual", "provisional", "partial", "missing", "not_applicable", "suppressed", "withheld")
MOST_NAMED = 5  # figures in one sentence


def describe_judgements(figures: Sequence[Row]) -> str:
    """Count the figures that have a standard, and those that meet it, miss it, or cannot tell."""
    counts = Counter(figure["judgement"] for figure in figures)
    total = sum(counts[word] for word in JUDGED)
    if not total:
        return "没有按标准判定的数字。"
    return f"{total}项有标准：{'，'.join(f'{word}{counts[word]}项' for word in JUDGED)}。"


def describe_states(figures: Sequence[Row]) -> str:
    """Count the report's figures that have a value, and the figures by their state."""
    covered, due = count_coverage(figures)
    counts = Counter(figure["state"] for figure in figures)
    states = "，".join(f"{WORDS[state]}{counts[state]}处" for state in STATES if counts[state])
    return f"报告应报{due}项，已有数{covered}项。共{len(figures)}处数字：{states}。"


def summarize_release(figures: Sequence[Row], before: Sequence[Row]) -> dict[str, list[str]]:
    """Say in sentences how a release stands: counts, what is open, and what has changed.

    `figures` are those of a district with their values, the gravest come first; `before` are those
    of the release before, none where there is none.
    """

    def pick(name: str, word: str) -> list[Row]:
        return [row for row in figures if row[name] == word and is_covered(row)]

    texts = {(row["district_code"], number_figure(row)): row["text"] for row in before}
    changed = [
        row
        for row in figures
        if texts and texts.get((row["district_code"], number_figure(row))) != row["text"]
    ]
    return {
        "counts": [describe_judgements(figures), describe_states(figures)],
        "open": [
            *_name("未达标", pick("judgement", "未达标")),
            *_name(WORDS["missing"], pick("state", "missing")),
            *_name(WORDS["partial"], pick("state", "partial")),
            *_name("无法判定", pick("judgement", "无法判定")),
            *_name(WORDS["provisional"], pick("state", "provisional")),
        ],
        "changes": _name("与上次发布相比变动", changed),
    }


def _name(what: str, figures: Sequence[Row]) -> list[str]:
    """Name the first figures of a kind and say how many there are."""
    if not figures:
        return []
    named = "、".join(
        f"{number_figure(row)} {row['title']} {row['text']}" for row in figures[:MOST_NAMED]
    )
    more = "等" if len(figures) > MOST_NAMED else ""
    return [f"{what}{len(figures)}项：{named}{more}。"]
