"""What the page shows of each figure: value, standard, other years, and what it rests on."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from flows.common.clock import day_of
from flows.common.labels import HIDDEN, WORDS
from flows.contracts.model import contract_from_json
from flows.contracts.periods import period_of_year, shifted
from flows.exports.html.numbers import (
    Unit,
    compare_numbers,
    find_unit,
    is_printed_whole,
    write_amount,
    write_exactly,
    write_in,
    write_short,
)
from flows.releases.tables import KEY, ReleaseTables, Row, key_of, number_figure

View = dict[str, Any]
Writer = Callable[[Unit, Decimal, Row, Row], str]
Sent = tuple[str, str, str]  # district, source and period of a delivery
SHORT_SUM = 12
MOST_FILES = 8  # behind one figure; report.xlsx has all
MARKS = {"达标": "met", "未达标": "failed", "无法判定": "open"}
WITH_NUMBERS = ("actual", "provisional")
NUMBERS = ("value", "value_text", "numerator", "denominator", "margin", "quarantined_rows",
           "quarantined_amount")  # fmt: skip
LINE_WIDTH, LINE_HEIGHT, LINE_EDGE = 72, 18, 3  # of the small line of the years, in pixels


def word_for(term: str | None) -> str:
    """Give the Chinese word for a term of the tables, or the term itself."""
    return WORDS.get(term or "", term or "")


def member_of(value: Row) -> str:
    """Name the member, but not the whole."""
    return "" if value["member"] == "total" else str(value["member"])


@dataclass(frozen=True)
class DeliveryDoubts:
    """What is open about the deliveries of a release, by district, source and period."""

    in_doubt: Mapping[Sent, int]  # rows quarantined that may belong to a figure, counted
    reasons: Mapping[Sent, Sequence[str]]  # why figures are doubtful though all rows count
    without_effect: Mapping[Sent, int]  # rows quarantined that change no figure, counted
    incomplete: frozenset[Sent]  # not all units reported

    @classmethod
    def load(cls, tables: ReleaseTables) -> "DeliveryDoubts":
        """Count what a release keeps internally; no row of it is shown."""
        quarantine = tables.internal_rows("quarantine")
        in_doubt = tables.internal_rows("int_unmatched_units")
        in_doubt += [row for row in quarantine if row["effect"] == "provisional"]
        reasons: dict[Sent, list[str]] = {}
        for row in tables.internal_rows("doubts"):
            known = reasons.setdefault((row["district_code"], row["source"], row["period"]), [])
            if row["reason"] not in known:
                known.append(row["reason"])
        return cls(
            _count_rows(in_doubt),
            reasons,
            _count_rows([row for row in quarantine if row["effect"] != "provisional"]),
            frozenset(
                (row["district_code"], row["source"], row["period"])
                for row in tables.internal_rows("int_units_expected")
                if not row["is_received"]
            ),
        )


def _count_rows(rows: Sequence[Row]) -> dict[Sent, int]:
    """Count rows quarantined; a row that breaks several rules, or is in several facts, once."""
    places: dict[Sent, set[tuple[Any, ...]]] = {}
    for row in rows:
        sent = (row["district_code"], row["source"], row["period"])
        place = tuple(row.get(name) for name in ("file_id", "_file_id", "sheet", "_sheet",
                                                 "row_number", "_row_number"))  # fmt: skip
        places.setdefault(sent, set()).add(place)
    return {sent: len(found) for sent, found in sorted(places.items())}


def districts_of(tables: ReleaseTables, manifest: Row) -> list[str]:
    """List the districts of a release; its own is there also when it has no figure."""
    return sorted({manifest["district_code"], *(key[0] for key in tables.values)})


class Figures:
    """Views of the figures of one district."""

    def __init__(
        self,
        tables: ReleaseTables,
        manifest: Row,
        doubts: DeliveryDoubts,
        district: str,
        earlier: Mapping[int, ReleaseTables],
    ) -> None:
        """Choose the district, and the current releases of earlier years.

        The district's code stands in anchors only where there are several.
        """
        self.tables, self.manifest, self.doubts = tables, manifest, doubts
        self.district, self.earlier = district, earlier
        self.prefix = (district,) if len(districts_of(tables, manifest)) > 1 else ()
        self.figures = [row for row in tables.figures if row["district_code"] == district]

    @cached_property
    def sent(self) -> dict[tuple[str, str], list[Row]]:
        """The files in force of the district, by source and period."""
        found: dict[tuple[str, str], list[Row]] = {}
        for file in self.manifest["deliveries"]:
            if file["district_code"] == self.district:
                found.setdefault((file["source"], file["period"]), []).append(file)
        return found

    @cached_property
    def files(self) -> dict[str, Row]:
        """The files in force of the district, by their hash."""
        return {file["sha256"]: file for files in self.sent.values() for file in files}

    def needed(self, indicator_id: str, year: int) -> Iterator[tuple[str, str]]:
        """Say which source and period an indicator's value of a year rests on."""
        for source, offset in self.tables.needs.get(indicator_id, ()):
            entry = self.manifest["contracts"].get(source)
            if entry:
                yield source, period_of_year(contract_from_json(entry), year + offset)

    def title_of(self, source: str, period: str) -> str:
        """Name a source with its period."""
        entry = self.manifest["contracts"].get(source, {})
        return f"{entry.get('title', source)}（{word_for(period)}）"

    def owner_of(self, source: str) -> str:
        """Name the office that owes a source."""
        entry = self.manifest["contracts"].get(source, {})
        return str(entry.get("owed", {}).get("by", "责任科室未定"))

    def number_of(self, value: Row, unit: Unit | None = None, write: Writer = write_in) -> str:
        """Write a value with its unit, or the word that stands for it."""
        if value["value"] is None:
            shown = value["state"] in WITH_NUMBERS and value["value_text"]
            return str(shown or WORDS[value["state"]])
        indicator = self.tables.indicators[value["indicator_id"]]
        return write(unit or find_unit(None, value), value["value"], value, indicator)

    def value_of_last_year(self, value: Row) -> Row | None:
        """Find the value of the year before, published or in a mart, if it is beyond doubt there.

        A mart's number has no state: it counts only where all that it rests on was sent whole.
        """
        tables, doubts = self.tables, self.doubts
        if value["state"] in HIDDEN:
            return None
        period = shifted(value["period"], -1)
        key = tuple(period if name == "period" else value[name] for name in KEY)
        indicator, year = tables.indicators[value["indicator_id"]], value["evaluation_year"] - 1
        if key in tables.values:
            return tables.values[key]
        if indicator["components"] or indicator["value_type"] == "text":
            return None  # the mart's column is that of the indicator which it is derived from
        for source, needed in self.needed(indicator["indicator_id"], year):
            sent = (self.district, source, needed)
            if (source, needed) not in self.sent or any(
                sent in found for found in (doubts.in_doubt, doubts.reasons, doubts.incomplete)
            ):
                return None
        wanted = (self.district, year, value["dimension"], value["member"])
        names = ("district_code", "year", "dimension", "member")
        mart = indicator["mart"]
        rows = [
            row
            for row in (tables.rows(mart) if mart in tables.published else ())
            if tuple(row[name] for name in names) == wanted
        ]
        rows = [row for row in rows if row["period"] == period] or rows
        number = rows[0].get(indicator["mart_column"]) if len(rows) == 1 else None
        if number is None:
            return None
        known = {"period": period, "state": "actual", "value": Decimal(number)}
        return {**value, **dict.fromkeys(NUMBERS), **known}

    def values_by_year(self, value: Row) -> dict[int, Row]:
        """Find the value in each year in which it has a number: here, and in earlier releases."""
        year, found = value["evaluation_year"], dict[int, Row]()
        if value["state"] in HIDDEN:
            return found
        for other, tables in self.earlier.items():
            same = {"evaluation_year": other, "period": shifted(value["period"], other - year)}
            row = tables.values.get(tuple({**value, **same}[name] for name in KEY))
            if row and row["unit"] == value["unit"]:
                found[other] = row
        if last := self.value_of_last_year(value):
            found[year - 1] = last
        found[year] = value
        return {
            year: row
            for year, row in sorted(found.items())
            if row["state"] in WITH_NUMBERS and row["value"] is not None
        }

    def anchor(self, kind: str, *parts: Any) -> str:
        """Make an anchor of the district."""
        return anchor(kind, *self.prefix, *parts)

    def file_anchor(self, file: Row) -> str:
        """Make the anchor of a file in force."""
        return self.anchor("file", file["sha256"][:SHORT_SUM])

    def link(self, figure: Row) -> View:
        """Name a figure and say where it stands."""
        number = number_figure(figure)
        return {"label": number, "anchor": self.anchor("figure", number)}

    def value(self, figure: Row) -> Row:
        """Find the value that a figure prints."""
        return self.tables.values[key_of(figure)]

    def view(self, figure: Row) -> View:
        """Say all that the page shows of a figure: its row, and what folds out of it."""
        value = self.value(figure)
        indicator = self.tables.indicators[figure["indicator_id"]]
        unit = find_unit(figure["text"], value)
        says_all = value["state"] not in WITH_NUMBERS or is_printed_whole(figure["text"], value)
        years = self.values_by_year(value)
        return self.link(figure) | {
            "title": figure["title"],
            "text": figure["text"] or WORDS[value["state"]],
            "number": "" if says_all else self.number_of(value, unit),
            "state": value["state"],
            "state_word": WORDS[value["state"]],
            "judgement": value["judgement"],
            "mark": MARKS.get(value["judgement"], "none"),
            "standard": self.standard(value),
            "margin": self.margin(value, unit),
            "last": self.last_year(value, unit),
            "years": [(year, self.number_of(row, unit)) for year, row in years.items()],
            "line": draw_line([row["value"] for row in years.values()]),
            "reason": value["reason"] or "",
            "units": self.units(value),
            "period": value["period"],
            "is_internal": figure["publish"] == "internal",
            "definition": re.sub(r"\(标准待核\)$", "", indicator["definition_zh"] or ""),
            "formula": word_for(indicator["formula"]).replace("乘数", indicator["multiplier"]),
            "computation": list(self.computation(value, unit)),
            "files": self.files_behind(value),
            **{name: indicator[name] for name in
               ("indicator_id", "population", "basis", "owner_office", "definition_version")},
            "data_class": word_for(indicator["data_class"]),
        }  # fmt: skip

    def units(self, value: Row) -> str:
        """Say how many units reported, where not all did."""
        expected, received = value["units_expected"], value["units_received"]
        partly = value["state"] == "partial" and expected
        return f"应报{expected}个单位，已报{received}个" if partly else ""

    def standard(self, value: Row) -> View | None:
        """Say by which standard a value is judged, or which one it prints, and from where."""
        rows, indicator = (
            self.tables.standards_of(value),
            self.tables.indicators[value["indicator_id"]],
        )
        if indicator["formula"] == "all_met":
            return {
                "limit": WORDS["all_met"],
                "documents": [indicator["basis"]],
                "is_unverified": False,
            }
        if not value["standard_id"] or not (rows or value["standard_value"] is not None):
            return None
        signs = dict.fromkeys(word_for(row["comparison"]) for row in rows)
        number = value["standard_value"]
        limit = "" if number is None else write_exactly(number) + (value["unit"] or "")
        return {
            "limit": f"{'、'.join(signs)} {limit}".strip() if limit else "",
            "documents": list(dict.fromkeys(map(_document, rows))),
            "is_unverified": not rows or any(row["certainty"] != "verified" for row in rows),
        }

    def margin(self, value: Row, unit: Unit) -> str:
        """Say how far a value is from its standard; below zero misses it."""
        if value["margin"] is None:
            return ""
        indicator = self.tables.indicators[value["indicator_id"]]
        return write_short(unit, value["margin"], value, indicator, signed=True)

    def last_year(self, value: Row, unit: Unit) -> View | None:
        """Give the value of the year before, its doubt, and by how much it has changed."""
        last = self.value_of_last_year(value)
        if last is None or last["state"] == "not_applicable":
            return None
        doubt = "（暂定）" if last["state"] == "provisional" else ""
        has_number = last["state"] in WITH_NUMBERS
        shown = self.number_of(last, unit) if has_number else WORDS[last["state"]]
        change, numbers = "", (value["value"], last["value"])
        if has_number and value["state"] in WITH_NUMBERS and None not in numbers:
            indicator = self.tables.indicators[value["indicator_id"]]
            change = compare_numbers(unit, *numbers, value, indicator)
        short = self.number_of(last, unit, write_short) if has_number else shown
        return {
            "period": last["period"],
            "number": shown + doubt,
            "short": short + doubt,
            "change": change,
        }

    def rests_on_something(self, value: Row) -> bool:
        """Say whether there is evidence to show of a value, of its own or of its parts."""
        if value["state"] in (*HIDDEN, "not_applicable"):
            return False
        return bool(self.tables.evidence.get(key_of(value)) or self.tables.parts_of(value))

    def computation(self, value: Row, unit: Unit, name: str = "") -> Iterator[View]:
        """Say in lines how a value follows from its parts, or from numerator and denominator."""
        if not self.rests_on_something(value):
            return
        indicator = self.tables.indicators[value["indicator_id"]]
        parts = self.tables.parts_of(value)
        roles = [role for role in ("numerator", "denominator") if value[role] is not None]
        if len(roles) == 2:
            terms = [f"{self._measure(value, role)}{write_amount(value[role])}" for role in roles]
            times = indicator["multiplier"]
            factor = f" × {times}" if times not in (None, "1") else ""
            sentence = f"{' ÷ '.join(terms)}{factor} ＝ {self.number_of(value, unit)}"
            yield {"name": name, "text": sentence, "judgement": "", "mark": "none"}
        elif roles and not parts and not name:
            sum_of = self._measure(value, "numerator", with_unit=False)
            text = f"{sum_of}{self.number_of(value, unit)}"
            yield {"name": name, "text": text, "judgement": "", "mark": "none"}
        for part in parts:
            title = self.tables.indicators[part["indicator_id"]]["title_zh"]
            own = " ".join(filter(None, (title, member_of(part), part["period"])))
            part_unit = unit if part["unit"] == value["unit"] else find_unit(None, part)
            is_judged = part["judgement"] in MARKS
            yield {
                "name": own,
                "text": self.number_of(part, part_unit),
                "judgement": part["judgement"] if is_judged else "",
                "mark": MARKS.get(part["judgement"], "none"),
            }
            yield from self.computation(part, part_unit, own)

    def _measure(self, value: Row, role: str, *, with_unit: bool = True) -> str:
        """Name what a numerator or denominator counts, as the manifest has it."""
        name = self.tables.indicators[value["indicator_id"]][role] or ""
        fact, _, measure = name.partition(".")
        facts: Row = self.manifest.get("facts", {})
        described = facts.get(fact, {}).get("measures", {}).get(measure, {})
        unit = f"（{described['unit']}）" if with_unit and described.get("unit") else ""
        return f"{described['title']}{unit} " if described.get("title") else f"{WORDS[role]} "

    def files_behind(self, value: Row) -> View:
        """List the files on which a value or its parts rest, and how many more there are."""
        found: dict[str, View] = {}
        for row in self._evidence(value):
            file = found.setdefault(row["sha256"], self._file(row))
            sheets = [sheet for sheet in json.loads(row["sheets"] or "[]") if sheet]
            file["sheets"] = list(dict.fromkeys([*file["sheets"], *sheets]))
        files = list(found.values())
        return {"shown": files[:MOST_FILES], "more": max(len(files) - MOST_FILES, 0)}

    def _evidence(self, value: Row) -> Iterator[Row]:
        if self.rests_on_something(value):
            own = self.tables.evidence.get(key_of(value), ())
            yield from sorted(own, key=lambda row: (row["role"] != "numerator", row["role"]))
            for part in self.tables.parts_of(value):
                yield from self._evidence(part)

    def _file(self, row: Row) -> View:
        active = self.files.get(row["sha256"])
        received = active.get("received_at") if active else None
        return {
            "name": row["original_name"],
            "short": row["sha256"][:SHORT_SUM],
            "anchor": self.file_anchor(row) if active else "",
            "rows": "" if row["row_count"] is None else f"{row['row_count']:,}",
            "office": active["owner_office"] if active else "",
            "received": day_of(received).isoformat() if received else "",
            "sheets": [],
        }


def draw_line(numbers: Sequence[Decimal]) -> str:
    """Place the values of the years on the small line, as points of an SVG polyline."""
    if len(numbers) < 2:
        return ""
    low, high = min(numbers), max(numbers)
    step = Decimal(LINE_WIDTH - 2 * LINE_EDGE) / (len(numbers) - 1)
    room = LINE_HEIGHT - 2 * LINE_EDGE
    places = [
        (LINE_EDGE + step * place,
         LINE_EDGE + (room * (high - number) / (high - low) if high > low else Decimal(room) / 2))
        for place, number in enumerate(numbers)
    ]  # fmt: skip
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def document_of(standard: Row) -> str:
    """Name the document of a standard with its number."""
    return f"《{standard['document']}》{standard['document_number'] or ''}"


def _document(standard: Row) -> str:
    """Cite a document by its number, where it has one."""
    number = str(standard["document_number"] or "")
    return number if re.search(r"[0-9]", number) else document_of(standard)


def anchor(*parts: Any) -> str:
    """Join an anchor; blanks must not stand in one."""
    return re.sub(r"\s+", "_", "-".join(str(part) for part in parts))
