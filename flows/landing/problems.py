"""What is wrong with a file: by rule, sheet and row, with what to do, never a row's value."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.common.labels import RULE_TITLES
from flows.common.messages import Message
from flows.contracts.delivery import Delivery
from flows.contracts.model import Contract
from flows.landing.acceptance import Acceptance
from flows.quality.suite import COMPARED

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
    sheet: str
    row: int | None
    column: str  # as the warehouse calls it
    caption: str  # as the office's own file does
    what: str
    why: str
    resolve: str


@dataclass(frozen=True)
class Examined:
    """A delivery in force, or the newest that was rejected, with all that is wrong with it."""

    contract: Contract
    delivery: Delivery
    state: str
    rejections: tuple[Message, ...]
    problems: tuple[Problem, ...]

    @property
    def is_fault_of_suite(self) -> bool:
        """Whether the file was not judged, for the suite itself is wrong."""
        return any(problem.rule == BROKEN_SUITE for problem in self.problems)


def problems_of(contract: Contract, acceptance: Acceptance) -> list[Problem]:
    """List what is wrong with one file, the gravest first, then by place."""
    outcome = acceptance.outcome
    failed = [one for one in outcome["results"] if not one["success"]]
    found = list(_of_rows(contract, acceptance, failed))
    told = {(one.rule, one.column) for one in found} | {(one.rule, "") for one in found}
    for result in failed:
        key = (result["type"], result["column"] or "")
        if key not in told:
            found += _of_file(contract, outcome, result)
    if not acceptance.accepted and not failed:
        say_of = _of_suite if outcome.get("is_fault_of_suite") else _of_unreadable
        found += [say_of(said) for said in acceptance.rejections]
    return sorted(set(found), key=_order)


def _order(one: Problem) -> tuple[Any, ...]:
    gravity = gravity_of(one), GRAVITY.get(one.severity, 0)
    return *gravity, one.rule, one.column, one.sheet, one.row or 0


def gravity_of(one: Problem) -> int:
    """Order by what it leads to: the file rejected, rows missing from figures, a word only."""
    return 0 if one.severity == "critical" else 1 + (PROVISIONAL not in one.consequence)


def _of_rows(
    contract: Contract, acceptance: Acceptance, failed: Sequence[Mapping[str, Any]]
) -> Iterable[Problem]:
    """List the rows in quarantine, each with the notes of the rule that it breaks."""
    import pyarrow.parquet as pq

    if not acceptance.quarantine.exists():
        return
    by_rule = {(one["type"], one["column"] or ""): one for one in reversed(failed)}
    columns = ["sheet", "row_number", "column_name", "rule", "effect"]
    for row in pq.read_table(acceptance.quarantine, columns=columns).to_pylist():
        name = row["column_name"] or ""
        result = by_rule.get((row["rule"], name)) or by_rule.get((row["rule"], ""))
        if result:
            place = {"sheet": row["sheet"], "row": row["row_number"], "column": name}
            yield _problem(contract, acceptance.outcome, result, place)


def _of_file(
    contract: Contract, outcome: Mapping[str, Any], result: Mapping[str, Any]
) -> Iterable[Problem]:
    """List where a rule on the whole file fails; without places it is the file itself."""
    for place in result["places"] or [{"column": result["column"] or ""}]:
        yield _problem(contract, outcome, result, place)


def _problem(
    contract: Contract,
    outcome: Mapping[str, Any],
    result: Mapping[str, Any],
    place: Mapping[str, Any],
) -> Problem:
    sheet, column = place.get("sheet") or "", place.get("column") or ""
    captions = outcome.get("captions", {}).get(sheet, {})
    notes = {key: str(result["notes"][key]) for key in ("what", "why", "resolve")}
    found = f"（{place['detail']}）" if place.get("detail") else ""
    if result["type"] in COMPARED:  # the notes say what should be
        found = f"；实际：{RULE_TITLES[result['type']]}{found}"
    notes["what"] = notes["what"].removesuffix("。" * bool(found)) + found
    return Problem(
        result["type"],
        result["severity"],
        consequence_of(result, result["severity"], is_release=False),
        sheet,
        place.get("row") or None,
        column,
        shown_columns(contract, column, captions),
        **notes,
    )


def shown_columns(contract: Contract, names: str, captions: Mapping[str, str]) -> str:
    """Call columns as the office's own file does, or else the contract; an aggregate is none."""
    declared = {column.name: column.shown for column in contract.columns}
    found = (captions.get(name) or declared.get(name) for name in names.split(", "))
    return "、".join(filter(None, found))


def _of_suite(said: Message) -> Problem:
    return Problem(
        BROKEN_SUITE, "critical", "整份文件待检查", "", None, "", "",
        f"检查规则文件有误，不是报送文件的问题：{said.english}。",
        "规则读不懂时任何文件都不能放行，此时沿用上一份合格的文件。",
        "请工程师改正规则文件后重新运行；报送单位不必重报。",
    )  # fmt: skip


def _of_unreadable(said: Message) -> Problem:
    return Problem(
        UNREADABLE, "critical", "整份文件拒收", "", None, "", "",
        f"文件无法读取：{said.what}。",
        "读不出的文件不参与计算，此时沿用上一份合格的文件。",
        f"{said.resolve}。",
    )  # fmt: skip
