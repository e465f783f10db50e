"""What was found wrong with files: row by row with how to resolve it, never a value of a row."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from flows.lib.acceptance import Acceptance
from flows.lib.console import say
from flows.lib.contracts import Contract
from flows.lib.gates_page import GRAVITY, consequence_of
from flows.lib.look import look_at_standings, verdicts
from flows.lib.night import Night
from flows.lib.places import many, place_of_rows
from flows.lib.rejection_words import Words, in_chinese
from flows.lib.rule_words import RULE_TITLES
from flows.lib.settings import Workspace
from flows.lib.source_view import contract_named
from flows.lib.standing import candidates
from flows.lib.store import Delivery
from flows.lib.suite_words import COMPARED
from flows.lib.times import day_of

VERSION = 1
STATES = {"in_force": "in force", "rejected": "rejected"}
UNREADABLE = "unreadable_file"
BROKEN_SUITE = "broken_suite"  # the engineer's matter, which no office is told of
PROVISIONAL = "暂定"


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
    rejections: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def is_fault_of_suite(self) -> bool:
        """Whether the file was not judged, for the suite itself is wrong."""
        return any(problem.rule == BROKEN_SUITE for problem in self.problems)


def examined(night: Night, names: Iterable[str]) -> list[Examined]:
    """Examine the deliveries of some source tables: the newest rejected, and those in force.

    Of a table in parts each part that was rejected is the newest of its name.
    """
    wanted, found = set(names), []
    for standing in {one.owed.key: one for one in night.standings}.values():
        contract = standing.owed.contract
        if contract.name not in wanted:
            continue
        rejected = standing.rejected if contract.in_parts else standing.rejected[:1]
        in_force = [(part.delivery, part.acceptance) for part in standing.in_force]
        for delivery, acceptance in (*rejected, *in_force):
            state = "in_force" if acceptance.accepted else "rejected"
            problems = problems_of(contract, acceptance)
            if problems or not acceptance.accepted:
                rejections = tuple(acceptance.rejections)
                found.append(Examined(contract, delivery, state, rejections, tuple(problems)))
    return found


def waiting(night: Night, names: Iterable[str]) -> list[str]:
    """Name the deliveries of which the next night will say what is wrong."""
    judged, deliveries, wanted = verdicts(night, judge_new=False), night.deliveries(), set(names)
    found = {
        f"{one.source} {one.period} {one.name}"
        for owed in night.owed()
        if owed.contract.name in wanted
        for one in candidates(deliveries, owed.key)
        if (one.source, one.period, one.id) not in judged
    }
    return sorted(found)


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
        found += [say_of(sentence) for sentence in acceptance.rejections]
    return sorted(set(found), key=_order)


def _order(one: Problem) -> tuple[Any, ...]:
    gravity = _gravity(one), GRAVITY.get(one.severity, 0)
    return *gravity, one.rule, one.column, one.sheet, one.row or 0


def _gravity(one: Problem) -> int:
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


def _of_suite(sentence: str) -> Problem:
    return Problem(
        BROKEN_SUITE, "critical", "整份文件待检查", "", None, "", "",
        f"检查规则文件有误，不是报送文件的问题：{sentence}。",
        "规则读不懂时任何文件都不能放行，此时沿用上一份合格的文件。",
        "请工程师改正规则文件后重新运行；报送单位不必重报。",
    )  # fmt: skip


def _of_unreadable(sentence: str) -> Problem:
    words = in_chinese(sentence) or Words(sentence, "请按说明处理后重报整份文件")
    return Problem(
        UNREADABLE, "critical", "整份文件拒收", "", None, "", "",
        f"文件无法读取：{words.what}。",
        "读不出的文件不参与计算，此时沿用上一份合格的文件。",
        f"{words.resolve}。",
    )  # fmt: skip


def print_quarantine(
    workspace: Workspace,
    source: str | None,
    folder: Path | None,
    year: int | None = None,
    *,
    as_json: bool,
) -> None:
    """Print what is wrong with the files in force and those rejected; write the workbooks.

    Of one evaluation year these are the files of the periods that it needs.
    """
    night = look_at_standings(workspace, year)
    names = [contract_named(night.contracts, source).name] if source else list(night.contracts)
    found = examined(night, names)
    if as_json:
        say(json.dumps(_as_json(found), ensure_ascii=False, indent=1))
    else:
        later = waiting(night, names)
        _print(found, is_whole=not later)
        for name in later:
            say(f"{name}: judged by the next night")
    if folder:
        from flows.lib.quarantine_workbook import write_quarantine

        for path in write_quarantine(folder, found, night.settings):
            if not as_json:
                say(f"wrote {path}")


def _as_json(found: Sequence[Examined]) -> dict[str, Any]:
    return {
        "version": VERSION,
        "deliveries": [
            {
                "source": one.contract.name,
                "title": one.contract.title,
                "owner": one.contract.meta["owed"]["by"],
                "period": one.delivery.period,
                "file": one.delivery.name,
                "sha256": one.delivery.files[0].sha256,
                "received_on": day_of(one.delivery.received_at).isoformat(),
                "state": one.state,
                "rejections": list(one.rejections),
                "problems": [vars(problem) for problem in one.problems],
            }
            for one in found
        ],
    }


def _print(found: Sequence[Examined], *, is_whole: bool) -> None:
    if not found and is_whole:
        say("nothing is wrong with the files in force, and none was rejected")
    for one in sorted(found, key=_worst):
        say(
            f"{one.contract.name} {one.delivery.period} {one.delivery.name} "
            f"({STATES[one.state]}): {one.contract.meta['owed']['by']}"
        )
        for line in problem_lines(one.problems):
            say(f"  {line}")


def problem_lines(problems: Iterable[Problem]) -> Iterator[str]:
    """Say of each rule how many rows it is about and what it leads to, where, and what to do."""
    for (rule, what), same in groupby(problems, lambda own: (own.rule, own.what)):
        places = list(same)
        rows = {(place.sheet, place.row) for place in places if place.row}
        yield f"{rule}: {many(len(rows), 'row') if rows else 'the file'}: {places[0].consequence}"
        for (column, caption, sheet), here in groupby(places, _where):
            numbers = [place.row for place in here if place.row]
            where = place_of_rows(sheet, numbers) or "the whole file"
            yield f"  {where} {column} {caption}".rstrip()
        yield f"  {what} {places[0].resolve}"


def _worst(one: Examined) -> tuple[bool, int]:
    """Put what was rejected first, then what makes figures provisional."""
    return one.state != "rejected", min(map(_gravity, one.problems), default=0)


def _where(one: Problem) -> tuple[str, str, str]:
    return one.column, one.caption, one.sheet
