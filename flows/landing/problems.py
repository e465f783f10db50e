"""What is wrong with a file: by rule, sheet and row, with what to do, never a row's value."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flows.common.labels import RULE_TITLES
from flows.common.messages import Message
from flows.contracts.delivery import Delivery
from flows.contracts.model import Contract
from flows.landing.outcome import Outcome
from flows.quality.suite import DRIFT_FINDINGS

GRAVITY = {"critical": 0, "warning": 1, "info": 2}
DOUBTFUL = "照常计入，未核实前相关数字标为“暂定”"
UNREADABLE = "unreadable_file"
BROKEN_SUITE = "broken_suite"  # the engineer's matter, which no office is told of
PROVISIONAL = "暂定"


def consequence_of(result: Mapping[str, Any], severity: str, *, is_release: bool) -> str:
    """Say what a failure of the rule leads to; a rule that could not be run closes the gate."""
    is_raised, effect = result.get("raised"), result.get("effect")
    if effect and not is_raised and not result.get("keeps_rows"):
        return f"所列行不计入，{'数字不标' if effect == 'none' else '相关数字标为'}“暂定”"
    if is_raised or severity == "critical":
        return "本次不发布" if is_release else "整份文件拒收"
    if effect == "provisional":
        return DOUBTFUL
    return "照常发布，并附此提示" if severity == "warning" else "仅供参考"


@dataclass(frozen=True)
class Problem:
    """One place where a file does not keep a rule; no row where it is the file as a whole."""

    rule: str
    severity: str
    consequence: str
    what: str
    why: str
    resolve: str
    sheet: str = ""
    row: int | None = None
    column: str = ""  # as the warehouse calls it
    caption: str = ""  # as the office's own file does
    twin: str = ""  # the row of which this one is the copy


@dataclass(frozen=True)
class Examined:
    """An active delivery, or the newest that was rejected, with all that is wrong with it."""

    contract: Contract
    delivery: Delivery
    state: str
    rejections: tuple[Message, ...]
    problems: tuple[Problem, ...]

    @property
    def is_fault_of_suite(self) -> bool:
        """Whether the file was not judged, for the suite itself is wrong."""
        return any(problem.rule == BROKEN_SUITE for problem in self.problems)


def list_problems(contract: Contract, outcome: Outcome) -> list[Problem]:
    """List what is wrong with one file, the gravest first, then by place."""
    details = outcome.details
    failed = [result for result in details["results"] if not result["success"]]
    found = list(_list_problems_of_rows(contract, outcome, failed))
    listed = {(problem.rule, problem.column) for problem in found}
    listed |= {(problem.rule, "") for problem in found}
    for result in failed:
        key = (result["type"], result["column"] or "")
        if key not in listed:
            found += _list_problems_of_file(contract, details, result)
    if not outcome.accepted and not failed:
        describe = _suite_problem if details.get("is_fault_of_suite") else _unreadable_problem
        found += [describe(reason) for reason in outcome.rejections]
    return sorted(set(found), key=_order)


def _order(problem: Problem) -> tuple[Any, ...]:
    gravity = rank_gravity(problem), GRAVITY.get(problem.severity, 0)
    return *gravity, problem.rule, problem.column, problem.sheet, problem.row or 0


def rank_gravity(problem: Problem) -> int:
    """Order by what it leads to: the file rejected, rows missing from figures, a word only."""
    is_critical = problem.severity == "critical"
    return 0 if is_critical else 1 + (PROVISIONAL not in problem.consequence)


def _list_problems_of_rows(
    contract: Contract, outcome: Outcome, failed: Sequence[Mapping[str, Any]]
) -> Iterable[Problem]:
    """List the rows in quarantine, each with the notes of the rule that it breaks."""
    import pyarrow.parquet as pq

    if not outcome.quarantine.exists():
        return
    by_rule = {(result["type"], result["column"] or ""): result for result in reversed(failed)}
    columns = ["sheet", "row_number", "column_name", "rule", "detail"]
    for row in pq.read_table(outcome.quarantine, columns=columns).to_pylist():
        name = row["column_name"] or ""
        result = by_rule.get((row["rule"], name)) or by_rule.get((row["rule"], ""))
        if result:
            place = {"sheet": row["sheet"], "row": row["row_number"], "column": name}
            problem = _problem(contract, outcome.details, result, place)
            yield replace(problem, twin=_find_twin(row["rule"], row["detail"]))


def _find_twin(rule: str, detail: str | None) -> str:
    """Name the row of which another is the copy, with its sheet where that is another one."""
    is_copy = rule == "exact_duplicate" and detail and detail.startswith("= ")
    return str(detail)[2:].partition(":")[0] if is_copy else ""


def _list_problems_of_file(
    contract: Contract, details: Mapping[str, Any], result: Mapping[str, Any]
) -> Iterable[Problem]:
    """List where a rule on the whole file fails; without places it is the file itself."""
    for place in result["places"] or [{"column": result["column"] or ""}]:
        yield _problem(contract, details, result, place)


def _problem(
    contract: Contract,
    details: Mapping[str, Any],
    result: Mapping[str, Any],
    place: Mapping[str, Any],
) -> Problem:
    sheet, column = place.get("sheet") or "", place.get("column") or ""
    captions = details.get("captions", {}).get(sheet, {})
    notes = {key: str(result["notes"][key]) for key in ("what", "why", "resolve")}
    found = f"（{place['detail']}）" if place.get("detail") else ""
    if result["type"] in DRIFT_FINDINGS:  # the notes say what should be
        found = f"；实际：{RULE_TITLES[result['type']]}{found}"
    notes["what"] = notes["what"].removesuffix("。" * bool(found)) + found
    return Problem(
        result["type"],
        result["severity"],
        consequence_of(result, result["severity"], is_release=False),
        **notes,
        sheet=sheet,
        row=place.get("row") or None,
        column=column,
        caption=shown_columns(contract, column, captions),
    )


def shown_columns(contract: Contract, names: str, captions: Mapping[str, str]) -> str:
    """Call columns as the office's own file does, or else the contract; an aggregate is none."""
    declared = {column.name: column.shown for column in contract.columns}
    found = (captions.get(name) or declared.get(name) for name in names.split(", "))
    return "、".join(filter(None, found))


def _suite_problem(reason: Message) -> Problem:
    return Problem(
        BROKEN_SUITE,
        "critical",
        "整份文件待检查",
        f"检查规则文件有误，不是报送文件的问题：{reason.english}。",
        "规则读不懂时任何文件都不能放行，此时沿用上一份合格的文件。",
        "请工程师改正规则文件后重新运行；报送单位不必重报。",
    )


def _unreadable_problem(reason: Message) -> Problem:
    return Problem(
        UNREADABLE,
        "critical",
        "整份文件拒收",
        f"文件无法读取：{reason.what}。",
        "读不出的文件不参与计算，此时沿用上一份合格的文件。",
        f"{reason.resolve}。",
    )
