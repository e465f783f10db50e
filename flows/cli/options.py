"""What the commands share: their common options, and how they end."""

from pathlib import Path
from typing import Annotated

import typer

from flows.common.error_messages import sentence_of
from flows.common.errors import ZipingError, related

WorkspaceOption = Annotated[
    Path,
    typer.Option(
        "--workspace", help="The folder with raw/ and warehouse/.", envvar="ZIPING_WORKSPACE"
    ),
]
YearOption = Annotated[
    int | None, typer.Option(help="One evaluation year; all open ones if not given.")
]
SourceArgument = Annotated[str, typer.Argument(help="A source table, for example finance.payments")]


def end_with(error: BaseException) -> typer.Exit:
    """Print one sentence and end with the error's exit code."""
    typer.echo(f"ziping: {sentence_of(error)}", err=True)
    for one in related(error):  # what their frames hold open DuckDB would complain of at the end
        one.__traceback__ = None
    return typer.Exit(error.exit_code if isinstance(error, ZipingError) else 1)
