"""Printing what would be if a standard or an input were another; all of it is 假设."""

import json
from collections.abc import Sequence
from typing import Any

from flows.common.console import say
from flows.common.settings import Workspace
from flows.common.text import plain
from flows.contracts.environment import load_settings
from flows.releases.tables import ReleaseTables, Row
from flows.what_if.assumptions import parse_cell, parse_standard
from flows.what_if.consequences import Consequence, find_consequences, find_failures
from flows.what_if.only_rise import PaymentsSoFar, payments_so_far
from flows.what_if.trial import build_aside, find_inputs, trial_folder

SCHOOLS_SHOWN = 10
HEAD = "假设"


def run_what_if(
    workspace: Workspace,
    year: int | None,
    standards: Sequence[str],
    cells: Sequence[str],
    release: str | None,
    *,
    as_json: bool,
) -> None:
    """Build aside with what is assumed, compare with the release, and print what differs."""
    wanted = year or load_settings(workspace).default_year
    inputs = find_inputs(workspace, wanted, release)
    before = ReleaseTables.load(inputs.release.folder)
    assumed = [parse_standard(text, before.standards, before.printed) for text in standards]
    changed = [parse_cell(text, inputs.run.contracts, wanted) for text in cells]
    with trial_folder(workspace) as folder:
        if (
            assumed or changed
        ) and not inputs.is_of_release:  # another program, or other files since: like with like
            before = build_aside(folder, "before", inputs).tables
        trial = build_aside(folder, "trial", inputs, assumed, changed)
        facts = inputs.release.manifest["facts"]
        if assumed or changed:
            found = find_consequences(before, trial.tables, facts)
        else:
            found = find_failures(trial.tables, facts)
        so_far = payments_so_far(trial.build, wanted, trial.tables)
    sentences = [standard.sentence for standard in assumed] + [cell.sentence for cell in changed]
    if as_json:
        say(_as_json(wanted, inputs.release.name, sentences, found, so_far))
        return
    say(f"{HEAD}：{'；'.join(sentences) or '没有改动'}（以 {inputs.release.name} 为底，不发布）")
    for consequence in found:
        _print_consequence(consequence)
    if not found:
        say(f"{HEAD}：{'没有数值变动' if sentences else '没有未达标的数'}")
    for entry in so_far:
        mark = "! " if entry.is_behind else ""
        warning = "，只增不减恐难保持" if entry.is_behind else ""
        say(f"{mark}{HEAD}：{entry.sentence}{warning}")


def _print_consequence(consequence: Consequence) -> None:
    row = consequence.now or consequence.before or {}
    name = " ".join(filter(None, (consequence.number, consequence.title)))
    member = "" if consequence.member == "total" else f" {consequence.member}"
    texts = [_text(side) for side in (consequence.before, consequence.now)]
    turns = f"，{consequence.turns}" if consequence.turns else ""
    shown = " → ".join(dict.fromkeys(texts))
    say(f"{HEAD}：{name}{member} {row['period']}：{shown}{turns}")
    is_judged = consequence.turns or consequence.changes
    if consequence.now and consequence.now["margin"] is not None and is_judged:
        margin = consequence.now["margin"]
        word = "差" if margin < 0 else "余"
        say(f"  {HEAD}：距标准{word} {plain(abs(margin))} {row['unit'] or ''}".rstrip())
    if consequence.changes:
        ways = "，或".join(change.sentence for change in consequence.changes)
        say(f"  {HEAD}：达标至少须{ways}")
    for school in consequence.schools[:SCHOOLS_SHOWN]:
        say(f"  {HEAD}：{school.sentence}")
    lacking = [school.lacking for school in consequence.schools if school.lacking is not None]
    if lacking and consequence.schools[0].unit == "元":
        say(f"  {HEAD}：{len(lacking)} 所学校合计差 {sum(lacking):,.2f} 元")
    if (more := len(consequence.schools) - SCHOOLS_SHOWN) > 0:
        say(f"  {HEAD}：另有 {more} 所（--json 列全）")


def _text(row: Row | None) -> str:
    if row is None:
        return "无"
    if row["value"] is not None:
        return f"{row['value']:,.2f}{row['unit'] or ''}"
    return str(row["value_text"] or row["reason"] or row["state"])


def _as_json(
    year: int,
    release: str,
    assumptions: Sequence[str],
    found: Sequence[Consequence],
    so_far: Sequence[PaymentsSoFar],
) -> str:
    content: dict[str, Any] = {
        "is_assumption": True,
        "title": HEAD,
        "year": year,
        "release": release,
        "assumptions": list(assumptions),
        "consequences": [consequence.as_json() for consequence in found],
        "payments_so_far": [
            {
                "stage": entry.stage,
                "on_day": entry.on_day.isoformat(),
                "paid_yuan": f"{entry.paid_yuan:f}",
                "same_day_last_year_yuan": f"{entry.same_day_last_year_yuan:f}",
                "last_year_yuan": f"{entry.last_year_yuan:f}",
                "to_pay_yuan": f"{entry.to_pay_yuan:f}",
                "is_behind": entry.is_behind,
            }
            for entry in so_far
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=1)
