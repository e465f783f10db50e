"""Signing a report, amending it, and printing what was signed and what moved since."""

import json
import os
from typing import Any

from rich.table import Table

from flows.common.console import make_console, say
from flows.common.lock import take_lock
from flows.common.settings import Workspace
from flows.contracts.environment import load_settings
from flows.releases.release import year_folder, years_published
from flows.releases.signed_drift import line_sentence, open_drift
from flows.releases.signing import signed_versions
from flows.report.erratum import ERRATUM
from flows.report.signing import Signing, propose_signing


def sign_report(
    workspace: Workspace, year: int | None, signing: Signing, reason: str | None = None
) -> None:
    """Say what is missing or provisional, then sign; with a reason it is an amendment."""
    wanted = year or load_settings(workspace).default_year
    lock = take_lock(workspace)
    try:
        proposal = propose_signing(workspace, wanted, signing, reason)
        for sentence in proposal.gaps:
            say(f"! {sentence}")
        for moved in proposal.moved:
            say(moved.sentence)
        version = proposal.keep()
    finally:
        os.close(lock)
    content = version.content
    say(
        f"{wanted}: version {version.number} is signed: {content['release']} by "
        f"{content['signed_by']} on {content['signed_on']}, {len(version.figures)} figures, "
        f"{content['document']['name']} {content['document']['sha256'][:12]}"
    )
    if ERRATUM in content["files"]:
        say(f"the erratum to hand in: {version.folder / ERRATUM}")


def describe_signed(workspace: Workspace, year: int | None) -> list[dict[str, Any]]:
    """Describe each signed version, and what moved since the one that holds."""
    described = []
    for signed_year in [year] if year else years_published(workspace):
        folder = year_folder(workspace, signed_year)
        versions = signed_versions(folder)
        for version in versions:
            is_last = version is versions[-1]
            words = ("release", "manifest_sha256", "document", "signed_by", "signed_on", "reason",
                     "gaps", "reason_of_gaps")  # fmt: skip
            described.append(
                {"year": signed_year, "version": version.number}
                | {word: version.content[word] for word in words}
                | {"folder": str(version.folder), "moved": open_drift(folder, version)}
                | {"holds": is_last}
            )
    return described


def print_signed(workspace: Workspace, year: int | None, *, as_json: bool) -> None:
    """Print the signed versions, the one that holds with what moved since."""
    versions = describe_signed(workspace, year)
    if as_json:
        say(json.dumps(versions, ensure_ascii=False, indent=1))
        return
    if not versions:
        say("nothing is signed: `ziping report sign`")
        return
    table = Table("year", "version", "release", "signed by", "on", "document", "reason", "moved")
    for version in versions:
        document = f"{version['document']['name']} {version['document']['sha256'][:12]}"
        moved = str(len(version["moved"])) if version["holds"] else ""
        texts = (version["release"], version["signed_by"], version["signed_on"], document)
        reason = version["reason"] or version["reason_of_gaps"]
        table.add_row(str(version["year"]), str(version["version"]), *texts, reason, moved)
    make_console().print(table)
    for version in versions:
        for line in version["moved"] if version["holds"] else ():
            say(f"{version['year']}: {line_sentence(line)}")
