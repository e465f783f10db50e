"""Retries within one time budget: what passes is asked again, and nobody is waited for for ever."""

import time
from collections.abc import Callable

import pytest

from flows.common.errors import Unavailable
from flows.extract.pull.retry import OverTime, RetryBudget, answer_within

pytestmark = pytest.mark.usefixtures("quick_retries")


def failing(times: int, *, is_transient: bool) -> tuple[Callable[[], str], list[float]]:
    """Make a question that is answered after some failures; and when it was asked."""
    asked: list[float] = []

    def ask() -> str:
        asked.append(time.monotonic())
        if len(asked) <= times:
            raise Unavailable("a source: down", is_transient=is_transient)
        return "all rows"

    return ask, asked


def test_what_passes_is_asked_again() -> None:
    question, asked = failing(3, is_transient=True)
    assert RetryBudget(60).ask("a source", question) == "all rows"
    assert len(asked) == 4


def test_what_does_not_pass_is_not_asked_again() -> None:
    question, asked = failing(1, is_transient=False)
    with pytest.raises(Unavailable, match="down"):
        RetryBudget(60).ask("a source", question)
    assert len(asked) == 1


def test_a_source_given_up_is_tried_once_more_for_another_period() -> None:
    budget = RetryBudget(60)
    question, asked = failing(100, is_transient=True)
    for _period in range(2):
        with pytest.raises(Unavailable):
            budget.ask("a source", question)
    assert len(asked) == 4 + 1


def test_an_answer_that_does_not_come_ends_with_the_budget_and_names_the_setting() -> None:
    budget, begun = RetryBudget(0.2), time.monotonic()
    with pytest.raises(Unavailable, match=r"no whole answer within 0.2 s.*ZIPING_PULL_SECONDS"):
        budget.ask("a source", lambda: time.sleep(30))
    assert time.monotonic() - begun < 10
    assert budget.left == 0


def test_an_error_of_the_question_is_that_of_whoever_waits() -> None:
    def ask() -> None:
        raise TimeoutError("of a socket")

    with pytest.raises(TimeoutError, match="of a socket"):
        answer_within(10, ask)
    with pytest.raises(OverTime):
        answer_within(0, ask)
