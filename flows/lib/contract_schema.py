"""Checking a file of contracts against its schema; errors name file, line, table and column."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from flows.lib.errors import ZipingError

SCHEMA = Path(__file__).with_name("contract.schema.json")


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


def check_contracts(path: Path, content: Mapping[str, Any]) -> None:
    """Raise a sentence with file and line for the first word that the schema does not know."""
    for source_position, source in enumerate(content["sources"]):
        for position, table in enumerate(source["tables"]):
            for column, steps, sentence in _faults(table):
                root = yaml.compose(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
                line = _line_of(root, ["sources", source_position, "tables", position, *steps])
                where = f"table {table.get('name')}" + (f", column {column}" if column else "")
                raise ZipingError(f"{path.name}, line {line}, {where}: {sentence}")
