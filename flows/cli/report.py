"""The commands of the written report: `ziping report …`; each hands on to `flows/report/`."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import WorkspaceOption, YearOption
from flows.common.console import say
from flows.common.errors import GAPS, PUBLISHED, WRONG_USE, WrongUse
from flows.common.settings import CHECKOUT, Workspace
from flows.contracts.environment import load_settings

PUBLIC, PRIVATE = 0o644, 0o600  # an internal draft is closed to others, as the release is

report_app = typer.Typer(help="write, refresh, check and sign the report", no_args_is_help=True)

ReleaseOption = Annotated[str | None, typer.Option(help="A release; the current one if not given.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print it for machines.")]
PostOption = Annotated[str, typer.Option("--by", help="The post of who signs; no person's name.")]
DayOption = Annotated[
    datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="The day of signing.")
]
DocumentOption = Annotated[
    Path | None,
    typer.Option("--file", help="What was handed in; the release's report.docx if not given."),
]
GapsOption = Annotated[
    str, typer.Option(help="Why it is signed though figures are missing or provisional.")
]


def _refuse_old(target: Path) -> None:
    """Never write over a file: people may have worked on it."""
    if target.exists():
        raise WrongUse(f"{target} is there already: name a new file")
    if not target.parent.is_dir():
        raise WrongUse(f"there is no folder {target.parent}: make it, or name another file")


@report_app.command()
def draft(
    file: Annotated[Path, typer.Argument(help="The Word file to write, for example 自评报告.docx")],
    year: YearOption = None,
    release: ReleaseOption = None,
    template: Annotated[
        Path | None,
        typer.Option(help="A template; report_template.docx of the workspace if it is there."),
    ] = None,
    name_schools: Annotated[
        bool,
        typer.Option("--name-schools", help="Name the schools that miss a standard: internal."),
    ] = False,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = CHECKOUT,
) -> None:
    """Write the report of a release as a Word file; say what is open about it (exit code 4)."""
    from flows.common.files import write_durably
    from flows.releases.release import find_release
    from flows.releases.tables import ReleaseTables
    from flows.report.draft import make_draft

    place = Workspace(workspace.resolve())
    _refuse_old(file)
    if template and not template.is_file():
        raise WrongUse(f"there is no file {template}")
    found = find_release(place, year or load_settings(place).default_year, release)
    made = make_draft(
        ReleaseTables.load(found.folder),
        found.manifest,
        template or place.report_template,
        is_internal=name_schools,
    )
    write_durably(file, made.content, PRIVATE if name_schools else PUBLIC)
    if as_json:
        findings = [asdict(finding) for finding in made.findings]
        say(json.dumps({"release": found.name, "findings": findings}, ensure_ascii=False))
    else:
        for finding in made.findings:
            say(str(finding))
        say(f"wrote {file} from release {found.name}")
    raise typer.Exit(GAPS if made.findings else PUBLISHED)


@report_app.command()
def refresh(
    file: Annotated[Path, typer.Argument(help="A draft that people have worked on.")],
    to: Annotated[
        Path | None, typer.Option(help="The new file; beside the old one if not given.")
    ] = None,
    release: ReleaseOption = None,
    replace_typed: Annotated[
        bool,
        typer.Option("--replace-typed", help="Replace figures that somebody typed over, too."),
    ] = False,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = CHECKOUT,
) -> None:
    """Give a draft the current figures: prose stays, each change is explained, in a new file."""
    from flows.common.files import write_durably
    from flows.report.refresh import list_refreshed, refresh_draft

    result = refresh_draft(
        Workspace(workspace.resolve()), file, release, replace_typed=replace_typed
    )
    target = to or file.with_name(f"{file.stem}_{result.release.partition('-')[0]}.docx")
    _refuse_old(target)
    write_durably(target, result.content)
    if as_json:
        content = {key: value for key, value in asdict(result).items() if key != "content"}
        say(json.dumps(content | {"file": str(target)}, ensure_ascii=False))
    else:
        for line in list_refreshed(result):
            say(line)
        say(f"wrote {target}")
    is_open = result.unknown or any(not typed.is_replaced for typed in result.typed_over)
    raise typer.Exit(WRONG_USE if result.deleted else GAPS if is_open else PUBLISHED)


@report_app.command()
def annex(
    file: Annotated[Path, typer.Argument(help="The ZIP to write, for example 附件.zip")],
    chapter: Annotated[str, typer.Option(help="A place of the report: 一, 一(二) or 一(二)4")],
    year: YearOption = None,
    release: ReleaseOption = None,
    workspace: WorkspaceOption = CHECKOUT,
) -> None:
    """Write the annex of a chapter: its table of sources, and a sheet of proof for each figure."""
    from flows.lineage.trace import Tracer
    from flows.releases.release import find_release
    from flows.report.annex import write_annex

    place = Workspace(workspace.resolve())
    _refuse_old(file)
    wanted = year or load_settings(place).default_year
    count = write_annex(Tracer(place, find_release(place, wanted, release)), chapter, file)
    say(f"wrote {file}: {count} figures of {chapter}")


@report_app.command()
def template(
    file: Annotated[Path, typer.Argument(help="The Word file to write, to be made one's own.")],
) -> None:
    """Write the template of GB/T 9704; as report_template.docx in the workspace it is used."""
    from flows.common.files import write_durably
    from flows.report.template import make_template

    _refuse_old(file)
    write_durably(file, make_template())
    say(f"wrote {file}")


@report_app.command()
def sign(
    by: PostOption,
    date: DayOption,
    release: ReleaseOption = None,
    file: DocumentOption = None,
    with_gaps: GapsOption = "",
    year: YearOption = None,
    workspace: WorkspaceOption = CHECKOUT,
) -> None:
    """Freeze a year as it was handed in: release, document and figures; later nights go on."""
    from flows.cli.signing import sign_report
    from flows.report.signing import Signing

    signing = Signing(by, date.date(), release, file, with_gaps)
    sign_report(Workspace(workspace.resolve()), year, signing)


@report_app.command()
def amend(
    by: PostOption,
    date: DayOption,
    reason: Annotated[str, typer.Option(help="Why the report is amended; the 勘误 says it.")],
    release: ReleaseOption = None,
    file: DocumentOption = None,
    with_gaps: GapsOption = "",
    year: YearOption = None,
    workspace: WorkspaceOption = CHECKOUT,
) -> None:
    """Sign a further version of a year that is signed, and draft its 勘误."""
    from flows.cli.signing import sign_report
    from flows.report.signing import Signing

    signing = Signing(by, date.date(), release, file, with_gaps)
    sign_report(Workspace(workspace.resolve()), year, signing, reason)


@report_app.command()
def signed(
    year: YearOption = None,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = CHECKOUT,
) -> None:
    """List what was signed, and which figures moved since and why."""
    from flows.cli.signing import print_signed

    print_signed(Workspace(workspace.resolve()), year, as_json=as_json)


@report_app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A written report: .docx, .txt or PDF with text.")],
    year: YearOption = None,
    release: ReleaseOption = None,
    rules: Annotated[
        Path | None,
        typer.Option(help="Words and rules of your own; report_rules.yml of the workspace."),
    ] = None,
    workbook: Annotated[
        Path | None, typer.Option(help="Write it as a workbook, too: FILE.xlsx.")
    ] = None,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = CHECKOUT,
) -> None:
    """Check a report's numbers and words (exit code 3 contradictions, 4 open, 0 all right)."""
    from flows.cli.report_check import print_check

    code = print_check(
        Workspace(workspace.resolve()),
        file,
        year,
        release,
        rules=rules,
        workbook=workbook,
        as_json=as_json,
    )
    raise typer.Exit(code)
