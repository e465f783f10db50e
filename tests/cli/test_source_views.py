"""What `ziping sources show` says of every row of a file."""

from nights import Said, ziping

from flows.common.settings import Workspace


def test_every_row_of_a_file_in_force_is_accounted_for(first_night: Workspace, said: Said) -> None:
    assert ziping("sources", "show", "finance.education_funds", workspace=first_night) == 0
    printed = said()
    assert "header2" in printed
    assert "total" in printed
    assert ziping("sources", "show", "finance.payments", "--rows", workspace=first_night) == 0
    printed = said()
    assert "-row1:header" in printed
    assert "setaside:exact_duplicate" in printed


def test_a_source_that_nobody_knows_is_told_with_those_that_there_are(
    first_night: Workspace, said: Said
) -> None:
    assert ziping("sources", "show", "finance.payment", workspace=first_night) == 2
    assert "nosourcetableiscalledfinance.payment:thereare" in said()
