"""The data quality report: what the rules found, as one static page for office and engineer."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from flows.common.clock import known_until
from flows.common.files import write_durably
from flows.common.labels import RULE_TITLES, WORDS
from flows.common.messages import Message
from flows.common.settings import SAMPLE_DISTRICT, SAMPLE_MARK, Settings
from flows.exports.html.page import render
from flows.landing.problems import GRAVITY, consequence_of
from flows.quality.waivers import waived_sentence
from flows.releases.run_log import GATES_PAGE

SEVERITIES = {"critical": "严重", "warning": "提示", "info": "说明"}
NO_WORD = "—"


def render_quality_report(
    outcomes: Iterable[Mapping[str, Any]],
    *,
    title: str,
    generated_for: str,
    unmatched: Sequence[str] = (),
) -> str:
    """Render the outcomes of all gates as self-contained HTML, the gravest first.

    `unmatched` are the names of files that are no table's.
    """
    views = [_outcome(number, outcome) for number, outcome in enumerate(outcomes, start=1)]
    views.sort(key=lambda view: view["order"])
    clean = [view for view in views if not view["needs_a_look"]]
    return render(
        "quality_report.html.j2",
        title=title,
        generated_for=generated_for,
        outcomes=[view for view in views if view["needs_a_look"]],
        clean=clean,
        kept_rules=_list_kept_rules(clean),
        unmatched=unmatched,
        accepted=sum(view["accepted"] for view in views),
        failed_rules=sum(len(view["failed"]) for view in views),
    )


def _outcome(number: int, outcome: Mapping[str, Any]) -> dict[str, Any]:
    """Say of one file what the page shows of it, the gravest rules first."""
    is_release = str(outcome.get("suite", "")).startswith("report.")
    captions = {
        name: caption
        for sheet in (outcome.get("captions") or {}).values()
        for name, caption in sheet.items()
    }
    rules = [
        _rule(result, captions, is_release=is_release) for result in outcome.get("results") or ()
    ]
    rules.sort(key=lambda rule: (rule["passed"], rule["gravity"]))
    failed = [rule for rule in rules if not rule["passed"]]
    accepted = outcome.get("accepted") is True
    gravity = failed[0]["gravity"] if failed else len(GRAVITY)
    waived = [waived_sentence({**outcome, **case}) for case in outcome.get("waived") or ()]
    return {
        "anchor": f"s{number}",
        "order": (accepted, gravity, str(outcome.get("suite")), str(outcome.get("period"))),
        "needs_a_look": bool(not accepted or failed or waived),
        "suite": outcome.get("suite") or NO_WORD,
        "title": outcome.get("title") or outcome.get("suite") or NO_WORD,
        "district_code": outcome.get("district_code") or NO_WORD,
        "period": WORDS.get(outcome.get("period") or "", outcome.get("period") or NO_WORD),
        "original_name": outcome.get("original_name") or NO_WORD,
        "file_id": outcome.get("file_id") or "",
        "accepted": accepted,
        "state": _state(outcome, is_release=is_release),
        "verdict": _verdict(accepted=accepted, has_failed=bool(failed), is_release=is_release),
        "mark": "failed" if not accepted else "open" if failed else "met",
        "rejections": [Message.from_json(kept).chinese for kept in outcome.get("rejections") or ()],
        "waived": waived,
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
        "failed": failed,
        "kept": [rule for rule in rules if rule["passed"]],
    }


def _state(outcome: Mapping[str, Any], *, is_release: bool) -> str:
    """Say whether a file is the one that counts for its period."""
    if is_release or "is_active" not in outcome:
        return ""
    return "在用" if outcome["is_active"] else "未采用"


def _list_kept_rules(clean: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """List the rules that hold, once for each table however many files it came in."""
    tables: dict[str, dict[tuple[str, str], dict[str, Any]]] = {}
    for view in clean:
        rules = tables.setdefault(view["title"], {})
        rules |= {(rule["name"], rule["what"]): rule for rule in view["kept"]}
    return [(title, list(rules.values())) for title, rules in tables.items()]


def _verdict(*, accepted: bool, has_failed: bool, is_release: bool) -> str:
    if not accepted:
        return "不发布" if is_release else "拒收"
    if has_failed:
        return "可发布（有提示）" if is_release else "接收（有提示）"
    return "可发布" if is_release else "接收"


def _rule(
    result: Mapping[str, Any], captions: Mapping[str, str], *, is_release: bool
) -> dict[str, Any]:
    places = list(result.get("places") or ())
    count = int(result.get("failed_count") or len(places))
    passed = result.get("success") is True and not result.get("raised")
    notes = result.get("notes") or {}
    severity, kind = str(result.get("severity")), str(result.get("type"))
    return {
        "passed": passed,
        "gravity": 0 if result.get("raised") else GRAVITY.get(severity, 0),
        "severity": SEVERITIES.get(severity, severity),
        "what": notes.get("what") or NO_WORD,
        "why": notes.get("why") or NO_WORD,
        "resolve": notes.get("resolve") or NO_WORD,
        "title": RULE_TITLES.get(kind, kind),
        "caption": _call_columns(result.get("column"), captions),
        "name": " · ".join(str(result[key]) for key in ("type", "column") if result.get(key)),
        "raised": bool(result.get("raised")),
        "consequence": consequence_of(result, severity, is_release=is_release),
        "count": count,
        "places": _group_places(places, captions),
        "more": max(count - len(places), 0),
    }


def _call_columns(names: str | None, captions: Mapping[str, str]) -> str:
    """Call columns as the office's own file does."""
    return "、".join(captions.get(name, name) for name in (names or "").split(", ") if name)


def _group_places(
    places: Iterable[Mapping[str, Any]], captions: Mapping[str, str]
) -> list[dict[str, str]]:
    """Group places by sheet and column: 基层汇总 · 公用经费: rows 17, 18."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for place in places:
        column = _call_columns(place.get("column"), captions)
        where = (str(place.get("sheet") or ""), column, str(place.get("detail") or ""))
        rows = groups.setdefault(where, [])
        if place.get("row"):
            rows.append(str(place["row"]))
    return [
        {"where": " · ".join(part for part in where if part), "rows": "、".join(rows)}
        for where, rows in groups.items()
    ]


def write_quality_report(
    folder: Path,
    outcomes: Iterable[Mapping[str, Any]],
    unmatched: Sequence[str],
    settings: Settings,
    as_of: date | None,
) -> None:
    """Write the report on deliveries and published tables into a run's folder, whose name it bears.

    `is_active` of an outcome says whether its delivery counts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sample = f"（{SAMPLE_MARK}）" if settings.district == SAMPLE_DISTRICT else ""
    page = render_quality_report(
        outcomes,
        title=f"{settings.district_title}数据检查{known_until(as_of)}{sample}",
        generated_for=folder.name,
        unmatched=unmatched,
    )
    write_durably(folder / GATES_PAGE, page.encode())
