"""Deliveries that cannot be read, or are not fit: what stands instead, and what is told."""

from datetime import date
from pathlib import Path
from shutil import copytree

import pytest
import yaml
from nights import (
    FUNDS_2023,
    PAYMENTS_2023,
    YEAR,
    Said,
    deliveries_of,
    dropped_file,
    edit_text,
    figure,
    last_record,
    names_of_releases,
    night,
    replace_file,
    rows,
    soiled,
)
from validating import validate

from flows.common.settings import CHECKOUT, Workspace
from flows.contracts.environment import load_settings
from flows.contracts.loading import load_contracts
from flows.extract.raw_store import Store
from flows.landing.source_status import ExpectedDelivery, find_status
from flows.quality import suite as quality_suite
from flows.runs.person_key import load_person_key

# What cannot be accepted


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("cut in the middle", "cutshortordamaged"),
        ("no workbook at all", "thefileholdsbinarydata"),
        ("empty", "thefileisempty"),
        ("the column 学段 lost", "学段"),
    ],
)
def test_a_delivery_that_cannot_be_read_is_rejected_and_the_last_good_one_stands(
    workspace: Workspace, tmp_path: Path, said: Said, damage: str, sentence: str
) -> None:
    path = dropped_file(workspace, FUNDS_2023)
    content = path.read_bytes()
    damaged = {
        "cut in the middle": content[: len(content) * 6 // 10],
        "no workbook at all": bytes(range(256)) * 40,
        "empty": b"",
    }.get(damage)
    replace_file(path, soiled(tmp_path, "lost_column", FUNDS_2023) if damaged is None else damaged)
    with Store(workspace.landed).manifest.open("ab") as manifest:
        manifest.write(b'{"source": "finance.education_funds", "per')  # torn by a kill
    assert night(workspace) == 4
    printed = said()
    assert "2023:unchanged" in printed
    named = f"finance.education_funds2023:finance/{path.name}rejected:"
    assert printed.count(named) == 1
    assert sentence in printed.split(named)[1].split("gapsstandopen")[0]
    assert "Traceback" not in printed
    assert len(names_of_releases(workspace)) == 1
    # The torn line is gone, the bytes are kept, and the older delivery is in force.
    received = deliveries_of(workspace, "finance.education_funds", "2023")
    assert len(received) == 2
    assert Store(workspace.landed).manifest.read_bytes().count(b'"per') == len(
        Store(workspace.landed).deliveries()
    )
    page = (workspace.runs / last_record(workspace)["run"] / "gates.html").read_text("utf-8")
    assert path.name in page
    # The next night says it again.
    assert night(workspace) == 4
    assert named in said()


def test_what_is_set_aside_makes_its_figures_provisional_and_never_judged_as_met(
    workspace: Workspace, checkout: Path, tmp_path: Path
) -> None:
    # Of a small district's twenty rows a single one is more than the limit lets in.
    contract = checkout / "dbt_project" / "models" / "staging" / "finance" / "_finance__sources.yml"
    limit = "figures provisional.\n            quarantine_limit: {rows: "
    edit_text(contract, limit + "0.02, amount: 0.01}", limit + "0.06, amount: 0.06}")
    for kind, pattern in (
        ("unreadable_amount", FUNDS_2023),
        ("unmatched_unit", PAYMENTS_2023),
    ):
        replace_file(dropped_file(workspace, pattern), soiled(tmp_path, kind, pattern))
    assert night(workspace) == 4
    junior = figure(workspace, "4.6")
    assert (junior["state"], junior["judgement"]) == ("provisional", "无法判定")
    assert junior["text"].endswith("（暂定）")
    assert junior["quarantined_rows"] == 1
    assert junior["reason"]
    assert figure(workspace, "4.1")["state"] == "provisional"
    assert figure(workspace, "4.9")["judgement"] != "达标"
    primary = figure(workspace, "4.5")
    # The file is of another sample: a school is far from what it had the year before.
    assert primary["state"] == "provisional"
    assert "相差过大" in primary["reason"]
    assert figure(workspace, "5.1a")["state"] == "provisional"
    assert figure(workspace, "5.1a")["text"].endswith("（暂定）")
    assert figure(workspace, "5.8")["state"] == "actual"  # of notices, not of payments
    assert figure(workspace, "21.1")["state"] == "actual"


def test_a_school_that_has_not_reported_makes_figures_partial_and_a_cut_file_none(
    workspace: Workspace, tmp_path: Path, said: Said
) -> None:
    before = {row["figure_id"]: row for row in rows(workspace, "report_figures")}
    for kind, pattern in (
        ("missing_school", FUNDS_2023),
        ("truncated_payments", PAYMENTS_2023),
    ):
        replace_file(dropped_file(workspace, pattern), soiled(tmp_path, kind, pattern))
    assert night(workspace) == 4
    printed = said()
    assert "finance.payments2023:finance/支付明细_2023年_样例数据.csvrejected:" in printed
    junior = figure(workspace, "4.6")
    assert (junior["state"], junior["text"], junior["judgement"]) == (
        "partial", "数据缺失", "无法判定",
    )  # fmt: skip
    assert junior["units_received"] == junior["units_expected"] - 1
    for figure_id in ("4.1", "4.2", "4.3", "4.9"):
        assert figure(workspace, figure_id)["state"] == "partial"
        assert figure(workspace, figure_id)["text"] == "数据缺失"
    # The file without its totals row is not in force: what rests on payments is as it was.
    for figure_id in ("4.5", "5.1a", "5.8"):
        assert figure(workspace, figure_id)["text"] == before[figure_id]["text"]
        assert figure(workspace, figure_id)["state"] == "actual"


@pytest.mark.parametrize("fault", ["missing", "empty", "misspelt"])
def test_a_suite_that_is_missing_empty_or_misspelt_rejects_the_delivery(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    copytree(CHECKOUT / "expectations", tmp_path / "suites")
    suite = tmp_path / "suites" / "finance" / "projects.yml"
    if fault == "missing":
        suite.unlink()
    elif fault == "empty":
        suite.write_bytes(b"")
    else:
        content = yaml.safe_load(suite.read_text("utf-8"))
        rule = next(rule for rule in content["rules"] if "column" in rule["kwargs"])
        rule["type"] = "expect_column_values_to_be_marvellous"
        suite.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    contract = load_contracts()["finance.projects"]
    store, settings = Store(workspace.landed), load_settings(workspace)
    key = load_person_key(workspace, settings.district)
    owed = ExpectedDelivery(contract, settings.district, YEAR, 0)
    [delivery] = [delivery for delivery in store.deliveries() if delivery.key == owed.key]
    assert validate(store, workspace.cache, delivery, contract, key).accepted
    monkeypatch.setattr(quality_suite, "SUITES", tmp_path / "suites")
    verdict = validate(store, workspace.cache, delivery, contract, key)
    assert not verdict.accepted
    assert verdict.rejections
    judged = {(delivery.source, delivery.period, delivery.id): verdict}
    standing = find_status(owed, [delivery], judged, date(2024, 3, 1))
    assert standing.active == ()
    told = "已报送但未通过检查" if fault == "misspelt" else "检查规则文件有误,待工程师改正"
    assert told in str(standing.gap)
