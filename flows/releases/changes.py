"""What differs between a release and the one before, and what caused each difference."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flows.common.errors import ZipingError
from flows.common.settings import Workspace
from flows.common.text import plain
from flows.landing.withdrawals import withdrawn_in_chinese
from flows.releases.release import Release, releases_of, rows_of

KEY = ("district_code", "indicator_id", "period", "dimension", "member")
COMPARED = ("state", "value", "value_text", "judgement", "standard_value")
DEFINING = ("title_zh", "title_en", "unit", "decimals", "formula", "population", "standard_id",
            "basis", "owner_office", "publish", "definition_zh")  # fmt: skip
# Files whose change shows by itself: as a definition, a standard or the outline of the report.
DEFINING_FILES = ("dbt_project/models/staging/", "dbt_project/models/intermediate/",
                  "dbt_project/models/marts/", "dbt_project/seeds/")  # fmt: skip
PROGRAM = ("程序", "库", "参数", "密钥")
MOST_FILES, MOST_NAMED = 20, 3  # of a table once, and behind each figure that rests on it


@dataclass(frozen=True)
class Content:
    """The tables of a release that are compared."""

    release: Release
    values: Mapping[tuple[Any, ...], Mapping[str, Any]]
    indicators: Mapping[str, Mapping[str, Any]]
    figures: Mapping[tuple[str, int], Mapping[str, Any]]
    needs: Mapping[str, set[str]]
    standards: frozenset[tuple[Any, ...]]
    deliveries: Mapping[tuple[str, str], Mapping[str, str]]  # names by the hash of each file


def content_of(release: Release) -> Content:
    """Read what is compared of a release."""
    folder = release.folder
    deliveries: dict[tuple[str, str], dict[str, str]] = {}
    for one in release.manifest["deliveries"]:
        names = deliveries.setdefault((one["source"], one["period"]), {})
        names[one["sha256"]] = one["original_name"]
    needs: dict[str, set[str]] = {}
    for row in rows_of(folder / "report_needs.parquet"):
        needs.setdefault(row["indicator_id"], set()).add(row["source"])
    return Content(
        release,
        {tuple(r[name] for name in KEY): r for r in rows_of(folder / "report_values.parquet")},
        {r["indicator_id"]: r for r in rows_of(folder / "report_indicators.parquet")},
        {(r["figure_id"], r["part"]): r for r in rows_of(folder / "report_figures.parquet")},
        needs,
        frozenset(tuple(r.values()) for r in rows_of(folder / "standards.parquet")),
        deliveries,
    )


def contents_of(previous: Release, release: Release) -> tuple[Content, Content]:
    """Read two releases; what the later one withholds is not told of the earlier one either."""
    old, new = content_of(previous), content_of(release)
    withheld = {key for key, row in new.values.items() if row["state"] == "withheld"}
    numbers = dict.fromkeys(("value", "value_text", "numerator", "denominator", "margin"))
    shown = [
        {key: {**row, **numbers} if key in withheld else row for key, row in one.values.items()}
        for one in (old, new)
    ]
    return replace(old, values=shown[0]), replace(new, values=shown[1])


def file_changes(old: Content, new: Content, most: int = MOST_FILES) -> dict[tuple[str, str], str]:
    """Say which files are in force now instead of which, by table and period."""
    found = {}
    for key in sorted(old.deliveries.keys() | new.deliveries.keys()):
        before, now = old.deliveries.get(key, {}), new.deliveries.get(key, {})
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
        of_name = [one for one, other in left.items() if other == name]
        single = list(left) if len(gone) == len(come) == 1 else []
        if same := (of_name or single)[:1]:
            yield f"{name} ({same[0][:12]} → {digest[:12]})"
            del left[same[0]]
        else:
            yield f"{name} ({digest[:12]}) 新到"
    yield from (f"{name} ({digest[:12]}) 不再有效" for digest, name in left.items())


def program_changes(old: Release, new: Release) -> list[str]:
    """Say in which code, libraries and parameters the makings of two releases differ."""
    code = [one.manifest.get("code", {}) for one in (old, new)]
    before, now = (one.manifest["inputs"] for one in (old, new))
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
    libraries = [one["libraries"] | {"python": one["python"]} for one in (before, now)]
    for name in sorted(libraries[0].keys() | libraries[1].keys()):
        versions = [one.get(name, "无") for one in libraries]
        if versions[0] != versions[1]:
            found.append(f"库: {name} {versions[0]} → {versions[1]}")
    for name in sorted(before["parameters"].keys() | now["parameters"].keys()):
        values = [one["parameters"].get(name) for one in (before, now)]
        if values[0] != values[1]:
            found.append(f"参数: {name} {values[0]} → {values[1]}")
    if before["key_id"] != now["key_id"]:
        found.append("密钥: 人员假名的密钥有变动")
    return found


def causes_of(
    old: Content, new: Content, key: tuple[Any, ...], files: Mapping[tuple[str, str], str]
) -> list[str]:
    """Find what made a value differ: files, its definition, its standard, or neither."""
    indicator = key[1]
    needed = old.needs.get(indicator, set()) | new.needs.get(indicator, set())
    causes = [f"数据 {text}" for (source, _), text in files.items() if source in needed]
    if causes and _has_another_program(old.release, new.release):
        causes.append("同时程序或库版本有变动")
    before, now = old.values.get(key), new.values.get(key)
    if before and now and before["standard_value"] != now["standard_value"]:
        causes.append("标准有变动")
    versions = [
        content.indicators.get(indicator, {}).get("definition_version") for content in (old, new)
    ]
    if versions[0] != versions[1] and "标准有变动" not in causes:
        causes.append("定义有变动")
    if not causes and before and now and before["state"] != now["state"]:
        causes.append("数据状态有变动(缺失、待核或逾期)")
    if not causes and old.standards != new.standards:
        causes.append("标准有变动")
    return causes or ["程序或库版本有变动"]


def _has_another_program(old: Release, new: Release) -> bool:
    return any(line.startswith(PROGRAM) for line in program_changes(old, new))


def _shown(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "无"
    value = row["value_text"] if row["value"] is None else plain(row["value"])
    return f"{value or '—'} [{row['state']}, {row['judgement']}]"


def compare(old: Content, new: Content) -> Iterator[str]:
    """Tell the differences: files, figures with their causes, definitions, standards."""
    files = file_changes(old, new)
    for text in files.values():
        yield f"数据: {text}"
    told = [one.release.manifest.get("withdrawn", []) for one in (old, new)]
    yield from (f"撤回: {withdrawn_in_chinese(one)}" for one in told[1] if one not in told[0])
    causing = file_changes(old, new, MOST_NAMED)
    numbers = {
        (r["indicator_id"], r["period"], r["member"]): r["figure_id"] for r in new.figures.values()
    }
    moved = 0
    for key in sorted(old.values.keys() | new.values.keys()):
        before, now = old.values.get(key), new.values.get(key)
        if before and now and all(before.get(name) == now.get(name) for name in COMPARED):
            continue
        moved += 1
        title = new.indicators.get(key[1], old.indicators.get(key[1], {})).get("title_zh", key[1])
        number = numbers.get((key[1], key[2], key[4]))
        name = f"{number} {title}" if number else str(title)
        member = "" if key[4] == "total" else f" {key[4]}"
        causes = ";".join(causes_of(old, new, key, causing))
        yield f"{name}{member} {key[2]}: {_shown(before)} → {_shown(now)};原因: {causes}"
    if files and not moved:
        yield "数据有更新,但没有数值变动"
    yield from _definition_changes(old, new)


def _definition_changes(old: Content, new: Content) -> Iterator[str]:
    for name in sorted(old.indicators.keys() | new.indicators.keys()):
        before, now = old.indicators.get(name), new.indicators.get(name)
        if before is None or now is None:
            yield f"定义: {name} {'新增' if now else '取消'}"
        elif any(before[column] != now[column] for column in before.keys() & now.keys()):
            changed = [column for column in DEFINING if before.get(column) != now.get(column)]
            yield f"定义: {now['title_zh']} ({name}): {'、'.join(changed) or '计算语句'} 有变动"
    for key in sorted(old.figures.keys() | new.figures.keys()):
        before, now = old.figures.get(key), new.figures.get(key)
        words = ("title", "place", "order_no", "publish")
        if before and now and any(before[word] != now[word] for word in words):
            yield f"定义: 报告提纲 {key[0]} 有变动"
        elif (before is None) != (now is None):
            yield f"定义: 报告提纲 {key[0]} {'新增' if now else '取消'}"
    if old.standards != new.standards:
        for row in sorted(new.standards ^ old.standards, key=str):
            yield f"标准: {'新增' if row in new.standards else '取消'} {row[0]} {row[2]} {row[4]:f}"


def predecessor(workspace: Workspace, release: Release) -> Release | None:
    """Find the release before; with one that is not what was published nothing is compared."""
    if problems := release.find_problems():
        raise ZipingError(f"not compared: {'; '.join(problems[:3])}")
    previous = release.manifest["previous"]
    if previous is None:
        return None
    found = {one.name: one for one in releases_of(workspace, release.manifest["evaluation_year"])}
    before = found.get(previous["release"])
    if before is None:
        raise ZipingError(
            f"not compared: the release before, {previous['release']}, is gone: restore it from a "
            "backup"
        )
    if problems := before.find_problems():
        raise ZipingError(f"not compared: {'; '.join(problems[:3])}")
    return before
