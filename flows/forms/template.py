"""The template that an office fills in: whether a source table has one, its name, its proof."""

import fnmatch
import re
from pathlib import Path
from typing import NamedTuple

from flows.common.errors import Rejected, WrongUse, ZipingError
from flows.common.settings import SAMPLE_DISTRICT, Settings, Workspace
from flows.contracts.environment import load_settings
from flows.contracts.loading import find_contract, load_contracts
from flows.contracts.model import Contract
from flows.contracts.periods import period_of_name, period_of_year
from flows.forms.fields import Form, list_fields, may_be_empty
from flows.forms.workbook import write_form
from flows.parsing.file_parser import read_file
from flows.parsing.headers import find_positions
from flows.quality.suite import Suites

SHEET = "填报"


class SentName(NamedTuple):
    """The name under which a filled template is sent, and how the period is written in it."""

    name: str
    stamp: str


def write_template(
    workspace: Workspace, name: str, file: Path | None, year: int | None
) -> tuple[Path, str]:
    """Write the workbook that an office fills in for a source table and year.

    Gives its path, and the name below the inbox under which a filled one is taken.

    Raises WrongUse with the reason where the table has no template, or a file stands there.
    """
    settings = load_settings(workspace)
    contract = find_contract(load_contracts(), name)
    year = year or contract.period.stated or settings.default_year
    if why := why_no_template(contract):
        raise WrongUse(f"{name} has no template: {why}")
    sent = find_sent_name(contract, settings, year, file)
    target = file or Path(Path(sent.name).stem + ".xlsx")
    if target.exists():
        raise WrongUse(f"{target} is there already and may be filled in: give another name")
    write_checked(target, contract, settings, year, sent)
    return target, f"{contract.system}/{sent.name}"


def why_no_template(contract: Contract) -> str | None:
    """Say why offices cannot fill a source table in as a list of rows; None where they can."""
    read, columns = contract.read, contract.columns
    match contract.pull.origin:
        case "http":
            return "its rows are asked from a system over its API: enter them in that system"
        case "sql":
            return "its rows are asked from a database: enter them in that system"
    if read.long:
        return "its form is wide, and its headings become rows: use the form of the office"
    if named := [column.name for column in columns if column.sheet_name or column.file_name]:
        return f"names of sheets or files say its {', '.join(named)}: use the form of the office"
    if read.delimiter not in (None, ","):
        return f"it is a text between {read.delimiter}: only a system exports that"
    if _find_sheet_name(contract) is None:
        return "its sheets have names that only the form of the office has"
    return None


def _find_sheet_name(contract: Contract) -> str | None:
    """Name the sheet as the contract asks for; None where only the office's own form has it."""
    pattern = contract.read.sheets
    names = (SHEET, contract.title)
    return next((name for name in names if pattern is None or re.search(pattern, name)), None)


def list_stamps(contract: Contract, year: int) -> list[str]:
    """Write the period of a year in the ways that names and titles have it."""
    period = period_of_year(contract, year)
    if period == "standing":
        return [""]
    first = year - contract.period.length_years + 1
    span = [f"{first}-{year}", f"{first}年-{year}年"] if first < year else []
    whole = [f"{year}年"] if contract.period.kind == "calendar_year" else [period, f"{year}年"]
    school_years = [f"{year}-{year + 1}学年", f"{year - 1}-{year}学年"]
    return [*span, *whole, f"{year}", f"{year}年度", *school_years, f"{year}0101"]


def find_sent_name(
    contract: Contract, settings: Settings, year: int, file: Path | None
) -> SentName:
    """Find a name that the inbox takes for the table and period: the file's own, if it fits."""
    period, stamps = period_of_year(contract, year), list_stamps(contract, year)
    names = [SentName(file.name, stamps[0])] if file else []
    sample = "样例数据" if settings.district == SAMPLE_DISTRICT else ""
    for ending in ("xlsx", "csv"):
        for pattern in contract.file_patterns:
            # A ? in a pattern is some sign; in a name no system of an office would take it.
            stem = pattern.replace("*", "").replace("?", "_").partition(".")[0] or contract.title
            for stamp in stamps:
                parts = "_".join(filter(None, (stem, stamp, sample)))
                names.append(SentName(f"{parts}.{ending}", stamp))
    for sent in names:
        fits = any(fnmatch.fnmatch(sent.name, pattern) for pattern in contract.file_patterns)
        if fits and period_of_name(contract, sent.name) == period:
            return sent
    raise WrongUse(
        f"no name can be made that fits {', '.join(contract.file_patterns)} for {period}: "
        "give FILE such a name"
    )


def write_checked(
    target: Path, contract: Contract, settings: Settings, year: int, sent: SentName
) -> None:
    """Write a template and read it as it will be read; none that fails is handed out."""
    suite = Suites().load(contract)
    form = Form(
        contract,
        tuple(list_fields(contract, suite)),
        settings,
        year,
        sent.stamp,
        sent.name,
        _find_sheet_name(contract) or SHEET,
        may_be_empty(suite),
    )
    write_form(target, form)
    try:
        _prove(target, form)
    except BaseException:
        target.unlink()
        raise


def _prove(path: Path, form: Form) -> None:
    """Find every column where the contract looks for it, and nothing that counts as a row."""
    contract = form.contract
    # Nothing is filled in yet beside the labels above the header.
    columns = tuple(
        column.model_copy(update={"required": column.required and not column.preamble})
        for column in contract.columns
    )
    empty = contract.model_copy(update={"columns": columns})
    try:
        parsed = read_file(path, empty, name=form.sent_name)
    except Rejected as error:
        raise ZipingError(f"{contract.name}: its own template cannot be read: {error}") from None
    found = find_positions(parsed.captions.get(form.sheet, ()), contract.columns)
    lost = [
        field.column.name
        for field in form.fields
        if field.column.captions and field.column.name not in found
    ]
    if lost or parsed.landed or parsed.quarantined or len(parsed.captions) != 1:
        named = f" ({', '.join(lost)}): give the captions other words" if lost else ""
        raise ZipingError(f"{contract.name}: its own template would be misread{named}")
