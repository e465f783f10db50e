"""Printing what was written for a new source."""

from pathlib import Path

from flows.common.console import say
from flows.onboarding.scaffold.new_source import write_new_source


def print_new_source(path: Path, name: str, title: str) -> None:
    """Write contract, suite and staging model for a sample; say what is to be decided."""
    written = write_new_source(path, name, title)
    for file, count in written.questions.items():
        decide = f": {count} lines marked `# decide:` are for you" if count else ""
        say(f"wrote {file}{decide}")
    parsed = written.parsed
    quarantined = len({(row.sheet, row.row_number) for row in parsed.quarantined})
    say(
        f"of the sample {parsed.landed} rows would be read, {quarantined} quarantined, "
        f"{sum(parsed.skipped.values())} skipped as titles, totals or notes"
    )
    for remark in written.notices:
        say(remark)
    say(f"next: ziping sources check {name} FILE")
