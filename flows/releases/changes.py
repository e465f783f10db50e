"""What differs between a release and the one before, and what caused each difference."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from flows.common.errors import ZipingError
from flows.common.labels import HIDDEN
from flows.common.settings import Workspace
from flows.common.text import plain
from flows.landing.withdrawals import withdrawn_in_chinese
from flows.releases.release import Release, releases_of
from flows.releases.tables import Key, ReleaseTables, Row, number_figure

COMPARED_TABLES = {
    "report_values", "report_figures", "report_indicators", "report_needs", "standards",
}  # fmt: skip
COMPARED = ("state", "value", "value_text", "judgement", "standard_value")
NUMBERS = ("value", "value_text", "numerator", "denominator", "margin")
DEFINING = ("title_zh", "title_en", "unit", "decimals", "formula", "population", "standard_id",
            "basis", "owner_office", "publish", "definition_zh")  # fmt: skip
# Files whose change shows by itself: as a definition, a standard or the outline of the report.
DEFINING_FILES = ("dbt_project/models/staging/", "dbt_project/models/intermediate/",
                  "dbt_project/models/marts/", "dbt_project/seeds/")  # fmt: skip
PROGRAM = ("程序", "库", "参数", "密钥")
MOST_FILES, MOST_NAMED = 20, 3  # of a table once, and behind each figure that rests on it


class Edition(NamedTuple):
    """A release as it is compared with another."""

    manifest: Row
    tables: ReleaseTables
    values: Mapping[Key, Row]

    def files(self) -> dict[tuple[str, str], dict[str, str]]:
        """List the names of the files in force by their hashes, by source and period."""
        found: dict[tuple[str, str], dict[str, str]] = {}
        for file in self.manifest["deliveries"]:
            names = found.setdefault((file["source"], file["period"]), {})
            names[file["sha256"]] = file["original_name"]
        return found

    def standards(self) -> frozenset[tuple[Any, ...]]:
        """Give the rows of the standards, to be compared as a whole."""
        return frozenset(tuple(row.values()) for row in self.tables.standards)


def open_editions(
    previous: Release, manifest: Row, tables: ReleaseTables
) -> tuple[Edition, Edition]:
    """Pair a release with the one before; what the later one hides is not told of that either."""
    old = ReleaseTables.load(previous.folder)
    if lacking := COMPARED_TABLES - old.published.keys():
        raise ZipingError(
            f"not compared: {previous.name} is of another version of ziping, it has no "
            f"{', '.join(sorted(lacking))}"
        )
    hidden = {key for key, row in tables.values.items() if row["state"] in HIDDEN}
    shown = {
        key: {**row, **dict.fromkeys(NUMBERS)} if key in hidden else row
        for key, row in old.values.items()
    }
    return Edition(previous.manifest, old, shown), Edition(manifest, tables, tables.values)


def file_changes(old: Edition, new: Edition, most: int = MOST_FILES) -> dict[tuple[str, str], str]:
    """Say which files are in force now instead of which, by table and period."""
    found = {}
    files = old.files(), new.files()
    for key in sorted(files[0].keys() | files[1].keys()):
        before, now = (edition.get(key, {}) for edition in files)
        gone = {digest: name for digest, name in before.items() if digest not in now}
        come = {digest: name for digest, name in now.items() if digest not in before}
        if texts := sorted(_replaced(gone, come)):
            more = len(texts) - most
            shown = "、".join(texts[:most]) + (f"、另有 {more} 个文件" if more > 0 else "")
            found[key] = f"{key[0]} {key[1]}: {shown}"
    return found


def _replaced(gone: Mapping[str, str], come: Mapping[str, str]) -> Iterator[str]:
    """Pair files of one name, and the one file that came with the one that went."""
    left = dict(gone)
    for digest, name in come.items():
        same_name = [old for old, old_name in left.items() if old_name == name]
        single = list(left) if len(gone) == len(come) == 1 else []
        if same := (same_name or single)[:1]:
            yield f"{name} ({same[0][:12]} → {digest[:12]})"
            del left[same[0]]
        else:
            yield f"{name} ({digest[:12]}) 新到"
    yield from (f"{name} ({digest[:12]}) 不再有效" for digest, name in left.items())


def program_changes(old: Row, new: Row) -> list[str]:
    """Say in which code, libraries and parameters the manifests of two releases differ."""
    code = [manifest.get("code", {}) for manifest in (old, new)]
    before, now = old["inputs"], new["inputs"]
    found = []
    if all(code):
        names = sorted(name for name in code[0].keys() | code[1].keys()
                       if code[0].get(name) != code[1].get(name))  # fmt: skip
        for kind, is_defining in (("文件", True), ("程序", False)):
            own = [name for name in names if name.startswith(DEFINING_FILES) == is_defining]
            found += [f"{kind}: {name} 有变动" for name in own[:MOST_FILES]]
            if len(own) > MOST_FILES:
                found.append(f"{kind}: 另有 {len(own) - MOST_FILES} 个文件有变动")
    elif before["code"] != now["code"]:
        found.append("程序: 代码有变动")
    libraries = [inputs["libraries"] | {"python": inputs["python"]} for inputs in (before, now)]
    for name in sorted(libraries[0].keys() | libraries[1].keys()):
        versions = [installed.get(name, "无") for installed in libraries]
        if versions[0] != versions[1]:
            found.append(f"库: {name} {versions[0]} → {versions[1]}")
    for name in sorted(before["parameters"].keys() | now["parameters"].keys()):
        values = [inputs["parameters"].get(name) for inputs in (before, now)]
        if values[0] != values[1]:
            found.append(f"参数: {name} {values[0]} → {values[1]}")
    if before["key_id"] != now["key_id"]:
        found.append("密钥: 人员假名的密钥有变动")
    return found


def causes_of(
    old: Edition, new: Edition, key: Key, files: Mapping[tuple[str, str], str]
) -> list[str]:
    """Find what made a value differ: files, its definition, its standard, or neither."""
    indicator = key[2]
    needed = {
        source for edition in (old, new) for source, _ in edition.tables.needs.get(indicator, ())
    }
    causes = [f"数据 {text}" for (source, _), text in files.items() if source in needed]
    if causes and _has_another_program(old.manifest, new.manifest):
        causes.append("同时程序或库版本有变动")
    before, now = old.values.get(key), new.values.get(key)
    if before and now and before["standard_value"] != now["standard_value"]:
        causes.append("标准有变动")
    versions = [
        edition.tables.indicators.get(indicator, {}).get("definition_version")
        for edition in (old, new)
    ]
    if versions[0] != versions[1] and "标准有变动" not in causes:
        causes.append("定义有变动")
    if not causes and before and now and before["state"] != now["state"]:
        causes.append("数据状态有变动(缺失、待核或逾期)")
    if not causes and old.standards() != new.standards():
        causes.append("标准有变动")
    return causes or ["程序或库版本有变动"]


def _has_another_program(old: Row, new: Row) -> bool:
    return any(line.startswith(PROGRAM) for line in program_changes(old, new))


def _shown(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "无"
    value = row["value_text"] if row["value"] is None else plain(row["value"])
    return f"{value or '—'} [{row['state']}, {row['judgement']}]"


def compare(old: Edition, new: Edition) -> Iterator[str]:
    """Tell the differences: files, figures with their causes, definitions, standards."""
    files = file_changes(old, new)
    for text in files.values():
        yield f"数据: {text}"
    before = old.manifest.get("withdrawn", [])
    withdrawn = [entry for entry in new.manifest.get("withdrawn", []) if entry not in before]
    yield from (f"撤回: {withdrawn_in_chinese(entry)}" for entry in withdrawn)
    causing = file_changes(old, new, MOST_NAMED)
    numbers = {
        (row["indicator_id"], row["period"], row["member"]): number_figure(row)
        for row in new.tables.figures
    }
    indicators = {**old.tables.indicators, **new.tables.indicators}
    moved = 0
    for key in sorted(old.values.keys() | new.values.keys()):
        before, now = old.values.get(key), new.values.get(key)
        if before and now and all(before.get(name) == now.get(name) for name in COMPARED):
            continue
        moved += 1
        title = indicators.get(key[2], {}).get("title_zh", key[2])
        number = numbers.get((key[2], key[3], key[5]))
        name = f"{number} {title}" if number else str(title)
        member = "" if key[5] == "total" else f" {key[5]}"
        causes = ";".join(causes_of(old, new, key, causing))
        yield f"{name}{member} {key[3]}: {_shown(before)} → {_shown(now)};原因: {causes}"
    if files and not moved:
        yield "数据有更新,但没有数值变动"
    yield from _definition_changes(old, new)


def _definition_changes(old: Edition, new: Edition) -> Iterator[str]:
    indicators = old.tables.indicators, new.tables.indicators
    for name in sorted(indicators[0].keys() | indicators[1].keys()):
        before, now = (known.get(name) for known in indicators)
        if before is None or now is None:
            yield f"定义: {name} {'新增' if now else '取消'}"
        elif any(before[column] != now[column] for column in before.keys() & now.keys()):
            changed = [column for column in DEFINING if before.get(column) != now.get(column)]
            yield f"定义: {now['title_zh']} ({name}): {'、'.join(changed) or '计算语句'} 有变动"
    figures = [
        {(row["figure_id"], row["part"]): row for row in edition.tables.figures}
        for edition in (old, new)
    ]
    for key in sorted(figures[0].keys() | figures[1].keys()):
        before, now = (known.get(key) for known in figures)
        columns = ("title", "place", "order_no", "publish")
        if before and now and any(before[column] != now[column] for column in columns):
            yield f"定义: 报告提纲 {key[0]} 有变动"
        elif (before is None) != (now is None):
            yield f"定义: 报告提纲 {key[0]} {'新增' if now else '取消'}"
    standards = old.standards(), new.standards()
    for row in sorted(standards[0] ^ standards[1], key=str):
        yield f"标准: {'新增' if row in standards[1] else '取消'} {row[0]} {row[2]} {row[4]:f}"


def predecessor(workspace: Workspace, release: Release) -> Release | None:
    """Find the release before; with one that is not what was published nothing is compared."""
    if problems := release.find_problems():
        raise ZipingError(f"not compared: {'; '.join(problems[:3])}")
    previous = release.manifest["previous"]
    if previous is None:
        return None
    found = {
        known.name: known for known in releases_of(workspace, release.manifest["evaluation_year"])
    }
    before = found.get(previous["release"])
    if before is None:
        raise ZipingError(
            f"not compared: the release before, {previous['release']}, is gone: restore it from a "
            "backup"
        )
    if problems := before.find_problems():
        raise ZipingError(f"not compared: {'; '.join(problems[:3])}")
    return before
