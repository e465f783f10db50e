"""The command `ziping`; Prefect, dbt and Great Expectations are loaded only where needed."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from flows.cli.options import WorkspaceOption, YearOption
from flows.cli.report import report_app
from flows.cli.sources import new_source, quarantine, sources_app, template, withdraw
from flows.common.console import keep_the_docstrings, leave_the_locale, outlive_the_reader, say
from flows.common.error_messages import describe_error
from flows.common.errors import WrongUse, ZipingError, related
from flows.common.files import keep_from_others
from flows.common.settings import CHECKOUT, SAMPLE_DISTRICT, Workspace
from flows.contracts.environment import load_settings

# As a newcomer needs them: see it work, run it, look at it, mend files, defend figures, build on.
ORDER = (
    "run sample new-key nightly status sources quarantine withdraw template trace changes releases "
    "publish report what-if new-source"
).split()


class Commands(TyperGroup):
    """The commands as `--help` lists them; an error ends as one sentence and its exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; what typer says of wrong arguments passes."""
        try:
            return super().invoke(ctx)
        except (TyperException, typer.Exit, typer.Abort):
            raise
        except Exception as error:
            typer.echo(f"ziping: {describe_error(error)}", err=True)
            for cause in related(error):  # of their frames open DuckDB would complain at the end
                cause.__traceback__ = None
            raise typer.Exit(error.exit_code if isinstance(error, ZipingError) else 1) from None

    def list_commands(self, ctx: Any) -> list[str]:
        """List them in the order in which they are needed, others behind."""
        others = [name for name in super().list_commands(ctx) if name not in ORDER]
        return [*ORDER, *others]


app = typer.Typer(
    cls=Commands,
    help="自评: from the files of finance, staffing and schools to the report's figures.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(sources_app, name="sources")
app.add_typer(report_app, name="report")
app.command()(quarantine)
app.command()(withdraw)
app.command("new-source")(new_source)
app.command()(template)


@app.callback()
def begin() -> None:
    """Read names and files as UTF-8, whatever the locale, and refuse another checkout's command."""
    leave_the_locale()
    keep_the_docstrings()
    outlive_the_reader()
    keep_from_others()
    _refuse_a_copy()


def _refuse_a_copy() -> None:
    """Refuse a copied or linked `.venv`: its commands run the code of where it was made."""
    called = Path(sys.argv[0]).absolute().parent.parent  # .venv, as the command was called
    is_other_venv = (called / "pyvenv.cfg").is_file() and not called.samefile(sys.prefix)
    is_other_code = (
        called.parent / "flows" / "cli" / "main.py"
    ).is_file() and not called.parent.samefile(CHECKOUT)
    if is_other_venv or is_other_code:
        raise WrongUse(
            f"{called} belongs to {CHECKOUT} and would work there: in {called.parent} run "
            "`rm -rf .venv && make setup`"
        )


@app.command()
def nightly(
    year: YearOption = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Look back: what was known by this day."),
    ] = None,
    workspace: WorkspaceOption = CHECKOUT,
) -> None:
    """Run the night: land, check, build, audit and publish what is new."""
    from flows.cli.nightly import run_nightly
    from flows.runs.lifecycle import run_until_stopped

    place, known_by = Workspace(workspace.resolve()), as_of.date() if as_of else None
    code = run_until_stopped(lambda on_open: run_nightly(place, year, known_by, on_open))
    raise typer.Exit(code)


@app.command()
def sample(
    seed: Annotated[int, typer.Option(help="Another seed makes another district.")] = 2023,
    scale: Annotated[float, typer.Option(help="1 is full size, 0.05 a small district.")] = 1.0,
    dirt: Annotated[list[str] | None, typer.Option(help="A kind of dirt to switch on.")] = None,
    serve: Annotated[
        bool, typer.Option(help="Only serve the school system's API on loopback.")
    ] = False,
    port: Annotated[int, typer.Option(help="The port to serve on.")] = 8765,
    workspace: WorkspaceOption = CHECKOUT,
) -> None:
    """Make the sample district 519900, or serve its API until stopped."""
    from flows.cli.sample import make_sample, serve_sample

    place = Workspace(workspace.resolve())
    if serve:
        serve_sample(place, port)
    else:
        for table, rows in make_sample(place, seed, scale, dirt or []).items():
            typer.echo(f"{table:32}{rows:>9} rows")


@app.command()
def run(workspace: WorkspaceOption = CHECKOUT) -> None:
    """Make the sample if the workspace is empty and is the sample's, then run the night."""
    from flows.cli.nightly import run_nightly
    from flows.cli.sample import make_sample, sample_api, workspace_is_empty
    from flows.runs.lifecycle import OnOpen, run_until_stopped

    place = Workspace(workspace.resolve())

    def make_and_run(on_open: OnOpen) -> int:
        settings = load_settings(place)
        if settings.district == SAMPLE_DISTRICT and workspace_is_empty(place):
            typer.echo("making the sample district 519900 样例区 (样例数据)")
            make_sample(place, 2023, 1.0, [])
        with sample_api(place, settings):
            return run_nightly(place, None, None, on_open)

    code = run_until_stopped(make_and_run)
    raise typer.Exit(code)


@app.command()
def status(
    nights: Annotated[int, typer.Option(help="How many nights to show.")] = 7,
    as_json: Annotated[bool, typer.Option("--json", help="Print it for a monitor.")] = False,
    workspace: WorkspaceOption = CHECKOUT,
) -> None:
    """Show the last nights, what stands open and with whom, what was quarantined, and the disk."""
    from flows.cli.status import print_status, print_status_as_json

    show = print_status_as_json if as_json else print_status
    show(Workspace(workspace.resolve()), nights)


@app.command()
def releases(
    year: YearOption = None,
    pin: Annotated[
        str | None, typer.Option(help="Show readers this older release until a new one is made.")
    ] = None,
    unpin: Annotated[bool, typer.Option("--unpin", help="Show readers the newest again.")] = False,
    workspace: WorkspaceOption = CHECKOUT,
) -> None:
    """List the releases and whether each is still what was published, or pin an older one."""
    from flows.cli.releases import choose_release, print_releases

    place = Workspace(workspace.resolve())
    if pin or unpin:
        choose_release(place, year, pin, unpin=unpin)
    else:
        print_releases(place, year)


@app.command()
def changes(
    year: YearOption = None,
    release: Annotated[
        str | None, typer.Option(help="A release; the current one if not given.")
    ] = None,
    workspace: WorkspaceOption = CHECKOUT,
) -> None:
    """Show what differs from the release before, and which file or definition caused it."""
    from flows.cli.changes import print_changes

    print_changes(Workspace(workspace.resolve()), year, release)


@app.command()
def trace(
    figure: Annotated[
        str, typer.Argument(help="A figure of the report (4.1), a part (14.3.2) or an indicator.")
    ],
    rows: Annotated[bool, typer.Option("--rows", help="List each contributing row.")] = False,
    xlsx: Annotated[
        Path | None, typer.Option(help="Write it as a workbook to print, sign and stamp.")
    ] = None,
    year: YearOption = None,
    release: Annotated[
        str | None, typer.Option(help="A release; the current one if not given.")
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Of the look back to this day, not of a release."),
    ] = None,
    workspace: WorkspaceOption = CHECKOUT,
) -> None:
    """Show where a figure comes from, and recompute it from the raw cells."""
    from flows.cli.trace import print_trace

    place = Workspace(workspace.resolve(), as_of.date() if as_of else None)
    agrees = print_trace(place, figure, year, release, show_rows=rows, xlsx=xlsx)
    raise typer.Exit(0 if agrees else 1)


@app.command()
def publish(
    to: Annotated[
        str, typer.Option(help="postgresql://user@host/database; ZIPING_PUBLISH_TO if not given.")
    ] = "",
    year: YearOption = None,
    release: Annotated[
        str | None, typer.Option(help="A release; the current one if not given.")
    ] = None,
    schema: Annotated[str, typer.Option(help="The schema to publish into: ziping.")] = "",
    reader: Annotated[str, typer.Option(help="A role of the database that may read it.")] = "",
    workspace: WorkspaceOption = CHECKOUT,
) -> None:
    """Publish a release to PostgreSQL, where BI tools read; the password comes from outside."""
    from flows.exports.postgres.publish import publish_releases

    place = Workspace(workspace.resolve())
    for sentence in publish_releases(place, year, release, to, schema, reader):
        say(sentence)


@app.command("what-if")
def what_if(
    standard: Annotated[
        list[str] | None,
        typer.Option(help="Another standard: operating_per_student.普通小学=800, or 5.1a=800."),
    ] = None,
    cell: Annotated[
        list[str] | None,
        typer.Option("--set", help="Another input: registers.projects:KEY.places=400."),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            "--from", help="A release to begin from; `release`, as if not given: current."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it for a program.")] = False,
    year: YearOption = None,
    workspace: WorkspaceOption = CHECKOUT,
) -> None:
    """Show what other standards or inputs would change; nothing is published or kept."""
    from flows.cli.what_if import run_what_if

    place = Workspace(workspace.resolve())
    run_what_if(place, year, standard or [], cell or [], base, as_json=as_json)


@app.command("new-key")
def new_key(
    anew: Annotated[
        bool, typer.Option("--anew", help="Begin anew though rows rest on a key that is gone.")
    ] = False,
    workspace: WorkspaceOption = CHECKOUT,
) -> None:
    """Make the key of the pseudonyms for a new warehouse; keep a copy in a safe place."""
    from flows.runs.person_key import make_person_key

    path = make_person_key(Workspace(workspace.resolve()), anew=anew)
    typer.echo(f"made {path}: keep a copy apart from this machine; without it nothing joins")
