"""What a killed night leaves with Prefect: its run is closed by the next night of its workspace."""

from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from flows.common.error_messages import redact_errors
from flows.common.errors import ZipingError
from flows.runs.prefect_server import _explain_absence

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

MARK, OTHER_MARK = "here:/a/workspace", "here:/another/workspace"


@pytest.fixture
def client(server: str) -> "SyncPrefectClient":
    """Speak to the tests' server; Prefect is imported when its address is known."""
    from prefect import get_client

    assert server
    return get_client(sync_client=True)


def left_running(client: "SyncPrefectClient", *marks: str) -> UUID:
    """Leave a run as a killed worker leaves it: Running, and nobody behind it."""
    from prefect import flow
    from prefect.states import Running

    run = client.create_flow_run(flow(lambda: None, name="a night"), tags=marks)
    client.set_flow_run_state(run.id, Running(), force=True)
    return run.id


def next_night() -> UUID:
    """Run a night that does nothing but close what the ones before it left."""
    from prefect import flow, tags
    from prefect.runtime import flow_run

    from flows.nightly import close_killed_runs

    @flow
    def night() -> str:
        close_killed_runs(MARK)
        return str(flow_run.get_id())

    with tags(MARK):  # its own run has the mark too and must not be closed
        return UUID(night())


def test_the_run_of_a_killed_night_is_closed_and_that_of_another_workspace_is_not(
    client: "SyncPrefectClient",
) -> None:
    killed, twice = left_running(client, MARK), left_running(client, MARK, "by hand")
    other = left_running(client, OTHER_MARK)
    own = next_night()
    states = [client.read_flow_run(one).state_name for one in (killed, twice, other, own)]
    assert states == ["Crashed", "Crashed", "Running", "Completed"]
    assert MARK in client.read_flow_run(own).tags


def test_a_server_that_refuses_a_call_is_told_by_its_answer(
    client: "SyncPrefectClient", server: str
) -> None:
    @redact_errors
    def night() -> None:
        client.set_flow_run_name(UUID(int=0), "")  # there is no such run

    with (
        pytest.raises(ZipingError, match="the Prefect server answered a call with 404: run again"),
        _explain_absence(server, "it"),
    ):
        client.request("GET", "/no/such/path").raise_for_status()
    with pytest.raises(ZipingError, match=r"^the Prefect server answered a call with 404"):
        night()
