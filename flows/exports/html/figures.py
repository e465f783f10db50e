"""What the page shows of each figure: value, standard, last year's, and what it rests on."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from flows.common.labels import HIDDEN, WORDS
from flows.contracts.model import contract_from_json
from flows.contracts.periods import period_of_year, shifted
from flows.releases.tables import KEY, ReleaseTables, Row, key_of

View = dict[str, Any]
Sent = tuple[str, str, str]  # district, source and period of a delivery
SHORT_SUM = 12
MARKS = {"达标": "met", "未达标": "failed", "无法判定": "open"}
WITH_NUMBERS = ("actual", "provisional")
NUMBERS = ("value", "value_text", "numerator", "denominator", "margin", "quarantined_rows",
           "quarantined_amount")  # fmt: skip


def write_rounded(number: Decimal, decimals: int, *, signed: bool = False) -> str:
    """Write a number with separators, rounded half up."""
    rounded = number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    if not rounded:
        return f"{abs(rounded):,f}"  # neither +0.00 nor -0.00
    return f"{rounded:{'+' if signed else ''},f}".replace("-", "−")


def write_exactly(number: Decimal, decimals: int = 0, *, signed: bool = False) -> str:
    """Write a number with at least so many decimals and no zero beyond them."""
    exponent = number.normalize().as_tuple().exponent
    own = -exponent if isinstance(exponent, int) else 0
    return write_rounded(number, max(own, decimals), signed=signed)


def write_amount(number: Decimal) -> str:
    """Write a count whole and an amount with its cents, or with all its decimals."""
    return write_exactly(number, 0 if number == number.to_integral_value() else 2)


def write_precisely(number: Decimal, value: Row, indicator: Row, *, signed: bool = False) -> str:
    """Write a number of a value with two decimals more than it is printed with, where it has them.

    What is printed may be cut or rounded; more stand where a standard is met or missed by a hair.
    """
    least = int(indicator["decimals"])
    margin, most = value["margin"], least + 2
    if margin and abs(margin) < Decimal(10) ** -most:
        most += 4
    return write_exactly(
        number.quantize(Decimal(1).scaleb(-most), ROUND_HALF_UP), least, signed=signed
    )


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
    """Views of the figures and values of one district."""

    def __init__(
        self, tables: ReleaseTables, manifest: Row, doubts: DeliveryDoubts, district: str
    ) -> None:
        """Choose the district; its code stands in anchors only where there are several."""
        self.tables, self.manifest, self.doubts = tables, manifest, doubts
        self.district = district
        self.prefix = (district,) if len(districts_of(tables, manifest)) > 1 else ()
        self.figures = [row for row in tables.figures if row["district_code"] == district]
        self.in_force = {file["sha256"] for files in self.sent.values() for file in files}

    @cached_property
    def sent(self) -> dict[tuple[str, str], list[Row]]:
        """The files in force of the district, by source and period."""
        found: dict[tuple[str, str], list[Row]] = {}
        for file in self.manifest["deliveries"]:
            if file["district_code"] == self.district:
                found.setdefault((file["source"], file["period"]), []).append(file)
        return found

    def needed(self, indicator_id: str, year: int) -> Iterator[tuple[str, str]]:
        """Say which source and period an indicator's value of a year rests on."""
        for source, offset in self.tables.needs.get(indicator_id, ()):
            if entry := self.manifest["contracts"].get(source):
                yield source, period_of_year(contract_from_json(entry), year + offset)

    def title_of(self, source: str, period: str) -> str:
        """Name a source and its period for people."""
        title = self.manifest["contracts"].get(source, {}).get("title", source)
        return f"{title}（{'长期' if period == 'standing' else period}）"

    def owner_of(self, source: str) -> str:
        """Name the office that owes a source."""
        entry = self.manifest["contracts"].get(source, {})
        return str(entry.get("owed", {}).get("by", "责任科室未定"))

    def number_of(self, value: Row) -> str:
        """Write a value with its unit, or the word that stands for it."""
        indicator = self.tables.indicators[value["indicator_id"]]
        if value["value"] is None:
            shown = value["state"] in WITH_NUMBERS and value["value_text"]
            return str(shown or WORDS[value["state"]])
        return write_precisely(value["value"], value, indicator) + (value["unit"] or "")

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

    def anchor(self, kind: str, *parts: Any) -> str:
        """Make an anchor of the district."""
        return anchor(kind, *self.prefix, *parts)

    def figure_anchor(self, figure: Row) -> str:
        """Make the anchor of a figure, with its part beyond the first."""
        part = (figure["part"],) if figure["part"] > 1 else ()
        return self.anchor("figure", figure["figure_id"], *part)

    def value_anchor(self, value: Row) -> str:
        """Make the anchor of what a value rests on."""
        member = (value["member"],) if value["member"] != "total" else ()
        return self.anchor("evidence", value["indicator_id"], value["period"], *member)

    def file_anchor(self, file: Row) -> str:
        """Make the anchor of a file in force."""
        return self.anchor("file", file["sha256"][:SHORT_SUM])

    def link(self, figure: Row) -> View:
        """Name a figure and say where it stands."""
        part = f"({figure['part']})" if figure["part"] > 1 else ""
        return {"label": f"{figure['figure_id']}{part}", "anchor": self.figure_anchor(figure)}

    def value(self, figure: Row) -> Row:
        """Find the value that a figure prints."""
        return self.tables.values[key_of(figure)]

    def view(self, figure: Row) -> View:
        """Say all that the page shows of a figure in its row."""
        tables, value = self.tables, self.value(figure)
        indicator = tables.indicators[figure["indicator_id"]]
        says_all = value["state"] not in WITH_NUMBERS or _is_printed_whole(figure["text"], value)
        return self.link(figure) | {
            "title": figure["title"],
            "text": figure["text"] or WORDS[value["state"]],
            "number": "" if says_all else self.number_of(value),
            "state": value["state"],
            "state_word": WORDS[value["state"]],
            "judgement": value["judgement"],
            "mark": MARKS.get(value["judgement"], "none"),
            "standard": self.standard(value),
            "margin": self.margin(value),
            "last": self.last_year(value),
            "reason": value["reason"] or "",
            "units": self.units(value),
            "period": value["period"],
            "is_internal": figure["publish"] == "internal",
            "definition": anchor("definition", indicator["indicator_id"]),
            "evidence": self.value_anchor(value) if self.rests_on_something(value) else "",
        }

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
            "documents": list(dict.fromkeys(map(_cite, rows))),
            "is_unverified": not rows or any(row["certainty"] != "verified" for row in rows),
        }

    def margin(self, value: Row) -> str:
        """Say how far a value is from its standard; below zero misses it."""
        if value["margin"] is None:
            return ""
        indicator = self.tables.indicators[value["indicator_id"]]
        return write_precisely(value["margin"], value, indicator, signed=True) + (
            value["unit"] or ""
        )

    def last_year(self, value: Row) -> View | None:
        """Give the value of the year before with its state where it is in doubt."""
        last = self.value_of_last_year(value)
        if last is None or last["state"] == "not_applicable":
            return None
        doubt = "（暂定）" if last["state"] == "provisional" else ""
        has_number = last["state"] in WITH_NUMBERS
        shown = self.number_of(last) if has_number else WORDS[last["state"]]
        return {"period": last["period"], "number": shown + doubt}

    def rests_on_something(self, value: Row) -> bool:
        """Say whether there is evidence to show of a value, of its own or of its parts."""
        if value["state"] in (*HIDDEN, "not_applicable"):
            return False
        return bool(self.tables.evidence.get(key_of(value)) or self.tables.parts_of(value))

    def evidence(self) -> list[View]:
        """Show what each value rests on, by indicator, those of the figures first."""
        values = [self.value(figure) for figure in self.figures]
        seen = {key_of(value) for value in values}
        values += [
            row for key, row in self.tables.values.items()
            if key[0] == self.district and key not in seen
        ]  # fmt: skip
        groups: dict[str, View] = {}
        for value in values:
            if self.rests_on_something(value):
                indicator = self.tables.indicators[value["indicator_id"]]
                group = groups.setdefault(
                    value["indicator_id"],
                    {
                        "title": indicator["title_zh"],
                        "definition": anchor("definition", value["indicator_id"]),
                        "formula": word_for(indicator["formula"]),
                        "entries": {},
                    },
                )
                group["entries"].setdefault(self.value_anchor(value), self._entry(value))
        return [{**group, "entries": list(group["entries"].values())} for group in groups.values()]

    def _entry(self, value: Row) -> View:
        indicator = self.tables.indicators[value["indicator_id"]]
        return {
            "anchor": self.value_anchor(value),
            "name": " ".join(filter(None, (member_of(value), value["period"]))),
            "number": self.number_of(value),
            "state_word": "" if value["state"] == "actual" else WORDS[value["state"]],
            "terms": [
                write_amount(value[role])
                for role in ("numerator", "denominator")
                if value[role] is not None
            ],
            "multiplier": _shown_multiplier(indicator) if value["denominator"] is not None else "",
            "parts": [
                {
                    "anchor": self.value_anchor(part) if self.rests_on_something(part) else "",
                    "title": self.tables.indicators[part["indicator_id"]]["title_zh"],
                    "name": " ".join(filter(None, (member_of(part), part["period"]))),
                    "number": self.number_of(part),
                    "judgement": part["judgement"] if part["judgement"] in MARKS else "",
                    "mark": MARKS.get(part["judgement"], "none"),
                }
                for part in self.tables.parts_of(value)
            ],
            "files": [
                self.file(row, word_for(row["role"]))
                for row in sorted(
                    self.tables.evidence.get(key_of(value), ()),
                    key=lambda row: (row["role"] != "numerator", row["role"]),
                )
            ],
        }

    def file(self, row: Row, role: str) -> View:
        """Show a file that a value rests on."""
        sheets: Sequence[str] = [sheet for sheet in json.loads(row["sheets"] or "[]") if sheet]
        return {
            "role": role,
            "name": row["original_name"],
            "short": row["sha256"][:SHORT_SUM],
            "anchor": self.file_anchor(row) if row["sha256"] in self.in_force else "",
            "sheets": "、".join(sheets),
            "rows": "" if row["row_count"] is None else f"{row['row_count']:,}",
            "sum": write_amount(row["measure_sum"]) if row["measure_sum"] is not None else "",
        }


def _is_printed_whole(text: str | None, value: Row) -> bool:
    """Say whether the printed text is the value itself, neither scaled nor rounded nor cut."""
    found = re.fullmatch(r"(-?[0-9.]+)(.*?)(（暂定）)?", text or "")
    if value["value"] is None or not found:
        return value["value"] is None
    return Decimal(found[1]) == value["value"] and found[2] == (value["unit"] or "")


def _shown_multiplier(indicator: Row) -> str:
    return "" if indicator["multiplier"] in (None, "1") else str(indicator["multiplier"])


def limit_of(standard: Row, unit: str | None) -> str:
    """Write the limit that a standard sets, in the unit of the indicator if it has one."""
    number = "" if standard["value"] is None else write_exactly(standard["value"])
    return f"{word_for(standard['comparison'])} {number}{unit or standard['unit'] or ''}"


def document_of(standard: Row) -> str:
    """Name the document of a standard with its number."""
    return f"《{standard['document']}》{standard['document_number'] or ''}"


def _cite(standard: Row) -> str:
    """Cite a document by its number, where it has one; its name stands in the definition."""
    number = str(standard["document_number"] or "")
    return number if re.search(r"[0-9]", number) else document_of(standard)


def anchor(*parts: Any) -> str:
    """Join an anchor; blanks must not stand in one."""
    return re.sub(r"\s+", "_", "-".join(str(part) for part in parts))
