"""The data quality report: what the rules found, as one static page for office and engineer."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from flows.common.clock import known_until
from flows.common.files import write_durably
from flows.common.messages import Message
from flows.common.settings import SAMPLE_DISTRICT, Settings
from flows.exports.html.page import render
from flows.landing.outcome import Outcome
from flows.landing.problems import GRAVITY, consequence_of
from flows.quality.waivers import waived_sentence
from flows.releases.run_log import GATES_PAGE

SEVERITIES = {"critical": "严重", "warning": "提示", "info": "说明"}
NO_WORD = "—"


def render_quality_report(
    outcomes: Sequence[Mapping[str, Any]], *, title: str, generated_for: str
) -> str:
    """Render the outcomes of all gates as self-contained HTML that works from a file."""
    views = [_outcome(number, outcome) for number, outcome in enumerate(outcomes, start=1)]
    return render(
        "quality_report.html.j2",
        title=title,
        generated_for=generated_for,
        outcomes=views,
        accepted=sum(view["accepted"] for view in views),
        failed_rules=sum(view["failed_rules"] for view in views),
    )


def _outcome(number: int, outcome: Mapping[str, Any]) -> dict[str, Any]:
    """Say of one file what the page shows of it, the gravest rules first."""
    is_release = str(outcome.get("suite", "")).startswith("report.")
    rules = [_rule(result, is_release=is_release) for result in outcome.get("results") or ()]
    rules.sort(key=lambda rule: (rule["passed"], rule["gravity"]))
    failed = [rule for rule in rules if not rule["passed"]]
    accepted = outcome.get("accepted") is True
    return {
        "anchor": f"s{number}",
        "suite": outcome.get("suite") or NO_WORD,
        "title": outcome.get("title") or outcome.get("suite") or NO_WORD,
        "district_code": outcome.get("district_code") or NO_WORD,
        "period": outcome.get("period") or NO_WORD,
        "original_name": outcome.get("original_name") or NO_WORD,
        "file_id": outcome.get("file_id") or "",
        "accepted": accepted,
        "verdict": _verdict(accepted=accepted, has_failed=bool(failed), is_release=is_release),
        "mark": "bad" if not accepted else "note" if failed else "good",
        "rejections": [Message.from_json(kept).chinese for kept in outcome.get("rejections") or ()],
        "waived": [waived_sentence({**outcome, **case}) for case in outcome.get("waived") or ()],
        "counts": [
            (label, f"{outcome[key]:,}" if outcome.get(key) is not None else NO_WORD)
            for key, label in (
                ("rows_read", "读取"),
                ("rows_landed", "入库"),
                ("rows_quarantined", "搁置"),
                ("rows_skipped", "略过"),
            )
        ],
        "gravest": failed[0] if failed else None,
        "failed_rules": len(failed),
        "rules": rules,
    }


def _verdict(*, accepted: bool, has_failed: bool, is_release: bool) -> str:
    if not accepted:
        return "不发布" if is_release else "拒收"
    if has_failed:
        return "可发布（有提示）" if is_release else "接收（有提示）"
    return "可发布" if is_release else "接收"


def _rule(result: Mapping[str, Any], *, is_release: bool) -> dict[str, Any]:
    places = list(result.get("places") or ())
    count = int(result.get("failed_count") or len(places))
    passed = result.get("success") is True and not result.get("raised")
    notes = result.get("notes") or {}
    severity = str(result.get("severity"))
    return {
        "passed": passed,
        "gravity": 0 if result.get("raised") else GRAVITY.get(severity, 0),
        "severity": SEVERITIES.get(severity, severity),
        "what": notes.get("what") or NO_WORD,
        "why": notes.get("why") or NO_WORD,
        "resolve": notes.get("resolve") or NO_WORD,
        "name": " · ".join(str(result[key]) for key in ("type", "column") if result.get(key)),
        "raised": bool(result.get("raised")),
        "consequence": consequence_of(result, severity, is_release=is_release),
        "count": count,
        "places": _grouped(places),
        "more": max(count - len(places), 0),
    }


def _grouped(places: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Group places by sheet and column: 基层汇总 · operating_yuan: rows 17, 18."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for place in places:
        where = tuple(str(place.get(word) or "") for word in ("sheet", "column", "detail"))
        rows = groups.setdefault(where, [])
        if place.get("row"):
            rows.append(str(place["row"]))
    return [
        {"where": " · ".join(part for part in where if part), "rows": "、".join(rows)}
        for where, rows in groups.items()
    ]


def write_quality_report(
    folder: Path,
    deliveries: Iterable[Outcome],
    published: Iterable[Mapping[str, Any]],
    settings: Settings,
    as_of: date | None,
) -> None:
    """Write the report on the deliveries in force, those rejected, and the published tables.

    `folder` is the run's, whose name the page bears.
    """
    outcomes = [dict(outcome.details) for outcome in deliveries]
    outcomes.sort(key=lambda outcome: (outcome["suite"], outcome["period"], outcome["accepted"]))
    folder.mkdir(parents=True, exist_ok=True)
    sample = "(样例数据)" if settings.district == SAMPLE_DISTRICT else ""
    page = render_quality_report(
        [*outcomes, *published],
        title=f"{settings.district_title}数据检查{known_until(as_of)}{sample}",
        generated_for=folder.name,
    )
    write_durably(folder / GATES_PAGE, page.encode())
