"""Run Great Expectations over frames: quietly, failing closed, handing back positions only."""

import functools
import logging
import os
import re
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from flows.common.settings import forget_settings
from flows.quality.suite import Rule

OUT_OF_MEMORY = re.compile(r"^(?:\w+\.)*\w*MemoryError(?=:|$)", re.MULTILINE)

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True)
class ExpectationResult:
    """What became of an expectation: index labels of rows, never a value."""

    success: bool
    raised: bool = False
    positions: tuple[int, ...] | None = None  # None: the expectation is not one about rows


UNANSWERED = ExpectationResult(success=False, raised=True)  # it counts as failed


def join_results(answers: Sequence[ExpectationResult]) -> ExpectationResult:
    """Join the answers of all chunks to one expectation."""
    if unclear := [answer for answer in answers if answer.raised or answer.positions is None]:
        return unclear[0]
    positions = tuple(place for answer in answers for place in answer.positions or ())
    return ExpectationResult(all(answer.success for answer in answers), positions=positions)


def make_frame(table: "pa.Table", names: Collection[str], start: int = 0) -> "pd.DataFrame":
    """Give the named columns of an Arrow table to pandas; the index counts from start."""
    import pandas as pd
    import pyarrow as pa

    table = table.select([name for name in table.column_names if name in names])
    for place, column in enumerate(table.schema):
        if pa.types.is_decimal(column.type):  # monotone: bounds that a float holds judge exactly
            table = table.set_column(place, column.name, table[place].cast(pa.float64()))
        elif pa.types.is_dictionary(column.type):
            plain = table[place].cast(column.type.value_type)
            table = table.set_column(place, column.name, plain)
    frame: pd.DataFrame = table.to_pandas(date_as_object=False)
    frame.index = pd.RangeIndex(start, start + table.num_rows)
    return frame


def run_expectations(rules: Sequence[Rule], frame: "pd.DataFrame") -> list[ExpectationResult]:
    """Ask rules of a frame in one validation; the results come in their order."""
    if not rules:
        return []
    definition = _batch_definition()
    import great_expectations as gx

    answers: dict[int, ExpectationResult] = {}
    expectations = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they repeat values
        for marker, rule in enumerate(rules):
            try:
                expectations.append(_make_expectation(rule, marker))
            except MemoryError:
                raise  # it says nothing of the file, and verdicts are kept
            except Exception:  # noqa: BLE001 - whatever it is, the gate has failed
                answers[marker] = UNANSWERED
        try:
            results = (
                definition.get_batch(batch_parameters={"dataframe": frame})
                .validate(
                    gx.ExpectationSuite(name="asked", expectations=expectations),
                    result_format={"result_format": "COMPLETE", "partial_unexpected_count": 0},
                )
                .results
            )
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001
            return [UNANSWERED] * len(rules)
    # They come in another order, and a dropped expectation gives none.
    answers |= {result.expectation_config.meta["asked"]: _read_result(result) for result in results}
    return [answers.get(marker, UNANSWERED) for marker in range(len(rules))]


def load_great_expectations() -> None:
    """Load the library before its first question, so that its cost is measured by itself."""
    _batch_definition()


@functools.cache
def _batch_definition() -> Any:
    """Make the one context of this process: in memory, silent, telling nobody."""
    forget_settings("GX_.*")
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    # It logs values, and others may have set the levels of its loggers.
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL + 1)
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("great_expectations."):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}  # type: ignore[assignment]
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("frame")


def _make_expectation(rule: Rule, marker: int) -> Any:
    """Make an expectation; of rows without a value only the expectations about nulls judge."""
    from great_expectations.expectations.expectation import (
        ColumnPairMapExpectation,
        MulticolumnMapExpectation,
    )
    from great_expectations.expectations.registry import get_expectation_impl

    implementation = get_expectation_impl(rule.type)
    asked: dict[str, Any] = {
        key: datetime(value.year, value.month, value.day) if type(value) is date else value
        for key, value in rule.kwargs.items()
    }
    if issubclass(implementation, ColumnPairMapExpectation):
        asked.setdefault("ignore_row_if", "either_value_is_missing")
    elif issubclass(implementation, MulticolumnMapExpectation):
        asked.setdefault("ignore_row_if", "any_value_is_missing")
    if "row_condition" in asked:
        asked.setdefault("condition_parser", "pandas")
    return implementation(**asked, meta={"asked": marker})


def _read_result(result: Any) -> ExpectationResult:
    info = result.exception_info or {}
    for exception in [info] if "raised_exception" in info else info.values():
        if exception.get("raised_exception"):
            if OUT_OF_MEMORY.search(str(exception.get("exception_traceback"))):
                raise MemoryError
            return UNANSWERED
    labels = result.result.get("unexpected_index_list")
    positions = None if labels is None else tuple(sorted(map(int, labels)))
    return ExpectationResult(result.success is True, positions=positions)
