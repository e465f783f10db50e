"""The morning summary in Chinese: made once, for terminal, webhook, mail and Prefect."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from flows.common.errors import BLOCKED, FAILED, GAPS, PUBLISHED, WrongUse, ZipingError
from flows.common.labels import WORDS
from flows.common.settings import Workspace
from flows.common.text import widen_punctuation
from flows.contracts.environment import load_settings
from flows.releases.release import current_release

RESULTS = {PUBLISHED: "完成", GAPS: "完成，数据不全", BLOCKED: "未发布，检查不通过", FAILED: "失败"}
YEARS = {
    "published": "已发布",
    "unchanged": "没有变动，仍是",
    "blocked": "未发布，仍看上一次发布",
    "failed": "未完成，仍看上一次发布",
}
REASONS_SHOWN = 3


class Summary(NamedTuple):
    """What a run says in the morning: one line on how it ended, then the gravest first."""

    subject: str
    lines: Sequence[str]

    @property
    def text(self) -> str:
        """The whole of it, as mail and terminal have it."""
        return "\n".join([self.subject, *self.lines])

    def fit(self, most_bytes: int) -> str:
        """Cut it at a whole line to so many bytes of UTF-8, and say how many lines are left out."""
        lines = [self.subject, *self.lines]
        for count in range(len(lines), 0, -1):
            more = len(lines) - count
            left_out = [f"……另有{more}条，见ziping status"] if more else []
            text = "\n".join([*lines[:count], *left_out])
            if len(text.encode()) <= most_bytes:
                return text
        return self.subject.encode()[:most_bytes].decode(errors="ignore")


def summarize_run(record: Mapping[str, Any], workspace: Workspace) -> Summary:
    """Summarize a run from its record and from the manifests of the releases that readers see."""
    title = "教育职责自评"
    with suppress(WrongUse):  # of wrong settings the failure itself tells
        title = load_settings(workspace, is_strict=False).district_title + title
    releases = {}
    for year in record.get("years", {}):
        with suppress(ZipingError, OSError):  # of a damaged one the integrity check tells
            if release := current_release(workspace, int(year)):
                releases[year] = release.manifest.get("summary", {})
    head = f"{title} {record['run']}：{RESULTS.get(record['exit_code'], RESULTS[FAILED])}"
    lines = map(widen_punctuation, _list_lines(record, releases))
    return Summary(head, tuple(dict.fromkeys(lines)))


def _list_lines(
    record: Mapping[str, Any], releases: Mapping[str, Mapping[str, Sequence[str]]]
) -> Iterator[str]:
    if record.get("failure"):
        yield f"原因：{record['failure']}"
    yield from (f"检查不通过：{sentence}" for sentence in record.get("blocked", ()))
    for year, result in record.get("years", {}).items():
        how = YEARS.get(result["result"], result["result"])
        counts = releases.get(year, {}).get("counts", ())
        yield f"{year}年{how}{result.get('release', '')}。{''.join(counts)}"
    yield from (text for period in record.get("open", ()) for text in period.get("chinese", ()))
    for year, release in releases.items():
        yield from (f"{year}年{text}" for text in release.get("open", ()))
    yield from (f"接口没有取到数据：{text}" for text in record.get("unavailable", ()))
    for delivery in record.get("doubts", ()):
        reasons = "、".join(delivery["reasons"][:REASONS_SHOWN])
        yield f"待核：{_name(delivery)}{reasons}，由{delivery['owner']}核实"
    for year, release in releases.items():
        if record["years"][year]["result"] == "published":
            yield from (f"{year}年{text}" for text in release.get("changes", ()))
    for file in record.get("quarantined", ()):
        rows = f"{file['rows']:,}行中{file['rows_quarantined']:,}行"
        yield f"搁置：{_name(file)}{rows}，由{file['owner']}更正"


def _name(described: Mapping[str, Any]) -> str:
    period = described["period"]
    return f"{described['title']}（{WORDS.get(period, period)}）"
