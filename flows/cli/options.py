"""The options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

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
