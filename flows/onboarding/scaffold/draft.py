"""The text of a contract entry proposed for a sample file, with all that must be decided."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flows.common.masking import without_ids
from flows.common.settings import CHECKOUT
from flows.onboarding.inference.columns import ColumnGuess
from flows.onboarding.inference.proposals import Proposal, flow
from flows.onboarding.inference.unpivot import Long

ASK = "# decide: "
UNITS_KNOWN = ("school_code", "unit_code")  # of which the model knows who must report
EXPECTED = CHECKOUT / "dbt_project" / "models" / "intermediate" / "int_units_expected.sql"


def populations() -> list[str]:
    """List which units may be expected, as the model knows them."""
    found = re.findall(r"population = '([a-z_]+)'", EXPECTED.read_text("utf-8"))
    return list(dict.fromkeys(found))


@dataclass(frozen=True)
class Draft:
    """What is proposed for a new source table."""

    system: str
    table: str
    title: str
    files: tuple[str, str]  # the pattern of their names, and what is asked
    period: tuple[dict[str, Any], str]  # the words, and what is asked
    proposals: tuple[Proposal, ...]
    columns: tuple[ColumnGuess, ...]
    long: Long | None = None
    asks: tuple[str, ...] = ()
    above: tuple[ColumnGuess, ...] = ()  # what the sheet or the file says for all its rows

    @property
    def landed(self) -> list[ColumnGuess]:
        """The columns that are declared."""
        spread = [self.long.time, *(one for one, _ in self.long.values)] if self.long else []
        return [*self.above, *(one for one in self.columns if one.is_landed), *spread]

    @property
    def key(self) -> list[str]:
        """The columns that no two rows share; with times across the header, the time, too."""
        found = next((list(one.value) for one in self.proposals if one.word == "key"), [])
        if not found:
            return []
        in_parts = any(one.word == "parts" for one in self.proposals)
        unit = [self.unit] if in_parts and self.unit and self.unit not in found else []
        return [*unit, *found, *([self.long.time.name] if self.long else [])]

    @property
    def unit(self) -> str | None:
        """The column that says who reports, if one is known."""
        return next((one.name for one in self.landed if one.meta.get("role") == "unit"), None)


def asked(text: str) -> str:
    """Write what a person must decide as a comment: one line, without ids, nothing to render."""
    plain = re.sub(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+", " ", without_ids(text))
    return f"{ASK}{re.sub('[{}]', '|', plain)}"


def _read_lines(draft: Draft) -> Iterator[str]:
    proposals = [one for one in draft.proposals if one.place == "read"]
    if not draft.long and not any(one.is_sure for one in proposals):
        yield "read: {}"
        for one in proposals:
            yield asked(f"read: {one.why}: {one.line}")
        return
    yield "read:"
    if draft.long:
        yield from ("  " + asked(one) for one in draft.long.asks)
        yield f"  long: {flow(dict(draft.long.words))}"
    for one in proposals:
        yield "  " + asked(one.why if one.is_sure else f"{one.why} {one.line}")
        if one.is_sure:
            yield f"  {one.line}"


def _meta_lines(draft: Draft) -> Iterator[str]:
    yield f"title: {flow(draft.title)}"
    yield asked(draft.files[1])
    yield f"pull: {flow({'from': 'inbox', 'files': [draft.files[0]]})}"
    period, ask = draft.period
    yield asked(f"{ask}{' years: [-1, 0] where figures look back' * (len(period) > 1)}")
    yield f"period: {flow(period)}"
    yield from _read_lines(draft)
    for one in draft.proposals:
        if one.word == "parts":
            yield asked(one.why)
            yield one.line
        if one.word == "key":
            yield asked(f"{one.why}; is it what makes a row?")
            yield f"key: {flow(draft.key)}"
    if draft.unit in UNITS_KNOWN:
        yield asked(
            f"must every unit report? Then units: (column: {draft.unit}, expected: …), one of "
            + ", ".join(populations())
        )
    elif draft.unit is None:
        yield asked("which column names the school or the budget unit? Give it role: unit")
    yield asked("which office owes it, and by when? year_offset counts from the period's year")
    yield 'owed: {by: 待定, due: {month_day: "01-31", year_offset: 1}}'


def _column_lines(draft: Draft) -> Iterator[str]:
    for guess in draft.landed:
        for ask in guess.asks:
            yield asked(f"{guess.caption}: {ask}")
        yield f"- name: {guess.name}"
        yield f"  data_type: {guess.data_type}"
        yield f"  config: {flow({'meta': guess.meta})}"
    for guess in draft.columns:
        if not guess.is_landed:
            why = {
                "serial": "a serial number",
                "person_name": "names or addresses of persons, which no figure needs",
                "row_total": "the sum of the columns beside it, which would count twice",
                "beside_long": "a number beside columns that become rows, which each would repeat",
            }[guess.kind]
            yield asked(f"not declared, and so not landed: {guess.caption} ({why})")
    for ask in draft.asks:
        yield asked(ask)


def entry_text(draft: Draft, indent: int) -> str:
    """Write the entry as it stands among the tables of its system, so many blanks in."""
    grain = " and ".join(draft.key) or "row of the file"
    lines = [
        f"- name: {draft.table}",
        f"  identifier: {draft.system}__{draft.table}",
        "  " + asked("say what one row is"),
        f"  description: One row per {grain}.",
        "  config:",
        "    meta:",
        *(f"      {line}" for line in _meta_lines(draft)),
        "  columns:",
        *(f"    {line}" for line in _column_lines(draft)),
    ]
    return "".join(f"{' ' * indent}{line}\n" for line in lines)


def staging_files(draft: Draft) -> tuple[str, str]:
    """Write the staging model, which names every column, and its YAML."""
    names = [one.name for one in draft.landed]
    period, years = draft.period[0]["kind"], []
    descriptions = {"district_code": "GB/T 2260 code of the district."}
    if period != "standing":
        descriptions["period"] = "Period of the delivery."
        if "year" not in names:
            years = ["cast(substr(period, 1, 4) as int) as year" if period != "calendar_year"
                     else "cast(period as int) as year"]  # fmt: skip
            descriptions["year"] = "Year of the period."
    columns = ["district_code", *(["period"] if period != "standing" else []), *years, *names,
               "_file_id", "_sheet", "_row_number"]  # fmt: skip
    sql = (
        f"with\n\n{draft.table} as (\n\n"
        f"    select * from {{{{ source('{draft.system}', '{draft.table}') }}}}\n\n)\n\n"
        "select\n    " + ",\n    ".join(columns) + f"\nfrom {draft.table}\n"
    )
    descriptions |= {one.name: _described(one) for one in draft.landed}
    descriptions |= {
        "_file_id": "sha256 of the file.",
        "_sheet": "Sheet of the file.",
        "_row_number": "Row of the sheet.",
    }
    model = f"stg_{draft.system}__{draft.table}"
    lines = [
        "version: 2\n\nmodels:",
        f"  - name: {model}",
        "    " + asked("say what one row is"),
        f"    description: {flow(_plain(f'{draft.title}. One row per landed row.'))}",
        "    columns:",
        *(f"      - {flow({'name': name, 'description': text})}"
          for name, text in descriptions.items()),
    ]  # fmt: skip
    return sql, "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Take from a text what dbt would render."""
    return re.sub(r"[{}]", "", without_ids(text))


def _described(guess: ColumnGuess) -> str:
    return _plain(f"{guess.caption}.") or guess.name
