"""What moved after signing: each figure that differs from the signed one, and why; a ledger of it.

The ledger `drift.jsonl` has one line for each change of a figure by a release. What a line says
follows from the signed version and the release alone, so that a run that is repeated adds none.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from flows.common.errors import ZipingError
from flows.common.files import write_durably
from flows.common.labels import HIDDEN
from flows.common.masking import without_ids_within
from flows.common.text import many
from flows.releases.changes import MOST_NAMED, Edition, causes_of, file_changes, open_editions
from flows.releases.release import DRIFT, SIGNED, Release
from flows.releases.signing import SignedVersion, figures_of, latest_version
from flows.releases.tables import ReleaseTables, Row, figure_number, key_of, number_figure

MOVING = ("text", "state", "value", "value_text", "judgement", "standard_value")
LINE = {
    "release",
    "signed_version",
    "district_code",
    "figure_id",
    "part",
    "title",
    "signed",
    "now",
    "because",
}


def _key(row: Row) -> tuple[str, str, int]:
    return row["district_code"], row["figure_id"], row["part"]


class Moved(NamedTuple):
    """A figure that is not as it was signed."""

    figure_id: str
    part: int
    title: str
    key: Row  # its place in the report, and the value that it prints now
    signed: Row | None  # the columns of `MOVING`; None for a figure that was not signed
    now: Row | None  # None for a figure that is listed no more
    because: Sequence[str]

    @property
    def number(self) -> str:
        """The figure's number, with the part behind the first."""
        return figure_number(self.figure_id, self.part)

    @property
    def sentence(self) -> str:
        """From what to what, and why, for an office."""
        texts = shown_texts(self.signed, self.now)
        return f"{self.number} {self.title}: {' → '.join(texts)};原因: {';'.join(self.because)}"

    def as_json(self) -> dict[str, Any]:
        """Give it as the ledger and `--json` have it."""
        return {
            "figure_id": self.figure_id,
            "part": self.part,
            "title": self.title,
            **self.key,
            "signed": self.signed,
            "now": self.now,
            "because": list(self.because),
        }


class SignedState(NamedTuple):
    """How a release stands to what was signed of its year."""

    version: SignedVersion
    moved: Sequence[Moved]


def shown_texts(signed: Row | None, now: Row | None) -> tuple[str, str]:
    """Write two states of a figure, by what is printed unless only more than that differs."""
    column = "text"
    if signed and now and signed["text"] == now["text"]:
        column = next((name for name in MOVING if signed[name] != now[name]), "text")

    def shown(row: Row | None) -> str:
        return str(row[column] or "无") if row else "未列入"

    return shown(signed), shown(now)


def compare_with_signed(
    version: SignedVersion, manifest: Row, tables: ReleaseTables
) -> list[Moved]:
    """List the figures of a release that differ from the signed ones, in the report's order.

    What the release hides is not told of the signed figure either.
    """
    signed = {_key(row): row for row in version.figures}
    current = {_key(row): row for row in figures_of(tables)}
    found = []
    for number in dict.fromkeys([*current, *signed]):
        before, now = signed.get(number), current.get(number)
        if before and now and now["state"] in HIDDEN:
            hidden = {"text": now["text"], "value": None, "value_text": None}
            before = {**before, **hidden}
        if before and now and all(before[name] == now[name] for name in MOVING):
            continue
        found.append((before, now))
    causes = _explain(version, manifest, tables, found) if found else []
    return [
        _moved(before, now, because) for (before, now), because in zip(found, causes, strict=True)
    ]


def _moved(before: Row | None, now: Row | None, because: Sequence[str]) -> Moved:
    row = now or before or {}
    names = ("district_code", "place", "indicator_id", "period", "dimension", "member")
    key = {name: row[name] for name in names}
    signed, published = (side and {name: side[name] for name in MOVING} for side in (before, now))
    return Moved(row["figure_id"], row["part"], row["title"], key, signed, published, because)


def _explain(
    version: SignedVersion,
    manifest: Row,
    tables: ReleaseTables,
    moved: Sequence[tuple[Row | None, Row | None]],
) -> list[list[str]]:
    """Find for each figure by which file, definition or standard it moved."""
    if version.release.name == manifest["release"]:
        return [["签发的文本与发布版不同"]] * len(moved)
    try:
        if problems := version.release.find_problems():
            raise ZipingError("; ".join(problems))
        old, new = open_editions(version.release, manifest, tables)
    except ZipingError:
        reason = f"签发所据的发布版 {version.release.name} 不完整,原因不能说明"
        return [[reason]] * len(moved)
    files = file_changes(old, new, MOST_NAMED)
    return [_causes(old, new, before, now, files) for before, now in moved]


def _causes(
    old: Edition,
    new: Edition,
    before: Row | None,
    now: Row | None,
    files: Mapping[tuple[str, str], str],
) -> list[str]:
    if before is None or now is None:
        return ["报告提纲有变动"]
    if key_of(before) != key_of(now):
        return ["报告提纲有变动"]
    values = [edition.values.get(key_of(now)) for edition in (old, new)]
    if values[0] == values[1]:  # the same value is printed in another way
        return ["报告提纲有变动"]
    return causes_of(old, new, key_of(now), files)


def signed_state(folder: Path, manifest: Row, tables: ReleaseTables) -> SignedState | None:
    """Say how a release stands to what was signed of its year, also one that is being built.

    `folder` is that of the release; None where the year is not signed. ZipingError where what was
    signed was changed since.
    """
    version = latest_version(folder.parent)
    if version is None:
        return None
    return SignedState(version, compare_with_signed(version, manifest, tables))


def read_drift(folder: Path) -> list[dict[str, Any]]:
    """Read the lines of a year's ledger, the oldest first."""
    path, found = folder / DRIFT, []
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
        except ValueError:
            entry = {}
        if not entry.keys() >= LINE:
            raise ZipingError(
                f"{folder.name}: {DRIFT}, line {number}, is damaged: restore it from a backup"
            )
        found.append(entry)
    return found


def open_drift(folder: Path, version: SignedVersion) -> list[dict[str, Any]]:
    """List what is not as it was signed, by the last line of each figure."""
    last = {
        _key(line): line for line in read_drift(folder) if line["signed_version"] == version.number
    }
    return [line for line in last.values() if line["now"] != line["signed"]]


def describe_signing(folder: Path) -> dict[str, Any] | None:
    """Describe the signed version of a year that holds, and what moved since, for `--json`.

    None where the year is not signed; `problem` where what was signed was changed since.
    """
    described: dict[str, Any] = {"year": int(folder.name)}
    try:
        version = latest_version(folder)
        if version is None:
            return None
        words = ("version", "release", "signed_by", "signed_on", "document", "reason")
        described |= {word: version.content[word] for word in words}
        return described | {"moved": open_drift(folder, version)}
    except ZipingError as error:
        return described | {"problem": str(error)}


def line_sentence(line: Row) -> str:
    """Say what a line of the ledger says: from what to what, by which release, and why."""
    texts = " → ".join(shown_texts(line["signed"], line["now"]))
    name = f"{number_figure(line)} {line['title']}"
    return f"{name}: {texts} ({line['release']};原因: {';'.join(line['because'])})"


def record_drift(release: Release) -> list[str]:
    """Add to the ledger what the newest release of a signed year moved; gives sentences on it.

    Nothing is compared with, or written behind, what was changed by hand: that is said instead.
    """
    folder = release.folder.parent
    if not (folder / SIGNED).is_dir():
        return []
    try:
        tables = ReleaseTables.load(release.folder)
        state = signed_state(release.folder, release.manifest, tables)
        if state is None:
            return []
        known = {_key(line): line for line in open_drift(folder, state.version)}
    except ZipingError as error:
        return [f"what moved since signing is not recorded: {error}"]
    moved = {_key(line): line for line in (entry.as_json() for entry in state.moved)}
    new = [
        line
        for number, line in moved.items()
        if number not in known or known[number]["now"] != line["now"]
    ]
    new += [
        {**line, "now": line["signed"], "because": ["又与签发的相同"]}
        for number, line in known.items()
        if number not in moved
    ]
    if not new:
        return []
    head = {
        "release": release.name,
        "published_at": release.manifest["written_at"],
        "signed_version": state.version.number,
    }
    _append(folder / DRIFT, [{**line, **head} for line in new])
    numbers = "、".join(number_figure(line) for line in new)
    return [
        f"{folder.name}: {many(len(new), 'figure')} moved since version {state.version.number} was "
        f"signed ({numbers}): see `ziping report signed`"
    ]


def _append(path: Path, lines: Sequence[Row]) -> None:
    """Write the ledger anew with lines behind it: a power cut leaves the old one or the new one."""
    before = path.read_bytes() if path.is_file() else b""
    texts = (
        json.dumps(without_ids_within(dict(line)), ensure_ascii=False, sort_keys=True)
        for line in lines
    )
    write_durably(path, before + "".join(f"{text}\n" for text in texts).encode())
