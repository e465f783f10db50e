"""What is said beside a figure that is in doubt: which office owes which file, and by when."""

import json
from collections.abc import Iterator, Mapping
from functools import cached_property

from flows.common.labels import WORDS
from flows.contracts.model import contract_from_json
from flows.contracts.periods import due_date_of_year, period_of_year
from flows.releases.tables import ReleaseTables, Row
from flows.report.places import write_full_width

# A figure in one of these states is marked in the draft.
MARKED = ("provisional", "partial", "missing", "suppressed")
Sent = tuple[str, str]  # source and period
MOST_FILES = 3


class Notes:
    """Writes the notes on the figures of one release."""

    def __init__(self, tables: ReleaseTables, manifest: Row) -> None:
        """Take a release."""
        self.tables, self.manifest = tables, manifest

    @cached_property
    def _in_doubt(self) -> set[Sent]:
        """The deliveries of which rows are quarantined, unmatched or doubted."""
        found = self._sent("quarantine", {"effect": "provisional"})
        return found | self._sent("int_unmatched_units", {}) | self._sent("doubts", {})

    @cached_property
    def _incomplete(self) -> set[Sent]:
        """The deliveries for which not all units reported."""
        return self._sent("int_units_expected", {"is_received": False})

    def _sent(self, name: str, wanted: Mapping[str, object]) -> set[Sent]:
        """List of an internal table, which may be long, the deliveries that it speaks of."""
        import pyarrow.parquet as pq

        path = self.tables.folder / "internal" / f"{name}.parquet"
        columns = ["district_code", "source", "period", *wanted]
        rows = pq.read_table(path, columns=columns).group_by(columns).aggregate([]).to_pylist()
        wanted = {**wanted, "district_code": self.manifest["district_code"]}
        return {
            (row["source"], row["period"])
            for row in rows
            if all(row[column] == value for column, value in wanted.items())
        }

    def note_on(self, figure: Row) -> str:
        """Say of a printed figure why it is in doubt and who mends it; empty where it is not."""
        state = figure["state"]
        if state not in MARKED:
            return ""
        owed = list(self._owed(figure)) if state != "suppressed" else []
        said = "；".join(owed) or figure["reason"] or "原因待核"
        return f"{write_full_width(WORDS[state])}：{write_full_width(said)}"

    def _owed(self, figure: Row) -> Iterator[str]:
        """Say of each delivery that a figure lacks, or that is in doubt, who owes it by when."""
        if figure["state"] == "missing":
            for name in json.loads(figure["missing_sources"] or "[]"):
                source, _, period = name.partition(" ")
                if source in self.manifest["contracts"]:
                    yield self._gap(source, period)
            return
        suspects = self._in_doubt if figure["state"] == "provisional" else self._incomplete
        for source, offset in self.tables.needs.get(figure["indicator_id"], ()):
            contract = contract_from_json(self.manifest["contracts"][source])
            year = figure["evaluation_year"] + offset
            period = period_of_year(contract, year)
            if (source, period) in suspects:
                files = "、".join(self._files_of(source, period)) or "文件尚未报送"
                due = due_date_of_year(contract, year)
                title = f"{contract.title}（{'长期' if period == 'standing' else period}）"
                yield f"{title}，由{contract.owed.by}报送或更正，期限{due}，{files}"

    def _gap(self, source: str, period: str) -> str:
        """Find the sentence of the release on a file that is missing, or write it."""
        contract = contract_from_json(self.manifest["contracts"][source])
        start = f"{contract.title}({period})缺失"
        own = f"{contract.title}（{period}）缺失，由{contract.owed.by}报送"
        return next((str(gap) for gap in self.manifest["gaps"] if gap.startswith(start)), own)

    def _files_of(self, source: str, period: str) -> list[str]:
        """Name the files in force of a source and period, the first of many."""
        names = [
            file["original_name"].rpartition("/")[2]
            for file in self.manifest["deliveries"]
            if (file["source"], file["period"]) == (source, period)
        ]
        more = [f"等{len(names)}个文件"] if len(names) > MOST_FILES else []
        return names[:MOST_FILES] + more
