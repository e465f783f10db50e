"""The tables of a release joined by their keys, as its page reads them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flows.contracts.model import contract_from_json
from flows.contracts.periods import shifted
from flows.releases.release import Release, rows_of
from flows.releases.standards import standards_of

Row = Mapping[str, Any]
Key = tuple[Any, ...]
Sent = tuple[str, str, str]  # district, source and period of a delivery
KEY = ("district_code", "evaluation_year", "indicator_id", "period", "dimension", "member")
HIDDEN = ("suppressed", "withheld")
NOT_COVERED = "not_covered"  # in place of a missing source: none is there yet
NUMBERS = ("value", "value_text", "numerator", "denominator", "margin", "quarantined_rows",
           "quarantined_amount")  # fmt: skip


def is_covered(value: Row) -> bool:
    """Say whether a value has a source, be it missing tonight."""
    return NOT_COVERED not in (value["missing_sources"] or "")


def describe_coverage(figures: Sequence[Row]) -> str:
    """Say how many of the figures that the report lists have a text other than 数据缺失."""
    due = {row["figure_id"] for row in figures if row["listing"] == "report"}
    lacking = {row["figure_id"] for row in figures if row["text"] == "数据缺失"}
    return f"已有数 {len(due - lacking)} / 应报 {len(due)}"


@dataclass(frozen=True)
class Tables:
    """What one release says, without the numbers that it hides."""

    manifest: Row
    figures: Sequence[Row]
    values: Mapping[Key, Row]
    indicators: Mapping[str, Row]
    needs: Mapping[str, Sequence[tuple[str, int]]]
    evidence: Mapping[Key, Sequence[Row]]
    standards: Sequence[Row]
    marts: Mapping[str, Sequence[Row]]
    in_doubt: Mapping[Sent, int]  # rows set aside that may belong to a figure, counted
    doubts: Mapping[Sent, Sequence[str]]  # why figures are doubtful though all rows count
    without_effect: Mapping[Sent, int]  # rows set aside that change no figure, counted
    incomplete: frozenset[Sent]  # not all units reported

    @property
    def districts(self) -> list[str]:
        """List the districts of the release; its own is there also when it has no figure."""
        return sorted({self.manifest["district_code"], *(key[0] for key in self.values)})

    def sent(self, district: str) -> dict[tuple[str, str], list[Row]]:
        """List the files in force of a district, by source and period."""
        found: dict[tuple[str, str], list[Row]] = {}
        for file in self.manifest["deliveries"]:
            if file["district_code"] == district:
                found.setdefault((file["source"], file["period"]), []).append(file)
        return found

    def needed(self, indicator_id: str, year: int) -> Iterator[tuple[str, str]]:
        """Say which source and period an indicator's value of a year rests on."""
        for source, offset in self.needs.get(indicator_id, ()):
            if entry := self.manifest["contracts"].get(source):
                yield source, contract_from_json(entry).period_of_year(year + offset)

    def title_of(self, source: str, period: str) -> str:
        """Name a source and its period for people."""
        title = self.manifest["contracts"].get(source, {}).get("meta", {}).get("title", source)
        return f"{title}（{'长期' if period == 'standing' else period}）"

    def owner_of(self, source: str) -> str:
        """Name the office that owes a source."""
        meta = self.manifest["contracts"].get(source, {}).get("meta", {})
        return str(meta.get("owed", {}).get("by", "责任科室未定"))

    def standards_of(self, value: Row) -> Sequence[Row]:
        """Find the standards of a value: those of its stage before those of all."""
        return standards_of(self.standards, value) if value["standard_id"] else []

    def parts_of(self, value: Row) -> list[Row]:
        """List the published values that a derived value is made from."""
        found: dict[Key, Row] = {}
        for part in self.indicators[value["indicator_id"]]["components"]:
            period = shifted(value["period"], int(part["year_offset"]))
            head = (value["district_code"], value["evaluation_year"], part["id"], period)
            same = (*head, value["dimension"], value["member"])
            if same in self.values:
                found[same] = self.values[same]
            elif value["member"] == "total":
                found |= {key: row for key, row in self.values.items() if key[:4] == head}
        return list(found.values())

    def last_year(self, value: Row) -> Row | None:
        """Find the value of the year before, published or in a mart, if it is beyond doubt there.

        A mart's number has no state: it counts only where all that it rests on was sent whole.
        """
        if value["state"] in HIDDEN:
            return None
        period = shifted(value["period"], -1)
        key = tuple(period if name == "period" else value[name] for name in KEY)
        indicator, year = self.indicators[value["indicator_id"]], value["evaluation_year"] - 1
        if key in self.values:
            return self.values[key]
        if indicator["components"] or indicator["value_type"] == "text":
            return None  # the mart's column is that of the indicator which it is derived from
        district = value["district_code"]
        for source, needed in self.needed(indicator["indicator_id"], year):
            sent = (district, source, needed)
            is_whole = (source, needed) in self.sent(district)
            if not is_whole or any(
                sent in found for found in (self.in_doubt, self.doubts, self.incomplete)
            ):
                return None
        wanted = (district, year, value["dimension"], value["member"])
        names = ("district_code", "year", "dimension", "member")
        rows = [
            row
            for row in self.marts.get(indicator["mart"], ())
            if tuple(row[name] for name in names) == wanted
        ]
        rows = [row for row in rows if row["period"] == period] or rows
        number = rows[0].get(indicator["mart_column"]) if len(rows) == 1 else None
        if number is None:
            return None
        known = {"period": period, "state": "actual", "value": Decimal(number)}
        return {**value, **dict.fromkeys(NUMBERS), **known}


def key_of(row: Row) -> Key:
    """Give the key of the value that a row belongs to."""
    return tuple(row[name] for name in KEY)


def _hidden(value: Row) -> Row:
    """Take the numbers out of a value that must not be shown."""
    return {**value, **dict.fromkeys(NUMBERS)} if value["state"] in HIDDEN else value


def _counted(rows: Sequence[Row]) -> dict[Sent, int]:
    """Count rows set aside; a row that breaks several rules, or is in several facts, once."""
    places: dict[Sent, set[tuple[Any, ...]]] = {}
    for row in rows:
        sent = (row["district_code"], row["source"], row["period"])
        place = tuple(row.get(name) for name in ("file_id", "_file_id", "sheet", "_sheet",
                                                 "row_number", "_row_number"))  # fmt: skip
        places.setdefault(sent, set()).add(place)
    return {sent: len(found) for sent, found in sorted(places.items())}


def tables_of(release: Release) -> Tables:
    """Read the tables of a release; of `internal/` only how many rows and which deliveries."""
    folder = release.folder
    figures = rows_of(folder / "report_figures.parquet")
    figures.sort(key=lambda row: (row["order_no"], row["part"]))
    values = {key_of(row): _hidden(row) for row in rows_of(folder / "report_values.parquet")}
    evidence: dict[Key, list[Row]] = {}
    for row in rows_of(folder / "report_evidence.parquet"):
        evidence.setdefault(key_of(row), []).append(row)
    needs: dict[str, list[tuple[str, int]]] = {}
    for row in rows_of(folder / "report_needs.parquet"):
        needs.setdefault(row["indicator_id"], []).append((row["source"], row["year_offset"]))
    quarantine = rows_of(folder / "internal" / "quarantine.parquet")
    in_doubt = rows_of(folder / "internal" / "int_unmatched_units.parquet")
    in_doubt += [row for row in quarantine if row["effect"] == "provisional"]
    doubts: dict[Sent, list[str]] = {}
    for row in rows_of(folder / "internal" / "doubts.parquet"):
        reasons = doubts.setdefault((row["district_code"], row["source"], row["period"]), [])
        if row["reason"] not in reasons:
            reasons.append(row["reason"])
    units = rows_of(folder / "internal" / "int_units_expected.parquet")
    return Tables(
        manifest=release.manifest,
        figures=figures,
        values=values,
        indicators={
            row["indicator_id"]: {**row, "components": json.loads(row["components"] or "[]")}
            for row in rows_of(folder / "report_indicators.parquet")
        },
        needs=needs,
        evidence=evidence,
        standards=rows_of(folder / "standards.parquet"),
        marts={path.stem: rows_of(path) for path in sorted((folder / "marts").glob("*.parquet"))},
        in_doubt=_counted(in_doubt),
        doubts=doubts,
        without_effect=_counted([row for row in quarantine if row["effect"] != "provisional"]),
        incomplete=frozenset(
            (row["district_code"], row["source"], row["period"])
            for row in units
            if not row["is_received"]
        ),
    )
