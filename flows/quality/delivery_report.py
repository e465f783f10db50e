"""What the gate of one delivery finds: rows quarantined, rules failed, reasons to reject it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_UP, Decimal
from typing import Any

from flows.common.labels import RULE_TITLES
from flows.common.messages import Message, message, places_message
from flows.contracts.model import Contract
from flows.parsing.result import Finding, ParseResult, add_amounts, read_unit_and_member
from flows.quality.rules import RuleResult
from flows.quality.suite import DRIFT_FINDINGS, FINDINGS, Rule, Suite
from flows.quality.waivers import Waiver

PLACES_SHOWN = 20
CENT = Decimal("0.01")
SHOWN = ("sheet", "row", "column", "detail")
DOUBTED = ("unit", "member", "amount", "is_of_row")
DOUBT = ("sheet", "row", "unit", "member", "is_of_row", "reason")
MOST_DOUBTS = 300  # of one rule in a file; more are one doubt on all that rests on it


def _is_asked(name: str, contract: Contract) -> bool:
    """Whether reading looks for something in the files of a contract."""
    read = contract.read
    asked_by = {
        "own_total": read.totals,
        "part_above_whole": read.subsets,
        "totals_row_missing": read.ends_with_totals,
        "conflicting_key": None,  # told as a rule on rows
        "attachment_missing": contract.has_attachments,
        "blank_amount": any(column.must_be_filled for column in contract.columns),
        "fraction_of_fen": contract.column_of_role("amount"),
    }
    return name not in DRIFT_FINDINGS and bool(asked_by.get(name, True))


def write_rejection(rule: Rule, places: list[dict[str, Any]]) -> Message:
    """Say in a sentence why a file is rejected, by what was found in it and where."""
    return message(
        "rule_broken",
        rule=rule.type,
        what=rule.notes.what.rstrip("。"),
        resolve=rule.notes.resolve.rstrip("。"),
        places=places_message(places),
    )


def write_result(
    rule: Rule, places: list[dict[str, Any]], *, success: bool, raised: bool
) -> dict[str, Any]:
    """Write one rule's result as the gate page shows it, with the first places where it failed."""
    return {
        "type": rule.type,
        "column": rule.column,
        "severity": rule.severity,
        "effect": rule.effect,
        "success": success,
        "raised": raised,
        "failed_count": len(places),
        "notes": vars(rule.notes),
        "keeps_rows": rule.keeps_rows,
        "places": [
            {name: place[name] for name in SHOWN if name in place}
            for place in places[:PLACES_SHOWN]
        ],
    }


def list_doubts(rule: Rule, places: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Say where a file makes figures doubtful though no row is taken out of them.

    A place may have the unit and member of whose figures it speaks (else of all), the amount by
    which they may be wrong (else it is not known by how much) and the reason that they give. With
    `is_of_row` it speaks of the figures alone in which its row counts. The columns of one row are
    added up, whatever their signs.
    """
    by_row: dict[tuple[Any, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for place in places:
        if not place.get("is_repeated"):
            by_row[tuple(place.get(name) or None for name in DOUBT)].append(place)
    if len(by_row) > MOST_DOUBTS:
        everything = [part for parts in by_row.values() for part in parts]
        return [_doubt(rule, dict.fromkeys(DOUBT), everything)]
    return [
        _doubt(rule, dict(zip(DOUBT, key, strict=True)), parts) for key, parts in by_row.items()
    ]


def _doubt(rule: Rule, place: dict[str, Any], parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    amounts = [abs(Decimal(part["amount"])) for part in parts if part.get("amount") is not None]
    amount = sum(amounts, Decimal(0)) if len(amounts) == len(parts) else None
    title = RULE_TITLES.get(rule.type) if rule.type in FINDINGS else None
    reason = place["reason"] or title or f"不符合“{rule.notes.what.rstrip('。')}”"
    if amount is not None and not place["reason"]:
        reason += f",相差{amount:.2f}元"
    return place | {
        "rule": rule.type,
        "is_of_row": bool(place["is_of_row"]),
        "amount": None if amount is None else str(amount.quantize(CENT, ROUND_UP)),
        "reason": reason,
    }


# A waiver lets a row through that breaks one of these; what is not known of it stays unknown.
UNKNOWN = (
    "expect_column_values_to_not_be_null",
    "expect_column_values_to_be_in_set",
    "expect_column_values_to_match_regex",
)


class DeliveryReport:
    """Collects what the gate of one delivery finds, without any value of a row."""

    def __init__(
        self, contract: Contract, suite: Suite, file_id: str, waivers: Sequence[Waiver] = ()
    ) -> None:
        """Take the contract, the suite, the file whose rows are judged, and what is let through."""
        self.contract, self.suite, self.file_id = contract, suite, file_id
        self.waivers = waivers
        self.waived: list[tuple[Waiver, dict[str, Any]]] = []
        self.results: list[dict[str, Any]] = []
        self.rejections: list[Message] = []
        self.quarantine: list[dict[str, Any]] = []
        self.doubts: list[dict[str, Any]] = []

    def _reject(self, code: str, **parameters: Any) -> None:
        self.rejections.append(message(code, **parameters))

    def add_result(
        self, rule: Rule, *, places: list[dict[str, Any]], success: bool, raised: bool = False
    ) -> None:
        """Keep one rule's result, with the first places where it failed."""
        self.results.append(write_result(rule, places, success=success, raised=raised))

    def add_findings(self, parsed: ParseResult) -> None:
        """Judge what the file itself showed while it was read."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for finding in parsed.findings:
            found[finding.rule].append(
                {"sheet": finding.sheet, "row": finding.row_number, "column": finding.column}
                | ({"detail": finding.detail} if finding.detail else {})
                | {name: getattr(finding, name) for name in (*DOUBTED, "is_repeated")}
            )
        for row in parsed.quarantined:
            found[row.rule].append(
                {"sheet": row.sheet, "row": row.row_number, "column": row.column}
            )
            self.quarantine_row(row, self.suite.file_checks[row.rule].effect or "provisional")
        for finding in parsed.findings:
            if finding.rule == "exact_duplicate":
                self.quarantine_row(finding, "none")
        for name, rule in self.suite.file_checks.items():
            places = found.pop(name, [])
            if places or (_is_asked(name, self.contract) and name != "blank_amount"):
                self._add_finding(rule, places)
        for name, places in found.items():
            self._reject("suite_without_rule", rule=name, places=places_message(places))

    def add_blank_amounts(self, places: list[dict[str, Any]]) -> None:
        """Judge the amounts that are blank in the rows that count."""
        rule = self.suite.file_checks.get("blank_amount")
        if rule and (places or _is_asked("blank_amount", self.contract)):
            self._add_finding(rule, places)

    def _add_finding(self, rule: Rule, places: list[dict[str, Any]]) -> None:
        standing = places
        if rule.severity == "critical" or rule.makes_doubt:
            standing = [place for place in places if not self.is_waived(rule.type, place)]
        grave = standing if rule.severity == "critical" else []
        is_let_through = places and not grave and rule.severity == "critical"
        severity = "warning" if is_let_through else rule.severity
        self.add_result(replace(rule, severity=severity), places=places, success=not places)
        if rule.makes_doubt:
            self.doubts += list_doubts(rule, standing)
        if grave:
            self.rejections.append(write_rejection(rule, grave))

    def add_row_results(
        self, results: Sequence[RuleResult], rows: Mapping[int, Mapping[str, Any]]
    ) -> set[int]:
        """Quarantine the rows that break a row rule, and give their positions.

        `rows` holds all that break one by their position. A row is let through only if each rule
        that it breaks is waived for it.
        """
        taken = {
            position
            for result in results
            for position in result.failed_positions
            if self._find_waiver(result.rule.type, self._place_row(result.rule, rows[position]))
            is None
        }
        for result in results:
            rule, places, unknown = result.rule, [], list[dict[str, Any]]()
            for position in result.failed_positions:
                place = self._place_row(rule, rows[position])
                if position in taken:
                    places.append(place)
                    keys = {name: place[name] for name in ("unit", "member", "amount")}
                    at = (place["sheet"], place["row"], rule.column or "")
                    self.quarantine_row(
                        Finding(rule.type, *at, **keys), rule.effect or "provisional"
                    )
                else:
                    self.is_waived(rule.type, place)
                    if rule.effect == "provisional" and rule.type in UNKNOWN:
                        unknown.append(place | {"reason": self._still_unknown(rule)})
            self.doubts += list_doubts(rule, unknown)
            success = not places if result.failed_positions else result.success
            self.add_result(rule, places=places, success=success, raised=result.raised)
            if result.raised:
                self._reject("rule_not_run", rule=rule.type, column=rule.column)
        return taken

    def _place_row(self, rule: Rule, row: Mapping[str, Any]) -> dict[str, Any]:
        """Say where a row stands and which figures it belongs to, where no rule doubts that."""
        member = self.contract.column_of_role("member")
        doubts_member = member and member.name in rule.columns
        return (
            {"sheet": row["_sheet"], "row": row["_row_number"], "column": rule.column}
            | read_unit_and_member(self.contract, row)
            | ({"member": None} if doubts_member else {})
            | {"amount": add_amounts(row, self.contract.amounts)}
        )

    def _still_unknown(self, rule: Rule) -> str:
        captions = [column.shown for column in self.contract.columns if column.name in rule.columns]
        return f"放行的行中“{'、'.join(captions)}”仍不明"

    def _find_waiver(self, rule: str, place: dict[str, Any]) -> Waiver | None:
        return next(
            (waiver for waiver in self.waivers if waiver.covers(self.contract, rule, place)), None
        )

    def is_waived(self, rule: str, place: dict[str, Any]) -> bool:
        """Find the waiver that lets a case through, and remember the case."""
        waiver = self._find_waiver(rule, place)
        if waiver:
            self.waived.append((waiver, place))
        return waiver is not None

    def add_table_results(self, results: Iterable[RuleResult]) -> None:
        """Judge the delivery as a whole."""
        for result in results:
            rule = result.rule
            fails = not (result.success or result.raised)
            is_grave = fails and rule.severity == "critical"
            is_waived = (is_grave or (fails and rule.makes_doubt)) and self.is_waived(
                rule.type, {"column": rule.column}
            )
            if is_grave and is_waived:
                rule, is_grave = replace(rule, severity="warning"), False
            if fails and rule.makes_doubt and not is_waived:
                self.doubts += list_doubts(rule, [{}])
            self.add_result(rule, places=[], success=result.success, raised=result.raised)
            if result.raised:
                self._reject("rule_not_run", rule=rule.type, column=rule.column)
            elif is_grave:
                self.rejections.append(write_rejection(rule, [{"column": rule.column}]))

    def quarantine_row(self, row: Finding, effect: str) -> None:
        """Put a row into quarantine; it keeps what is readable of its keys and amount."""
        self.quarantine.append(
            {
                "file_id": self.file_id,
                "sheet": row.sheet,
                "row_number": row.row_number,
                "column_name": row.column,
                "rule": row.rule,
                "effect": effect,
                "unit": row.unit,
                "member": row.member,
                "amount": row.amount,
                "detail": row.detail,
            }
        )

    def check_quarantine_limit(self, rows_of_data: int, readable_amount: Decimal) -> None:
        """Reject a delivery of which more is quarantined than its contract allows."""
        limit = self.contract.quarantine_limit
        counted = {
            (row["sheet"], row["row_number"]): row["amount"]
            for row in self.quarantine
            if row["effect"] != "none"
        }
        amount = sum((abs(value) for value in counted.values() if value is not None), Decimal(0))
        over_rows = len(counted) > Decimal(str(limit.rows)) * rows_of_data
        over_amount = amount > Decimal(str(limit.amount)) * readable_amount
        if counted and (over_rows or over_amount):
            places = [{"sheet": sheet, "row": row} for sheet, row in counted]
            is_waived = self.is_waived("quarantine_limit", {})
            if not is_waived:
                self._reject(
                    "quarantine_limit",
                    count=len(counted),
                    rows=rows_of_data,
                    places=places_message(places),
                )
            for result in self.results:
                if result["type"] == "quarantine_limit":
                    result |= {"success": False, "failed_count": len(counted)}
                    result |= {"severity": "warning"} if is_waived else {}
