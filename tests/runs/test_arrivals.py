"""What is said of files that came for one period: which is in force, and why."""

import io
import json
import os
from pathlib import Path

import pytest

from flows.common.messages import message
from flows.common.settings import Workspace
from flows.contracts.delivery import Delivery
from flows.landing.outcome import Outcome
from flows.landing.source_status import find_status
from flows.runs.arrivals import describe_arrivals
from flows.runs.context import RunContext, make_context
from flows.runs.person_key import make_person_key
from flows.runs.planning import plan_run
from flows.runs.record import write_record
from flows.runs.status import describe_status
from flows.runs.validation import find_sources, validate_sources

PAYMENTS = "finance.payments"


@pytest.fixture
def night(tmp_path: Path) -> RunContext:
    workspace = Workspace(tmp_path)
    make_person_key(workspace)
    return make_context(workspace, 2023, None)


def receive(
    night: RunContext, name: str, content: bytes, on: str, day: str | None = None
) -> Delivery:
    file = night.store.keep(io.BytesIO(content), f"finance/{name}")
    moment = f"2024-{on}T18:00:00+00:00"  # already the next day in China
    return night.store.record(
        Delivery(PAYMENTS, "519900", "2023", (file,), moment, "inbox", source_date=day)
    )


def said(night: RunContext, *rejected: bytes, rows: int = 9) -> list[str]:
    """Judge what came, and say what is said of it; the period's table is asked twice."""
    expected = next(
        one for one in night.expected() if (one.contract.name, one.period) == (PAYMENTS, "2023")
    )
    deliveries, judged = night.deliveries(), {}
    for delivery in deliveries:
        bad = night.store.path(delivery.id).read_bytes() in rejected
        outcome = {
            "accepted": not bad, "rejections": [message("file_empty").as_json()] * bad,
            "rows_read": rows, "original_name": delivery.name,
        }  # fmt: skip
        judged[(delivery.source, delivery.period, delivery.id)] = Outcome(Path(), outcome)
    statuses = [find_status(expected, deliveries, judged, night.today)] * 2
    sentences = describe_arrivals(night, statuses)
    return [text.removeprefix("finance.payments 2023: ") for text in sentences]


def test_two_files_in_one_night_are_no_file_that_is_late(night: RunContext) -> None:
    """The gap says that they came, in the night, in its record and by day."""
    folder = night.workspace.inbox / "finance"
    folder.mkdir(parents=True)
    for half in ("上", "下"):
        (folder / f"支付明细_2023年{half}半年.csv").write_text(half, "utf-8")
        os.utime(folder / f"支付明细_2023年{half}半年.csv", (1, 1))
    plan = night.log.add_plan(plan_run(night))
    assert not plan
    sources = night.log.add_sources(validate_sources(night, plan.held, read_new=False))
    gap = (
        "预算一体化支付明细(2023)缺失:由财政局国库股于2024-01-31前报送,同一晚收到该期文件2份,"
        "无从判断以哪份为准,均未采用:请只保留正确的一份,或合并成一份重新报送"
    )
    assert [status.gap for status in sources.statuses if status.expected.key[0] == PAYMENTS][
        -1
    ] == gap
    night.folder.mkdir(parents=True)
    write_record(night, 4)
    assert gap in [
        gap for one in describe_status(night.workspace, 7)["open"] for gap in one["sentences"]
    ]
    _, seen = find_sources(night.workspace)
    assert gap in [status.gap for status in seen.statuses]


def test_a_file_of_a_year_that_is_not_open_is_told(night: RunContext) -> None:
    file = night.store.keep(io.BytesIO(b"A"), "finance/支付明细_2019年.csv")
    moment = "2024-01-01T18:00:00+00:00"
    night.store.record(Delivery(PAYMENTS, "519900", "2019", (file,), moment, "inbox"))
    [sentence] = describe_arrivals(night, [])
    assert sentence.startswith("finance.payments 2019: finance/支付明细_2019年.csv is kept and")
    assert "no open year (2023)" in sentence
    publish(night, "01-03")
    assert describe_arrivals(night, []) == []


def publish(night: RunContext, on: str) -> None:
    """Leave of a release what is asked of it: when it was written."""
    folder = night.workspace.releases / "2023" / "00001-0123456789ab"
    folder.mkdir(parents=True)
    content = {"written_at": f"2024-{on}T03:00:00+08:00"}
    (folder / "manifest.json").write_text(json.dumps(content), "utf-8")


def test_of_two_files_the_last_counts_and_it_is_said_which_that_is(night: RunContext) -> None:
    receive(night, "a.csv", b"A", "01-01")
    receive(night, "b.csv", b"B", "01-01")
    assert said(night) == [
        "finance/b.csv (received 2024-01-02) is in force, not finance/a.csv (received 2024-01-02): "
        "of files without a day in their names the last one received counts, in one night the "
        "last by name; if that is a mistake, drop the right file again under another name"
    ]
    assert said(night, b"B") == []  # it was rejected, and is told as that


def test_a_correction_after_a_release_needs_no_word(night: RunContext) -> None:
    receive(night, "a.csv", b"A", "01-01")
    publish(night, "01-02")
    assert said(night) == []
    receive(night, "b.csv", b"B", "01-02")
    assert said(night) == []


def test_of_two_files_with_a_day_the_later_one_counts_whenever_it_came(night: RunContext) -> None:
    receive(night, "a.csv", b"A", "01-03", "2024-01-03")
    publish(night, "01-04")
    receive(night, "b.csv", b"B", "01-04", "2024-01-02")
    [sentence] = said(night)
    assert sentence.startswith(
        "finance/a.csv (of 2024-01-03, received 2024-01-04) is in force, not finance/b.csv (of "
        "2024-01-02, received 2024-01-05): the latest day in the files' names counts; if"
    )


@pytest.mark.parametrize("name", ["a.csv", "a (1).csv"])
def test_an_older_file_that_comes_again_counts_and_it_is_said_what_to_do(
    night: RunContext, name: str
) -> None:
    receive(night, "a.csv", b"A", "01-01")
    receive(night, "b.csv", b"B", "01-02")
    publish(night, "01-03")
    receive(night, name, b"A", "01-04")
    assert said(night) == [
        f"finance/{name} holds the bytes received as finance/a.csv (received 2024-01-02) and is in "
        "force, not finance/b.csv (received 2024-01-03), which came between; if that is a mistake, "
        "drop the right file again under another name"
    ]


def test_an_older_file_that_comes_again_does_not_count_against_a_later_day(
    night: RunContext,
) -> None:
    receive(night, "a.csv", b"A", "01-01", "2024-01-01")
    receive(night, "b.csv", b"B", "01-02", "2024-01-02")
    publish(night, "01-03")
    receive(night, "a (1).csv", b"A", "01-04", "2024-01-01")
    [sentence] = said(night)
    assert sentence.startswith(
        "finance/a (1).csv holds the bytes received as finance/a.csv (of 2024-01-01, received "
        "2024-01-02); finance/b.csv (of 2024-01-02, received 2024-01-03) stays in force, for its "
        "day is later; if that is a mistake, drop"
    )


def test_the_same_bytes_under_a_new_name_change_nothing(night: RunContext) -> None:
    receive(night, "a.csv", b"A", "01-01")
    publish(night, "01-02")
    receive(night, "a (1).csv", b"A", "01-03")
    assert said(night) == [
        "finance/a (1).csv holds the same bytes as finance/a.csv (received 2024-01-02): nothing "
        "changes"
    ]


def test_a_file_without_rows_that_its_suite_allows_is_told_from_a_missing_one(
    night: RunContext,
) -> None:
    receive(night, "a.csv", b"A", "01-01")
    [sentence] = said(night, rows=0)
    assert sentence == (
        "finance/a.csv holds no row and its suite allows that: what it counts is 0, not missing"
    )
