"""Checking a file of contracts against its schema; errors name file, line, table and column."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from flows.common.errors import ZipingError
from flows.common.settings import Settings

SCHEMA = Path(__file__).with_name("contract.schema.json")

NAME_OR_TYPE = r"[a-z][a-z0-9_]*(\([0-9, ]+\))?"  # they are written into SQL
# What dbt reads of an entry; it knows words that reach further, as where a file elsewhere is read.
SOURCE_WORDS = ("name", "description", "schema", "tables")
TABLE_WORDS = ("name", "identifier", "description", "config", "columns")
COLUMN_WORDS = ("name", "data_type", "description", "config")
RESERVED_COLUMNS = ("district_code", "period")  # landing adds them to every table
# Words of the engines that no model could use as a column's name.
WORDS_OF_SQL = frozenset(
    """
    all analyse analyze and anti any array as asc asof asymmetric at authorization binary both by
    case cast check collate collation column columns concurrently constraint create cross default
    deferrable desc describe distinct do else end except false fetch for foreign freeze from full
    generated glob group having ilike in initially inner intersect into is isnull join lambda
    lateral leading left like limit map natural not notnull null offset on only or order outer
    overlaps pivot pivot_longer pivot_wider placing positional primary qualify references returning
    right select semi show similar some struct summarize symmetric table tablesample then to
    trailing true try_cast tuple union unique unpack unpivot using variadic verbose when where
    window with
    """.split()
)
ONE_QUERY = re.compile(r"\s*(select|with)\b[^;]*", re.IGNORECASE)
# Texts and notes in a query, which hold no words of it; what is quoted as a name is one.
TEXTS_IN_SQL = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*(?!!).*?\*/", re.DOTALL)
# Texts and names in which other words could hide: $$text$$, E'text', U&"name".
OTHER_QUOTES = re.compile(r"\$\w*\$|\b(?:e'|u&)", re.IGNORECASE)
WRITING = re.compile(r'(?<![\w."])(insert|update|delete|merge|into)\b(?!")', re.IGNORECASE)
# The server's own files, settings, accounts and other servers; each engine names them in its way.
BEYOND = re.compile(
    r"\b(?:pg_\w+|lo_\w+|dblink\w*|\w+_to_xml\w*|xpath_table|set_config|current_setting|nextval|"
    r"setval|information_schema|sqlite_\w+|load_extension|readfile|writefile|fsdir|load_file|"
    r"sleep|benchmark|sys_\w+|xp_\w+|sp_\w+|openrowset|opendatasource|openquery|dbms_\w+|utl_\w+|"
    r"read_(?:csv|text|blob|json|parquet)\w*)\b",
    re.IGNORECASE,
)
JINJA = re.compile(r"\{[{%#]")
OWN_SETTINGS = Settings.__annotations__.keys() - {
    "students_api_url", "students_api_token", "staffing_database_url",
}  # fmt: skip


@lru_cache(maxsize=1)
def _validators() -> Mapping[str, Any]:
    from jsonschema import Draft202012Validator

    schema = json.loads(SCHEMA.read_text("utf-8"))
    return {
        name: Draft202012Validator(
            {"$ref": f"#/$defs/{name}", "$defs": schema["$defs"]},
            format_checker=Draft202012Validator.FORMAT_CHECKER,
        )
        for name in ("table", "column")
    }


def _line_of(root: yaml.Node | None, steps: Sequence[str | int]) -> int:
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


def _steps(error: Any) -> list[str | int]:
    """Lead to what is wrong: to the unknown word itself, not to what it stands in."""
    steps = list(error.absolute_path)
    if error.validator == "additionalProperties":
        steps.append(min(set(error.instance) - set(error.schema.get("properties", ()))))
    return steps


def _said(error: Any) -> str:
    """Say what a violation is in plain words; never more than the contract's own words."""
    place = ".".join(str(step) for step in error.absolute_path)
    words = f"`{place}`: " if place else ""
    match error.validator:
        case "additionalProperties":
            unknown = sorted(set(error.instance) - set(error.schema.get("properties", ())))
            known = ", ".join(error.schema.get("properties", ()))
            return f"{words}unknown words {unknown}; known are {known}"
        case "required":
            missing = [name for name in error.validator_value if name not in error.instance]
            return f"{words}{', '.join(missing)} is missing"
        case "oneOf" if error.context:
            nearest = min(error.context, key=lambda one: (one.validator == "const", len(one.path)))
            choices = {tuple(one.validator_value) for one in error.context
                       if one.validator == "required"}  # fmt: skip
            if len(choices) > 1 and len(error.context) == len(choices):
                wanted = sorted({name for choice in choices for name in choice})
                return f"{words}one of {', '.join(wanted)} is missing"
            return f"{words}{_said(nearest)}"
        case "oneOf":
            return f"{words}only one of captions, above, sheet_name, file_name, from_long may stand"
        case "enum":
            return f"{words}must be one of {', '.join(map(str, error.validator_value))}"
        case "type" if error.instance is None:
            return f"{words}is empty: write what belongs there, or leave the word out"
        case "format":
            return f"{words}is no regular expression"
        case "not":
            return f"{words}{' and '.join(error.validator_value['required'])} exclude each other"
        case _:
            return f"{words}{error.message}"


def _faults(table: Mapping[str, Any]) -> Iterator[tuple[str, list[str | int], str]]:
    """Give each fault of an entry: the column's name or nothing, the path in it, the sentence."""
    validators = _validators()
    path: list[str | int] = ["config", "meta"]
    for error in validators["table"].iter_errors(table.get("config", {}).get("meta", {})):
        yield "", [*path, *_steps(error)], _said(error)
    for position, column in enumerate(table.get("columns", ())):
        meta = column.get("config", {}).get("meta", {})
        for error in validators["column"].iter_errors(meta):
            steps = ["columns", position, *path, *_steps(error)]
            yield str(column.get("name")), steps, _said(error)


def _unknown(entry: Mapping[str, Any], known: Sequence[str]) -> Iterator[tuple[str, str]]:
    for word in sorted(entry.keys() - set(known), key=str):
        yield str(word), f"unknown word `{word}`; known are {', '.join(known)}"


def _faults_of_names(
    system: str, table: Mapping[str, Any]
) -> Iterator[tuple[str, list[str | int], str]]:
    """Refuse words of dbt that reach further than a source, and names that would be SQL."""
    for word, sentence in _unknown(table, TABLE_WORDS):
        yield "", [word], sentence
    relation = f"{system}__{table['name']}"
    if table.get("identifier", relation) != relation:
        yield "", ["identifier"], f"`identifier` must be {relation}"
    config = table.get("config", {})
    for word, sentence in _unknown(config, ("meta",)):
        yield "", ["config", word], sentence
    if not re.fullmatch(NAME_OR_TYPE, str(table["name"])):
        yield "", ["name"], f"no name and no type: {table['name']}; write it in small letters"
    names: set[str] = set()
    for position, column in enumerate(table.get("columns", ())):
        at: list[str | int] = ["columns", position]
        name = str(column.get("name"))
        for word, sentence in _unknown(column, COLUMN_WORDS):
            yield name, [*at, word], sentence
        for word, sentence in _unknown(column.get("config", {}), ("meta",)):
            yield name, [*at, "config", word], sentence
        for word in ("name", "data_type"):
            if not re.fullmatch(NAME_OR_TYPE, str(column.get(word))):
                told = f"no name and no type: {column.get(word)}; write it in small letters"
                yield "", [*at, word], told
        if name in RESERVED_COLUMNS:
            yield name, [*at, "name"], "every table has a column of this name: name it otherwise"
        if name in WORDS_OF_SQL:
            yield name, [*at, "name"], "the name is a word of SQL: name it otherwise"
        if name in names:
            yield name, [*at, "name"], "two columns have this name"
        names.add(name)


def _faults_of_pull(table: Mapping[str, Any]) -> Iterator[tuple[str, list[str | int], str]]:
    """Refuse a pull that would reach beyond its source: a contract may come from somebody else."""
    pull = table.get("config", {}).get("meta", {}).get("pull") or {}
    at: list[str | int] = ["config", "meta", "pull"]
    if paths := [name for name in pull.get("files", ()) if "/" in name]:
        yield "", [*at, "files"], f"`files` takes names in the inbox, no path: {paths[0]}"
    for word in ("database", "base", "token"):
        if pull.get(word) in OWN_SETTINGS:
            told = f"`{word}` names a setting of ziping's own: name one for this source"
            yield "", [*at, word], told
    if "sql" in pull and (why := _why_no_query(str(pull["sql"]))):
        yield "", [*at, "sql"], f"`sql` {why}"


def _why_no_query(sql: str) -> str | None:
    """Say why a text is not one query on the tables of its source."""
    plain = TEXTS_IN_SQL.sub(" ", sql)
    if not ONE_QUERY.fullmatch(plain):
        return "must be one query, select or with, without a semicolon"
    if OTHER_QUOTES.search(sql):
        return "must write texts in plain single quotes and names in plain letters"
    if found := WRITING.search(plain):
        return f"must be one query that writes nothing: it says {found[0]}"
    if found := BEYOND.search(plain):
        return f"must be one query on the tables of its source: {found[0]} reaches beyond them"
    return None


def _scalars(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.MappingNode):
        for pair in node.value:
            for part in pair:
                yield from _scalars(part)
    else:
        for part in node.value:
            yield from _scalars(part)


def _refuse_what_dbt_renders(path: Path, text: str, content: Mapping[str, Any]) -> None:
    """Refuse braces of Jinja anywhere: dbt would publish the environment variable they name."""
    if not JINJA.search(json.dumps(content, ensure_ascii=False, default=str)):
        return
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    assert root is not None
    line = next(one.start_mark.line for one in _scalars(root) if JINJA.search(one.value)) + 1
    begins = {
        _line_of(root, ["sources", number, "tables", position]): f", table {table.get('name')}"
        for number, source in enumerate(content["sources"])
        for position, table in enumerate(source["tables"])
    }
    where = begins[max(before)] if (before := [one for one in begins if one <= line]) else ""
    raise ZipingError(
        f"{path.name}, line {line}{where}: dbt would render braces like {{{{ }}}}: write it "
        "without them"
    )


def check_contracts(path: Path, content: Mapping[str, Any]) -> None:
    """Raise a sentence with file and line for the first word that does not belong there."""
    text = path.read_text("utf-8")

    def refuse(steps: Sequence[str | int], where: str, sentence: str) -> None:
        line = _line_of(yaml.compose(text, Loader=yaml.CSafeLoader), steps)
        raise ZipingError(f"{path.name}, line {line}{where}: {sentence}")

    _refuse_what_dbt_renders(path, text, content)
    for word, sentence in _unknown(content, ("version", "sources")):
        refuse([word], "", sentence)
    for source_position, source in enumerate(content["sources"]):
        at: list[str | int] = ["sources", source_position]
        for word, sentence in _unknown(source, SOURCE_WORDS):
            refuse([*at, word], "", sentence)
        if source.get("schema", "landing") != "landing":
            refuse([*at, "schema"], "", "`schema` must be landing")
        if not re.fullmatch(NAME_OR_TYPE, str(source["name"])):
            refuse([*at, "name"], "", f"no name: {source['name']}; write it in small letters")
        for position, table in enumerate(source["tables"]):
            faults = [
                *_faults_of_names(str(source["name"]), table),
                *_faults(table),
                *_faults_of_pull(table),
            ]
            for column, steps, sentence in faults:
                where = f", table {table.get('name')}" + (f", column {column}" if column else "")
                refuse([*at, "tables", position, *steps], where, sentence)


def check_settings(pulls: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse a setting that two systems name, or one system for two ends: one is another's secret.

    `pulls` holds the pull of each table by its name.
    """
    users: dict[str, tuple[str, str, str]] = {}
    for table, pull in sorted(pulls.items()):
        for word in ("database", "base", "token"):
            if word not in pull:
                continue
            system = table.split(".")[0]
            first, *use = users.setdefault(pull[word], (table, system, word))
            if use != [system, word]:
                raise ZipingError(
                    f"{table}: `pull.{word}` names the setting {pull[word]}, which is the "
                    f"{use[1]} of {first}: name one of its own"
                )
