"""The flow `nightly`: look, ingest, transform, publish; one night, one record."""

from datetime import date
from pathlib import Path

from prefect import flow

from flows.ingest import ingest
from flows.lib.look import find_standings, forget_unused_readings, look, verdicts
from flows.lib.night import tonight, years_to_build
from flows.lib.records import write_gates_page
from flows.lib.settings import CHECKOUT, Workspace
from flows.publish import publish
from flows.transform import transform


@flow
def nightly(
    year: int | None = None, as_of: date | None = None, workspace: str | None = None
) -> dict[int, str]:
    """Run the night for the open years, or one, and say for each how it ended."""
    with tonight(Workspace(Path(workspace or CHECKOUT)), year, as_of) as night:
        if night.difference is None:
            night.difference = look(night)
        with night.stage("ingest"):
            ingest(night.name)
        find_standings(night, judge_new=True)
        try:
            if years := years_to_build(night):
                transform(night.name, years)
                publish(night.name, years)
        finally:
            write_gates_page(night, verdicts(night, judge_new=False).values())
        if year is None and as_of is None:
            forget_unused_readings(night)
        return {year: str(result["result"]) for year, result in night.results.items()}
