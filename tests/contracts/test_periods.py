"""The periods of a contract: of a year, and of a file."""

from pathlib import Path
from typing import Any

import pytest
from contract_parts import META, column, load

from flows.contracts.periods import period_of_year


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ({"kind": "calendar_year"}, "2023"),
        ({"kind": "census_day"}, "2023-09-01"),
        ({"kind": "census_day", "month_day": "10-01"}, "2023-10-01"),
        ({"kind": "year_end"}, "2023-12-31"),
        ({"kind": "span", "length_years": 5}, "2019-01..2023-12"),
        ({"kind": "standing"}, "standing"),
    ],
)
def test_a_year_is_served_by_its_period(
    tmp_path: Path, period: dict[str, Any], expected: str
) -> None:
    (contract,) = load(tmp_path, META | {"period": period}, column()).values()
    assert period_of_year(contract, 2023) == expected
