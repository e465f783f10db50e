"""The JSON schema of the contracts, for editors: `python -m flows.contracts.schema` writes it."""

import ast
import inspect
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from flows.contracts import words
from flows.contracts.loading import SourcesFile

SCHEMA = Path(__file__).with_name("contract.schema.json")


class _Generator(GenerateJsonSchema):
    """Leaves out what says nothing to the author of a contract: null, and titles made of names."""

    def nullable_schema(self, schema: Any) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _explained() -> Iterator[tuple[str, str, str]]:
    """Read the text below each word: class, word and text. Pydantic would do so at every import."""
    for block in ast.parse(inspect.getsource(words)).body:
        if isinstance(block, ast.ClassDef):
            for line, below in pairwise(block.body):
                match line, below:
                    case (
                        ast.AnnAssign(target=ast.Name(id=word)),
                        ast.Expr(value=ast.Constant(value=str(text))),
                    ):
                        yield block.name, word, " ".join(text.split())


def write_schema() -> str:
    """Give the schema of a file of contracts as JSON."""
    schema = SourcesFile.model_json_schema(schema_generator=_Generator)
    for name, word, text in _explained():
        for block in [name, *(model.__name__ for model in _models_below(getattr(words, name)))]:
            if word in (found := schema["$defs"].get(block, {"properties": {}})["properties"]):
                found[word]["description"] = text
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def _models_below(model: type[words.Words]) -> Iterator[type[words.Words]]:
    for below in model.__subclasses__():
        yield below
        yield from _models_below(below)


if __name__ == "__main__":
    SCHEMA.write_text(write_schema(), "utf-8")
