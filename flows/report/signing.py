"""Signing a year's report, and amending it: what is refused, and what is pinned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from flows.common.clock import CHINA, day_of
from flows.common.errors import GAPS, WrongUse, ZipingError
from flows.common.files import hash_file
from flows.common.labels import WORDS
from flows.common.masking import published_name
from flows.common.settings import Workspace
from flows.releases.integrity import find_changed_signing
from flows.releases.release import MANIFEST, Release, find_release, year_folder
from flows.releases.signed_drift import Moved, compare_with_signed
from flows.releases.signing import SignedVersion, figures_of, keep_version, latest_version
from flows.releases.tables import ReleaseTables, Row, number_figure
from flows.report.controls import controls_by_part
from flows.report.draft import REPORT
from flows.report.erratum import ERRATUM, write_erratum
from flows.report.marking import TAG
from flows.report.package import read_package

DOCUMENTS = (".docx", ".doc", ".wps", ".pdf", ".ofd")
STATES_OF_GAPS = ("missing", "partial", "provisional")


class NotComplete(ZipingError):
    """A report with gaps, which is signed only with a reason."""

    exit_code = GAPS


@dataclass(frozen=True)
class Signing:
    """Who signs what, on which day; a post and no person's name."""

    post: str
    day: date
    release: str | None = None  # the current one
    document: Path | None = None  # what was handed in; the release's own report if not given
    reason_of_gaps: str = ""

    def check(self, release: Release, today: date, before: SignedVersion | None) -> None:
        """Refuse a day that cannot be, and what says nothing."""
        written = day_of(release.manifest["written_at"])
        if not self.post.strip():
            raise WrongUse("--by is empty: name the post of who signs")
        if self.day > today:
            raise WrongUse(f"--date {self.day} has not come yet: name the day of signing")
        if self.day < written:
            raise WrongUse(
                f"--date {self.day} is before {release.name} was written ({written}): name with "
                "--release the one that was signed, or another day"
            )
        if before and self.day < date.fromisoformat(before.content["signed_on"]):
            raise WrongUse(
                f"--date {self.day} is before version {before.number} was signed "
                f"({before.content['signed_on']}): name another day"
            )


def find_gaps(tables: ReleaseTables) -> list[str]:
    """Say of each figure of the report that is missing, partial or provisional why it is that."""
    return [
        f"{number_figure(row)} {row['title']}: {WORDS[row['state']]} ({row['reason']})"
        for row in tables.printed
        if row["state"] in STATES_OF_GAPS and row["listing"] == "report"
    ]


def find_other_numbers(document: Path, tables: ReleaseTables, district: str) -> list[str]:
    """Say of each control of a Word file that prints another text than the release's figure.

    Raises WrongUse where it is no sound Word file. Numbers outside of controls are for
    `ziping report check`.
    """
    figures = {number_figure(row): row for row in tables.printed_in(district)}
    found = []
    for controls in controls_by_part(read_package(document)).values():
        for control in controls:
            figure = figures.get(control.name.removeprefix(TAG))
            text = control.text.strip()
            if figure is None:
                found.append(f"{control.name.removeprefix(TAG)}: 报告印作 {text}，本发布版没有")
            elif text != figure["text"]:
                name = f"{control.name.removeprefix(TAG)} {figure['title']}"
                found.append(f"{name}: 报告印作 {text}，发布版为 {figure['text']}")
    return list(dict.fromkeys(found))


@dataclass(frozen=True)
class SigningProposal:
    """What would be signed, and what stands against it."""

    folder: Path
    release: Release
    signing: Signing
    before: SignedVersion | None
    gaps: Sequence[str]
    moved: Sequence[Moved]  # since the version before
    content: dict[str, Any]
    files: dict[str, bytes]

    def keep(self) -> SignedVersion:
        """Sign: keep the version, which is never edited."""
        if self.gaps and not self.signing.reason_of_gaps.strip():
            raise NotComplete(
                "not signed, figures are missing, provisional or printed otherwise: mend that "
                "(`ziping report refresh`), or say with --with-gaps why it is signed all the same"
            )
        return keep_version(self.folder, self.content, self.files)


def propose_signing(
    workspace: Workspace, year: int, signing: Signing, reason: str | None = None
) -> SigningProposal:
    """Gather what would be signed: the first version, or with a reason an amendment."""
    folder = year_folder(workspace, year)
    if problems := find_changed_signing(workspace, year):
        raise ZipingError(f"not signed: {'; '.join(problems[:3])}")
    before = latest_version(folder)
    if before and reason is None:
        raise WrongUse(
            f"{year} is signed already, version {before.number} of {before.release.name}: what is "
            "to be another number is an amendment, `ziping report amend`"
        )
    if before is None and reason is not None:
        raise WrongUse(f"{year} is not signed yet: `ziping report sign`")
    if reason is not None and not reason.strip():
        raise WrongUse("--reason is empty: say why the report is amended")
    release = find_release(workspace, year, signing.release)
    if problems := release.find_problems():
        raise ZipingError(f"not signed: {'; '.join(problems[:3])}")
    signing.check(release, datetime.now(CHINA).date(), before)
    tables = ReleaseTables.load(release.folder)
    document, files = _read_document(release, signing.document)
    moved = compare_with_signed(before, release.manifest, tables) if before else []
    if before and not moved and document["sha256"] == before.content["document"]["sha256"]:
        raise WrongUse(
            f"nothing differs from version {before.number}: neither a figure nor the document"
        )
    gaps = find_gaps(tables)
    if signing.document and signing.document.suffix.lower() == ".docx":
        gaps += find_other_numbers(signing.document, tables, release.manifest["district_code"])
    content = {
        "evaluation_year": year,
        "district_code": release.manifest["district_code"],
        "district_title": release.manifest["district_title"],
        "is_sample": release.manifest["is_sample"],
        "release": release.name,
        "manifest_sha256": hash_file(release.folder / MANIFEST),
        "document": document,
        "signed_by": signing.post.strip(),
        "signed_on": signing.day.isoformat(),
        "recorded_at": datetime.now(CHINA).isoformat(timespec="seconds"),
        "reason": reason,
        "gaps": gaps,
        "reason_of_gaps": signing.reason_of_gaps.strip() if gaps else "",
        "amended": [entry.as_json() for entry in moved],
        "figures": figures_of(tables),
    }
    if before:
        files[ERRATUM] = write_erratum(before, content, moved, _source_titles(release.manifest))
    return SigningProposal(folder, release, signing, before, gaps, moved, content, files)


def _read_document(release: Release, path: Path | None) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Describe what is handed in; a file from outside is kept, a release has its own report."""
    own = release.folder / REPORT
    chosen = path or own
    if path is None and not own.is_file():
        raise WrongUse(f"{release.name} has no {REPORT}: name with --file what is handed in")
    if path and path.suffix.lower() not in DOCUMENTS:
        raise WrongUse(f"{path} is no report: hand in one of {', '.join(DOCUMENTS)}")
    content = chosen.read_bytes() if chosen.is_file() else b""
    if not content:
        raise WrongUse(f"{chosen} is no file, or empty: name what is handed in")
    described = {
        "name": published_name(chosen.name),
        "sha256": sha256(content).hexdigest(),
        "size": len(content),
        "is_of_release": path is None,
    }
    return described, {f"report{path.suffix.lower()}": content} if path else {}


def _source_titles(manifest: Row) -> dict[str, str]:
    return {name: str(contract["title"]) for name, contract in manifest["contracts"].items()}
