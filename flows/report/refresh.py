"""Refresh a draft that people have worked on: later figures, the same prose."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flows.common.errors import WrongUse, ZipingError
from flows.common.settings import Workspace
from flows.releases.changes import MOST_NAMED, Edition, causes_of, file_changes, open_editions
from flows.releases.release import Release, find_release, releases_of
from flows.releases.tables import ReleaseTables, Row, is_withheld, key_of, number_figure
from flows.report.controls import Holder, Splice, apply_splices, controls_by_part, find_comments
from flows.report.draft import note_text
from flows.report.marking import TAG, Origin, read_origin, write_origin
from flows.report.notes import Notes
from flows.report.package import COMMENTS, pack, read_package

# The release of the draft, the one that it gets, and the files that differ, by table and period.
Comparison = tuple[Edition, Edition, Mapping[tuple[str, str], str]]


@dataclass(frozen=True)
class FigureChange:
    """A figure that differs from the one in the draft, and why."""

    figure: str
    title: str
    was: str
    now: str
    because: str


@dataclass(frozen=True)
class TypedOver:
    """A control in which somebody wrote something else; it was left as it is, or replaced."""

    figure: str
    title: str
    made_with: str
    typed: str
    now: str
    is_replaced: bool


@dataclass
class Refreshed:
    """A refreshed draft, and what has happened to it."""

    content: bytes = b""
    release: str = ""
    made_from: str = ""
    controls: int = 0
    changes: list[FigureChange] = field(default_factory=list)
    typed_over: list[TypedOver] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)  # figures whose controls are gone
    unknown: list[str] = field(default_factory=list)  # figures that the outline has no more


def refresh_draft(
    workspace: Workspace, path: Path, release_name: str | None, *, replace_typed: bool
) -> Refreshed:
    """Give a draft the figures of a release, by default the current one of its year.

    Raises WrongUse where the file is no sound draft of this district.
    """
    parts = read_package(path)
    origin = read_origin(parts)
    controls = controls_by_part(parts)
    if origin is None or not controls:
        lack = "has no controls of figures" if origin else "does not say from which release it is"
        raise WrongUse(
            f"{path.name} is no draft of ziping, or no longer: it {lack}; `ziping report draft` "
            "makes one"
        )
    release = find_release(workspace, origin.year, release_name)
    if problems := release.find_problems():
        raise ZipingError(f"the release is not what was published: {'; '.join(problems[:3])}")
    if release.manifest["district_code"] != origin.district:
        raise WrongUse(
            f"{path.name} is a draft of district {origin.district}, the release is of "
            f"{release.manifest['district_code']}: name the workspace of that district"
        )
    refreshing = _Refreshing(workspace, release, origin, replace_typed=replace_typed)
    return refreshing.refresh(parts, controls)


class _Refreshing:
    """Refreshes one draft by one release; what has happened so far stands in `result`."""

    def __init__(
        self, workspace: Workspace, release: Release, origin: Origin, *, replace_typed: bool
    ) -> None:
        self.origin, self.replace_typed = origin, replace_typed
        self.tables = ReleaseTables.load(release.folder)
        self.notes = Notes(self.tables, release.manifest)
        self.figures = {number_figure(row): row for row in self.tables.printed_in(origin.district)}
        self.comparison = _compare(workspace, origin, release, self.tables)
        self.printed = dict(origin.printed)
        self.result = Refreshed(release=release.name, made_from=origin.release)

    def refresh(
        self, parts: Mapping[str, bytes], controls: Mapping[str, Sequence[Holder]]
    ) -> Refreshed:
        """Change the controls, the comments on them, and what the file says of itself."""
        changed = dict(parts)
        present = {
            control.name.removeprefix(TAG) for found in controls.values() for control in found
        }
        self.result.deleted = [name for name in self.origin.printed if name not in present]
        for name, found in controls.items():
            changed[name] = apply_splices(parts[name], self._update(found))
        if COMMENTS in parts:
            comments = find_comments(parts[COMMENTS], COMMENTS)
            changed[COMMENTS] = apply_splices(parts[COMMENTS], self._rewrite_notes(comments))
        kept = {name: text for name, text in self.printed.items() if name in present}
        origin = self.origin._replace(release=self.result.release, printed=kept)
        self.result.content = pack(write_origin(changed, origin))
        return self.result

    def _update(self, controls: Sequence[Holder]) -> Iterator[Splice]:
        for control in controls:
            self.result.controls += 1
            name = control.name.removeprefix(TAG)
            figure = self.figures.get(name)
            if figure is None:
                self.result.unknown += [name] if name not in self.result.unknown else []
                continue
            now = str(figure["text"] or "")
            made_with = self.origin.printed.get(name, now)
            typed = "" if control.is_placeholder else control.text
            if typed not in (made_with, now):
                is_replaced = bool(control.texts) and (self.replace_typed or is_withheld(figure))
                self.result.typed_over.append(
                    TypedOver(name, figure["title"], made_with, typed, now, is_replaced)
                )
                if not is_replaced:
                    continue  # and what it was made with stays, so that it is told again
            self._note_change(name, figure, made_with, now)
            yield from control.rewritten(now, is_marked=bool(self.notes.note_on(figure)))

    def _note_change(self, name: str, figure: Row, was: str, now: str) -> None:
        """Tell a change once, however often the figure stands in the text."""
        if was != now and name not in {change.figure for change in self.result.changes}:
            because = _explain(self.comparison, figure)
            change = FigureChange(name, figure["title"], was, now, because)
            self.result.changes.append(change)
        self.printed[name] = now

    def _rewrite_notes(self, comments: Sequence[Holder]) -> Iterator[Splice]:
        """Let the comments of the draft say what holds by now; those of people stay."""
        for comment in comments:
            name = comment.text.partition(" ")[0]
            figure = self.figures.get(name)
            if figure is None:
                continue
            note = (
                self.notes.note_on(figure) or f"已有数（发布{self.result.release}），本批注可删除"
            )
            text = note_text(name, figure, note)
            if text != comment.text:
                yield from comment.rewritten(text)


def _compare(
    workspace: Workspace, origin: Origin, release: Release, tables: ReleaseTables
) -> Comparison | str:
    """Pair the release of the draft with this one, or say why they cannot be compared."""
    known = {found.name: found for found in releases_of(workspace, origin.year)}
    before = known.get(origin.release)
    if before is None:
        return f"制稿时的发布{origin.release}已不在，原因无从比较"
    if before.find_problems():
        return f"制稿时的发布{origin.release}已不完整，原因无从比较"
    try:
        old, new = open_editions(before, release.manifest, tables)
    except ZipingError:
        return f"制稿时的发布{origin.release}由另一版本的程序生成，原因无从比较"
    return old, new, file_changes(old, new, MOST_NAMED)


def _explain(comparison: Comparison | str, figure: Row) -> str:
    """Say which file, definition or standard changed a figure."""
    if isinstance(comparison, str):
        return comparison
    old, new, files = comparison
    return "；".join(causes_of(old, new, key_of(figure), files))


def list_refreshed(result: Refreshed) -> Iterator[str]:
    """Tell in Chinese what has happened to a draft, line by line."""
    yield f"由发布{result.made_from}更新到{result.release}：{result.controls}个控件"
    for change in result.changes:
        yield f"{change.figure} {change.title}：{change.was} → {change.now}；原因：{change.because}"
    if not result.changes:
        yield "没有数字变动"
    for typed in result.typed_over:
        end = "已换成新的数字" if typed.is_replaced else "保留手写，请核对"
        yield (
            f"手写：{typed.figure} {typed.title} 稿中“{typed.typed}”，"
            f"制稿时“{typed.made_with}”，现为“{typed.now}”；{end}"
        )
    for name in result.unknown:
        yield f"提纲已没有图号{name}：控件保留原样，请修改这一句"
    for name in result.deleted:
        yield f"控件已删除：{name}，此后不再更新"
