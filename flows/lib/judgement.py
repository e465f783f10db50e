"""What the gate of one delivery finds: rows set aside, rules failed, reasons to reject it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from flows.lib.contracts import Contract
from flows.lib.judging import RuleResult
from flows.lib.reading import Reading, SetAside, amount_of
from flows.lib.suite_words import CHECKS, COMPARED, ReadingRule
from flows.lib.suites import Rule, Suite

DEFAULT_LIMIT = {"rows": 0.001, "amount": 0.01}
PLACES_SHOWN = 20


def _is_asked(name: str, contract: Contract) -> bool:
    """Whether reading looks for something in the files of a contract."""
    read = contract.meta["read"]
    if name in CHECKS:
        return name in contract.checks
    asked_by = {
        "own_total": read.get("totals"),
        "part_above_whole": read.get("subsets"),
        "totals_row_missing": read.get("ends_with_totals"),
        "conflicting_key": None,  # told as a rule on rows
        "attachment_missing": contract.has_attachments,
    }
    return name not in COMPARED and bool(asked_by.get(name, True))


def rejection_of(rule: ReadingRule, places: list[dict[str, Any]]) -> str:
    """Say in a sentence why a file is rejected, by what was found in it and where."""
    return f"{rule.notes.what}: {place_text(places)}"


def rule_outcome(
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
        "places": places[:PLACES_SHOWN],
    }


class Judgement:
    """Collects what the gate of one delivery finds, without any value of a row."""

    def __init__(self, contract: Contract, suite: Suite, file_id: str) -> None:
        """Take the contract, the suite and the file whose rows are judged."""
        self.contract, self.suite, self.file_id = contract, suite, file_id
        self.results: list[dict[str, Any]] = []
        self.rejections: list[str] = []
        self.quarantine: list[dict[str, Any]] = []

    def note(
        self, rule: Rule, *, places: list[dict[str, Any]], success: bool, raised: bool = False
    ) -> None:
        """Keep one rule's result, with the first places where it failed."""
        self.results.append(rule_outcome(rule, places, success=success, raised=raised))

    def of_reading(self, reading: Reading) -> None:
        """Judge what the file itself showed while it was read."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for finding in reading.findings:
            found[finding.rule].append(
                {"sheet": finding.sheet, "row": finding.row_number, "column": finding.column}
                | ({"detail": finding.detail} if finding.detail else {})
            )
        for row in reading.set_aside:
            found[row.rule].append(
                {"sheet": row.sheet, "row": row.row_number, "column": row.column}
            )
            self.set_aside(row, self.suite.reading[row.rule].effect or "provisional")
        for finding in reading.findings:
            if finding.rule == "exact_duplicate":
                self.set_aside(
                    SetAside(finding.sheet, finding.row_number, "", finding.rule, None, None, None),
                    "none",
                )
        for name, rule in self.suite.reading.items():
            places = found.pop(name, [])
            if not places and not _is_asked(name, self.contract):
                continue
            as_rule = Rule(name, {}, rule.severity, rule.effect, rule.notes)
            self.note(as_rule, places=places, success=not places)
            if places and rule.severity == "critical":
                self.rejections.append(rejection_of(rule, places))
        for name, places in found.items():
            self.rejections.append(f"the suite has no word on {name}: {place_text(places)}")

    def of_rows(self, results: Iterable[RuleResult], rows: Mapping[int, Mapping[str, Any]]) -> None:
        """Set the rows aside that break a row rule; `rows` holds them by their position."""
        unit, member = (self.contract.column_of_role(role) for role in ("unit", "member"))
        amounts = [column.name for column in self.contract.columns if column.role == "amount"]
        for result in results:
            rule, places = result.rule, []
            for position in result.failed_positions:
                row = rows[position]
                sheet, number = row["_sheet"], row["_row_number"]
                places.append({"sheet": sheet, "row": number, "column": rule.column})
                self.set_aside(
                    SetAside(
                        sheet,
                        number,
                        rule.column or "",
                        rule.type,
                        row[unit.name] if unit else None,
                        row[member.name] if member else None,
                        amount_of(row, amounts),
                    ),
                    rule.effect or "provisional",
                )
            self.note(rule, places=places, success=result.success, raised=result.raised)
            if result.raised:
                self.rejections.append(f"the rule {rule.type} on {rule.column} could not be run")

    def of_table(self, results: Iterable[RuleResult]) -> None:
        """Judge the delivery as a whole."""
        for result in results:
            rule = result.rule
            self.note(rule, places=[], success=result.success, raised=result.raised)
            if result.raised:
                self.rejections.append(f"the rule {rule.type} on {rule.column} could not be run")
            elif not result.success and rule.severity == "critical":
                self.rejections.append(f"{rule.notes.what} {rule.notes.resolve}")

    def set_aside(self, row: SetAside, effect: str) -> None:
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
            }
        )

    def of_limit(self, rows_of_data: int, readable_amount: Decimal) -> None:
        """Reject a delivery of which more is set aside than its contract allows."""
        limit = DEFAULT_LIMIT | dict(self.contract.meta.get("quarantine_limit", {}))
        counted = {
            (row["sheet"], row["row_number"]): row["amount"]
            for row in self.quarantine
            if row["effect"] != "none"
        }
        amount = sum((abs(value) for value in counted.values() if value is not None), Decimal(0))
        over_rows = len(counted) > Decimal(str(limit["rows"])) * rows_of_data
        over_amount = amount > Decimal(str(limit["amount"])) * readable_amount
        if counted and (over_rows or over_amount):
            places = [{"sheet": sheet, "row": row} for sheet, row in counted]
            self.rejections.append(
                f"{len(counted)} of {rows_of_data} rows would be set aside, more than the "
                f"quarantine_limit allows: {place_text(places)}"
            )
            for result in self.results:
                if result["type"] == "quarantine_limit":
                    result |= {"success": False, "failed_count": len(counted)}


def place_text(places: Sequence[Mapping[str, Any]]) -> str:
    """Name the first places: sheet, row and column, and what each is compared with."""
    shown = [
        " ".join(
            part
            for part in (
                f"sheet {place['sheet']}" if place.get("sheet") else "",
                f"row {place['row']}" if place.get("row") else "",
                f"column {place['column']}" if place.get("column") else "",
                f"({place['detail']})" if place.get("detail") else "",
            )
            if part
        )
        or "the whole file"
        for place in places[:3]
    ]
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    return "; ".join(shown) + more
