"""The commands on sources and their files: what stands, what is wrong, what would become of one."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import SourceArgument, WorkspaceOption, YearOption
from flows.common.settings import CHECKOUT, Workspace

sources_app = typer.Typer(invoke_without_command=True)


@sources_app.callback()
def sources(context: typer.Context, workspace: WorkspaceOption = CHECKOUT) -> None:
    """Show each source table and period: what is in force, what is owed by whom."""
    from flows.cli.source_views import print_sources

    if context.invoked_subcommand:
        return
    print_sources(Workspace(workspace.resolve()))


@sources_app.command()
def show(
    name: SourceArgument,
    rows: Annotated[bool, typer.Option("--rows", help="List each row that is no data.")] = False,
    workspace: WorkspaceOption = CHECKOUT,
) -> None:
    """Show what became of every row of a source's files."""
    from flows.cli.source_views import print_source

    print_source(Workspace(workspace.resolve()), name, show_rows=rows)


@sources_app.command()
def check(
    name: SourceArgument,
    file: Annotated[
        Path, typer.Argument(help="A file, a folder or an archive that is not yet sent.")
    ],
    workspace: WorkspaceOption = CHECKOUT,
) -> None:
    """Show what would be landed, quarantined and skipped of files; nothing is kept."""
    from flows.cli.check import print_check

    accepted = print_check(Workspace(workspace.resolve()), name, file)
    raise typer.Exit(0 if accepted else 1)


def withdraw(
    file: Annotated[
        str, typer.Argument(help="The delivery: its name, its archive's, or its hash's beginning.")
    ],
    source: Annotated[str, typer.Option(help="Its source table, for example finance.payments.")],
    reason: Annotated[str, typer.Option(help="Why it does not count, for the record.")],
    by: Annotated[str, typer.Option("--by", help="The office on whose word it is withdrawn.")],
    period: Annotated[str, typer.Option(help="Its period, where several bear the name.")] = "",
    workspace: WorkspaceOption = CHECKOUT,
) -> None:
    """Take a delivery back: the one before it counts again, the record of it stays."""
    from flows.landing.withdrawals import withdraw as take_back

    found = take_back(Workspace(workspace.resolve()), file, source, period, reason, by)
    for delivery in found:
        named = f"{delivery.name}, {delivery.source} {delivery.period}, {delivery.id[:12]}"
        typer.echo(f"withdrawn: {named}")
    typer.echo(
        "the next night counts the one before it, or says that it is missing; dropped again, by "
        "its date of today or under another name, it counts again"
    )


def quarantine(
    source: Annotated[
        str | None, typer.Argument(help="A source table; all of them if not given.")
    ] = None,
    xlsx: Annotated[
        Path | None, typer.Option(help="A folder for workbooks that go back to the offices.")
    ] = None,
    year: YearOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it for a program.")] = False,
    workspace: WorkspaceOption = CHECKOUT,
) -> None:
    """Show what is wrong with files, by rule, sheet and row, and how to resolve it."""
    from flows.cli.quarantine import print_quarantine

    print_quarantine(Workspace(workspace.resolve()), source, xlsx, year, as_json=as_json)


def new_source(
    file: Annotated[Path, typer.Argument(help="A sample of the files that the office sends.")],
    name: Annotated[str, typer.Option(help="system.table, for example staffing.guards.")],
    title: Annotated[
        str, typer.Option(help="What the office calls it; else as the file says.")
    ] = "",
) -> None:
    """Write contract, suite and staging model for a sample file, for you to complete."""
    from flows.cli.new_source import print_new_source

    print_new_source(file, name, title)


def template(
    source: SourceArgument,
    file: Annotated[
        Path | None, typer.Argument(help="The workbook to write; named for the inbox if not given.")
    ] = None,
    year: Annotated[
        int | None, typer.Option(help="The year to report on; the newest open one if not given.")
    ] = None,
    workspace: WorkspaceOption = CHECKOUT,
) -> None:
    """Write the workbook that an office fills in for a source table."""
    from flows.forms.template import write_template

    written, sent = write_template(Workspace(workspace.resolve()), source, file, year)
    saved = "filled in and saved as CSV" if sent.endswith(".csv") else "filled in"
    typer.echo(f"wrote {written}; {saved}, it is dropped in raw/inbox/ as {sent}")
