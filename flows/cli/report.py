"""The commands of the written report: `ziping report …`; each hands on to `flows/report/`."""

import typer

report_app = typer.Typer(help="write, refresh, check and sign the report", no_args_is_help=True)
