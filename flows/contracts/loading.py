"""Loading the contracts from the dbt sources YAML, without dbt; errors name file and line."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from flows.common.errors import WrongUse, ZipingError
from flows.common.settings import CHECKOUT
from flows.contracts.model import Column, Contract
from flows.contracts.safety import check_column_name, check_name, check_settings
from flows.contracts.words import (
    ALL_AMOUNTS,
    ColumnWords,
    ReadWords,
    TableWords,
    Words,
    require_one,
    wrong,
)

STAGING = CHECKOUT / "dbt_project" / "models" / "staging"
JINJA = re.compile(r"\{[{%#]")
PLACES = ("captions", "file_name", "from_long", "preamble", "sheet_name")
# With these a column of text holds codes or keys, in which a sign of the table says no value.
OF_A_CODE = ("person", "role", "take", "length", "check", "code_list", "values")

Name = Annotated[str, AfterValidator(check_name)]


class ColumnMeta(ColumnWords):
    """What one column promises; one word says where its cells stand."""

    model_config = require_one(*PLACES)

    @model_validator(mode="after")
    def check_place(self) -> Self:
        """Refuse a column that stands nowhere, or in two places."""
        return self.demand_one(*PLACES)


class ColumnConfig(Words):
    """What dbt keeps beside a column."""

    meta: ColumnMeta


class ColumnEntry(Words):
    """A column of a source table."""

    name: Annotated[str, AfterValidator(check_column_name)]
    data_type: Name
    description: str = ""
    config: ColumnConfig


class TableConfig(Words):
    """What dbt keeps beside a table."""

    meta: TableWords


class TableEntry(Words):
    """A source table."""

    name: Name
    identifier: str = ""
    description: str = ""
    config: TableConfig
    columns: Annotated[tuple[ColumnEntry, ...], Field(strict=False)] = ()

    @model_validator(mode="after")
    def check_columns(self) -> Self:
        """Refuse words that name a column which the table does not have."""
        meta, read, names = self.config.meta, self.config.meta.read, list[str]()
        columns = {column.name: column.config.meta for column in self.columns}
        if not columns:
            raise wrong("no columns are declared")
        for position, column in enumerate(self.columns):
            if column.name in names:
                raise wrong("two columns have this name", "columns", position, "name")
            names.append(column.name)
            if column.config.meta.attachment and column.data_type != "string":
                raise wrong(f"{column.name} names attachments and must be a string")
        named = [*meta.key, meta.parts and meta.parts.by, read.groups and read.groups.into]
        named += [meta.units.column, meta.units.by_member] if meta.units else []
        named += [read.long.name, read.long.value, *read.long.values.values()] if read.long else []
        named += read.totals.check if read.totals else []
        if unknown := sorted({name for name in named if name} - {*names, ALL_AMOUNTS}):
            raise wrong(f"no column is called {', '.join(unknown)}")
        roles = {column.role for column in columns.values()}
        is_said = read.totals and "check" in read.totals.model_fields_set
        if is_said and ALL_AMOUNTS in named and "amount" not in roles:
            raise wrong(
                "no column has `role: amount`; name in `totals.check` the columns that add up"
            )
        if meta.parts and not meta.parts.by and "unit" not in roles:
            raise wrong("`parts` needs a column with `role: unit`, or `by: COLUMN`")
        return self

    def contract(self, system: str) -> Contract:
        """Give the contract of the table."""
        meta = self.config.meta
        columns = tuple(_with_words_of_table(column, meta.read) for column in self.columns)
        return Contract.model_construct(
            **dict(meta), system=system, table=self.name, columns=columns
        )


class SourceEntry(Words):
    """A system, and the tables that come from it."""

    name: Name
    description: str = ""
    schema_: Literal["landing"] = Field(default="landing", alias="schema")
    tables: Annotated[tuple[TableEntry, ...], Field(strict=False)]

    @model_validator(mode="after")
    def check_identifiers(self) -> Self:
        """Refuse another relation than the table's own."""
        for position, table in enumerate(self.tables):
            relation = f"{self.name}__{table.name}"
            if table.identifier not in ("", relation):
                raise wrong(f"must be {relation}", "tables", position, "identifier")
        return self


class SourcesFile(Words):
    """A file of contracts, which dbt reads as its sources."""

    version: int = 2
    sources: Annotated[tuple[SourceEntry, ...], Field(strict=False)]


def _with_words_of_table(entry: ColumnEntry, read: ReadWords) -> Column:
    """Give a column with what its table says of every column, unless it says otherwise."""
    meta = entry.config.meta
    is_text = entry.data_type == "string" and not any(getattr(meta, word) for word in OF_A_CODE)
    said = {
        "decimal": meta.decimal or read.decimal,
        "dates": meta.dates or read.dates,
        "means": meta.means if is_text else {**read.means, **meta.means},
    }
    return Column.model_construct(**dict(meta) | said, name=entry.name, data_type=entry.data_type)


def _find_line(root: yaml.Node | None, steps: Sequence[str | int]) -> int:
    """Follow a path of keys and positions through the YAML as far as it leads."""
    if root is None:
        return 1
    node = root
    for step in steps:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
        elif isinstance(node, yaml.MappingNode):
            found = [value for key, value in node.value if key.value == str(step)]
            if not found:
                break
            node = found[0]
    return node.start_mark.line + 1


def _find_steps(error: ErrorDetails, content: Any) -> list[str | int]:
    """Lead through the content to what is wrong; the kind of a pull is no step in it."""
    steps: list[str | int] = []
    loc = [*error["loc"], *error.get("ctx", {}).get("steps", ())]
    if "pull" in loc:
        del loc[loc.index("pull") + 1 : loc.index("pull") + 2]
    for step in loc:
        if isinstance(content, Mapping | list) and (
            step in content if isinstance(content, Mapping) else isinstance(step, int)
        ):
            content = content[step]
            steps.append(step)
    return steps


def _describe(error: ErrorDetails) -> str:
    """Say what is wrong in plain words; never more than the contract's own words."""
    context = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return f"{error['loc'][-1]} is missing"
        case "union_tag_not_found":
            return "from is missing"
        case "union_tag_invalid":
            return f"from must be one of {context['expected_tags'].replace(chr(39), '')}"
        case "literal_error":
            choices = context["expected"].replace("'", "").replace(" or ", ", ")
            return f"must be {'one of ' if ', ' in choices else ''}{choices}"
        case "wrong":
            return str(context["sentence"])
        case "value_error":
            return str(context["error"])
        case "model_type":
            return "must be a block of words"
        case "tuple_type":
            return "must be a list"
        case _:
            return error["msg"].replace("Input should be", "must be")


def _list_texts(content: Any, *steps: str | int) -> Iterator[tuple[list[str | int], str]]:
    """Give all texts of a file with the steps that lead to each."""
    if isinstance(content, Mapping | list):
        pairs = content.items() if isinstance(content, Mapping) else enumerate(content)
        for step, value in pairs:
            yield [*steps, step], str(step)
            yield from _list_texts(value, *steps, step)
    else:
        yield [*steps], str(content)


def _find_name(content: Any) -> Any:
    return content.get("name") if isinstance(content, Mapping) else None


def _make_refusal(
    path: Path, text: str, faults: Sequence[tuple[list[str | int], str]]
) -> ZipingError:
    """Give the sentence for a file's first fault: line, table, column, word and what is wrong.

    A fault is the steps that lead to it and its sentence.
    """
    content = yaml.load(text, Loader=yaml.CSafeLoader)
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    lines = [_find_line(root, steps) for steps, _ in faults]
    steps, sentence = faults[lines.index(min(lines))]
    where = f"{path.name}, line {min(lines)}"
    if steps[2:3] == ["tables"] and len(steps) > 3:
        table, steps = content["sources"][steps[1]]["tables"][steps[3]], steps[4:]
        where += f", table {_find_name(table)}"
        if steps[:1] == ["columns"] and len(steps) > 1:
            where += f", column {_find_name(table['columns'][steps[1]])}"
            steps = steps[2:]
    elif steps[:1] == ["sources"]:
        steps = steps[2:]
    word = ".".join(map(str, steps[2:] if steps[:2] == ["config", "meta"] else steps))
    return ZipingError(f"{where}: {word and f'`{word}`: '}{sentence}")


def _load_file(path: Path) -> Iterator[Contract]:
    """Read the contracts of a file; the first word that does not belong there is refused."""
    text = path.read_text("utf-8")
    try:
        content = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", -1) + 1
        raise ZipingError(f"{path.name}, line {line}: not readable as YAML") from None
    # It would publish the environment variable that they name.
    rendered = "dbt would render braces like {{ }}: write it without them"
    if braces := [
        (steps, rendered) for steps, found in _list_texts(content) if JINJA.search(found)
    ]:
        raise _make_refusal(path, text, braces)
    try:
        sources = SourcesFile.model_validate(content).sources
    except ValidationError as error:
        faults = [(_find_steps(fault, content), _describe(fault)) for fault in error.errors()]
        raise _make_refusal(path, text, faults) from None
    for source in sources:
        for table in source.tables:
            yield table.contract(source.name)


def load_contracts(folder: Path = STAGING) -> dict[str, Contract]:
    """Read the contracts of all source tables, keyed by `system.table`."""
    paths = sorted(folder.glob("*/_*__sources.yml"))
    found = {contract.name: contract for path in paths for contract in _load_file(path)}
    check_settings({name: contract.settings for name, contract in found.items()})
    return found


def find_contract(contracts: dict[str, Contract], name: str) -> Contract:
    """Find a source table by its name, `finance.payments`."""
    if name not in contracts:
        raise WrongUse(f"no source table is called {name}: there are {', '.join(contracts)}")
    return contracts[name]
